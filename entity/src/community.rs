//! A community (社区), the tenant.

use sea_orm::entity::prelude::*;

use crate::id::{CommunityId, RegionId};
use crate::time::UtcMicros;

/// A community (社区), the tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "community")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommunityId,
    /// Its place in the region tree.
    pub region_id: RegionId,
    /// Name.
    pub name: String,
    /// When it was opened.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
