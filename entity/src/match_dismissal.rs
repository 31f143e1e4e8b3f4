//! A pair of need and helper that is not to be proposed for a while.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, ListingId, MatchDismissalId, TeamId, VolunteerId};
use crate::time::{BusinessDate, UtcMicros};

/// A pair of need and helper that is not to be proposed for a while.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "match_dismissal")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MatchDismissalId,
    /// The community.
    pub community_id: CommunityId,
    /// The need.
    pub need_id: ListingId,
    /// A volunteer,
    pub volunteer_id: Option<VolunteerId>,
    /// or a team,
    pub team_id: Option<TeamId>,
    /// or a resource or a service offer.
    pub offering_id: Option<ListingId>,
    /// Who said so.
    pub dismissed_by: AccountId,
    /// Why.
    pub reason: String,
    /// The first day on which the pair may be proposed again.
    pub until: BusinessDate,
    /// When.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
