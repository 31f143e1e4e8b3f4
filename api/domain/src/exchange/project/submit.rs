//! Handing in (申报): everything that must be said is said, and the evidence is frozen.

use entity::id::ProjectId;
use entity::project_step::ProjectStep;
use entity::review_round::SubjectKind;

use super::{Entry, evidence, get, milestone, own_or_in_charge, state, step};
use crate::error::{Code, Error, Result};
use crate::exchange::review::evidence as packs;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Hands a draft or a returned project in. What the panel will judge by is frozen now, as a new pack each time.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`; `PROJECT_INCOMPLETE` on `milestones` unless their weights add up to 100.
pub async fn submit(tx: &Tx, actor: &Actor, id: ProjectId) -> Result<Entry> {
    own_or_in_charge(&tx.connection, actor, Action::SubmitProject, id).await?;
    let row = state::lock(tx, id).await?;
    state::after(row.state, ProjectStep::Submit)?;
    let milestones = milestone::of(&tx.connection, &[id]).await?.remove(&id).unwrap_or_default();
    let weight: i32 = milestones.iter().map(|one| one.weight).sum();
    if weight != 100 {
        return Err(Error::from(Code::ProjectIncomplete).on("milestones").with("weight", weight));
    }
    let documents = evidence::documents(tx, &row, &milestones).await?;
    packs::freeze(tx, row.community_id, SubjectKind::Project, id.0, actor.account_id, documents).await?;
    let row = state::advance(tx, &row, ProjectStep::Submit).await?;
    step::write(tx, &row, ProjectStep::Submit, Some(actor.account_id), None).await?;
    get(&tx.connection, actor, id).await
}
