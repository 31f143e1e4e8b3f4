//! The matching policy (匹配规则): every number of the score, as a community sets it.
//!
//! Weights are in micro-units: 1,000,000 is one whole point of score. Defaults put people and place about even, let urgency weigh more than any
//! of them, and give those who contributed less than one step of urgency, so that having served never outranks a more pressing need.

/// Weights and bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// For all required and welcome skills.
    pub skill: u32,
    /// For no step between the two regions; each step takes an equal part.
    pub tree: u32,
    /// Steps in the tree at which nothing of it is left, at least 1.
    pub tree_steps: u32,
    /// For no distance in metres; half of it is left at `metres_half`. Where a point is unknown, nothing is given.
    pub metres: u32,
    /// Distance at which half is left, at least 1.
    pub metres_half: u32,
    /// For being free during all of the need's windows.
    pub time: u32,
    /// For the same team colour.
    pub colour: u32,
    /// For keeping every promise.
    pub reliability: u32,
    /// For no service in the last weeks; half of it is left at `load_half` minutes.
    pub load: u32,
    /// Minutes of recent service at which half is left, at least 1.
    pub load_half: u32,
    /// For not having been asked for `rotation_days` or ever.
    pub rotation: u32,
    /// Days after which somebody counts as not asked, at least 1.
    pub rotation_days: u32,
    /// For each level of urgency, the least first; rising.
    pub urgency: [u32; 4],
    /// For `contributed_cap` minutes served by the person in need; less than the smallest step of urgency.
    pub contributed: u32,
    /// Minutes served above which nothing more is given, at least 1.
    pub contributed_cap: u32,
    /// Candidates kept for a need of one place, at least 1.
    pub candidates: u16,
    /// Candidates more for each further place.
    pub candidates_more: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            skill: 200_000,
            tree: 150_000,
            tree_steps: 6,
            metres: 150_000,
            metres_half: 800,
            time: 100_000,
            colour: 50_000,
            reliability: 100_000,
            load: 100_000,
            load_half: 480,
            rotation: 150_000,
            rotation_days: 28,
            urgency: [100_000, 200_000, 350_000, 600_000],
            contributed: 60_000,
            contributed_cap: 6_000,
            // Four times as many changed the score of a plan by less than a part in a hundred thousand, either way.
            candidates: 24,
            candidates_more: 6,
        }
    }
}

impl Policy {
    /// The same policy asking the same people again and again: what rotation and load are worth is shown against it.
    #[must_use]
    pub fn without_rotation(&self) -> Self {
        Self { load: 0, rotation: 0, ..self.clone() }
    }

    /// Whether the bounds named at each number hold.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let bounds = [self.tree_steps, self.metres_half, self.load_half, self.rotation_days, self.contributed_cap, u32::from(self.candidates)];
        let rising = self.urgency.windows(2).all(|step| step[0] < step[1] && step[1] - step[0] > self.contributed);
        let weights = [self.skill, self.tree, self.metres, self.time, self.colour, self.reliability, self.load, self.rotation, self.urgency[3]];
        bounds.iter().all(|bound| *bound >= 1) && rising && weights.iter().all(|weight| *weight <= 100_000_000)
    }

    /// Candidates kept for a need of so many places.
    pub(super) fn bound(&self, places: u16) -> usize {
        usize::from(self.candidates) + usize::from(self.candidates_more) * usize::from(places.saturating_sub(1))
    }
}
