//! Looking again at the rows behind a first guess.

use std::collections::{HashMap, HashSet};

use entity::id::{CommunityId, ListingId, VolunteerId};
use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult, Value};
use uuid::Uuid;

use crate::db::sql;
use crate::error::Result;
use crate::exchange::listing::state::{self, Step};
use crate::exchange::matching::load::{Frame, HelperId, NeedRow, row_of};
use crate::people::helper_change;
use crate::people::volunteer::Living;

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

/// What became of a need and of helpers.
#[derive(Default)]
pub(super) struct Checked {
    /// Whether the need waits for help and is what its row says.
    pub need_same: bool,
    /// Helpers who can be asked, and did not change since the market was read.
    pub same: HashSet<HelperId>,
    /// Helpers who may be asked, and changed something that decides whether they fit.
    pub changed: Vec<HelperId>,
    /// The volunteers among them.
    pub people: HashMap<VolunteerId, Living>,
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

/// What the newest note of a helper says: whether something changed since the market was read. Asked for the newest, and not for any of many helpers, the
/// database looks at the end of one index however many notes there are, and never reads all of them.
fn since(helper: &str) -> String {
    format!("CASE WHEN (SELECT MAX(c.changed_at) FROM helper_change c WHERE c.helper_id = {helper}) >= $4 THEN {SINCE} ELSE 0 END")
}

/// Rows that tell who was turned down for the need or is being asked.
fn out(helper: &str) -> String {
    let column = |row: &str| helper.replace("ROW", row);
    format!(
        "SELECT {} AS id, {OUT} AS said FROM match_dismissal d WHERE d.need_id = $2 AND d.until > $3 \
         UNION ALL SELECT {}, {OUT} FROM need_match m WHERE m.need_id = $2 AND m.state IN {LIVE}",
        column("d"),
        column("m")
    )
}

/// What a need that waits says of itself: `what`, and 1 when it still waits and is whose it was, for somebody with as many minutes. Nothing else about it
/// changes once it is published.
fn waiting(what: &str) -> String {
    format!(
        "SELECT {what}CASE WHEN l.state IN {} AND l.valid_until > $5 AND l.reserved < l.quantity AND l.owner_account_id IS NOT DISTINCT FROM $6 \
         AND o.id IS NOT DISTINCT FROM $7 AND COALESCE(o.minutes, 0) = $8 THEN {SAME} ELSE 0 END \
         FROM listing l JOIN need n ON n.id = l.id JOIN recipient r ON r.id = n.recipient_id LEFT JOIN volunteer o ON o.account_id = r.account_id \
         WHERE l.id = $2",
        state::before_sql(Step::Claim)
    )
}

/// A need and who could meet it, with the moments that its rows are looked at for.
pub(super) struct Question<'a> {
    /// What the market is measured in.
    pub frame: &'a Frame,
    /// The need as it is known.
    pub need: &'a NeedRow,
    /// Who could meet it.
    pub helpers: &'a [HelperId],
    /// The moment.
    pub now: UtcMicros,
}

/// Which helpers can still be proposed for a need: what their rows say, what changed about them, and who was asked for this need or turned down. One
/// statement where all of them are volunteers, as mostly.
pub(super) async fn helpers(connection: &DatabaseConnection, question: &Question<'_>) -> Result<Checked> {
    let mut checked = Checked::default();
    let mut found: HashMap<Uuid, i32> = HashMap::new();
    let some_are = question.helpers.iter().any(|id| matches!(id, HelperId::Volunteer(_)));
    if some_are {
        volunteers(connection, question, &mut checked, &mut found).await?;
    }
    if !some_are || question.helpers.iter().any(|id| !matches!(id, HelperId::Volunteer(_))) {
        others(connection, question, &mut found).await?;
        checked.need_same = found.get(&question.need.id.0) == Some(&SAME);
    }
    for helper in question.helpers.iter().copied() {
        match found.get(&row_of(helper)) {
            Some(&SAME) => _ = checked.same.insert(helper),
            Some(found) if found & OUT == 0 && found & (SAME | CHANGED) != 0 => checked.changed.push(helper),
            // Turned down, asked already, or not there any more.
            _ => {}
        }
    }
    Ok(checked)
}

impl Question<'_> {
    /// The values that every statement about it begins with.
    fn values(&self) -> Vec<Value> {
        let (own, minutes) = self.need.recipient();
        let (today, since) = (self.now.business_date(), helper_change::since(self.frame.now));
        vec![
            self.frame.community_id.into(),
            self.need.id.into(),
            today.into(),
            since.into(),
            self.now.into(),
            self.need.owner.into(),
            own.into(),
            minutes.into(),
        ]
    }

    /// The helpers of one kind as a list of parameters behind `values`; none where there are none.
    fn listed(&self, kind: fn(&HelperId) -> bool, values: &mut Vec<Value>) -> Option<String> {
        let ids: Vec<Uuid> = self.helpers.iter().copied().filter(kind).map(row_of).collect();
        (!ids.is_empty()).then(|| listed(ids.into_iter(), values))
    }
}

/// What the rows say of the volunteers and of the need, and who the volunteers are.
async fn volunteers(connection: &DatabaseConnection, question: &Question<'_>, checked: &mut Checked, found: &mut HashMap<Uuid, i32>) -> Result<()> {
    let mut values = question.values();
    let Some(listed) = question.listed(|id| matches!(id, HelperId::Volunteer(_)), &mut values) else { return Ok(()) };
    let text = format!(
        "WITH told AS MATERIALIZED ({}) SELECT {}, CASE WHEN v.state <> 'ACTIVE' THEN {CHANGED} ELSE {SAME} END + {} AS said, \
         COALESCE(t.said, 0) AS told, ({}) AS waits \
         FROM volunteer v LEFT JOIN told t ON t.id = v.id \
         WHERE v.community_id = $1 AND v.id IN {listed}",
        out("ROW.volunteer_id"),
        Living::selected(),
        since("v.id"),
        waiting("")
    );
    for row in connection.query_all_raw(sql(connection, &text, values)).await? {
        let person = Living::from_query_result(&row, "")?;
        let (said, told): (i32, i32) = (row.try_get("", "said")?, row.try_get("", "told")?);
        checked.need_same = row.try_get::<i32>("", "waits")? == SAME;
        *found.entry(person.row.id.0).or_default() |= said | told;
        checked.people.insert(person.row.id, person);
    }
    Ok(())
}

/// What the rows say of teams and offerings and of the need.
async fn others(connection: &DatabaseConnection, question: &Question<'_>, found: &mut HashMap<Uuid, i32>) -> Result<()> {
    let mut values = question.values();
    let teams = question.listed(|id| matches!(id, HelperId::Team(_)), &mut values).map(|listed| {
        let said = since("t.id");
        format!("SELECT t.id, {SAME} + {said} FROM team t WHERE t.community_id = $1 AND t.id IN {listed} AND t.dissolved_at IS NULL")
    });
    let offerings = question.listed(|id| matches!(id, HelperId::Offering(_)), &mut values).map(|listed| {
        format!(
            "SELECT l.id, {SAME} FROM listing l WHERE l.community_id = $1 AND l.id IN {listed} AND l.state IN {} AND l.valid_until > $5 \
             AND (l.owner_account_id IS NULL OR NOT EXISTS (SELECT 1 FROM listing o WHERE o.id = $2 AND o.owner_account_id = l.owner_account_id))",
            state::before_sql(Step::Claim)
        )
    });
    let out = out("COALESCE(ROW.team_id, ROW.offering_id)");
    // The database prepares every part that it is sent, so it is sent those that there is something to ask about.
    let parts: Vec<String> = [Some(waiting("l.id, ")), teams, offerings, Some(out)].into_iter().flatten().collect();
    for row in connection.query_all_raw(sql(connection, &parts.join(" UNION ALL "), values)).await? {
        // A row of somebody of another kind names nobody here.
        let (id, said): (Option<Uuid>, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        if let Some(id) = id {
            *found.entry(id).or_default() |= said;
        }
    }
    Ok(())
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
