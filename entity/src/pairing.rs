//! A unit paired with a grid, an estate, a street or a lane (结对共建).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, PairingId, RegionId, UnitId};
use crate::time::UtcMicros;

/// What a unit is paired with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PairingKind {
    /// 网格
    Grid,
    /// 小区
    Estate,
    /// 街
    Street,
    /// 巷
    Lane,
}

/// How a unit is paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PairingMode {
    /// 1+1: the two have one another alone.
    OneToOne,
    /// N+1: either may have several.
    ManyToOne,
}

/// A unit paired with a grid, an estate, a street or a lane (结对共建).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pairing")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PairingId,
    /// The community.
    pub community_id: CommunityId,
    /// The unit.
    pub unit_id: UnitId,
    /// The grid or estate, or the region the street or lane lies in.
    pub region_id: RegionId,
    /// What it is paired with.
    pub kind: PairingKind,
    /// Name of the street or lane; empty for the region itself.
    pub name: String,
    /// 1+1 or N+1.
    pub mode: PairingMode,
    /// Who paired them.
    pub paired_by: AccountId,
    /// Since when.
    pub paired_at: UtcMicros,
    /// Until when.
    pub ended_at: Option<UtcMicros>,
    /// Why it was ended.
    pub end_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
