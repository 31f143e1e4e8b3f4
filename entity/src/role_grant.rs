//! A role over a region's subtree, over one team or for one unit.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, RegionId, RoleGrantId, TeamId, UnitId};
use crate::time::UtcMicros;

/// What someone may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// 居民
    Resident,
    /// 志愿者
    Volunteer,
    /// 志愿队长
    TeamLeader,
    /// 网格员
    GridWorker,
    /// 积分兑换点
    RedemptionDesk,
    /// 评审
    Reviewer,
    /// 党务专干
    PartyWorker,
    /// 单位联络员
    UnitLiaison,
    /// 审计员
    Auditor,
    /// 管理员
    Admin,
}

/// A role over a region's subtree, over one team or for one unit.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_grant")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleGrantId,
    /// Who holds it.
    pub account_id: AccountId,
    /// The role.
    pub role: Role,
    /// Its region, or
    pub region_id: Option<RegionId>,
    /// its team, or
    pub team_id: Option<TeamId>,
    /// its unit.
    pub unit_id: Option<UnitId>,
    /// Who gave it; none for the ones that come with registration.
    pub granted_by: Option<AccountId>,
    /// When it was given.
    pub created_at: UtcMicros,
    /// When it was ended.
    pub ended_at: Option<UtcMicros>,
    /// Since when it works, when that is later than its giving.
    pub starts_at: Option<UtcMicros>,
    /// Until when it works, unless it is ended before.
    pub ends_at: Option<UtcMicros>,
    /// Who ended it.
    pub ended_by: Option<AccountId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
