//! A leader's telephone that signs check-ins without network.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, DeviceKeyId};
use crate::time::UtcMicros;

/// A leader's telephone that signs check-ins without network.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "device_key")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeviceKeyId,
    /// Whose.
    pub account_id: AccountId,
    /// What the owner calls it.
    pub name: String,
    /// Ed25519 public key, 32 bytes.
    pub public_key: Vec<u8>,
    /// Registered.
    pub created_at: UtcMicros,
    /// No longer trusted since.
    pub revoked_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
