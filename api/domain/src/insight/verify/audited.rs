//! The audit log, hashed anew: every link from its row and the hash before it, and no number left out.
//!
//! A row that was changed names itself, since the next link is held against the hash that stands there and not against the one that was found.

use std::collections::HashMap;

use entity::audit_link::{self, AuditPart};
use entity::id::AuditLineId;
use entity::{audit_line, audit_outcome};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Check, rule, tell};
use crate::db::sql;
use crate::error::Result;
use crate::insight::audit::{chain, name_of, text};

/// Links read at once.
const LINKS: u64 = 1_000;

struct Audit {
    rows: Check,
    chain: Check,
}

/// Hashes the whole audit log anew.
pub(super) async fn check(connection: &impl ConnectionTrait) -> Result<[Check; 2]> {
    let mut audit = Audit {
        rows: rule("a chained row of the audit log is what was chained"),
        chain: rule("the links of the audit log are numbered without gaps from where a chain begins"),
    };
    let chains = connection.query_all_raw(sql(connection, "SELECT DISTINCT chain FROM audit_link", [])).await?;
    for row in chains {
        audit.walk(connection, row.try_get("", "chain")?).await?;
    }
    Ok([audit.rows, audit.chain])
}

impl Audit {
    async fn walk(&mut self, connection: &impl ConnectionTrait, chain: Uuid) -> Result<()> {
        let start = chain::begins(connection, chain).await?;
        let (mut number, mut hash, mut after) = (start.number, start.hash, i64::MIN);
        loop {
            let query = audit_link::Entity::find().filter(audit_link::Column::Chain.eq(chain)).filter(audit_link::Column::Number.gt(after));
            let links = query.order_by_asc(audit_link::Column::Number).limit(LINKS).all(connection).await?;
            let Some(last) = links.last() else { return Ok(()) };
            after = last.number;
            let texts = Rows::read(connection, &links).await?;
            for link in links {
                self.chain.rows += 1;
                if link.number != number + 1 {
                    tell(&mut self.chain, name(&link), number + 1, link.number);
                }
                self.rows.rows += 1;
                if texts.text(&link, &hash)?.is_none_or(|text| text::hash(&text) != link.hash) {
                    tell(&mut self.rows, name(&link), 1, 0);
                }
                (number, hash) = (link.number, link.hash);
            }
        }
    }
}

/// The rows of some links.
struct Rows {
    lines: HashMap<AuditLineId, audit_line::Model>,
    outcomes: HashMap<AuditLineId, audit_outcome::Model>,
}

impl Rows {
    async fn read(connection: &impl ConnectionTrait, of: &[audit_link::Model]) -> Result<Self> {
        let ids = |part: AuditPart| of.iter().filter(move |link| link.part == part).map(|link| link.line_id);
        let lines = audit_line::Entity::find().filter(audit_line::Column::Id.is_in(ids(AuditPart::Begun))).all(connection).await?;
        let outcomes = audit_outcome::Entity::find().filter(audit_outcome::Column::LineId.is_in(ids(AuditPart::Ended))).all(connection).await?;
        Ok(Self {
            lines: lines.into_iter().map(|row| (row.id, row)).collect(),
            outcomes: outcomes.into_iter().map(|row| (row.line_id, row)).collect(),
        })
    }

    /// The text of a link's row; none when the row is gone.
    fn text(&self, link: &audit_link::Model, previous: &[u8]) -> Result<Option<String>> {
        match link.part {
            AuditPart::Begun => self.lines.get(&link.line_id).map(|row| text::line(row, link.number, previous)).transpose(),
            AuditPart::Ended => self.outcomes.get(&link.line_id).map(|row| text::outcome(row, link.number, previous)).transpose(),
        }
    }
}

fn name(link: &audit_link::Model) -> String {
    let part = match link.part {
        AuditPart::Begun => "the line",
        AuditPart::Ended => "the outcome of",
    };
    format!("{part} {}, link {} of {}", link.line_id, link.number, name_of(link.chain))
}
