//! Accepting: the missing word is given, and what is needed is promised in the same transaction.

use entity::id::{ListingId, NeedMatchId};
use entity::listing;
use entity::listing_slot;
use entity::match_person;
use entity::match_step::MatchStepKind;
use entity::need_match::{MatchSide, Model};
use entity::time::UtcMicros;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde::Serialize;

use super::fit::{self, Wanted};
use super::{Entry, Helper, check_span, get, need_accounts, save, state, step};
use crate::error::{Code, Error, Result};
use crate::exchange::need::Window;
use crate::exchange::reservation::{self, Claim};
use crate::exchange::{contact, listing as listings};
use crate::idempotency;
use crate::people::account;
use crate::people::permission::{Action, Actor};
use crate::service::record::Span;
use crate::service::wording;
use crate::tx::Tx;

/// A yes.
#[derive(Clone, Debug, Serialize)]
pub struct Acceptance {
    /// To this match.
    pub match_id: NeedMatchId,
    /// To so many of what was proposed; all of it when left out.
    pub quantity: Option<i64>,
    /// At this time; the helper's to choose.
    pub span: Option<Window>,
    /// How the guardian of a helper under age agreed, 1 to 200 characters.
    pub guardian_consent: Option<String>,
}

/// Accepts a match, once per `key`: the helper, or for a helper who offered the need's owner or whoever looks after the place. Promises places of the
/// need and things of the offering, and opens the contact to the helper.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING` for one's own offer, `SECOND_PERSON_REQUIRED` for staff who proposed and speak for a unit, `STATE_CHANGED`,
/// `LISTING_NOT_OPEN`, `QUANTITY_INSUFFICIENT` and `SLOT_FULL` with how many are left, `SLOT_REQUIRED`, `BAD_INPUT`, and what keeps a helper:
/// `VOLUNTEER_SUSPENDED`, `TOO_YOUNG`, `QUALIFICATION_MISSING`, `OWN_NEED`, `SESSION_OVERLAP`, `CONSENT_REQUIRED`, `INSURANCE_REQUIRED`.
pub async fn accept(tx: &Tx, actor: &Actor, key: &str, input: Acceptance) -> Result<NeedMatchId> {
    actor.require(Action::AcceptMatch, &actor.home())?;
    idempotency::once(
        tx,
        actor.account_id,
        "acceptMatch",
        key,
        &input,
        Box::pin(async {
            let entry = get(&tx.connection, actor, input.match_id).await?;
            let sides = Helper::of(&entry.row)?.accounts(&tx.connection).await?.into_iter().chain(entry.need.owner_account_id);
            account::hold(tx, sides).await?;
            let row = state::lock(tx, entry.row.id).await?;
            let to = state::after(row.state, MatchStepKind::Accepted)?[0];
            if row.expires_at.is_some_and(|until| until <= tx.now) {
                return Err(Error::from(Code::StateChanged).with("state", "EXPIRED"));
            }
            check_answers(tx, actor, &entry).await?;
            let wanted = Wanted::of(&tx.connection, row.need_id).await?;
            wanted.check()?;
            let row = agreed(tx, &wanted, row, &input).await?;
            let helper = Helper::of(&row)?;
            check_helper(tx, &wanted, &row, helper).await?;
            let row = promise(tx, Model { state: to, ..row }).await?;
            let until = row.ends_at.unwrap_or_else(|| wanted.listing.valid_until.plus(UtcMicros::DAY));
            let row = Model { expires_at: Some(until), ..row };
            save(tx, &row).await?;
            if let Some(volunteer_id) = row.volunteer_id {
                let person = match_person::Model { match_id: row.id, volunteer_id, record_id: None };
                match_person::Entity::insert(person.into_active_model()).exec_without_returning(&tx.connection).await?;
            }
            let accounts = helper.accounts(&tx.connection).await?;
            for account_id in &accounts {
                contact::admit(tx, row.need_id, *account_id, row.id.into()).await?;
            }
            if let (Some(offering_id), Some(account_id)) = (row.offering_id, wanted.listing.owner_account_id) {
                contact::admit(tx, offering_id, account_id, row.id.into()).await?;
            }
            let told = [accounts, need_accounts(&wanted.listing)].concat();
            step::write(tx, &row, MatchStepKind::Accepted, Some(actor.account_id), None, &told).await?;
            Ok(row.id)
        }),
    )
    .await
}

/// Refuses who may not give the word that is missing.
pub(super) async fn check_answers(tx: &Tx, actor: &Actor, entry: &Entry) -> Result<()> {
    match entry.row.awaits {
        MatchSide::Helper => check_speaks(tx, actor, entry).await,
        MatchSide::Need if entry.part.helper => Err(Code::SelfDealing.into()),
        MatchSide::Need if entry.part.owner || entry.part.staff => Ok(()),
        MatchSide::Need => Err(Code::Forbidden.into()),
    }
}

/// Refuses who does not speak for the helper. For a unit that nobody leads, staff pass on its word; not those who proposed the match.
pub(super) async fn check_speaks(tx: &Tx, actor: &Actor, entry: &Entry) -> Result<()> {
    if entry.part.helper {
        return Ok(());
    }
    let Helper::Offering(id) = Helper::of(&entry.row)? else { return Err(Code::Forbidden.into()) };
    let offering = listings::get(&tx.connection, actor, id, None).await?;
    let led = !Helper::Offering(id).accounts(&tx.connection).await?.is_empty();
    if led || offering.listing.owner_unit_id.is_none() || !listings::owner::in_charge(actor, &offering.place()) {
        return Err(Code::Forbidden.into());
    }
    if entry.row.proposed_by == Some(actor.account_id) { Err(Code::SecondPersonRequired.into()) } else { Ok(()) }
}

/// The match as it is agreed: how many, and when.
async fn agreed(tx: &Tx, wanted: &Wanted, row: Model, input: &Acceptance) -> Result<Model> {
    let quantity = input.quantity.unwrap_or(row.quantity);
    if !(1..=row.quantity).contains(&quantity) {
        return Err(Error::from(Code::BadInput).on("quantity").with("min", 1).with("max", row.quantity));
    }
    if input.span.is_some() && (row.awaits == MatchSide::Need || row.slot_id.is_some()) {
        return Err(Error::from(Code::BadInput).on("startsAt"));
    }
    let proposed = row.starts_at.zip(row.ends_at).map(|(starts_at, ends_at)| Window { starts_at, ends_at });
    let span = match row.slot_id {
        Some(id) => {
            let slot = listing_slot::Entity::find_by_id(id).one(&tx.connection).await?.ok_or_else(|| Error::from(Code::NotFound).on("slotId"))?;
            Some(Window { starts_at: slot.starts_at, ends_at: slot.ends_at })
        }
        None => input.span.or(proposed),
    };
    match span {
        Some(span) if row.slot_id.is_none() => check_span(&tx.connection, tx.now, &wanted.listing, &wanted.need, span).await?,
        // People come at a time; things may be fetched at any.
        None if row.offering_id.is_none() => return Err(Error::from(Code::BadInput).on("startsAt")),
        _ => {}
    }
    let consent = wording::optional(input.guardian_consent.as_deref(), "guardianConsent", 200)?;
    if consent.is_some() && row.awaits == MatchSide::Need {
        // It was asked for when the help was offered; the other side does not speak for a guardian.
        return Err(Error::from(Code::BadInput).on("guardianConsent"));
    }
    let guardian_consent = consent.or_else(|| row.guardian_consent.clone());
    let (starts_at, ends_at) = (span.map(|span| span.starts_at), span.map(|span| span.ends_at));
    Ok(Model { quantity, starts_at, ends_at, guardian_consent, ..row })
}

async fn check_helper(tx: &Tx, wanted: &Wanted, row: &Model, helper: Helper) -> Result<()> {
    let time = row.starts_at.zip(row.ends_at).map(|(from, to)| Span { from, to });
    match (helper, time) {
        (Helper::Volunteer(id), Some(time)) => fit::check_people(tx, wanted, row, &[id], time).await.map(|_| ()),
        (Helper::Team(id), Some(time)) => fit::check_team(tx, wanted, id, row.quantity, time.from.business_date()).await,
        (Helper::Offering(id), _) => {
            let offering = listing::Entity::find_by_id(id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
            let own = offering.owner_account_id.is_some() && offering.owner_account_id == wanted.listing.owner_account_id;
            if own { Err(Code::OwnNeed.into()) } else { Ok(()) }
        }
        _ => Err(Error::from(Code::BadInput).on("startsAt")),
    }
}

/// Promises what the match takes, in the order of the listings' ids.
async fn promise(tx: &Tx, mut row: Model) -> Result<Model> {
    let mut listings: Vec<ListingId> = [row.need_id].into_iter().chain(row.offering_id).collect();
    listings.sort_unstable();
    for listing_id in listings {
        let of_need = listing_id == row.need_id;
        let slot_id = row.slot_id.filter(|_| !of_need);
        let claim = Claim { listing_id, slot_id, quantity: row.quantity, cause_id: row.id.into() };
        let (of, key) = if of_need { ("NEED", format!("{}:need", row.id)) } else { ("OFFERING", format!("{}:offering", row.id)) };
        let promised = reservation::reserve(tx, &key, claim).await.map_err(|error| error.with("of", of))?;
        if of_need {
            row.need_reservation_id = Some(promised.id);
        } else {
            row.offering_reservation_id = Some(promised.id);
        }
    }
    Ok(row)
}
