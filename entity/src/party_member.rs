//! A Party member (党员); nothing in the row names a person in clear.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, PartyMemberId};
use crate::time::UtcMicros;

/// How far a membership is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PartyMemberState {
    /// The person said so and agreed.
    Declared,
    /// Who keeps the affairs confirmed it.
    Confirmed,
    /// The consent was withdrawn.
    Withdrawn,
}

/// A Party member (党员); nothing in the row names a person in clear.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "party_member")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartyMemberId,
    /// The community.
    pub community_id: CommunityId,
    /// Keyed hash of the account; random once the consent is withdrawn.
    pub subject_index: Vec<u8>,
    /// Account, class and branch, sealed; none once the consent is withdrawn.
    pub sealed: Option<Vec<u8>>,
    /// How far it is.
    pub state: PartyMemberState,
    /// Version of the consent given.
    pub consent_version: i32,
    /// Declared.
    pub declared_at: UtcMicros,
    /// Who confirmed it.
    pub confirmed_by: Option<AccountId>,
    /// Confirmed.
    pub confirmed_at: Option<UtcMicros>,
    /// Consent withdrawn.
    pub withdrawn_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
