//! A time in which a need may be met.

use sea_orm::entity::prelude::*;

use crate::id::ListingId;
use crate::time::UtcMicros;

/// A time in which a need may be met.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "need_window")]
pub struct Model {
    /// The need.
    #[sea_orm(primary_key, auto_increment = false)]
    pub need_id: ListingId,
    /// From.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: UtcMicros,
    /// Until.
    pub ends_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
