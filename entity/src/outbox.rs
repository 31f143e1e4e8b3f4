//! A fact waiting for the relay.

use sea_orm::entity::prelude::*;

use crate::time::UtcMicros;

/// A fact waiting for the relay.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which fact.
    pub topic: String,
    /// The fact, as JSON.
    pub payload: String,
    /// When.
    pub created_at: UtcMicros,
    /// When a relay could not read it.
    pub set_aside_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
