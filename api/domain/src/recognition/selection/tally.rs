//! From scores, votes and minutes to an order; a pure function of what was frozen.

use std::cmp::Reverse;

use entity::id::SelectionNomineeId;

/// One hundred points in hundredths: the most that each part, and the sum, can be.
pub const FULL: i64 = 10_000;

/// How much each part counts, in basis points that add up to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// The panel's mean score.
    pub panel: i64,
    /// The residents' vote.
    pub vote: i64,
    /// The certified minutes.
    pub record: i64,
}

/// What is known of a nominee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub id: SelectionNomineeId,
    /// The panel's mean score in hundredths, 0 to [`FULL`].
    pub panel: i64,
    /// Votes.
    pub votes: i64,
    /// Certified minutes.
    pub minutes: i64,
}

/// A place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Who.
    pub id: SelectionNomineeId,
    /// Votes.
    pub votes: i64,
    /// The weighted sum in hundredths, rounded down.
    pub total: i64,
    /// 1 for the first; no two share one.
    pub place: i32,
}

/// Orders candidates. The vote counts as the share of `ballots` that name a candidate (an abstention is a ballot that names nobody), minutes as the share of
/// the most minutes. Sums are compared before they are rounded, so that an abstention moves nobody past somebody with as many votes. Ties go to the better panel
/// score, then to more votes, then to more minutes, then to who was nominated first.
#[must_use]
pub fn tally(weights: Weights, ballots: i64, candidates: &[Candidate]) -> Vec<Placed> {
    let most = candidates.iter().map(|one| one.minutes).max().unwrap_or_default();
    let share = |part: i64, whole: i64| if whole > 0 { part * FULL / whole } else { 0 };
    let sum = |one: &Candidate| one.panel * weights.panel + share(one.votes, ballots) * weights.vote + share(one.minutes, most) * weights.record;
    let mut order: Vec<(i64, &Candidate)> = candidates.iter().map(|one| (sum(one), one)).collect();
    order.sort_by_key(|(sum, one)| (Reverse((*sum, one.panel, one.votes, one.minutes)), one.id));
    (1..).zip(order).map(|(place, (sum, one))| Placed { id: one.id, votes: one.votes, total: sum / FULL, place }).collect()
}
