//! Role grants: a role over a region's subtree, over one team, or for one unit.
//!
//! RESIDENT and VOLUNTEER come with registration and are not granted by hand. `TEAM_LEADER` is granted over a team, `UNIT_LIAISON` (单位
//! 联络员) for a unit, the staff roles over a region. An administrator grants and ends roles where the own grants reach, and nobody takes the
//! administration from themselves, so that a community keeps at least one. A grant may begin later and end by itself. Rows are
//! never deleted: together they say who held which role when, by whose hand.
//!
//! `AUDITOR` (审计员) is granted over a whole community or what is above it. Who runs a place does not audit it, and the other way round: nobody gives it to
//! themselves, and neither of the two roles goes to somebody whose other one reaches the same place, be it at another time.
//!
//! Invariant: an account holds a role once per scope; who granted and who ended it stays on the row.
//! Invariant: no account holds `ADMIN` and `AUDITOR` over places one of which lies in the other.

use entity::id::{AccountId, RegionId, RoleGrantId, TeamId, UnitId};
use entity::role_grant::{self, Model, Role};
use entity::time::UtcMicros;
use entity::{account as account_row, region as region_row, team as team_row, unit as unit_row, volunteer};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::community::{region, tenant, unit};
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::page::{ListOrder, Page, Rows};
use crate::people::account::{self, phone::Phone};
use crate::people::permission::{Action, Actor, Place};
use crate::people::team;
use crate::tx::Tx;

/// Whom a role is given.
#[derive(Clone, Debug)]
pub enum Holder {
    /// By account.
    Account(AccountId),
    /// The account behind a volunteer.
    Volunteer(entity::id::VolunteerId),
    /// The account of a phone.
    Phone(String),
}

/// What a role reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A region and everything below.
    Region(RegionId),
    /// One team.
    Team(TeamId),
    /// One unit.
    Unit(UnitId),
}

/// When a grant works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Since when; from the giving on when left out.
    pub starts_at: Option<UtcMicros>,
    /// Until when; until it is ended when left out.
    pub ends_at: Option<UtcMicros>,
}

/// Grants a role.
///
/// # Errors
/// `NOT_FOUND` for a holder or a place that does not exist for the actor, `FORBIDDEN`, `BAD_INPUT` for a role that is not granted over such a place or
/// for dates of which nothing is left, `ALREADY_GRANTED`; `SELF_DEALING` and `DUTIES_SEPARATE` for auditors and administrators.
pub async fn grant(tx: &Tx, keys: &Keys, actor: &Actor, holder: &Holder, role: Role, reach: Reach, span: Span) -> Result<Model> {
    let place = match reach {
        Reach::Region(id) => region::place(&tx.connection, id).await.map_err(|error| error.on("regionId"))?,
        Reach::Team(id) => team::get_in(&tx.connection, actor, id).await.map_err(|error| error.on("teamId"))?.1,
        Reach::Unit(id) => unit::place(&tx.connection, id).await.map_err(|error| error.on("unitId"))?,
    };
    let named = match reach {
        Reach::Region(_) => "regionId",
        Reach::Team(_) => "teamId",
        Reach::Unit(_) => "unitId",
    };
    actor.require(Action::GrantRole, &place).map_err(|error| error.on(named))?;
    let fits = match role {
        Role::Resident | Role::Volunteer => false,
        Role::TeamLeader => matches!(reach, Reach::Team(_)),
        Role::UnitLiaison => matches!(reach, Reach::Unit(_)),
        Role::GridWorker | Role::RedemptionDesk | Role::Reviewer | Role::PartyWorker | Role::Auditor | Role::Admin => {
            matches!(reach, Reach::Region(_))
        }
    };
    if !fits {
        return Err(Error::from(Code::BadInput).on("role"));
    }
    if span.ends_at.is_some_and(|ends| ends <= span.starts_at.unwrap_or(tx.now).max(tx.now)) {
        return Err(Error::from(Code::BadInput).on("endsAt"));
    }
    let account_id = find_holder(tx, keys, actor, holder).await?;
    end_run_out(tx, account_id).await?;
    keep_apart(tx, actor, account_id, role, &place).await?;
    insert(tx, account_id, role, reach, Some(actor.account_id), span).await
}

/// Ends a grant. One that has ended already stays as it was.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`; `STATE_CHANGED` for a role that comes with registration; `SELF_DEALING` for one's own administration.
pub async fn end(tx: &Tx, actor: &Actor, id: RoleGrantId) -> Result<Model> {
    let row = get(&tx.connection, id).await?;
    actor.require(Action::EndRole, &place_of(&tx.connection, &row).await?)?;
    if matches!(row.role, Role::Resident | Role::Volunteer) {
        return Err(Code::StateChanged.into());
    }
    if row.role == Role::Admin && row.account_id == actor.account_id {
        return Err(Code::SelfDealing.into());
    }
    role_grant::Entity::update_many()
        .col_expr(role_grant::Column::EndedAt, Expr::value(tx.now))
        .col_expr(role_grant::Column::EndedBy, Expr::value(actor.account_id))
        .filter(role_grant::Column::Id.eq(id))
        .filter(role_grant::Column::EndedAt.is_null())
        .exec(&tx.connection)
        .await?;
    get(&tx.connection, id).await
}

/// The grants of an account that stand at `now` or begin later, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list_of(connection: &impl ConnectionTrait, account_id: AccountId, now: UtcMicros) -> Result<Vec<Model>> {
    let query = role_grant::Entity::find()
        .filter(role_grant::Column::AccountId.eq(account_id))
        .filter(role_grant::Column::EndedAt.is_null())
        .filter(Condition::any().add(role_grant::Column::EndsAt.is_null()).add(role_grant::Column::EndsAt.gt(now)));
    Ok(query.order_by_asc(role_grant::Column::Id).all(connection).await?)
}

/// Who was given which role over a region and everything in it, by whom and for how long, newest first; ended grants among them. Without a region
/// over the actor's home; with an account that one's alone.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `BAD_CURSOR`.
pub async fn history(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    region_id: Option<RegionId>,
    account_id: Option<AccountId>,
    page: &Page,
) -> Result<Rows<Model>> {
    let place = match region_id {
        Some(id) => region::place(connection, id).await.map_err(|error| error.on("regionId"))?,
        None => actor.home(),
    };
    actor.require(Action::ListRoleGrants, &place).map_err(|error| error.on("regionId"))?;
    let below = || Query::select().column(region_row::Column::Id).from(region_row::Entity).and_where(region::path_begins(&place.path)).to_owned();
    let teams =
        Query::select().column(team_row::Column::Id).from(team_row::Entity).and_where(team_row::Column::RegionId.in_subquery(below())).to_owned();
    let mut within = Condition::any().add(role_grant::Column::RegionId.in_subquery(below())).add(role_grant::Column::TeamId.in_subquery(teams));
    // Units belong to a community and not to a part of it.
    if tenant::get(connection, place.community_id).await?.region.path == place.path {
        let of_community = unit_row::Column::CommunityId.eq(place.community_id);
        let units = Query::select().column(unit_row::Column::Id).from(unit_row::Entity).and_where(of_community).to_owned();
        within = within.add(role_grant::Column::UnitId.in_subquery(units));
    }
    let mut query = role_grant::Entity::find().filter(within);
    if let Some(account_id) = account_id {
        query = query.filter(role_grant::Column::AccountId.eq(account_id));
    }
    let order = ListOrder { key: None, id: role_grant::Column::Id, descending: true };
    let rows = page.select::<_, RoleGrantId>(query, order)?.all(connection).await?;
    Ok(page.rows(rows))
}

/// Writes a grant without asking who may; for registration, founding a team and opening a community.
///
/// # Errors
/// `ALREADY_GRANTED`.
pub async fn write(tx: &Tx, account_id: AccountId, role: Role, reach: Reach, granted_by: Option<AccountId>) -> Result<Model> {
    insert(tx, account_id, role, reach, granted_by, Span::default()).await
}

async fn insert(tx: &Tx, account_id: AccountId, role: Role, reach: Reach, granted_by: Option<AccountId>, span: Span) -> Result<Model> {
    let (region_id, team_id, unit_id) = match reach {
        Reach::Region(id) => (Some(id), None, None),
        Reach::Team(id) => (None, Some(id), None),
        Reach::Unit(id) => (None, None, Some(id)),
    };
    let row = Model {
        id: RoleGrantId::new(tx.now),
        account_id,
        role,
        region_id,
        team_id,
        unit_id,
        granted_by,
        created_at: tx.now,
        ended_at: None,
        starts_at: span.starts_at,
        ends_at: span.ends_at,
        ended_by: None,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// Refuses to make an auditor of who runs the place, or of oneself, and an administrator of who audits it.
async fn keep_apart(tx: &Tx, actor: &Actor, account_id: AccountId, role: Role, place: &Place) -> Result<()> {
    let other = match role {
        Role::Auditor => Role::Admin,
        Role::Admin => Role::Auditor,
        _ => return Ok(()),
    };
    if role == Role::Auditor {
        if account_id == actor.account_id {
            return Err(Code::SelfDealing.into());
        }
        // The log is one for a community; a part of it has none to read.
        if !place.community_id.0.is_nil() && tenant::get(&tx.connection, place.community_id).await?.region.path != place.path {
            return Err(Error::from(Code::BadInput).on("regionId"));
        }
    }
    // Whoever grants the other of the two at this moment waits.
    account_row::Entity::find_by_id(account_id).lock_exclusive().one(&tx.connection).await?;
    let held = role_grant::Entity::find()
        .filter(role_grant::Column::AccountId.eq(account_id))
        .filter(role_grant::Column::Role.eq(other))
        .filter(role_grant::Column::EndedAt.is_null());
    let regions: Vec<RegionId> = held.all(&tx.connection).await?.into_iter().filter_map(|grant| grant.region_id).collect();
    let regions = region_row::Entity::find().filter(region_row::Column::Id.is_in(regions)).all(&tx.connection).await?;
    let meet = |row: &region_row::Model| row.path.starts_with(&place.path) || place.path.starts_with(&row.path);
    if regions.iter().any(meet) { Err(Code::DutiesSeparate.into()) } else { Ok(()) }
}

/// Closes the rows of an account's grants whose date has passed, so that the same may be granted again.
async fn end_run_out(tx: &Tx, account_id: AccountId) -> Result<()> {
    role_grant::Entity::update_many()
        .col_expr(role_grant::Column::EndedAt, Expr::col(role_grant::Column::EndsAt))
        .filter(role_grant::Column::AccountId.eq(account_id))
        .filter(role_grant::Column::EndedAt.is_null())
        .filter(role_grant::Column::EndsAt.lte(tx.now))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// Ends every live grant of an account over a team; for leaving it.
///
/// # Errors
/// When the database refuses.
pub async fn end_over_team(tx: &Tx, account_id: AccountId, team_id: TeamId) -> Result<()> {
    role_grant::Entity::update_many()
        .col_expr(role_grant::Column::EndedAt, Expr::value(tx.now))
        .filter(role_grant::Column::AccountId.eq(account_id))
        .filter(role_grant::Column::TeamId.eq(team_id))
        .filter(role_grant::Column::EndedAt.is_null())
        .exec(&tx.connection)
        .await?;
    Ok(())
}

async fn get(connection: &impl ConnectionTrait, id: RoleGrantId) -> Result<Model> {
    role_grant::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

async fn place_of(connection: &impl ConnectionTrait, row: &Model) -> Result<Place> {
    match (row.region_id, row.team_id, row.unit_id) {
        (Some(id), ..) => region::place(connection, id).await,
        (None, Some(id), _) => team::place(connection, &team::get(connection, id).await?).await,
        (None, None, Some(id)) => unit::place(connection, id).await,
        (None, None, None) => Err(Code::NotFound.into()),
    }
}

/// The account a role is meant for; an account of a community that the actor has nothing to do with does not exist.
async fn find_holder(tx: &Tx, keys: &Keys, actor: &Actor, holder: &Holder) -> Result<AccountId> {
    let (field, account) = match holder {
        Holder::Account(id) => ("accountId", account::get(&tx.connection, *id).await.map_err(|error| error.on("accountId"))?),
        Holder::Volunteer(id) => {
            let row = volunteer::Entity::find_by_id(*id).one(&tx.connection).await?;
            let account_id = row.and_then(|row| row.account_id).ok_or_else(|| Error::from(Code::NotFound).on("volunteerId"))?;
            ("volunteerId", account::get(&tx.connection, account_id).await?)
        }
        Holder::Phone(text) => {
            let account = account::find_by_phone(&tx.connection, keys, &Phone::parse(text, "phone")?).await?;
            ("phone", account.ok_or_else(|| Error::from(Code::NotFound).on("phone"))?)
        }
    };
    let home = tenant::get(&tx.connection, account.community_id).await?;
    if account.closed_at.is_some() || !actor.sees(&region::place_of(&home.region)) {
        return Err(Error::from(Code::NotFound).on(field));
    }
    Ok(account.id)
}
