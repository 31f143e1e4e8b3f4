//! Saying what one can do.

use entity::id::VolunteerId;
use entity::taxonomy_term::TaxonomyKind;
use entity::time::BusinessDate;
use entity::volunteer_supply;
use entity::{volunteer_exception, volunteer_hours, volunteer_skill};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::{Supply, of};
use crate::community::taxonomy;
use crate::error::{Code, Error, Result};
use crate::people::helper_change;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Most skills of a person.
const SKILLS_MAX: usize = 20;
/// Most times of the week, and most exceptions.
const TIMES_MAX: usize = 60;
/// Longest pause, in days.
const PAUSE_MAX: u32 = 731;

/// Replaces everything that the actor said about what they can do, but the pause.
///
/// # Errors
/// `NOT_VOLUNTEER`, `BAD_INPUT`, `TAXONOMY_UNKNOWN`.
pub async fn set(tx: &Tx, actor: &Actor, mut supply: Supply) -> Result<Supply> {
    let own = actor.require_own(Action::SetMySupply)?;
    lock(tx, own.id).await?;
    let before = of(&tx.connection, &[own.id]).await?.remove(&own.id).unwrap_or_default();
    check(tx, actor, &mut supply, &before).await?;
    supply.paused_until = before.paused_until;
    let cell = supply.point.map(super::Point::cell);
    let row = volunteer_supply::Model {
        volunteer_id: own.id,
        community_id: actor.community_id,
        reach: supply.reach,
        weekly_tasks_max: supply.weekly_tasks_max,
        weekly_minutes_max: supply.weekly_minutes_max,
        latitude: cell.map(|cell| cell.latitude),
        longitude: cell.map(|cell| cell.longitude),
        paused_until: supply.paused_until,
        updated_at: tx.now,
    };
    write_row(tx, row).await?;
    write_lists(tx, own.id, &supply).await?;
    Ok(Supply { point: cell, ..supply })
}

/// Asks not to be asked before a day; no day ends the pause.
///
/// # Errors
/// `NOT_VOLUNTEER`, `BAD_INPUT` on `until` for a day that is over or further off than two years.
pub async fn pause(tx: &Tx, actor: &Actor, until: Option<BusinessDate>) -> Result<Supply> {
    let own = actor.require_own(Action::PauseMySupply)?;
    if until.is_some_and(|day| day <= tx.today() || day > tx.today().plus_days(PAUSE_MAX)) {
        return Err(Error::from(Code::BadInput).on("until").with("maxDays", PAUSE_MAX));
    }
    lock(tx, own.id).await?;
    let supply = Supply { paused_until: until, ..of(&tx.connection, &[own.id]).await?.remove(&own.id).unwrap_or_default() };
    let row = volunteer_supply::Model {
        volunteer_id: own.id,
        community_id: actor.community_id,
        reach: supply.reach,
        weekly_tasks_max: supply.weekly_tasks_max,
        weekly_minutes_max: supply.weekly_minutes_max,
        latitude: supply.point.map(|point| point.latitude),
        longitude: supply.point.map(|point| point.longitude),
        paused_until: until,
        updated_at: tx.now,
    };
    write_row(tx, row).await?;
    Ok(supply)
}

/// Two devices of one person take turns.
async fn lock(tx: &Tx, id: VolunteerId) -> Result<()> {
    entity::volunteer::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx.connection).await?;
    Ok(())
}

async fn check(tx: &Tx, actor: &Actor, supply: &mut Supply, before: &Supply) -> Result<()> {
    let bad = |field| Error::from(Code::BadInput).on(field);
    supply.skills.sort_unstable();
    supply.skills.dedup();
    if supply.skills.len() > SKILLS_MAX {
        return Err(bad("skills").with("max", SKILLS_MAX));
    }
    for code in supply.skills.iter().filter(|code| !before.skills.contains(code)) {
        taxonomy::get(&tx.connection, actor.community_id, TaxonomyKind::Skill, code, "skills").await?;
    }
    supply.hours.sort_unstable_by_key(|hours| (hours.weekday, hours.span));
    let apart = supply.hours.windows(2).all(|pair| pair[0].weekday < pair[1].weekday || pair[0].span.ends <= pair[1].span.starts);
    if !apart || supply.hours.len() > TIMES_MAX || supply.hours.iter().any(|hours| !(1..=7).contains(&hours.weekday) || !hours.span.is_possible()) {
        return Err(bad("hours").with("max", TIMES_MAX));
    }
    // What is over is forgotten rather than refused.
    supply.exceptions.retain(|exception| exception.date >= tx.today());
    supply.exceptions.sort_unstable_by_key(|exception| (exception.date, exception.span));
    let once = supply.exceptions.windows(2).all(|pair| (pair[0].date, pair[0].span.starts) < (pair[1].date, pair[1].span.starts));
    if !once || supply.exceptions.len() > TIMES_MAX || supply.exceptions.iter().any(|exception| !exception.span.is_possible()) {
        return Err(bad("exceptions").with("max", TIMES_MAX));
    }
    if !(1..=50).contains(&supply.weekly_tasks_max) {
        return Err(bad("weeklyTasksMax").with("min", 1).with("max", 50));
    }
    if !(15..=10_080).contains(&supply.weekly_minutes_max) {
        return Err(bad("weeklyMinutesMax").with("min", 15).with("max", 10_080));
    }
    Ok(())
}

async fn write_row(tx: &Tx, row: volunteer_supply::Model) -> Result<()> {
    use volunteer_supply::Column;
    let news = [
        Column::Reach,
        Column::WeeklyTasksMax,
        Column::WeeklyMinutesMax,
        Column::Latitude,
        Column::Longitude,
        Column::PausedUntil,
        Column::UpdatedAt,
    ];
    let again = OnConflict::column(Column::VolunteerId).update_columns(news).to_owned();
    helper_change::note(tx, [row.volunteer_id]).await?;
    volunteer_supply::Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(&tx.connection).await?;
    Ok(())
}

async fn write_lists(tx: &Tx, id: VolunteerId, supply: &Supply) -> Result<()> {
    volunteer_skill::Entity::delete_many().filter(volunteer_skill::Column::VolunteerId.eq(id)).exec(&tx.connection).await?;
    volunteer_hours::Entity::delete_many().filter(volunteer_hours::Column::VolunteerId.eq(id)).exec(&tx.connection).await?;
    volunteer_exception::Entity::delete_many().filter(volunteer_exception::Column::VolunteerId.eq(id)).exec(&tx.connection).await?;
    if !supply.skills.is_empty() {
        let rows = supply.skills.iter().map(|code| volunteer_skill::Model { volunteer_id: id, code: code.clone() }.into_active_model());
        volunteer_skill::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    }
    if !supply.hours.is_empty() {
        let rows = supply.hours.iter().map(|hours| {
            volunteer_hours::Model { volunteer_id: id, weekday: hours.weekday, starts: hours.span.starts, ends: hours.span.ends }.into_active_model()
        });
        volunteer_hours::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    }
    if !supply.exceptions.is_empty() {
        let rows = supply.exceptions.iter().map(|exception| {
            let (starts, ends) = (exception.span.starts, exception.span.ends);
            volunteer_exception::Model { volunteer_id: id, date: exception.date, starts, ends, available: exception.available }.into_active_model()
        });
        volunteer_exception::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    }
    Ok(())
}
