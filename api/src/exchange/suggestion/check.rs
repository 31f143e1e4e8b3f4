//! Looking again at the rows behind a first guess.

use std::collections::HashSet;

use entity::id::{CommunityId, ListingId};
use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, DatabaseConnection, Value};
use uuid::Uuid;

use crate::db::sql;
use crate::error::Result;
use crate::exchange::listing::state::{self, Step};
use crate::exchange::matching::load::{Frame, HelperId, row_of};

/// States of a match that stands, as text of a statement.
const LIVE: &str = "('PROPOSED', 'ACCEPTED', 'IN_PROGRESS', 'DONE', 'DISPUTED')";

/// A helper as the market knows it.
const SAME: i32 = 0;
/// A helper that has changed since the market was read.
const CHANGED: i32 = 1;
/// A helper that is being asked for this need, or was turned down.
const OUT: i32 = 2;

/// What became of helpers.
#[derive(Default)]
pub(super) struct Checked {
    /// Can be asked, and did not change since the market was read.
    pub same: HashSet<HelperId>,
    /// May be asked, and changed something that decides whether they fit.
    pub changed: Vec<HelperId>,
}

/// Lists are filled up to a multiple of this, so that the database sees few different statements and keeps their plans.
const ROUND: usize = 16;

/// A list of parameters behind those that are there already.
fn listed(ids: impl Iterator<Item = Uuid>, values: &mut Vec<Value>) -> String {
    let first = values.len() + 1;
    values.extend(ids.map(Value::from));
    let count = values.len() + 1 - first;
    values.extend((count..count.next_multiple_of(ROUND)).map(|_| Value::from(Uuid::nil())));
    let names: Vec<String> = (first..=values.len()).map(|at| format!("${at}")).collect();
    if names.is_empty() { "(NULL)".to_owned() } else { format!("({})", names.join(", ")) }
}

/// Which helpers can still be proposed for a need, in one statement: what the helpers' rows say, one by one, and who was asked for this need or
/// turned down, all at once.
pub(super) async fn helpers(connection: &DatabaseConnection, frame: &Frame, need_id: ListingId, ids: &[HelperId], now: UtcMicros) -> Result<Checked> {
    let mut values: Vec<Value> = vec![frame.community_id.into(), need_id.into(), now.business_date().into(), frame.now.into(), now.into()];
    let of = |kind: fn(&HelperId) -> bool| ids.iter().copied().filter(kind).map(row_of);
    let volunteers = listed(of(|id| matches!(id, HelperId::Volunteer(_))), &mut values);
    let teams = listed(of(|id| matches!(id, HelperId::Team(_))), &mut values);
    let offerings = listed(of(|id| matches!(id, HelperId::Offering(_))), &mut values);
    let since = |column: &str, row: &str| format!("EXISTS (SELECT 1 FROM need_match c WHERE c.{column} = {row} AND c.proposed_at >= $4)");
    let text = format!(
        "SELECT v.id, CASE WHEN v.state <> 'ACTIVE' OR s.updated_at >= $4 OR {} \
         OR EXISTS (SELECT 1 FROM volunteer_qualification q WHERE q.volunteer_id = v.id AND q.verified_at >= $4) \
         OR EXISTS (SELECT 1 FROM sign_up u WHERE u.volunteer_id = v.id AND u.updated_at >= $4) THEN {CHANGED} ELSE {SAME} END \
         FROM volunteer v JOIN volunteer_supply s ON s.volunteer_id = v.id WHERE v.community_id = $1 AND v.id IN {volunteers} \
         UNION ALL SELECT t.id, CASE WHEN {} THEN {CHANGED} ELSE {SAME} END FROM team t WHERE t.id IN {teams} AND t.dissolved_at IS NULL \
         UNION ALL SELECT l.id, {SAME} FROM listing l WHERE l.id IN {offerings} AND l.state IN {} AND l.valid_until > $5 \
         AND (l.owner_account_id IS NULL OR NOT EXISTS (SELECT 1 FROM listing o WHERE o.id = $2 AND o.owner_account_id = l.owner_account_id)) \
         UNION ALL SELECT COALESCE(d.volunteer_id, d.team_id, d.offering_id), {OUT} FROM match_dismissal d WHERE d.need_id = $2 AND d.until > $3 \
         UNION ALL SELECT COALESCE(m.volunteer_id, m.team_id, m.offering_id), {OUT} FROM need_match m WHERE m.need_id = $2 AND m.state IN {LIVE}",
        since("volunteer_id", "v.id"),
        since("team_id", "t.id"),
        state::before_sql(Step::Claim),
    );
    let (mut checked, mut out) = (Checked::default(), HashSet::new());
    for row in connection.query_all_raw(sql(connection, &text, values)).await? {
        let (id, found): (Uuid, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let Some(helper) = ids.iter().copied().find(|one| row_of(*one) == id) else { continue };
        match found {
            SAME => _ = checked.same.insert(helper),
            CHANGED => checked.changed.push(helper),
            _ => _ = out.insert(helper),
        }
    }
    checked.same.retain(|helper| !out.contains(helper));
    checked.changed.retain(|helper| !out.contains(helper));
    Ok(checked)
}

/// Which needs can still be proposed to a helper, in one statement.
pub(super) async fn needs(
    connection: &DatabaseConnection,
    community_id: CommunityId,
    helper: HelperId,
    ids: &[ListingId],
    now: UtcMicros,
) -> Result<HashSet<ListingId>> {
    let (column, own) = match helper {
        HelperId::Volunteer(_) => ("volunteer_id", "(SELECT v.account_id FROM volunteer v WHERE v.id = $2)"),
        HelperId::Team(_) => ("team_id", "NULL"),
        HelperId::Offering(_) => ("offering_id", "(SELECT o.owner_account_id FROM listing o WHERE o.id = $2)"),
    };
    let mut values: Vec<Value> = vec![community_id.into(), row_of(helper).into(), now.business_date().into(), now.into()];
    let listed = listed(ids.iter().map(|id| id.0), &mut values);
    let text = format!(
        "SELECT l.id FROM listing l JOIN need n ON n.id = l.id JOIN recipient r ON r.id = n.recipient_id \
         WHERE l.community_id = $1 AND l.id IN {listed} AND l.state IN {} AND l.valid_until > $4 AND l.reserved < l.quantity \
         AND (r.account_id IS NULL OR {own} IS NULL OR r.account_id <> {own}) \
         AND NOT EXISTS (SELECT 1 FROM match_dismissal d WHERE d.need_id = l.id AND d.{column} = $2 AND d.until > $3) \
         AND NOT EXISTS (SELECT 1 FROM need_match m WHERE m.need_id = l.id AND m.{column} = $2 AND m.state IN {LIVE})",
        state::before_sql(Step::Claim)
    );
    let mut open = HashSet::new();
    for row in connection.query_all_raw(sql(connection, &text, values)).await? {
        open.insert(row.try_get_by_index(0)?);
    }
    Ok(open)
}
