//! The batch loaders of one request: every list field reads what its rows point at through them, with one query per kind instead of one per row.

use std::sync::OnceLock;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Request};

use crate::graphql::ContextExt;
use crate::graphql::community::loader::{self as territory, CommunityLoader};
use crate::graphql::exchange::loader::{self as exchange, ExchangeLoader};
use crate::graphql::people::loader::{self as people, PeopleLoader};
use crate::graphql::points::proof::ProofLoader;
use crate::graphql::points::redemption::RewardLoader;
use crate::graphql::recognition::loader::{self as recognition, RecognitionLoader};
use crate::graphql::service::loader::{self as service, ServiceLoader};

/// The loaders of a request, each made when it is first needed. They remember nothing beyond a batch, so a mutation's answer never shows what was
/// there before.
#[derive(Default)]
struct Loaders {
    community: OnceLock<DataLoader<CommunityLoader>>,
    exchange: OnceLock<DataLoader<ExchangeLoader>>,
    people: OnceLock<DataLoader<PeopleLoader>>,
    recognition: OnceLock<DataLoader<RecognitionLoader>>,
    proof: OnceLock<DataLoader<ProofLoader>>,
    reward: OnceLock<DataLoader<RewardLoader>>,
    service: OnceLock<DataLoader<ServiceLoader>>,
}

/// Gives a request its loaders.
#[must_use]
pub fn attach(request: Request) -> Request {
    request.data(Loaders::default())
}

fn of<'a>(ctx: &Context<'a>) -> &'a Loaders {
    ctx.data_unchecked()
}

/// Loads territory.
#[must_use]
pub fn community<'a>(ctx: &Context<'a>) -> &'a DataLoader<CommunityLoader> {
    of(ctx).community.get_or_init(|| territory::loader(ctx.app()))
}

/// Loads people and teams.
#[must_use]
pub fn people<'a>(ctx: &Context<'a>) -> &'a DataLoader<PeopleLoader> {
    of(ctx).people.get_or_init(|| people::loader(ctx.app()))
}

/// Loads proofs.
#[must_use]
pub fn proof<'a>(ctx: &Context<'a>) -> &'a DataLoader<ProofLoader> {
    of(ctx).proof.get_or_init(|| ProofLoader::new(ctx.app()))
}

/// Loads rewards.
#[must_use]
pub fn reward<'a>(ctx: &Context<'a>) -> &'a DataLoader<RewardLoader> {
    of(ctx).reward.get_or_init(|| RewardLoader::new(ctx.app()))
}

/// Loads what service names.
#[must_use]
pub fn service<'a>(ctx: &Context<'a>) -> &'a DataLoader<ServiceLoader> {
    of(ctx).service.get_or_init(|| service::loader(ctx.app()))
}

/// Loads what listings name.
#[must_use]
pub fn exchange<'a>(ctx: &Context<'a>) -> &'a DataLoader<ExchangeLoader> {
    of(ctx).exchange.get_or_init(|| exchange::loader(ctx.app()))
}

/// Loads recognition.
#[must_use]
pub fn recognition<'a>(ctx: &Context<'a>) -> &'a DataLoader<RecognitionLoader> {
    of(ctx).recognition.get_or_init(|| recognition::loader(ctx.app()))
}
