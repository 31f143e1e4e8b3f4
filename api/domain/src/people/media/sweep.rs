//! Files that are to go: of pictures that were rejected or taken back, and of what a process that died has left.
//!
//! The row says so before anything is deleted; a store that is away is asked again later.

use entity::id::MediaId;
use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;

use super::{Variant, link};
use crate::db::{Db, sql};
use crate::error::Result;
use crate::store::Store;

/// Pictures of one round.
const BATCH: i64 = 20;
/// How long a try may take before another process may try again, in microseconds.
const CLAIM_MICROS: i64 = UtcMicros::MINUTE;

/// Deletes the files of the pictures whose turn has come; gives how many were tried.
///
/// # Errors
/// When the database refuses.
pub async fn purge_due(db: &Db, store: &dyn Store) -> Result<u64> {
    let statement = "SELECT id FROM media WHERE purge_at <= $1 ORDER BY purge_at LIMIT $2";
    let rows = db.reader().query_all_raw(sql(db.reader(), statement, [db.now().0.into(), BATCH.into()])).await?;
    let mut tried = 0;
    for row in rows {
        let id: MediaId = row.try_get("", "id")?;
        let now = db.now();
        // Whose files were never whole is nobody's picture from here on.
        let claim =
            "UPDATE media SET purge_at = $2, state = CASE WHEN state = 'STORING' THEN 'DELETED' ELSE state END WHERE id = $1 AND purge_at <= $3";
        let values = [id.into(), now.plus(CLAIM_MICROS).0.into(), now.0.into()];
        if db.writer().execute_raw(sql(db.writer(), claim, values)).await?.rows_affected() == 0 {
            continue;
        }
        tried += 1;
        if gone(store, id).await {
            let statement = "UPDATE media SET purge_at = NULL WHERE id = $1";
            db.writer().execute_raw(sql(db.writer(), statement, [id.into()])).await?;
        }
    }
    Ok(tried)
}

/// Whether both files are gone; the store has logged why not.
async fn gone(store: &dyn Store, id: MediaId) -> bool {
    for variant in [Variant::Full, Variant::Thumb] {
        if store.delete(&link::object(id, variant)).await.is_err() {
            return false;
        }
    }
    true
}
