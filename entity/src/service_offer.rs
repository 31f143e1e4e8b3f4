//! What is particular to a service offer (服务).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::ListingId;

/// How a service is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceMode {
    /// 常态: whenever it is asked for, up to its capacity at a time.
    Standing,
    /// 预约: by slot.
    Bookable,
}

/// What is particular to a service offer (服务).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_offer")]
pub struct Model {
    /// The listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ListingId,
    /// Standing or bookable.
    pub mode: ServiceMode,
    /// When, in words.
    pub hours: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
