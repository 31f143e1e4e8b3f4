//! What becomes due by the clock rather than by a request: the holder of the relay's lease does it every few seconds.
//!
//! Each piece of work takes a batch in a transaction of its own and is safe to repeat; it is repeated until nothing is left. One that fails keeps
//! no other from being done.

use crate::app::App;
use crate::bus;
use crate::error::Result;
use crate::exchange::review::due as review;
use crate::exchange::{listing, match_plan, need_match, project, task_list};
use crate::insight::audit::retention as audit_retention;
use crate::insight::personal::{correction, leave, retention};
use crate::people::account::{guess, phone_code};
use crate::people::helper_change;
use crate::people::session::token_key;
use crate::people::wechat;
use crate::points::{adjustment, expiry, redemption};
use crate::recognition::star;
use crate::service::{session, sign_up};
use crate::tx::Tx;

/// Batches of one piece of work before the others get their turn.
const TURNS_MAX: usize = 200;

/// Does everything that is due by now; wakes the relay when something was done.
///
/// # Errors
/// The first failure, after everything else has been tried.
pub async fn due_work(app: &App) -> Result<()> {
    let outcomes = [
        repeat(app, session::schedule_recurring).await,
        repeat(app, sign_up::lapse_offers).await,
        repeat(app, session::close_due).await,
        repeat(app, redemption::expire_due).await,
        repeat(app, expiry::run).await,
        repeat(app, expiry::warn).await,
        repeat(app, adjustment::lapse_due).await,
        repeat(app, need_match::expire_due).await,
        repeat(app, listing::expire_due).await,
        repeat(app, star::settle_due).await,
        repeat(app, review::remind_due).await,
        repeat(app, review::publish_due).await,
        repeat(app, project::repeat_due).await,
        repeat(app, task_list::cut_off).await,
        repeat(app, task_list::remind_due).await,
        repeat(app, task_list::close_due).await,
        match_plan::propose_due(&app.db).await,
        repeat(app, bus::log::prune).await,
        repeat(app, guess::prune).await,
        repeat(app, phone_code::prune).await,
        repeat(app, helper_change::prune).await,
        repeat(app, wechat::login::prune).await,
        repeat(app, wechat::check::prune).await,
        repeat(app, audit_retention::cut).await,
        repeat(app, correction::remind_due).await,
        repeat(app, retention::run).await,
        leave::sweep_due(&app.db, &app.keys).await,
    ];
    let keys = repeat(app, token_key::replace_due).await;
    if keys.as_ref().is_ok_and(|keys| *keys > 0) {
        app.sessions.tokens().reload(&app.db).await?;
    }
    keys?;
    // Nobody is told of a sealed block or of a link of the audit log, so they wake nobody.
    let sealed = app.sealer.pass(&app.db).await;
    let chained = app.chainer.pass(&app.db).await;
    let outcomes: Vec<u64> = outcomes.into_iter().collect::<Result<_>>()?;
    if outcomes.iter().any(|done| *done > 0) {
        app.wake.notify_one();
    }
    sealed.and(chained).map(|_| ())
}

/// Repeats a piece of work until it has nothing left to do; gives how much it did.
async fn repeat<N: TryInto<u64>>(app: &App, work: impl AsyncFn(&Tx) -> Result<N>) -> Result<u64> {
    let mut done = 0;
    for _ in 0..TURNS_MAX {
        let tx = app.db.begin().await?;
        let part = work(&tx).await?.try_into().unwrap_or(u64::MAX);
        if part == 0 {
            break;
        }
        tx.commit().await?;
        done += part;
    }
    Ok(done)
}
