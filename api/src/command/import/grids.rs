//! `import grids`: a community's own places, from its patches (片区) to grids (网格) and buildings.
//!
//! Columns: `code` (the community's own: capitals, digits and `-`, up to 20 characters), `name`, and where wanted `parent_code` (the code of the place
//! it lies in; the community itself when left out). A parent may stand anywhere in the file or be there already. A code that is there gets the new
//! name; it cannot change its parent, for places do not move.

use std::collections::HashMap;

use domain::community::region::{NAME_LEN_MAX, below, level, level_code};
use domain::community::tenant::{self, Home};
use domain::community::wording;
use domain::db::Db;
use domain::error::{Code, Error, Result};
use domain::tx::Tx;
use entity::id::RegionId;
use entity::region::{self, Model, RegionKind};
use sea_orm::IntoActiveModel;
use sea_orm::sea_query::OnConflict;

use super::regions::find_in_community;
use super::table::{Row, Table};
use super::{Fault, Report, finish};

const NEEDED: &[&str] = &["code", "name"];
const COLUMNS: &[&str] = &["code", "name", "parent_code"];

/// A row whose form is right; its codes in full.
struct Grid<'a> {
    row: Row<'a>,
    code: String,
    name: String,
    parent_code: Option<String>,
}

/// Takes a file of places into the community of an official code.
///
/// # Errors
/// `NOT_FOUND` for a code on which no community is open, and when the database fails; faults of the file are in the report.
pub async fn run(db: &Db, community_code: &str, file: &[u8], dry_run: bool) -> Result<Report> {
    let table = match Table::read(file, NEEDED, COLUMNS) {
        Ok(table) => table,
        Err(faults) => return Ok(Report::refused(0, faults, dry_run)),
    };
    let tx = db.begin().await?;
    let home = tenant::find_by_code(&tx.connection, community_code).await?;
    let home = home.ok_or_else(|| Error::from(Code::NotFound).on("community").with("code", community_code))?;
    level::lock(&tx, home.community.id).await?;
    let deepest = level::list(&tx.connection, home.community.id).await?.last().map_or(1, |level| level.position);
    let known = find_in_community(&tx.connection, &home.region).await?;
    let mut faults = Vec::new();
    let grids = check_rows(&table, community_code, &mut faults);
    let rows = place_all(&tx, &home, grids, &known, deepest, &mut faults);
    if !faults.is_empty() {
        return Ok(Report::refused(table.len(), faults, dry_run));
    }
    let news = OnConflict::column(region::Column::Code).update_column(region::Column::Name).to_owned();
    tx.insert_all(rows.iter().cloned().map(IntoActiveModel::into_active_model).collect(), Some(&news)).await?;
    let added = rows.iter().filter(|row| !row.code.as_ref().is_some_and(|code| known.contains_key(code))).count();
    finish(tx, dry_run).await?;
    Ok(Report { rows: table.len(), added, changed: rows.len() - added, dry_run, ..Report::default() })
}

fn check_rows<'a>(table: &'a Table, official: &str, faults: &mut Vec<Fault>) -> Vec<Grid<'a>> {
    let mut first_row: HashMap<String, u64> = HashMap::with_capacity(table.len());
    let mut grids = Vec::with_capacity(table.len());
    for row in table.rows() {
        let before = faults.len();
        let code = level_code(official, row.text("code")).ok();
        match &code {
            None => faults.push(row.fault("code", "must have 1 to 20 capitals, digits and -")),
            Some(code) => {
                if let Some(first) = first_row.insert(code.clone(), row.number) {
                    faults.push(row.fault("code", format!("{} stands in row {first} already", row.text("code"))));
                }
            }
        }
        let name = wording::label(row.text("name"), NAME_LEN_MAX, "name").ok();
        if name.is_none() {
            faults.push(row.fault("name", format!("must have 1 to {NAME_LEN_MAX} characters in one line, without words that classify people")));
        }
        let parent_code = row.filled("parent_code").map(|text| level_code(official, text).unwrap_or_else(|_| text.to_owned()));
        if let (Some(code), Some(name)) = (code, name)
            && faults.len() == before
        {
            grids.push(Grid { row, code, name, parent_code });
        }
    }
    grids
}

/// Gives every row its place in the tree, from the top down. What is unchanged is left out.
fn place_all(tx: &Tx, home: &Home, mut grids: Vec<Grid<'_>>, known: &HashMap<String, Model>, deepest: i32, faults: &mut Vec<Fault>) -> Vec<Model> {
    let mut placed: HashMap<String, Model> = HashMap::with_capacity(grids.len());
    // Ids of one moment have no order of their own; sorted, they list the places of a level as the file does.
    let mut ids: Vec<RegionId> = grids.iter().map(|_| RegionId::new(tx.now)).collect();
    ids.sort_unstable();
    let mut ids = ids.into_iter();
    loop {
        let waiting = grids.len();
        let mut later = Vec::new();
        for grid in grids {
            // A parent that stands in the file itself is the one meant, once it has its place.
            let parent = match &grid.parent_code {
                None => Some(&home.region),
                Some(code) => placed.get(code).or_else(|| known.get(code)),
            };
            let Some(parent) = parent else {
                later.push(grid);
                continue;
            };
            let Some(id) = ids.next() else { break };
            match standing(tx, home, &grid, parent, id, known, deepest) {
                Ok(row) => drop(placed.insert(grid.code, row)),
                Err((column, reason)) => faults.push(grid.row.fault(column, reason)),
            }
        }
        if later.is_empty() || later.len() == waiting {
            for grid in later {
                let missing = grid.row.text("parent_code").to_owned();
                faults.push(grid.row.fault("parent_code", format!("{missing} is no place of the community, or its row is faulty")));
            }
            break;
        }
        grids = later;
    }
    let mut rows: Vec<Model> = placed.into_values().filter(|row| row.code.as_ref().and_then(|code| known.get(code)) != Some(row)).collect();
    rows.sort_by_key(|row| (row.depth, row.id));
    rows
}

/// The row of a place as it stands after the import.
fn standing(
    tx: &Tx,
    home: &Home,
    grid: &Grid<'_>,
    parent: &Model,
    id: RegionId,
    known: &HashMap<String, Model>,
    deepest: i32,
) -> Result<Model, (&'static str, String)> {
    if parent.depth - home.region.depth + 2 > deepest {
        return Err(("parent_code", "the community has not defined a level that deep".to_owned()));
    }
    match known.get(&grid.code) {
        None => Ok(Model {
            community_id: Some(home.community.id),
            code: Some(grid.code.clone()),
            ..below(Some(parent), id, RegionKind::Level, grid.name.clone(), home.region.edition, tx.now)
        }),
        Some(old) if old.parent_id == Some(parent.id) => Ok(Model { name: grid.name.clone(), ..old.clone() }),
        Some(_) => Err(("parent_code", format!("{} is there below another place, and places do not move", grid.row.text("code")))),
    }
}
