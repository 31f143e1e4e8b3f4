//! A signed-in device.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, ActingRelationId, LoginSessionId};
use crate::time::UtcMicros;

/// What kind of client signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientKind {
    /// 志愿者 App
    App,
    /// 微信小程序
    MiniProgram,
    /// 评审工作台
    Panel,
}

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
    /// What kind of client it is.
    pub client: ClientKind,
    /// When a second factor was shown.
    pub second_factor_at: Option<UtcMicros>,
    /// Who acts for the account's owner on it.
    pub acted_by: Option<AccountId>,
    /// By which relation.
    pub relation_id: Option<ActingRelationId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
