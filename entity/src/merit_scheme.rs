//! The rules of a year of merit (量化积分办法).

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, MeritSchemeId};
use crate::time::UtcMicros;

/// The rules of a year of merit (量化积分办法).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merit_scheme")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MeritSchemeId,
    /// The community.
    pub community_id: CommunityId,
    /// The year.
    pub year: i32,
    /// 1, 2, 3 …
    pub version: i32,
    /// Most points of a year.
    pub annual_max: i64,
    /// Grades from the best to the worst, as JSON.
    pub grades: String,
    /// Who published it.
    pub published_by: AccountId,
    /// When.
    pub published_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
