//! What is particular to a need (需求).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::activity::RiskLevel;
use crate::id::{ListingId, RecipientId};
use crate::time::UtcMicros;

/// How urgent a need is (急难愁盼), the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Urgency {
    /// 急
    Urgent,
    /// 难
    Difficult,
    /// 愁
    Worrying,
    /// 盼
    LongedFor,
}

/// How somebody agreed to a need being filed for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentKind {
    /// By word of mouth.
    Spoken,
    /// In writing.
    Written,
    /// A family member agreed for them.
    Family,
}

/// What is particular to a need (需求).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "need")]
pub struct Model {
    /// The listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ListingId,
    /// The person served.
    pub recipient_id: RecipientId,
    /// Code of the `RELIEF_KIND` list.
    pub relief_kind: String,
    /// How urgent.
    pub urgency: Urgency,
    /// How long it takes.
    pub minutes: i32,
    /// Codes of the SKILL list, with commas between.
    pub skills: String,
    /// Codes of the QUALIFICATION list, with commas between.
    pub qualifications: String,
    /// Youngest age of a helper.
    pub min_age: i32,
    /// How risky.
    pub risk_level: RiskLevel,
    /// The risks.
    pub risk_note: String,
    /// Accident insurance.
    pub insurance_ref: Option<String>,
    /// How the person served agreed, when somebody else filed it.
    pub consent: Option<ConsentKind>,
    /// More about it, such as where the paper is kept.
    pub consent_note: Option<String>,
    /// When.
    pub consent_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
