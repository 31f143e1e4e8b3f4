//! An account that its owner deleted (注销).

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId};
use crate::time::UtcMicros;

/// An account that its owner deleted (注销).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_deletion")]
pub struct Model {
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// The community.
    pub community_id: CommunityId,
    /// When.
    pub deleted_at: UtcMicros,
    /// Points that lapsed.
    pub points_lapsed: i64,
    /// Redemptions that were taken back.
    pub redemptions: i32,
    /// Sign-ups that were given back.
    pub sign_ups: i32,
    /// Listings that were taken back.
    pub listings: i32,
    /// When everything was gone through once more.
    pub swept_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
