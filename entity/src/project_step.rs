//! Something that happened to a project; never changed.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, ProjectId, ProjectStepId};
use crate::time::UtcMicros;

/// What moves a project on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectStep {
    /// Written down.
    Draft,
    /// Handed in.
    Submit,
    /// Put before a panel.
    OpenReview,
    /// The panel was called off.
    Recall,
    /// Given back to be changed.
    Return,
    /// Found good.
    Approve,
    /// Not found good.
    Reject,
    /// Opened to partners.
    Publish,
    /// Has its partners.
    Match,
    /// Begun.
    Start,
    /// Carried out.
    Complete,
    /// Looked back on.
    Evaluate,
    /// Called off.
    Cancel,
}

/// Something that happened to a project; never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_step")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectStepId,
    /// The community.
    pub community_id: CommunityId,
    /// The project.
    pub project_id: ProjectId,
    /// What happened.
    pub kind: ProjectStep,
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
