//! One wallet side of an operation; `contra` names the other side.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{EntryId, OperationId, WalletId};
use crate::time::{BusinessDate, UtcMicros};

/// The other side of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Contra {
    /// Issued for service.
    Issuance,
    /// The points store.
    Shop,
    /// Expired.
    Expiry,
    /// Corrected.
    Adjustment,
}

/// One wallet side of an operation; `contra` names the other side.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: EntryId,
    /// Its operation.
    pub operation_id: OperationId,
    /// Its wallet.
    pub wallet_id: WalletId,
    /// Place in the wallet's history, without gaps.
    pub wallet_version: i64,
    /// Points in (positive) or out (negative).
    pub delta: i64,
    /// Balance after it.
    pub balance_after: i64,
    /// Debt paid (negative) or taken on (positive).
    pub debt_change: i64,
    /// Debt after it.
    pub debt_after: i64,
    /// Points of the reversed award that had already expired unused.
    pub lapsed: i64,
    /// The other side.
    pub contra: Contra,
    /// When points that came in expire.
    pub expires_on: Option<BusinessDate>,
    /// When.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
