//! A refresh token, by its hash.

use sea_orm::entity::prelude::*;

use crate::id::LoginSessionId;
use crate::time::UtcMicros;

/// A refresh token, by its hash.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    /// SHA-256 of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: Vec<u8>,
    /// Its family.
    pub login_session_id: LoginSessionId,
    /// When it was issued.
    pub issued_at: UtcMicros,
    /// When it dies.
    pub expires_at: UtcMicros,
    /// When it was used.
    pub rotated_at: Option<UtcMicros>,
    /// The token that replaced it, sealed, for a client whose answer was lost.
    pub successor_sealed: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
