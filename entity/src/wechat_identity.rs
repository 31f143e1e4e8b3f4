//! Somebody as one mini-program or application of WeChat knows them.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, WechatIdentityId};
use crate::time::UtcMicros;

/// Somebody as one mini-program or application of WeChat knows them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wechat_identity")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WechatIdentityId,
    /// Whose.
    pub account_id: AccountId,
    /// The mini-program or application.
    pub app_id: String,
    /// Keyed hash of the openid, to look it up.
    pub openid_index: Vec<u8>,
    /// The openid, sealed.
    pub openid_sealed: Vec<u8>,
    /// Keyed hash of the unionid, where WeChat gives one.
    pub unionid_index: Option<Vec<u8>>,
    /// The unionid, sealed, so that its hash can be made anew when the secret changes.
    pub unionid_sealed: Option<Vec<u8>>,
    /// First seen.
    pub created_at: UtcMicros,
    /// Last seen.
    pub seen_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
