//! To be written.

/// Tokens and the actors behind them.
pub struct Sessions;

impl Sessions {
    pub async fn actor(&self, _db: &crate::db::Db, _token: &str) -> Result<std::sync::Arc<crate::people::permission::Actor>, crate::error::Code> {
        Err(crate::error::Code::TokenInvalid)
    }
}
