//! `import members`: Party members who checked in with the community on paper (双报到), each with the signed consent that it is kept.
//!
//! Columns: `phone` (of a volunteer of the community; import volunteers first), `unit` (the name of a unit that has checked in), `consented_on` (the
//! day on which the member signed, `2026-03-05` or `20260305`), and where wanted `region_code` (the grid they serve; where they live when left out).

use std::collections::{HashMap, HashSet};

use domain::community::tenant::{self, Home};
use domain::community::unit_check_in::member::units_of;
use domain::community::unit_check_in::{Member, write_members};
use domain::db::Db;
use domain::error::{Code, Error, Result};
use domain::keys::Keys;
use domain::people::account::phone::Phone;
use domain::tx::Tx;
use entity::id::{AccountId, RegionId, UnitId, VolunteerId};
use entity::time::BusinessDate;
use entity::{account, member_check_in, region, unit, unit_check_in, volunteer};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::regions::find_in_community;
use super::table::{Row, Table, read_date};
use super::{Fault, Report, finish};

const NEEDED: &[&str] = &["phone", "unit", "consented_on"];
const COLUMNS: &[&str] = &["phone", "unit", "consented_on", "region_code"];

/// Phones asked about in one statement.
const BATCH: usize = 1_000;

/// What the community has that a row may name.
struct Known {
    regions: HashMap<String, region::Model>,
    units: HashMap<String, UnitId>,
    checked_in: HashMap<UnitId, unit_check_in::Model>,
}

/// A row whose form is right.
struct Listed {
    row: u64,
    phone: Phone,
    unit: unit_check_in::Model,
    consented_on: BusinessDate,
    region_id: Option<RegionId>,
}

/// Takes a file of members into the community of an official code.
///
/// # Errors
/// `NOT_FOUND` for a code on which no community is open, and when the database fails; faults of the file are in the report.
pub async fn run(db: &Db, keys: &Keys, community_code: &str, file: &[u8], dry_run: bool) -> Result<Report> {
    let table = match Table::read(file, NEEDED, COLUMNS) {
        Ok(table) => table,
        Err(faults) => return Ok(Report::refused(0, faults, dry_run)),
    };
    let tx = db.begin().await?;
    let home = tenant::find_by_code(&tx.connection, community_code).await?;
    let home = home.ok_or_else(|| Error::from(Code::NotFound).on("community").with("code", community_code))?;
    let known = know(&tx.connection, &home).await?;
    let mut faults = Vec::new();
    let members: Vec<Listed> = table.rows().filter_map(|row| check_row(&row, &known, tx.today(), &mut faults)).collect();
    let rows = find_people(&tx, keys, &home, members, &mut faults).await?;
    if !faults.is_empty() {
        return Ok(Report::refused(table.len(), faults, dry_run));
    }
    let added = rows.len();
    write_members(&tx, rows).await?;
    finish(tx, dry_run).await?;
    Ok(Report { rows: table.len(), added, dry_run, ..Report::default() })
}

async fn know(connection: &impl ConnectionTrait, home: &Home) -> Result<Known> {
    let units = unit::Entity::find().filter(unit::Column::CommunityId.eq(home.community.id)).all(connection).await?;
    let checked_in = unit_check_in::Entity::find()
        .filter(unit_check_in::Column::CommunityId.eq(home.community.id))
        .filter(unit_check_in::Column::EndedAt.is_null())
        .all(connection)
        .await?;
    Ok(Known {
        regions: find_in_community(connection, &home.region).await?,
        units: units.into_iter().map(|row| (row.name, row.id)).collect(),
        checked_in: checked_in.into_iter().map(|row| (row.unit_id, row)).collect(),
    })
}

fn check_row(row: &Row<'_>, known: &Known, today: BusinessDate, faults: &mut Vec<Fault>) -> Option<Listed> {
    let before = faults.len();
    let phone = Phone::parse(row.text("phone"), "phone").ok();
    if phone.is_none() {
        faults.push(row.fault("phone", "must be a mobile number of eleven digits"));
    }
    let unit_id = known.units.get(row.text("unit"));
    let unit = unit_id.and_then(|id| known.checked_in.get(id));
    match (unit_id, unit) {
        (None, _) => faults.push(row.fault("unit", "is no unit of the community")),
        (Some(_), None) => faults.push(row.fault("unit", Code::UnitNotCheckedIn.en())),
        (Some(_), Some(_)) => {}
    }
    let consented_on = read_date(row.text("consented_on")).filter(|day| *day <= today);
    if consented_on.is_none() {
        faults.push(row.fault("consented_on", "must be the day on which the member agreed in writing, as 2026-03-05"));
    }
    let region_id = row.filled("region_code").map(|code| known.regions.get(code).map(|region| region.id));
    if matches!(region_id, Some(None)) {
        faults.push(row.fault("region_code", "is no region of the community"));
    }
    if faults.len() > before {
        return None;
    }
    Some(Listed { row: row.number, phone: phone?, unit: unit?.clone(), consented_on: consented_on?, region_id: region_id.flatten() })
}

/// The volunteers behind the phones: each stands once in the file, belongs to the community, and has not checked in yet.
async fn find_people(tx: &Tx, keys: &Keys, home: &Home, members: Vec<Listed>, faults: &mut Vec<Fault>) -> Result<Vec<member_check_in::Model>> {
    let mut people: HashMap<Vec<u8>, volunteer::Model> = HashMap::with_capacity(members.len());
    let mut taken: HashSet<VolunteerId> = HashSet::new();
    for chunk in members.chunks(BATCH) {
        let accounts = account::Entity::find()
            .filter(account::Column::PhoneIndex.is_in(chunk.iter().flat_map(|member| member.phone.indexes(keys))))
            .filter(account::Column::CommunityId.eq(home.community.id))
            .all(&tx.connection)
            .await?;
        let accounts: HashMap<AccountId, Vec<u8>> = accounts.into_iter().map(|row| (row.id, row.phone_index)).collect();
        let found = volunteer::Entity::find().filter(volunteer::Column::AccountId.is_in(accounts.keys().copied())).all(&tx.connection).await?;
        let ids: Vec<VolunteerId> = found.iter().map(|person| person.id).collect();
        taken.extend(units_of(&tx.connection, keys, &ids).await?.into_keys());
        people.extend(found.into_iter().filter_map(|person| Some((accounts.get(&person.account_id?)?.clone(), person))));
    }
    let mut first_row: HashMap<VolunteerId, u64> = HashMap::with_capacity(members.len());
    let mut rows = Vec::with_capacity(members.len());
    for member in members {
        let mut fault = |reason: String| faults.push(Fault { row: member.row, column: "phone", reason });
        let Some(person) = member.phone.indexes(keys).iter().find_map(|index| people.get(index)) else {
            fault("is no volunteer's of the community".to_owned());
            continue;
        };
        if let Some(first) = first_row.insert(person.id, member.row) {
            fault(format!("stands in row {first} already"));
        } else if taken.contains(&person.id) {
            fault("the person has checked in already".to_owned());
        }
        let region_id = member.region_id.unwrap_or(person.region_id);
        rows.push(Member::new(tx, keys, &member.unit, person.id, region_id, member.consented_on.starts_at())?.row);
    }
    Ok(rows)
}
