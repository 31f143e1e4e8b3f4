//! A unit's seat in the community Party alliance (社区大党委).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, AllianceMemberId, CommunityId, UnitId};
use crate::time::{BusinessDate, UtcMicros};

/// Seats of the alliance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Seat {
    /// 书记
    Secretary,
    /// 副书记
    DeputySecretary,
    /// 兼职委员
    PartTimeMember,
    /// 成员单位
    Member,
}

/// A unit's seat in the community Party alliance (社区大党委).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alliance_member")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AllianceMemberId,
    /// The community.
    pub community_id: CommunityId,
    /// The unit.
    pub unit_id: UnitId,
    /// Its seat.
    pub seat: Seat,
    /// The Party organisation it sits for.
    pub party_organisation: String,
    /// Who sits there, where that is somebody with an account.
    pub account_id: Option<AccountId>,
    /// First day of the term.
    pub term_from: BusinessDate,
    /// Last day of the term.
    pub term_to: BusinessDate,
    /// First day on which a term that was cut short no longer holds.
    pub ended_on: Option<BusinessDate>,
    /// When it was written.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
