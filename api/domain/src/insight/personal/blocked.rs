//! What keeps somebody from leaving for a while: others rely on it, and it can be brought to an end.
//!
//! The last administrator of a place hands over first. Service that has begun, is to be confirmed or is disputed ends first, and what was lent comes back.
//! Nothing else keeps anybody.

use entity::id::RegionId;
use entity::region;
use entity::time::UtcMicros;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::person::Person;
use crate::error::{Code, Error, Result};
use crate::tx::Tx;

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Places would be left without an administrator.
    LastAdmin,
    /// Matches whose service has begun, waits for a word, or is disputed.
    Matches,
    /// Things of the person's are lent or promised.
    Promises,
}

/// Something in the way, and how many of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// What.
    pub what: Obstacle,
    /// How many.
    pub count: i64,
}

impl Blocker {
    /// As a refusal.
    #[must_use]
    pub fn refusal(self) -> Error {
        let what = match self.what {
            Obstacle::LastAdmin => return Error::from(Code::LastAdmin).with("count", self.count),
            Obstacle::Matches => "MATCHES",
            Obstacle::Promises => "PROMISES",
        };
        Error::from(Code::ObligationsOpen).with("what", what).with("count", self.count)
    }
}

/// Live administrations of the person's over a place that nobody else's reaches.
const LAST_ADMIN: &str = "SELECT COUNT(*) FROM role_grant g JOIN region r ON r.id = g.region_id WHERE g.account_id = :account AND g.role = 'ADMIN' \
                          AND g.ended_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > :now) AND NOT EXISTS (SELECT 1 FROM role_grant o \
                          JOIN region t ON t.id = o.region_id JOIN account a ON a.id = o.account_id WHERE o.account_id <> g.account_id \
                          AND o.role = 'ADMIN' AND o.ended_at IS NULL AND (o.starts_at IS NULL OR o.starts_at <= :now) \
                          AND (o.ends_at IS NULL OR o.ends_at > :now) AND a.closed_at IS NULL \
                          AND substr(r.path, 1, length(t.path)) = t.path)";
const MATCHES: &str = "SELECT COUNT(*) FROM need_match WHERE state IN ('IN_PROGRESS', 'DONE', 'DISPUTED') AND (id IN :matches \
                       OR id IN (SELECT match_id FROM match_person WHERE volunteer_id = :volunteer))";
const PROMISES: &str = "SELECT COUNT(*) FROM reservation v WHERE v.state = 'HELD' AND v.listing_id IN :listings AND NOT EXISTS (SELECT 1 \
                        FROM need_match m WHERE m.id = v.cause_id AND m.state IN ('ACCEPTED', 'IN_PROGRESS', 'DONE', 'DISPUTED'))";

/// What is in the way of somebody's leaving.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, person: &Person, now: UtcMicros) -> Result<Vec<Blocker>> {
    let mut found = Vec::new();
    for (what, text) in [(Obstacle::LastAdmin, LAST_ADMIN), (Obstacle::Matches, MATCHES), (Obstacle::Promises, PROMISES)] {
        let row = connection.query_one_raw(person.statement(connection, text, now)?).await?;
        let count = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        if count > 0 {
            found.push(Blocker { what, count });
        }
    }
    Ok(found)
}

/// Has administrators of the same place leave one after the other, so that the last of them notices.
///
/// # Errors
/// When the database refuses.
pub async fn lock_offices(tx: &Tx, person: &Person) -> Result<()> {
    let text =
        "SELECT DISTINCT region_id FROM role_grant WHERE account_id = :account AND role = 'ADMIN' AND ended_at IS NULL AND region_id IS NOT NULL";
    let mut places: Vec<RegionId> = Vec::new();
    for row in tx.connection.query_all_raw(person.statement(&tx.connection, text, tx.now)?).await? {
        places.push(row.try_get("", "region_id")?);
    }
    let query = region::Entity::find().filter(region::Column::Id.is_in(places)).order_by_asc(region::Column::Id);
    query.lock(LockType::NoKeyUpdate).all(&tx.connection).await?;
    Ok(())
}
