//! Members who checked in: who it is and which grid they serve, sealed.
//!
//! A row says in clear that a member of a unit checked in, and when. Whose row it is finds who has the keys, by a keyed hash of the volunteer, and reads who
//! has them, from the sealed half. Figures about a unit's members and the ties of reviewers therefore come from here and not from a join.

use std::collections::HashMap;

use entity::id::{CommunityId, MemberCheckInId, RegionId, UnitId, VolunteerId};
use entity::member_check_in::{self, Model};
use entity::time::UtcMicros;
use entity::unit_check_in;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::{Deserialize, Serialize};

use crate::db::sql;
use crate::error::{Error, Result};
use crate::keys::{Keys, Purpose};
use crate::sealed::{self, MEMBER_CHECK_IN};
use crate::tx::Tx;

/// Rows moved, and people looked for, in one go.
const BATCH: usize = 500;

/// What the row keeps sealed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Sealed {
    volunteer_id: VolunteerId,
    region_id: RegionId,
}

/// A member who has checked in, in clear.
#[derive(Clone, Debug)]
pub struct Member {
    /// The row.
    pub row: Model,
    /// Who.
    pub volunteer_id: VolunteerId,
    /// The grid they serve.
    pub region_id: RegionId,
}

impl Member {
    /// Somebody of a unit that is checked in, to be written down.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new(
        tx: &Tx,
        keys: &Keys,
        unit: &unit_check_in::Model,
        volunteer_id: VolunteerId,
        region_id: RegionId,
        consented_at: UtcMicros,
    ) -> Result<Self> {
        let plain = serde_json::to_vec(&Sealed { volunteer_id, region_id }).map_err(Error::internal)?;
        let row = Model {
            id: MemberCheckInId::new(tx.now),
            community_id: unit.community_id,
            unit_check_in_id: unit.id,
            unit_id: unit.unit_id,
            subject_index: keys.hash(Purpose::PartyMember, &sealed::checked_in_message(volunteer_id)).to_vec(),
            sealed: keys.seal(MEMBER_CHECK_IN, &plain)?,
            consented_at,
        };
        Ok(Self { row, volunteer_id, region_id })
    }

    /// Opens a row.
    ///
    /// # Errors
    /// When it was sealed with an unknown secret.
    pub fn open(keys: &Keys, row: Model) -> Result<Self> {
        let Sealed { volunteer_id, region_id } = serde_json::from_slice(&keys.open(MEMBER_CHECK_IN, &row.sealed)?).map_err(Error::internal)?;
        Ok(Self { row, volunteer_id, region_id })
    }
}

/// What finds the rows of a volunteer.
pub(super) fn indexes(keys: &Keys, volunteer_id: VolunteerId) -> Vec<Vec<u8>> {
    keys.hashes(Purpose::PartyMember, &sealed::checked_in_message(volunteer_id))
}

/// The unit from which each of some volunteers checked in; those who did not are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn units_of(connection: &impl ConnectionTrait, keys: &Keys, volunteers: &[VolunteerId]) -> Result<HashMap<VolunteerId, UnitId>> {
    let mut units = HashMap::new();
    for chunk in volunteers.chunks(BATCH) {
        let indexes = chunk.iter().flat_map(|id| indexes(keys, *id));
        let rows = member_check_in::Entity::find().filter(member_check_in::Column::SubjectIndex.is_in(indexes)).all(connection).await?;
        for row in rows {
            let member = Member::open(keys, row)?;
            units.insert(member.volunteer_id, member.row.unit_id);
        }
    }
    Ok(units)
}

/// The members of a unit who are checked in.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn of_unit(connection: &impl ConnectionTrait, keys: &Keys, unit_id: UnitId) -> Result<Vec<VolunteerId>> {
    let rows = member_check_in::Entity::find().filter(member_check_in::Column::UnitId.eq(unit_id)).all(connection).await?;
    rows.into_iter().map(|row| Ok(Member::open(keys, row)?.volunteer_id)).collect()
}

/// Seals rows that were written in clear before they were sealed, a batch at a time; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn seal_clear(tx: &Tx, keys: &Keys) -> Result<u64> {
    let statement = "DELETE FROM member_check_in_clear WHERE id IN (SELECT id FROM member_check_in_clear ORDER BY id LIMIT $1) \
                     RETURNING id, community_id, unit_check_in_id, unit_id, volunteer_id, region_id, consented_at";
    let batch = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let found = tx.connection.query_all_raw(sql(&tx.connection, statement, [batch.into()])).await?;
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        let volunteer_id: VolunteerId = row.try_get("", "volunteer_id")?;
        let plain = serde_json::to_vec(&Sealed { volunteer_id, region_id: row.try_get("", "region_id")? }).map_err(Error::internal)?;
        let row = Model {
            id: row.try_get("", "id")?,
            community_id: row.try_get::<CommunityId>("", "community_id")?,
            unit_check_in_id: row.try_get("", "unit_check_in_id")?,
            unit_id: row.try_get("", "unit_id")?,
            subject_index: keys.hash(Purpose::PartyMember, &sealed::checked_in_message(volunteer_id)).to_vec(),
            sealed: keys.seal(MEMBER_CHECK_IN, &plain)?,
            consented_at: row.try_get("", "consented_at")?,
        };
        rows.push(row.into_active_model());
    }
    let done = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    tx.insert_all(rows, None).await?;
    Ok(done)
}
