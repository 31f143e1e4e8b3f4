//! Gates (阶段门): the facts that a step needs. They are read off the rows at that moment, never ticked by hand.

use std::collections::HashMap;

use entity::id::ProjectId;
use entity::project::Model;
use entity::project_commitment::CommitmentState;
use entity::project_step::ProjectStep;
use entity::time::BusinessDate;
use sea_orm::ConnectionTrait;

use super::{commitment, gate_override, link, milestone};
use crate::error::{Code, Error, Result};
use crate::tx::Tx;

/// A fact that a step may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A partner's promise is confirmed.
    CommitmentConfirmed,
    /// The agreement is signed and holds to the last day.
    AgreementSigned,
    /// The insurance covers every day.
    InsuranceCovers,
    /// Every milestone is reached.
    MilestonesReached,
    /// As many minutes as were aimed at have been served and certified.
    MinutesLogged,
}

impl Fact {
    /// The fact as errors name it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::CommitmentConfirmed => "COMMITMENT_CONFIRMED",
            Self::AgreementSigned => "AGREEMENT_SIGNED",
            Self::InsuranceCovers => "INSURANCE_COVERS",
            Self::MilestonesReached => "MILESTONES_REACHED",
            Self::MinutesLogged => "MINUTES_LOGGED",
        }
    }
}

/// The gates: which step needs which facts.
pub const GATES: &[(ProjectStep, &[Fact])] = &[
    (ProjectStep::Match, &[Fact::CommitmentConfirmed, Fact::AgreementSigned]),
    (ProjectStep::Start, &[Fact::AgreementSigned, Fact::InsuranceCovers]),
    (ProjectStep::Complete, &[Fact::MilestonesReached, Fact::MinutesLogged]),
];

/// The facts that a step needs; none for a step without a gate.
#[must_use]
pub fn needed(step: ProjectStep) -> &'static [Fact] {
    GATES.iter().find(|gate| gate.0 == step).map_or(&[], |gate| gate.1)
}

/// A fact and whether it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The fact.
    pub fact: Fact,
    /// Whether it is there.
    pub met: bool,
}

/// What gates look at beside the project itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether a promise is confirmed.
    pub committed: bool,
    /// How much of the milestones is done, in hundredths of a percent.
    pub progress_bps: i32,
    /// Certified minutes.
    pub minutes: i64,
    /// Certified records.
    pub records: i64,
}

/// What gates look at, of several projects: three queries.
///
/// # Errors
/// When the database cannot be read.
pub async fn facts(connection: &impl ConnectionTrait, ids: &[ProjectId]) -> Result<HashMap<ProjectId, Facts>> {
    let promises = commitment::of(connection, ids).await?;
    let milestones = milestone::of(connection, ids).await?;
    let served = link::minutes(connection, ids).await?;
    let gathered = ids.iter().map(|id| {
        let committed = promises.get(id).is_some_and(|rows| rows.iter().any(|one| one.state == CommitmentState::Confirmed));
        let progress_bps = milestones.get(id).map_or(0, |rows| milestone::progress_bps(rows));
        let (minutes, records) = served.get(id).copied().unwrap_or_default();
        (*id, Facts { committed, progress_bps, minutes, records })
    });
    Ok(gathered.collect())
}

/// What a gate finds on a day.
#[must_use]
pub fn look(row: &Model, facts: Facts, step: ProjectStep, today: BusinessDate) -> Vec<Finding> {
    let met = |fact: Fact| match fact {
        Fact::CommitmentConfirmed => facts.committed,
        Fact::AgreementSigned => {
            row.agreement_signed_on.is_some_and(|day| day <= today) && row.agreement_valid_to.is_some_and(|day| day >= row.ends_on)
        }
        Fact::InsuranceCovers => row.insurance_from.is_some_and(|day| day <= row.starts_on) && row.insurance_to.is_some_and(|day| day >= row.ends_on),
        Fact::MilestonesReached => facts.progress_bps == 10_000,
        Fact::MinutesLogged => facts.minutes >= row.minutes_goal,
    };
    needed(step).iter().map(|fact| Finding { fact: *fact, met: met(*fact) }).collect()
}

/// Lets a locked project through a gate: by its facts, or by a leave that two people gave, which is then used up.
///
/// # Errors
/// `GATE_CLOSED`, with the facts that are not there.
pub(super) async fn pass(tx: &Tx, row: &Model, step: ProjectStep) -> Result<()> {
    if needed(step).is_empty() {
        return Ok(());
    }
    let facts = facts(&tx.connection, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    let missing: Vec<&str> = look(row, facts, step, tx.today()).into_iter().filter(|found| !found.met).map(|found| found.fact.text()).collect();
    if missing.is_empty() || gate_override::spend(tx, row.id, step).await? {
        return Ok(());
    }
    Err(Error::from(Code::GateClosed).with("missing", missing.join(",")))
}
