//! A look at somebody's whole name and telephone; never changed.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, UnmaskingId, VolunteerId};
use crate::time::UtcMicros;

/// A look at somebody's whole name and telephone; never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unmasking")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnmaskingId,
    /// The community.
    pub community_id: CommunityId,
    /// Whose.
    pub volunteer_id: VolunteerId,
    /// Who looked.
    pub account_id: AccountId,
    /// What for.
    pub reason: String,
    /// Whether a health note was shown.
    pub health_note: bool,
    /// When.
    pub looked_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
