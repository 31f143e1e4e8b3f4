//! The export as an archive: a ZIP with everything as one JSON document, each table as CSV, a word on how to read it, and the list of hashes.
//!
//! A *ticket* is leave to fetch it for ten minutes: a sealed path with the account and the sign-in that asked for it, so that a browser or a mini-program can
//! fetch it without a header. Nothing is kept: the archive is made when it is fetched, from one snapshot, and is as large as what is held of one person.
//!
//! Invariant: a ticket holds only as long as the sign-in that it was given to.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use entity::id::{AccountId, LoginSessionId};
use entity::time::UtcMicros;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zip::write::SimpleFileOptions;

use super::export::{self, Given};
use super::person::Person;
use super::words;
use crate::app::App;
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, sha256};
use crate::people::permission::{Action, Actor};

/// Where a ticket is sealed.
const PLACE: &str = "personal.export";
/// How long a ticket holds.
const HOLDS: i64 = 10 * UtcMicros::MINUTE;
/// The document.
pub const DOCUMENT: &str = "data.json";
/// What the document is written as; a change of it has another name.
pub const FORMAT: &str = "qicai.personal.1";
/// The list of hashes.
pub const MANIFEST: &str = "SHA256SUMS";
/// How to read it.
const README: &str = "README.txt";
/// The beginning of a CSV file by which office programs know UTF-8.
const MARK: &str = "\u{feff}";

/// Leave to fetch an export for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The last part of the path.
    pub name: String,
    /// Until when it holds.
    pub until: UtcMicros,
}

#[derive(Serialize, Deserialize)]
struct Leave {
    account_id: AccountId,
    login_session_id: LoginSessionId,
    until: UtcMicros,
}

/// A ticket for the actor's own export.
///
/// # Errors
/// `FORBIDDEN` for who acts for somebody else; when the system has no randomness.
pub fn ticket(keys: &Keys, actor: &Actor, now: UtcMicros) -> Result<Ticket> {
    actor.require(Action::ExportMyData, &actor.home())?;
    let until = now.plus(HOLDS);
    let leave = Leave { account_id: actor.account_id, login_session_id: actor.login_session_id, until };
    let sealed = keys.seal(PLACE, &serde_json::to_vec(&leave).map_err(Error::internal)?)?;
    Ok(Ticket { name: format!("{}.zip", hex::encode(sealed)), until })
}

fn redeem(keys: &Keys, name: &str, now: UtcMicros) -> Option<Leave> {
    let sealed = hex::decode(name.strip_suffix(".zip")?).ok()?;
    let leave: Leave = serde_json::from_slice(&keys.open(PLACE, &sealed).ok()?).ok()?;
    (leave.until > now).then_some(leave)
}

/// The archive that a ticket is for.
///
/// # Errors
/// `NOT_FOUND` for what is no ticket, holds no longer, or whose sign-in has ended; when the database cannot be read.
pub async fn open(app: &App, name: &str) -> Result<Vec<u8>> {
    let leave = redeem(&app.keys, name, app.db.now()).ok_or(Code::NotFound)?;
    app.sessions.load(&app.db, leave.account_id, leave.login_session_id).await.map_err(|_| Code::NotFound)?;
    packed(app, leave.account_id).await
}

/// Everything that is held of an account, packed.
async fn packed(app: &App, account_id: AccountId) -> Result<Vec<u8>> {
    let now = app.db.now();
    let snapshot = app.db.snapshot().await?;
    let person = Person::of(&snapshot, &app.keys, account_id).await?;
    let mut writer = Archive::new();
    let (mut tables, mut guide) = (Vec::new(), guide(now));
    for table in export::tables() {
        let Some(given) = export::of_table(&snapshot, &app.keys, &person, table, now).await? else { continue };
        describe(&mut guide, &given);
        if !given.rows.is_empty() {
            writer.add(&format!("csv/{}.csv", table.name), csv(&given).as_bytes())?;
        }
        let rows = given.rows.into_iter().map(Value::Object).collect::<Vec<_>>();
        tables.push(serde_json::json!({ "name": table.name, "title": table.title, "rows": rows }));
    }
    let document = serde_json::json!({ "format": FORMAT, "exportedAt": export::time(now), "accountId": account_id.to_string(), "tables": tables });
    writer.add(DOCUMENT, &serde_json::to_vec(&document).map_err(Error::internal)?)?;
    writer.add(README, guide.as_bytes())?;
    writer.finish()
}

fn guide(now: UtcMicros) -> String {
    format!(
        "个人信息副本\n\n生成时间:{}\n\n{DOCUMENT} 是全部内容(JSON,格式 {FORMAT}),csv 目录下每张表一个文件(UTF-8,可用表格软件打开),\
         {MANIFEST} 是各文件的 SHA-256 校验值。\n时间为北京时间(ISO 8601,+08:00),日期为年-月-日。与他人有关的内容只给出编号。\n\n各表及其字段:\n",
        export::time(now)
    )
}

/// A table and what its fields are called. Writing to a String cannot fail.
fn describe(guide: &mut String, given: &Given) {
    let _ = writeln!(guide, "\n{}({}),{} 行", given.table.title, given.table.name, given.rows.len());
    for column in &given.columns {
        let _ = writeln!(guide, "  {}:{}", column.outside(), words::of(column.name).unwrap_or_default());
    }
}

/// A table as RFC 4180 has it, with Chinese names above.
fn csv(given: &Given) -> String {
    let line = |cells: Vec<String>| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\r\n";
    let head = given.columns.iter().map(|column| words::of(column.name).unwrap_or_default().to_owned());
    let mut text = MARK.to_owned() + &line(head.collect());
    for row in &given.rows {
        let cells = given.columns.iter().map(|column| match row.get(&column.outside()) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        text += &line(cells.collect());
    }
    text
}

/// A cell in quotation marks; one that a table program would take for a formula gets an apostrophe before it.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<i64>().is_err();
    format!("\"{}{}\"", if formula { "'" } else { "" }, cell.replace('"', "\"\""))
}

/// An archive that keeps the hash of what is put into it. Stored, not compressed: texts of one person.
struct Archive {
    writer: zip::ZipWriter<Cursor<Vec<u8>>>,
    manifest: String,
}

impl Archive {
    fn new() -> Self {
        Self { writer: zip::ZipWriter::new(Cursor::new(Vec::new())), manifest: String::new() }
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let _ = writeln!(self.manifest, "{}  {name}", hex::encode(sha256(bytes)));
        self.write(name, bytes)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored).unix_permissions(0o600);
        self.writer.start_file(name, options).map_err(Error::internal)?;
        self.writer.write_all(bytes).map_err(Error::internal)
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        let manifest = std::mem::take(&mut self.manifest);
        self.write(MANIFEST, manifest.as_bytes())?;
        Ok(self.writer.finish().map_err(Error::internal)?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_quoted_and_never_a_formula() {
        assert_eq!(quoted("他说\"好\""), "\"他说\"\"好\"\"\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("-20"), "\"-20\"");
        assert_eq!(quoted("-x"), "\"'-x\"");
    }
}
