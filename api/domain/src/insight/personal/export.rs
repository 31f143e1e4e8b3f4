//! What somebody is given of themselves (个人信息副本 / 可携带权, 个人信息保护法 art. 45): every row that the register finds, read in one snapshot.
//!
//! Times are written as ISO 8601 with +08:00, days as `2026-03-02`, ids as clients see them, what is sealed opened. Field names are those of the tables in
//! the style of the schema (`createdAt`), with a Chinese name beside each.

use chrono::SecondsFormat;
use entity::id::outside;
use entity::time::{BusinessDate, UtcMicros, zone};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::person::Person;
use super::tables::{Export, Table, all};
use crate::error::{Error, Result};
use crate::keys::Keys;

/// A column of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the table.
    pub name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
    Time,
    Day,
    /// With its prefix.
    Id(&'static str),
    /// With the place it is sealed in.
    Sealed(&'static str),
}

impl Column {
    /// Its name outside: `createdAt`; without what says that it is kept sealed.
    #[must_use]
    pub fn outside(&self) -> String {
        let plain = self.name.strip_suffix("_sealed").unwrap_or(self.name);
        let mut words = plain.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| {
            let (head, tail) = word.split_at(word.len().min(1));
            name + &head.to_ascii_uppercase() + tail
        })
    }

    fn selected(&self) -> String {
        match self.kind {
            // One width for all numbers.
            Kind::Number | Kind::Time | Kind::Day => format!("CAST({0} AS BIGINT) AS {0}", self.name),
            _ => self.name.to_owned(),
        }
    }

    fn read(&self, keys: &Keys, row: &QueryResult) -> Result<Value> {
        let number = || -> Result<Option<i64>> { Ok(row.try_get("", self.name)?) };
        Ok(match self.kind {
            Kind::Text => row.try_get::<Option<String>>("", self.name)?.map(plain).into(),
            Kind::Number => number()?.into(),
            Kind::Flag => row.try_get::<Option<bool>>("", self.name)?.into(),
            Kind::Time => number()?.map(|micros| time(UtcMicros(micros))).into(),
            Kind::Day => number()?.and_then(|day| i32::try_from(day).ok()).map(|day| BusinessDate(day).naive().to_string()).into(),
            Kind::Id(prefix) => row.try_get::<Option<Uuid>>("", self.name)?.map(|id| outside(prefix, id)).into(),
            Kind::Sealed(place) => {
                let sealed: Option<Vec<u8>> = row.try_get("", self.name)?;
                let Some(sealed) = sealed.filter(|sealed| !sealed.is_empty()) else { return Ok(Value::Null) };
                plain(String::from_utf8(keys.open(place, &sealed)?).map_err(Error::internal)?)
            }
        })
    }
}

/// A text, or what it says when it is JSON of several parts.
fn plain(text: String) -> Value {
    match serde_json::from_str(&text) {
        Ok(parts @ (Value::Object(_) | Value::Array(_))) => parts,
        _ => Value::String(text),
    }
}

/// A moment as people of the community read it.
#[must_use]
pub fn time(moment: UtcMicros) -> String {
    moment.date_time().with_timezone(&zone()).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// The columns that an entry of the register lists.
pub fn columns(text: &'static str) -> impl Iterator<Item = Column> {
    text.split_whitespace().map(|part| {
        let (name, kind) = part.split_once(':').unwrap_or((part, ""));
        let kind = match kind {
            "" => Kind::Text,
            "i" => Kind::Number,
            "b" => Kind::Flag,
            "t" => Kind::Time,
            "d" => Kind::Day,
            other => other.strip_prefix("seal=").map_or(Kind::Id(other), Kind::Sealed),
        };
        Column { name, kind }
    })
}

/// What is given of one table.
pub struct Given {
    /// The table.
    pub table: &'static Table,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Rows, by the outside names of the columns.
    pub rows: Vec<Map<String, Value>>,
}

/// What is given of a table; nothing of one of which nothing is.
///
/// # Errors
/// When the database cannot be read, or something was sealed with another key.
pub async fn of_table(
    connection: &impl ConnectionTrait,
    keys: &Keys,
    person: &Person,
    table: &'static Table,
    now: UtcMicros,
) -> Result<Option<Given>> {
    let Export::Rows(found, listed) = &table.export else { return Ok(None) };
    let columns: Vec<Column> = columns(listed).collect();
    let selected = columns.iter().map(Column::selected).collect::<Vec<_>>().join(", ");
    let text = format!("SELECT {selected} FROM {} WHERE {found} ORDER BY {}", table.name, columns[0].name);
    let mut rows = Vec::new();
    for row in connection.query_all_raw(person.statement(connection, &text, now)?).await? {
        let mut fields = Map::new();
        for column in &columns {
            fields.insert(column.outside(), column.read(keys, &row)?);
        }
        rows.push(fields);
    }
    Ok(Some(Given { table, columns, rows }))
}

/// Every table of which something is given, in the order in which people think of them: the account first.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    let mut listed: Vec<&'static Table> = all().filter(|table| matches!(table.export, Export::Rows(..))).collect();
    listed.reverse();
    listed.into_iter()
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_are_read_and_named_as_in_the_schema() {
        let names: Vec<String> =
            columns("id:vol created_at:t contact_sealed:seal=listing.contact minutes:i").map(|column| column.outside()).collect();
        assert_eq!(names, ["id", "createdAt", "contact", "minutes"]);
    }
}
