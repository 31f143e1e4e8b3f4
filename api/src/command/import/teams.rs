//! `import teams`: the teams of one community.
//!
//! Columns: `name`, and where wanted `colour` (red … purple or 红 … 紫), `region_code` (the community's when left out), `unit` (the name of a unit
//! that is there) and `description`.

use std::collections::{HashMap, HashSet};

use domain::community::tenant;
use domain::db::Db;
use domain::error::{Code, Error, Result};
use domain::people::team::{NewTeam, found};
use entity::id::UnitId;
use entity::team::{self, TeamColour};
use entity::unit;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::regions::find_in_community;
use super::table::Table;
use super::{Fault, Report, fault_of, finish};

const NEEDED: &[&str] = &["name"];
const COLUMNS: &[&str] = &["name", "colour", "region_code", "unit", "description"];

const COLOURS: &[(&str, &str, TeamColour)] = &[
    ("red", "红", TeamColour::Red),
    ("orange", "橙", TeamColour::Orange),
    ("yellow", "黄", TeamColour::Yellow),
    ("green", "绿", TeamColour::Green),
    ("cyan", "青", TeamColour::Cyan),
    ("blue", "蓝", TeamColour::Blue),
    ("purple", "紫", TeamColour::Purple),
];

/// Takes a file of teams into the community of an official code.
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
    let regions = find_in_community(&tx.connection, &home.region).await?;
    let units = unit::Entity::find().filter(unit::Column::CommunityId.eq(home.community.id)).all(&tx.connection).await?;
    let units: HashMap<&str, UnitId> = units.iter().map(|row| (row.name.as_str(), row.id)).collect();
    let taken = team::Entity::find().filter(team::Column::CommunityId.eq(home.community.id)).all(&tx.connection).await?;
    let mut names: HashSet<String> = taken.into_iter().map(|row| row.name).collect();
    let mut faults: Vec<Fault> = Vec::new();
    for row in table.rows() {
        let before = faults.len();
        let colour = row.filled("colour").map(|text| COLOURS.iter().find(|(en, zh, _)| text.eq_ignore_ascii_case(en) || text == *zh));
        if matches!(colour, Some(None)) {
            faults.push(
                row.fault("colour", "must be one of the seven colours (red, orange, yellow, green, cyan, blue, purple; 红橙黄绿青蓝紫) or empty"),
            );
        }
        let region_id = match row.filled("region_code") {
            None => Some(home.region.id),
            Some(code) => regions.get(code).map(|region| region.id),
        };
        if region_id.is_none() {
            faults.push(row.fault("region_code", "is no region of the community"));
        }
        let unit_id = row.filled("unit").map(|name| units.get(name).copied());
        if matches!(unit_id, Some(None)) {
            faults.push(row.fault("unit", "is no unit of the community"));
        }
        if !names.insert(row.text("name").to_owned()) {
            faults.push(row.fault("name", "is the name of another team of the community"));
        }
        let Some(region_id) = region_id.filter(|_| faults.len() == before) else { continue };
        let input = NewTeam {
            name: row.text("name").to_owned(),
            colour: colour.flatten().map(|(_, _, colour)| *colour),
            region_id,
            unit_id: unit_id.flatten(),
            description: row.text("description").to_owned(),
        };
        if let Err(error) = found(&tx, home.community.id, &input).await {
            let column = if error.field == Some("description") { "description" } else { "name" };
            faults.push(fault_of(row.number, column, error)?);
        }
    }
    if !faults.is_empty() {
        return Ok(Report::refused(table.len(), faults, dry_run));
    }
    finish(tx, dry_run).await?;
    Ok(Report { rows: table.len(), added: table.len(), dry_run, ..Report::default() })
}
