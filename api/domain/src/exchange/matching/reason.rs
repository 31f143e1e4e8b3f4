//! Reasons (推荐理由): the soft score of a pair as a sum of typed parts, each with the numbers it was made of.
//!
//! Everything is integer arithmetic in micro-units, so the parts add up to the score exactly, on every machine. [`Scored::total`] and the lists of
//! suggestions use the same functions; there is no second formula.

use super::obstacle::Pair;
use super::policy::Policy;
use super::problem::{Colour, Helper, Need, Point, Problem, Urgency};
use super::slot::Day;

/// Why a helper suits a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has `held` of the `asked` skills, required and welcome; nothing asked counts as everything held.
    Skill { held: u32, asked: u32 },
    /// Steps between the two regions in the tree.
    Tree { steps: u32 },
    /// Metres between the need and the middle of the helper's region; none where a point is unknown.
    Metres { metres: Option<u32> },
    /// It is free in `free` of the `of` slots of the need's windows.
    Time { free: u32, of: u32 },
    /// Whether both have the same colour; none where the need has no colour.
    Colour { wanted: Option<Colour>, same: bool },
    /// Promises kept of those made, eight of ten lent to everybody beforehand.
    Reliability { kept: u32, promised: u32 },
    /// Minutes served in the last weeks: the fewer, the more.
    Load { minutes: u32 },
    /// Days since it was last asked; none for never.
    Rotation { days: Option<u32> },
    /// How pressing the need is.
    Urgency { level: Urgency },
    /// Minutes that the person in need has served, and as how many they count.
    Contributed { minutes: u32, counted: u32 },
}

/// A reason and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scored {
    /// The reason.
    pub reason: Reason,
    /// Micro-units of score.
    pub micros: i64,
}

impl Scored {
    /// What reasons add up to.
    #[must_use]
    pub fn total(reasons: &[Self]) -> i64 {
        reasons.iter().map(|scored| scored.micros).sum()
    }
}

/// `weight` × `part` / `whole`, rounded down.
fn share(weight: u32, part: u32, whole: u32) -> i64 {
    i64::from(weight) * i64::from(part) / i64::from(whole.max(1))
}

/// `weight`, halved at `half`, falling like 1 / (1 + x).
fn decay(weight: u32, x: u32, half: u32) -> i64 {
    i64::from(weight) * i64::from(half) / (i64::from(half) + i64::from(x)).max(1)
}

/// The three parts that depend on the helper alone.
pub(super) fn of_helper(policy: &Policy, helper: &Helper, today: Day) -> [Scored; 3] {
    let kept = helper.kept.min(helper.promised).min(1_000_000);
    let reliability = share(policy.reliability, kept + 8, helper.promised.min(1_000_000).max(kept) + 10);
    let days = helper.last_asked.map(|asked| u32::try_from(today - asked).unwrap_or_default());
    let rested = days.map_or(policy.rotation_days, |days| days.min(policy.rotation_days));
    [
        Scored { reason: Reason::Reliability { kept: helper.kept, promised: helper.promised }, micros: reliability },
        Scored { reason: Reason::Load { minutes: helper.minutes_recent }, micros: decay(policy.load, helper.minutes_recent, policy.load_half) },
        Scored { reason: Reason::Rotation { days }, micros: share(policy.rotation, rested, policy.rotation_days) },
    ]
}

/// The two parts that depend on the need alone.
pub(super) fn of_need(policy: &Policy, need: &Need) -> [Scored; 2] {
    let counted = need.contributed.min(policy.contributed_cap);
    let urgency = policy.urgency[need.urgency as usize];
    [
        Scored { reason: Reason::Urgency { level: need.urgency }, micros: i64::from(urgency) },
        Scored {
            reason: Reason::Contributed { minutes: need.contributed, counted },
            micros: share(policy.contributed, counted, policy.contributed_cap),
        },
    ]
}

/// The two parts that depend on the need and on the helper's region.
pub(super) fn of_place(problem: &Problem, need: &Need, place: u32) -> [Scored; 2] {
    let policy = &problem.policy;
    let depth = |place: u32| problem.places[place as usize].depth;
    let steps = u32::from(depth(need.place)) + u32::from(depth(place)) - 2 * u32::from(problem.common_depth(need.place, place));
    let near = policy.tree_steps.saturating_sub(steps);
    let there = need.at.or(problem.places[need.place as usize].at);
    let metres = there.zip(problem.places[place as usize].at).map(|(one, two)| distance(one, two));
    [
        Scored { reason: Reason::Tree { steps }, micros: share(policy.tree, near, policy.tree_steps) },
        Scored { reason: Reason::Metres { metres }, micros: metres.map_or(0, |metres| decay(policy.metres, metres, policy.metres_half)) },
    ]
}

/// What having so many of the skills asked for gives.
pub(super) fn skill(policy: &Policy, held: u32, asked: u32) -> i64 {
    if asked == 0 { i64::from(policy.skill) } else { share(policy.skill, held, asked) }
}

/// What being free in so many of the windows' slots gives.
pub(super) fn time(policy: &Policy, free: u32, of: u32) -> i64 {
    if of == 0 { i64::from(policy.time) } else { share(policy.time, free, of) }
}

/// What the same colour gives.
pub(super) fn colour(policy: &Policy, same: bool) -> i64 {
    if same { i64::from(policy.colour) } else { 0 }
}

/// Slots in all windows of a need.
pub(super) fn slots(need: &Need) -> u32 {
    need.windows.iter().map(|window| u32::from(window.to - window.from)).sum()
}

/// The three parts that depend on both.
pub(super) fn of_both(policy: &Policy, need: &Need, helper: &Helper) -> [Scored; 3] {
    let all = need.skills.with(&need.welcome);
    let (held, asked) = (all.shared(&helper.skills), all.len());
    let (free, of) = (need.windows.iter().map(|window| helper.free.count(window.from, window.to)).sum(), slots(need));
    let same = need.colour.is_some() && need.colour == helper.colour;
    [
        Scored { reason: Reason::Skill { held, asked }, micros: skill(policy, held, asked) },
        Scored { reason: Reason::Time { free, of }, micros: time(policy, free, of) },
        Scored { reason: Reason::Colour { wanted: need.colour, same }, micros: colour(policy, same) },
    ]
}

/// Whole metres between two points.
fn distance(one: Point, two: Point) -> u32 {
    let (east, north) = (u64::from(one.east.abs_diff(two.east)), u64::from(one.north.abs_diff(two.north)));
    let square = east.saturating_mul(east).saturating_add(north.saturating_mul(north));
    u32::try_from(square.isqrt()).unwrap_or(u32::MAX)
}

impl Pair<'_> {
    /// The score: what [`reasons`](Self::reasons) add up to, without making a list.
    pub(super) fn score(&self) -> i64 {
        let policy = &self.problem.policy;
        Scored::total(&of_both(policy, self.need, self.helper))
            + Scored::total(&of_place(self.problem, self.need, self.helper.place))
            + Scored::total(&of_helper(policy, self.helper, self.problem.horizon.first))
            + Scored::total(&of_need(policy, self.need))
    }

    /// All ten reasons, the heaviest first.
    pub(super) fn reasons(&self) -> Vec<Scored> {
        let policy = &self.problem.policy;
        let mut all = Vec::with_capacity(10);
        all.extend(of_both(policy, self.need, self.helper));
        all.extend(of_place(self.problem, self.need, self.helper.place));
        all.extend(of_helper(policy, self.helper, self.problem.horizon.first));
        all.extend(of_need(policy, self.need));
        all.sort_by_key(|scored| std::cmp::Reverse(scored.micros));
        all
    }
}
