//! A signed-in device.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, LoginSessionId};
use crate::time::UtcMicros;

/// A signed-in device.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_session")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LoginSessionId,
    /// Whose.
    pub account_id: AccountId,
    /// What the client calls itself.
    pub device: String,
    /// Signed in.
    pub created_at: UtcMicros,
    /// Last refreshed.
    pub last_used_at: UtcMicros,
    /// Ends at the latest.
    pub expires_at: UtcMicros,
    /// Ended early.
    pub revoked_at: Option<UtcMicros>,
    /// Why it ended early.
    pub revoked_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
