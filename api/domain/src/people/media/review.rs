//! Deciding on pictures (审核).
//!
//! Who works where the owner lives decides: approve, or reject with a reason. What was approved can still be rejected, since something may be noticed
//! later; what was rejected has lost its files and stays so.

use entity::id::{AccountId, MediaId};
use entity::media::{self, MediaState, Model};
use entity::region as region_row;
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::get;
use crate::community::{region, wording};
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Longest reason.
const REASON_MAX: usize = 200;

/// What becomes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// 通过
    Approve,
    /// 不通过
    Reject,
}

/// Decides on a picture (grid workers, administrators).
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`; `SELF_DEALING` for an own one; `REASON_REQUIRED` to reject without one; `STATE_CHANGED` for one that is decided, but that an
/// approved one may be rejected.
pub async fn decide(tx: &Tx, actor: &Actor, id: MediaId, decision: Decision, reason: &str) -> Result<Model> {
    let row = get(&tx.connection, actor, id).await?;
    let place = region::place(&tx.connection, row.region_id).await?;
    actor.require(Action::DecideMedia, &place)?;
    if row.account_id == actor.account_id {
        return Err(Code::SelfDealing.into());
    }
    let reason = wording::text(reason, REASON_MAX, "reason")?;
    if decision == Decision::Reject && reason.is_empty() {
        return Err(Error::from(Code::ReasonRequired).on("reason"));
    }
    let from = match decision {
        Decision::Approve => vec![MediaState::Pending],
        Decision::Reject => vec![MediaState::Pending, MediaState::Approved],
    };
    if !settle(tx, id, &from, decision, Some(actor.account_id), &reason).await? {
        return Err(Code::StateChanged.into());
    }
    get(&tx.connection, actor, id).await
}

/// Writes a decision down on a picture in one of the states `from`; whether it was in one.
pub(super) async fn settle(tx: &Tx, id: MediaId, from: &[MediaState], decision: Decision, by: Option<AccountId>, reason: &str) -> Result<bool> {
    let (state, purge_at) = match decision {
        Decision::Approve => (MediaState::Approved, None),
        Decision::Reject => (MediaState::Rejected, Some(tx.now)),
    };
    let reason = (decision == Decision::Reject).then(|| reason.to_owned());
    let settled = media::Entity::update_many()
        .col_expr(media::Column::State, Expr::value(state))
        .col_expr(media::Column::DecidedAt, Expr::value(tx.now))
        .col_expr(media::Column::DecidedBy, Expr::value(by))
        .col_expr(media::Column::Reason, Expr::value(reason))
        .col_expr(media::Column::CheckAt, Expr::value(Option::<UtcMicros>::None))
        .col_expr(media::Column::PurgeAt, Expr::value(purge_at))
        .filter(media::Column::Id.eq(id))
        .filter(media::Column::State.is_in(from.iter().copied()))
        .exec(&tx.connection)
        .await?;
    Ok(settled.rows_affected == 1)
}

/// A page of the pictures that wait for the actor's decision, the one that waits longest first.
///
/// # Errors
/// `FORBIDDEN`, `SECOND_FACTOR_REQUIRED`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, page: &Page) -> Result<Rows<Model>> {
    let query = media::Entity::find()
        .filter(covered(actor)?)
        .filter(media::Column::State.eq(MediaState::Pending))
        .filter(media::Column::AccountId.ne(actor.account_id));
    let order = ListOrder { key: None, id: media::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, MediaId>(query, order)?.all(connection).await?))
}

/// The rows that the actor's grants cover.
fn covered(actor: &Actor) -> Result<Condition> {
    let grants = actor.grants.iter().filter(|grant| Action::ListMediaToReview.roles().contains(&grant.role));
    let mut condition = Condition::any();
    for path in grants.filter_map(|grant| grant.path.as_deref()) {
        let regions = region_row::Entity::find().select_only().column(region_row::Column::Id).filter(region::path_begins(path));
        condition = condition.add(media::Column::RegionId.in_subquery(regions.into_query()));
    }
    if condition.is_empty() {
        actor.require(Action::ListMediaToReview, &actor.home())?;
        return Err(Code::Forbidden.into());
    }
    Ok(condition)
}
