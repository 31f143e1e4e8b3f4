//! A licence that the community has seen.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, VolunteerId};
use crate::time::{BusinessDate, UtcMicros};

/// A licence that the community has seen.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer_qualification")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// Code of the QUALIFICATION list.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Who saw it.
    pub verified_by: AccountId,
    /// When.
    pub verified_at: UtcMicros,
    /// Last day it holds.
    pub valid_until: Option<BusinessDate>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
