//! A local unit (驻区单位).

use sea_orm::entity::prelude::*;

use crate::id::{CommunityId, UnitId};
use crate::time::UtcMicros;

/// A local unit (驻区单位).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnitId,
    /// The community.
    pub community_id: CommunityId,
    /// Name.
    pub name: String,
    /// Code of the `UNIT_KIND` list.
    pub kind: String,
    /// When it was entered.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
