//! In-app messages for clients.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::insight::notification::{self, Message};
use domain::page::SIZE_MAX;
use entity::id::NotificationId;
use entity::time::UtcMicros;

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, connection, id};

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum NotificationKind {
    /// A seat is held for me (候补名额).
    SeatOffered,
    /// A session I signed up for was called off.
    SessionCancelled,
    /// A reward was reserved, fetched, cancelled or ran out.
    RedemptionChanged,
    /// Some of my points run out soon.
    PointsExpiring,
    /// A record of mine was certified.
    RecordCertified,
    /// A certified record of mine was taken back.
    RecordRevoked,
    /// My stars rose or fell (星级).
    StarsChanged,
    /// A need, a resource or a service of mine was verified, published, answered, closed, or ran out.
    ListingChanged,
    /// News of reviews and projects (评审与共建项目): of a round I sit on, opened or have a stake in, and of a project of mine.
    Judging,
    /// A match of mine was proposed, accepted, confirmed, or came to nothing.
    MatchChanged,
    /// News of co-building (共建): task lists, tasks, meetings, and what the community tells my unit.
    CoBuilding,
    /// A correction I asked for was decided, or one in my care is to be decided soon (更正申请).
    Correction,
}

/// A message to me (站内信).
#[derive(SimpleObject)]
pub struct Notification {
    /// Id.
    id: ID,
    /// What it is about.
    kind: NotificationKind,
    /// Headline.
    title: &'static str,
    /// Text, ready to show.
    body: String,
    /// When it was written.
    created_at: DateTime<Utc>,
    /// When I marked it as read; null until then.
    read_at: Option<DateTime<Utc>>,
}

impl Notification {
    /// A message for its reader.
    pub(super) fn of(id: NotificationId, message: &Message, created_at: UtcMicros, read_at: Option<UtcMicros>) -> Self {
        Self {
            id: id.into(),
            kind: kind(message),
            title: message.title(),
            body: message.body(),
            created_at: created_at.date_time(),
            read_at: read_at.map(UtcMicros::date_time),
        }
    }
}

connection_of!(NotificationPage, Notification, NotificationNames, "NotificationConnection", "NotificationEdge");

/// Which messages have been read.
#[derive(InputObject)]
pub struct MarkNotificationsReadInput {
    /// These, 1 to 100; all of mine when left out.
    ids: Option<Vec<ID>>,
}

/// What marking messages changed.
#[derive(SimpleObject)]
pub struct NotificationsRead {
    /// Messages that were unread before.
    marked: u64,
    /// Messages that are still unread.
    unread: u64,
}

#[derive(Default)]
pub struct NotificationQuery;

#[Object]
impl NotificationQuery {
    /// Messages to me, newest first.
    async fn my_notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only messages I have not read.", default = false)] unread_only: bool,
        #[graphql(desc = "This many from the front, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<NotificationPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let rows = notification::list(ctx.app().db.reader(), actor, unread_only, &page).await?;
        let mut messages = Vec::with_capacity(rows.rows.len());
        for row in rows.rows {
            let message = notification::message(&row)?;
            messages.push((row, message));
        }
        let rows = domain::page::Rows { rows: messages, has_next: rows.has_next, has_previous: rows.has_previous };
        Ok(connection::of(rows, |(row, _)| (0, row.id.to_string()), |(row, message)| Notification::of(row.id, &message, row.created_at, row.read_at)))
    }

    /// How many messages I have not read, for a badge.
    async fn unread_notification_count(&self, ctx: &Context<'_>) -> ApiResult<u64> {
        Ok(notification::count_unread(ctx.app().db.reader(), ctx.actor()?).await?)
    }
}

#[derive(Default)]
pub struct NotificationMutation;

#[Object]
impl NotificationMutation {
    /// Marks messages of mine as read; doing it twice changes nothing.
    async fn mark_notifications_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which messages have been read.")] input: MarkNotificationsReadInput,
    ) -> ApiResult<NotificationsRead> {
        let actor = ctx.actor()?;
        let ids = input.ids.map(|ids| read_ids(&ids)).transpose()?;
        let tx = ctx.app().db.begin().await?;
        let marked = notification::mark_read(&tx, actor, ids.as_deref()).await?;
        let unread = notification::count_unread(&tx.connection, actor).await?;
        tx.commit().await?;
        Ok(NotificationsRead { marked, unread })
    }
}

fn read_ids(ids: &[ID]) -> Result<Vec<NotificationId>, Error> {
    if ids.is_empty() || ids.len() > SIZE_MAX as usize {
        return Err(Error::from(Code::BadInput).on("ids").with("max", SIZE_MAX));
    }
    ids.iter().map(|text| id::parse(text, "ids")).collect()
}

const fn kind(message: &Message) -> NotificationKind {
    match message {
        Message::SeatOffered { .. } => NotificationKind::SeatOffered,
        Message::SessionCancelled { .. } => NotificationKind::SessionCancelled,
        Message::RedemptionChanged { .. } => NotificationKind::RedemptionChanged,
        Message::PointsExpiring { .. } => NotificationKind::PointsExpiring,
        Message::RecordCertified { .. } => NotificationKind::RecordCertified,
        Message::RecordRevoked { .. } => NotificationKind::RecordRevoked,
        Message::StarsChanged { .. } => NotificationKind::StarsChanged,
        Message::ListingChanged { .. } => NotificationKind::ListingChanged,
        Message::Judging { .. } => NotificationKind::Judging,
        Message::MatchChanged { .. } => NotificationKind::MatchChanged,
        Message::CoBuilding { .. } => NotificationKind::CoBuilding,
        Message::Correction { .. } => NotificationKind::Correction,
    }
}
