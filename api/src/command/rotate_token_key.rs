//! `qicai rotate-token-key`: lets access tokens be signed by a new key.

use std::fmt;

use domain::app::App;
use domain::error::Result;
use domain::people::session::token_key::{self, Turn};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report(pub Turn);

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "key {} signs from {}; tokens of the old one hold until they run out", self.0.number, self.0.signs_from.date_time().to_rfc3339())
    }
}

/// Writes the next key down.
///
/// # Errors
/// When the database refuses.
pub async fn run(app: &App) -> Result<Report> {
    let tx = app.db.begin().await?;
    let turn = token_key::replace(&tx).await?;
    tx.commit().await?;
    Ok(Report(turn))
}
