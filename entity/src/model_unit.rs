//! A unit held up as a model of co-building (共建示范单位).

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, ModelUnitId, UnitId};
use crate::time::UtcMicros;

/// A unit held up as a model of co-building (共建示范单位).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model_unit")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ModelUnitId,
    /// The community.
    pub community_id: CommunityId,
    /// The unit.
    pub unit_id: UnitId,
    /// For which year.
    pub year: i32,
    /// What for.
    pub reason: String,
    /// Who awarded it.
    pub awarded_by: AccountId,
    /// When.
    pub awarded_at: UtcMicros,
    /// When it was taken back.
    pub revoked_at: Option<UtcMicros>,
    /// Why.
    pub revoke_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
