//! In-app messages (站内信): what a person is told, once.
//!
//! Messages are written by the relay from events; what they are about is looked up then, so that a message still reads the same when the activity
//! has been renamed. The text is composed when it is read.
//!
//! Invariant: nothing is written to a closed account. Invariant: a message has a dedupe key that names the fact, so the same fact is told once however often its event arrives.

use std::collections::{HashMap, HashSet};

use entity::id::{AccountId, ListingId, NeedMatchId, NotificationId, RedemptionId, SignUpId};
use entity::listing_step::StepKind;
use entity::match_step::MatchStepKind;
use entity::notification;
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::{sql, tuples};
use crate::error::{Error, Result};
use crate::event::{CorrectionNews, Event};
use crate::insight::{co_building, judging};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

mod message;

pub use message::Message;

/// Rows of one statement.
const ROWS: usize = 1_000;

/// A message that was just written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its id.
    pub id: NotificationId,
    /// To whom.
    pub account_id: AccountId,
    /// What it says.
    pub message: Message,
    /// When.
    pub created_at: UtcMicros,
}

/// Reads what a row says.
///
/// # Errors
/// When the row was not written by this program.
pub fn message(row: &notification::Model) -> Result<Message> {
    serde_json::from_str(&row.params).map_err(Error::internal)
}

/// Tells people what a batch of events means to them; gives the messages that were not there before.
///
/// # Errors
/// When the database refuses; nobody is then told anything.
pub async fn apply(tx: &Tx, events: &[Event]) -> Result<Vec<Told>> {
    let sessions = sessions(tx, events).await?;
    let rewards = rewards(tx, events).await?;
    let listings = listings(tx, events).await?;
    let matches = matches(tx, events).await?;
    let mut values: Vec<Value> = Vec::new();
    let mut told = Vec::new();
    let meant: Vec<_> = events.iter().filter_map(|event| meant(event, &sessions, &rewards, &listings, &matches)).collect();
    let gone = closed(tx, meant.iter().map(|(account_id, ..)| *account_id)).await?;
    for (account_id, dedupe_key, message) in meant.into_iter().filter(|(account_id, ..)| !gone.contains(account_id)) {
        let params = serde_json::to_string(&message).map_err(Error::internal)?;
        let id = NotificationId::new(tx.now);
        let row: [Value; 6] = [id.into(), account_id.into(), message.kind().into(), params.into(), dedupe_key.into(), tx.now.into()];
        values.extend(row);
        told.push(Told { id, account_id, message, created_at: tx.now });
    }
    let mut written = HashSet::new();
    for chunk in values.chunks(ROWS * 6) {
        let statement = format!(
            "INSERT INTO notification (id, account_id, kind, params, dedupe_key, created_at) VALUES {} \
             ON CONFLICT (account_id, dedupe_key) DO NOTHING RETURNING id",
            tuples(chunk.len() / 6, 6)
        );
        for row in tx.connection.query_all_raw(sql(&tx.connection, &statement, chunk.to_vec())).await? {
            written.insert(row.try_get::<NotificationId>("", "id")?);
        }
    }
    told.retain(|message| written.contains(&message.id));
    Ok(told)
}

/// Which of some accounts are closed: nobody reads there any more, and nothing is to be kept.
async fn closed(tx: &Tx, accounts: impl Iterator<Item = AccountId>) -> Result<HashSet<AccountId>> {
    let accounts: Vec<Value> = accounts.collect::<HashSet<_>>().into_iter().map(Value::from).collect();
    let mut gone = HashSet::new();
    for chunk in accounts.chunks(ROWS) {
        for row in named(tx, "SELECT id FROM account WHERE closed_at IS NOT NULL AND id IN", chunk.to_vec()).await? {
            gone.insert(row.try_get("", "id")?);
        }
    }
    Ok(gone)
}

type Sessions = HashMap<Uuid, (String, UtcMicros)>;
type Rewards = HashMap<Uuid, (String, i64)>;
type Listings = HashMap<(ListingId, StepKind, UtcMicros), (String, Option<String>)>;
type Matches = HashMap<(NeedMatchId, MatchStepKind), (String, Option<String>)>;

/// Whom an event concerns, under which key, and what it tells.
fn meant(event: &Event, sessions: &Sessions, rewards: &Rewards, listings: &Listings, matches: &Matches) -> Option<(AccountId, String, Message)> {
    Some(match event {
        Event::SeatOffered { sign_up_id, account_id, offer_until } => {
            let (activity, starts_at) = sessions.get(&sign_up_id.0)?.clone();
            let message = Message::SeatOffered { activity, starts_at, offer_until: *offer_until };
            ((*account_id)?, format!("offer:{sign_up_id}:{}", offer_until.0), message)
        }
        Event::SessionCancelled { sign_up_id, account_id } => {
            let (activity, starts_at) = sessions.get(&sign_up_id.0)?.clone();
            ((*account_id)?, format!("cancelled:{sign_up_id}"), Message::SessionCancelled { activity, starts_at })
        }
        Event::RedemptionChanged { redemption_id, state, account_id } => {
            let (reward, quantity) = rewards.get(&redemption_id.0)?.clone();
            let message = Message::RedemptionChanged { reward, quantity, state: state.clone() };
            ((*account_id)?, format!("redemption:{redemption_id}:{state}"), message)
        }
        Event::PointsExpiring { account_id, points, expires_on, days } => {
            (*account_id, format!("expiring:{}:{days}", expires_on.0), Message::PointsExpiring { points: *points, expires_on: *expires_on })
        }
        Event::RecordCertified(fact) => {
            let message = Message::RecordCertified { minutes: fact.minutes, points: fact.points, date: fact.business_date };
            (fact.account_id?, format!("certified:{}", fact.record_id), message)
        }
        Event::RecordRevoked(fact) => {
            let message = Message::RecordRevoked { minutes: fact.minutes, points: fact.points, date: fact.business_date };
            (fact.account_id?, format!("revoked:{}", fact.record_id), message)
        }
        Event::ListingChanged { listing_id, step, at, account_id } => {
            let (listing, note) = listings.get(&(*listing_id, *step, *at))?.clone();
            let message = Message::ListingChanged { listing, step: *step, note };
            ((*account_id)?, format!("listing:{listing_id}:{step:?}:{}", at.0), message)
        }
        Event::StarsChanged { volunteer_id, account_id, before, stars, at } => {
            let message = Message::StarsChanged { before: *before, stars: *stars };
            ((*account_id)?, format!("stars:{volunteer_id}:{before}:{stars}:{}", at.0), message)
        }
        Event::JudgingChanged { account_id, news } => (*account_id, judging::key(news), Message::Judging { news: news.clone() }),
        Event::CoBuildingChanged { account_id, news } => (*account_id, co_building::key(news), Message::CoBuilding { news: news.clone() }),
        Event::MatchChanged { match_id, step, account_id } => {
            // The other side learns that it was declined, not why.
            let (need, note) = matches.get(&(*match_id, *step))?.clone();
            let note = note.filter(|_| *step != MatchStepKind::Declined);
            (*account_id, format!("match:{match_id}:{step:?}"), Message::MatchChanged { need, step: *step, note })
        }
        Event::CorrectionChanged { correction_id, account_id, news } => {
            let when = if *news == CorrectionNews::Due { "due" } else { "decided" };
            (*account_id, format!("correction:{correction_id}:{when}"), Message::Correction { news: *news })
        }
        Event::AttendanceChanged { .. } | Event::ReviewQueueChanged { .. } => return None,
    })
}

/// Activity and begin of the sessions that sign-ups in `events` stand for.
async fn sessions(tx: &Tx, events: &[Event]) -> Result<Sessions> {
    let ids: Vec<SignUpId> = events
        .iter()
        .filter_map(|event| match event {
            Event::SeatOffered { sign_up_id, .. } | Event::SessionCancelled { sign_up_id, .. } => Some(*sign_up_id),
            _ => None,
        })
        .collect();
    let statement = "SELECT u.id, a.title, s.starts_at FROM sign_up u JOIN activity_session s ON s.id = u.session_id \
                     JOIN activity a ON a.id = s.activity_id WHERE u.id IN";
    let mut sessions = HashMap::new();
    for row in named(tx, statement, ids.into_iter().map(Into::into).collect()).await? {
        sessions.insert(row.try_get("", "id")?, (row.try_get("", "title")?, row.try_get("", "starts_at")?));
    }
    Ok(sessions)
}

/// Title of the listings in `events`, and what was said at each step.
async fn listings(tx: &Tx, events: &[Event]) -> Result<Listings> {
    let ids = events.iter().filter_map(|event| match event {
        Event::ListingChanged { listing_id, .. } => Some(Value::from(*listing_id)),
        _ => None,
    });
    let statement = "SELECT l.id, l.title, s.kind, s.happened_at, s.note FROM listing l JOIN listing_step s ON s.listing_id = l.id WHERE l.id IN";
    let mut listings = HashMap::new();
    for row in named(tx, statement, ids.collect()).await? {
        let kind = StepKind::try_from_value(&row.try_get("", "kind")?)?;
        listings.insert((row.try_get("", "id")?, kind, row.try_get("", "happened_at")?), (row.try_get("", "title")?, row.try_get("", "note")?));
    }
    Ok(listings)
}

/// Title of the needs of the matches in `events`, and what was said at each step.
async fn matches(tx: &Tx, events: &[Event]) -> Result<Matches> {
    let ids = events.iter().filter_map(|event| match event {
        Event::MatchChanged { match_id, .. } => Some(Value::from(*match_id)),
        _ => None,
    });
    let statement = "SELECT m.id, l.title, s.kind, s.note FROM need_match m JOIN listing l ON l.id = m.need_id \
                     JOIN match_step s ON s.match_id = m.id WHERE m.id IN";
    let mut matches = HashMap::new();
    for row in named(tx, statement, ids.collect()).await? {
        let kind = MatchStepKind::try_from_value(&row.try_get("", "kind")?)?;
        matches.insert((row.try_get("", "id")?, kind), (row.try_get("", "title")?, row.try_get("", "note")?));
    }
    Ok(matches)
}

/// Title and quantity of the redemptions in `events`.
async fn rewards(tx: &Tx, events: &[Event]) -> Result<Rewards> {
    let ids: Vec<RedemptionId> = events
        .iter()
        .filter_map(|event| match event {
            Event::RedemptionChanged { redemption_id, .. } => Some(*redemption_id),
            _ => None,
        })
        .collect();
    let statement = "SELECT d.id, r.title, d.quantity FROM redemption d JOIN reward r ON r.id = d.reward_id WHERE d.id IN";
    let mut rewards = HashMap::new();
    for row in named(tx, statement, ids.into_iter().map(Into::into).collect()).await? {
        rewards.insert(row.try_get("", "id")?, (row.try_get("", "title")?, row.try_get("", "quantity")?));
    }
    Ok(rewards)
}

async fn named(tx: &Tx, statement: &str, ids: Vec<Value>) -> Result<Vec<sea_orm::QueryResult>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let statement = format!("{statement} {}", tuples(1, ids.len()));
    Ok(tx.connection.query_all_raw(sql(&tx.connection, &statement, ids)).await?)
}

/// The actor's messages, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, unread_only: bool, page: &Page) -> Result<Rows<notification::Model>> {
    let mut query = notification::Entity::find().filter(notification::Column::AccountId.eq(actor.account_id));
    if unread_only {
        query = query.filter(notification::Column::ReadAt.is_null());
    }
    let order = ListOrder { key: None, id: notification::Column::Id, descending: true };
    let rows = page.select::<_, NotificationId>(query, order)?.all(connection).await?;
    Ok(page.rows(rows))
}

/// How many messages the actor has not read.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_unread(connection: &impl ConnectionTrait, actor: &Actor) -> Result<u64> {
    let unread =
        notification::Entity::find().filter(notification::Column::AccountId.eq(actor.account_id)).filter(notification::Column::ReadAt.is_null());
    Ok(unread.count(connection).await?)
}

/// Marks the actor's messages as read, those in `ids` or all of them; gives how many were not read before. Others' messages are left alone.
///
/// # Errors
/// `FORBIDDEN`.
pub async fn mark_read(tx: &Tx, actor: &Actor, ids: Option<&[NotificationId]>) -> Result<u64> {
    actor.require(Action::MarkNotificationsRead, &actor.home())?;
    let mut update = notification::Entity::update_many()
        .col_expr(notification::Column::ReadAt, Expr::value(tx.now))
        .filter(notification::Column::AccountId.eq(actor.account_id))
        .filter(notification::Column::ReadAt.is_null());
    if let Some(ids) = ids {
        update = update.filter(notification::Column::Id.is_in(ids.iter().copied()));
    }
    Ok(update.exec(&tx.connection).await?.rows_affected)
}
