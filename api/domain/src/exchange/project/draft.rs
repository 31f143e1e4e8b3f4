//! Writing a project, and writing it anew after it was returned.

use entity::id::{AccountId, CommunityId, ProjectId, RegionId};
use entity::project::{self, Model, ProjectState};
use entity::project_milestone;
use entity::project_step::ProjectStep;
use entity::taxonomy_term::TaxonomyKind;
use entity::time::BusinessDate;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;

use super::{Entry, contents, get, own_or_in_charge, state, step};
use crate::community::{taxonomy, wording};
use crate::error::{Code, Error, Result};
use crate::exchange::listing::{Owner, no_contact, owner};
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::service::wording as texts;
use crate::tx::Tx;

/// Most milestones of a project.
const MILESTONES_MAX: usize = 20;
/// Most fields of joint work of a project.
const CONTENTS_MAX: usize = 10;
/// Longest project, in years.
const YEARS_MAX: i32 = 3;

/// A stage on the way.
#[derive(Clone, Debug, Serialize)]
pub struct MilestoneDraft {
    /// What is to be reached, 1 to 60 characters.
    pub title: String,
    /// Weight in the whole, 1 to 100; they add up to 100 when it is handed in.
    pub weight: i32,
    /// Until when, within the time of the project.
    pub due_on: BusinessDate,
}

/// What a project says.
#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    /// Where it is carried out; the team's region or the community when left out.
    pub region_id: Option<RegionId>,
    /// Title, 1 to 60 characters.
    pub title: String,
    /// What is to be done and why, 1 to 2000 characters.
    pub summary: String,
    /// Code of the `PROJECT_CATEGORY` list.
    pub category: String,
    /// Code of the `CO_BUILD_MODE` list.
    pub mode: String,
    /// Codes of the `CO_BUILD_CONTENT` list, at least one.
    pub contents: Vec<String>,
    /// How many people are to gain by it, 1 to 1000000.
    pub beneficiaries: i32,
    /// What it costs, as text, 1 to 500 characters.
    pub budget: String,
    /// Who pays, as text, 1 to 200 characters.
    pub funding_source: String,
    /// First day.
    pub starts_on: BusinessDate,
    /// Last day.
    pub ends_on: BusinessDate,
    /// Minutes of service it is to bring, 0 to 100000000.
    pub minutes_goal: i64,
    /// Whether it comes again every year.
    pub yearly: bool,
    /// Stages on the way, in their order.
    pub milestones: Vec<MilestoneDraft>,
}

/// Writes a project down for a unit or a team, once per `key`.
///
/// # Errors
/// `NOT_FOUND` on `teamId`, `unitId` or `regionId`, `FORBIDDEN`, `BAD_INPUT`, `TAXONOMY_UNKNOWN`, `WORD_RESERVED`, `CONTACT_IN_TEXT`.
pub async fn create(tx: &Tx, actor: &Actor, key: &str, owner: Owner, mut draft: Draft) -> Result<ProjectId> {
    let input = (owner, draft.clone());
    let verb = Box::pin(async {
        let region = owner::claim(&tx.connection, actor, Action::CreateProject, owner, draft.region_id).await?;
        check(&tx.connection, actor.community_id, &mut draft, None).await?;
        let row = row(tx, actor.community_id, region.id, owner, actor.account_id, &draft)?;
        insert(tx, &row, &draft.milestones, Some(actor.account_id)).await?;
        Ok(row.id)
    });
    idempotency::once(tx, actor.account_id, "createProject", key, &input, verb).await
}

/// Writes a project anew that is a draft or was returned.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`, and the refusals of [`create`].
pub async fn update(tx: &Tx, actor: &Actor, id: ProjectId, mut draft: Draft) -> Result<Entry> {
    own_or_in_charge(&tx.connection, actor, Action::UpdateProject, id).await?;
    let before = state::lock(tx, id).await?;
    state::within(&before, &state::WRITABLE)?;
    let region = owner::lies_in(&tx.connection, before.community_id, Some(draft.region_id.unwrap_or(before.region_id))).await?;
    check(&tx.connection, before.community_id, &mut draft, Some(&before)).await?;
    let owner = super::owner_of(&before).ok_or_else(|| Error::internal("a project without an owner"))?;
    let written = row(tx, before.community_id, region.id, owner, before.applicant_id, &draft)?;
    let row = Model {
        id,
        state: before.state,
        repeats_id: before.repeats_id,
        created_at: before.created_at,
        agreement_ref: before.agreement_ref,
        agreement_signed_on: before.agreement_signed_on,
        agreement_valid_to: before.agreement_valid_to,
        insurance_ref: before.insurance_ref,
        insurance_from: before.insurance_from,
        insurance_to: before.insurance_to,
        ..written
    };
    project::Entity::update_many().set(row.into_active_model().reset_all()).filter(project::Column::Id.eq(id)).exec(&tx.connection).await?;
    project_milestone::Entity::delete_many().filter(project_milestone::Column::ProjectId.eq(id)).exec(&tx.connection).await?;
    write_milestones(tx, id, &draft.milestones).await?;
    get(&tx.connection, actor, id).await
}

/// Writes a checked project down, with its first line in the log.
pub(super) async fn insert(tx: &Tx, row: &Model, milestones: &[MilestoneDraft], by: Option<AccountId>) -> Result<()> {
    project::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    write_milestones(tx, row.id, milestones).await?;
    step::write(tx, row, ProjectStep::Draft, by, None).await
}

async fn write_milestones(tx: &Tx, id: ProjectId, milestones: &[MilestoneDraft]) -> Result<()> {
    let rows = (1..).zip(milestones).map(|(position, one)| {
        let MilestoneDraft { title, weight, due_on } = one.clone();
        project_milestone::Model { project_id: id, position, title, weight, due_on, progress: 0, reported_at: None }.into_active_model()
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        project_milestone::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    }
    Ok(())
}

async fn check(connection: &impl ConnectionTrait, community_id: CommunityId, draft: &mut Draft, before: Option<&Model>) -> Result<()> {
    draft.title = wording::label(&draft.title, 60, "title")?;
    draft.summary = texts::required(&draft.summary, "summary", 2_000, Code::BadInput)?;
    draft.budget = texts::required(&draft.budget, "budget", 500, Code::BadInput)?;
    draft.funding_source = texts::required(&draft.funding_source, "fundingSource", 200, Code::BadInput)?;
    let texts = [(&draft.title, "title"), (&draft.summary, "summary"), (&draft.budget, "budget"), (&draft.funding_source, "fundingSource")];
    for (text, field) in texts {
        no_contact(text, field)?;
    }
    if !(1..=1_000_000).contains(&draft.beneficiaries) {
        return Err(Error::from(Code::BadInput).on("beneficiaries").with("min", 1).with("max", 1_000_000));
    }
    if !(0..=100_000_000).contains(&draft.minutes_goal) {
        return Err(Error::from(Code::BadInput).on("minutesGoal").with("min", 0).with("max", 100_000_000));
    }
    let span = draft.ends_on.0.saturating_sub(draft.starts_on.0);
    if !(0..=YEARS_MAX * 10_000).contains(&span) {
        return Err(Error::from(Code::BadInput).on("endsOn"));
    }
    check_milestones(draft)?;
    check_codes(connection, community_id, draft, before).await
}

fn check_milestones(draft: &mut Draft) -> Result<()> {
    if draft.milestones.len() > MILESTONES_MAX {
        return Err(Error::from(Code::BadInput).on("milestones").with("max", MILESTONES_MAX));
    }
    let (from, to) = (draft.starts_on, draft.ends_on);
    for one in &mut draft.milestones {
        one.title = wording::label(&one.title, 60, "title")?;
        if !(1..=100).contains(&one.weight) {
            return Err(Error::from(Code::BadInput).on("weight").with("min", 1).with("max", 100));
        }
        if one.due_on < from || one.due_on > to {
            return Err(Error::from(Code::BadInput).on("dueOn"));
        }
    }
    Ok(())
}

/// Checks the three axes; a code that stood there before may have been retired since.
async fn check_codes(connection: &impl ConnectionTrait, community_id: CommunityId, draft: &mut Draft, before: Option<&Model>) -> Result<()> {
    draft.contents.sort_unstable();
    draft.contents.dedup();
    if draft.contents.is_empty() || draft.contents.len() > CONTENTS_MAX {
        return Err(Error::from(Code::BadInput).on("contents").with("min", 1).with("max", CONTENTS_MAX));
    }
    if before.is_none_or(|row| row.category != draft.category) {
        taxonomy::get(connection, community_id, TaxonomyKind::ProjectCategory, &draft.category, "category").await?;
    }
    if before.is_none_or(|row| row.mode != draft.mode) {
        taxonomy::get(connection, community_id, TaxonomyKind::CoBuildMode, &draft.mode, "mode").await?;
    }
    let known = before.map(contents).unwrap_or_default();
    for code in draft.contents.iter().filter(|code| !known.contains(code)) {
        taxonomy::get(connection, community_id, TaxonomyKind::CoBuildContent, code, "contents").await?;
    }
    Ok(())
}

fn row(tx: &Tx, community_id: CommunityId, region_id: RegionId, owner: Owner, applicant_id: AccountId, draft: &Draft) -> Result<Model> {
    let (None, owner_team_id, owner_unit_id) = owner.columns() else { return Err(Error::from(Code::BadInput).on("unitId")) };
    Ok(Model {
        id: ProjectId::new(tx.now),
        community_id,
        region_id,
        owner_team_id,
        owner_unit_id,
        applicant_id,
        title: draft.title.clone(),
        summary: draft.summary.clone(),
        category: draft.category.clone(),
        mode: draft.mode.clone(),
        contents: draft.contents.join(","),
        beneficiaries: draft.beneficiaries,
        budget: draft.budget.clone(),
        funding_source: draft.funding_source.clone(),
        starts_on: draft.starts_on,
        ends_on: draft.ends_on,
        minutes_goal: draft.minutes_goal,
        yearly: draft.yearly,
        repeats_id: None,
        agreement_ref: None,
        agreement_signed_on: None,
        agreement_valid_to: None,
        insurance_ref: None,
        insurance_from: None,
        insurance_to: None,
        state: ProjectState::Draft,
        surveyed: None,
        satisfied: None,
        reached: None,
        evaluation: None,
        created_at: tx.now,
    })
}
