//! Nominations: by the person, a team, a unit, or the leaderboard. Nobody stands without having agreed, to being named in the notice among others.

use entity::id::{SelectionNomineeId, SelectionRoundId, TeamId, UnitId, VolunteerId};
use entity::role_grant::Role;
use entity::selection_nominee::{self, Model, NominationSource, NomineeState};
use entity::selection_round::SelectionState;
use entity::selection_standing;
use entity::team_member;
use entity::volunteer::VolunteerState;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::{news, round};
use crate::error::{Code, Error, Result};
use crate::event::SelectionNews;
use crate::exchange::listing::owner;
use crate::people::permission::{Action, Actor, Place};
use crate::people::volunteer;
use crate::service::wording as texts;
use crate::tx::Tx;

/// A nomination to make.
#[derive(Clone, Debug)]
pub struct Nomination {
    /// For which selection.
    pub round_id: SelectionRoundId,
    /// Who; the actor when left out.
    pub volunteer_id: Option<VolunteerId>,
    /// In the name of a team that the actor leads and the person belongs to.
    pub team_id: Option<TeamId>,
    /// In the name of a unit that the actor speaks for.
    pub unit_id: Option<UnitId>,
    /// Why, 1 to 500 characters.
    pub statement: String,
}

/// Nominates somebody. Who nominates themselves agrees by doing so.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` when nominations are over, `NOT_VOLUNTEER`, `REASON_REQUIRED` on `statement`, `NOT_ELIGIBLE`,
/// `VOLUNTEER_SUSPENDED`, `ALREADY_NOMINATED`.
pub async fn nominate(tx: &Tx, actor: &Actor, input: Nomination) -> Result<Model> {
    let round = round::lock(tx, actor, Action::NominateForSelection, input.round_id).await?;
    if round.state != SelectionState::Nominating {
        return Err(Code::StateChanged.into());
    }
    let own = actor.volunteer.map(|own| own.id);
    let volunteer_id = input.volunteer_id.or(own).ok_or(Code::NotVolunteer)?;
    let person = volunteer::get_of(&tx.connection, round.community_id, volunteer_id, "volunteerId").await?;
    let source = source(&tx.connection, actor, &input, volunteer_id).await?;
    let statement = texts::required(&input.statement, "statement", 500, Code::ReasonRequired)?;
    if person.state != VolunteerState::Active {
        return Err(Code::VolunteerSuspended.into());
    }
    let standing = selection_standing::Entity::find_by_id((round.id, volunteer_id)).one(&tx.connection).await?;
    let minutes = standing.map_or(0, |row| row.minutes);
    if minutes == 0 || minutes < round.min_minutes {
        return Err(Error::from(Code::NotEligible).with("minMinutes", round.min_minutes).with("minutes", minutes));
    }
    let row = Model {
        id: SelectionNomineeId::new(tx.now),
        round_id: round.id,
        volunteer_id,
        source,
        nominated_by: Some(actor.account_id),
        statement,
        state: if source == NominationSource::Own { NomineeState::Accepted } else { NomineeState::Nominated },
        minutes,
        panel: None,
        votes: None,
        total: None,
        place: None,
        created_at: tx.now,
    };
    let row = row.into_active_model().insert(&tx.connection).await?;
    if row.state == NomineeState::Nominated {
        news::tell(tx, &round, &[(&row, SelectionNews::Nominated)]).await?;
    }
    Ok(row)
}

async fn source(connection: &impl ConnectionTrait, actor: &Actor, input: &Nomination, volunteer_id: VolunteerId) -> Result<NominationSource> {
    match (input.team_id, input.unit_id) {
        (None, None) if actor.volunteer.is_some_and(|own| own.id == volunteer_id) => Ok(NominationSource::Own),
        (Some(team_id), None) => {
            let leads = actor.holds(&[Role::TeamLeader], &Place { team_id: Some(team_id), path: String::new(), ..actor.home() });
            let member = team_member::Entity::find_by_id((team_id, volunteer_id)).one(connection).await?.is_some();
            if leads && member { Ok(NominationSource::Team) } else { Err(Error::from(Code::Forbidden).on("teamId")) }
        }
        (None, Some(unit_id)) => {
            let led = owner::led_units(connection, actor).await?;
            if led.contains(&unit_id) { Ok(NominationSource::Unit) } else { Err(Error::from(Code::Forbidden).on("unitId")) }
        }
        _ => Err(Error::from(Code::Forbidden).on("volunteerId")),
    }
}

/// The actor's answer to being nominated; agreeing is agreeing to be named in the public notice.
///
/// # Errors
/// `NOT_FOUND` for another's nomination, `STATE_CHANGED` when nominations are over or it was answered.
pub async fn answer(tx: &Tx, actor: &Actor, id: SelectionNomineeId, accept: bool) -> Result<Model> {
    let own = actor.require_own(Action::AnswerNomination)?;
    let row = get(&tx.connection, id).await?;
    if row.volunteer_id != own.id {
        return Err(Code::NotFound.into());
    }
    let round = round::lock(tx, actor, Action::AnswerNomination, row.round_id).await?;
    let state = if accept { NomineeState::Accepted } else { NomineeState::Declined };
    let changed = selection_nominee::Entity::update_many()
        .col_expr(selection_nominee::Column::State, Expr::value(state))
        .filter(selection_nominee::Column::Id.eq(id))
        .filter(selection_nominee::Column::State.eq(NomineeState::Nominated))
        .exec(&tx.connection)
        .await?;
    if round.state != SelectionState::Nominating || changed.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    get(&tx.connection, id).await
}

/// Who agreed to stand and still does, in the order they were nominated; with an outcome, in its order.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn standing(connection: &impl ConnectionTrait, id: SelectionRoundId) -> Result<Vec<Model>> {
    let rows = of_round(connection, id).await?;
    Ok(rows.into_iter().filter(|row| row.state == NomineeState::Accepted).collect())
}

/// A nominee of the actor's own community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: SelectionNomineeId) -> Result<Model> {
    let row = get(connection, id).await?;
    round::get_in(connection, actor, row.round_id).await?;
    Ok(row)
}

/// A nominee by id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: SelectionNomineeId) -> Result<Model> {
    selection_nominee::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// The nominees of a round in the order they were nominated; with an outcome, in its order.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_round(connection: &impl ConnectionTrait, id: SelectionRoundId) -> Result<Vec<Model>> {
    of_rounds(connection, &[id]).await
}

/// The same of several rounds.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_rounds(connection: &impl ConnectionTrait, ids: &[SelectionRoundId]) -> Result<Vec<Model>> {
    let query = selection_nominee::Entity::find().filter(selection_nominee::Column::RoundId.is_in(ids.iter().copied()));
    let query = query.order_by_asc(selection_nominee::Column::Id);
    let mut rows = query.all(connection).await?;
    rows.sort_by_key(|row| (row.place.unwrap_or(i32::MAX), row.id));
    Ok(rows)
}
