//! The yearly feedback (年度反馈) to a unit: what its members and the unit itself did here, as figures of the day it is given, and a word.
//!
//! Invariant: given once for a unit and year, and never changed; a constraint and a trigger hold it.

use entity::id::{UnitFeedbackId, UnitId, VolunteerId};
use entity::time::BusinessDate;
use entity::unit_feedback::{self, Model};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::member;
use crate::community::{unit, wording};
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::event::{CoBuilding, Event};
use crate::keys::Keys;
use crate::outbox;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// The first year that feedback may be about.
const YEAR_MIN: i32 = 2000;

/// What some members did in a year; who they are takes the place of `@`.
const FIGURES: &str = "SELECT COUNT(*) AS records, CAST(COALESCE(SUM(r.minutes), 0) AS BIGINT) AS minutes FROM service_record r \
    WHERE r.state = 'CERTIFIED' AND r.business_date BETWEEN $1 AND $2 AND r.volunteer_id IN @";
/// The tasks that a unit returned in a year.
const TASKS: &str =
    "SELECT COUNT(*) AS tasks FROM task t WHERE t.unit_id = $1 AND t.state = 'RETURNED' AND t.returned_at >= $2 AND t.returned_at < $3";
/// Members asked about in one statement.
const BATCH: usize = 1_000;

/// Gives a unit its feedback about a year, with a word of up to 500 characters; its liaisons are told.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND` on `unitId`, `BAD_INPUT` on `year` or `comment`, `WORD_RESERVED`, `FEEDBACK_GIVEN`.
pub async fn give(tx: &Tx, keys: &Keys, actor: &Actor, unit_id: UnitId, year: i32, comment: &str) -> Result<Model> {
    actor.require(Action::GiveUnitFeedback, &actor.home())?;
    let unit = unit::get_of(&tx.connection, actor.community_id, unit_id, "unitId").await?;
    if !(YEAR_MIN..=tx.today().year()).contains(&year) {
        return Err(Error::from(Code::BadInput).on("year").with("min", YEAR_MIN).with("max", tx.today().year()));
    }
    let comment = wording::text(comment, 500, "comment")?;
    let day = |year: i32, month_day: i32| BusinessDate(year * 10_000 + month_day);
    let (from, to) = (day(year, 101), day(year, 1_231));
    let values = [unit_id.into(), from.starts_at().into(), day(year + 1, 101).starts_at().into()];
    let tasks = tx.connection.query_one_raw(sql(&tx.connection, TASKS, values)).await?.ok_or_else(|| Error::internal("a count gives a row"))?;
    let members = member::of_unit(&tx.connection, keys, unit_id).await?;
    let (records, minutes) = served(tx, &members, from, to).await?;
    let row = Model {
        id: UnitFeedbackId::new(tx.now),
        community_id: actor.community_id,
        unit_id,
        year,
        members: i64::try_from(members.len()).map_err(Error::internal)?,
        records,
        minutes,
        tasks: tasks.try_get("", "tasks")?,
        comment,
        given_by: actor.account_id,
        given_at: tx.now,
    };
    let row = row.into_active_model().insert(&tx.connection).await?;
    let told = unit::liaisons(&tx.connection, [unit_id]).await?.into_iter().map(|(_, account_id)| Event::CoBuildingChanged {
        account_id,
        news: CoBuilding::UnitFeedbackGiven { unit_feedback_id: row.id, unit: unit.name.clone(), year, members: row.members, minutes: row.minutes },
    });
    outbox::record_all(tx, &told.collect::<Vec<_>>()).await?;
    Ok(row)
}

/// The certified records and minutes of some volunteers.
async fn served(tx: &Tx, members: &[VolunteerId], from: BusinessDate, to: BusinessDate) -> Result<(i64, i64)> {
    let (mut records, mut minutes) = (0, 0);
    for chunk in members.chunks(BATCH) {
        let marks = (3..chunk.len() + 3).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
        let values = [from.into(), to.into()].into_iter().chain(chunk.iter().map(|id| (*id).into()));
        let row = tx.connection.query_one_raw(sql(&tx.connection, &FIGURES.replace('@', &format!("({marks})")), values)).await?;
        let row = row.ok_or_else(|| Error::internal("a sum gives a row"))?;
        records += row.try_get::<i64>("", "records")?;
        minutes += row.try_get::<i64>("", "minutes")?;
    }
    Ok((records, minutes))
}

/// A page of what a unit was told, newest first; for its liaison and administrators.
///
/// # Errors
/// `NOT_FOUND` on `unitId`, `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, unit_id: UnitId, page: &Page) -> Result<Rows<Model>> {
    unit::get_of(connection, actor.community_id, unit_id, "unitId").await?;
    actor.require_for_unit(Action::ReadUnitFeedback, unit_id, &actor.home())?;
    let query = unit_feedback::Entity::find().filter(unit_feedback::Column::UnitId.eq(unit_id));
    let order = ListOrder { key: None, id: unit_feedback::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, UnitFeedbackId>(query, order)?.all(connection).await?))
}
