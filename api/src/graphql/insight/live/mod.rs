//! What is told live, for clients: subscriptions, and for each a query that gives the same events to a client that asks from time to time.
//!
//! An *event* has an id; a client that keeps the last one it saw goes on after it, by either way, and misses nothing for a day. A subscription asks
//! at every event whether its reader may still have it; when not, the refusal is its last word.

use std::sync::Arc;

use async_graphql::{Context, ID, MergedSubscription, OutputType, SimpleObject};
use domain::app::App;
use domain::bus::{self, Change, Follower};
use domain::error::{Code, Error, Result};
use domain::insight::live::Channel;
use domain::page::SIZE_MAX;
use domain::people::permission::{Actor, Grant};
use entity::id::ChangeId;
use futures_util::stream::{self, BoxStream, StreamExt};

use crate::graphql::error::ApiResult;
use crate::graphql::root::Parts;
use crate::graphql::{AccessToken, ContextExt};

pub mod attendance;
pub mod leaderboard;
pub mod notification;
pub mod review;

/// Reads of the area.
pub fn queries(parts: Parts) -> Parts {
    parts
        .with::<notification::NotificationEventQuery>()
        .with::<leaderboard::LeaderboardEventQuery>()
        .with::<review::ReviewQueueQuery>()
        .with::<attendance::AttendanceEventQuery>()
}

#[derive(MergedSubscription, Default)]
pub struct LiveSubscription(
    notification::NotificationSubscription,
    leaderboard::LeaderboardSubscription,
    review::ReviewQueueSubscription,
    attendance::AttendanceSubscription,
);

/// Events since the one asked after, oldest first.
#[expect(clippy::struct_field_names, reason = "as the schema names them")]
#[derive(SimpleObject)]
#[graphql(concrete(name = "NotificationEvents", params(notification::NotificationEvent)))]
#[graphql(concrete(name = "LeaderboardEvents", params(leaderboard::LeaderboardEvent)))]
#[graphql(concrete(name = "ReviewQueueEvents", params(review::ReviewQueueEvent)))]
#[graphql(concrete(name = "AttendanceEvents", params(attendance::AttendanceEvent)))]
pub struct Events<T: OutputType> {
    /// The events; none when `after` was left out.
    events: Vec<T>,
    /// What to pass as `after` the next time.
    last_event_id: ID,
    /// Whether there are more now: ask again at once.
    has_more: bool,
    /// Whether events after `after` are no longer kept, which is so after a day. Load the present state, then go on after `lastEventId`.
    missed: bool,
}

impl<T: OutputType> Events<T> {
    fn of(page: bus::Page, event: impl Fn(Change) -> ApiResult<T>) -> ApiResult<Self> {
        let events = page.changes.into_iter().map(event).collect::<ApiResult<_>>()?;
        Ok(Self { events, last_event_id: page.last.into(), has_more: page.has_more, missed: page.missed })
    }
}

/// Reads an event id.
fn event_id(id: Option<&ID>) -> Result<Option<ChangeId>> {
    id.map(|id| id.parse().map_err(|_| Error::from(Code::BadInput).on("after"))).transpose()
}

/// The events of a channel after the one named.
async fn page(ctx: &Context<'_>, channel: Channel, after: Option<&ID>, first: i32) -> ApiResult<bus::Page> {
    let db = &ctx.app().db;
    let first = u32::try_from(first).ok().filter(|first| (1..=SIZE_MAX).contains(first)).ok_or_else(|| Error::from(Code::PageSize).on("first"))?;
    Ok(bus::log::page(db.reader(), &channel.to_string(), event_id(after)?, first, db.now()).await?)
}

/// Who follows, asked again at every event.
struct Reader {
    app: App,
    token: Option<String>,
    actor: Arc<Actor>,
}

impl Reader {
    fn of(ctx: &Context<'_>) -> ApiResult<Self> {
        let token = ctx.data_opt::<AccessToken>().map(|AccessToken(token)| token.clone());
        Ok(Self { app: ctx.app().clone(), token, actor: Arc::clone(ctx.actor()?) })
    }

    /// The same person with the grants of now.
    async fn again(&self) -> Result<Arc<Actor>> {
        let actor = match &self.token {
            Some(token) => self.app.sessions.actor(&self.app.db, token).await,
            None => self.app.sessions.load(&self.app.db, self.actor.account_id, self.actor.login_session_id).await,
        };
        Ok(actor?)
    }
}

/// A change, and the reader as allowed to have it.
type Told = (Arc<Actor>, Arc<Change>);

/// Begins to follow in one's turn. When two thousand people come back at once, as after a restart, a few at a time ask the database; the rest wait,
/// and hold next to no memory while they do.
async fn in_turn<T>(ctx: &Context<'_>, work: impl AsyncFnOnce() -> T) -> T {
    let _turn = ctx.app().bus.turn().await;
    Box::pin(work()).await
}

/// The changes of a channel as they come. `check` says at every change whether the reader may still have it.
async fn follow(
    ctx: &Context<'_>,
    channel: Channel,
    after: Option<&ID>,
    check: impl Fn(&Actor) -> Result<()> + Send + Sync + 'static,
) -> ApiResult<BoxStream<'static, ApiResult<Told>>> {
    let (app, reader) = (ctx.app(), Reader::of(ctx)?);
    let (channel, after) = (channel.to_string(), event_id(after)?);
    let follower = in_turn(ctx, async || app.bus.follow(&app.db, channel, after).await).await?;
    let begun = Some((reader, follower, check));
    let changes = stream::unfold(begun, async |state| {
        let (reader, mut follower, check) = state?;
        match next(&reader, &mut follower, &check).await {
            Ok(told) => Some((Ok(told), Some((reader, follower, check)))),
            Err(error) => Some((Err(error.into()), None)),
        }
    });
    Ok(changes.boxed())
}

/// Lets the reader go on who still has every grant that was there at the beginning; otherwise the reader begins again with the grants of now.
fn still_within(before: &Actor, now: &Actor) -> Result<()> {
    let same = |one: &Grant, other: &Grant| one.role == other.role && one.path == other.path && one.team_id == other.team_id;
    let kept = before.grants.iter().all(|grant| now.grants.iter().any(|other| same(grant, other)));
    if kept { Ok(()) } else { Err(Code::Forbidden.into()) }
}

async fn next(reader: &Reader, follower: &mut Follower, check: &impl Fn(&Actor) -> Result<()>) -> Result<Told> {
    let change = follower.next().await?;
    let actor = reader.again().await?;
    check(&actor)?;
    Ok((actor, change))
}
