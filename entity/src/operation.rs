//! One business operation of the ledger, which is also its idempotency record.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, OperationId};
use crate::time::{BusinessDate, UtcMicros};

/// What an operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationKind {
    /// Points for a certified record.
    Award,
    /// A record was revoked.
    ReverseAward,
    /// Points spent on a reward.
    Redeem,
    /// A reservation was cancelled or ran out.
    Refund,
    /// Points expired.
    Expire,
    /// A correction by two people.
    Adjust,
}

/// One business operation of the ledger, which is also its idempotency record.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operation")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: OperationId,
    /// The community.
    pub community_id: CommunityId,
    /// One key, one intention.
    pub idem_key: String,
    /// SHA-256 of the input.
    pub request_hash: Vec<u8>,
    /// What happened.
    pub kind: OperationKind,
    /// The record, redemption or adjustment behind it.
    pub cause_id: Uuid,
    /// The operation it takes back.
    pub reverses: Option<OperationId>,
    /// Who did it; none for the program itself.
    pub actor_id: Option<AccountId>,
    /// Who agreed.
    pub approver_id: Option<AccountId>,
    /// Why.
    pub reason: Option<String>,
    /// The policy it followed.
    pub policy_version: Option<i32>,
    /// The day it counts for.
    pub business_date: BusinessDate,
    /// When.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
