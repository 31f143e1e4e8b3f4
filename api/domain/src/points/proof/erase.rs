//! Erasing why an operation was done, where the words are about somebody who is gone.
//!
//! A sealed operation commits to a hash of its reason; the hash takes the place of the words, so that every proof holds as before.
//!
//! Invariant: the leaf of an operation is the same before and after.

use entity::id::{OperationId, WalletId};
use sea_orm::ConnectionTrait;

use super::text;
use crate::db::sql;
use crate::error::Result;
use crate::tx::Tx;

/// Erases the reasons of a wallet's operations, as far as they are sealed; gives how many. What is not sealed yet keeps its words until it is: a block
/// that is being made may have read them.
///
/// # Errors
/// When the database refuses.
pub async fn reasons(tx: &Tx, wallet_id: WalletId) -> Result<u64> {
    let statement = "SELECT o.id, o.reason, l.salt FROM operation o JOIN proof_leaf l ON l.operation_id = o.id \
                     WHERE o.reason IS NOT NULL AND o.id IN (SELECT operation_id FROM entry WHERE wallet_id = $1)";
    let mut erased = 0;
    for row in tx.connection.query_all_raw(sql(&tx.connection, statement, [wallet_id.into()])).await? {
        let (id, reason, salt): (i64, String, Vec<u8>) = (row.try_get("", "id")?, row.try_get("", "reason")?, row.try_get("", "salt")?);
        if text::erased(&reason).is_some() {
            continue;
        }
        let statement = "UPDATE operation SET reason = $2 WHERE id = $1";
        let values = [OperationId(id).into(), text::in_place_of(&reason, &salt).into()];
        erased += tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected();
    }
    Ok(erased)
}
