//! First answers of mutations that take an idempotency key and are not operations of the ledger.
//!
//! One key is one intention of one account. The key is written in the transaction of the mutation, so it stands exactly when the mutation
//! took effect: a refused attempt leaves no row and the same key may succeed later. The ledger keeps its own keys (`operation.idem_key`).

use std::future::Future;

use entity::id::AccountId;
use entity::idempotency;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::Serialize;
use uuid::Uuid;

use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::keys::sha256;
use crate::tx::Tx;

/// Longest key taken.
pub const KEY_LEN_MAX: usize = 128;

/// The hash that tells whether two inputs are the same.
///
/// # Errors
/// Never for plain inputs.
pub fn request_hash(mutation: &str, input: &impl Serialize) -> Result<[u8; 32]> {
    let text = serde_json::to_vec(&(mutation, input)).map_err(Error::internal)?;
    Ok(sha256(&text))
}

/// Checks the form of a key.
///
/// # Errors
/// `BAD_INPUT` for an empty or overlong key or one with control characters.
pub fn check_key(key: &str) -> Result<()> {
    if key.is_empty() || key.len() > KEY_LEN_MAX || key.chars().any(char::is_control) {
        return Err(Error::from(Code::BadInput).on("idempotencyKey").with("max", KEY_LEN_MAX));
    }
    Ok(())
}

/// Runs `verb` once per key: a repeated key with the same input gives the id of the first answer, with another input it is refused.
/// A twin that runs at the same moment waits for the first to commit.
///
/// # Errors
/// `IDEMPOTENCY_MISMATCH`, `BAD_INPUT` for a malformed key, and whatever `verb` refuses.
pub async fn once<I, F>(tx: &Tx, account_id: AccountId, mutation: &'static str, key: &str, input: &impl Serialize, verb: F) -> Result<I>
where
    I: Copy + From<Uuid> + Into<Uuid>,
    F: Future<Output = Result<I>>,
{
    check_key(key)?;
    let hash = request_hash(mutation, input)?;
    let claim = "INSERT INTO idempotency (account_id, idem_key, mutation, request_hash, result_id, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (account_id, idem_key) DO NOTHING";
    let values = [account_id.into(), key.into(), mutation.into(), hash.to_vec().into(), Uuid::nil().into(), tx.now.0.into()];
    let claimed = tx.connection.execute_raw(sql(&tx.connection, claim, values)).await?.rows_affected() == 1;
    if !claimed {
        let first = idempotency::Entity::find_by_id((account_id, key.to_owned())).one(&tx.connection).await?;
        let first = first.ok_or_else(|| Error::from(Code::Conflict))?;
        if first.request_hash != hash {
            return Err(Error::from(Code::IdempotencyMismatch).on("idempotencyKey"));
        }
        return Ok(I::from(first.result_id));
    }
    let result = verb.await?;
    let settle = "UPDATE idempotency SET result_id = $3 WHERE account_id = $1 AND idem_key = $2";
    tx.connection.execute_raw(sql(&tx.connection, settle, [account_id.into(), key.into(), result.into().into()])).await?;
    Ok(result)
}
