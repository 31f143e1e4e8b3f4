//! What becomes due by the clock rather than by a request: the holder of the relay's lease does it every few seconds.
//!
//! Each piece of work takes what is due in batches, a transaction each, until nothing is left. It is safe to repeat, and one that fails keeps nothing
//! else from being done.

use crate::app::App;
use crate::error::{Error, Result};
use crate::points::{adjustment, expiry, redemption};
use crate::service::{session, sign_up};

/// Batches of one kind of work in one go; what is left waits for the next.
const BATCHES_MAX: usize = 100;

/// Runs a piece of work batch by batch; a failure is kept unless there is one already.
macro_rules! until_done {
    ($app:ident, $failure:ident, $($work:path),+ $(,)?) => {$(
        let all = async {
            for _ in 0..BATCHES_MAX {
                let tx = $app.db.begin().await?;
                let done = $work(&tx).await?;
                tx.commit().await?;
                if done == 0 {
                    break;
                }
            }
            Ok::<(), Error>(())
        };
        if let Err(error) = all.await {
            tracing::warn!(work = stringify!($work), code = error.code.text(), source = ?error.source, "due work failed and will be tried again");
            $failure.get_or_insert(error);
        }
    )+};
}

/// Does everything that is due by now.
///
/// # Errors
/// The first failure, after everything else has been tried.
pub async fn due_work(app: &App) -> Result<()> {
    let mut failure = None;
    until_done!(
        app,
        failure,
        session::schedule_recurring,
        sign_up::lapse_offers,
        session::close_due,
        redemption::expire_due,
        adjustment::lapse_due,
        expiry::run,
        expiry::warn,
    );
    failure.map_or(Ok(()), Err)
}
