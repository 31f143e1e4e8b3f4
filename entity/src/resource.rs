//! What is particular to a resource (资源).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::ListingId;

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResourceForm {
    /// 物资: counted, given away.
    Goods,
    /// 场地: has slots.
    Space,
    /// 设备: lent and given back.
    Equipment,
}

/// What is particular to a resource (资源).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resource")]
pub struct Model {
    /// The listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ListingId,
    /// Goods, space or equipment.
    pub form: ResourceForm,
    /// Longest loan of equipment.
    pub loan_days_max: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
