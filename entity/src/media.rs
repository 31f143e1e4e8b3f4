//! Pictures that people sent.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, MediaId, RegionId};
use crate::time::UtcMicros;

/// How far a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MediaState {
    /// Its files are being written; it exists for nobody yet.
    Storing,
    /// 待审核: only its owner and those who decide see it.
    Pending,
    /// 已通过
    Approved,
    /// 未通过: its files are gone, the row stays.
    Rejected,
    /// 已删除: taken back by its owner, or never stored whole.
    Deleted,
}

/// As what its files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MediaKind {
    /// image/jpeg
    Jpeg,
    /// image/png
    Png,
}

/// A picture that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "media")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MediaId,
    /// Its owner's community.
    pub community_id: CommunityId,
    /// Where its owner lives; who works there decides on it.
    pub region_id: RegionId,
    /// Its owner.
    pub account_id: AccountId,
    /// SHA-256 of what was sent, by which the same picture is known again.
    pub sha256: Vec<u8>,
    /// As what its files are written.
    pub kind: MediaKind,
    /// Length of the larger file.
    pub bytes: i64,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// How far it is.
    pub state: MediaState,
    /// When it was sent.
    pub created_at: UtcMicros,
    /// When it was decided on.
    pub decided_at: Option<UtcMicros>,
    /// By whom; nobody when WeChat did.
    pub decided_by: Option<AccountId>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// When WeChat is to be asked about it next.
    pub check_at: Option<UtcMicros>,
    /// How often that was tried.
    pub check_tries: i32,
    /// When its files are to be deleted.
    pub purge_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
