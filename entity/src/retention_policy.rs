//! How long a community keeps what it keeps of people (保存期限), one row per version.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId};
use crate::time::{BusinessDate, UtcMicros};

/// How long a community keeps what it keeps of people (保存期限), one row per version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_policy")]
pub struct Model {
    /// The community.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// First day on which it holds.
    pub effective_from: BusinessDate,
    /// Days after which a sign-in that ended goes.
    pub sign_in_days: i32,
    /// Days after which a message goes, read or not.
    pub message_days: i32,
    /// Days after which the first answer of a key goes.
    pub key_days: i32,
    /// Days after the end of a listing at which its sealed contact goes.
    pub contact_days: i32,
    /// Days after which it is forgotten what somebody looked at a contact for; that they looked stays.
    pub look_days: i32,
    /// Days after its decision at which what a correction said goes.
    pub request_days: i32,
    /// Working days in which a correction is decided.
    pub correction_days: i32,
    /// Who published it.
    pub published_by: AccountId,
    /// When.
    pub published_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
