//! How a community reviews one kind of subject, one row per version.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId};
use crate::review_round::SubjectKind;
use crate::time::UtcMicros;

/// How a community reviews one kind of subject, one row per version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_policy")]
pub struct Model {
    /// The community.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// Of what.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_kind: SubjectKind,
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// How many must have scored: k.
    pub votes_needed: i32,
    /// How many sit on the panel: n.
    pub panel_size: i32,
    /// Days to score in.
    pub days: i32,
    /// Days before the end at which who has not scored is reminded.
    pub remind_days: i32,
    /// Spread of the totals, in hundredths of a point, beyond which it is wide.
    pub spread_bps: i32,
    /// What is judged by: a JSON list of code, label and weight.
    pub criteria: String,
    /// Who published it.
    pub published_by: AccountId,
    /// When.
    pub published_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
