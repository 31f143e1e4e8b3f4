//! Counters of one volunteer's points (积分账户).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CommunityId, VolunteerId, WalletId};

/// Whether a wallet may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WalletState {
    /// In use.
    Active,
    /// Nothing may be redeemed.
    Frozen,
    /// The owner is gone.
    Closed,
}

/// Counters of one volunteer's points (积分账户).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wallet")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: WalletId,
    /// The community.
    pub community_id: CommunityId,
    /// Whose.
    pub volunteer_id: VolunteerId,
    /// All that came in.
    pub credits: i64,
    /// All that went out, expired points included.
    pub debits: i64,
    /// Claw-back not recovered yet.
    pub debt: i64,
    /// Number of entries.
    pub version: i64,
    /// Whether it may be used.
    pub state: WalletState,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
