//! A text that people agree to, as a community published it.

use sea_orm::entity::prelude::*;

use crate::consent::ConsentPurpose;
use crate::id::{AccountId, CommunityId};
use crate::time::UtcMicros;

/// A text that people agree to, as a community published it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent_text")]
pub struct Model {
    /// The community.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// What it is for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purpose: ConsentPurpose,
    /// Its version, from 2 on.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// The text.
    pub text: String,
    /// Whether older consents no longer suffice.
    pub material: bool,
    /// Who published it.
    pub published_by: AccountId,
    /// When.
    pub published_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
