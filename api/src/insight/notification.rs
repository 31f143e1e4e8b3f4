//! stub
use crate::error::Result; use crate::event::Event; use crate::tx::Tx;
pub async fn apply(_tx: &Tx, _events: &[Event]) -> Result<()> { Ok(()) }
