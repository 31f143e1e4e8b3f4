//! The matching problem as plain data: what a loader fills from the database.
//!
//! Rows are named by their position in [`Problem::helpers`], [`Problem::needs`] and [`Problem::places`]; the ids of the database ride along for
//! the way back. Only what is open is here: published needs with the places that are neither promised nor waiting for somebody's answer, and helpers
//! with what is left of their limits after everything accepted and everything they are being asked. Nobody who was asked is un-asked because a later
//! plan would rather have somebody else.
//!
//! Invariants, checked by [`Problem::check`]: a parent stands before its children, every position exists, a window lies in the horizon and is
//! long enough, a reach is no deeper than the place it starts from.

use chrono::NaiveDate;
use uuid::Uuid;

use super::policy::Policy;
use super::slot::{Day, Horizon, SLOTS, SlotSet, WEEKS};

/// A term of the community's dictionary of skills, qualifications, training and goods, 0 to 255, as the loader numbers them.
pub type Term = u8;

/// A set of terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TermSet([u64; 4]);

impl TermSet {
    /// Adds a term.
    pub fn insert(&mut self, term: Term) {
        self.0[usize::from(term / 64)] |= 1 << (term % 64);
    }

    /// Whether the term is in the set.
    #[must_use]
    pub fn has(&self, term: Term) -> bool {
        self.0[usize::from(term / 64)] >> (term % 64) & 1 == 1
    }

    /// How many terms are in the set.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether no term is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// Terms in both sets.
    #[must_use]
    pub fn shared(&self, other: &Self) -> u32 {
        self.0.iter().zip(other.0).map(|(one, two)| (one & two).count_ones()).sum()
    }

    /// Terms of this set that the other has not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & !other.0[word]))
    }

    /// Terms in either set.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    /// The terms in order.
    pub fn iter(&self) -> impl Iterator<Item = Term> {
        [0u8, 64, 128, 192].into_iter().zip(self.0).flat_map(|(first, word)| Bits(word).map(move |bit| first + bit))
    }
}

/// The positions of the bits of a word, the lowest first.
pub(super) struct Bits(pub u64);

impl Iterator for Bits {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let bit = u8::try_from(self.0.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

/// A point on a plane laid over the community, in metres east and north of any origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Metres east.
    pub east: i32,
    /// Metres north.
    pub north: i32,
}

/// A region (community, area, grid, building) that somebody or something is placed in.
#[derive(Clone, Debug)]
pub struct Place {
    /// Position of the region above; none for the community itself.
    pub parent: Option<u32>,
    /// Steps below the community, which is 0.
    pub depth: u8,
    /// Its middle, where known. Of a helper no other point is ever known.
    pub at: Option<Point>,
}

/// What is needed, and what a helper can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedKind {
    /// Somebody's time (服务).
    Service,
    /// Goods to keep (物资); a need without windows.
    Goods,
    /// A room for some hours (场地).
    Space,
    /// Something on loan (设备).
    Equipment,
}

/// Who helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelperKind {
    /// A volunteer (志愿者).
    Volunteer,
    /// A team with its roster (队伍).
    Team,
    /// A unit with its resources and services (单位).
    Unit,
}

/// How pressing a need is (急难愁盼), the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Longed for (盼).
    Wish,
    /// Worrying (愁).
    Worry,
    /// Difficult (难).
    Hard,
    /// Urgent (急).
    Urgent,
}

/// How dangerous the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Nothing out of the ordinary.
    Low,
    /// With care.
    Medium,
    /// Never without accident insurance, whatever the need says.
    High,
}

/// One of the seven team colours: 0 red, 1 orange, 2 yellow, 3 green, 4 cyan, 5 blue, 6 purple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8);

/// A verified qualification or a training that was completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qualification {
    /// What it is.
    pub term: Term,
    /// Last day on which it is valid; none for ever.
    pub until: Option<Day>,
}

/// Somebody, a team or a unit that could be asked.
#[derive(Clone, Debug)]
pub struct Helper {
    /// Id of the volunteer, team, resource or service offer.
    pub id: Uuid,
    /// Who it is.
    pub kind: HelperKind,
    /// What it gives.
    pub gives: NeedKind,
    /// Where it is at home: position of a region.
    pub place: u32,
    /// Depth of the region around `place` that it serves in: that of the grid, the area or the community (0). At most the place's own depth.
    pub reach: u8,
    /// Skills, and goods for a resource.
    pub skills: TermSet,
    /// Qualifications and training, verified ones alone.
    pub qualifications: Vec<Qualification>,
    /// Date of birth of a volunteer, where known.
    pub birth: Option<NaiveDate>,
    /// Last day of the accident insurance, if there is one.
    pub insured_until: Option<Day>,
    /// Whether it agreed to be proposed.
    pub consented: bool,
    /// Last day of a pause.
    pub paused_until: Option<Day>,
    /// When it is free: weekly availability with its exceptions, less everything accepted.
    pub free: SlotSet,
    /// Minutes it can still take on in each calendar week of the horizon.
    pub minutes_left: [u16; WEEKS],
    /// Places it can still take on in each calendar week of the horizon.
    pub places_left: [u8; WEEKS],
    /// Places it can still take on in all, goods included.
    pub places_total: u16,
    /// How many it can send at the same time, or pieces in stock: 1 for a volunteer. The limits above hold for each of them.
    pub seats: u16,
    /// Its colour.
    pub colour: Option<Colour>,
    /// Promises kept.
    pub kept: u32,
    /// Promises made, whose day has passed.
    pub promised: u32,
    /// Minutes served in the last weeks, as many as the policy looks back.
    pub minutes_recent: u32,
    /// Day on which it was last asked.
    pub last_asked: Option<Day>,
}

/// Some hours within which the work can be done: slots `from..to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First slot.
    pub from: u16,
    /// Slot after the last.
    pub to: u16,
}

/// A published need with open places.
#[derive(Clone, Debug)]
pub struct Need {
    /// Id of the need.
    pub id: Uuid,
    /// What is needed.
    pub kind: NeedKind,
    /// How pressing it is.
    pub urgency: Urgency,
    /// People, rooms or pieces still wanted, at least 1.
    pub places: u16,
    /// When: each helper comes within any one of them. Empty where time plays no part (goods).
    pub windows: Vec<Window>,
    /// How long one helper is needed, in slots; a window of the same length fixes the hour. 0 where time plays no part.
    pub slots: u16,
    /// Where: position of a region.
    pub place: u32,
    /// Exactly where, if known; otherwise the middle of the region counts.
    pub at: Option<Point>,
    /// Skills that a helper must have, or the goods themselves.
    pub skills: TermSet,
    /// Skills that are welcome.
    pub welcome: TermSet,
    /// Qualifications and training that must be valid on the day.
    pub qualifications: TermSet,
    /// Least age on the day; 0 for any.
    pub min_age: u8,
    /// Whether accident insurance must be valid on the day.
    pub insured: bool,
    /// How dangerous it is.
    pub risk: Risk,
    /// Whether an insurance of the need's own covers whoever helps.
    pub covered: bool,
    /// The team colour that it belongs to.
    pub colour: Option<Colour>,
    /// When it was published, microseconds since 1970: among equals the older comes first.
    pub published_at: i64,
    /// Minutes that the person in need has served; counted up to the policy's cap.
    pub contributed: u32,
    /// The helper whose own need it is.
    pub own: Option<u32>,
}

impl Need {
    /// Whether the helper's accident insurance must be valid on the day: where the need says so, and always where the risk is high, unless the need
    /// brings an insurance with it.
    #[must_use]
    pub fn wants_insurance(&self) -> bool {
        !self.covered && (self.insured || self.risk == Risk::High)
    }
}

/// Why a pair is not proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// One side turned the other down.
    TurnedDown,
    /// It is being asked already, or has agreed.
    Asked,
    /// It is the helper's own need, beside the one that [`Need::own`] names.
    Own,
}

/// A pair that is not proposed until a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dismissal {
    /// Position of the need.
    pub need: u32,
    /// Position of the helper.
    pub helper: u32,
    /// Last day on which it is not proposed; the last there is, unless it was turned down.
    pub until: Day,
    /// Why.
    pub cause: Cause,
}

/// Everything that matching knows of one community at one moment.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The days planned for.
    pub horizon: Horizon,
    /// The community's weights and bounds.
    pub policy: Policy,
    /// The region tree, the community first.
    pub places: Vec<Place>,
    /// Who could be asked.
    pub helpers: Vec<Helper>,
    /// What is needed.
    pub needs: Vec<Need>,
    /// Pairs that are not proposed.
    pub dismissals: Vec<Dismissal>,
}

/// What is wrong with a problem: a fault of the loader, never of a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the matching problem is malformed: {what} {at}")]
pub struct Malformed {
    /// Which kind of row.
    pub what: &'static str,
    /// Its position.
    pub at: usize,
}

impl Problem {
    /// Checks the invariants of the module.
    ///
    /// # Errors
    /// The first row that breaks one.
    pub fn check(&self) -> Result<(), Malformed> {
        let first_bad = |what, at: Option<usize>| at.map_or(Ok(()), |at| Err(Malformed { what, at }));
        let place = |at: u32| self.places.get(at as usize);
        let sound_place = |(at, row): (usize, &Place)| match row.parent {
            None => at == 0 && row.depth == 0,
            Some(above) => (above as usize) < at && place(above).is_some_and(|above| above.depth + 1 == row.depth),
        };
        first_bad("place", self.places.iter().enumerate().position(|row| !sound_place(row)))?;
        let sound_helper = |row: &Helper| row.seats > 0 && place(row.place).is_some_and(|place| row.reach <= place.depth);
        first_bad("helper", self.helpers.iter().position(|row| !sound_helper(row)))?;
        let sound_window = |row: &Need, window: &Window| row.slots > 0 && window.to <= SLOTS && window.from + row.slots <= window.to;
        let sound_need = |row: &Need| {
            row.places > 0
                && place(row.place).is_some()
                && row.own.is_none_or(|own| (own as usize) < self.helpers.len())
                && row.windows.iter().all(|window| sound_window(row, window))
                && (row.slots == 0) == row.windows.is_empty()
        };
        first_bad("need", self.needs.iter().position(|row| !sound_need(row)))?;
        let sound_pair = |row: &Dismissal| (row.need as usize) < self.needs.len() && (row.helper as usize) < self.helpers.len();
        first_bad("dismissal", self.dismissals.iter().position(|row| !sound_pair(row)))?;
        first_bad("policy", (!self.policy.is_sound()).then_some(0))
    }
}
