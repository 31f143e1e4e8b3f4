//! A reward taken for points (兑换).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, OperationId, RedemptionId, RewardId, VolunteerId, WalletId};
use crate::time::UtcMicros;

/// How far a redemption is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RedemptionState {
    /// Waits at the desk.
    Reserved,
    /// Fetched.
    Fulfilled,
    /// Taken back, points returned.
    Cancelled,
    /// Not fetched in time, points returned.
    Expired,
}

/// A reward taken for points (兑换).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redemption")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RedemptionId,
    /// The community.
    pub community_id: CommunityId,
    /// Who.
    pub volunteer_id: VolunteerId,
    /// From which wallet.
    pub wallet_id: WalletId,
    /// What.
    pub reward_id: RewardId,
    /// The spending.
    pub operation_id: OperationId,
    /// How many.
    pub quantity: i64,
    /// Points spent.
    pub cost: i64,
    /// Month it counts in, yyyymm.
    pub quota_month: i32,
    /// How far it is.
    pub state: RedemptionState,
    /// SHA-256 of the pickup code.
    pub pickup_hash: Vec<u8>,
    /// To be fetched before.
    pub expires_at: UtcMicros,
    /// When.
    pub created_at: UtcMicros,
    /// Fetched, cancelled or run out.
    pub closed_at: Option<UtcMicros>,
    /// By whom; none for the program.
    pub closed_by: Option<AccountId>,
    /// Why cancelled.
    pub close_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
