//! Serving: the helper begins and ends, by the server's clock.

use std::collections::BTreeSet;

use entity::id::{NeedMatchId, TeamId, VolunteerId};
use entity::match_step::MatchStepKind;
use entity::need_match::Model;
use entity::time::UtcMicros;
use entity::{match_person, team_member, volunteer};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};

use super::accept::check_speaks;
use super::fit::{self, Wanted};
use super::{Entry, get, need_accounts, save, state, step};
use crate::error::{Code, Error, Result};
use crate::exchange::contact;
use crate::exchange::reservation::{self, Claim};
use crate::people::account;
use crate::people::permission::{Action, Actor};
use crate::service::record::Span;
use crate::service::session::CHECK_IN_LEAD;
use crate::tx::Tx;

/// The helper begins: a volunteer alone, a team with those who came, who are named by its leader and asked for as if each had accepted. Fewer may come
/// than was agreed; what is missing is open again.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`, `CHECK_IN_CLOSED` more than half an hour before the time agreed and after it, `HELPERS_MISSING` for a team
/// that names nobody, somebody twice, or more than agreed, `BAD_INPUT` on `volunteerIds` for names that are not asked for, and what keeps each of them
/// (see [`super::accept`]).
pub async fn start(tx: &Tx, actor: &Actor, id: NeedMatchId, came: &[VolunteerId]) -> Result<Entry> {
    actor.require(Action::StartMatch, &actor.home())?;
    let entry = get(&tx.connection, actor, id).await?;
    let who_came = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(came.iter().copied())).all(&tx.connection).await?;
    account::hold(tx, who_came.into_iter().filter_map(|person| person.account_id).chain([actor.account_id])).await?;
    let row = state::lock(tx, id).await?;
    let to = state::after(row.state, MatchStepKind::Started)?[0];
    check_speaks(tx, actor, &entry).await?;
    let time = row.starts_at.zip(row.ends_at).map(|(from, to)| Span { from, to });
    if time.is_some_and(|time| tx.now < time.from.plus(-CHECK_IN_LEAD) || tx.now >= time.to) {
        return Err(Code::CheckInClosed.into());
    }
    if row.team_id.is_none() && !came.is_empty() {
        return Err(Error::from(Code::BadInput).on("volunteerIds"));
    }
    let wanted = Wanted::of(&tx.connection, row.need_id).await?;
    let row = match (row.team_id, row.volunteer_id, time) {
        (Some(team_id), _, Some(time)) => arrive(tx, &wanted, row, team_id, came, time).await?,
        (_, Some(volunteer_id), Some(time)) => {
            fit::check_people(tx, &wanted, &row, &[volunteer_id], time).await?;
            row
        }
        _ => row,
    };
    let row = Model { state: to, started_at: Some(tx.now), expires_at: None, ..row };
    save(tx, &row).await?;
    step::write(tx, &row, MatchStepKind::Started, Some(actor.account_id), None, &need_accounts(&entry.need)).await?;
    Ok(Entry { row, ..entry })
}

/// Those of a team who came.
async fn arrive(tx: &Tx, wanted: &Wanted, row: Model, team_id: TeamId, came: &[VolunteerId], time: Span) -> Result<Model> {
    let ids: BTreeSet<VolunteerId> = came.iter().copied().collect();
    let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    if ids.len() != came.len() || !(1..=row.quantity).contains(&count) {
        return Err(Error::from(Code::HelpersMissing).on("volunteerIds").with("max", row.quantity));
    }
    let ids: Vec<VolunteerId> = ids.into_iter().collect();
    let members = team_member::Entity::find()
        .filter(team_member::Column::TeamId.eq(team_id))
        .filter(team_member::Column::VolunteerId.is_in(ids.iter().copied()))
        .count(&tx.connection)
        .await?;
    if i64::try_from(members) != Ok(count) {
        return Err(Error::from(Code::NotFound).on("volunteerIds"));
    }
    let people = fit::check_people(tx, wanted, &row, &ids, time).await?;
    let rows = ids.iter().map(|id| match_person::Model { match_id: row.id, volunteer_id: *id, record_id: None }.into_active_model());
    match_person::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    let row = shrink(tx, row, count).await?;
    for account_id in people.iter().filter_map(|person| person.account_id) {
        contact::admit(tx, row.need_id, account_id, row.id.into()).await?;
    }
    Ok(row)
}

/// Promises so many instead of what was agreed.
async fn shrink(tx: &Tx, row: Model, quantity: i64) -> Result<Model> {
    let Some(held) = row.need_reservation_id.filter(|_| quantity < row.quantity) else { return Ok(row) };
    reservation::release(tx, held).await?;
    let claim = Claim { listing_id: row.need_id, slot_id: None, quantity, cause_id: row.id.into() };
    let promised = reservation::reserve(tx, &format!("{}:came", row.id), claim).await?;
    Ok(Model { quantity, need_reservation_id: Some(promised.id), ..row })
}

/// The helper has ended; the person served is asked to confirm. Who looks after the place may say when, for a helper who forgot.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`, `TOO_SHORT` for less than a minute within the time agreed, `BAD_INPUT` on `finishedAt`.
pub async fn finish(tx: &Tx, actor: &Actor, id: NeedMatchId, stated: Option<UtcMicros>) -> Result<Entry> {
    actor.require(Action::FinishMatch, &actor.home())?;
    let entry = get(&tx.connection, actor, id).await?;
    let row = state::lock(tx, id).await?;
    let to = state::after(row.state, MatchStepKind::Finished)?[0];
    match stated {
        // Nobody states the end of their own service.
        Some(_) if entry.part.helper => return Err(Code::SelfDealing.into()),
        Some(_) if !entry.part.staff => return Err(Code::Forbidden.into()),
        Some(_) => {}
        None => check_speaks(tx, actor, &entry).await?,
    }
    let finished_at = stated.unwrap_or(tx.now);
    if finished_at > tx.now || row.started_at.is_none_or(|started_at| finished_at < started_at) {
        return Err(Error::from(Code::BadInput).on("finishedAt"));
    }
    let people = row.offering_id.is_none();
    if people && fit::served(&row, finished_at).is_none_or(|time| time.minutes() == 0) {
        return Err(Code::TooShort.into());
    }
    let row = Model { state: to, finished_at: Some(finished_at), ..row };
    save(tx, &row).await?;
    step::write(tx, &row, MatchStepKind::Finished, Some(actor.account_id), None, &need_accounts(&entry.need)).await?;
    Ok(Entry { row, ..entry })
}
