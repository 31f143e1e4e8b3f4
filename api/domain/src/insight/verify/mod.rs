//! Verify (核对): recomputes every total from the rows it came from and tells each difference.
//!
//! A *rule* is a sentence that must hold, with one statement that finds where it does not; the database does the adding up, so it works on any amount
//! of rows. Leaderboards are added up anew from the certified records and compared board by board, their order in Redis place by place.
//! What was sealed is sealed anew and compared; there, 1 is expected of what holds and 0 is found of what does not.
//!
//! Nothing is repaired here: a difference means that somebody went round the program, or a fault in it, and needs a person.

use std::fmt;

use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::app::App;
use crate::db::sql;
use crate::error::Result;

mod audited;
mod boards;
mod evidence;
mod ledger;
mod order;
mod promised;
mod proved;
mod served;

/// Differences told of each rule.
pub const TOLD_MAX: usize = 20;

/// A row of a rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The row.
    pub subject: String,
    /// What the rows it comes from add up to; 1 where a thing holds or does not.
    pub expected: i64,
    /// What stands there; 0 where it does not hold.
    pub found: i64,
}

/// How one rule fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The rule.
    pub rule: &'static str,
    /// Rows looked at.
    pub rows: i64,
    /// How many differ.
    pub differences: i64,
    /// The first of them.
    pub first: Vec<Difference>,
}

/// What was checked, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Every rule, in order.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether every rule holds.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.differences == 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let verdict = if check.differences == 0 { "ok" } else { "DIFFERS" };
            writeln!(out, "{verdict:<8} {:>10} rows  {}", check.rows, check.rule)?;
            for Difference { subject, expected, found } in &check.first {
                writeln!(out, "         {subject}: expected {expected}, found {found}")?;
            }
            let untold = check.differences - i64::try_from(check.first.len()).unwrap_or_default();
            if untold > 0 {
                writeln!(out, "         and {untold} more")?;
            }
        }
        let wrong = self.checks.iter().filter(|check| check.differences > 0).count();
        match wrong {
            0 => write!(out, "everything adds up: {} rules hold", self.checks.len()),
            _ => write!(out, "{wrong} of {} rules do not hold", self.checks.len()),
        }
    }
}

/// Checks everything. The relay should have caught up, or what it has still to do is told as a difference of the leaderboards.
///
/// # Errors
/// When the database cannot be read.
pub async fn run(app: &App) -> Result<Report> {
    let mut report = Report::default();
    for rule in ledger::RULES.iter().chain(served::RULES).chain(promised::RULES).chain(boards::RULES) {
        report.checks.push(rule.check(app.db.reader()).await?);
    }
    report.checks.extend(proved::check(app.db.reader()).await?);
    report.checks.extend(Box::pin(audited::check(app.db.reader())).await?);
    report.checks.push(boards::check(app.db.reader()).await?);
    report.checks.push(evidence::check(app.db.reader()).await?);
    if let Some(order) = app.order.as_deref() {
        report.checks.push(order::check(app, order).await?);
    }
    Ok(report)
}

/// A sentence that must hold.
struct Rule {
    /// The sentence.
    says: &'static str,
    /// Counts the rows it is about.
    rows: &'static str,
    /// Finds the rows for which it does not hold, as `subject`, `expected` and `found`.
    wrong: &'static str,
}

impl Rule {
    async fn check(&self, connection: &impl ConnectionTrait) -> Result<Check> {
        let row = connection.query_one_raw(sql(connection, self.rows, [])).await?;
        let rows = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        let statement = format!(
            "SELECT subject, CAST(expected AS BIGINT) AS expected, CAST(found AS BIGINT) AS found, COUNT(*) OVER () AS differences \
             FROM ({}) AS wrong ORDER BY subject LIMIT {TOLD_MAX}",
            self.wrong
        );
        let wrong = connection.query_all_raw(sql(connection, &statement, [])).await?;
        let differences = wrong.first().map(|row| row.try_get("", "differences")).transpose()?.unwrap_or_default();
        Ok(Check { rule: self.says, rows, differences, first: wrong.iter().map(difference).collect::<Result<_>>()? })
    }
}

/// A rule of which nothing has been looked at yet.
fn rule(rule: &'static str) -> Check {
    Check { rule, rows: 0, differences: 0, first: Vec::new() }
}

/// Counts a difference, and tells it while there is room.
fn tell(check: &mut Check, subject: String, expected: i64, found: i64) {
    check.differences += 1;
    if check.first.len() < TOLD_MAX {
        check.first.push(Difference { subject, expected, found });
    }
}

fn difference(row: &QueryResult) -> Result<Difference> {
    let subject = match row.try_get::<i64>("", "subject") {
        Ok(number) => number.to_string(),
        Err(_) => row.try_get::<Uuid>("", "subject")?.to_string(),
    };
    Ok(Difference { subject, expected: row.try_get("", "expected")?, found: row.try_get("", "found")? })
}
