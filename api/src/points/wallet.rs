//! To be written: wallets.

use entity::id::{CommunityId, VolunteerId, WalletId};

use crate::error::{Code, Result};
use crate::tx::Tx;

/// Opens the wallet of a new volunteer; called by registration, never lazily.
///
/// # Errors
/// When the database refuses.
pub async fn open(_tx: &Tx, _community_id: CommunityId, _volunteer_id: VolunteerId) -> Result<WalletId> {
    Err(Code::Internal.into())
}
