//! From a session to its actor: two queries, whatever the number of grants.

use entity::id::{AccountId, LoginSessionId, RegionId, VolunteerId, WalletId};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use sea_orm::{ActiveEnum, ConnectionTrait};

use crate::db::sql;
use crate::error::Result;
use crate::people::permission::{Actor, ActorVolunteer, Grant};

const SESSION: &str = "SELECT a.community_id, h.path, v.id AS volunteer_id, v.region_id, w.id AS wallet_id FROM login_session s \
                       JOIN account a ON a.id = s.account_id JOIN community c ON c.id = a.community_id JOIN region h ON h.id = c.region_id \
                       LEFT JOIN volunteer v ON v.account_id = a.id LEFT JOIN wallet w ON w.volunteer_id = v.id \
                       WHERE s.id = $1 AND s.account_id = $2 AND s.revoked_at IS NULL AND s.expires_at > $3 AND a.closed_at IS NULL";

const GRANTS: &str = "SELECT g.role, g.team_id, g.unit_id, r.path FROM role_grant g LEFT JOIN region r ON r.id = g.region_id \
                      WHERE g.account_id = $1 AND g.ended_at IS NULL";

/// The actor of a session that stands at `now`.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    account_id: AccountId,
    login_session_id: LoginSessionId,
    now: UtcMicros,
) -> Result<Option<Actor>> {
    let values = [login_session_id.into(), account_id.into(), now.0.into()];
    let Some(row) = connection.query_one_raw(sql(connection, SESSION, values)).await? else { return Ok(None) };
    let ids: (Option<VolunteerId>, Option<WalletId>, Option<RegionId>) =
        (row.try_get("", "volunteer_id")?, row.try_get("", "wallet_id")?, row.try_get("", "region_id")?);
    let volunteer = match ids {
        (Some(id), Some(wallet_id), Some(region_id)) => Some(ActorVolunteer { id, wallet_id, region_id }),
        _ => None,
    };
    let mut grants = Vec::new();
    for row in connection.query_all_raw(sql(connection, GRANTS, [account_id.into()])).await? {
        let role = Role::try_from_value(&row.try_get("", "role")?)?;
        grants.push(Grant { role, path: row.try_get("", "path")?, team_id: row.try_get("", "team_id")?, unit_id: row.try_get("", "unit_id")? });
    }
    Ok(Some(Actor {
        account_id,
        login_session_id,
        community_id: row.try_get("", "community_id")?,
        community_path: row.try_get("", "path")?,
        volunteer,
        grants,
    }))
}
