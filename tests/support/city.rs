//! A made-up community for matching: seeded, skewed as real ones are, the same everywhere.
//!
//! 118 grids of very different size in 12 areas; a few skills that many have and many that few have; weekends freer than weekdays; needs that
//! crowd into the same grids, skills and hours. Scarce supply leaves a good part of the places open whatever is done.

use chrono::NaiveDate;
use domain::exchange::matching::policy::Policy;
use domain::exchange::matching::problem::{
    Cause, Colour, Dismissal, Helper, HelperKind, Need, NeedKind, Place, Point, Problem, Qualification, Risk, TermSet, Urgency, Window,
};
use domain::exchange::matching::slot::{Horizon, SLOTS_A_DAY, SlotSet, WEEKS, WeekSet};
use uuid::Uuid;

const AREAS: u32 = 12;
const SKILLS: u64 = 30;
/// Terms after the skills: three qualifications, then four kinds of goods.
const QUALIFICATION: u8 = 30;
const GOODS: u8 = 40;
/// Monday, 2 March 2026, as a day number.
const TODAY: i32 = 739_677;

/// How much there is of what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// Many are free, reach far and have room.
    Ample,
    /// Few are free, they stay near and are nearly used up.
    Scarce,
}

/// What to make up.
#[derive(Clone, Copy, Debug)]
pub struct City {
    /// Same seed, same city.
    pub seed: u64,
    /// Volunteers, teams and units.
    pub helpers: u32,
    /// Needs.
    pub needs: u32,
    /// Grids, at least as many as areas.
    pub grids: u32,
    /// Supply.
    pub supply: Supply,
}

/// Numbers that look like chance and never change (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit.max(1)
    }

    /// A number from `least` to `most`, as any small type.
    pub fn between<T: TryFrom<u64>>(&mut self, least: u64, most: u64) -> T {
        let number = least + self.below(most - least + 1);
        T::try_from(number).unwrap_or_else(|_| panic!("{number} is too large"))
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A number below `limit`, small ones far more often: about as 1 / (1 + n).
    pub fn skewed(&mut self, limit: u64) -> u64 {
        let mut low = 0;
        let mut high = limit;
        while high - low > 1 && self.chance(55) {
            high = (low + high).div_ceil(2);
        }
        low += self.below(high - low);
        low
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.number(), self.number())
    }
}

impl City {
    /// Makes it up.
    #[must_use]
    pub fn build(&self) -> Problem {
        let mut dice = Dice(self.seed);
        let horizon = Horizon { first: TODAY };
        let places = self.places(&mut dice);
        let helpers: Vec<_> = (0..self.helpers).map(|_| self.helper(&mut dice, horizon)).collect();
        let needs: Vec<_> = (0..self.needs).map(|_| self.need(&mut dice, &places)).collect();
        let dismissals = (0..self.needs / 5).map(|_| Dismissal {
            need: dice.between(0, u64::from(self.needs) - 1),
            helper: dice.between(0, u64::from(self.helpers) - 1),
            until: TODAY - 5 + dice.between::<i32>(0, 40),
            cause: Cause::TurnedDown,
        });
        let dismissals = dismissals.collect();
        Problem { horizon, policy: Policy::default(), places, helpers, needs, dismissals }
    }

    fn scarce(&self) -> bool {
        self.supply == Supply::Scarce
    }

    fn places(&self, dice: &mut Dice) -> Vec<Place> {
        let mut places = vec![Place { parent: None, depth: 0, at: Some(Point { east: 3000, north: 3000 }) }];
        for area in 0..AREAS {
            let at = Point { east: 1000 + 1300 * (area % 4).cast_signed(), north: 1000 + 1900 * (area / 4).cast_signed() };
            places.push(Place { parent: Some(0), depth: 1, at: Some(at) });
        }
        for grid in 0..self.grids {
            let area = 1 + grid % AREAS;
            let middle = places[area as usize].at.expect("a middle");
            let mut near = |middle: i32| middle - 600 + dice.between::<i32>(0, 1200);
            let at = Point { east: near(middle.east), north: near(middle.north) };
            places.push(Place { parent: Some(area), depth: 2, at: Some(at).filter(|_| grid % 9 != 8) });
        }
        places
    }

    fn grid(&self, dice: &mut Dice) -> u32 {
        1 + AREAS + u32::try_from(dice.skewed(u64::from(self.grids))).expect("a grid")
    }

    fn helper(&self, dice: &mut Dice, horizon: Horizon) -> Helper {
        let scarce = self.scarce();
        let kind = match dice.below(200) {
            0 => HelperKind::Team,
            1 | 2 => HelperKind::Unit,
            _ => HelperKind::Volunteer,
        };
        let goods = kind == HelperKind::Unit;
        let mut skills = TermSet::default();
        for _ in 0..dice.between::<u8>(1, 4) {
            skills.insert(if goods { GOODS + dice.between::<u8>(0, 3) } else { u8::try_from(dice.skewed(SKILLS)).expect("a term") });
        }
        let held = |dice: &mut Dice| {
            let until = dice.chance(70).then(|| TODAY - 10 + dice.between::<i32>(0, 60));
            Qualification { term: QUALIFICATION + u8::try_from(dice.skewed(3)).expect("a term"), until }
        };
        let qualifications = if dice.chance(20) { vec![held(dice)] } else { Vec::new() };
        let promised = u32::try_from(dice.skewed(40)).expect("small");
        let week_minutes = 60 * dice.between::<u16>(2, if scarce { 5 } else { 8 });
        Helper {
            id: dice.id(),
            kind,
            gives: if goods { NeedKind::Goods } else { NeedKind::Service },
            place: self.grid(dice),
            reach: if scarce { 2 - u8::from(dice.chance(45)) } else { dice.between(0, 2) },
            skills,
            qualifications,
            birth: (kind != HelperKind::Volunteer || dice.chance(97))
                .then(|| NaiveDate::from_ymd_opt(dice.between(1946, 2014), dice.between(1, 12), dice.between(1, 28)).expect("a date")),
            insured_until: dice.chance(70).then(|| TODAY - 20 + dice.between::<i32>(0, 365)),
            consented: dice.chance(96),
            paused_until: dice.chance(6).then(|| TODAY - 3 + dice.between::<i32>(0, 30)),
            free: free(dice, horizon, if scarce { 3 } else { 8 }),
            minutes_left: std::array::from_fn(|_| week_minutes),
            places_left: std::array::from_fn::<u8, WEEKS, _>(|_| dice.between(u64::from(!scarce), 3)),
            places_total: if goods { 1 } else { dice.between(1, if scarce { 3 } else { 6 }) },
            seats: match kind {
                HelperKind::Volunteer => 1,
                HelperKind::Team => dice.between(4, 20),
                HelperKind::Unit => dice.between(5, 60),
            },
            colour: dice.chance(80).then(|| Colour(dice.between(0, 6))),
            kept: promised - u32::try_from(dice.skewed(u64::from(promised) / 3 + 1)).expect("small"),
            promised,
            minutes_recent: 30 * u32::try_from(dice.skewed(60)).expect("small"),
            last_asked: dice.chance(60).then(|| TODAY - dice.between::<i32>(0, 60)),
        }
    }

    fn need(&self, dice: &mut Dice, places: &[Place]) -> Need {
        let scarce = self.scarce();
        let goods = dice.chance(3);
        let place = self.grid(dice);
        let slots = if goods { 0 } else { dice.between(2, 6) };
        let mut term = |many: u64| if scarce { dice.below(many) } else { dice.skewed(many) };
        let mut skills = TermSet::default();
        skills.insert(if goods { GOODS + u8::try_from(term(4)).expect("a term") } else { u8::try_from(term(SKILLS)).expect("a term") });
        let mut welcome = TermSet::default();
        if !goods && dice.chance(40) {
            welcome.insert(u8::try_from(dice.skewed(SKILLS)).expect("a term"));
        }
        if !goods && dice.chance(35) {
            (skills, welcome) = (TermSet::default(), skills.with(&welcome));
        }
        let mut qualifications = TermSet::default();
        if !goods && dice.chance(8) {
            qualifications.insert(QUALIFICATION + dice.between::<u8>(0, 2));
        }
        let windows = if goods { 0 } else { dice.between(1, 2) };
        let mut spread = |middle: i32| middle - 250 + dice.between::<i32>(0, 500);
        let at = places[place as usize].at.map(|middle| Point { east: spread(middle.east), north: spread(middle.north) });
        Need {
            id: dice.id(),
            kind: if goods { NeedKind::Goods } else { NeedKind::Service },
            urgency: [Urgency::Wish, Urgency::Worry, Urgency::Hard, Urgency::Urgent][usize::try_from(dice.skewed(4)).expect("small")],
            places: if goods {
                dice.between(1, 20)
            } else if dice.chance(80) {
                1
            } else {
                dice.between(2, 8)
            },
            windows: (0..windows).map(|_| window(dice, slots)).collect(),
            slots,
            place,
            at: at.filter(|_| dice.chance(60)),
            skills,
            welcome,
            qualifications,
            min_age: if dice.chance(15) { 18 } else { 0 },
            insured: dice.chance(10),
            risk: [Risk::Low, Risk::Medium, Risk::High][usize::try_from(dice.skewed(3)).expect("small")],
            covered: dice.chance(10),
            colour: dice.chance(50).then(|| Colour(dice.between(0, 6))),
            published_at: dice.between(1_770_000_000_000_000, 1_772_000_000_000_000),
            contributed: u32::try_from(dice.skewed(12_000)).expect("small"),
            own: dice.chance(20).then(|| dice.between(0, u64::from(self.helpers) - 1)),
        }
    }
}

/// First and last half hour of a part of the day: morning, afternoon, evening.
const PARTS: [(u16, u16); 3] = [(16, 24), (28, 36), (36, 42)];

fn free(dice: &mut Dice, horizon: Horizon, most: u64) -> SlotSet {
    let mut week = WeekSet::default();
    for _ in 0..dice.between::<u8>(most / 3, most) {
        let (from, to) = PARTS[dice.between::<usize>(0, 2)];
        let weekday = if dice.chance(50) { dice.between(5, 6) } else { dice.between(0, 4) };
        week.insert(weekday, from + dice.between::<u16>(0, 1), to);
    }
    let mut free = SlotSet::of_week(&week, horizon);
    for _ in 0..dice.below(3) {
        let day = dice.between::<u16>(0, 27) * SLOTS_A_DAY;
        free.remove(day, day + SLOTS_A_DAY);
    }
    free
}

fn window(dice: &mut Dice, slots: u16) -> Window {
    let weekday = if dice.chance(45) { dice.between(5, 6) } else { dice.between::<u16>(0, 4) };
    let (first, last) = PARTS[dice.between::<usize>(0, 2)];
    let slack = (last - first).saturating_sub(slots);
    let from = (dice.between::<u16>(0, 3) * 7 + weekday) * SLOTS_A_DAY + first + dice.between::<u16>(0, u64::from(slack));
    Window { from, to: from + slots + dice.between::<u16>(0, 3) }
}
