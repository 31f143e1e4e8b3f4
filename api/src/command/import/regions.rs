//! `import regions`: official divisions, from a few streets to a whole province.
//!
//! Columns: `code` (2, 4, 6, 9 or 12 digits), `name`, `kind` (province, city, county, subdistrict, community) and `parent_code` (empty for a
//! province). A parent may stand anywhere in the file or be there already. The lists change every year: a code that is there gets the new name and
//! edition; it cannot change its kind or its parent, for everything below hangs on its path.

use std::collections::HashMap;

use domain::community::region::{NAME_LEN_MAX, below};
use domain::community::wording;
use domain::db::Db;
use domain::error::{Error, Result};
use domain::tx::Tx;
use entity::id::RegionId;
use entity::region::{self, Model, RegionKind};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::table::{Row, Table};
use super::{Fault, Report, finish};

const COLUMNS: &[&str] = &["code", "name", "kind", "parent_code"];

/// Rows of one statement: ten values each, far from what either database takes at most.
const BATCH: usize = 1_000;

/// Names of the kinds, the digits of their codes, and the kinds themselves, from the top.
const KINDS: &[(&str, usize, RegionKind)] = &[
    ("province", 2, RegionKind::Province),
    ("city", 4, RegionKind::City),
    ("county", 6, RegionKind::County),
    ("subdistrict", 9, RegionKind::Subdistrict),
    ("community", 12, RegionKind::Community),
];

/// A row whose form is right.
struct Division<'a> {
    row: Row<'a>,
    code: &'a str,
    name: String,
    kind: RegionKind,
    parent_code: Option<&'a str>,
}

/// Takes a file of divisions; `edition` is the year of the official list, the present year when none is given.
///
/// # Errors
/// When the database fails; faults of the file are in the report.
pub async fn run(db: &Db, file: &[u8], edition: Option<i32>, dry_run: bool) -> Result<Report> {
    let table = match Table::read(file, COLUMNS, COLUMNS) {
        Ok(table) => table,
        Err(faults) => return Ok(Report::refused(0, faults, dry_run)),
    };
    let mut faults = Vec::new();
    let mut divisions = check_rows(&table, &mut faults);
    // A parent's code is shorter than its child's, so parents come first.
    divisions.sort_by_key(|division| (division.code.len(), division.code));
    let tx = db.begin().await?;
    let known = find_known(&tx, &divisions).await?;
    let edition = edition.unwrap_or_else(|| tx.today().year());
    let rows = place_all(&tx, &divisions, &known, edition, &mut faults);
    if !faults.is_empty() {
        return Ok(Report::refused(table.len(), faults, dry_run));
    }
    let news = OnConflict::column(region::Column::Code).update_columns([region::Column::Name, region::Column::Edition]).to_owned();
    tx.insert_all(rows.iter().cloned().map(IntoActiveModel::into_active_model).collect(), Some(&news)).await?;
    let is_known = |row: &&Model| row.code.as_deref().is_some_and(|code| known.contains_key(code));
    let added = rows.len() - rows.iter().filter(is_known).count();
    finish(tx, dry_run).await?;
    Ok(Report { rows: table.len(), added, changed: rows.len() - added, dry_run, ..Report::default() })
}

fn check_rows<'a>(table: &'a Table, faults: &mut Vec<Fault>) -> Vec<Division<'a>> {
    let mut first_row: HashMap<&str, u64> = HashMap::with_capacity(table.len());
    let mut divisions = Vec::with_capacity(table.len());
    for row in table.rows() {
        let before = faults.len();
        let code = row.text("code");
        if let Some(first) = first_row.insert(code, row.number) {
            faults.push(row.fault("code", format!("{code} stands in row {first} already")));
        }
        let kind = KINDS.iter().find(|(name, _, _)| *name == row.text("kind"));
        match kind {
            None => faults.push(row.fault("kind", "must be province, city, county, subdistrict or community")),
            Some((name, digits, _)) if code.len() != *digits || !code.bytes().all(|byte| byte.is_ascii_digit()) => {
                faults.push(row.fault("code", format!("the code of a {name} has {digits} digits")));
            }
            Some(_) => {}
        }
        let name = wording::line(row.text("name"), NAME_LEN_MAX, "name");
        if name.is_err() {
            faults.push(row.fault("name", format!("must have 1 to {NAME_LEN_MAX} characters in one line")));
        }
        let parent_code = row.filled("parent_code");
        match (kind, parent_code) {
            (Some((_, _, RegionKind::Province)), Some(_)) => faults.push(row.fault("parent_code", "a province lies in nothing")),
            (Some((_, _, RegionKind::Province)), None) | (None, _) => {}
            (Some(_), None) => faults.push(row.fault("parent_code", "must name the division it lies in")),
            (Some(_), Some(parent)) if parent.len() >= code.len() || !code.starts_with(parent) => {
                faults.push(row.fault("parent_code", format!("{code} does not begin with {parent}")));
            }
            (Some(_), Some(_)) => {}
        }
        if let (Some((_, _, kind)), Ok(name)) = (kind, name)
            && faults.len() == before
        {
            divisions.push(Division { row, code, name, kind: *kind, parent_code });
        }
    }
    divisions
}

/// The rows of the file, and of the parents it names, that the database has already.
async fn find_known(tx: &Tx, divisions: &[Division<'_>]) -> Result<HashMap<String, Model>> {
    let mut codes: Vec<&str> = divisions.iter().flat_map(|division| [Some(division.code), division.parent_code]).flatten().collect();
    codes.sort_unstable();
    codes.dedup();
    let mut known = HashMap::new();
    for chunk in codes.chunks(BATCH) {
        let rows = region::Entity::find().filter(region::Column::Code.is_in(chunk.iter().copied())).all(&tx.connection).await?;
        known.extend(rows.into_iter().filter_map(|row| Some((row.code.clone()?, row))));
    }
    Ok(known)
}

/// Gives every division its place in the tree. What is unchanged is left out.
fn place_all(tx: &Tx, divisions: &[Division<'_>], known: &HashMap<String, Model>, edition: i32, faults: &mut Vec<Fault>) -> Vec<Model> {
    let mut placed: HashMap<&str, Model> = HashMap::with_capacity(divisions.len());
    // Ids of one moment have no order of their own; sorted, they list the divisions by code.
    let mut ids: Vec<RegionId> = divisions.iter().map(|_| RegionId::new(tx.now)).collect();
    ids.sort_unstable();
    for (Division { row, code, name, kind, parent_code }, id) in divisions.iter().zip(ids) {
        let parent = parent_code.and_then(|parent| placed.get(parent).or_else(|| known.get(parent)));
        if let (Some(missing), None) = (parent_code, parent) {
            faults.push(row.fault("parent_code", format!("{missing} is neither in the file nor in the database, or its row is faulty")));
            continue;
        }
        let fresh = Model { code: Some((*code).to_owned()), ..below(parent, id, *kind, name.clone(), edition, tx.now) };
        let standing = match known.get(*code) {
            None => fresh,
            Some(old) if old.kind != *kind => {
                faults.push(row.fault("kind", format!("{code} is there as another kind")));
                continue;
            }
            Some(old) if old.parent_id != parent.map(|parent| parent.id) => {
                faults.push(row.fault("parent_code", format!("{code} is there below another division, and divisions do not move")));
                continue;
            }
            Some(old) => Model { name: name.clone(), edition, ..old.clone() },
        };
        placed.insert(code, standing);
    }
    let mut rows: Vec<Model> = placed.into_values().filter(|row| row.code.as_ref().and_then(|code| known.get(code)) != Some(row)).collect();
    rows.sort_by(|one, other| (one.depth, &one.code).cmp(&(other.depth, &other.code)));
    rows
}

/// The region that a file of teams or volunteers means: an official code, a community's own in full, or without the community's code before it.
pub(super) async fn find_in_community(connection: &impl ConnectionTrait, community: &Model) -> Result<HashMap<String, Model>> {
    let community_id = community.community_id.ok_or_else(|| Error::internal("a region that is no community"))?;
    let rows = region::Entity::find().filter(region::Column::CommunityId.eq(community_id)).all(connection).await?;
    let mut by_code = HashMap::new();
    for row in rows {
        let Some(code) = row.code.clone() else { continue };
        let own = community.code.as_deref().and_then(|official| code.strip_prefix(official)).and_then(|rest| rest.strip_prefix('-'));
        if let Some(own) = own {
            by_code.insert(own.to_owned(), row.clone());
        }
        by_code.insert(code, row);
    }
    Ok(by_code)
}

#[cfg(test)]
mod tests {
    use super::super::table::Table;
    use super::{COLUMNS, check_rows};

    fn faults(body: &str) -> Vec<String> {
        let file = format!("code,name,kind,parent_code\n{body}");
        let table = Table::read(file.as_bytes(), COLUMNS, COLUMNS).unwrap_or_else(|faults| panic!("{faults:?}"));
        let mut faults = Vec::new();
        check_rows(&table, &mut faults);
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_right_file_has_no_fault_whatever_its_order() {
        assert_eq!(faults("4301,长沙市,city,43\n43,湖南省,province,\n"), Vec::<String>::new());
    }

    #[test]
    fn each_fault_names_its_row_and_column() {
        assert_eq!(
            faults(
                "43,湖南省,province,\n43,湖南省,province,\n430,长沙市,city,43\n4302,,city,43\n4303,湘潭市,town,43\n4401,广州市,city,43\n4304,衡阳市,city,\n"
            ),
            [
                "row 3, column code: 43 stands in row 2 already",
                "row 4, column code: the code of a city has 4 digits",
                "row 5, column name: must have 1 to 40 characters in one line",
                "row 6, column kind: must be province, city, county, subdistrict or community",
                "row 7, column parent_code: 4401 does not begin with 43",
                "row 8, column parent_code: must name the division it lies in",
            ]
        );
    }
}
