//! Co-building projects (共建项目): what units and teams do together with the community.
//!
//! A unit or team drafts a project, hands it in with its evidence frozen, and a panel judges it ([`crate::exchange::review`]). An approved one is
//! published, finds its partners, is carried out, and is looked back on. [`state`] is the table of its states, [`step`] its log, [`draft`] what is
//! written, [`submit`] handing in, [`judged`] what a review does to it, [`commitment`] what partners promise, [`link`] lists and activities,
//! [`papers`] agreement and insurance, [`milestone`] progress, [`gate`] the facts that steps need and [`gate_override`] the leave to do without
//! them, [`run`] the steps themselves, [`repeat`] the year after.
//!
//! Invariant: a project stands on three axes that do not depend on each other: category, way of co-building, fields of joint work.
//! Invariant: a gate is passed by facts, or by a reason that a second person agreed to. Money is text; nothing is paid here.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::{ProjectId, RegionId, TeamId, UnitId};
use entity::project::{self, Model, ProjectState};
use entity::review_round::SubjectKind;
use entity::review_seat::SeatState;
use entity::{review_round, review_seat};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use crate::error::{Code, Result};
use crate::exchange::listing::Owner;
use crate::exchange::listing::owner::{self, led_units};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, Place};
use crate::service::place;

pub mod commitment;
mod draft;
mod evidence;
pub mod gate;
pub mod gate_override;
mod judged;
pub mod link;
pub mod milestone;
mod papers;
mod repeat;
mod run;
pub mod state;
pub mod step;
mod submit;

pub use draft::{Draft, MilestoneDraft, create, update};
pub use judged::open_review;
pub(super) use judged::{decided, recalled};
pub use papers::{Paper, record as record_papers};
pub use repeat::{repeat, repeat_due};
pub use run::{Evaluation, cancel, complete, evaluate, match_partners, publish, start};
pub use submit::submit;

/// A project as somebody sees it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The project.
    pub project: Model,
    /// Path of its region.
    pub path: String,
    /// Whether the actor acts for its owner, is in charge, or judges it: sees what is not open to all.
    pub whole: bool,
}

impl Entry {
    /// Where it lies, for questions of permission.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { community_id: self.project.community_id, path: self.path.clone(), team_id: self.project.owner_team_id }
    }
}

/// Whose a project is.
#[must_use]
pub fn owner_of(row: &Model) -> Option<Owner> {
    row.owner_team_id.map(Owner::Team).or_else(|| row.owner_unit_id.map(Owner::Unit))
}

/// The fields of joint work of a project.
#[must_use]
pub fn contents(row: &Model) -> Vec<String> {
    crate::exchange::listing::codes(&row.contents)
}

/// Projects as the actor sees them, in their order; what does not exist for the actor is left out. A handful of queries however many they are.
///
/// # Errors
/// When the database cannot be read.
pub async fn entries(connection: &impl ConnectionTrait, actor: &Actor, rows: Vec<Model>) -> Result<Vec<Entry>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let regions: HashSet<RegionId> = rows.iter().map(|row| row.region_id).collect();
    let paths: HashMap<RegionId, String> = place::paths(connection, regions).await?;
    let led = led_units(connection, actor).await?;
    let judged: HashSet<ProjectId> = judged_by(connection, actor, &rows).await?;
    let seen = rows.into_iter().filter_map(|project| {
        let path = paths.get(&project.region_id)?.clone();
        let mut entry = Entry { path, whole: false, project };
        let place = entry.place();
        entry.whole = actor.may(Action::PublishProject, &place)
            || owner::acts_for(actor, owner_of(&entry.project), &place, &led)
            || judged.contains(&entry.project.id);
        (entry.whole || (actor.sees(&place) && state::OPEN_TO_ALL.contains(&entry.project.state))).then_some(entry)
    });
    Ok(seen.collect())
}

/// Those of the projects on whose panel the actor sits.
async fn judged_by(connection: &impl ConnectionTrait, actor: &Actor, rows: &[Model]) -> Result<HashSet<ProjectId>> {
    let seats = Query::select()
        .column(review_seat::Column::RoundId)
        .from(review_seat::Entity)
        .and_where(review_seat::Column::AccountId.eq(actor.account_id))
        .and_where(review_seat::Column::State.ne(SeatState::Recused))
        .to_owned();
    let rounds = review_round::Entity::find()
        .filter(review_round::Column::SubjectKind.eq(SubjectKind::Project))
        .filter(review_round::Column::SubjectId.is_in(rows.iter().map(|row| row.id.0)))
        .filter(review_round::Column::Id.in_subquery(seats))
        .all(connection)
        .await?;
    Ok(rounds.into_iter().map(|round| ProjectId(round.subject_id)).collect())
}

/// A project that exists for the actor.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: ProjectId) -> Result<Entry> {
    let row = project::Entity::find_by_id(id).one(connection).await?.ok_or(Code::NotFound)?;
    entries(connection, actor, vec![row]).await?.pop().ok_or_else(|| Code::NotFound.into())
}

/// A project for whose owner the actor acts, or that the actor is in charge of.
async fn own_or_in_charge(connection: &impl ConnectionTrait, actor: &Actor, action: Action, id: ProjectId) -> Result<Entry> {
    let entry = get(connection, actor, id).await?;
    actor.require(action, &actor.home())?;
    let place = entry.place();
    let led = led_units(connection, actor).await?;
    let may = actor.may(Action::PublishProject, &place) || owner::acts_for(actor, owner_of(&entry.project), &place, &led);
    if may { Ok(entry) } else { Err(Code::Forbidden.into()) }
}

/// A project that the actor is in charge of and did not apply for.
async fn in_charge_of(connection: &impl ConnectionTrait, actor: &Actor, action: Action, id: ProjectId) -> Result<Entry> {
    let entry = get(connection, actor, id).await?;
    actor.require(action, &entry.place())?;
    if entry.project.applicant_id == actor.account_id { Err(Code::SelfDealing.into()) } else { Ok(entry) }
}

/// Which projects to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only in these states.
    pub states: Option<Vec<ProjectState>>,
    /// Only of this category.
    pub category: Option<String>,
    /// Only of this way of co-building.
    pub mode: Option<String>,
    /// Only of this unit.
    pub unit_id: Option<UnitId>,
    /// Only of this team.
    pub team_id: Option<TeamId>,
}

/// A page of the projects that exist for the actor, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter, page: &Page) -> Result<Rows<Entry>> {
    let led: BTreeSet<UnitId> = led_units(connection, actor).await?;
    let teams = actor.grants.iter().filter_map(|grant| grant.team_id);
    let open = Condition::all().add(project::Column::CommunityId.eq(actor.community_id)).add(project::Column::State.is_in(state::OPEN_TO_ALL));
    let mut reach = Condition::any().add(open).add(project::Column::OwnerTeamId.is_in(teams)).add(project::Column::OwnerUnitId.is_in(led));
    if let Ok(in_charge) = place::within(actor, Action::PublishProject, project::Column::RegionId, project::Column::OwnerTeamId) {
        reach = reach.add(in_charge);
    }
    let mut query = project::Entity::find().filter(reach);
    if let Some(states) = &filter.states {
        query = query.filter(project::Column::State.is_in(states.iter().copied()));
    }
    for (column, wanted) in [(project::Column::Category, &filter.category), (project::Column::Mode, &filter.mode)] {
        if let Some(code) = wanted {
            query = query.filter(column.eq(code.as_str()));
        }
    }
    if let Some(id) = filter.unit_id {
        query = query.filter(project::Column::OwnerUnitId.eq(id));
    }
    if let Some(id) = filter.team_id {
        query = query.filter(project::Column::OwnerTeamId.eq(id));
    }
    let order = ListOrder { key: None, id: project::Column::Id, descending: true };
    let rows = page.rows(page.select::<_, ProjectId>(query, order)?.all(connection).await?);
    Ok(Rows { rows: entries(connection, actor, rows.rows).await?, has_next: rows.has_next, has_previous: rows.has_previous })
}
