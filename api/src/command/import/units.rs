//! `import units`: the local units (驻区单位) of one community.
//!
//! Columns: `name`, and `kind` (a code or word of the community's list of kinds, as `SCHOOL` or 学校).

use std::collections::{HashMap, HashSet};

use domain::community::tenant;
use domain::community::unit::{self, NAME_LEN_MAX, NewUnit};
use domain::community::wording;
use domain::db::Db;
use domain::error::{Code, Error, Result};
use entity::taxonomy_term::{self, TaxonomyKind};
use entity::unit as unit_row;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::table::Table;
use super::{Fault, Report, finish};

const COLUMNS: &[&str] = &["name", "kind"];

/// Takes a file of units into the community of an official code.
///
/// # Errors
/// `NOT_FOUND` for a code on which no community is open, and when the database fails; faults of the file are in the report.
pub async fn run(db: &Db, community_code: &str, file: &[u8], dry_run: bool) -> Result<Report> {
    let table = match Table::read(file, COLUMNS, COLUMNS) {
        Ok(table) => table,
        Err(faults) => return Ok(Report::refused(0, faults, dry_run)),
    };
    let tx = db.begin().await?;
    let home = tenant::find_by_code(&tx.connection, community_code).await?;
    let home = home.ok_or_else(|| Error::from(Code::NotFound).on("community").with("code", community_code))?;
    let terms = taxonomy_term::Entity::find()
        .filter(taxonomy_term::Column::CommunityId.eq(home.community.id))
        .filter(taxonomy_term::Column::Kind.eq(TaxonomyKind::UnitKind))
        .filter(taxonomy_term::Column::RetiredAt.is_null())
        .all(&tx.connection)
        .await?;
    let kinds: HashMap<&str, &str> = terms.iter().flat_map(|term| [(term.label.as_str(), term.code.as_str()), (&term.code, &term.code)]).collect();
    let taken = unit_row::Entity::find().filter(unit_row::Column::CommunityId.eq(home.community.id)).all(&tx.connection).await?;
    let mut names: HashSet<String> = taken.into_iter().map(|row| row.name).collect();
    let mut faults: Vec<Fault> = Vec::new();
    let mut units = Vec::with_capacity(table.len());
    for row in table.rows() {
        let name = wording::label(row.text("name"), NAME_LEN_MAX, "name").ok();
        match &name {
            None => {
                faults.push(row.fault("name", format!("must have 1 to {NAME_LEN_MAX} characters in one line, without words that classify people")));
            }
            Some(name) if !names.insert(name.clone()) => faults.push(row.fault("name", "is the name of another unit of the community")),
            Some(_) => {}
        }
        let kind = kinds.get(row.text("kind"));
        if kind.is_none() {
            let mut codes: Vec<&str> = terms.iter().map(|term| term.code.as_str()).collect();
            codes.sort_unstable();
            faults.push(row.fault("kind", format!("is not in the community's list of kinds: {}", codes.join(", "))));
        }
        if let (Some(name), Some(kind)) = (name, kind) {
            units.push(NewUnit { name, kind: (*kind).to_owned() });
        }
    }
    if !faults.is_empty() {
        return Ok(Report::refused(table.len(), faults, dry_run));
    }
    let added = unit::enter_all(&tx, home.community.id, units).await?.len();
    finish(tx, dry_run).await?;
    Ok(Report { rows: table.len(), added, dry_run, ..Report::default() })
}
