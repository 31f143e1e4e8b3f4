//! A co-building project (共建项目).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, ProjectId, RegionId, TeamId, UnitId};
use crate::time::{BusinessDate, UtcMicros};

/// How far a project is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectState {
    /// Being written.
    Draft,
    /// Handed in; its evidence is frozen.
    Submitted,
    /// Before a panel.
    UnderReview,
    /// To be changed and handed in again.
    Returned,
    /// Found good.
    Approved,
    /// Open to partners.
    Published,
    /// Has its partners.
    Matched,
    /// Under way.
    InProgress,
    /// Carried out.
    Completed,
    /// Looked back on.
    Evaluated,
    /// Not found good.
    Rejected,
    /// Called off.
    Cancelled,
}

/// A co-building project (共建项目).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectId,
    /// The community.
    pub community_id: CommunityId,
    /// Where it is carried out.
    pub region_id: RegionId,
    /// The team that applies, or
    pub owner_team_id: Option<TeamId>,
    /// the unit.
    pub owner_unit_id: Option<UnitId>,
    /// Who wrote it.
    pub applicant_id: AccountId,
    /// Title.
    pub title: String,
    /// What is to be done, and why.
    pub summary: String,
    /// Code of the `PROJECT_CATEGORY` list.
    pub category: String,
    /// Code of the `CO_BUILD_MODE` list.
    pub mode: String,
    /// Codes of the `CO_BUILD_CONTENT` list, separated by commas.
    pub contents: String,
    /// How many people are to gain by it.
    pub beneficiaries: i32,
    /// What it costs, as text.
    pub budget: String,
    /// Who pays, as text.
    pub funding_source: String,
    /// First day.
    pub starts_on: BusinessDate,
    /// Last day.
    pub ends_on: BusinessDate,
    /// Minutes of service it is to bring.
    pub minutes_goal: i64,
    /// Whether it comes again every year.
    pub yearly: bool,
    /// The project of the year before.
    pub repeats_id: Option<ProjectId>,
    /// The signed agreement.
    pub agreement_ref: Option<String>,
    /// When signed.
    pub agreement_signed_on: Option<BusinessDate>,
    /// Last day it holds.
    pub agreement_valid_to: Option<BusinessDate>,
    /// The insurance.
    pub insurance_ref: Option<String>,
    /// First day it covers.
    pub insurance_from: Option<BusinessDate>,
    /// Last day it covers.
    pub insurance_to: Option<BusinessDate>,
    /// How far it is.
    pub state: ProjectState,
    /// How many were asked afterwards.
    pub surveyed: Option<i32>,
    /// How many of them were satisfied.
    pub satisfied: Option<i32>,
    /// How many people gained by it.
    pub reached: Option<i32>,
    /// What came of it.
    pub evaluation: Option<String>,
    /// When it was written.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
