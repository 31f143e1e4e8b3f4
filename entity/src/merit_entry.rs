//! Merit recorded, claimed or put right.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, MeritAccountId, MeritEntryId, MeritSchemeId};
use crate::time::{BusinessDate, UtcMicros};

/// How far an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MeritState {
    /// Claimed, waits.
    Pending,
    /// Counts.
    Posted,
    /// Refused.
    Rejected,
}

/// Merit recorded, claimed or put right.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merit_entry")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MeritEntryId,
    /// To which account.
    pub account_id: MeritAccountId,
    /// By which rules.
    pub scheme_id: MeritSchemeId,
    /// By which item.
    pub item_code: String,
    /// Points after the limits; 0 while it waits or when it was refused.
    pub granted: i64,
    /// When it happened.
    pub occurred_on: BusinessDate,
    /// A remark.
    pub note: Option<String>,
    /// How far it is.
    pub state: MeritState,
    /// Who recorded it; none where the member claims it.
    pub recorder_id: Option<AccountId>,
    /// The entry it puts right.
    pub corrects: Option<MeritEntryId>,
    /// Who decided on the claim.
    pub decider_id: Option<AccountId>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Written.
    pub created_at: UtcMicros,
    /// Decided.
    pub decided_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
