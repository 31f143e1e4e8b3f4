//! In-app messages (站内信): what a person is told, once.
//!
//! Messages are written by the relay from events; what they are about is looked up then, so that a message still reads the same when the activity
//! has been renamed. The text is composed when it is read.
//!
//! Invariant: a message has a dedupe key that names the fact, so the same fact is told once however often its event arrives.

use std::collections::{HashMap, HashSet};

use entity::id::{AccountId, ListingId, NotificationId, RedemptionId, SignUpId};
use entity::listing_step::StepKind;
use entity::notification;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::{sql, tuples};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Rows of one statement.
const ROWS: usize = 1_000;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Message {
    /// A seat is held for someone on the waitlist.
    SeatOffered {
        /// The activity.
        activity: String,
        /// When the session begins.
        starts_at: UtcMicros,
        /// Until when the seat is held.
        offer_until: UtcMicros,
    },
    /// A session was called off.
    SessionCancelled {
        /// The activity.
        activity: String,
        /// When it would have begun.
        starts_at: UtcMicros,
    },
    /// A reward was reserved, fetched, cancelled or ran out.
    RedemptionChanged {
        /// The reward.
        reward: String,
        /// How many.
        quantity: i64,
        /// The state of the redemption, as the schema writes it.
        state: String,
    },
    /// Points run out soon.
    PointsExpiring {
        /// How many.
        points: i64,
        /// The last day they can be used.
        expires_on: BusinessDate,
    },
    /// A record was certified.
    RecordCertified {
        /// Minutes.
        minutes: i64,
        /// Points.
        points: i64,
        /// The day of service.
        date: BusinessDate,
    },
    /// A certified record was taken back.
    RecordRevoked {
        /// Minutes.
        minutes: i64,
        /// Points.
        points: i64,
        /// The day of service.
        date: BusinessDate,
    },
    /// The reader's stars rose or fell.
    StarsChanged {
        /// Stars before.
        before: i32,
        /// Stars now.
        stars: i32,
    },
    /// Something happened to a need, a resource or a service of the reader's.
    ListingChanged {
        /// Its title.
        listing: String,
        /// What happened.
        step: StepKind,
        /// What was said.
        note: Option<String>,
    },
}

impl Message {
    /// The kind as the table keeps it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SeatOffered { .. } => "SEAT_OFFERED",
            Self::SessionCancelled { .. } => "SESSION_CANCELLED",
            Self::RedemptionChanged { .. } => "REDEMPTION_CHANGED",
            Self::PointsExpiring { .. } => "POINTS_EXPIRING",
            Self::RecordCertified { .. } => "RECORD_CERTIFIED",
            Self::RecordRevoked { .. } => "RECORD_REVOKED",
            Self::StarsChanged { .. } => "STARS_CHANGED",
            Self::ListingChanged { .. } => "LISTING_CHANGED",
        }
    }

    /// The headline.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self {
            Self::SeatOffered { .. } => "候补名额已为您保留",
            Self::SessionCancelled { .. } => "活动场次已取消",
            Self::RedemptionChanged { .. } => "兑换状态已更新",
            Self::PointsExpiring { .. } => "积分即将过期",
            Self::RecordCertified { .. } => "服务记录已认定",
            Self::RecordRevoked { .. } => "服务记录已撤销",
            Self::StarsChanged { .. } => "志愿者星级已更新",
            Self::ListingChanged { .. } => "清单条目有新进展",
        }
    }

    /// The text below it.
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::SeatOffered { activity, starts_at, offer_until } => {
                format!("「{activity}」{} 的场次有空位,请在 {} 前确认,过期将让给下一位。", local(*starts_at), local(*offer_until))
            }
            Self::SessionCancelled { activity, starts_at } => format!("「{activity}」{} 的场次已取消,您的报名已一并取消。", local(*starts_at)),
            Self::RedemptionChanged { reward, quantity, state } => {
                let outcome = match state.as_str() {
                    "RESERVED" => "已为您预留,请凭提货码领取",
                    "FULFILLED" => "已领取",
                    "CANCELLED" => "已取消,积分已退回",
                    _ => "逾期未领取,积分已退回",
                };
                format!("{reward} × {quantity} {outcome}。")
            }
            Self::PointsExpiring { points, expires_on } => format!("您有 {points} 积分将于 {} 过期,请及时兑换。", day(*expires_on)),
            Self::RecordCertified { minutes, points, date } => format!("{} 的服务已认定 {minutes} 分钟,获得 {points} 积分。", day(*date)),
            Self::RecordRevoked { minutes, points, date } => {
                format!("{} 的服务记录({minutes} 分钟,{points} 积分)已撤销。如有异议,请联系社区。", day(*date))
            }
            Self::StarsChanged { before, stars } if stars > before => format!("恭喜您成为 {stars} 星志愿者,感谢您的付出!"),
            Self::StarsChanged { stars, .. } => format!("因服务记录或星级标准调整,您现为 {stars} 星志愿者。如有异议,请联系社区。"),
            Self::ListingChanged { listing, step, note } => {
                let outcome = match step {
                    StepKind::Verified => "已核实",
                    StepKind::Published => "已发布",
                    StepKind::Replied => "有了答复",
                    StepKind::Resolved => "已全部落实",
                    StepKind::Closed => "已办结",
                    StepKind::Expired => "已到期",
                    StepKind::Filed | StepKind::Rated | StepKind::Withdrawn => "有更新",
                };
                note.as_ref().map_or_else(|| format!("「{listing}」{outcome}。"), |note| format!("「{listing}」{outcome}:{note}"))
            }
        }
    }
}

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

fn local(moment: UtcMicros) -> String {
    moment.date_time().with_timezone(&entity::time::zone()).format("%m月%d日 %H:%M").to_string()
}

fn day(date: BusinessDate) -> String {
    date.naive().format("%Y年%m月%d日").to_string()
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
    let mut values: Vec<Value> = Vec::new();
    let mut told = Vec::new();
    for event in events {
        let Some((account_id, dedupe_key, message)) = meant(event, &sessions, &rewards, &listings) else { continue };
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

type Sessions = HashMap<Uuid, (String, UtcMicros)>;
type Rewards = HashMap<Uuid, (String, i64)>;
type Listings = HashMap<(ListingId, StepKind, UtcMicros), (String, Option<String>)>;

/// Whom an event concerns, under which key, and what it tells.
fn meant(event: &Event, sessions: &Sessions, rewards: &Rewards, listings: &Listings) -> Option<(AccountId, String, Message)> {
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
            ((*account_id)?, format!("stars:{volunteer_id}:{}", at.0), message)
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

#[cfg(test)]
mod tests {
    use entity::time::BusinessDate;

    use super::Message;

    #[test]
    fn a_message_reads_the_same_after_it_was_stored() {
        let message = Message::PointsExpiring { points: 30, expires_on: BusinessDate(20_261_231) };
        let stored = serde_json::to_string(&message).expect("written");
        let read: Message = serde_json::from_str(&stored).expect("read");
        assert_eq!(read, message);
        assert!(stored.contains(message.kind()));
        assert_eq!(read.body(), "您有 30 积分将于 2026年12月31日 过期,请及时兑换。");
    }
}
