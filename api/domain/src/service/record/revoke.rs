//! Taking a certified record back.

use std::collections::BTreeMap;

use entity::id::ServiceRecordId;
use entity::service_record::{self, RecordState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use super::certify::fact;
use super::get_for;
use crate::db::sql;
use crate::error::{Code, Result};
use crate::event::Event;
use crate::people::permission::{Action, Actor};
use crate::points::award;
use crate::service::{sign_up as sign_ups, wording};
use crate::tx::Tx;
use crate::{idempotency, outbox};

/// A record to take back, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Revocation {
    /// The record.
    pub record_id: ServiceRecordId,
    /// Why, 1 to 200 characters.
    pub reason: String,
}

/// Takes a certified record back, once per `key`: its minutes no longer count and its points are taken back; what was spent becomes debt.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `REASON_REQUIRED`, `STATE_CHANGED` when it does not count.
pub async fn revoke(tx: &Tx, actor: &Actor, key: &str, input: Revocation) -> Result<ServiceRecordId> {
    idempotency::once(tx, actor.account_id, "revokeRecord", key, &input, async {
        let row = get_for(&tx.connection, actor, Action::RevokeRecord, input.record_id).await?;
        let reason = wording::reason(&input.reason)?;
        let people = sign_ups::lock_people(tx, [row.volunteer_id]).await?;
        let account_id = people.first().and_then(|person| person.account_id);
        if account_id == Some(actor.account_id) {
            return Err(Code::SelfDealing.into());
        }
        let changed = service_record::Entity::update_many()
            .col_expr(service_record::Column::State, Expr::value(RecordState::Revoked))
            .col_expr(service_record::Column::RevokedAt, Expr::value(tx.now))
            .col_expr(service_record::Column::DeciderId, Expr::value(actor.account_id))
            .col_expr(service_record::Column::Reason, Expr::value(reason.as_str()))
            .filter(service_record::Column::Id.eq(row.id))
            .filter(service_record::Column::State.eq(RecordState::Certified))
            .exec(&tx.connection)
            .await?;
        if changed.rows_affected == 0 {
            return Err(Code::StateChanged.into());
        }
        sign_ups::add_to_volunteers(tx, "minutes", &BTreeMap::from([(row.volunteer_id, -row.minutes)])).await?;
        let text = "UPDATE service_day SET minutes = minutes - $3 WHERE volunteer_id = $1 AND business_date = $2";
        let values = [row.volunteer_id.into(), row.business_date.into(), row.minutes.into()];
        tx.connection.execute_raw(sql(&tx.connection, text, values)).await?;
        let points = award::reverse(tx, actor.account_id, row.id, &reason).await?;
        outbox::record(tx, &Event::RecordRevoked(fact(&row, account_id, points))).await?;
        Ok(row.id)
    })
    .await
}
