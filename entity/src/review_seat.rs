//! A reviewer's seat on the panel of a round.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ReviewRoundId};
use crate::time::UtcMicros;

/// How far a reviewer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SeatState {
    /// Is to score.
    Active,
    /// Has scored.
    Scored,
    /// Is tied to the subject and does not judge.
    Recused,
    /// Enough others had scored, or the round was called off.
    Released,
}

/// What ties a reviewer to a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Tie {
    /// Applied, or is nominated.
    Applicant,
    /// Belongs to the unit.
    OwnUnit,
    /// Belongs to the team.
    OwnTeam,
    /// Is of the family of somebody who has a stake.
    Family,
    /// Says so, or it is nothing that may be written down.
    Declared,
}

/// A reviewer's seat on the panel of a round.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_seat")]
pub struct Model {
    /// The round.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round_id: ReviewRoundId,
    /// The reviewer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// How far the reviewer is.
    pub state: SeatState,
    /// Why recused.
    pub tie: Option<Tie>,
    /// What the reviewer said of it.
    pub tie_note: Option<String>,
    /// For whom the reviewer came in.
    pub replaces: Option<AccountId>,
    /// Since when.
    pub seated_at: UtcMicros,
    /// When scored, recused or released.
    pub settled_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
