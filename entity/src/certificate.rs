//! A certificate of volunteer service (志愿服务证明).

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CertificateId, CommunityId, VolunteerId};
use crate::time::{BusinessDate, UtcMicros};

/// A certificate of volunteer service (志愿服务证明).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CertificateId,
    /// Who issued it.
    pub community_id: CommunityId,
    /// Who served.
    pub volunteer_id: VolunteerId,
    /// Its public number.
    pub number: String,
    /// First day it covers.
    pub period_from: BusinessDate,
    /// Last day it covers.
    pub period_to: BusinessDate,
    /// Certified minutes.
    pub minutes: i64,
    /// Certified records.
    pub records: i32,
    /// What it says, frozen as JSON.
    pub snapshot: String,
    /// SHA-256 of the snapshot.
    pub digest: Vec<u8>,
    /// Account that asked for it.
    pub issued_by: AccountId,
    /// When.
    pub issued_at: UtcMicros,
    /// Who revoked it.
    pub revoked_by: Option<AccountId>,
    /// When it was revoked.
    pub revoked_at: Option<UtcMicros>,
    /// Why it was revoked.
    pub revoke_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
