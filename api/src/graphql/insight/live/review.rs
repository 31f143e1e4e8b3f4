//! What waits for review, as it comes and goes.

use std::future::ready;
use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject, Subscription};
use entity::id::ChangeId;
use futures_util::stream::{BoxStream, StreamExt};

use super::{Events, follow, page};
use crate::bus::Change;
use crate::event;
use crate::graphql::ContextExt;
use crate::graphql::error::{ApiError, ApiResult};
use crate::insight::live::{Channel, review, told};
use crate::people::permission::Actor;

/// What is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::event::ReviewKind")]
pub enum ReviewKind {
    /// A service record that waits, back-fill (补录) among them: `decideRecord`.
    Record,
    /// A conflict of an offline check-in (离线签到): `decideOfflineCheckIn`.
    OfflineCheckIn,
    /// A proposed adjustment of points (积分调整): `decideAdjustment`.
    Adjustment,
}

/// How much waits for me (待审), wherever I may decide.
#[derive(SimpleObject)]
pub struct ReviewQueue {
    /// Service records.
    records: u64,
    /// Conflicts of offline check-ins.
    offline_check_ins: u64,
    /// Adjustments of points.
    adjustments: u64,
    /// All of them.
    total: u64,
}

impl From<review::Waiting> for ReviewQueue {
    fn from(waiting: review::Waiting) -> Self {
        let review::Waiting { records, offline_check_ins, adjustments } = waiting;
        Self { records, offline_check_ins, adjustments, total: records + offline_check_ins + adjustments }
    }
}

/// That the queue changed, for one reviewer.
pub struct ReviewQueueEvent {
    id: ChangeId,
    kind: event::ReviewKind,
    actor: Arc<Actor>,
}

impl ReviewQueueEvent {
    fn of(change: &Change, actor: Arc<Actor>) -> ApiResult<Self> {
        Ok(Self { id: change.id, kind: told(change)?, actor })
    }
}

/// Something in my community waits for a decision that somebody like me takes, or no longer does.
#[Object]
impl ReviewQueueEvent {
    /// Id of the event.
    async fn event_id(&self) -> ID {
        self.id.into()
    }

    /// Of which kind it is.
    async fn kind(&self) -> ReviewKind {
        self.kind.into()
    }

    /// How much waits for me now.
    async fn waiting(&self, ctx: &Context<'_>) -> ApiResult<ReviewQueue> {
        Ok(review::waiting(ctx.app().db.reader(), &self.actor).await?.into())
    }
}

fn channel(actor: &Actor) -> ApiResult<Channel> {
    review::require(actor)?;
    Ok(Channel::ReviewQueue(actor.community_id))
}

#[derive(Default)]
pub struct ReviewQueueQuery;

#[Object]
impl ReviewQueueQuery {
    /// How much waits for my decision (those who decide on anything).
    async fn review_queue(&self, ctx: &Context<'_>) -> ApiResult<ReviewQueue> {
        Ok(review::waiting(ctx.app().db.reader(), ctx.actor()?).await?.into())
    }

    /// What `reviewQueueChanged` tells, for a client that asks from time to time.
    async fn review_queue_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last event seen; without it no events are given, only where to begin.")] after: Option<ID>,
        #[graphql(desc = "How many events, 1 to 100; those of a kind I do not decide on are left out of them.", default = 20)] first: i32,
    ) -> ApiResult<Events<ReviewQueueEvent>> {
        let actor = ctx.actor()?;
        let found = page(ctx, channel(actor)?, after.as_ref(), first).await?;
        let mut events = Events::of(found, |change| ReviewQueueEvent::of(&change, Arc::clone(actor)))?;
        events.events.retain(|event| review::concerns(actor, event.kind));
        Ok(events)
    }
}

#[derive(Default)]
pub struct ReviewQueueSubscription;

#[Subscription]
impl ReviewQueueSubscription {
    /// Tells that something in my community waits for a decision, or no longer does (those who decide on anything). Its polling twin is
    /// `reviewQueueEvents`.
    async fn review_queue_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begin after this event; from now on when left out.")] after: Option<ID>,
    ) -> Result<BoxStream<'static, ApiResult<ReviewQueueEvent>>, ApiError> {
        let changes = follow(ctx, channel(ctx.actor()?)?, after.as_ref(), review::require).await?;
        let events = changes.map(|told| told.and_then(|(actor, change)| ReviewQueueEvent::of(&change, actor)));
        // A refusal is always passed on; an event of a kind that the reader does not decide on is not.
        Ok(events.filter(|event| ready(event.as_ref().map_or(true, |event| review::concerns(&event.actor, event.kind)))).boxed())
    }
}
