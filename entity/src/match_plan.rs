//! A plan of matches (撮合方案) for a community, as it was drawn.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, MatchPlanId};
use crate::time::UtcMicros;

/// A plan of matches (撮合方案) for a community, as it was drawn.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "match_plan")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MatchPlanId,
    /// The community.
    pub community_id: CommunityId,
    /// Who drew it.
    pub drawn_by: AccountId,
    /// When.
    pub drawn_at: UtcMicros,
    /// Until when it can be proposed.
    pub expires_at: UtcMicros,
    /// Needs that waited for help.
    pub needs: i32,
    /// Helpers that could be asked.
    pub helpers: i32,
    /// Needs that ask for a term without a number.
    pub left_out: i32,
    /// Needs with places that nobody is planned for.
    pub open_needs: i32,
    /// Those places.
    pub open_places: i64,
    /// Pairs planned.
    pub lines: i32,
    /// Pairs weighed against each other.
    pub candidates: i64,
    /// Sum of the scores, in millionths.
    pub score: i64,
    /// No plan over the same candidates can score more.
    pub bound: i64,
    /// How far the score can be from the best one at most, parts in a million.
    pub gap_ppm: i32,
    /// Helpers with at least one pair.
    pub asked: i32,
    /// Share of the pairs that goes to the busiest hundredth of the helpers.
    pub busiest_ppm: i32,
    /// Gini coefficient of the load.
    pub gini_ppm: i32,
    /// The same as `asked` without rotation, where it was asked for.
    pub unrotated_asked: Option<i32>,
    /// The same as `busiest_ppm`.
    pub unrotated_busiest_ppm: Option<i32>,
    /// The same as `gini_ppm`.
    pub unrotated_gini_ppm: Option<i32>,
    /// Who had it proposed.
    pub proposed_by: Option<AccountId>,
    /// When.
    pub proposed_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
