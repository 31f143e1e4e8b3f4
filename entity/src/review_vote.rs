//! What a reviewer found; never changed.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, ReviewRoundId};
use crate::review_round::Verdict;
use crate::time::UtcMicros;

/// What a reviewer found; never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_vote")]
pub struct Model {
    /// The round.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round_id: ReviewRoundId,
    /// The reviewer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// The finding.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// Weighted mean of the points, in hundredths of a point.
    pub total_bps: i32,
    /// When.
    pub voted_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
