//! What waits for review, as it comes and goes.

use std::future::ready;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject, Subscription};
use domain::bus::Change;
use domain::event;
use domain::exchange::review::queue;
use domain::insight::live::{Channel, review, told};
use domain::people::permission::Actor;
use entity::id::ChangeId;
use futures_util::stream::{BoxStream, StreamExt};

use super::{Events, follow, page};
use crate::graphql::error::{ApiError, ApiResult};
use crate::graphql::exchange::review::{self as panel, ReviewRoundPage};
use crate::graphql::{ContextExt, connection};

/// What is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::event::ReviewKind")]
pub enum ReviewKind {
    /// A service record that waits, back-fill (补录) among them: `decideRecord`.
    Record,
    /// A conflict of an offline check-in (离线签到): `decideOfflineCheckIn`.
    OfflineCheckIn,
    /// A proposed adjustment of points (积分调整): `decideAdjustment`.
    Adjustment,
    /// A round of review (评审): `scoreReview`.
    Round,
}

/// How much waits for me (待审), wherever I may decide.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ReviewQueue {
    /// Service records.
    records: u64,
    /// Conflicts of offline check-ins.
    offline_check_ins: u64,
    /// Adjustments of points.
    adjustments: u64,
    /// Rounds of review on whose panel I sit; see `rounds`.
    panel_rounds: u64,
    /// All of them.
    total: u64,
    #[graphql(skip)]
    actor: Arc<Actor>,
}

impl ReviewQueue {
    fn of(waiting: review::Waiting, actor: &Arc<Actor>) -> Self {
        let review::Waiting { records, offline_check_ins, adjustments, rounds } = waiting;
        let total = records + offline_check_ins + adjustments + rounds;
        Self { records, offline_check_ins, adjustments, panel_rounds: rounds, total, actor: Arc::clone(actor) }
    }
}

#[ComplexObject]
impl ReviewQueue {
    /// Rounds of review that wait for my score, those opened first at the front: who is on each, and how many of how many have scored.
    async fn rounds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ReviewRoundPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = queue::waiting(ctx.app().db.reader(), &self.actor, &page).await?;
        Ok(connection::of(rows, panel::place, panel::page_node))
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

/// Something waits for a decision that somebody like me takes, or no longer does: in my community, or a round on whose panel I sit anywhere.
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
        Ok(ReviewQueue::of(review::waiting(ctx.app().db.reader(), &self.actor).await?, &self.actor))
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
        let actor = ctx.actor()?;
        Ok(ReviewQueue::of(review::waiting(ctx.app().db.reader(), actor).await?, actor))
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
    /// Tells that something in my community waits for a decision, or no longer does, and so of rounds on whose panel I sit anywhere (those who decide on
    /// anything). Its polling twin is `reviewQueueEvents`.
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
