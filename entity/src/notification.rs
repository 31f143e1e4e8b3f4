//! An in-app message.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, NotificationId};
use crate::time::UtcMicros;

/// An in-app message.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NotificationId,
    /// To whom.
    pub account_id: AccountId,
    /// What about.
    pub kind: String,
    /// Its numbers and names, as JSON.
    pub params: String,
    /// The same key is one message.
    pub dedupe_key: String,
    /// When.
    pub created_at: UtcMicros,
    /// When read.
    pub read_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
