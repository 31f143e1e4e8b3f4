//! Fairness (轮换): whether the same few are always asked.

/// How evenly proposals and load lie on the helpers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fairness {
    /// Helpers counted: all that agreed to be proposed.
    pub helpers: u32,
    /// Those with at least one proposal.
    pub asked: u32,
    /// Share of all proposals that goes to the busiest hundredth of the helpers, parts in a million.
    pub busiest_ppm: u32,
    /// Gini coefficient of minutes, recent and proposed together, parts in a million: 0 when all carry the same, towards a million when one carries
    /// everything.
    pub gini_ppm: u32,
}

/// Measures: for each helper the number of proposals, and its minutes.
#[must_use]
pub fn measure(load: &[(u32, u64)]) -> Fairness {
    let mut proposals: Vec<u32> = load.iter().map(|row| row.0).collect();
    proposals.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
    let sum = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum::<u64>();
    let busiest = sum(&proposals[..proposals.len().div_ceil(100)]);
    Fairness {
        helpers: super::number(load.len()),
        asked: super::number(proposals.iter().filter(|count| **count > 0).count()),
        busiest_ppm: ppm(u128::from(busiest), u128::from(sum(&proposals))),
        gini_ppm: gini(load.iter().map(|row| row.1).collect()),
    }
}

fn gini(mut minutes: Vec<u64>) -> u32 {
    minutes.sort_unstable();
    let count = minutes.len() as u128;
    let all: u128 = minutes.iter().map(|one| u128::from(*one)).sum();
    let ranked: u128 = (1..).zip(&minutes).map(|(rank, one): (u128, &u64)| rank * u128::from(*one)).sum();
    // 2 Σ rank × x / (n Σ x) - (n + 1) / n, over one denominator; the ranks rise with x, so this is never below nothing.
    ppm((2 * ranked).saturating_sub((count + 1) * all), count * all)
}

fn ppm(part: u128, whole: u128) -> u32 {
    u32::try_from(part * 1_000_000 / whole.max(1)).unwrap_or(1_000_000)
}
