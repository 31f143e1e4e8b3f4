//! Looking again at the rows behind a first guess.

use std::collections::{HashMap, HashSet};

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

/// What a row says of a helper, each a bit: it is there as the market knows it.
const SAME: i32 = 1;
/// It is there, and its own rows have changed since the market was read.
const CHANGED: i32 = 2;
/// Something about it has changed since.
const SINCE: i32 = 4;
/// It is being asked for this need, or was turned down.
const OUT: i32 = 8;

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

/// Rows that tell of a change since the market was read. Each table is asked once for all helpers: asked about one helper after another, the database
/// took three times as long.
fn since(table: &str, column: &str, changed_at: &str, listed: &str) -> String {
    format!("SELECT c.{column}, {SINCE} FROM {table} c WHERE c.{column} IN {listed} AND c.{changed_at} >= $4")
}

/// Which helpers can still be proposed for a need, in one statement: what the helpers' rows say, what changed about them, and who was asked for this
/// need or turned down.
pub(super) async fn helpers(connection: &DatabaseConnection, frame: &Frame, need_id: ListingId, ids: &[HelperId], now: UtcMicros) -> Result<Checked> {
    let mut values: Vec<Value> = vec![frame.community_id.into(), need_id.into(), now.business_date().into(), frame.now.into(), now.into()];
    let mut of = |kind: fn(&HelperId) -> bool| {
        let ids: Vec<Uuid> = ids.iter().copied().filter(kind).map(row_of).collect();
        (!ids.is_empty()).then(|| listed(ids.into_iter(), &mut values))
    };
    let volunteers = of(|id| matches!(id, HelperId::Volunteer(_))).map(|listed| {
        let rows = format!(
            "SELECT v.id, CASE WHEN v.state <> 'ACTIVE' OR s.updated_at >= $4 THEN {CHANGED} ELSE {SAME} END \
             FROM volunteer v JOIN volunteer_supply s ON s.volunteer_id = v.id WHERE v.community_id = $1 AND v.id IN {listed}"
        );
        let changes = [
            since("need_match", "volunteer_id", "proposed_at", &listed),
            since("volunteer_qualification", "volunteer_id", "verified_at", &listed),
            since("sign_up", "volunteer_id", "updated_at", &listed),
        ];
        format!("{rows} UNION ALL {}", changes.join(" UNION ALL "))
    });
    let teams = of(|id| matches!(id, HelperId::Team(_))).map(|listed| {
        let rows = format!("SELECT t.id, {SAME} FROM team t WHERE t.community_id = $1 AND t.id IN {listed} AND t.dissolved_at IS NULL");
        format!("{rows} UNION ALL {}", since("need_match", "team_id", "proposed_at", &listed))
    });
    let offerings = of(|id| matches!(id, HelperId::Offering(_))).map(|listed| {
        format!(
            "SELECT l.id, {SAME} FROM listing l WHERE l.community_id = $1 AND l.id IN {listed} AND l.state IN {} AND l.valid_until > $5 \
             AND (l.owner_account_id IS NULL OR NOT EXISTS (SELECT 1 FROM listing o WHERE o.id = $2 AND o.owner_account_id = l.owner_account_id))",
            state::before_sql(Step::Claim)
        )
    });
    let out = format!(
        "SELECT COALESCE(d.volunteer_id, d.team_id, d.offering_id), {OUT} FROM match_dismissal d WHERE d.need_id = $2 AND d.until > $3 \
         UNION ALL SELECT COALESCE(m.volunteer_id, m.team_id, m.offering_id), {OUT} FROM need_match m WHERE m.need_id = $2 AND m.state IN {LIVE}"
    );
    // The database prepares every part that it is sent, so it is sent those that there is something to ask about.
    let parts: Vec<String> = [volunteers, teams, offerings, Some(out)].into_iter().flatten().collect();
    let text = parts.join(" UNION ALL ");
    let mut found: HashMap<Uuid, i32> = HashMap::new();
    for row in connection.query_all_raw(sql(connection, &text, values)).await? {
        let (id, one): (Uuid, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        *found.entry(id).or_default() |= one;
    }
    let mut checked = Checked::default();
    for helper in ids.iter().copied() {
        match found.get(&row_of(helper)) {
            Some(&SAME) => _ = checked.same.insert(helper),
            Some(found) if found & OUT == 0 && found & (SAME | CHANGED) != 0 => checked.changed.push(helper),
            // Turned down, asked already, or not there any more.
            _ => {}
        }
    }
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
