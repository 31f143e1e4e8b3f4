//! Something done for somebody else.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, ActingRelationId, ActingStepId};
use crate::time::UtcMicros;

/// Something done for somebody else.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "acting_step")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActingStepId,
    /// By which relation.
    pub relation_id: ActingRelationId,
    /// For whom.
    pub principal_id: AccountId,
    /// By whom.
    pub helper_id: AccountId,
    /// The mutations, as the schema names them.
    pub operation: String,
    /// The request.
    pub request_id: String,
    /// When.
    pub happened_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
