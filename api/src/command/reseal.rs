//! `qicai reseal`: brings everything that is sealed under the current secret, so that older ones can be dropped.

use std::fmt;

use domain::app::App;
use domain::community::unit_check_in::member;
use domain::db::Db;
use domain::error::Result;
use domain::exchange::recipient;
use domain::keys::Keys;
use domain::points::pickup;
use domain::sealed::{self, FIELDS};
use domain::secret;
use sea_orm::ConnectionTrait;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The number everything is sealed under now.
    pub number: u8,
    /// How many values were brought under it.
    pub done: u64,
    /// What is left under other numbers, written by a process that knows the current secret not yet.
    pub left: Vec<(u8, u64)>,
    /// The numbers whose secrets may be dropped.
    pub retired: Vec<u8>,
}

impl Report {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.left.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} values were brought under secret number {}", self.done, self.number)?;
        if !self.left.is_empty() {
            return write!(out, "{}: run it again once every server has the new secret", told(&self.left));
        }
        if self.retired.is_empty() {
            return write!(out, "no other secret is needed");
        }
        let numbers: Vec<String> = self.retired.iter().map(u8::to_string).collect();
        write!(out, "secret number {} is not needed any more and may be dropped from QICAI_OLD_SECRETS", numbers.join(", "))
    }
}

/// How much still needs older secrets, in words.
#[must_use]
pub fn told(left: &[(u8, u64)]) -> String {
    let parts = left.iter().map(|(number, found)| match number {
        0 => format!("{found} pickup codes were made with an older secret"),
        _ => format!("{found} values are sealed with secret number {number}"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Brings everything under the current secret, and tells of each column on standard error.
///
/// # Errors
/// When a value cannot be opened or the database fails; what was done stays done.
pub async fn run(app: &App) -> Result<Report> {
    let (db, keys) = (&app.db, &*app.keys);
    let mut done = phones(db, keys).await?;
    for field in FIELDS {
        let name = format!("{}.{}", field.table, field.column);
        let part = sealed::reseal(db, keys, field, |so_far| {
            if so_far > 0 {
                eprintln!("{name}: {so_far}");
            }
        });
        done += part.await?;
    }
    done += codes(db, keys).await?;
    let left = left(db.writer(), keys).await?;
    let retired = if left.is_empty() { secret::retire(db, keys).await? } else { Vec::new() };
    Ok(Report { number: keys.number(), done, left, retired })
}

/// How much each older secret is still needed for; under 0 the pickup codes, which bear no number.
///
/// # Errors
/// When the database cannot be read.
pub async fn left(connection: &impl ConnectionTrait, keys: &Keys) -> Result<Vec<(u8, u64)>> {
    let sealed = secret::left(connection, keys).await?.into_iter().map(|(number, found)| (number, u64::try_from(found).unwrap_or_default()));
    let codes = pickup::left(connection, keys).await?;
    Ok(sealed.chain((codes > 0).then_some((0, codes))).collect())
}

/// Seals what was written in clear before it was sealed; gives how much.
///
/// # Errors
/// When the database refuses.
pub async fn seal_clear(db: &Db, keys: &Keys) -> Result<u64> {
    let mut done = 0;
    loop {
        let tx = db.begin().await?;
        let part = member::seal_clear(&tx, keys).await?;
        if part == 0 {
            return Ok(done);
        }
        tx.commit().await?;
        done += part;
    }
}

async fn phones(db: &Db, keys: &Keys) -> Result<u64> {
    let (mut done, mut last) = (0, None);
    loop {
        let tx = db.begin().await?;
        let (part, next) = recipient::seal_phones(&tx, keys, last).await?;
        tx.commit().await?;
        done += part;
        last = next;
        if last.is_none() {
            return Ok(done);
        }
    }
}

async fn codes(db: &Db, keys: &Keys) -> Result<u64> {
    let (mut done, mut last) = (0, None);
    loop {
        let tx = db.begin().await?;
        let (part, next) = pickup::rehash(&tx, keys, last).await?;
        tx.commit().await?;
        done += part;
        last = next;
        if last.is_none() {
            return Ok(done);
        }
    }
}
