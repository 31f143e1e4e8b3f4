//! What a review does to a project: put before a panel, called back, and decided.

use std::collections::BTreeSet;

use entity::id::{AccountId, ProjectId, UnitId};
use entity::project::Model;
use entity::project_commitment::CommitmentState;
use entity::project_step::ProjectStep;
use entity::review_round::{self, SubjectKind, Verdict};
use entity::team;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{commitment, in_charge_of, state, step};
use crate::error::{Error, Result};
use crate::exchange::review::evidence;
use crate::exchange::review::open::{Choice, Subject, open};
use crate::exchange::review::stake::Stakes;
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Longest note of the log.
const NOTE_MAX: usize = 2_000;

/// Puts a project that was handed in before a panel, with the evidence frozen then.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`, and the refusals of [`open`].
pub async fn open_review(tx: &Tx, keys: &Keys, actor: &Actor, id: ProjectId, choice: Choice) -> Result<review_round::Model> {
    let entry = in_charge_of(&tx.connection, actor, Action::OpenReview, id).await?;
    let row = state::lock(tx, id).await?;
    state::after(row.state, ProjectStep::OpenReview)?;
    let pack = evidence::of_subject(&tx.connection, SubjectKind::Project, id.0).await?.pop();
    let pack = pack.ok_or_else(|| Error::internal("a project was handed in without evidence"))?;
    let subject = Subject {
        community_id: row.community_id,
        region_id: row.region_id,
        kind: SubjectKind::Project,
        id: id.0,
        reference: id.to_string(),
        title: row.title.clone(),
        pack_id: pack.id,
        stakes: stakes(tx, &row).await?,
    };
    let round = open(tx, keys, actor.account_id, &entry.place(), subject, choice).await?;
    let row = state::advance(tx, &row, ProjectStep::OpenReview).await?;
    step::write(tx, &row, ProjectStep::OpenReview, Some(actor.account_id), None).await?;
    Ok(round)
}

/// Who applied, for whom, and who takes part; with the units that sponsor the teams.
async fn stakes(tx: &Tx, row: &Model) -> Result<Stakes> {
    let mut stakes = Stakes { accounts: BTreeSet::from([row.applicant_id]), ..Stakes::default() };
    stakes.teams.extend(row.owner_team_id);
    stakes.units.extend(row.owner_unit_id);
    for one in commitment::of(&tx.connection, &[row.id]).await?.remove(&row.id).unwrap_or_default() {
        if one.state != CommitmentState::Withdrawn {
            stakes.teams.extend(one.team_id);
            stakes.units.extend(one.unit_id);
        }
    }
    let sponsored = team::Entity::find().filter(team::Column::Id.is_in(stakes.teams.iter().copied())).all(&tx.connection).await?;
    let sponsors: BTreeSet<UnitId> = sponsored.into_iter().filter_map(|team| team.unit_id).collect();
    stakes.units.extend(sponsors);
    Ok(stakes)
}

/// A published verdict: the project is approved, returned or rejected, and who applied is told why.
///
/// # Errors
/// `STATE_CHANGED` when it is not before a panel.
pub(in crate::exchange) async fn decided(tx: &Tx, id: ProjectId, verdict: Verdict, reasons: &[String]) -> Result<()> {
    let taken = match verdict {
        Verdict::Approve => ProjectStep::Approve,
        Verdict::Return => ProjectStep::Return,
        Verdict::Reject => ProjectStep::Reject,
    };
    let row = state::lock(tx, id).await?;
    let row = state::advance(tx, &row, taken).await?;
    let note: String = reasons.join(";").chars().take(NOTE_MAX).collect();
    step::write(tx, &row, taken, None, Some(note).filter(|note| !note.is_empty())).await
}

/// The panel was called off: the project waits for another.
///
/// # Errors
/// `STATE_CHANGED` when it is not before a panel.
pub(in crate::exchange) async fn recalled(tx: &Tx, by: AccountId, id: ProjectId, reason: &str) -> Result<()> {
    let row = state::lock(tx, id).await?;
    let row = state::advance(tx, &row, ProjectStep::Recall).await?;
    step::write(tx, &row, ProjectStep::Recall, Some(by), Some(reason.to_owned())).await
}
