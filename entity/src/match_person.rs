//! Who serves in a match.

use sea_orm::entity::prelude::*;

use crate::id::{NeedMatchId, ServiceRecordId, VolunteerId};

/// Who serves in a match.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "match_person")]
pub struct Model {
    /// The match.
    #[sea_orm(primary_key, auto_increment = false)]
    pub match_id: NeedMatchId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// The record that came of it.
    pub record_id: Option<ServiceRecordId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
