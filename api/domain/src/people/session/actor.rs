//! From a session to its actor: two queries, whatever the number of grants.

use entity::id::{AccountId, ActingRelationId, LoginSessionId, RegionId, VolunteerId, WalletId};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use sea_orm::{ActiveEnum, ConnectionTrait, QueryResult};

use crate::db::sql;
use crate::error::Result;
use crate::people::permission::{Actor, ActorVolunteer, ActsFor, Factor, Grant};

const SESSION: &str = "SELECT a.community_id, a.phone_bound, h.path, v.id AS volunteer_id, v.region_id, w.id AS wallet_id, s.second_factor_at, \
                       s.acted_by, s.relation_id, f.confirmed_at FROM login_session s \
                       JOIN account a ON a.id = s.account_id JOIN community c ON c.id = a.community_id JOIN region h ON h.id = c.region_id \
                       LEFT JOIN volunteer v ON v.account_id = a.id LEFT JOIN wallet w ON w.volunteer_id = v.id \
                       LEFT JOIN second_factor f ON f.account_id = a.id \
                       WHERE s.id = $1 AND s.account_id = $2 AND s.revoked_at IS NULL AND s.expires_at > $3 AND a.closed_at IS NULL";

const GRANTS: &str = "SELECT g.role, g.team_id, g.unit_id, g.starts_at, g.ends_at, r.path FROM role_grant g LEFT JOIN region r ON r.id = g.region_id \
                      WHERE g.account_id = $1 AND g.ended_at IS NULL";

/// The roles that sleep until a second factor was shown.
const STAFF: &[Role] = &[Role::Reviewer, Role::PartyWorker, Role::Auditor, Role::Admin];

/// The actor of a session that stands at `now`; `strict` when staff need a second factor although they have not set one up.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    account_id: AccountId,
    login_session_id: LoginSessionId,
    now: UtcMicros,
    strict: bool,
) -> Result<Option<Actor>> {
    let values = [login_session_id.into(), account_id.into(), now.0.into()];
    let Some(row) = connection.query_one_raw(sql(connection, SESSION, values)).await? else { return Ok(None) };
    let factor = match (row.try_get::<Option<i64>>("", "second_factor_at")?, row.try_get::<Option<i64>>("", "confirmed_at")?) {
        (Some(_), Some(_)) => Factor::Shown,
        (_, Some(_)) => Factor::Due,
        (_, None) if strict => Factor::ToSetUp,
        (_, None) => Factor::None,
    };
    let acts_for = acts_for(&row)?;
    let (mut grants, mut asleep, mut until) = (Vec::new(), Vec::new(), None);
    for row in connection.query_all_raw(sql(connection, GRANTS, [account_id.into()])).await? {
        let role = Role::try_from_value(&row.try_get("", "role")?)?;
        let (starts_at, ends_at): (Option<UtcMicros>, Option<UtcMicros>) = (row.try_get("", "starts_at")?, row.try_get("", "ends_at")?);
        until = [until, starts_at, ends_at].into_iter().flatten().filter(|moment| *moment > now).min();
        let works = starts_at.is_none_or(|moment| moment <= now) && ends_at.is_none_or(|moment| moment > now);
        // Who acts for somebody does what residents and volunteers do; offices are not lent.
        if !works || (acts_for.is_some() && !matches!(role, Role::Resident | Role::Volunteer)) {
            continue;
        }
        let grant = Grant { role, path: row.try_get("", "path")?, team_id: row.try_get("", "team_id")?, unit_id: row.try_get("", "unit_id")? };
        let sleeps = STAFF.contains(&role) && matches!(factor, Factor::Due | Factor::ToSetUp);
        if sleeps { asleep.push(grant) } else { grants.push(grant) }
    }
    Ok(Some(Actor {
        account_id,
        login_session_id,
        community_id: row.try_get("", "community_id")?,
        community_path: row.try_get("", "path")?,
        volunteer: volunteer(&row)?,
        grants,
        asleep,
        factor,
        phone_bound: row.try_get("", "phone_bound")?,
        acts_for,
        until,
    }))
}

fn volunteer(row: &QueryResult) -> Result<Option<ActorVolunteer>> {
    let ids: (Option<VolunteerId>, Option<WalletId>, Option<RegionId>) =
        (row.try_get("", "volunteer_id")?, row.try_get("", "wallet_id")?, row.try_get("", "region_id")?);
    Ok(match ids {
        (Some(id), Some(wallet_id), Some(region_id)) => Some(ActorVolunteer { id, wallet_id, region_id }),
        _ => None,
    })
}

fn acts_for(row: &QueryResult) -> Result<Option<ActsFor>> {
    let ids: (Option<AccountId>, Option<ActingRelationId>) = (row.try_get("", "acted_by")?, row.try_get("", "relation_id")?);
    Ok(match ids {
        (Some(helper_id), Some(relation_id)) => Some(ActsFor { helper_id, relation_id }),
        _ => None,
    })
}
