//! Stars (星级): a degree that comes with certified hours, one to five.
//!
//! From how many hours on is tenant policy: 100, 300, 600, 1000 and 1500 unless the community says otherwise, as the ministry's rules of 2012 have it.
//! The relay compares after every certified or revoked record and tells the volunteer; a revoked record takes a star back. A new policy changes
//! everybody's stars on its first day.
//!
//! Invariant: minutes are permanent, so redeeming never costs a star. Invariant: a volunteer's row holds what the newest line of `star_change` says.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{CommunityId, VolunteerId};
use entity::time::BusinessDate;
use entity::{star_policy, volunteer, volunteer_star};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Value};

use crate::db::{sql, tuples};
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::outbox;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Hours of one to five stars.
pub type Hours = [i64; 5];

/// The hours where a community has not said otherwise.
pub const HOURS_DEFAULT: Hours = [100, 300, 600, 1_000, 1_500];

/// Most hours a star may ask for.
const HOURS_MAX: i64 = 100_000;

/// The policy that governs a day; version 0 is the default of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Which version.
    pub version: i32,
    /// Hours of one to five stars.
    pub hours: Hours,
}

/// How many stars so many minutes are worth.
#[must_use]
pub fn stars(hours: &Hours, minutes: i64) -> i32 {
    hours.iter().map(|hours| i32::from(minutes >= hours * 60)).sum()
}

/// The policy that governs a business date.
///
/// # Errors
/// When the database cannot be read.
pub async fn in_force(connection: &impl ConnectionTrait, community_id: CommunityId, date: BusinessDate) -> Result<InForce> {
    let row = star_policy::Entity::find()
        .filter(star_policy::Column::CommunityId.eq(community_id))
        .filter(star_policy::Column::EffectiveFrom.lte(date))
        .order_by_desc(star_policy::Column::Version)
        .one(connection)
        .await?;
    Ok(row.as_ref().map_or(InForce { version: 0, hours: HOURS_DEFAULT }, |row| InForce { version: row.version, hours: hours(row) }))
}

fn hours(row: &star_policy::Model) -> Hours {
    [row.hours_1, row.hours_2, row.hours_3, row.hours_4, row.hours_5]
}

/// Publishes the hours of one to five stars from a day on.
///
/// # Errors
/// `FORBIDDEN`; `BAD_INPUT` on `hours` unless they are five growing numbers of 1 to 100,000; `POLICY_DATE` when it would reach back or before the last
/// version; `CONFLICT` when two publish at once.
pub async fn publish(tx: &Tx, actor: &Actor, hours: &[i64], effective_from: BusinessDate) -> Result<star_policy::Model> {
    actor.require(Action::PublishStarPolicy, &actor.home())?;
    let grows = hours.windows(2).all(|pair| pair[0] < pair[1]) && hours.iter().all(|hours| (1..=HOURS_MAX).contains(hours));
    let hours = Hours::try_from(hours).ok().filter(|_| grows).ok_or_else(|| Error::from(Code::BadInput).on("hours").with("max", HOURS_MAX))?;
    let last = star_policy::Entity::find()
        .filter(star_policy::Column::CommunityId.eq(actor.community_id))
        .order_by_desc(star_policy::Column::Version)
        .one(&tx.connection)
        .await?;
    let earliest = last.as_ref().map_or(tx.today(), |row| row.effective_from).max(tx.today().plus_days(1));
    if effective_from < earliest {
        return Err(Error::from(Code::PolicyDate).on("effectiveFrom").with("earliest", earliest.naive()));
    }
    let row = star_policy::Model {
        community_id: actor.community_id,
        version: last.map_or(1, |row| row.version + 1),
        effective_from,
        hours_1: hours[0],
        hours_2: hours[1],
        hours_3: hours[2],
        hours_4: hours[3],
        hours_5: hours[4],
        settled: false,
        published_by: actor.account_id,
        published_at: tx.now,
    };
    let inserted = row.into_active_model().insert(&tx.connection).await;
    inserted.map_err(|error| match crate::db::refused_by(&error) {
        Some(name) if name.contains("star_policy") => Code::Conflict.into(),
        _ => error.into(),
    })
}

/// The stars several volunteers have been told of; who has none is left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_volunteers(connection: &impl ConnectionTrait, ids: &[VolunteerId]) -> Result<HashMap<VolunteerId, volunteer_star::Model>> {
    let query = volunteer_star::Entity::find().filter(volunteer_star::Column::VolunteerId.is_in(ids.iter().copied()));
    Ok(query.all(connection).await?.into_iter().map(|row| (row.volunteer_id, row)).collect())
}

/// Brings the stars of those whose records a batch of events certified or revoked up to date; part of the relay's pass.
///
/// # Errors
/// When the database refuses.
pub async fn apply(tx: &Tx, events: &[Event]) -> Result<()> {
    let ids: BTreeSet<VolunteerId> = events
        .iter()
        .filter_map(|event| match event {
            Event::RecordCertified(fact) | Event::RecordRevoked(fact) => Some(fact.volunteer_id),
            _ => None,
        })
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let people = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(ids)).all(&tx.connection).await?;
    compare(tx, &people).await.map(|_| ())
}

/// Applies one new policy whose first day has come; gives how many it took, for the due work.
///
/// # Errors
/// When the database refuses.
pub async fn settle_due(tx: &Tx) -> Result<u64> {
    let due = star_policy::Entity::find()
        .filter(star_policy::Column::Settled.eq(false))
        .filter(star_policy::Column::EffectiveFrom.lte(tx.today()))
        .order_by_asc(star_policy::Column::Version)
        .one(&tx.connection)
        .await?;
    let Some(policy) = due else { return Ok(0) };
    star_policy::Entity::update_many()
        .col_expr(star_policy::Column::Settled, Expr::value(true))
        .filter(star_policy::Column::CommunityId.eq(policy.community_id))
        .filter(star_policy::Column::Version.eq(policy.version))
        .exec(&tx.connection)
        .await?;
    let people = volunteer::Entity::find().filter(volunteer::Column::CommunityId.eq(policy.community_id)).all(&tx.connection).await?;
    compare(tx, &people).await?;
    Ok(1)
}

/// Writes down whose stars are no longer those they were told of.
async fn compare(tx: &Tx, people: &[volunteer::Model]) -> Result<usize> {
    let mut policies: BTreeMap<CommunityId, InForce> = BTreeMap::new();
    for community_id in people.iter().map(|person| person.community_id).collect::<BTreeSet<_>>() {
        policies.insert(community_id, in_force(&tx.connection, community_id, tx.today()).await?);
    }
    let mut changed = Vec::new();
    for chunk in people.chunks(1_000) {
        let told = of_volunteers(&tx.connection, &chunk.iter().map(|person| person.id).collect::<Vec<_>>()).await?;
        changed.extend(chunk.iter().filter_map(|person| {
            let now = stars(&policies.get(&person.community_id)?.hours, person.minutes);
            let before = told.get(&person.id).map_or(0, |row| row.stars);
            (now != before).then_some((person, before, now))
        }));
    }
    for chunk in changed.chunks(500) {
        let rows = chunk.iter().map(|(person, _, now)| volunteer_star::Model { volunteer_id: person.id, stars: *now, since: tx.now });
        let again = OnConflict::column(volunteer_star::Column::VolunteerId)
            .update_columns([volunteer_star::Column::Stars, volunteer_star::Column::Since])
            .to_owned();
        volunteer_star::Entity::insert_many(rows.map(IntoActiveModel::into_active_model))
            .on_conflict(again)
            .exec_without_returning(&tx.connection)
            .await?;
        let text = format!("INSERT INTO star_change (volunteer_id, stars_before, stars, minutes, changed_at) VALUES {}", tuples(chunk.len(), 5));
        let values = chunk.iter().flat_map(|(person, before, now)| -> [Value; 5] {
            [person.id.into(), (*before).into(), (*now).into(), person.minutes.into(), tx.now.into()]
        });
        tx.connection.execute_raw(sql(&tx.connection, &text, values)).await?;
        let events = chunk.iter().map(|(person, before, now)| Event::StarsChanged {
            volunteer_id: person.id,
            account_id: person.account_id,
            before: *before,
            stars: *now,
            at: tx.now,
        });
        outbox::record_all(tx, &events.collect::<Vec<_>>()).await?;
    }
    Ok(changed.len())
}

#[cfg(test)]
mod tests {
    use super::{HOURS_DEFAULT, stars};

    #[test]
    fn a_star_comes_with_its_last_minute() {
        for (minutes, expected) in
            [(0, 0), (5_999, 0), (6_000, 1), (17_999, 1), (18_000, 2), (36_000, 3), (60_000, 4), (89_999, 4), (90_000, 5), (9_000_000, 5)]
        {
            assert_eq!(stars(&HOURS_DEFAULT, minutes), expected, "{minutes}");
        }
    }
}
