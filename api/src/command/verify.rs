//! `qicai verify`: recomputes balances, totals, ranks and proofs from the rows.

use domain::app::App;
use domain::error::Result;
use domain::insight::verify;
use domain::relay::Relay;

pub use domain::insight::verify::Report;

/// Lets the relay catch up, then checks everything. Any difference is a fault: see [`Report::is_clean`].
///
/// # Errors
/// `UNAVAILABLE` when another process holds the relay and does not get on with it, or Redis is away; when the database cannot be read.
pub async fn run(app: &App) -> Result<Report> {
    Relay::new()?.drain(app).await?;
    verify::run(app).await
}
