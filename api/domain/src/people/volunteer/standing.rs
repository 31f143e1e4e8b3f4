//! What changes on a volunteer: the own profile, the state, the qualifications that the community has seen.

use entity::id::{RegionId, VolunteerId};
use entity::taxonomy_term::TaxonomyKind;
use entity::time::BusinessDate;
use entity::volunteer::{self, Model, VolunteerState};
use entity::volunteer_qualification;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ActiveValue::Unchanged, ColumnTrait, EntityTrait, QueryFilter};

use super::{LEFT, get, home_region, place};
use crate::community::{taxonomy, wording};
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::people::{consent, helper_change};
use crate::tx::Tx;

const REASON_LEN_MAX: usize = 200;

/// What a person may change about themselves; what is left out stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Profile {
    /// Gives or withdraws the consent to be named in public lists (PIPL art. 13).
    pub publishes_name: Option<bool>,
    /// Where the person lives.
    pub region_id: Option<RegionId>,
}

/// Changes the actor's own profile.
///
/// # Errors
/// `NOT_VOLUNTEER`, `NOT_FOUND` on `regionId`; on `publishesName` the refusals of [`consent::give`].
pub async fn update_profile(tx: &Tx, actor: &Actor, profile: Profile) -> Result<Model> {
    let own = actor.require_own(Action::UpdateMyProfile)?;
    let mut row = volunteer::ActiveModel { id: Unchanged(own.id), ..Default::default() };
    if let Some(publishes_name) = profile.publishes_name {
        consent::set_name_publicity(tx, actor, publishes_name).await.map_err(|error| error.on("publishesName"))?;
    }
    if let Some(region_id) = profile.region_id {
        row.region_id = Set(home_region(&tx.connection, actor.community_id, region_id).await?);
    }
    if row.is_changed() {
        helper_change::note(tx, [own.id]).await?;
        return Ok(row.update(&tx.connection).await?);
    }
    get(&tx.connection, own.id).await
}

/// Suspends a volunteer or lets one back. The reason stays on the row.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `REASON_REQUIRED`; `STATE_CHANGED` when the volunteer is in that state already or has
/// left for good.
pub async fn set_state(tx: &Tx, actor: &Actor, id: VolunteerId, state: VolunteerState, reason: &str) -> Result<Model> {
    let row = decide_on(tx, actor, Action::SetVolunteerState, id).await?;
    if row.name == LEFT {
        return Err(Code::StateChanged.into());
    }
    if reason.trim().is_empty() {
        return Err(Error::from(Code::ReasonRequired).on("reason"));
    }
    let reason = wording::line(reason, REASON_LEN_MAX, "reason")?;
    let changed = volunteer::Entity::update_many()
        .col_expr(volunteer::Column::State, Expr::value(state))
        .col_expr(volunteer::Column::StateReason, Expr::value(reason))
        .filter(volunteer::Column::Id.eq(id))
        .filter(volunteer::Column::State.ne(state))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    get(&tx.connection, id).await
}

/// Notes that the community has seen a licence (志愿服务条例 art. 16: service that needs a qualification is done by people who have it). Seeing it
/// again replaces the date until which it holds.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `TAXONOMY_UNKNOWN`; `BAD_INPUT` for one that has run out.
pub async fn verify_qualification(tx: &Tx, actor: &Actor, id: VolunteerId, code: &str, valid_until: Option<BusinessDate>) -> Result<Model> {
    let row = decide_on(tx, actor, Action::VerifyQualification, id).await?;
    let term = taxonomy::get(&tx.connection, row.community_id, TaxonomyKind::Qualification, code, "code").await?;
    if valid_until.is_some_and(|day| day < tx.today()) {
        return Err(Error::from(Code::BadInput).on("validUntil"));
    }
    let seen = volunteer_qualification::ActiveModel {
        volunteer_id: Set(id),
        code: Set(term.code),
        verified_by: Set(actor.account_id),
        verified_at: Set(tx.now),
        valid_until: Set(valid_until),
    };
    let key = [volunteer_qualification::Column::VolunteerId, volunteer_qualification::Column::Code];
    let news =
        [volunteer_qualification::Column::VerifiedBy, volunteer_qualification::Column::VerifiedAt, volunteer_qualification::Column::ValidUntil];
    let again = OnConflict::columns(key).update_columns(news).to_owned();
    volunteer_qualification::Entity::insert(seen).on_conflict(again).exec_without_returning(&tx.connection).await?;
    helper_change::note(tx, [id]).await?;
    Ok(row)
}

/// A volunteer that the actor may decide on; nobody decides on themselves.
async fn decide_on(tx: &Tx, actor: &Actor, action: Action, id: VolunteerId) -> Result<Model> {
    let row = get(&tx.connection, id).await.map_err(|error| error.on("volunteerId"))?;
    actor.require(action, &place(&tx.connection, &row).await?).map_err(|error| error.on("volunteerId"))?;
    if actor.volunteer.is_some_and(|own| own.id == id) {
        return Err(Code::SelfDealing.into());
    }
    Ok(row)
}
