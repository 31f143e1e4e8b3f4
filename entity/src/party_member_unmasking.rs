//! A look at a Party member's whole name (查看党员姓名); never changed, but that its reason is sealed anew or emptied.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, PartyMemberId, PartyMemberUnmaskingId};
use crate::time::UtcMicros;

/// A look at a Party member's whole name; nothing in the row names the member in clear.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "party_member_unmasking")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartyMemberUnmaskingId,
    /// The community.
    pub community_id: CommunityId,
    /// Whose, by the row of the membership.
    pub member_id: PartyMemberId,
    /// Who looked.
    pub account_id: AccountId,
    /// What for, sealed; empty once the membership was withdrawn or the member has left.
    pub reason_sealed: Vec<u8>,
    /// When.
    pub looked_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
