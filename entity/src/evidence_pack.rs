//! Evidence as it stood at a submission (评审材料包); never changed.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, EvidencePackId};
use crate::review_round::SubjectKind;
use crate::time::UtcMicros;

/// Evidence as it stood at a submission (评审材料包); never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence_pack")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EvidencePackId,
    /// The community.
    pub community_id: CommunityId,
    /// Of what.
    pub subject_kind: SubjectKind,
    /// Of which.
    pub subject_id: Uuid,
    /// 1, 2, 3 … of its subject.
    pub number: i32,
    /// SHA-256 of the list of hashes, as `sha256sum` writes it.
    pub sha256: Vec<u8>,
    /// Who submitted.
    pub frozen_by: AccountId,
    /// When.
    pub frozen_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
