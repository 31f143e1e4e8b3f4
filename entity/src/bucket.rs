//! What a wallet earned per expiry date.

use sea_orm::entity::prelude::*;

use crate::id::WalletId;
use crate::time::BusinessDate;

/// What a wallet earned per expiry date.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bucket")]
pub struct Model {
    /// The wallet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    /// The date.
    #[sea_orm(primary_key, auto_increment = false)]
    pub expires_on: BusinessDate,
    /// Earned, not remaining.
    pub earned: i64,
    /// How much of it expired unused.
    pub expired: i64,
    /// The expiry run is done with it.
    pub closed: bool,
    /// The last warning sent, in days before the date.
    pub warned: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
