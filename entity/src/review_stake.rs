//! Who has a stake in a round.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::ReviewRoundId;

/// Who may have a stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StakeHolder {
    /// A person.
    Account,
    /// A unit.
    Unit,
    /// A team.
    Team,
    /// A person who competes with the subject.
    Rival,
}

/// Who has a stake in a round.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_stake")]
pub struct Model {
    /// The round.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round_id: ReviewRoundId,
    /// Of what kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder: StakeHolder,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
