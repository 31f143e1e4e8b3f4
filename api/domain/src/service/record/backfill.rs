//! Back-fill (补录): service entered afterwards, which a second person decides on.

use entity::id::{ServiceRecordId, TeamId, VolunteerId};
use entity::service_record::{EvidenceClass, RecordSource};
use entity::taxonomy_term::TaxonomyKind;
use entity::team_member;
use entity::time::UtcMicros;
use sea_orm::EntityTrait;
use serde::Serialize;

use super::{Draft, Span, certify};
use crate::community::taxonomy;
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::service::{activity, wording};
use crate::tx::Tx;

/// How far back service may be entered, in microseconds.
const REACH: i64 = 30 * UtcMicros::DAY;

/// Service entered afterwards.
#[derive(Clone, Debug, Serialize)]
pub struct Backfill {
    /// Who served; the actor when left out.
    pub volunteer_id: Option<VolunteerId>,
    /// With which team.
    pub team_id: TeamId,
    /// Code of the `SERVICE_TYPE` list.
    pub service_type: String,
    /// From, at most 30 days back.
    pub started_at: UtcMicros,
    /// To, in the past, at most 24 hours after the start.
    pub ended_at: UtcMicros,
    /// What was done, 1 to 500 characters.
    pub content: String,
    /// Why it was not recorded in time, 1 to 200 characters.
    pub reason: String,
}

/// Enters past service for the actor, or a leader's or administrator's for a member of the team, once per `key`. It waits for a second person
/// and, by default, brings no redeemable points.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN` outside the team, `BAD_INPUT` for times too far back, to come or too long, `TOO_SHORT`, `TAXONOMY_UNKNOWN`,
/// `REASON_REQUIRED`, `RECORD_OVERLAP`.
pub async fn request(tx: &Tx, actor: &Actor, key: &str, input: Backfill) -> Result<ServiceRecordId> {
    idempotency::once(tx, actor.account_id, "requestBackfill", key, &input, async {
        let (team, place) = activity::team_of(&tx.connection, input.team_id).await?;
        actor.require(Action::RequestBackfill, &place).map_err(|error| error.on("teamId"))?;
        let own = actor.volunteer.map(|own| own.id);
        let volunteer_id = input.volunteer_id.or(own).ok_or(Code::NotVolunteer)?;
        if own != Some(volunteer_id) {
            // Speaking for others is the leader's part, as in a roll-call.
            actor.require(Action::CallRoll, &place)?;
        }
        if team_member::Entity::find_by_id((team.id, volunteer_id)).one(&tx.connection).await?.is_none() {
            let refused =
                if own == Some(volunteer_id) { Error::from(Code::Forbidden).on("teamId") } else { Error::from(Code::NotFound).on("volunteerId") };
            return Err(refused);
        }
        let span = check_time(tx.now, input.started_at, input.ended_at)?;
        taxonomy::get(&tx.connection, team.community_id, TaxonomyKind::ServiceType, &input.service_type, "serviceType").await?;
        let draft = Draft {
            community_id: team.community_id,
            volunteer_id,
            session_id: None,
            team_id: Some(team.id),
            unit_id: team.unit_id,
            colour: team.colour,
            region_id: team.region_id,
            service_type: input.service_type.clone(),
            content: wording::required(&input.content, "content", 500, Code::BadInput)?,
            business_date: span.from.business_date(),
            span,
            source: RecordSource::Backfill,
            evidence: EvidenceClass::C,
            recorder_id: actor.account_id,
            reason: Some(wording::reason(&input.reason)?),
        };
        let rows = certify(tx, actor.account_id, vec![draft]).await?;
        rows.first().map(|row| row.id).ok_or_else(|| Error::internal("a back-fill made no record"))
    })
    .await
}

fn check_time(now: UtcMicros, from: UtcMicros, to: UtcMicros) -> Result<Span> {
    if from < now.plus(-REACH) {
        return Err(Error::from(Code::BadInput).on("startedAt").with("maxDays", 30));
    }
    if to > now || to.0.saturating_sub(from.0) > UtcMicros::DAY {
        return Err(Error::from(Code::BadInput).on("endedAt").with("maxHours", 24));
    }
    let span = Span { from, to };
    if span.minutes() == 0 { Err(Error::from(Code::TooShort).on("endedAt")) } else { Ok(span) }
}
