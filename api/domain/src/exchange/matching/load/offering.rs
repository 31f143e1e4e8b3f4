//! Resources and service offers as helpers.
//!
//! An offering serves the region it lies in. Age is no matter of it: whom a unit sends is grown up. Its qualifications are nobody's that the community
//! has seen, so it is not proposed for what needs one.

use std::collections::{BTreeMap, HashMap};

use entity::id::{AccountId, ListingId, ListingSlotId, RegionId};
use entity::time::UtcMicros;
use sea_orm::{DatabaseConnection, Value};
use uuid::Uuid;

use super::term::List;
use super::volunteer::colour;
use super::{Frame, OfferingSlot, calendar, each, only, small};
use crate::error::Result;
use crate::exchange::listing::state::{self, Step};
use crate::exchange::matching::number;
use crate::exchange::matching::obstacle::Span;
use crate::exchange::matching::problem::{Helper, HelperKind, NeedKind, TermSet};
use crate::exchange::matching::slot::{SlotSet, WEEKS};

/// Seats that an offering is planned with at most, however much there is of it.
const SEATS_MAX: i64 = 500;

struct Slot {
    id: ListingSlotId,
    starts_at: UtcMicros,
    ends_at: UtcMicros,
    left: i64,
}

/// What is offered, ready to be added.
pub(super) struct Offerings {
    helpers: Vec<(Helper, Option<AccountId>)>,
    slots: HashMap<Uuid, Vec<OfferingSlot>>,
}

/// The slots of the offerings by their positions, and whose they are where they are a person's.
pub(super) struct Added {
    pub slots: BTreeMap<u32, Vec<OfferingSlot>>,
    pub owners: Vec<(u32, AccountId)>,
}

/// Reads the offerings that can be claimed, or those named.
pub(super) async fn read(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>) -> Result<Offerings> {
    let slots = slots(connection, frame, who).await?;
    let mut values: Vec<Value> = vec![frame.community_id.into(), frame.now.into()];
    let named = only("l.id", who, &mut values);
    let text = format!(
        "SELECT l.id, l.region_id, l.owner_account_id, l.category, l.colour, l.quantity - l.reserved, l.valid_from, l.valid_until, \
         CASE WHEN l.kind = 'RESOURCE' THEN 1 ELSE 0 END, CASE WHEN r.form = 'SPACE' OR o.mode = 'BOOKABLE' THEN 1 ELSE 0 END \
         FROM listing l LEFT JOIN resource r ON r.id = l.id LEFT JOIN service_offer o ON o.id = l.id \
         WHERE l.community_id = $1 AND l.kind IN ('RESOURCE', 'SERVICE_OFFER') AND l.state IN {} AND l.valid_until > $2 {named} ORDER BY l.id",
        state::before_sql(Step::Claim)
    );
    let (mut found, skills) = (Offerings { helpers: Vec::new(), slots: HashMap::new() }, frame.terms.of(List::Skill));
    each(connection, &text, values, |row| {
        let id: ListingId = row.try_get_by_index(0)?;
        let resource = row.try_get_by_index::<i32>(8)? == 1;
        let category: String = row.try_get_by_index(3)?;
        let Some(kind) = frame.terms.number(if resource { List::Resource } else { List::Service }, &category) else { return Ok(()) };
        let valid = (row.try_get_by_index(6)?, row.try_get_by_index(7)?);
        let (mut left, mut free): (i64, SlotSet) = (row.try_get_by_index(5)?, SlotSet::default());
        let slotted = row.try_get_by_index::<i32>(9)? == 1;
        if slotted {
            let own = slots.get(&id.0).map(Vec::as_slice).unwrap_or_default();
            left = own.iter().map(|slot| slot.left).min().unwrap_or_default();
            let spans = own.iter().map(|slot| (slot.id, calendar::within(frame.horizon, slot.starts_at, slot.ends_at)));
            let spans: Vec<OfferingSlot> =
                spans.filter(|(_, (from, to))| from < to).map(|(id, (from, to))| OfferingSlot { id, span: Span { from, to } }).collect();
            for slot in &spans {
                free.insert(slot.span.from, slot.span.to);
            }
            found.slots.insert(id.0, spans);
        } else {
            let (from, to) = calendar::within(frame.horizon, valid.0, valid.1);
            free.insert(from, to.max(from));
        }
        if left > 0 {
            let colour = row.try_get_by_index::<Option<String>>(4)?.as_deref().and_then(colour);
            let mut own = if resource { TermSet::default() } else { skills };
            own.insert(kind);
            let region_id: RegionId = row.try_get_by_index(1)?;
            let total = if slotted { u16::MAX } else { 1 };
            let helper = Helper { colour, places_total: total, ..helper(frame, (id, region_id), resource, (own, free), left) };
            found.helpers.push((helper, row.try_get_by_index(2)?));
        }
        Ok(())
    })
    .await?;
    Ok(found)
}

fn helper(frame: &Frame, (id, region_id): (ListingId, RegionId), resource: bool, (skills, free): (TermSet, SlotSet), left: i64) -> Helper {
    let place = frame.place(region_id);
    Helper {
        id: id.0,
        kind: HelperKind::Unit,
        gives: if resource { NeedKind::Goods } else { NeedKind::Service },
        place,
        reach: frame.places[place as usize].depth,
        skills,
        qualifications: Vec::new(),
        birth: Some(chrono::NaiveDate::default()),
        insured_until: None,
        consented: true,
        paused_until: None,
        free,
        minutes_left: [u16::MAX; WEEKS],
        places_left: [u8::MAX; WEEKS],
        // What has no slots is counted down: each piece and each place is promised once.
        places_total: 1,
        seats: small(left.min(SEATS_MAX), u16::MAX),
        colour: None,
        kept: 0,
        promised: 0,
        minutes_recent: 0,
        last_asked: None,
    }
}

async fn slots(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>) -> Result<HashMap<Uuid, Vec<Slot>>> {
    let (_, last) = calendar::weeks(frame.horizon);
    let mut values: Vec<Value> = vec![frame.community_id.into(), frame.now.into(), last.into()];
    let named = only("s.listing_id", who, &mut values);
    let text = format!(
        "SELECT s.listing_id, s.id, s.starts_at, s.ends_at, s.capacity - s.taken FROM listing l JOIN listing_slot s ON s.listing_id = l.id \
         WHERE l.community_id = $1 AND l.kind IN ('RESOURCE', 'SERVICE_OFFER') AND s.closed_at IS NULL AND s.taken < s.capacity \
         AND s.starts_at > $2 AND s.starts_at < $3 {named} ORDER BY s.starts_at"
    );
    let mut found: HashMap<Uuid, Vec<Slot>> = HashMap::new();
    each(connection, &text, values, |row| {
        let left = i64::from(row.try_get_by_index::<i32>(4)?);
        let slot = Slot { id: row.try_get_by_index(1)?, starts_at: row.try_get_by_index(2)?, ends_at: row.try_get_by_index(3)?, left };
        found.entry(row.try_get_by_index(0)?).or_default().push(slot);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Adds them behind the other helpers.
pub(super) fn add(helpers: &mut Vec<Helper>, offerings: Offerings) -> Added {
    let mut added = Added { slots: BTreeMap::new(), owners: Vec::new() };
    let mut slots = offerings.slots;
    for (helper, owner) in offerings.helpers {
        let at = number(helpers.len());
        if let Some(own) = slots.remove(&helper.id) {
            added.slots.insert(at, own);
        }
        added.owners.extend(owner.map(|owner| (at, owner)));
        helpers.push(helper);
    }
    added
}
