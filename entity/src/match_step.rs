//! Something that happened to a match; never changed.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, MatchStepId, NeedMatchId};
use crate::time::UtcMicros;

/// What happens to a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MatchStepKind {
    /// It was proposed.
    Proposed,
    /// The missing word was given.
    Accepted,
    /// The helper began.
    Started,
    /// The helper ended.
    Finished,
    /// The person served confirmed it.
    Confirmed,
    /// Somebody said no.
    Declined,
    /// The time ran out.
    Expired,
    /// Somebody took their word back.
    Withdrawn,
    /// Somebody disputed it.
    Disputed,
    /// The dispute was decided.
    Resolved,
}

/// Something that happened to a match; never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "match_step")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MatchStepId,
    /// The community.
    pub community_id: CommunityId,
    /// The match.
    pub match_id: NeedMatchId,
    /// What happened.
    pub kind: MatchStepKind,
    /// When.
    pub happened_at: UtcMicros,
    /// Who did it; none for the program.
    pub account_id: Option<AccountId>,
    /// What was said.
    pub note: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
