//! Confirming: the person served says that it was done, and how it was; it becomes service like any other.

use std::collections::HashMap;

use entity::id::{NeedMatchId, ServiceRecordId, VolunteerId};
use entity::listing::{self, ListingState};
use entity::listing_step::StepKind;
use entity::match_step::MatchStepKind;
use entity::need_match::{self, ConfirmChannel, MatchState, Model};
use entity::resource::ResourceForm;
use entity::role_grant::Role;
use entity::service_offer::ServiceMode;
use entity::service_record::{EvidenceClass, RecordSource};
use entity::{match_person, resource, service_offer, team};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use super::{Entry, Helper, end, fit, get, need_accounts, save, state, step};
use crate::error::{Code, Error, Result};
use crate::exchange::{listing as listings, reservation};
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::people::team as teams;
use crate::service::record::{self, Draft};
use crate::service::{sign_up as sign_ups, wording};
use crate::tx::Tx;

/// What the person served says.
#[derive(Clone, Debug, Serialize)]
pub struct Confirmation {
    /// Of this match.
    pub match_id: NeedMatchId,
    /// How it was, 1 to 5.
    pub rating: i32,
    /// What was said, up to 200 characters; needed where somebody else passes it on.
    pub word: Option<String>,
    /// How it was said.
    pub channel: ConfirmChannel,
}

/// Confirms and rates a match that is done, once per `key`. Those who served get records and points by the rules of every record, of the minutes between
/// start and finish within the time agreed; what was promised is given, and when it was the last the need is fulfilled and rated.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING` for who served, `STATE_CHANGED`, `BAD_INPUT` for a rating outside 1 to 5, `REASON_REQUIRED` on `word`,
/// `RECORD_OVERLAP`, `WORD_RESERVED`.
pub async fn confirm(tx: &Tx, actor: &Actor, key: &str, input: Confirmation) -> Result<NeedMatchId> {
    actor.require(Action::ConfirmMatch, &actor.home())?;
    idempotency::once(
        tx,
        actor.account_id,
        "confirmMatch",
        key,
        &input,
        Box::pin(async {
            let entry = match input.channel {
                ConfirmChannel::Witness => get_as_witness(tx, actor, input.match_id).await?,
                _ => get(&tx.connection, actor, input.match_id).await?,
            };
            if !(1..=5).contains(&input.rating) {
                return Err(Error::from(Code::BadInput).on("rating").with("min", 1).with("max", 5));
            }
            let word = wording::optional(input.word.as_deref(), "word", 200)?;
            if word.is_none() && input.channel != ConfirmChannel::App {
                return Err(Error::from(Code::ReasonRequired).on("word"));
            }
            let row = state::lock(tx, entry.row.id).await?;
            let to = state::after(row.state, MatchStepKind::Confirmed)?[0];
            check_confirms(tx, actor, &entry, input.channel).await?;
            let row = Model { state: to, rating: Some(input.rating), channel: Some(input.channel), ..row };
            count(tx, actor, &entry, &row).await?;
            save(tx, &row).await?;
            rate_need(tx, actor, &row, word.clone()).await?;
            let told = Helper::of(&row)?.accounts(&tx.connection).await?;
            step::write(tx, &row, MatchStepKind::Confirmed, Some(actor.account_id), word, &told).await?;
            Ok(row.id)
        }),
    )
    .await
}

/// The match for somebody who leads a team of the volunteer who helped; as everybody else sees it, where they do.
async fn get_as_witness(tx: &Tx, actor: &Actor, id: NeedMatchId) -> Result<Entry> {
    let row = need_match::Entity::find_by_id(id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if !leads_helper(tx, actor, &row).await? {
        return get(&tx.connection, actor, id).await;
    }
    let need = listing::Entity::find_by_id(row.need_id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    let path = crate::service::place::paths(&tx.connection, [need.region_id]).await?.remove(&need.region_id).ok_or(Code::NotFound)?;
    Ok(Entry { row, need, path, part: super::Part::default() })
}

async fn leads_helper(tx: &Tx, actor: &Actor, row: &Model) -> Result<bool> {
    let of_helper: Vec<_> = match Helper::of(row)? {
        Helper::Volunteer(id) => {
            teams::teams_of(&tx.connection, &[id]).await?.remove(&id).unwrap_or_default().into_iter().map(|row| row.id).collect()
        }
        Helper::Team(id) => vec![id],
        Helper::Offering(_) => Vec::new(),
    };
    Ok(actor.grants.iter().any(|grant| grant.role == Role::TeamLeader && grant.team_id.is_some_and(|id| of_helper.contains(&id))))
}

/// Who may say it: the owner of the need in the mini-program; the grid worker for what was said or written on a card; for somebody without an account
/// the leader of a team of the helper's who saw it. Never somebody who served.
async fn check_confirms(tx: &Tx, actor: &Actor, entry: &Entry, channel: ConfirmChannel) -> Result<()> {
    let people = super::people(&tx.connection, &[entry.row.id]).await?.remove(&entry.row.id).unwrap_or_default();
    let served = actor.volunteer.is_some_and(|own| people.iter().any(|person| person.volunteer_id == own.id));
    let speaks = entry.part.helper && channel != ConfirmChannel::Witness;
    if served || speaks {
        return Err(Code::SelfDealing.into());
    }
    let may = match channel {
        ConfirmChannel::App => entry.part.owner,
        ConfirmChannel::Spoken | ConfirmChannel::Card => actor.holds(&[Role::GridWorker], &entry.place()),
        ConfirmChannel::Witness => entry.need.owner_account_id.is_none() && leads_helper(tx, actor, &entry.row).await?,
    };
    if may { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// Lets a match count: records of those who served, and what was promised is given. Locks volunteers before listings and wallets.
pub(super) async fn count(tx: &Tx, actor: &Actor, entry: &Entry, row: &Model) -> Result<()> {
    let people = super::people(&tx.connection, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    sign_ups::lock_people(tx, people.iter().map(|person| person.volunteer_id)).await?;
    settle(tx, row).await?;
    end::close_contacts(tx, row).await?;
    let drafts = drafts(tx, actor, entry, row, &people).await?;
    // The future of making records is large, and this one is part of others.
    for record in Box::pin(record::certify(tx, actor.account_id, drafts)).await? {
        link(tx, row.id, record.volunteer_id, record.id).await?;
    }
    Ok(())
}

async fn link(tx: &Tx, match_id: NeedMatchId, volunteer_id: VolunteerId, record_id: ServiceRecordId) -> Result<()> {
    match_person::Entity::update_many()
        .col_expr(match_person::Column::RecordId, Expr::value(record_id))
        .filter(match_person::Column::MatchId.eq(match_id))
        .filter(match_person::Column::VolunteerId.eq(volunteer_id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// What was promised is given; equipment is back, and a service that is there whenever it is asked for is free again.
async fn settle(tx: &Tx, row: &Model) -> Result<()> {
    let comes_back = match row.offering_id {
        Some(id) => {
            let lent = resource::Entity::find_by_id(id).one(&tx.connection).await?.is_some_and(|row| row.form == ResourceForm::Equipment);
            let standing = service_offer::Entity::find_by_id(id).one(&tx.connection).await?.is_some_and(|row| row.mode == ServiceMode::Standing);
            lent || standing
        }
        None => false,
    };
    for id in end::promises(std::slice::from_ref(row)) {
        if comes_back && Some(id) == row.offering_reservation_id {
            reservation::release(tx, id).await?;
        } else {
            reservation::give(tx, id).await?;
        }
    }
    Ok(())
}

/// A piece of service for each who served. It counts where the need lies, and for the team that helped; for somebody who came alone for a team of
/// theirs, one of the need's colour before others and the one founded first of several, or for none.
async fn drafts(tx: &Tx, actor: &Actor, entry: &Entry, row: &Model, people: &[match_person::Model]) -> Result<Vec<Draft>> {
    let Some(span) = row.finished_at.and_then(|finished_at| fit::served(row, finished_at)) else { return Ok(Vec::new()) };
    let ids: Vec<VolunteerId> = people.iter().map(|person| person.volunteer_id).collect();
    let own: HashMap<VolunteerId, Vec<team::Model>> = match row.team_id {
        Some(id) => {
            let team = teams::get(&tx.connection, id).await?;
            ids.iter().map(|person| (*person, vec![team.clone()])).collect()
        }
        None => teams::teams_of(&tx.connection, &ids).await?,
    };
    let draft = |volunteer_id: VolunteerId| {
        let mut teams: Vec<&team::Model> =
            own.get(&volunteer_id).into_iter().flatten().filter(|team| row.team_id.is_some() || team.dissolved_at.is_none()).collect();
        teams.sort_by_key(|team| (entry.need.colour.is_none() || team.colour != entry.need.colour, team.id));
        let team = teams.first();
        Draft {
            community_id: row.community_id,
            volunteer_id,
            session_id: None,
            team_id: team.map(|team| team.id),
            unit_id: team.and_then(|team| team.unit_id),
            colour: team.and_then(|team| team.colour),
            region_id: entry.need.region_id,
            service_type: entry.need.category.clone(),
            content: entry.need.title.clone(),
            business_date: span.from.business_date(),
            span,
            source: RecordSource::Match,
            evidence: EvidenceClass::B,
            recorder_id: actor.account_id,
            reason: None,
        }
    };
    Ok(ids.into_iter().map(draft).collect())
}

/// The last confirmation of a need rates it, unless it was rated: the mean of what was said of its matches, rounded down.
async fn rate_need(tx: &Tx, actor: &Actor, row: &Model, word: Option<String>) -> Result<()> {
    let need = listing::Entity::find_by_id(row.need_id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if need.state != ListingState::Fulfilled || listings::step::has(&tx.connection, need.id, StepKind::Rated).await? {
        return Ok(());
    }
    let rated = need_match::Entity::find()
        .filter(need_match::Column::NeedId.eq(need.id))
        .filter(need_match::Column::State.eq(MatchState::Confirmed))
        .filter(need_match::Column::Rating.is_not_null())
        .all(&tx.connection)
        .await?;
    let ratings: Vec<i32> = rated.iter().filter_map(|row| row.rating).collect();
    let Some(stars) = ratings.iter().sum::<i32>().checked_div(i32::try_from(ratings.len()).unwrap_or_default()) else { return Ok(()) };
    let said = listings::step::Entry::of(StepKind::Rated, Some(actor.account_id)).saying(word);
    listings::step::write(tx, &need, listings::step::Entry { stars: Some(stars), ..said }).await
}

/// The accounts of both sides.
pub(super) async fn both_sides(tx: &Tx, entry: &Entry) -> Result<Vec<entity::id::AccountId>> {
    Ok([Helper::of(&entry.row)?.accounts(&tx.connection).await?, need_accounts(&entry.need)].concat())
}
