//! Opening a round: the subject's evidence, who has a stake, the panel.
//!
//! The noun whose subject it is asks here; what may be asked of whom (states, permissions) is its own rule.

use entity::id::{AccountId, CommunityId, EvidencePackId, RegionId, ReviewRoundId};
use entity::review_criterion;
use entity::review_round::{self, Model, RoundPhase, SubjectKind};
use entity::time::UtcMicros;
use sea_orm::{EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::policy::{self, Policy};
use super::stake::{self, Stakes};
use super::{panel, round};
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::permission::Place;
use crate::tx::Tx;

/// Longest title kept of a subject.
const TITLE_MAX: usize = 60;

/// What is put before a panel.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The community.
    pub community_id: CommunityId,
    /// Where it lies; reviewers over this place judge.
    pub region_id: RegionId,
    /// What it is.
    pub kind: SubjectKind,
    /// Which.
    pub id: Uuid,
    /// The same as clients write it.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// The evidence, frozen before.
    pub pack_id: EvidencePackId,
    /// Who has a stake.
    pub stakes: Stakes,
}

/// What an administrator decides about a round; the rest is policy.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Who is to judge; drawn when nobody is named.
    pub reviewers: Option<Vec<AccountId>>,
    /// End of the phase: the verdict is published then by itself, and not before. Without one an administrator publishes it.
    pub publish_at: Option<UtcMicros>,
}

/// Puts a subject before a panel. One round of a subject is open at a time.
///
/// # Errors
/// `STATE_CHANGED` while a round of it is open; `REVIEWERS_TOO_FEW`, `NOT_FOUND` on `reviewerIds`; `BAD_INPUT` on `publishAt` before the end of scoring.
pub async fn open(tx: &Tx, keys: &Keys, opened_by: AccountId, place: &Place, subject: Subject, choice: Choice) -> Result<Model> {
    let last = round::last(&tx.connection, subject.kind, subject.id).await?;
    if last.as_ref().is_some_and(|last| matches!(last.phase, RoundPhase::Scoring | RoundPhase::Closed)) {
        return Err(Code::StateChanged.into());
    }
    let policy = policy::in_force(&tx.connection, subject.community_id, subject.kind).await?;
    let row = row(tx, opened_by, &subject, &policy, last.map_or(1, |last| last.number + 1), choice.publish_at);
    if row.publish_at.is_some_and(|at| at < row.due_at) {
        return Err(Error::from(Code::BadInput).on("publishAt").with("min", row.due_at.date_time().to_rfc3339()));
    }
    let seats = panel::draw(tx, keys, &row, place, &subject.stakes, choice.reviewers.as_deref()).await?;
    review_round::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    let criteria = (1..).zip(policy.criteria).map(|(position, one)| {
        let row = review_criterion::Model { round_id: row.id, position, code: one.code, label: one.label, weight: one.weight };
        row.into_active_model()
    });
    review_criterion::Entity::insert_many(criteria.collect::<Vec<_>>()).exec_without_returning(&tx.connection).await?;
    stake::write(tx, row.id, &subject.stakes).await?;
    panel::write(tx, &row, seats).await?;
    Ok(row)
}

fn row(tx: &Tx, opened_by: AccountId, subject: &Subject, policy: &Policy, number: i32, publish_at: Option<UtcMicros>) -> Model {
    let due_at = tx.now.plus(i64::from(policy.days) * UtcMicros::DAY);
    Model {
        id: ReviewRoundId::new(tx.now),
        community_id: subject.community_id,
        region_id: subject.region_id,
        subject_kind: subject.kind,
        subject_id: subject.id,
        subject_ref: subject.reference.clone(),
        number,
        title: subject.title.chars().take(TITLE_MAX).collect(),
        pack_id: subject.pack_id,
        policy_version: policy.version,
        votes_needed: policy.votes_needed,
        panel_size: policy.panel_size,
        spread_limit_bps: policy.spread_bps,
        phase: RoundPhase::Scoring,
        votes: 0,
        due_at,
        remind_at: Some(due_at.plus(-i64::from(policy.remind_days) * UtcMicros::DAY)),
        publish_at,
        opened_by,
        opened_at: tx.now,
        closed_at: None,
        mean_bps: None,
        spread_bps: None,
        verdict: None,
        consensus_note: None,
        consensus_by: None,
        published_at: None,
        cancelled_at: None,
        cancel_reason: None,
    }
}
