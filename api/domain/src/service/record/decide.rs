//! Deciding on a record that waits.

use entity::id::ServiceRecordId;
use entity::service_record::{self, RecordState};
use entity::volunteer;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use super::certify::count;
use super::get_for;
use crate::error::{Code, Error, Result};
use crate::event::{Event, ReviewKind};
use crate::people::permission::{Action, Actor};
use crate::service::{sign_up as sign_ups, wording};
use crate::tx::Tx;
use crate::{idempotency, outbox};

/// A decision.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// On this record.
    pub record_id: ServiceRecordId,
    /// Certify it, or refuse it.
    pub approve: bool,
    /// Why; required to refuse.
    pub reason: Option<String>,
}

/// Decides on a pending record, once per `key`: certified it counts and brings points by the policy of its day; refused it counts for nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `SELF_DEALING` on one's own record, `SECOND_PERSON_REQUIRED` on one that the actor recorded,
/// `STATE_CHANGED` when it is decided already, `DAY_FULL`.
pub async fn decide(tx: &Tx, actor: &Actor, key: &str, verdict: Verdict) -> Result<ServiceRecordId> {
    idempotency::once(tx, actor.account_id, "decideRecord", key, &verdict, async {
        let row = get_for(&tx.connection, actor, Action::DecideRecord, verdict.record_id).await?;
        let people = sign_ups::lock_people(tx, [row.volunteer_id]).await?;
        check_impartial(actor, &row, &people)?;
        let reason = match (verdict.approve, verdict.reason.as_deref()) {
            (false, reason) => Some(wording::reason(reason.unwrap_or_default())?),
            (true, reason) => wording::optional(reason, "reason", 200)?,
        };
        let state = if verdict.approve { RecordState::Certified } else { RecordState::Rejected };
        let mut update = service_record::Entity::update_many()
            .col_expr(service_record::Column::State, Expr::value(state))
            .col_expr(service_record::Column::DeciderId, Expr::value(actor.account_id));
        if verdict.approve {
            update = update.col_expr(service_record::Column::CertifiedAt, Expr::value(tx.now));
        }
        // An approval without a word leaves the reason of the back-fill standing.
        if let Some(reason) = reason {
            update = update.col_expr(service_record::Column::Reason, Expr::value(reason));
        }
        let changed = update
            .filter(service_record::Column::Id.eq(row.id))
            .filter(service_record::Column::State.eq(RecordState::Pending))
            .exec(&tx.connection)
            .await?;
        if changed.rows_affected == 0 {
            return Err(Code::StateChanged.into());
        }
        outbox::record(tx, &Event::ReviewQueueChanged { community_id: row.community_id, kind: ReviewKind::Record }).await?;
        if verdict.approve {
            let row = service_record::Model { state, certified_at: Some(tx.now), ..row };
            Box::pin(count(tx, actor.account_id, &[&row], &people)).await?;
        }
        Ok(verdict.record_id)
    })
    .await
}

fn check_impartial(actor: &Actor, row: &service_record::Model, people: &[volunteer::Model]) -> Result<()> {
    if people.iter().any(|person| person.account_id == Some(actor.account_id)) {
        return Err(Code::SelfDealing.into());
    }
    if row.recorder_id == actor.account_id {
        return Err(Error::from(Code::SecondPersonRequired));
    }
    Ok(())
}
