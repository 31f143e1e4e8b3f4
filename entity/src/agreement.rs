//! An agreement between the community and units (共建协议).

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, AgreementId, CommunityId};
use crate::time::{BusinessDate, UtcMicros};

/// An agreement between the community and units (共建协议).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AgreementId,
    /// The community.
    pub community_id: CommunityId,
    /// Title.
    pub title: String,
    /// What was agreed.
    pub summary: String,
    /// First day it holds.
    pub signed_on: BusinessDate,
    /// Last day it holds.
    pub valid_to: BusinessDate,
    /// First day on which one that was ended early no longer holds.
    pub ended_on: Option<BusinessDate>,
    /// Why it was ended early.
    pub end_reason: Option<String>,
    /// Who wrote it down.
    pub filed_by: AccountId,
    /// When.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
