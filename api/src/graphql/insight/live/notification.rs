//! Messages as they are written.

use async_graphql::{Context, ID, Object, SimpleObject, Subscription};
use domain::bus::Change;
use domain::insight::live::{Channel, told};
use domain::insight::notification::Told;
use futures_util::stream::{BoxStream, StreamExt};

use super::{Events, follow, page};
use crate::graphql::ContextExt;
use crate::graphql::error::{ApiError, ApiResult};
use crate::graphql::insight::notification::Notification;

/// A message was written to me.
#[derive(SimpleObject)]
pub struct NotificationEvent {
    /// Id of the event.
    event_id: ID,
    /// The message, unread.
    notification: Notification,
}

impl NotificationEvent {
    fn of(change: &Change) -> ApiResult<Self> {
        let Told { id, message, created_at, .. } = told(change)?;
        Ok(Self { event_id: change.id.into(), notification: Notification::of(id, &message, created_at, None) })
    }
}

#[derive(Default)]
pub struct NotificationEventQuery;

#[Object]
impl NotificationEventQuery {
    /// What `notificationAdded` tells, for a client that asks from time to time.
    async fn notification_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last event seen; without it no events are given, only where to begin.")] after: Option<ID>,
        #[graphql(desc = "How many events, 1 to 100.", default = 20)] first: i32,
    ) -> ApiResult<Events<NotificationEvent>> {
        let channel = Channel::Notifications(ctx.actor()?.account_id);
        Events::of(page(ctx, channel, after.as_ref(), first).await?, |change| NotificationEvent::of(&change))
    }
}

#[derive(Default)]
pub struct NotificationSubscription;

#[Subscription]
impl NotificationSubscription {
    /// Tells each message that is written to me. Its polling twin is `notificationEvents`.
    async fn notification_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begin after this event; from now on when left out.")] after: Option<ID>,
    ) -> Result<BoxStream<'static, ApiResult<NotificationEvent>>, ApiError> {
        let channel = Channel::Notifications(ctx.actor()?.account_id);
        let changes = follow(ctx, channel, after.as_ref(), |_| Ok(())).await?;
        Ok(changes.map(|told| NotificationEvent::of(&told?.1)).boxed())
    }
}
