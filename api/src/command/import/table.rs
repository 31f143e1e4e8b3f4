//! A CSV file as rows of known columns.
//!
//! UTF-8, with or without a byte order mark; columns in any order, found by their names in the header.

use chrono::NaiveDate;
use csv::{ReaderBuilder, StringRecord, Trim};
use entity::time::BusinessDate;

use super::Fault;

/// A file whose header fits.
pub struct Table {
    columns: &'static [&'static str],
    places: Vec<Option<usize>>,
    rows: Vec<StringRecord>,
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Row as a spreadsheet shows it.
    pub number: u64,
    table: &'a Table,
    record: &'a StringRecord,
}

impl Table {
    /// Reads a file that has the columns `needed`, may have `optional`, and nothing else.
    ///
    /// # Errors
    /// Everything that is wrong with its form.
    pub fn read(file: &[u8], needed: &'static [&'static str], columns: &'static [&'static str]) -> Result<Self, Vec<Fault>> {
        let whole = |reason: String| vec![Fault { row: 0, column: "", reason }];
        let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
        let text = std::str::from_utf8(file).map_err(|error| {
            let line = file[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            whole(format!("the file is not UTF-8 from line {line} on; save it as \"CSV UTF-8\""))
        })?;
        let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| whole(error.to_string()))?.clone();
        let places = find_columns(&header, needed, columns)?;
        let mut rows = Vec::new();
        let mut faults = Vec::new();
        for (record, row) in reader.records().zip(2_u64..) {
            match record {
                Ok(record) if record.len() == header.len() => rows.push(record),
                Ok(record) => {
                    let reason = format!("has {} fields where the header has {}", record.len(), header.len());
                    faults.push(Fault { row, column: "", reason });
                    rows.push(record);
                }
                Err(error) => return Err(whole(error.to_string())),
            }
        }
        if rows.is_empty() {
            return Err(whole("the file has no rows".to_owned()));
        }
        if faults.is_empty() { Ok(Self { columns, places, rows }) } else { Err(faults) }
    }

    /// How many rows there are, without the header.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows in the file's order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (2_u64..).zip(&self.rows).map(|(number, record)| Row { number, table: self, record })
    }
}

impl<'a> Row<'a> {
    /// The text of a column; empty when the file has no such column.
    pub fn text(&self, column: &str) -> &'a str {
        let at = self.table.columns.iter().position(|known| *known == column);
        at.and_then(|at| self.table.places[at]).and_then(|place| self.record.get(place)).unwrap_or_default()
    }

    /// The text of a column, when it is not empty.
    pub fn filled(&self, column: &str) -> Option<&'a str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// Something wrong with a column of this row.
    pub fn fault(&self, column: &'static str, reason: impl Into<String>) -> Fault {
        Fault { row: self.number, column, reason: reason.into() }
    }
}

fn find_columns(header: &StringRecord, needed: &[&'static str], columns: &[&'static str]) -> Result<Vec<Option<usize>>, Vec<Fault>> {
    let fault = |reason: String| Fault { row: 1, column: "", reason };
    let mut faults = Vec::new();
    for name in header {
        if !columns.contains(&name) {
            faults.push(fault(format!("unknown column \"{name}\"; the columns are {}", columns.join(", "))));
        } else if header.iter().filter(|other| *other == name).count() > 1 {
            faults.push(fault(format!("column \"{name}\" stands there twice")));
        }
    }
    let places: Vec<Option<usize>> = columns.iter().map(|column| header.iter().position(|name| name == *column)).collect();
    for (column, place) in columns.iter().zip(&places) {
        if place.is_none() && needed.contains(column) {
            faults.push(fault(format!("column \"{column}\" is missing")));
        }
    }
    faults.dedup();
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}

/// A date as people write it: `1975-03-05`, `19750305` or `1975/3/5`.
pub fn read_date(text: &str) -> Option<BusinessDate> {
    let date = ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"].iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())?;
    Some(BusinessDate::from_naive(date))
}

#[cfg(test)]
mod tests {
    use entity::time::BusinessDate;

    use super::{Table, read_date};

    const COLUMNS: &[&str] = &["name", "phone", "team"];
    const NEEDED: &[&str] = &["name", "phone"];

    fn faults(file: &[u8]) -> Vec<String> {
        Table::read(file, NEEDED, COLUMNS).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn columns_come_in_any_order_and_a_byte_order_mark_is_no_part_of_the_first() {
        let table =
            Table::read("\u{FEFF}phone,name\n1, 张三 \n\"2\",\"李,四\"\n".as_bytes(), NEEDED, COLUMNS).unwrap_or_else(|faults| panic!("{faults:?}"));
        let rows: Vec<_> = table.rows().map(|row| (row.number, row.text("name"), row.text("phone"), row.filled("team"))).collect();
        assert_eq!(rows, [(2, "张三", "1", None), (3, "李,四", "2", None)]);
    }

    #[test]
    fn each_fault_of_the_form_is_named() {
        assert_eq!(faults(b"name\nx\n"), ["row 1: column \"phone\" is missing"]);
        assert_eq!(faults(b"name,phone,age\nx,1,2\n"), ["row 1: unknown column \"age\"; the columns are name, phone, team"]);
        assert_eq!(faults(b"name,phone,name\nx,1,y\n"), ["row 1: column \"name\" stands there twice"]);
        assert_eq!(
            faults(b"name,phone\nx,1\ny\nz,2,3\n"),
            ["row 3: has 1 fields where the header has 2", "row 4: has 3 fields where the header has 2"]
        );
        assert_eq!(faults(b"name,phone\n"), ["the file has no rows"]);
        assert_eq!(faults(b""), ["row 1: column \"name\" is missing", "row 1: column \"phone\" is missing"]);
        assert_eq!(faults(b"name,phone\nx,1\n\xD5\xC5,2\n"), ["the file is not UTF-8 from line 3 on; save it as \"CSV UTF-8\""]);
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        for text in ["1975-03-05", "19750305", "1975/3/5"] {
            assert_eq!(read_date(text), Some(BusinessDate(19_750_305)), "{text}");
        }
        for bad in ["", "1975-02-30", "5.3.1975", "1975"] {
            assert_eq!(read_date(bad), None, "{bad}");
        }
    }
}
