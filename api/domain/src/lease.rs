//! Leases: which process does the work that only one may do.
//!
//! A *holder* is a process, an *epoch* counts the changes of holder. A lease runs out a few seconds after it was last taken or kept; whoever takes
//! it then starts the next epoch. Whatever a holder writes into the database it writes in a transaction that first takes the lease's row, and
//! whatever it writes elsewhere carries the epoch, so a holder that slept past its lease can do no harm when it wakes up.
//!
//! Invariant: at most one holder per epoch; epochs only grow.

use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::keys::fill_random;
use crate::tx::Tx;

/// How long a lease lasts without being kept.
pub const LASTS: i64 = 5 * UtcMicros::SECOND;
/// The lease of the relay and the due work.
pub const RELAY: &str = "relay";

/// A lease that was held when it was last looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The process.
    pub holder: Uuid,
    /// Which change of holder this is.
    pub epoch: i64,
}

/// A name for a process, different each time.
///
/// # Errors
/// When the system has no randomness.
pub fn new_holder() -> Result<Uuid> {
    let mut bytes = [0; 16];
    fill_random(&mut bytes)?;
    Ok(Uuid::from_bytes(bytes))
}

/// Takes the relay's lease, or keeps it when it is held already; `None` while someone else holds it. Until `tx` ends nobody else can take it.
///
/// # Errors
/// When the database refuses.
pub async fn take(tx: &Tx, holder: Uuid) -> Result<Option<Lease>> {
    let statement = "INSERT INTO lease (name, holder, epoch, expires_at) VALUES ($1, $2, 1, $3) ON CONFLICT (name) DO UPDATE SET \
                     holder = excluded.holder, expires_at = excluded.expires_at, \
                     epoch = CASE WHEN lease.holder = excluded.holder THEN lease.epoch ELSE lease.epoch + 1 END \
                     WHERE lease.holder = excluded.holder OR lease.expires_at <= $4 RETURNING epoch";
    let values = [RELAY.into(), holder.into(), tx.now.plus(LASTS).into(), tx.now.into()];
    let row = tx.connection.query_one_raw(sql(&tx.connection, statement, values)).await?;
    Ok(row.map(|row| row.try_get("", "epoch")).transpose()?.map(|epoch| Lease { holder, epoch }))
}

/// Takes the relay's lease from whoever holds it.
///
/// # Errors
/// When the database refuses.
pub async fn seize(tx: &Tx, holder: Uuid) -> Result<Lease> {
    let statement = "INSERT INTO lease (name, holder, epoch, expires_at) VALUES ($1, $2, 1, $3) ON CONFLICT (name) DO UPDATE SET \
                     holder = excluded.holder, expires_at = excluded.expires_at, epoch = lease.epoch + 1 RETURNING epoch";
    let values = [RELAY.into(), holder.into(), tx.now.plus(LASTS).into()];
    let row = tx.connection.query_one_raw(sql(&tx.connection, statement, values)).await?;
    let row = row.ok_or_else(|| Error::internal("the lease was not written"))?;
    Ok(Lease { holder, epoch: row.try_get("", "epoch")? })
}

impl Lease {
    /// Keeps the lease for some more seconds; `false` when someone else has taken it. Until `tx` ends nobody can.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep(&self, tx: &Tx) -> Result<bool> {
        self.renew(tx, self.epoch).await
    }

    /// Starts an epoch after `epoch`, for a holder that met the traces of one that this database does not remember; `None` when someone else has
    /// taken the lease.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn outgrow(&self, tx: &Tx, epoch: i64) -> Result<Option<Self>> {
        let epoch = epoch.max(self.epoch) + 1;
        Ok(self.renew(tx, epoch).await?.then_some(Self { epoch, ..*self }))
    }

    async fn renew(&self, tx: &Tx, epoch: i64) -> Result<bool> {
        let statement = "UPDATE lease SET epoch = $4, expires_at = $5 WHERE name = $1 AND holder = $2 AND epoch = $3";
        let values = [RELAY.into(), self.holder.into(), self.epoch.into(), epoch.into(), tx.now.plus(LASTS).into()];
        Ok(tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected() == 1)
    }

    /// Keeps the lease, alone.
    ///
    /// # Errors
    /// `CONFLICT` when someone else has taken it.
    pub async fn insist(&self, db: &Db) -> Result<()> {
        let tx = db.begin().await?;
        if !self.keep(&tx).await? {
            return Err(Code::Conflict.into());
        }
        tx.commit().await
    }

    /// Lets someone else take it at once.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release(&self, db: &Db) -> Result<()> {
        let statement = "UPDATE lease SET expires_at = 0 WHERE name = $1 AND holder = $2 AND epoch = $3";
        let values = [RELAY.into(), self.holder.into(), self.epoch.into()];
        db.writer().execute_raw(sql(db.writer(), statement, values)).await?;
        Ok(())
    }
}
