//! Becoming a volunteer.

use entity::id::{AccountId, CommunityId, RegionId, RoleGrantId, VolunteerId};
use entity::role_grant::{self, Role};
use entity::time::BusinessDate;
use entity::volunteer::{Model, VolunteerState};
use entity::wallet::{self, WalletState};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ConnectionTrait, IntoActiveModel};

use super::home_region;
use crate::community::tenant::{self, Home};
use crate::community::wording;
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::people::consent::{self, guardian};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Longest name of a person.
const NAME_LEN_MAX: usize = 40;
/// Nobody older is alive.
const AGE_MAX: i32 = 130;

/// A checked registration.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The account.
    pub account_id: AccountId,
    /// Real name.
    pub name: String,
    /// Birth date.
    pub birth_date: BusinessDate,
    /// Where the person lives.
    pub region_id: RegionId,
}

/// Registers the actor as a volunteer; without a region, somewhere in the community. Registering agrees to the present privacy notice; for somebody under 14
/// that is the guardian, who has agreed before that the child serves (PIPL art. 31).
///
/// # Errors
/// `ALREADY_VOLUNTEER`, `BAD_INPUT`, `NOT_FOUND` on `regionId`; `GUARDIAN_REQUIRED`.
pub async fn register(tx: &Tx, actor: &Actor, name: &str, birth_date: BusinessDate, region_id: Option<RegionId>) -> Result<Model> {
    actor.require(Action::RegisterVolunteer, &actor.home())?;
    if actor.volunteer.is_some() {
        return Err(Code::AlreadyVolunteer.into());
    }
    let name = check_name(name)?;
    let birth_date = check_birth_date(birth_date, tx.today())?;
    let home = tenant::get(&tx.connection, actor.community_id).await?;
    let region_id = match region_id {
        Some(id) => home_region(&tx.connection, actor.community_id, id).await?,
        None => home.region.id,
    };
    let guardian = if guardian::needs_one(birth_date, tx.today()) { Some(guardian::consent_for(tx, actor).await?) } else { None };
    let enrolment = Enrolment { account_id: actor.account_id, name, birth_date, region_id };
    consent::agree_to_notice(tx, actor, guardian.as_ref()).await?;
    enrol(tx, &home, &[enrolment]).await?.pop().ok_or_else(|| Code::Internal.into())
}

/// Writes volunteers with their numbers, wallets and VOLUNTEER roles, with a few statements for any number of them; in the order of `enrolments`.
/// The wallet is a part of being a volunteer, so it is written here and not by the points area, which lies below this one.
///
/// # Errors
/// `ALREADY_VOLUNTEER` when one of the accounts is.
pub async fn enrol(tx: &Tx, home: &Home, enrolments: &[Enrolment]) -> Result<Vec<Model>> {
    let code = home.region.code.as_deref().ok_or_else(|| Error::internal("a community without an official code"))?;
    let mut rows = Vec::with_capacity(enrolments.len());
    // Ids of one moment have no order of their own; sorted, they list the volunteers by number.
    let mut ids: Vec<VolunteerId> = enrolments.iter().map(|_| VolunteerId::new(tx.now)).collect();
    ids.sort_unstable();
    let numbers = take_numbers(tx, home.community.id, code, enrolments.len()).await?;
    for ((enrolment, id), number) in enrolments.iter().zip(ids).zip(numbers) {
        rows.push(Model {
            id,
            community_id: home.community.id,
            account_id: Some(enrolment.account_id),
            number,
            name: enrolment.name.clone(),
            birth_date: enrolment.birth_date,
            region_id: enrolment.region_id,
            publishes_name: false,
            state: VolunteerState::Active,
            state_reason: None,
            minutes: 0,
            no_shows: 0,
            created_at: tx.now,
        });
    }
    tx.insert_all(rows.iter().cloned().map(IntoActiveModel::into_active_model).collect(), None).await?;
    tx.insert_all(rows.iter().map(empty_wallet).collect(), None).await?;
    let grants = rows.iter().filter_map(|row| {
        Some(role_grant::ActiveModel {
            id: Set(RoleGrantId::new(tx.now)),
            account_id: Set(row.account_id?),
            role: Set(Role::Volunteer),
            region_id: Set(Some(home.region.id)),
            team_id: Set(None),
            unit_id: Set(None),
            granted_by: Set(None),
            created_at: Set(tx.now),
            ended_at: Set(None),
            ..Default::default()
        })
    });
    tx.insert_all(grants.collect(), None).await?;
    Ok(rows)
}

/// Checks a person's name.
///
/// # Errors
/// `BAD_INPUT` on `name`.
pub fn check_name(name: &str) -> Result<String> {
    wording::line(name, NAME_LEN_MAX, "name")
}

/// Checks a birth date.
///
/// # Errors
/// `BAD_INPUT` on `birthDate` for a day to come or more than 130 years ago.
pub fn check_birth_date(birth_date: BusinessDate, today: BusinessDate) -> Result<BusinessDate> {
    let alive = birth_date <= today && birth_date.years_until(today) <= AGE_MAX;
    if alive { Ok(birth_date) } else { Err(Error::from(Code::BadInput).on("birthDate")) }
}

fn empty_wallet(row: &Model) -> wallet::ActiveModel {
    wallet::ActiveModel {
        id: NotSet,
        community_id: Set(row.community_id),
        volunteer_id: Set(row.id),
        credits: Set(0),
        debits: Set(0),
        debt: Set(0),
        version: Set(0),
        state: Set(WalletState::Active),
    }
}

/// The next `count` numbers of a community's year. The row stays locked until the commit, so a refused registration leaves no gap.
async fn take_numbers(tx: &Tx, community_id: CommunityId, code: &str, count: usize) -> Result<Vec<String>> {
    let year = tx.today().year();
    let count = i32::try_from(count).map_err(Error::internal)?;
    let take = "INSERT INTO volunteer_number (community_id, year, last) VALUES ($1, $2, $3) \
                ON CONFLICT (community_id, year) DO UPDATE SET last = volunteer_number.last + excluded.last RETURNING last";
    let values = [community_id.into(), year.into(), count.into()];
    let row = tx.connection.query_one_raw(sql(&tx.connection, take, values)).await?.ok_or_else(|| Error::from(Code::Internal))?;
    let last: i32 = row.try_get("", "last")?;
    Ok((last - count + 1..=last).map(|place| format!("{code}{:02}{place:05}", year % 100)).collect())
}
