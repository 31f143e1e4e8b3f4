//! `import`: regions, grids, units, teams, volunteers and members from CSV files.
//!
//! Every row is checked and each fault is named by row and column; then the file is taken as a whole or not at all. A dry run does everything and
//! takes it back. Rows are counted as a spreadsheet shows them: the header is row 1.
//!
//! Invariant: a file with a fault changes nothing.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;
use domain::error::{Error, Result};
use domain::tx::Tx;

use super::{admit, connect, fail, told};
use crate::config::Config;

pub mod grids;
pub mod members;
pub mod regions;
mod table;
pub mod teams;
pub mod units;
pub mod volunteers;

/// Most faults a report names; the rest are counted.
pub const FAULTS_MAX: usize = 1_000;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Official divisions: code, name, kind, `parent_code`.
    Regions,
    /// A community's own places (片区, 网格 …): code, name, `parent_code`.
    Grids,
    /// Local units of a community (驻区单位): name, kind.
    Units,
    /// Teams of a community.
    Teams,
    /// Volunteers of a community.
    Volunteers,
    /// Volunteers who checked in as Party members of a unit (双报到): phone, unit, `consented_on`, `region_code`.
    Members,
}

/// What to import.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// What the file holds.
    pub kind: Kind,
    /// The file.
    pub file: &'a Path,
    /// Official code of the community, for everything but regions.
    pub community: Option<&'a str>,
    /// Year of the official list, for regions.
    pub edition: Option<i32>,
    /// Do everything and take it back.
    pub dry_run: bool,
}

/// Takes a file and tells what came of it.
pub async fn run(config: &Config, order: Order<'_>) -> ExitCode {
    match take(config, &order).await {
        Ok(report) => {
            for fault in &report.faults {
                eprintln!("{}: {fault}", order.file.display());
            }
            println!("{report}");
            if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(reason) => fail(reason),
    }
}

async fn take(config: &Config, order: &Order<'_>) -> Result<Report, String> {
    let file = std::fs::read(order.file).map_err(|error| format!("{} cannot be read: {error}", order.file.display()))?;
    let community = || order.community.ok_or("say which community with --community CODE, its official code of 12 digits");
    let keys = config.keys()?;
    let db = connect(config).await?;
    db.migrate().await.map_err(|error| told(&error))?;
    admit(config, &db, &keys).await?;
    let report = match order.kind {
        Kind::Regions => regions::run(&db, &file, order.edition, order.dry_run).await,
        Kind::Grids => grids::run(&db, community()?, &file, order.dry_run).await,
        Kind::Units => units::run(&db, community()?, &file, order.dry_run).await,
        Kind::Members => members::run(&db, &keys, community()?, &file, order.dry_run).await,
        Kind::Teams => teams::run(&db, community()?, &file, order.dry_run).await,
        Kind::Volunteers => volunteers::run(&db, &keys, community()?, &file, order.dry_run).await,
    };
    report.map_err(|error| told(&error))
}

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

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, added, changed, faults, more_faults, dry_run } = self;
        match (faults.len() + more_faults, dry_run) {
            (0, false) => write!(out, "{rows} rows read: {added} added, {changed} changed"),
            (0, true) => write!(out, "{rows} rows read: {added} would be added, {changed} changed; a dry run, so nothing was taken"),
            (count, _) => write!(out, "{rows} rows read, {count} faults ({} named): nothing was taken", faults.len()),
        }
    }
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
    use domain::error::Code;
    match error.code {
        Code::Internal | Code::Unavailable | Code::Conflict => Err(error),
        code => Ok(Fault { row, column, reason: code.en().to_owned() }),
    }
}
