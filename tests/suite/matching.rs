//! Matching on made-up communities: no hard constraint is ever broken, nothing is left to chance, reasons add up, and "why not" tells the truth.
//!
//! What must hold is written down here anew, slot by slot, and not asked of the program.

use chrono::{Datelike, Days, NaiveDate};
use domain::exchange::matching::Market;
use domain::exchange::matching::obstacle::{Change, Obstacle, Span};
use domain::exchange::matching::plan::Plan;
use domain::exchange::matching::problem::{Helper, Need, Problem, Qualification, Risk, TermSet, Window};
use domain::exchange::matching::reason::Scored;
use domain::exchange::matching::slot::SlotSet;
use support::city::{City, Supply};

fn city(seed: u64) -> Problem {
    let supply = if seed.is_multiple_of(2) { Supply::Ample } else { Supply::Scarce };
    City { seed, helpers: 60, needs: 25, grids: 12, supply }.build()
}

/// Whether one region lies in the region of a depth around another.
fn within(problem: &Problem, helper: &Helper, need: &Need) -> bool {
    let above = |mut place: u32| {
        let mut line = vec![place];
        while let Some(parent) = problem.places[place as usize].parent {
            place = parent;
            line.push(place);
        }
        line
    };
    let region = above(helper.place).into_iter().find(|place| problem.places[*place as usize].depth == helper.reach);
    above(need.place).contains(&region.expect("a region"))
}

/// Whether a helper may do this at this time, said plainly.
fn allowed(problem: &Problem, at: (u32, u32), span: Span) -> bool {
    let (need, helper) = (&problem.needs[at.0 as usize], &problem.helpers[at.1 as usize]);
    let on = problem.horizon.first + i32::from(span.from / 48);
    let date = NaiveDate::from_num_days_from_ce_opt(on).expect("a date");
    let of_age = |birth: NaiveDate| date.years_since(birth).is_some_and(|age| age >= u32::from(need.min_age));
    let valid = |held: &Qualification| held.until.is_none_or(|until| until >= on);
    let in_window = |window: &Window| window.from <= span.from && span.to <= window.to;
    let dismissed = |pair: &domain::exchange::matching::problem::Dismissal| (pair.need, pair.helper) == at && pair.until >= problem.horizon.first;
    need.kind == helper.gives
        && helper.consented
        && need.own != Some(at.1)
        && within(problem, helper, need)
        && need.skills.iter().all(|term| helper.skills.has(term))
        && need.qualifications.iter().all(|term| helper.qualifications.iter().any(|held| held.term == term && valid(held)))
        && (need.min_age == 0 || helper.birth.is_some_and(of_age))
        && (need.covered || !(need.insured || need.risk == Risk::High) || helper.insured_until.is_some_and(|until| until >= on))
        && helper.paused_until.is_none_or(|until| until < on)
        && !problem.dismissals.iter().any(dismissed)
        && span.to - span.from == need.slots
        && (need.windows.is_empty() || need.windows.iter().any(in_window))
        && (span.from..span.to).all(|slot| helper.free.holds(slot, slot + 1))
}

fn week(problem: &Problem, slot: u16) -> usize {
    let date = NaiveDate::from_num_days_from_ce_opt(problem.horizon.first).expect("a date");
    let weeks = (date + Days::new(u64::from(slot / 48))).iso_week().monday_of() - date.iso_week().monday_of();
    usize::try_from(weeks / 7).expect("a week")
}

/// The Monday of a week, as a number.
trait Monday {
    fn monday_of(&self) -> i32;
}

impl Monday for chrono::IsoWeek {
    fn monday_of(&self) -> i32 {
        NaiveDate::from_isoywd_opt(self.year(), self.week(), chrono::Weekday::Mon).expect("a Monday").num_days_from_ce()
    }
}

/// Every limit of a helper, for a plan as a whole; where it has several seats, for all of them together.
fn limits_kept(problem: &Problem, plan: &Plan) {
    for (at, helper) in (0..).zip(&problem.helpers) {
        let own: Vec<Span> = plan.proposals.iter().filter(|one| one.helper == at).map(|one| one.span).collect();
        let seats = usize::from(helper.seats);
        assert!(own.len() <= usize::from(helper.places_total) * seats, "places in all");
        for slot in own.iter().map(|span| span.from) {
            assert!(own.iter().filter(|span| span.from <= slot && slot < span.to).count() <= seats, "two things at once");
        }
        for which in 0..5 {
            let in_week: Vec<_> = own.iter().filter(|span| span.from < span.to && week(problem, span.from) == which).collect();
            let minutes: usize = in_week.iter().map(|span| usize::from(span.to - span.from) * 30).sum();
            assert!(in_week.len() <= usize::from(helper.places_left[which]) * seats, "places of a week");
            assert!(minutes <= usize::from(helper.minutes_left[which]) * seats, "minutes of a week");
        }
    }
}

#[test]
fn no_plan_breaks_a_hard_constraint() {
    let mut proposed = 0;
    for seed in 0..1_000 {
        let problem = city(seed);
        let plan = Market::with_threads(problem.clone(), 1).expect("a sound problem").plan();
        for one in &plan.proposals {
            assert!(allowed(&problem, (one.need, one.helper), one.span), "seed {seed}: {one:?}");
        }
        for (at, need) in (0..).zip(&problem.needs) {
            let filled = plan.proposals.iter().filter(|one| one.need == at).count();
            let open = plan.open.iter().find(|open| open.0 == at).map_or(0, |open| usize::from(open.1));
            assert_eq!(filled + open, usize::from(need.places), "seed {seed}: every place is filled or open");
        }
        limits_kept(&problem, &plan);
        assert!(plan.score <= plan.bound, "seed {seed}: the certificate");
        proposed += plan.proposals.len();
    }
    assert!(proposed > 10_000, "the communities are not empty: {proposed}");
}

#[test]
fn suggestions_are_the_best_of_all_and_their_reasons_add_up() {
    for seed in 0..60 {
        let problem = city(seed);
        let market = Market::with_threads(problem.clone(), 2).expect("a sound problem");
        for (at, need) in (0..).zip(&problem.needs) {
            let mut all: Vec<_> = (0..60).filter_map(|helper| market.explain(at, helper)).collect();
            for helper in 0..60 {
                let starts = need.windows.iter().flat_map(|window| window.from..=window.to - need.slots);
                let spans: Vec<Span> = starts.map(|from| Span { from, to: from + need.slots }).collect();
                let spans = if spans.is_empty() { vec![Span { from: 0, to: 0 }] } else { spans };
                let helped = &problem.helpers[helper as usize];
                let room = |span: &Span| {
                    let which = week(&problem, span.from);
                    let in_week = helped.places_left[which] > 0 && helped.minutes_left[which] >= (span.to - span.from) * 30;
                    helped.places_total > 0 && (span.from == span.to || in_week)
                };
                let first = spans.into_iter().find(|span| allowed(&problem, (at, helper), *span) && room(span));
                assert_eq!(all.iter().find(|one| one.helper == helper).map(|one| one.span), first, "seed {seed}, need {at}, helper {helper}");
            }
            all.sort_by_key(|one| (-one.score, one.helper));
            for count in [1, 3, 60] {
                assert_eq!(market.suggestions(at, count), all[..count.min(all.len())], "seed {seed}, need {at}: the best {count}");
            }
            for one in &all {
                assert_eq!(one.score, Scored::total(&one.reasons));
                assert_eq!(one.reasons.len(), 10);
                assert!(market.suggestions_for(one.helper, 25).contains(one), "seen from the other side");
                assert!(market.why_not(at, one.helper).obstacles.is_empty());
            }
        }
    }
}

#[test]
fn the_same_problem_gives_the_same_plan_with_any_number_of_threads() {
    let problem = City { seed: 3, helpers: 2_000, needs: 200, grids: 118, supply: Supply::Ample }.build();
    let plans: Vec<_> = [1, 2, 5].into_iter().map(|threads| Market::with_threads(problem.clone(), threads).expect("sound").plan()).collect();
    assert!(plans[0].proposals.len() > 200);
    assert_eq!(plans[0], plans[1]);
    assert_eq!(plans[0], plans[2]);
    let market = Market::new(problem).expect("sound");
    for one in &plans[0].proposals {
        let explained = market.explain(one.need, one.helper).expect("a pair that fits");
        assert_eq!((explained.score, explained.span), (one.score, one.span), "what is proposed is what is explained");
    }
}

/// Makes the change; none when it is not the helper's to make.
fn changed(problem: &Problem, need: u32, helper: u32, change: Change) -> Option<Problem> {
    let mut after = problem.clone();
    let row = &mut after.helpers[helper as usize];
    match change {
        Change::Consent => row.consented = true,
        Change::LiftDismissal { .. } => after.dismissals.retain(|pair| (pair.need, pair.helper) != (need, helper)),
        Change::WidenReach { depth } => row.reach = depth,
        Change::AddSkill { term } => row.skills.insert(term),
        Change::AddQualification { term, until } | Change::RenewQualification { term, until } => {
            row.qualifications.push(Qualification { term, until: Some(until) });
        }
        Change::EndPause { before } => row.paused_until = Some(before - 1),
        Change::NotBefore { .. } => return None,
        Change::GiveBirth => row.birth = NaiveDate::from_ymd_opt(1980, 1, 1),
        Change::Insure { until } => row.insured_until = Some(until),
        Change::BeFree { from, to } => row.free.insert(from, to),
        Change::RaiseMinutes { week, to } => row.minutes_left[usize::from(week)] = to,
        Change::RaisePlaces { week } => row.places_left[usize::from(week)] = 1,
        Change::RaiseTotal => row.places_total = 1,
    }
    Some(after)
}

#[test]
fn the_one_change_that_is_named_is_enough() {
    let mut kinds = std::collections::BTreeMap::new();
    for seed in 0..150 {
        let problem = city(seed);
        let market = Market::with_threads(problem.clone(), 1).expect("a sound problem");
        for (need, helper) in (0..25).flat_map(|need| (0..60).map(move |helper| (need, helper))) {
            let answer = market.why_not(need, helper);
            assert_eq!(answer.obstacles.is_empty(), market.explain(need, helper).is_some(), "no obstacle exactly when it fits");
            let Some(change) = answer.change else { continue };
            assert_eq!(answer.obstacles.len(), 1);
            let name = format!("{change:?}").split(' ').next().expect("a name").to_owned();
            let seen = kinds.entry(name).or_insert(0);
            *seen += 1;
            if *seen <= 20
                && let Some(after) = changed(&problem, need, helper, change)
            {
                let after = Market::with_threads(after, 1).expect("a sound problem");
                assert_eq!(after.explain(need, helper).map(|one| one.span), Some(answer.span), "seed {seed}: {change:?}");
            }
        }
    }
    assert!(kinds.len() >= 10, "most kinds of change occurred: {kinds:?}");
}

/// A community in which everybody fits everything, but for what a test changes.
fn easy() -> (Problem, i32) {
    let mut problem = city(2);
    problem.dismissals.clear();
    for helper in &mut problem.helpers {
        helper.gives = problem.needs[0].kind;
        (helper.reach, helper.consented, helper.paused_until) = (0, true, None);
        helper.free.insert(0, 1_344);
        (helper.minutes_left, helper.places_left, helper.places_total) = ([600; 5], [5; 5], 9);
    }
    let need = &mut problem.needs[0];
    (need.skills, need.qualifications, need.min_age, need.insured, need.risk, need.own) =
        (TermSet::default(), TermSet::default(), 0, false, Risk::Low, None);
    (need.windows, need.slots) = (vec![Window { from: 10 * 48 + 18, to: 10 * 48 + 22 }], 4);
    let on = problem.horizon.first + 10;
    (problem, on)
}

fn names(problem: Problem, helper: u32) -> (bool, Vec<Obstacle>) {
    let market = Market::new(problem).expect("a sound problem");
    let suggested = market.suggestions(0, 1_000).iter().any(|one| one.helper == helper);
    let planned = market.plan().proposals.iter().any(|one| (one.need, one.helper) == (0, helper));
    assert!(suggested || !planned);
    (suggested, market.why_not(0, helper).obstacles)
}

#[test]
fn nobody_under_age_appears_and_why_not_says_so() {
    let (mut problem, on) = easy();
    problem.needs[0].min_age = 18;
    let date = NaiveDate::from_num_days_from_ce_opt(on).expect("a date");
    for (late, fits) in [(0, true), (1, false)] {
        problem.helpers[7].birth = date.with_year(date.year() - 18).map(|day| day + Days::new(late));
        let (suggested, obstacles) = names(problem.clone(), 7);
        assert_eq!(suggested, fits, "eighteen on the day, or the day after");
        let told = Obstacle::UnderAge { least: 18, turns: Some(on + i32::try_from(late).expect("a day")), on };
        assert_eq!(obstacles, if fits { vec![] } else { vec![told] });
    }
    problem.helpers[7].birth = None;
    assert_eq!(names(problem, 7), (false, vec![Obstacle::UnderAge { least: 18, turns: None, on }]), "an unknown age is no proof");
}

#[test]
fn nobody_with_an_expired_licence_appears_and_why_not_says_so() {
    let (mut problem, on) = easy();
    problem.needs[0].qualifications.insert(31);
    for (until, fits) in [(on, true), (on - 1, false)] {
        problem.helpers[7].qualifications = vec![Qualification { term: 31, until: Some(until) }];
        let (suggested, obstacles) = names(problem.clone(), 7);
        assert_eq!(suggested, fits, "valid on the day, or until the day before");
        assert_eq!(obstacles, if fits { vec![] } else { vec![Obstacle::Expired { term: 31, until, on }] });
    }
    problem.helpers[7].qualifications.clear();
    assert_eq!(names(problem, 7), (false, vec![Obstacle::Qualification { term: 31 }]));
}

#[test]
fn having_served_never_outranks_a_more_pressing_need() {
    let (mut problem, _) = easy();
    let plain = problem.needs[0].clone();
    let mut pressing = plain.clone();
    pressing.urgency = domain::exchange::matching::problem::Urgency::Hard;
    (problem.needs[0].contributed, problem.needs[0].urgency) = (u32::MAX, domain::exchange::matching::problem::Urgency::Worry);
    pressing.contributed = 0;
    problem.needs = vec![problem.needs[0].clone(), pressing];
    let market = Market::new(problem).expect("a sound problem");
    for helper in 0..60 {
        let score = |need| market.explain(need, helper).map(|one| one.score);
        assert!(score(0) < score(1), "the capped priority stays below one step of urgency");
    }
}

#[test]
fn a_weekly_pattern_covers_the_days_it_names() {
    let mut week = domain::exchange::matching::slot::WeekSet::default();
    week.insert(6, 40, 48);
    let horizon = city(0).horizon;
    let free = SlotSet::of_week(&week, horizon);
    for slot in 0..1_344_u16 {
        let date = NaiveDate::from_num_days_from_ce_opt(horizon.first + i32::from(slot / 48)).expect("a date");
        assert_eq!(free.holds(slot, slot + 1), date.weekday() == chrono::Weekday::Sun && slot % 48 >= 40, "slot {slot}");
    }
}
