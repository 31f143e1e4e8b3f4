//! Leaderboards as they change.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Subscription};
use domain::insight::live::Channel;
use domain::people::permission::Actor;
use domain::points::leaderboard::{self, Board};
use entity::id::ChangeId;
use futures_util::stream::{BoxStream, StreamExt};

use super::{Events, follow, page, still_within};
use crate::graphql::ContextExt;
use crate::graphql::error::{ApiError, ApiResult};
use crate::graphql::points::leaderboard::{Leaderboard, LeaderboardMetric, LeaderboardPeriod, LeaderboardScope, LeaderboardSubject, scope_of};

/// That leaderboards changed, and how to read the one that is followed.
pub struct LeaderboardEvent {
    id: ChangeId,
    board: Board,
    actor: Arc<Actor>,
}

/// Some leaderboard of the place or colour changed; at most one event a second.
#[Object]
impl LeaderboardEvent {
    /// Id of the event.
    async fn event_id(&self) -> ID {
        self.id.into()
    }

    /// The leaderboard as it stands now, for today.
    async fn leaderboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100.", default = 20)] first: i32,
    ) -> ApiResult<Leaderboard> {
        Ok(leaderboard::read(ctx.app(), &self.actor, self.board, first.into(), 0).await?.into())
    }
}

fn board(metric: LeaderboardMetric, period: LeaderboardPeriod, scope: Option<LeaderboardScope>, subject: LeaderboardSubject) -> ApiResult<Board> {
    Ok(Board { metric: metric.into(), period: period.into(), date: None, scope: scope_of(scope)?, subject: subject.into() })
}

async fn channel(ctx: &Context<'_>, board: &Board) -> ApiResult<Channel> {
    let (scope_id, colour) = leaderboard::locate(ctx.app(), ctx.actor()?, board.scope).await?;
    Ok(Channel::Leaderboards(scope_id, colour))
}

#[derive(Default)]
pub struct LeaderboardEventQuery;

#[Object]
impl LeaderboardEventQuery {
    /// What `leaderboardChanged` tells, for a client that asks from time to time.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn leaderboard_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is counted.")] metric: LeaderboardMetric,
        #[graphql(desc = "Over which time.")] period: LeaderboardPeriod,
        #[graphql(desc = "Where; my whole community when left out.")] scope: Option<LeaderboardScope>,
        #[graphql(desc = "Who is ranked; people when left out.", default_with = "LeaderboardSubject::Volunteer")] subject: LeaderboardSubject,
        #[graphql(desc = "The last event seen; without it no events are given, only where to begin.")] after: Option<ID>,
        #[graphql(desc = "How many events, 1 to 100.", default = 20)] first: i32,
    ) -> ApiResult<Events<LeaderboardEvent>> {
        let actor = Arc::clone(ctx.actor()?);
        let board = board(metric, period, scope, subject)?;
        let found = page(ctx, channel(ctx, &board).await?, after.as_ref(), first).await?;
        Events::of(found, |change| Ok(LeaderboardEvent { id: change.id, board, actor: Arc::clone(&actor) }))
    }
}

#[derive(Default)]
pub struct LeaderboardSubscription;

#[Subscription]
impl LeaderboardSubscription {
    /// Tells that leaderboards of a place or colour changed, at most once a second. Its polling twin is `leaderboardEvents`.
    async fn leaderboard_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is counted.")] metric: LeaderboardMetric,
        #[graphql(desc = "Over which time.")] period: LeaderboardPeriod,
        #[graphql(desc = "Where; my whole community when left out.")] scope: Option<LeaderboardScope>,
        #[graphql(desc = "Who is ranked; people when left out.", default_with = "LeaderboardSubject::Volunteer")] subject: LeaderboardSubject,
        #[graphql(desc = "Begin after this event; from now on when left out.")] after: Option<ID>,
    ) -> Result<BoxStream<'static, ApiResult<LeaderboardEvent>>, ApiError> {
        let board = board(metric, period, scope, subject)?;
        let channel = channel(ctx, &board).await?;
        let begun_by = Arc::clone(ctx.actor()?);
        let changes = follow(ctx, channel, after.as_ref(), move |actor| still_within(&begun_by, actor)).await?;
        Ok(changes.map(move |told| told.map(|(actor, change)| LeaderboardEvent { id: change.id, board, actor })).boxed())
    }
}
