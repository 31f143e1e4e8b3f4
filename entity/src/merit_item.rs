//! What brings or costs merit.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::MeritSchemeId;

/// Who may record an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MeritRecorder {
    /// The member claims it and somebody confirms.
    Member,
    /// Who keeps the affairs of the member's place.
    Branch,
    /// Who keeps the affairs of the whole community.
    Committee,
}

/// What brings or costs merit.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merit_item")]
pub struct Model {
    /// The rules it is part of.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scheme_id: MeritSchemeId,
    /// Code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// What it is.
    pub label: String,
    /// Points each time; negative for a deduction.
    pub points: i64,
    /// Most points of a year by it, either way.
    pub annual_max: i64,
    /// For which classes of members, as JSON; empty for all.
    pub member_classes: String,
    /// Who may record it.
    pub recorder: MeritRecorder,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
