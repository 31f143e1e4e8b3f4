//! `import`: regions, teams and volunteers from CSV files.
//!
//! Every row is checked and each fault is named by row and column; then the file is taken as a whole or not at all. A dry run does everything and
//! takes it back. Rows are counted as a spreadsheet shows them: the header is row 1.
//!
//! Invariant: a file with a fault changes nothing.

use std::fmt;

use crate::error::{Error, Result};
use crate::tx::Tx;

pub mod regions;
mod table;
pub mod teams;
pub mod volunteers;

/// Most faults a report names; the rest are counted.
pub const FAULTS_MAX: usize = 1_000;

/// Something wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Row as a spreadsheet shows it; 1 is the header, 0 the file as a whole.
    pub row: u64,
    /// The column, by its name in the header; empty for the row as a whole.
    pub column: &'static str,
    /// What is wrong, in a sentence.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, self.column) {
            (0, _) => write!(out, "{}", self.reason),
            (row, "") => write!(out, "row {row}: {}", self.reason),
            (row, column) => write!(out, "row {row}, column {column}: {}", self.reason),
        }
    }
}

/// What an import did, or would have done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows read, without the header.
    pub rows: usize,
    /// Rows that are new.
    pub added: usize,
    /// Rows that changed something that was there.
    pub changed: usize,
    /// What is wrong; when anything is, nothing was taken.
    pub faults: Vec<Fault>,
    /// Faults beyond those named.
    pub more_faults: usize,
    /// Whether everything was taken back on purpose.
    pub dry_run: bool,
}

impl Report {
    /// Whether the file was taken, or would have been.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    fn refused(rows: usize, mut faults: Vec<Fault>, dry_run: bool) -> Self {
        faults.sort_by_key(|fault| fault.row);
        let more_faults = faults.len().saturating_sub(FAULTS_MAX);
        faults.truncate(FAULTS_MAX);
        Self { rows, faults, more_faults, dry_run, ..Self::default() }
    }
}

/// Commits, or takes everything back in a dry run.
async fn finish(tx: Tx, dry_run: bool) -> Result<()> {
    if dry_run { Ok(tx.connection.rollback().await?) } else { tx.commit().await }
}

/// A refusal of a rule as a fault of a row.
fn fault_of(row: u64, column: &'static str, error: Error) -> Result<Fault, Error> {
    use crate::error::Code;
    match error.code {
        Code::Internal | Code::Unavailable | Code::Conflict => Err(error),
        code => Ok(Fault { row, column, reason: code.en().to_owned() }),
    }
}
