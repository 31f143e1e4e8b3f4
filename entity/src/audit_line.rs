//! What was about to be done, and by whom: a line of the audit log.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, AuditLineId, CommunityId, LoginSessionId};
use crate::time::UtcMicros;

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditLineId,
    /// Home of who did it; none for a sign-in that was refused.
    pub community_id: Option<CommunityId>,
    /// The account it was done with; none for a sign-in that was refused.
    pub account_id: Option<AccountId>,
    /// Who acted for the owner of the account, where somebody did.
    pub helper_id: Option<AccountId>,
    /// The signed-in device.
    pub login_session_id: Option<LoginSessionId>,
    /// The field, as the schema names it.
    pub operation: String,
    /// Ids found in the input, apart by a space.
    pub objects: String,
    /// How many more there were.
    pub objects_left_out: i32,
    /// The reason that was given.
    pub reason: Option<String>,
    /// The request.
    pub request_id: String,
    /// When it was begun.
    pub begun_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
