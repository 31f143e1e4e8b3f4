//! The ledger of points.
//!
//! A *wallet* carries counters, an *operation* says what happened and is the idempotency record, an *entry* is one wallet side with a contra
//! code, a *bucket* says what a wallet earned per expiry date. Balance = credits − debits. Points leave in order of expiry without lots: the
//! unspent part of a bucket is arithmetic, `clamp(Σ earned up to it − debits, 0, earned)`.
//!
//! Redeeming and awarding are hot: on PostgreSQL each is one statement ([`postgres`]), on SQLite the same steps run in one immediate
//! transaction ([`steps`]). Everything else takes the wallet's lock and runs the steps on both. Wallets are locked in the order of their ids, the
//! reward's row last.
//!
//! Invariant I1: Σ balances = issued − spent − expired ± adjusted, read off the entries.
//! Invariant I2: no balance, debt, stock, quota or bucket is below zero (CHECK).
//! Invariant I3: every operation has its entry and every entry its operation.
//! Invariant I4: a wallet's entries are numbered without gaps and each balance follows from the one before (UNIQUE, verify).
//! Invariant I6: one operation per key, one award per record, one reversal per operation (UNIQUE).
//! Invariant I7: stock + what live redemptions hold = loaded.
//! Invariant I9: an adjustment carries two people (CHECK).
//! Invariant I10: the buckets of a wallet sum to its credits.

use entity::id::{AccountId, CommunityId, OperationId, RedemptionId, RewardId, ServiceRecordId, VolunteerId, WalletId};
use entity::time::{BusinessDate, UtcMicros};
use serde::Serialize;

use crate::error::Result;
use crate::tx::Tx;

pub mod movement;
pub mod postgres;
pub mod steps;

/// One award of a batch.
#[derive(Clone, Debug, Serialize)]
pub struct AwardLine {
    /// The certified record, awarded at most once.
    pub record_id: ServiceRecordId,
    /// Whose wallet; a batch holds a volunteer at most once.
    pub volunteer_id: VolunteerId,
    /// Points, above zero.
    pub points: i64,
    /// When they expire.
    pub expires_on: BusinessDate,
    /// The day of service.
    pub business_date: BusinessDate,
    /// The policy that was followed.
    pub policy_version: i32,
}

/// What all awards of a batch share.
#[derive(Clone, Copy, Debug)]
pub struct AwardBatch {
    /// The community.
    pub community_id: CommunityId,
    /// Who certified; none when the records certified by themselves.
    pub actor_id: Option<AccountId>,
    /// The time.
    pub now: UtcMicros,
}

/// A member's wish to spend points.
#[derive(Clone, Debug)]
pub struct Spend {
    /// The community of wallet and reward.
    pub community_id: CommunityId,
    /// Who spends.
    pub actor_id: AccountId,
    /// The volunteer behind the wallet.
    pub volunteer_id: VolunteerId,
    /// From which wallet.
    pub wallet_id: WalletId,
    /// What for.
    pub reward_id: RewardId,
    /// How many, above zero.
    pub quantity: i64,
    /// What the member was shown as the whole price; anything else is refused.
    pub cost: i64,
    /// The key, with the account in front.
    pub idem_key: String,
    /// Hash of the input.
    pub request_hash: [u8; 32],
    /// The new redemption.
    pub redemption_id: RedemptionId,
    /// SHA-256 of its pickup code.
    pub pickup_hash: [u8; 32],
    /// To be fetched before.
    pub expires_at: UtcMicros,
    /// The event to file, ready made.
    pub event: String,
    /// The time.
    pub now: UtcMicros,
}

/// What a spending left behind.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// The operation.
    pub operation_id: OperationId,
    /// Balance after it.
    pub balance: i64,
}

/// Posts a batch of awards with one statement (PostgreSQL) or one run of steps (SQLite); gives the operations by record.
///
/// # Errors
/// `ALREADY_AWARDED` when a record has an award; the whole batch is then refused.
pub async fn award(tx: &Tx, batch: AwardBatch, lines: &[AwardLine]) -> Result<Vec<(ServiceRecordId, OperationId)>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    match tx.backend() {
        sea_orm::DbBackend::Postgres => postgres::award(&tx.connection, batch, lines).await,
        _ => steps::award(tx, batch, lines).await,
    }
}
