//! How many of a reward a wallet took.

use sea_orm::entity::prelude::*;

use crate::id::{RewardId, WalletId};

/// How many of a reward a wallet took.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward_quota")]
pub struct Model {
    /// The reward.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reward_id: RewardId,
    /// The wallet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    /// 0 for ever, or yyyymm.
    #[sea_orm(primary_key, auto_increment = false)]
    pub period: i32,
    /// Taken.
    pub taken: i64,
    /// Allowed when last taken.
    pub allowed: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
