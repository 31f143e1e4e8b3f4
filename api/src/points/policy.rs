//! To be written: the versioned rules of earning.

use entity::id::CommunityId;
use entity::points_policy;
use entity::time::BusinessDate;
use sea_orm::ConnectionTrait;

use crate::error::{Code, Result};
use crate::tx::Tx;

/// Gives a new community its first policy, in force from the beginning.
///
/// # Errors
/// When the database refuses.
pub async fn seed(_tx: &Tx, _community_id: CommunityId) -> Result<()> {
    Err(Code::Internal.into())
}

/// The policy that governs a business date.
///
/// # Errors
/// When the community has none.
pub async fn in_force(_connection: &impl ConnectionTrait, _community_id: CommunityId, _date: BusinessDate) -> Result<points_policy::Model> {
    Err(Code::Internal.into())
}
