//! Reasons as they are kept with a proposal and told to clients: a kind and two numbers.

use serde::{Deserialize, Serialize};

use crate::exchange::matching::problem::Urgency;
use crate::exchange::matching::reason::{Reason, Scored};
use crate::exchange::matching::slot::SLOT_MINUTES;

/// Which reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReasonKind {
    /// It has what is asked for: `part` of `whole` skills and kinds of service.
    Skill,
    /// It is near in the region tree: `part` steps.
    Tree,
    /// It is near on the map: `part` metres.
    Metres,
    /// It is free: `part` of `whole` minutes in which the need can be met.
    Time,
    /// It has the colour of the need: `part` is 1, of `whole` 1 when the need has one.
    Colour,
    /// It keeps its promises: `part` of `whole`.
    Reliability,
    /// It served little lately: `part` minutes.
    Load,
    /// It was not asked lately: `part` days ago; none for not within four weeks.
    Rotation,
    /// The need is pressing: `part` of the levels 0 to 3, `whole` is 3.
    Urgency,
    /// Who is in need served others: `part` of `whole` minutes count.
    Contributed,
}

/// A reason as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Which.
    pub kind: ReasonKind,
    /// What it gives, in millionths.
    pub micros: i64,
    /// The first number.
    pub part: Option<u32>,
    /// The second.
    pub whole: Option<u32>,
}

impl From<&Scored> for Told {
    fn from(scored: &Scored) -> Self {
        let minutes = |slots: u32| slots.saturating_mul(u32::from(SLOT_MINUTES));
        let (kind, part, whole) = match scored.reason {
            Reason::Skill { held, asked } => (ReasonKind::Skill, Some(held), Some(asked)),
            Reason::Tree { steps } => (ReasonKind::Tree, Some(steps), None),
            Reason::Metres { metres } => (ReasonKind::Metres, metres, None),
            Reason::Time { free, of } => (ReasonKind::Time, Some(minutes(free)), Some(minutes(of))),
            Reason::Colour { wanted, same } => (ReasonKind::Colour, Some(u32::from(same)), Some(u32::from(wanted.is_some()))),
            Reason::Reliability { kept, promised } => (ReasonKind::Reliability, Some(kept), Some(promised)),
            Reason::Load { minutes } => (ReasonKind::Load, Some(minutes), None),
            Reason::Rotation { days } => (ReasonKind::Rotation, days, None),
            Reason::Urgency { level } => (ReasonKind::Urgency, Some(level_of(level)), Some(3)),
            Reason::Contributed { minutes, counted } => (ReasonKind::Contributed, Some(counted), Some(minutes)),
        };
        Self { kind, micros: scored.micros, part, whole }
    }
}

fn level_of(level: Urgency) -> u32 {
    match level {
        Urgency::Wish => 0,
        Urgency::Worry => 1,
        Urgency::Hard => 2,
        Urgency::Urgent => 3,
    }
}

/// Reasons as they are kept with a proposal.
#[must_use]
pub fn json(reasons: &[Scored]) -> String {
    let told: Vec<Told> = reasons.iter().map(Told::from).collect();
    // Plain numbers and names are always text.
    serde_json::to_string(&told).unwrap_or_default()
}

/// Reasons that were kept.
#[must_use]
pub fn of_json(text: &str) -> Vec<Told> {
    serde_json::from_str(text).unwrap_or_default()
}
