//! Looking behind the mask (查看完整信息): staff see 张** and no telephone, until they say why they need more.
//!
//! Whole names and telephones are given to leaders for the members of their teams and for who is signed up to a session of theirs, to grid workers and to
//! administrators for who lives where they work. Every look is written down for good, with its reason, and the person sees who looked. A note about health
//! goes to the leader of a session alone.
//!
//! Invariant: another's whole name and telephone are in no answer but that of [`unmask`], and [`unmask`] leaves a row for each person in the same
//! transaction. (Who agreed to be named is named everywhere; a certificate names its holder, and a listing's contact has looks of its own.)

use std::collections::{HashMap, HashSet};

use entity::id::{AccountId, TeamId, UnmaskingId, VolunteerId};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use entity::unmasking::{self, Model};
use entity::{account, region, volunteer};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::sensitive;
use crate::community::wording;
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::page::{ListOrder, Page, Rows};
use crate::people::account::phone::Phone;
use crate::people::permission::{Action, Actor, Grant, Place};
use crate::people::team;
use crate::tx::Tx;

/// Most people looked at in one go.
pub const PEOPLE_MAX: usize = 100;
/// How long after a session its leader may still look, in microseconds.
const AFTER_MICROS: i64 = 30 * UtcMicros::DAY;

/// Somebody without a mask.
#[derive(Clone, Debug)]
pub struct Unmasked {
    /// The volunteer, the whole name among it.
    pub row: volunteer::Model,
    /// The telephone, where there is one.
    pub phone: Option<Phone>,
    /// The note about health, for the leader of a session the person is signed up to.
    pub health_note: Option<String>,
}

/// Gives whole names and telephones, in the order of `ids`, and writes the look down.
///
/// # Errors
/// `REASON_REQUIRED`; `BAD_INPUT` on `ids` unless there are 1 to [`PEOPLE_MAX`]; `NOT_FOUND` on `ids` for somebody who does not exist for the actor,
/// `FORBIDDEN` on `ids` for somebody whom no role of the actor's covers. Then nothing is given.
pub async fn unmask(tx: &Tx, keys: &Keys, actor: &Actor, ids: &[VolunteerId], reason: &str) -> Result<Vec<Unmasked>> {
    let staff = actor.grants.iter().any(|grant| Action::UnmaskVolunteers.roles().contains(&grant.role));
    if !staff {
        actor.require(Action::UnmaskVolunteers, &actor.home())?;
    }
    let reason = wording::reason(reason)?;
    let mut seen = HashSet::new();
    let ids: Vec<VolunteerId> = ids.iter().copied().filter(|id| seen.insert(*id)).collect();
    if ids.is_empty() || ids.len() > PEOPLE_MAX {
        return Err(Error::from(Code::BadInput).on("ids").with("max", PEOPLE_MAX));
    }
    let people = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(ids.iter().copied())).all(&tx.connection).await?;
    let led = signed_up_with(tx, actor, &ids).await?;
    check_covered(tx, actor, &people, &led).await?;
    let mut by_id: HashMap<VolunteerId, volunteer::Model> = people.into_iter().map(|row| (row.id, row)).collect();
    let people: Vec<volunteer::Model> = ids.iter().filter_map(|id| by_id.remove(id)).collect();
    if people.len() != ids.len() {
        return Err(Error::from(Code::NotFound).on("ids"));
    }
    let mut phones = phones(&tx.connection, keys, &people).await?;
    let in_care: Vec<volunteer::Model> = people.iter().filter(|person| led.contains(&person.id)).cloned().collect();
    let mut notes: HashMap<VolunteerId, String> = sensitive::health_of(&tx.connection, keys, &in_care).await?.into_iter().collect();
    let shown: Vec<Unmasked> = people
        .into_iter()
        .map(|row| Unmasked { phone: row.account_id.and_then(|id| phones.remove(&id)), health_note: notes.remove(&row.id), row })
        .collect();
    let looks = shown.iter().map(|one| Model {
        id: UnmaskingId::new(tx.now),
        community_id: one.row.community_id,
        volunteer_id: one.row.id,
        account_id: actor.account_id,
        reason: reason.clone(),
        health_note: one.health_note.is_some(),
        looked_at: tx.now,
    });
    tx.insert_all(looks.map(IntoActiveModel::into_active_model).collect(), None).await?;
    Ok(shown)
}

/// Refuses when somebody is covered neither by a grant nor by a session.
async fn check_covered(tx: &Tx, actor: &Actor, people: &[volunteer::Model], led: &HashSet<VolunteerId>) -> Result<()> {
    let ids: Vec<VolunteerId> = people.iter().map(|person| person.id).collect();
    let teams = team::teams_of(&tx.connection, &ids).await?;
    let regions = region::Entity::find().filter(region::Column::Id.is_in(people.iter().map(|person| person.region_id)));
    let paths: HashMap<_, String> = regions.all(&tx.connection).await?.into_iter().map(|row| (row.id, row.path)).collect();
    for person in people {
        let path = paths.get(&person.region_id).cloned().unwrap_or_default();
        let place = |team_id| Place { community_id: person.community_id, path: path.clone(), team_id };
        let of_teams = teams.get(&person.id).into_iter().flatten().map(|team| Some(team.id));
        let places: Vec<Place> = std::iter::once(None).chain(of_teams).map(place).collect();
        let covered = led.contains(&person.id) || places.iter().any(|place| actor.may(Action::UnmaskVolunteers, place));
        if !covered {
            let known = places.iter().any(|place| actor.sees(place));
            return Err(Error::from(if known { Code::Forbidden } else { Code::NotFound }).on("ids"));
        }
    }
    Ok(())
}

/// Which of some volunteers have a place in a session of a team the actor leads, to come or over for less than a month.
async fn signed_up_with(tx: &Tx, actor: &Actor, ids: &[VolunteerId]) -> Result<HashSet<VolunteerId>> {
    let leads = |grant: &Grant| (grant.role == Role::TeamLeader).then_some(grant.team_id).flatten();
    let team_ids: Vec<TeamId> = actor.grants.iter().filter_map(leads).collect();
    if team_ids.is_empty() {
        return Ok(HashSet::new());
    }
    let statement = format!(
        "SELECT DISTINCT s.volunteer_id FROM sign_up s JOIN activity_session x ON x.id = s.session_id JOIN activity a ON a.id = x.activity_id \
         WHERE s.state IN ('CONFIRMED','OFFERED','WAITLISTED','ATTENDED') AND x.ends_at > $1 AND a.team_id IN {} AND s.volunteer_id IN {}",
        marks(2, team_ids.len()),
        marks(2 + team_ids.len(), ids.len())
    );
    let since = std::iter::once(tx.now.plus(-AFTER_MICROS).0.into());
    let values = since.chain(team_ids.into_iter().map(Into::into)).chain(ids.iter().map(|id| (*id).into()));
    let rows = tx.connection.query_all_raw(sql(&tx.connection, &statement, values)).await?;
    rows.iter().map(|row| Ok(row.try_get("", "volunteer_id")?)).collect()
}

/// `($2, $3)` and so on.
fn marks(from: usize, count: usize) -> String {
    format!("({})", (from..from + count).map(|at| format!("${at}")).collect::<Vec<_>>().join(", "))
}

async fn phones(connection: &impl ConnectionTrait, keys: &Keys, people: &[volunteer::Model]) -> Result<HashMap<AccountId, Phone>> {
    let accounts = account::Entity::find().filter(account::Column::Id.is_in(people.iter().filter_map(|person| person.account_id)));
    let rows = accounts.filter(account::Column::PhoneBound.eq(true)).all(connection).await?;
    rows.iter().filter(|row| !row.phone_sealed.is_empty()).map(|row| Ok((row.id, Phone::open(keys, &row.phone_sealed)?))).collect()
}

/// Who looked at the actor's name and telephone, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn looks_at_me(connection: &impl ConnectionTrait, actor: &Actor, page: &Page) -> Result<Rows<Model>> {
    let own = actor.volunteer.map_or(VolunteerId(uuid::Uuid::nil()), |own| own.id);
    let query = unmasking::Entity::find().filter(unmasking::Column::VolunteerId.eq(own));
    let order = ListOrder { key: None, id: unmasking::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, UnmaskingId>(query, order)?.all(connection).await?))
}
