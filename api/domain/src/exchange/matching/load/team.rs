//! Teams as helpers.
//!
//! A team brings as many people as a third of its ready members, at least one: its *seats*. It has a skill, a qualification, an age or an hour if so
//! many of them have it. Which of them come is the leader's to say, when the team is asked.

use super::pair::Busy;
use super::term::List;
use super::volunteer::Member;
use super::{Frame, small};
use std::collections::HashMap;

use crate::exchange::matching::problem::{Helper, HelperKind, NeedKind, Qualification, TermSet};
use crate::exchange::matching::slot::{Day, SlotSet, WEEKS};

/// One in how many ready members is counted on.
const SHARE: usize = 3;
/// Places a week, and minutes, that each seat of a team is counted with.
const WEEK: (u8, u16) = (3, 600);

/// Adds a helper for each team of the roster that somebody ready is in.
pub(super) fn add(frame: &Frame, helpers: &mut Vec<Helper>, roster: &[Member], busy: &Busy) {
    let by_id: HashMap<uuid::Uuid, usize> = helpers.iter().enumerate().map(|(at, helper)| (helper.id, at)).collect();
    for members in roster.chunk_by(|one, two| one.team_id == two.team_id) {
        let known = members.iter().filter_map(|member| by_id.get(&member.volunteer)).map(|at| &helpers[*at]);
        let ready: Vec<&Helper> = known.filter(|one| one.consented && one.paused_until.is_none_or(|until| until < frame.horizon.first)).collect();
        if ready.is_empty() {
            continue;
        }
        let mut team = summed(frame, &members[0], &ready);
        busy.take(frame, &mut team);
        helpers.push(team);
    }
}

fn summed(frame: &Frame, team: &Member, ready: &[&Helper]) -> Helper {
    let seats = (ready.len() / SHARE).max(1);
    let place = frame.place(team.region_id);
    let mut skills = frame.terms.of(List::Service);
    for term in union(ready, |one| one.skills).iter() {
        if ready.iter().filter(|one| one.skills.has(term)).count() >= seats {
            skills.insert(term);
        }
    }
    let mut births: Vec<_> = ready.iter().filter_map(|one| one.birth).collect();
    births.sort_unstable();
    let count = |of: fn(&Helper) -> u32| ready.iter().map(|one| of(one)).sum::<u32>();
    Helper {
        id: team.team_id.0,
        kind: HelperKind::Team,
        gives: NeedKind::Service,
        place,
        reach: frame.places[place as usize].depth,
        skills,
        qualifications: qualifications(ready, seats),
        birth: births.get(seats - 1).copied(),
        insured_until: None,
        consented: true,
        paused_until: None,
        free: SlotSet::of_at_least(&ready.iter().map(|one| &one.free), seats),
        minutes_left: [WEEK.1; WEEKS],
        places_left: [WEEK.0; WEEKS],
        places_total: u16::from(WEEK.0) * small::<u16>(i64::try_from(WEEKS).unwrap_or_default(), 1),
        seats: small(i64::try_from(seats).unwrap_or(i64::MAX), u16::MAX),
        colour: team.colour,
        kept: count(|one| one.kept),
        promised: count(|one| one.promised),
        minutes_recent: count(|one| one.minutes_recent) / u32::try_from(ready.len()).unwrap_or(1),
        last_asked: None,
    }
}

fn union(ready: &[&Helper], of: impl Fn(&Helper) -> TermSet) -> TermSet {
    ready.iter().fold(TermSet::default(), |all, one| all.with(&of(one)))
}

/// The qualifications that enough members hold, each until the day on which there are no longer enough.
fn qualifications(ready: &[&Helper], seats: usize) -> Vec<Qualification> {
    let mut held: Vec<(u8, std::cmp::Reverse<Day>)> =
        ready.iter().flat_map(|one| &one.qualifications).map(|held| (held.term, std::cmp::Reverse(held.until.unwrap_or(Day::MAX)))).collect();
    held.sort_unstable();
    let enough = held.chunk_by(|one, two| one.0 == two.0).filter_map(|holders| holders.get(seats - 1));
    enough.map(|(term, until)| Qualification { term: *term, until: Some(until.0).filter(|until| *until < Day::MAX) }).collect()
}
