//! Decisions (议定事项) of joint meetings, and what became of them.

use std::collections::BTreeSet;

use entity::id::{CommunityId, JointDecisionId, UnitId};
use entity::joint_decision::{self, Model};
use entity::joint_meeting;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{NewDecision, decision_in};
use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Writes a decision of a meeting down.
pub(super) async fn write(tx: &Tx, meeting: &joint_meeting::Model, new: &NewDecision, called: &BTreeSet<UnitId>) -> Result<()> {
    if new.unit_id.is_some_and(|unit_id| !called.contains(&unit_id)) {
        return Err(Error::from(Code::NotFound).on("decisions"));
    }
    if new.due_on < tx.today() {
        return Err(Error::from(Code::BadInput).on("decisions").with("earliest", tx.today().naive()));
    }
    let row = Model {
        id: JointDecisionId::new(tx.now),
        community_id: meeting.community_id,
        meeting_id: meeting.id,
        title: wording::label(&new.title, 200, "decisions")?,
        unit_id: new.unit_id,
        due_on: new.due_on,
        follow_up: None,
        followed_up_at: None,
        done_at: None,
    };
    joint_decision::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// Says how far a decision is, in 1 to 500 characters, and whether it is done. Who sees to it may: the unit's liaison, and administrators.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `BAD_INPUT`, `WORD_RESERVED`, `STATE_CHANGED` for one that is done.
pub async fn follow_up(tx: &Tx, actor: &Actor, id: JointDecisionId, text: &str, done: bool) -> Result<Model> {
    let row = decision_in(&tx.connection, actor, id).await?;
    match row.unit_id {
        Some(unit_id) => actor.require_for_unit(Action::FollowUpDecision, unit_id, &actor.home())?,
        None => actor.require(Action::FollowUpDecision, &actor.home())?,
    }
    let text = wording::text(text, 500, "text")?;
    if text.is_empty() {
        return Err(Error::from(Code::BadInput).on("text").with("min", 1));
    }
    let changed = joint_decision::Entity::update_many()
        .col_expr(joint_decision::Column::FollowUp, Expr::value(text))
        .col_expr(joint_decision::Column::FollowedUpAt, Expr::value(tx.now))
        .col_expr(joint_decision::Column::DoneAt, Expr::value(done.then_some(tx.now)))
        .filter(joint_decision::Column::Id.eq(id))
        .filter(joint_decision::Column::DoneAt.is_null())
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 1 { decision_in(&tx.connection, actor, id).await } else { Err(Code::StateChanged.into()) }
}

/// A page of a community's decisions, newest first; those alone that are not done when `open`.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(
    connection: &impl ConnectionTrait,
    community_id: CommunityId,
    unit_id: Option<UnitId>,
    open: bool,
    page: &Page,
) -> Result<Rows<Model>> {
    let mut query = joint_decision::Entity::find().filter(joint_decision::Column::CommunityId.eq(community_id));
    if let Some(id) = unit_id {
        query = query.filter(joint_decision::Column::UnitId.eq(id));
    }
    if open {
        query = query.filter(joint_decision::Column::DoneAt.is_null());
    }
    let order = ListOrder { key: None, id: joint_decision::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, JointDecisionId>(query, order)?.all(connection).await?))
}
