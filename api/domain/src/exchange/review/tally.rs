//! What a set of scores comes to: pure arithmetic, no database.

use entity::review_round::Verdict;

/// A weight and the points given for it, 0 to 100.
pub type Weighted = (i32, i32);

/// What a panel found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Mean of the totals, in hundredths of a point, rounded down.
    pub mean_bps: i32,
    /// Highest total less lowest.
    pub spread_bps: i32,
    /// The verdict.
    pub verdict: Verdict,
}

/// The weighted mean of the points of one reviewer, in hundredths of a point (0 to 10000), rounded down.
#[must_use]
pub fn total(points: &[Weighted]) -> i32 {
    let weights: i64 = points.iter().map(|(weight, _)| i64::from(*weight)).sum();
    let sum: i64 = points.iter().map(|(weight, points)| i64::from(*weight) * i64::from(*points) * 100).sum();
    i32::try_from(sum / weights.max(1)).unwrap_or(i32::MAX)
}

/// What the votes come to: more than half of them approve, or more than half reject; anything else is given back to be changed.
#[must_use]
pub fn tally(votes: &[(Verdict, i32)]) -> Tally {
    let count = |verdict: Verdict| votes.iter().filter(|vote| vote.0 == verdict).count();
    let most = |verdict: Verdict| count(verdict) * 2 > votes.len();
    let verdict = if most(Verdict::Approve) {
        Verdict::Approve
    } else if most(Verdict::Reject) {
        Verdict::Reject
    } else {
        Verdict::Return
    };
    let sum: i64 = votes.iter().map(|vote| i64::from(vote.1)).sum();
    let mean = sum / i64::try_from(votes.len()).unwrap_or(i64::MAX).max(1);
    let highest = votes.iter().map(|vote| vote.1).max().unwrap_or_default();
    let lowest = votes.iter().map(|vote| vote.1).min().unwrap_or_default();
    Tally { mean_bps: i32::try_from(mean).unwrap_or(i32::MAX), spread_bps: highest - lowest, verdict }
}

#[cfg(test)]
mod tests {
    use entity::review_round::Verdict::{Approve, Reject, Return};

    use super::{tally, total};

    #[test]
    fn points_count_by_their_weight() {
        assert_eq!(total(&[(30, 80), (70, 60)]), 6_600);
        assert_eq!(total(&[(1, 100)]), 10_000);
        assert_eq!(total(&[(1, 100), (2, 0)]), 3_333);
        assert_eq!(total(&[]), 0);
    }

    #[test]
    fn more_than_half_decide_and_everything_else_is_given_back() {
        let found = |verdicts: &[_]| tally(&verdicts.iter().map(|verdict| (*verdict, 5_000)).collect::<Vec<_>>()).verdict;
        assert_eq!(found(&[Approve, Approve, Reject]), Approve);
        assert_eq!(found(&[Reject, Approve, Reject]), Reject);
        assert_eq!(found(&[Approve, Reject]), Return, "a tie");
        assert_eq!(found(&[Approve, Return, Reject]), Return);
        assert_eq!(found(&[Approve, Approve, Return, Reject]), Return, "half is not more than half");
        assert_eq!(found(&[]), Return);
    }

    #[test]
    fn mean_and_spread_do_not_depend_on_the_order() {
        let votes = [(Approve, 9_000), (Return, 4_001), (Approve, 7_000)];
        let mut turned = votes;
        turned.reverse();
        assert_eq!(tally(&votes), tally(&turned));
        assert_eq!((tally(&votes).mean_bps, tally(&votes).spread_bps), (6_667, 4_999));
    }
}
