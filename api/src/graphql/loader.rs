//! The batch loaders of one request: every list field reads what its rows point at through them, with one query per kind instead of one per row.

use async_graphql::Request;

use crate::app::App;
use crate::graphql::community::loader as territory;
use crate::graphql::people::loader as people;
use crate::graphql::points::redemption::RewardLoader;
use crate::graphql::service::loader as service;

/// Gives a request its loaders. They remember nothing beyond a batch, so a mutation's answer never shows what was there before.
#[must_use]
pub fn attach(request: Request, app: &App) -> Request {
    request.data(territory::loader(app)).data(people::loader(app)).data(RewardLoader::new(app)).data(service::loader(app))
}
