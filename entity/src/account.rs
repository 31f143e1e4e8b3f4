//! Someone who can sign in.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId};
use crate::time::UtcMicros;

/// Someone who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// Home community.
    pub community_id: CommunityId,
    /// Keyed hash of the phone, to look it up; of the account's own id while there is no phone.
    pub phone_index: Vec<u8>,
    /// The phone, sealed; empty while there is none.
    pub phone_sealed: Vec<u8>,
    /// argon2id; none until the person set a password.
    pub password_hash: Option<String>,
    /// When it was opened.
    pub created_at: UtcMicros,
    /// When it was closed.
    pub closed_at: Option<UtcMicros>,
    /// Whether there is a phone: not yet for who came in by WeChat.
    pub phone_bound: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
