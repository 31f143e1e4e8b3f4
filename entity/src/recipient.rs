//! A person served, with or without an account.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, RecipientId};
use crate::time::UtcMicros;

/// A person served, with or without an account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recipient")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecipientId,
    /// The community.
    pub community_id: CommunityId,
    /// The account, where there is one.
    pub account_id: Option<AccountId>,
    /// Keyed hash of the telephone, to know the person again.
    pub phone_index: Option<Vec<u8>>,
    /// The same telephone, sealed; none in rows of before it was kept.
    pub phone_sealed: Option<Vec<u8>>,
    /// When first served.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
