//! Reading the audit log: for auditors, community by community, newest first.

use std::collections::HashMap;

use entity::audit_link::{self, AuditPart};
use entity::id::{AccountId, AuditLineId, CommunityId};
use entity::time::UtcMicros;
use entity::{audit_line, audit_outcome};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use crate::community::{region, tenant};
use crate::error::Result;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};

/// Which lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Done with this account, or by it for somebody else.
    pub account_id: Option<AccountId>,
    /// Of this field of the schema.
    pub operation: Option<String>,
    /// With this object; readings of the log that searched for it only where `operation` asks for them.
    pub object_id: Option<String>,
    /// That ended so.
    pub result: Option<String>,
    /// Begun at this moment or later.
    pub from: Option<UtcMicros>,
    /// Begun before this moment.
    pub to: Option<UtcMicros>,
    /// Instead of a community's lines those of nobody: sign-ins that were refused.
    pub of_nobody: bool,
}

/// A line with what became of it and its links.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What was about to be done.
    pub line: audit_line::Model,
    /// What became of it.
    pub outcome: Option<audit_outcome::Model>,
    /// The link of the line, once it is made.
    pub begun: Option<audit_link::Model>,
    /// The link of the outcome, once it is made.
    pub ended: Option<audit_link::Model>,
}

/// The lines of a community, the actor's own when none is named.
///
/// # Errors
/// `NOT_FOUND` on `communityId`, `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    community_id: Option<CommunityId>,
    filter: &Filter,
    page: &Page,
) -> Result<Rows<Entry>> {
    let place = match community_id {
        Some(id) => region::place_of(&tenant::get(connection, id).await.map_err(|error| error.on("communityId"))?.region),
        None => actor.home(),
    };
    actor.require(Action::ReadAuditLog, &place).map_err(|error| if community_id.is_some() { error.on("communityId") } else { error })?;
    let order = ListOrder { key: Some(audit_line::Column::BegunAt), id: audit_line::Column::Id, descending: true };
    let query = audit_line::Entity::find().filter(wanted(filter, place.community_id));
    let rows = page.rows(page.select::<_, AuditLineId>(query, order)?.all(connection).await?);
    Ok(Rows { rows: whole(connection, rows.rows).await?, has_next: rows.has_next, has_previous: rows.has_previous })
}

fn wanted(filter: &Filter, community_id: CommunityId) -> Condition {
    use audit_line::Column;
    let whose = if filter.of_nobody { Column::CommunityId.is_null() } else { Column::CommunityId.eq(community_id) };
    let mut all = Condition::all().add(whose);
    if let Some(id) = filter.account_id {
        all = all.add(Condition::any().add(Column::AccountId.eq(id)).add(Column::HelperId.eq(id)));
    }
    if let Some(operation) = &filter.operation {
        all = all.add(Column::Operation.eq(operation));
    }
    if let Some(id) = &filter.object_id {
        // LIKE would need escapes and ignores case on SQLite.
        let without = Func::cust("replace").arg(Expr::col(Column::Objects)).arg(id.as_str()).arg("");
        all = all.add(ExprTrait::ne(Expr::from(without), Expr::col(Column::Objects)));
        // Every search for an object would find itself first.
        let reading = Action::ReadAuditLog.field();
        if filter.operation.as_deref() != Some(reading) {
            all = all.add(Column::Operation.ne(reading));
        }
    }
    if let Some(result) = &filter.result {
        let of_result = Query::select()
            .column(audit_outcome::Column::LineId)
            .from(audit_outcome::Entity)
            .and_where(audit_outcome::Column::Result.eq(result))
            .to_owned();
        all = all.add(Column::Id.in_subquery(of_result));
    }
    all.add_option(filter.from.map(|from| Column::BegunAt.gte(from))).add_option(filter.to.map(|to| Column::BegunAt.lt(to)))
}

/// Lines with what became of them, and their links.
async fn whole(connection: &impl ConnectionTrait, rows: Vec<audit_line::Model>) -> Result<Vec<Entry>> {
    let ids = || rows.iter().map(|line| line.id);
    let outcomes = audit_outcome::Entity::find().filter(audit_outcome::Column::LineId.is_in(ids())).all(connection).await?;
    let mut outcomes: HashMap<AuditLineId, audit_outcome::Model> = outcomes.into_iter().map(|row| (row.line_id, row)).collect();
    let links = audit_link::Entity::find().filter(audit_link::Column::LineId.is_in(ids())).all(connection).await?;
    let mut links: HashMap<(AuditLineId, AuditPart), audit_link::Model> = links.into_iter().map(|row| ((row.line_id, row.part), row)).collect();
    let entry = |line: audit_line::Model| Entry {
        outcome: outcomes.remove(&line.id),
        begun: links.remove(&(line.id, AuditPart::Begun)),
        ended: links.remove(&(line.id, AuditPart::Ended)),
        line,
    };
    Ok(rows.into_iter().map(entry).collect())
}
