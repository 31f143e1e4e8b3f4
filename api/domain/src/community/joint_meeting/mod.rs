//! Joint meetings of the alliance (党建联席会): called with an agenda, held and recorded, or called off; what they decided is followed up.
//!
//! CALLED → HELD or CANCELLED. A decision ([`decision`]) says what, who sees to it and until when, and is followed up until it is done.
//!
//! Invariant: a meeting that is settled does not change. Only units that were called attend, and only they are charged with decisions.

use std::collections::{BTreeSet, HashMap};

use entity::id::{CommunityId, JointDecisionId, JointMeetingId, UnitId};
use entity::joint_meeting::{self, JointMeetingState, Model};
use entity::time::{BusinessDate, UtcMicros};
use entity::{joint_decision, joint_meeting_item, joint_meeting_unit};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use crate::community::{alliance, unit, wording};
use crate::error::{Code, Error, Result};
use crate::event::{CoBuilding, Event};
use crate::idempotency;
use crate::outbox;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

pub mod decision;

/// Most items of an agenda, and most decisions of a meeting.
pub const ITEMS_MAX: usize = 20;
/// Most units that are called.
pub const UNITS_MAX: usize = 500;

/// A meeting to call.
#[derive(Clone, Debug, Serialize)]
pub struct NewMeeting {
    /// Title, 1 to 60 characters.
    pub title: String,
    /// Where, 1 to 60 characters.
    pub place: String,
    /// When, in the future.
    pub starts_at: UtcMicros,
    /// What is to be talked about: 1 to 20 items of 1 to 100 characters.
    pub agenda: Vec<String>,
    /// The units called; those that sit in the alliance on the day when empty.
    pub unit_ids: Vec<UnitId>,
}

/// A decision to write down.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// What was decided, 1 to 200 characters.
    pub title: String,
    /// The unit that sees to it; the community when none.
    pub unit_id: Option<UnitId>,
    /// Last day.
    pub due_on: BusinessDate,
}

/// How a meeting went.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// What was said, 1 to 5000 characters.
    pub summary: String,
    /// The units that came.
    pub attended: Vec<UnitId>,
    /// What was decided, up to 20.
    pub decisions: Vec<NewDecision>,
}

/// Calls a meeting, once per `key`; the liaisons of the units are told.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND` on `unitIds`, `BAD_INPUT`, `WORD_RESERVED`, `ALLIANCE_EMPTY` when no unit is named and none sits there.
pub async fn call(tx: &Tx, actor: &Actor, key: &str, new: &NewMeeting) -> Result<JointMeetingId> {
    actor.require(Action::CallJointMeeting, &actor.home())?;
    idempotency::once(tx, actor.account_id, "callJointMeeting", key, new, async {
        if new.starts_at <= tx.now {
            return Err(Error::from(Code::BadInput).on("startsAt"));
        }
        if !(1..=ITEMS_MAX).contains(&new.agenda.len()) {
            return Err(Error::from(Code::BadInput).on("agenda").with("min", 1).with("max", ITEMS_MAX));
        }
        let row = Model {
            id: JointMeetingId::new(tx.now),
            community_id: actor.community_id,
            title: wording::label(&new.title, 60, "title")?,
            place: wording::label(&new.place, 60, "place")?,
            starts_at: new.starts_at,
            state: JointMeetingState::Called,
            summary: None,
            called_by: actor.account_id,
            called_at: tx.now,
            settled_at: None,
        };
        let agenda: Vec<String> = new.agenda.iter().map(|item| wording::label(item, 100, "agenda")).collect::<Result<_>>()?;
        let units = called(tx, actor, new).await?;
        joint_meeting::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
        let items = (1..).zip(agenda).map(|(position, title)| joint_meeting_item::Model { meeting_id: row.id, position, title }.into_active_model());
        joint_meeting_item::Entity::insert_many(items).exec_without_returning(&tx.connection).await?;
        let rows =
            units.iter().map(|unit_id| joint_meeting_unit::Model { meeting_id: row.id, unit_id: *unit_id, attended: false }.into_active_model());
        joint_meeting_unit::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
        tell(tx, &row, units).await?;
        Ok(row.id)
    })
    .await
}

async fn called(tx: &Tx, actor: &Actor, new: &NewMeeting) -> Result<BTreeSet<UnitId>> {
    let named: BTreeSet<UnitId> = new.unit_ids.iter().copied().collect();
    if named.len() > UNITS_MAX {
        return Err(Error::from(Code::BadInput).on("unitIds").with("max", UNITS_MAX));
    }
    if !named.is_empty() {
        unit::all_of(&tx.connection, actor.community_id, &named, "unitIds").await?;
        return Ok(named);
    }
    let seated = alliance::units_on(&tx.connection, actor.community_id, new.starts_at.business_date()).await?;
    if seated.is_empty() { Err(Code::AllianceEmpty.into()) } else { Ok(seated) }
}

async fn tell(tx: &Tx, row: &Model, units: impl IntoIterator<Item = UnitId>) -> Result<()> {
    let told = unit::liaisons(&tx.connection, units).await?.into_iter().map(|(_, account_id)| Event::CoBuildingChanged {
        account_id,
        news: CoBuilding::JointMeetingChanged {
            meeting_id: row.id,
            title: row.title.clone(),
            place: row.place.clone(),
            starts_at: row.starts_at,
            state: row.state,
        },
    });
    outbox::record_all(tx, &told.collect::<Vec<_>>()).await
}

/// Records how a meeting went.
///
/// # Errors
/// `NOT_FOUND`, also on `attendedUnitIds` and `decisions` for units that were not called; `FORBIDDEN`; `STATE_CHANGED` for one that is settled or
/// has not begun; `BAD_INPUT`, `WORD_RESERVED`.
pub async fn record(tx: &Tx, actor: &Actor, id: JointMeetingId, protocol: &Protocol) -> Result<Model> {
    actor.require(Action::RecordJointMeeting, &actor.home())?;
    let row = lock(tx, actor, id).await?;
    if row.starts_at > tx.now {
        return Err(Error::from(Code::StateChanged).with("state", row.state.to_value()));
    }
    let summary = wording::text(&protocol.summary, 5_000, "summary")?;
    if summary.is_empty() {
        return Err(Error::from(Code::BadInput).on("summary").with("min", 1));
    }
    if protocol.decisions.len() > ITEMS_MAX {
        return Err(Error::from(Code::BadInput).on("decisions").with("max", ITEMS_MAX));
    }
    let called: BTreeSet<UnitId> = units(&tx.connection, &[id]).await?.remove(&id).unwrap_or_default().into_iter().map(|unit| unit.unit_id).collect();
    if !protocol.attended.iter().all(|unit_id| called.contains(unit_id)) {
        return Err(Error::from(Code::NotFound).on("attendedUnitIds"));
    }
    for new in &protocol.decisions {
        decision::write(tx, &row, new, &called).await?;
    }
    joint_meeting_unit::Entity::update_many()
        .col_expr(joint_meeting_unit::Column::Attended, Expr::value(true))
        .filter(joint_meeting_unit::Column::MeetingId.eq(id))
        .filter(joint_meeting_unit::Column::UnitId.is_in(protocol.attended.iter().copied()))
        .exec(&tx.connection)
        .await?;
    settle(tx, actor, id, JointMeetingState::Held, summary).await
}

/// Calls a meeting off, with a word why; the liaisons of the units are told.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `STATE_CHANGED` for one that is settled.
pub async fn cancel(tx: &Tx, actor: &Actor, id: JointMeetingId, reason: &str) -> Result<Model> {
    actor.require(Action::CancelJointMeeting, &actor.home())?;
    lock(tx, actor, id).await?;
    let row = settle(tx, actor, id, JointMeetingState::Cancelled, wording::reason(reason)?).await?;
    let units = units(&tx.connection, &[id]).await?.remove(&id).unwrap_or_default();
    tell(tx, &row, units.into_iter().map(|unit| unit.unit_id)).await?;
    Ok(row)
}

/// A meeting that is not settled, locked, so that it is settled once.
async fn lock(tx: &Tx, actor: &Actor, id: JointMeetingId) -> Result<Model> {
    let query = joint_meeting::Entity::find_by_id(id).filter(joint_meeting::Column::CommunityId.eq(actor.community_id));
    let row = query.lock(LockType::NoKeyUpdate).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if row.state == JointMeetingState::Called { Ok(row) } else { Err(Error::from(Code::StateChanged).with("state", row.state.to_value())) }
}

async fn settle(tx: &Tx, actor: &Actor, id: JointMeetingId, state: JointMeetingState, summary: String) -> Result<Model> {
    joint_meeting::Entity::update_many()
        .col_expr(joint_meeting::Column::State, Expr::value(state))
        .col_expr(joint_meeting::Column::Summary, Expr::value(summary))
        .col_expr(joint_meeting::Column::SettledAt, Expr::value(tx.now))
        .filter(joint_meeting::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    get_in(&tx.connection, actor, id).await
}

/// A meeting of the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: JointMeetingId) -> Result<Model> {
    let row = joint_meeting::Entity::find_by_id(id).filter(joint_meeting::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// A page of a community's meetings, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(
    connection: &impl ConnectionTrait,
    community_id: CommunityId,
    state: Option<JointMeetingState>,
    page: &Page,
) -> Result<Rows<Model>> {
    let mut query = joint_meeting::Entity::find().filter(joint_meeting::Column::CommunityId.eq(community_id));
    if let Some(state) = state {
        query = query.filter(joint_meeting::Column::State.eq(state));
    }
    let order = ListOrder { key: None, id: joint_meeting::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, JointMeetingId>(query, order)?.all(connection).await?))
}

/// The units that were called to several meetings.
///
/// # Errors
/// When the database cannot be read.
pub async fn units(connection: &impl ConnectionTrait, ids: &[JointMeetingId]) -> Result<HashMap<JointMeetingId, Vec<joint_meeting_unit::Model>>> {
    let query = joint_meeting_unit::Entity::find().filter(joint_meeting_unit::Column::MeetingId.is_in(ids.iter().copied()));
    let mut lists: HashMap<JointMeetingId, Vec<joint_meeting_unit::Model>> = HashMap::new();
    for row in query.order_by_asc(joint_meeting_unit::Column::UnitId).all(connection).await? {
        lists.entry(row.meeting_id).or_default().push(row);
    }
    Ok(lists)
}

/// The agendas of several meetings.
///
/// # Errors
/// When the database cannot be read.
pub async fn agendas(connection: &impl ConnectionTrait, ids: &[JointMeetingId]) -> Result<HashMap<JointMeetingId, Vec<String>>> {
    let query = joint_meeting_item::Entity::find().filter(joint_meeting_item::Column::MeetingId.is_in(ids.iter().copied()));
    let mut lists: HashMap<JointMeetingId, Vec<String>> = HashMap::new();
    for row in query.order_by_asc(joint_meeting_item::Column::Position).all(connection).await? {
        lists.entry(row.meeting_id).or_default().push(row.title);
    }
    Ok(lists)
}

/// What several meetings decided, in the order it was written down.
///
/// # Errors
/// When the database cannot be read.
pub async fn decisions(connection: &impl ConnectionTrait, ids: &[JointMeetingId]) -> Result<HashMap<JointMeetingId, Vec<joint_decision::Model>>> {
    let query = joint_decision::Entity::find().filter(joint_decision::Column::MeetingId.is_in(ids.iter().copied()));
    let mut lists: HashMap<JointMeetingId, Vec<joint_decision::Model>> = HashMap::new();
    for row in query.order_by_asc(joint_decision::Column::Id).all(connection).await? {
        lists.entry(row.meeting_id).or_default().push(row);
    }
    Ok(lists)
}

/// A decision as an id names it, in the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn decision_in(connection: &impl ConnectionTrait, actor: &Actor, id: JointDecisionId) -> Result<joint_decision::Model> {
    let row = joint_decision::Entity::find_by_id(id).filter(joint_decision::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}
