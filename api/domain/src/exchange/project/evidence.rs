//! What a panel judges a project by, written down when it is handed in: proposal, milestones, promises, budget, lists, service so far, and what the
//! applicant has done before. Plain Markdown in the community's language; the same rows give the same bytes.

use std::fmt::{self, Write};

use entity::id::ListingId;
use entity::listing;
use entity::project::{self, Model, ProjectState};
use entity::project_milestone;
use entity::time::BusinessDate;
use entity::{team, unit};
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Value};

use super::{commitment, link};
use crate::db::sql;
use crate::error::{Error, Result};
use crate::exchange::review::evidence::Document;
use crate::tx::Tx;

/// Earlier projects named.
const BEFORE_MAX: usize = 20;

/// The documents of a project as it is now.
pub(super) async fn documents(tx: &Tx, row: &Model, milestones: &[project_milestone::Model]) -> Result<Vec<Document>> {
    let connection = &tx.connection;
    let applicant = applicant(connection, row).await?;
    Ok(vec![
        Document::markdown("proposal", text(|out| proposal(out, row, &applicant))?),
        Document::markdown("milestones", text(|out| stages(out, milestones))?),
        Document::markdown("commitments", commitments(connection, row).await?),
        Document::markdown("budget", text(|out| write!(out, "# 预算\n\n{}\n\n资金来源:{}\n", row.budget, row.funding_source))?),
        Document::markdown("lists", lists(connection, row).await?),
        Document::markdown("service", service(connection, row).await?),
        Document::markdown("past-work", past_work(connection, row, &applicant).await?),
    ])
}

fn text(write: impl FnOnce(&mut String) -> fmt::Result) -> Result<String> {
    let mut out = String::new();
    write(&mut out).map_err(Error::internal)?;
    Ok(out)
}

fn day(date: BusinessDate) -> String {
    date.naive().format("%Y-%m-%d").to_string()
}

async fn applicant(connection: &impl ConnectionTrait, row: &Model) -> Result<String> {
    let name = match (row.owner_unit_id, row.owner_team_id) {
        (Some(id), _) => unit::Entity::find_by_id(id).one(connection).await?.map(|row| row.name),
        (None, Some(id)) => team::Entity::find_by_id(id).one(connection).await?.map(|row| row.name),
        (None, None) => None,
    };
    name.ok_or_else(|| Error::internal("a project without an owner"))
}

fn proposal(out: &mut String, row: &Model, applicant: &str) -> fmt::Result {
    writeln!(out, "# {}\n\n申报主体:{applicant}\n类别:{}\n共建方式:{}\n联建内容:{}", row.title, row.category, row.mode, row.contents)?;
    writeln!(out, "起止:{} 至 {}\n预计受益:{} 人", day(row.starts_on), day(row.ends_on), row.beneficiaries)?;
    writeln!(out, "目标服务时长:{} 分钟\n每年开展:{}\n\n{}", row.minutes_goal, if row.yearly { "是" } else { "否" }, row.summary)
}

fn stages(out: &mut String, milestones: &[project_milestone::Model]) -> fmt::Result {
    writeln!(out, "# 里程碑\n")?;
    for one in milestones {
        writeln!(out, "{}. {}:权重 {},{} 前完成", one.position, one.title, one.weight, day(one.due_on))?;
    }
    Ok(())
}

async fn commitments(connection: &impl ConnectionTrait, row: &Model) -> Result<String> {
    let promises = commitment::of(connection, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    let titles = commitment::titles(connection, &promises).await?;
    text(|out| {
        writeln!(out, "# 共建承诺\n")?;
        for one in &promises {
            let many = one.quantity.zip(one.measure.as_deref()).map(|(quantity, measure)| format!(" {quantity} {measure}")).unwrap_or_default();
            let from = one.listing_id.and_then(|id| titles.get(&id)).map(|title| format!("(清单:{title})")).unwrap_or_default();
            writeln!(out, "- {}{many}:{}{from} [{}]", one.kind.to_value(), one.note, one.state.to_value())?;
        }
        Ok(())
    })
}

async fn lists(connection: &impl ConnectionTrait, row: &Model) -> Result<String> {
    let ids: Vec<ListingId> = link::listings(connection, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    let rows = listing::Entity::find().filter(listing::Column::Id.is_in(ids)).order_by_asc(listing::Column::Id).all(connection).await?;
    text(|out| {
        writeln!(out, "# 三张清单\n")?;
        for one in &rows {
            writeln!(out, "- {} {}:{} {} [{}]", one.kind.to_value(), one.title, one.quantity, one.measure, one.state.to_value())?;
        }
        Ok(())
    })
}

async fn service(connection: &impl ConnectionTrait, row: &Model) -> Result<String> {
    let (minutes, records) = link::minutes(connection, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    let activities = link::activities(connection, &[row.id]).await?.remove(&row.id).unwrap_or_default().len();
    text(|out| writeln!(out, "# 志愿服务\n\n关联活动:{activities} 项\n已认定服务:{minutes} 分钟,{records} 条记录"))
}

/// What the applicant has done before: certified minutes, and the projects of earlier years.
async fn past_work(connection: &impl ConnectionTrait, row: &Model, applicant: &str) -> Result<String> {
    let (column, owner, query): (_, Value, _) = match (row.owner_unit_id, row.owner_team_id) {
        (Some(id), _) => ("unit_id", id.into(), project::Column::OwnerUnitId.eq(id)),
        (None, Some(id)) => ("team_id", id.into(), project::Column::OwnerTeamId.eq(id)),
        (None, None) => return Err(Error::internal("a project without an owner")),
    };
    let statement = format!(
        "SELECT COALESCE(CAST(SUM(minutes) AS BIGINT), 0) AS minutes, COUNT(*) AS records FROM service_record \
         WHERE community_id = $1 AND {column} = $2 AND state = 'CERTIFIED'"
    );
    let served = connection.query_one_raw(sql(connection, &statement, [row.community_id.into(), owner])).await?;
    let served: (i64, i64) = match served {
        Some(row) => (row.try_get("", "minutes")?, row.try_get("", "records")?),
        None => (0, 0),
    };
    let before = project::Entity::find()
        .filter(query)
        .filter(project::Column::State.is_in([ProjectState::Completed, ProjectState::Evaluated]))
        .order_by_desc(project::Column::Id)
        .all(connection)
        .await?;
    text(|out| {
        writeln!(out, "# 以往表现\n\n{applicant}\n已认定服务:{} 分钟,{} 条记录\n以往项目:{} 个\n", served.0, served.1, before.len())?;
        for one in before.iter().take(BEFORE_MAX) {
            let found = one.surveyed.zip(one.satisfied).map(|(asked, content)| format!(",满意 {content}/{asked}")).unwrap_or_default();
            writeln!(out, "- {}({} 至 {}){found}", one.title, day(one.starts_on), day(one.ends_on))?;
        }
        Ok(())
    })
}
