//! What stands between helpers and needs: who is busy when, who is being asked, who was turned down.

use std::collections::HashMap;

use entity::id::{ListingId, NeedMatchId};
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::{DatabaseConnection, Value};
use uuid::Uuid;

use super::{Frame, HelperId, NeedRow, among, calendar, day, each, only};
use crate::error::Result;
use crate::exchange::matching::number;
use crate::exchange::matching::problem::{Cause, Dismissal, Helper, HelperKind};
use crate::exchange::matching::slot::{Day, SLOT_MINUTES, SLOTS};

/// Days after which being asked is forgotten.
const ASKED_DAYS: i64 = 28;
/// Days before its time that a match that counts towards this week was proposed at most.
const AHEAD_DAYS: i64 = 90;
/// States of a match that stands, as text of a statement.
const LIVE: &str = "('PROPOSED', 'ACCEPTED', 'IN_PROGRESS', 'DONE', 'DISPUTED')";
/// The helper of a match or a dismissal.
const HELPER: &str = "COALESCE(volunteer_id, team_id, offering_id)";

/// What people are busy with, by the id of the row of whoever is.
#[derive(Default)]
pub(super) struct Busy {
    times: HashMap<Uuid, Vec<(UtcMicros, UtcMicros)>>,
    /// Promises without a time yet.
    untimed: HashMap<Uuid, u16>,
    asked: HashMap<Uuid, Day>,
    /// Pairs that are being asked or have agreed.
    pub live: Vec<(ListingId, Uuid)>,
    /// Places of needs for which somebody is being asked.
    pub held: HashMap<ListingId, i64>,
}

/// Pairs that were turned down, and until when.
pub(super) struct TurnedDown(Vec<(ListingId, Uuid, Day)>);

/// `AND …` for the matches or dismissals of those named, nothing for all. Each column is named for itself, so that each has its index.
fn helping(who: Option<&[Uuid]>, values: &mut Vec<Value>) -> String {
    let Some(who) = who else { return String::new() };
    let named = among(who, values);
    format!("AND (volunteer_id {named} OR team_id {named} OR offering_id {named})")
}

/// Reads what everybody is busy with in the weeks of the horizon, and when they were last asked.
pub(super) async fn engagements(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>) -> Result<Busy> {
    let (mut sessions, mut busy) = (Vec::new(), Busy::default());
    let mut asked = HashMap::new();
    tokio::try_join!(
        signed_up(connection, frame, who, &mut sessions),
        matched(connection, frame, who, &mut busy),
        last_asked(connection, frame, who, &mut asked)
    )?;
    for (id, starts_at, ends_at) in sessions {
        busy.times.entry(id).or_default().push((starts_at, ends_at));
    }
    Ok(Busy { asked, ..busy })
}

async fn signed_up(
    connection: &DatabaseConnection,
    frame: &Frame,
    who: Option<&[Uuid]>,
    found: &mut Vec<(Uuid, UtcMicros, UtcMicros)>,
) -> Result<()> {
    let (first, last) = calendar::weeks(frame.horizon);
    let mut values: Vec<Value> = vec![frame.community_id.into(), first.into(), last.into()];
    let named = only("s.volunteer_id", who, &mut values);
    let text = format!(
        "SELECT s.volunteer_id, a.starts_at, a.ends_at FROM activity_session a JOIN sign_up s ON s.session_id = a.id \
         WHERE a.community_id = $1 AND a.starts_at >= $2 AND a.starts_at < $3 AND a.state <> 'CANCELLED' \
         AND s.state IN ('CONFIRMED', 'OFFERED', 'ATTENDED') {named}"
    );
    each(connection, &text, values, |row| {
        found.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?));
        Ok(())
    })
    .await
}

async fn matched(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>, busy: &mut Busy) -> Result<()> {
    let (first, _) = calendar::weeks(frame.horizon);
    let oldest = NeedMatchId::first_of(first.plus(-AHEAD_DAYS * UtcMicros::DAY));
    let mut values: Vec<Value> = vec![frame.community_id.into(), oldest.into(), first.into()];
    let named = helping(who, &mut values);
    let text = format!(
        "SELECT need_id, {HELPER}, starts_at, ends_at, quantity, CASE WHEN state = 'PROPOSED' THEN 1 WHEN state = 'CONFIRMED' THEN 2 ELSE 0 END \
         FROM need_match WHERE community_id = $1 AND (state IN {LIVE} OR (state = 'CONFIRMED' AND id > $2 AND starts_at >= $3)) {named}"
    );
    each(connection, &text, values, |row| {
        let (need, helper): (ListingId, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let state: i32 = row.try_get_by_index(5)?;
        match (row.try_get_by_index(2)?, row.try_get_by_index(3)?) {
            (Some(starts_at), Some(ends_at)) => busy.times.entry(helper).or_default().push((starts_at, ends_at)),
            _ => *busy.untimed.entry(helper).or_default() += 1,
        }
        if state == 1 {
            *busy.held.entry(need).or_default() += row.try_get_by_index::<i64>(4)?;
        }
        if state != 2 {
            busy.live.push((need, helper));
        }
        Ok(())
    })
    .await
}

async fn last_asked(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>, asked: &mut HashMap<Uuid, Day>) -> Result<()> {
    let oldest = NeedMatchId::first_of(frame.now.plus(-ASKED_DAYS * UtcMicros::DAY));
    let mut values: Vec<Value> = vec![frame.community_id.into(), oldest.into()];
    let named = helping(who, &mut values);
    let text = format!("SELECT {HELPER}, MAX(proposed_at) FROM need_match WHERE community_id = $1 AND id > $2 {named} GROUP BY {HELPER}");
    each(connection, &text, values, |row| {
        let moment: UtcMicros = row.try_get_by_index(1)?;
        asked.insert(row.try_get_by_index(0)?, day(moment.business_date().0));
        Ok(())
    })
    .await
}

impl Busy {
    /// Takes from a helper the times and limits that are used up, and notes when they were last asked.
    pub fn take(&self, frame: &Frame, helper: &mut Helper) {
        helper.last_asked = self.asked.get(&helper.id).copied();
        if helper.kind == HelperKind::Unit {
            return;
        }
        for (starts_at, ends_at) in self.times.get(&helper.id).into_iter().flatten() {
            let (from, to) = calendar::touched(frame.horizon, *starts_at, *ends_at);
            if from < to {
                helper.free.remove(from, to);
            }
            let Some(week) = calendar::week(frame.horizon, *starts_at).filter(|week| *week < helper.places_left.len()) else { continue };
            let minutes = (ends_at.0 - starts_at.0) / UtcMicros::MINUTE;
            let minutes = u16::try_from(minutes).unwrap_or(u16::MAX).next_multiple_of(SLOT_MINUTES);
            helper.minutes_left[week] = helper.minutes_left[week].saturating_sub(minutes);
            helper.places_left[week] = helper.places_left[week].saturating_sub(1);
            helper.places_total = helper.places_total.saturating_sub(1);
        }
        helper.places_total = helper.places_total.saturating_sub(self.untimed.get(&helper.id).copied().unwrap_or_default());
        // Hours that have begun are gone.
        let (begun, _) = calendar::within(frame.horizon, frame.now, frame.now);
        helper.free.remove(0, begun.min(SLOTS));
    }
}

/// Reads the pairs that were turned down and are not to be proposed today.
pub(super) async fn pairs(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>) -> Result<TurnedDown> {
    let mut values: Vec<Value> = vec![frame.community_id.into(), frame.now.business_date().into()];
    let named = helping(who, &mut values);
    let text = format!("SELECT need_id, {HELPER}, until FROM match_dismissal WHERE community_id = $1 AND until > $2 {named}");
    let mut found = Vec::new();
    each(connection, &text, values, |row| {
        // The column names the first day on which the pair may be proposed again.
        found.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?, day(row.try_get_by_index::<BusinessDate>(2)?.0) - 1));
        Ok(())
    })
    .await?;
    Ok(TurnedDown(found))
}

/// The same as positions; with the pairs that are being asked, and the people whose own need an offering of theirs would meet.
pub(super) fn dismissals(
    turned_down: &TurnedDown,
    busy: &Busy,
    helpers: &HashMap<HelperId, u32>,
    needs: &[NeedRow],
    owners: &[(u32, entity::id::AccountId)],
) -> Vec<Dismissal> {
    let need: HashMap<ListingId, u32> = needs.iter().enumerate().map(|(at, row)| (row.id, number(at))).collect();
    let helper = |id: Uuid| {
        let kinds = [HelperId::Volunteer(id.into()), HelperId::Team(id.into()), HelperId::Offering(id.into())];
        kinds.into_iter().find_map(|kind| helpers.get(&kind).copied())
    };
    let said = turned_down.0.iter().filter_map(|(listing, id, until)| {
        Some(Dismissal { need: *need.get(listing)?, helper: helper(*id)?, until: *until, cause: Cause::TurnedDown })
    });
    let live = busy.live.iter().filter_map(|(listing, id)| Some(Dismissal::for_good(*need.get(listing)?, helper(*id)?, Cause::Asked)));
    let own = owners.iter().flat_map(|(at, owner)| {
        let theirs = needs.iter().enumerate().filter(move |(_, row)| row.owner == Some(*owner));
        theirs.map(move |(need, _)| Dismissal::for_good(number(need), *at, Cause::Own))
    });
    said.chain(live).chain(own).collect()
}
