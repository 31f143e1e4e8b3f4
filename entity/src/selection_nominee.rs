//! Somebody nominated for a selection.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, SelectionNomineeId, SelectionRoundId, VolunteerId};
use crate::time::UtcMicros;

/// Who nominated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NominationSource {
    /// The person.
    Own,
    /// A team.
    Team,
    /// A unit.
    Unit,
    /// The leaderboard.
    Automatic,
}

/// How far a nomination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NomineeState {
    /// Waits for the person.
    Nominated,
    /// Stands for election.
    Accepted,
    /// The person does not want to.
    Declined,
    /// The panel rejected it, or an objection was upheld.
    Excluded,
}

/// Somebody nominated for a selection.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "selection_nominee")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SelectionNomineeId,
    /// For which selection.
    pub round_id: SelectionRoundId,
    /// Who.
    pub volunteer_id: VolunteerId,
    /// By whom.
    pub source: NominationSource,
    /// Account that nominated; none where it happened by itself.
    pub nominated_by: Option<AccountId>,
    /// Why.
    pub statement: String,
    /// How far it is.
    pub state: NomineeState,
    /// Certified minutes on the frozen leaderboard.
    pub minutes: i64,
    /// The panel's mean score in hundredths, after the voting; none where the panel has no weight.
    pub panel: Option<i64>,
    /// Votes, after the voting.
    pub votes: Option<i64>,
    /// Weighted sum in hundredths.
    pub total: Option<i64>,
    /// Place among those who accepted.
    pub place: Option<i32>,
    /// Nominated.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
