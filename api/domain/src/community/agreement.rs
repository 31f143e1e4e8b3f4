//! Agreements (共建协议) between the community and one or more units: what was agreed, from which day to which.
//!
//! Invariant: an agreement has at least one unit beside the community, which is always a party. What was signed does not change; it may be ended
//! early.

use std::collections::{BTreeSet, HashMap};

use entity::agreement::{self, Model};
use entity::agreement_party;
use entity::id::{AgreementId, CommunityId, UnitId};
use entity::time::BusinessDate;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::Serialize;

use crate::community::{unit, wording};
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Longest agreement, in years.
pub const YEARS_MAX: i32 = 10;
/// Most units of one agreement.
pub const PARTIES_MAX: usize = 200;

/// An agreement to write down.
#[derive(Clone, Debug, Serialize)]
pub struct NewAgreement {
    /// Title, 1 to 60 characters.
    pub title: String,
    /// What was agreed, up to 2000 characters.
    pub summary: String,
    /// First day it holds.
    pub signed_on: BusinessDate,
    /// Last day it holds, at most ten years later.
    pub valid_to: BusinessDate,
    /// The units that signed, 1 to 200.
    pub unit_ids: Vec<UnitId>,
}

/// Which agreements to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only those that this unit signed.
    pub unit_id: Option<UnitId>,
    /// Only those that hold on this day.
    pub on: Option<BusinessDate>,
}

/// Writes an agreement down, once per `key`.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND` on `unitIds`, `BAD_INPUT`, `WORD_RESERVED`.
pub async fn file(tx: &Tx, actor: &Actor, key: &str, new: &NewAgreement) -> Result<AgreementId> {
    actor.require(Action::FileAgreement, &actor.home())?;
    idempotency::once(tx, actor.account_id, "fileAgreement", key, new, async {
        let row = Model {
            id: AgreementId::new(tx.now),
            community_id: actor.community_id,
            title: wording::label(&new.title, 60, "title")?,
            summary: wording::text(&new.summary, 2_000, "summary")?,
            signed_on: new.signed_on,
            valid_to: new.valid_to,
            ended_on: None,
            end_reason: None,
            filed_by: actor.account_id,
            created_at: tx.now,
        };
        if new.valid_to < new.signed_on || new.signed_on.years_until(new.valid_to) >= YEARS_MAX {
            return Err(Error::from(Code::BadInput).on("validTo").with("maxYears", YEARS_MAX));
        }
        let parties: BTreeSet<UnitId> = new.unit_ids.iter().copied().collect();
        if parties.is_empty() || parties.len() > PARTIES_MAX {
            return Err(Error::from(Code::BadInput).on("unitIds").with("min", 1).with("max", PARTIES_MAX));
        }
        unit::all_of(&tx.connection, actor.community_id, &parties, "unitIds").await?;
        let id = row.id;
        agreement::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
        let rows = parties.into_iter().map(|unit_id| agreement_party::Model { agreement_id: id, unit_id }.into_active_model());
        agreement_party::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
        Ok(id)
    })
    .await
}

/// Ends an agreement today, with a word why. One that has ended stays as it was.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `STATE_CHANGED` for one whose time is over.
pub async fn end(tx: &Tx, actor: &Actor, id: AgreementId, reason: &str) -> Result<Model> {
    actor.require(Action::EndAgreement, &actor.home())?;
    let row = get_in(&tx.connection, actor, id).await?;
    let reason = wording::reason(reason)?;
    if row.valid_to < tx.today() {
        return Err(Code::StateChanged.into());
    }
    agreement::Entity::update_many()
        .col_expr(agreement::Column::EndedOn, Expr::value(tx.today()))
        .col_expr(agreement::Column::EndReason, Expr::value(reason))
        .filter(agreement::Column::Id.eq(id))
        .filter(agreement::Column::EndedOn.is_null())
        .exec(&tx.connection)
        .await?;
    get_in(&tx.connection, actor, id).await
}

/// Whether an agreement holds on a day.
#[must_use]
pub fn holds_on(row: &Model, day: BusinessDate) -> bool {
    row.signed_on <= day && day <= row.valid_to && row.ended_on.is_none_or(|ended| day < ended)
}

/// An agreement of the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: AgreementId) -> Result<Model> {
    let row = agreement::Entity::find_by_id(id).filter(agreement::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// A page of a community's agreements, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId, filter: Filter, page: &Page) -> Result<Rows<Model>> {
    let mut query = agreement::Entity::find().filter(agreement::Column::CommunityId.eq(community_id));
    if let Some(unit_id) = filter.unit_id {
        let signed = Query::select()
            .column(agreement_party::Column::AgreementId)
            .from(agreement_party::Entity)
            .and_where(agreement_party::Column::UnitId.eq(unit_id))
            .to_owned();
        query = query.filter(agreement::Column::Id.in_subquery(signed));
    }
    if let Some(day) = filter.on {
        let open = Condition::any().add(agreement::Column::EndedOn.is_null()).add(agreement::Column::EndedOn.gt(day));
        query = query.filter(agreement::Column::SignedOn.lte(day)).filter(agreement::Column::ValidTo.gte(day)).filter(open);
    }
    let order = ListOrder { key: None, id: agreement::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, AgreementId>(query, order)?.all(connection).await?))
}

/// The units that signed several agreements.
///
/// # Errors
/// When the database cannot be read.
pub async fn parties(connection: &impl ConnectionTrait, ids: &[AgreementId]) -> Result<HashMap<AgreementId, Vec<UnitId>>> {
    let query = agreement_party::Entity::find().filter(agreement_party::Column::AgreementId.is_in(ids.iter().copied()));
    let mut lists: HashMap<AgreementId, Vec<UnitId>> = HashMap::new();
    for row in query.order_by_asc(agreement_party::Column::UnitId).all(connection).await? {
        lists.entry(row.agreement_id).or_default().push(row.unit_id);
    }
    Ok(lists)
}
