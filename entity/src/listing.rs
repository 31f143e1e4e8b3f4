//! A listing: one line of the three lists (三张清单), a need, a resource or a service offer.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, ListingId, RegionId, TeamId, UnitId};
use crate::team::TeamColour;
use crate::time::UtcMicros;

/// Of which list a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListingKind {
    /// 需求
    Need,
    /// 资源
    Resource,
    /// 服务
    ServiceOffer,
}

/// How far a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListingState {
    /// Written down, and still its author's to change.
    Draft,
    /// Found true.
    Verified,
    /// Open to everybody of the community.
    Published,
    /// A part is promised.
    PartlyMatched,
    /// All of it is promised.
    Matched,
    /// All of it has been given.
    Fulfilled,
    /// Answered and closed.
    Closed,
    /// Taken back by its owner.
    Withdrawn,
    /// Run out.
    Expired,
}

/// How a listing came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IntakeChannel {
    /// 小程序
    MiniProgram,
    /// 电话
    Phone,
    /// 纸质
    Paper,
}

/// A listing: one line of the three lists (三张清单), a need, a resource or a service offer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "listing")]
pub struct Model {
    /// Id; the need, resource or service offer has the same.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ListingId,
    /// The community.
    pub community_id: CommunityId,
    /// Of which list.
    pub kind: ListingKind,
    /// Where it lies in the grid tree.
    pub region_id: RegionId,
    /// Whose it is: a person (of a need the person served, where there is an account),
    pub owner_account_id: Option<AccountId>,
    /// or a team,
    pub owner_team_id: Option<TeamId>,
    /// or a unit.
    pub owner_unit_id: Option<UnitId>,
    /// Who wrote it down.
    pub filed_by: AccountId,
    /// How it came in.
    pub channel: IntakeChannel,
    /// Title.
    pub title: String,
    /// What is wanted or offered.
    pub description: String,
    /// Code of the `SERVICE_TYPE` list; of a resource, and of a need of things, of the `RESOURCE_CATEGORY` list.
    pub category: String,
    /// Teams of which colour it suits.
    pub colour: Option<TeamColour>,
    /// Where, roughly; the exact place is sealed.
    pub place: String,
    /// Millionths of a degree, rounded to a cell.
    pub latitude: Option<i64>,
    /// Millionths of a degree, rounded to a cell.
    pub longitude: Option<i64>,
    /// Name, telephone and exact place, sealed.
    pub contact_sealed: Option<Vec<u8>>,
    /// What the quantity counts, such as 人 or 份.
    pub measure: String,
    /// How many are wanted or offered.
    pub quantity: i64,
    /// How many of them are promised.
    pub reserved: i64,
    /// How many of those have been given.
    pub done: i64,
    /// How far it is.
    pub state: ListingState,
    /// From when it holds.
    pub valid_from: UtcMicros,
    /// Until when it holds.
    pub valid_until: UtcMicros,
    /// When it was written down.
    pub filed_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
