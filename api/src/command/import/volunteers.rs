//! `import volunteers`: people who signed up on paper.
//!
//! Columns: `name`, `phone`, `birth_date` (`1975-03-05` or `19750305`), and where wanted `region_code` (the community's when left out) and `team`
//! (the name of a team that is there). Each gets an account without a password, the roles of a resident and a volunteer, a number and a wallet; a
//! phone that is registered already is a fault, for the person would be there twice. So is somebody under 14: nothing of a child is kept before a guardian
//! has agreed (PIPL art. 31), which is done in the app.

use std::collections::HashMap;

use domain::community::tenant;
use domain::db::Db;
use domain::error::{Code, Error, Result};
use domain::keys::Keys;
use domain::people::account::{self, NewAccount, phone::Phone};
use domain::people::consent::guardian;
use domain::people::team;
use domain::people::volunteer::{Enrolment, check_birth_date, check_name, enrol};
use domain::tx::Tx;
use entity::id::{RegionId, TeamId, VolunteerId};
use entity::time::BusinessDate;
use entity::{account as account_row, region, team as team_row};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::regions::find_in_community;
use super::table::{Row, Table, read_date};
use super::{Fault, Report, finish};

const NEEDED: &[&str] = &["name", "phone", "birth_date"];
const COLUMNS: &[&str] = &["name", "phone", "birth_date", "region_code", "team"];

/// Phones asked about in one statement.
const BATCH: usize = 1_000;

/// What the community has that a row may name.
struct Known {
    home_region_id: RegionId,
    regions: HashMap<String, region::Model>,
    teams: HashMap<String, TeamId>,
}

/// A row whose form is right.
struct Person {
    row: u64,
    name: String,
    phone: Phone,
    birth_date: BusinessDate,
    region_id: RegionId,
    team_id: Option<TeamId>,
}

/// Takes a file of volunteers into the community of an official code.
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
    let teams = team_row::Entity::find().filter(team_row::Column::CommunityId.eq(home.community.id));
    let teams = teams.filter(team_row::Column::DissolvedAt.is_null()).all(&tx.connection).await?;
    let known = Known {
        home_region_id: home.region.id,
        regions: find_in_community(&tx.connection, &home.region).await?,
        teams: teams.into_iter().map(|row| (row.name, row.id)).collect(),
    };
    let mut faults = Vec::new();
    let people: Vec<Person> = table.rows().filter_map(|row| check_row(&row, &known, tx.today(), &mut faults)).collect();
    check_phones(&tx, keys, &people, &mut faults).await?;
    if !faults.is_empty() {
        return Ok(Report::refused(table.len(), faults, dry_run));
    }
    let accounts = people.iter().map(|person| NewAccount { phone: Some(person.phone.clone()), password_hash: None }).collect();
    let accounts = account::open_all(&tx, keys, &home.community, accounts).await?;
    let enrolments: Vec<Enrolment> = people
        .iter()
        .zip(&accounts)
        .map(|(person, account)| Enrolment {
            account_id: account.id,
            name: person.name.clone(),
            birth_date: person.birth_date,
            region_id: person.region_id,
        })
        .collect();
    let volunteers = enrol(&tx, &home, &enrolments).await?;
    let mut members: HashMap<TeamId, Vec<VolunteerId>> = HashMap::new();
    for (person, volunteer) in people.iter().zip(&volunteers) {
        if let Some(team_id) = person.team_id {
            members.entry(team_id).or_default().push(volunteer.id);
        }
    }
    for (team_id, volunteer_ids) in members {
        team::admit(&tx, team_id, &volunteer_ids).await?;
    }
    finish(tx, dry_run).await?;
    Ok(Report { rows: table.len(), added: volunteers.len(), dry_run, ..Report::default() })
}

fn check_row(row: &Row<'_>, known: &Known, today: BusinessDate, faults: &mut Vec<Fault>) -> Option<Person> {
    let before = faults.len();
    let name = check_name(row.text("name")).ok();
    if name.is_none() {
        faults.push(row.fault("name", "must have 1 to 40 characters in one line"));
    }
    let phone = Phone::parse(row.text("phone"), "phone").ok();
    if phone.is_none() {
        faults.push(row.fault("phone", "must be a mobile number of eleven digits"));
    }
    let birth_date = read_date(row.text("birth_date")).and_then(|date| check_birth_date(date, today).ok());
    if birth_date.is_none() {
        faults.push(row.fault("birth_date", "must be a day in the past, written 1975-03-05"));
    }
    if birth_date.is_some_and(|date| guardian::needs_one(date, today)) {
        faults.push(row.fault("birth_date", "is of a child under 14, who registers in the app once a guardian has agreed"));
    }
    let region_id = match row.filled("region_code") {
        None => Some(known.home_region_id),
        Some(code) => known.regions.get(code).map(|region| region.id),
    };
    if region_id.is_none() {
        faults.push(row.fault("region_code", "is no region of the community"));
    }
    let team_id = row.filled("team").map(|name| known.teams.get(name).copied());
    if matches!(team_id, Some(None)) {
        faults.push(row.fault("team", "is no team of the community"));
    }
    if faults.len() > before {
        return None;
    }
    Some(Person { row: row.number, name: name?, phone: phone?, birth_date: birth_date?, region_id: region_id?, team_id: team_id.flatten() })
}

/// A phone stands once in the file, and not in the database.
async fn check_phones(tx: &Tx, keys: &Keys, people: &[Person], faults: &mut Vec<Fault>) -> Result<()> {
    let mut rows: HashMap<Vec<u8>, u64> = HashMap::with_capacity(people.len());
    for person in people {
        if let Some(first) = rows.get(&person.phone.index(keys)) {
            faults.push(Fault { row: person.row, column: "phone", reason: format!("stands in row {first} already") });
        } else {
            rows.extend(person.phone.indexes(keys).into_iter().map(|index| (index, person.row)));
        }
    }
    let indexes: Vec<Vec<u8>> = rows.keys().cloned().collect();
    for chunk in indexes.chunks(BATCH) {
        let taken: Vec<Vec<u8>> = account_row::Entity::find()
            .select_only()
            .column(account_row::Column::PhoneIndex)
            .filter(account_row::Column::PhoneIndex.is_in(chunk.iter().cloned()))
            .into_tuple()
            .all(&tx.connection)
            .await?;
        for index in taken {
            let row = rows.get(&index).copied().unwrap_or_default();
            faults.push(Fault { row, column: "phone", reason: Code::PhoneTaken.en().to_owned() });
        }
    }
    Ok(())
}
