//! Corrections (更正, 个人信息保护法 art. 46): a volunteer asks to have something put right, staff of the place decide.
//!
//! OPEN → GRANTED or REFUSED by staff, with a reason, or WITHDRAWN by whoever asked. What is granted of the profile is put right in the same transaction. A
//! record is proof and is not written over: granting says that it is wrong, and an administrator revokes it and has it filed anew (`revokeRecord`,
//! `requestBackfill`). Staff are reminded three days before the time to decide in ends; it has no other end, because an answer is owed.
//!
//! Invariant: nobody decides what they asked for themselves. Invariant: what is wanted and why is sealed, and goes some time after the decision.

use entity::correction::{self, CorrectionField, CorrectionState, Model};
use entity::id::{AccountId, CommunityId, CorrectionId, RegionId, ServiceRecordId, VolunteerId};
use entity::time::{BusinessDate, UtcMicros};
use entity::{service_record, volunteer};
use sea_orm::sea_query::{Expr, IntoCondition, Query};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Value};
use serde::{Deserialize, Serialize};

use super::policy;
use crate::community::{calendar, region, wording};
use crate::db::{sql, tuples};
use crate::error::{Code, Error, Result};
use crate::event::{CorrectionNews, Event};
use crate::keys::Keys;
use crate::outbox;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::people::volunteer::{self as people, check_birth_date, check_name};
use crate::sealed::CORRECTION;
use crate::service::{place, wording as texts};
use crate::tx::Tx;

/// How long before the end staff are reminded.
const REMIND: i64 = 3 * UtcMicros::DAY;
/// Reminders of one go.
const BATCH: u64 = 100;
/// Longest text of a record.
const CONTENT_MAX: usize = 200;
/// Most minutes of a record.
const MINUTES_MAX: i64 = 1_440;

/// What is wanted, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What is to stand there.
    pub wanted: String,
    /// Why, 1 to 200 characters.
    pub reason: String,
}

/// Something to ask for.
#[derive(Clone, Debug)]
pub struct NewCorrection {
    /// What.
    pub field: CorrectionField,
    /// Of which record, for what a record says.
    pub record_id: Option<ServiceRecordId>,
    /// What is to stand there: a name, a day as `2001-02-03`, the id of a region, a text, a number.
    pub wanted: String,
    /// Why.
    pub reason: String,
}

/// Asks to have something put right.
///
/// # Errors
/// `NOT_VOLUNTEER`, `FORBIDDEN`; `BAD_INPUT` on `wanted` or `recordId`; `NOT_FOUND` on `recordId` or `wanted`; `REASON_REQUIRED`; `ALREADY_REQUESTED`.
pub async fn request(tx: &Tx, keys: &Keys, actor: &Actor, input: NewCorrection) -> Result<Model> {
    let own = actor.require_own(Action::RequestCorrection)?;
    let reason = texts::reason(&input.reason)?;
    let wanted = checked(tx, actor.community_id, input.field, &input.wanted).await?.text();
    let of_record = matches!(input.field, CorrectionField::RecordContent | CorrectionField::RecordMinutes);
    if of_record != input.record_id.is_some() {
        return Err(Error::from(Code::BadInput).on("recordId"));
    }
    if let Some(id) = input.record_id {
        let record = service_record::Entity::find_by_id(id).filter(service_record::Column::VolunteerId.eq(own.id)).one(&tx.connection).await?;
        record.ok_or_else(|| Error::from(Code::NotFound).on("recordId"))?;
    }
    let terms = policy::in_force(&tx.connection, actor.community_id, tx.today()).await?;
    let row = Model {
        id: CorrectionId::new(tx.now),
        community_id: actor.community_id,
        volunteer_id: own.id,
        field: input.field,
        record_id: input.record_id,
        request_sealed: Some(seal(keys, &Request { wanted, reason })?),
        state: CorrectionState::Open,
        decider_id: None,
        decision: None,
        created_at: tx.now,
        due_at: due(tx, actor, terms.correction_days).await?,
        reminded_at: None,
        decided_at: None,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// Until when it is to be decided. Where working days are unknown, as many days as there are working days: sooner than meant, never later.
async fn due(tx: &Tx, actor: &Actor, days: i32) -> Result<UtcMicros> {
    let days = u32::try_from(days).unwrap_or_default();
    let calendar = calendar::of(&tx.connection, actor.community_id).await?;
    Ok(calendar.after(tx.today(), days).unwrap_or_else(|_| tx.today().plus_days(days + 1).starts_at()))
}

/// Something wanted, as it would be written.
enum Wanted {
    Name(String),
    BirthDate(BusinessDate),
    Region(RegionId),
    Content(String),
    Minutes(i64),
}

impl Wanted {
    fn text(&self) -> String {
        match self {
            Self::Name(text) | Self::Content(text) => text.clone(),
            Self::BirthDate(day) => day.naive().to_string(),
            Self::Region(id) => id.to_string(),
            Self::Minutes(number) => number.to_string(),
        }
    }
}

async fn checked(tx: &Tx, community_id: CommunityId, field: CorrectionField, text: &str) -> Result<Wanted> {
    let fault = || Error::from(Code::BadInput).on("wanted");
    let text = text.trim();
    Ok(match field {
        CorrectionField::Name => Wanted::Name(check_name(text).map_err(|error| error.on("wanted"))?),
        CorrectionField::BirthDate => {
            let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| fault())?;
            Wanted::BirthDate(check_birth_date(BusinessDate::from_naive(day), tx.today()).map_err(|error| error.on("wanted"))?)
        }
        CorrectionField::Region => {
            let id = text.parse::<RegionId>().map_err(|_| Error::from(Code::BadId).on("wanted"))?;
            Wanted::Region(region::get_of(&tx.connection, community_id, id, "wanted").await?.id)
        }
        CorrectionField::RecordContent => Wanted::Content(wording::label(text, CONTENT_MAX, "wanted")?),
        CorrectionField::RecordMinutes => {
            let minutes = text.parse::<i64>().ok().filter(|minutes| (0..=MINUTES_MAX).contains(minutes));
            Wanted::Minutes(minutes.ok_or_else(|| fault().with("max", MINUTES_MAX))?)
        }
    })
}

/// Takes back what the actor asked for. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `STATE_CHANGED` when it was decided.
pub async fn withdraw(tx: &Tx, actor: &Actor, id: CorrectionId) -> Result<Model> {
    let own = actor.require_own(Action::WithdrawCorrection)?;
    let row = get(&tx.connection, id).await?;
    if row.volunteer_id != own.id {
        return Err(Code::NotFound.into());
    }
    end(tx, correction::Column::Id.eq(id)).await?;
    let row = get(&tx.connection, id).await?;
    if row.state == CorrectionState::Withdrawn { Ok(row) } else { Err(Code::StateChanged.into()) }
}

/// Takes back everything that somebody asked for who leaves for good; gives how much.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, volunteer_id: VolunteerId) -> Result<u64> {
    end(tx, correction::Column::VolunteerId.eq(volunteer_id)).await
}

async fn end(tx: &Tx, which: Expr) -> Result<u64> {
    let ended = correction::Entity::update_many()
        .col_expr(correction::Column::State, Expr::value(CorrectionState::Withdrawn))
        .col_expr(correction::Column::DecidedAt, Expr::value(tx.now))
        .filter(which)
        .filter(correction::Column::State.eq(CorrectionState::Open))
        .exec(&tx.connection)
        .await?;
    Ok(ended.rows_affected)
}

/// Decides, and puts right what is granted of a profile; gives the row and whose account to tell.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `REASON_REQUIRED`, `STATE_CHANGED`; `BAD_INPUT` or `NOT_FOUND` for what no longer fits.
pub async fn decide(tx: &Tx, keys: &Keys, actor: &Actor, id: CorrectionId, grant: bool, reason: &str) -> Result<(Model, Option<AccountId>)> {
    let (row, person) = in_charge_of(&tx.connection, actor, Action::DecideCorrection, id).await?;
    if actor.volunteer.is_some_and(|own| own.id == person.id) {
        return Err(Code::SelfDealing.into());
    }
    let decision = texts::reason(reason)?;
    let state = if grant { CorrectionState::Granted } else { CorrectionState::Refused };
    let changed = correction::Entity::update_many()
        .col_expr(correction::Column::State, Expr::value(state))
        .col_expr(correction::Column::DeciderId, Expr::value(actor.account_id))
        .col_expr(correction::Column::Decision, Expr::value(decision))
        .col_expr(correction::Column::DecidedAt, Expr::value(tx.now))
        .filter(correction::Column::Id.eq(id))
        .filter(correction::Column::State.eq(CorrectionState::Open))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    if grant {
        let wanted = open(keys, &row)?.ok_or_else(|| Error::internal("an open correction without a request"))?.wanted;
        put_right(tx, person.id, checked(tx, person.community_id, row.field, &wanted).await?).await?;
    }
    if let Some(account_id) = person.account_id {
        let news = if grant { CorrectionNews::Granted } else { CorrectionNews::Refused };
        outbox::record(tx, &Event::CorrectionChanged { correction_id: id, account_id, news }).await?;
    }
    Ok((get(&tx.connection, id).await?, person.account_id))
}

async fn put_right(tx: &Tx, id: VolunteerId, wanted: Wanted) -> Result<()> {
    let update = volunteer::Entity::update_many().filter(volunteer::Column::Id.eq(id));
    let update = match wanted {
        Wanted::Name(name) => update.col_expr(volunteer::Column::Name, Expr::value(name)),
        Wanted::BirthDate(day) => update.col_expr(volunteer::Column::BirthDate, Expr::value(day)),
        Wanted::Region(region_id) => update.col_expr(volunteer::Column::RegionId, Expr::value(region_id)),
        Wanted::Content(_) | Wanted::Minutes(_) => return Ok(()),
    };
    update.exec(&tx.connection).await?;
    Ok(())
}

/// Due work: reminds staff of what is to be decided soon; gives of how many.
///
/// # Errors
/// When the database refuses.
pub async fn remind_due(tx: &Tx) -> Result<u64> {
    let due = correction::Entity::find()
        .filter(correction::Column::State.eq(CorrectionState::Open))
        .filter(correction::Column::RemindedAt.is_null())
        .filter(correction::Column::DueAt.lte(tx.now.plus(REMIND)))
        .order_by_asc(correction::Column::DueAt)
        .limit(BATCH)
        .all(&tx.connection)
        .await?;
    let mut reminded = 0;
    for row in due {
        let marked = correction::Entity::update_many()
            .col_expr(correction::Column::RemindedAt, Expr::value(tx.now))
            .filter(correction::Column::Id.eq(row.id))
            .filter(correction::Column::RemindedAt.is_null())
            .exec(&tx.connection)
            .await?;
        if marked.rows_affected == 0 {
            continue;
        }
        let staff = staff(tx, &row).await?;
        let told = staff.into_iter().map(|account_id| Event::CorrectionChanged { correction_id: row.id, account_id, news: CorrectionNews::Due });
        outbox::record_all(tx, &told.collect::<Vec<_>>()).await?;
        reminded += 1;
    }
    Ok(reminded)
}

/// Who may decide on a correction, but for whoever asked.
async fn staff(tx: &Tx, row: &Model) -> Result<Vec<AccountId>> {
    let person = people::get(&tx.connection, row.volunteer_id).await?;
    let path = place::of(&tx.connection, row.community_id, person.region_id, None).await?.path;
    let regions: Vec<Value> = path.split('/').filter_map(|id| id.parse::<RegionId>().ok()).map(Into::into).collect();
    if regions.is_empty() {
        return Ok(Vec::new());
    }
    let statement = format!(
        "SELECT DISTINCT g.account_id FROM role_grant g JOIN account a ON a.id = g.account_id WHERE g.role IN ('GRID_WORKER', 'ADMIN') \
         AND g.ended_at IS NULL AND a.closed_at IS NULL AND g.region_id IN {} ORDER BY g.account_id",
        tuples(1, regions.len())
    );
    let rows = tx.connection.query_all_raw(sql(&tx.connection, &statement, regions)).await?;
    let ids = rows.iter().map(|row| Ok(row.try_get("", "account_id")?)).collect::<Result<Vec<AccountId>>>()?;
    Ok(ids.into_iter().filter(|id| person.account_id != Some(*id)).collect())
}

/// What somebody asked for; nothing once it has gone.
///
/// # Errors
/// When it was sealed with another key.
pub fn open(keys: &Keys, row: &Model) -> Result<Option<Request>> {
    let Some(sealed) = row.request_sealed.as_deref() else { return Ok(None) };
    serde_json::from_slice(&keys.open(CORRECTION, sealed)?).map(Some).map_err(Error::internal)
}

fn seal(keys: &Keys, request: &Request) -> Result<Vec<u8>> {
    keys.seal(CORRECTION, &serde_json::to_vec(request).map_err(Error::internal)?)
}

async fn get(connection: &impl ConnectionTrait, id: CorrectionId) -> Result<Model> {
    correction::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// A correction whose place the actor may do `action` at, with who asked.
async fn in_charge_of(connection: &impl ConnectionTrait, actor: &Actor, action: Action, id: CorrectionId) -> Result<(Model, volunteer::Model)> {
    let row = get(connection, id).await?;
    let person = people::get(connection, row.volunteer_id).await?;
    actor.require(action, &people::place(connection, &person).await?)?;
    Ok((row, person))
}

/// What the actor asked for, newest first.
///
/// # Errors
/// `NOT_VOLUNTEER`, `BAD_CURSOR`.
pub async fn list_own(connection: &impl ConnectionTrait, actor: &Actor, page: &Page) -> Result<Rows<Model>> {
    listed(connection, correction::Column::VolunteerId.eq(actor.volunteer()?.id), page).await
}

/// What the actor may decide on, the oldest last; in one state, where it is named.
///
/// # Errors
/// `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, state: Option<CorrectionState>, page: &Page) -> Result<Rows<Model>> {
    let mut reach = Condition::any();
    let grants = actor.grants.iter().filter(|grant| Action::ListCorrections.roles().contains(&grant.role));
    for path in grants.filter_map(|grant| grant.path.as_deref()) {
        let of_place = Query::select()
            .column(volunteer::Column::Id)
            .from(volunteer::Entity)
            .and_where(volunteer::Column::RegionId.in_subquery(place::below(path, None)))
            .to_owned();
        reach = reach.add(correction::Column::VolunteerId.in_subquery(of_place));
    }
    if reach.is_empty() {
        actor.require(Action::ListCorrections, &actor.home())?;
        return Err(Code::Forbidden.into());
    }
    if let Some(state) = state {
        reach = Condition::all().add(reach).add(correction::Column::State.eq(state));
    }
    listed(connection, reach, page).await
}

async fn listed(connection: &impl ConnectionTrait, which: impl IntoCondition, page: &Page) -> Result<Rows<Model>> {
    let query = correction::Entity::find().filter(which);
    let order = ListOrder { key: None, id: correction::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, CorrectionId>(query, order)?.all(connection).await?))
}
