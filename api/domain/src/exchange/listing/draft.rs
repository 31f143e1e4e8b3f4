//! What an author says about a listing of any kind, and writing it down.

use entity::id::{AccountId, ListingId, RegionId};
use entity::listing::{self, IntakeChannel, ListingKind, ListingState, Model};
use entity::listing_step::StepKind;
use entity::region;
use entity::taxonomy_term::TaxonomyKind;
use entity::team::TeamColour;
use entity::time::UtcMicros;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;

use super::owner::Owner;
use super::step;
use crate::community::{taxonomy, wording};
use crate::error::{Code, Error, Result};
use crate::exchange::contact::{self, Contact};
use crate::exchange::search;
use crate::keys::Keys;
use crate::people::account;
use crate::service::wording as texts;
use crate::tx::Tx;

/// Most that can be wanted or offered.
pub const QUANTITY_MAX: i64 = 1_000_000;
/// Longest validity, in microseconds.
const VALID_MAX: i64 = 731 * UtcMicros::DAY;
/// Digits in a row that are a telephone or an identity number.
const DIGITS_MAX: usize = 10;

/// From when until when a listing holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Validity {
    /// Now, when left out.
    pub from: Option<UtcMicros>,
    /// Thirty days for a need and a year for everything else, when left out.
    pub until: Option<UtcMicros>,
}

/// What every listing says.
#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    /// Where it lies.
    pub region_id: Option<RegionId>,
    /// Title, 1 to 60 characters.
    pub title: String,
    /// What is wanted or offered, 1 to 1000 characters.
    pub description: String,
    /// Code of the `SERVICE_TYPE` list; of a resource of the `RESOURCE_CATEGORY` list; of a need of the one for help, of the other for things.
    pub category: String,
    /// Teams of which colour it suits.
    pub colour: Option<TeamColour>,
    /// Where, roughly, 1 to 100 characters.
    pub place: String,
    /// What the quantity counts, 1 to 10 characters.
    pub measure: String,
    /// How many, 1 to 1000000.
    pub quantity: i64,
    /// How long it holds.
    pub validity: Validity,
    /// Name, telephone, exact place.
    pub contact: Contact,
}

/// Who writes it down, for whom, and how it came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filing {
    pub kind: ListingKind,
    pub owner: Option<Owner>,
    pub filed_by: AccountId,
    pub channel: IntakeChannel,
}

/// Checks what an author says. A code that stood there before may have been retired since.
pub(crate) async fn check(
    connection: &impl ConnectionTrait,
    now: UtcMicros,
    kind: ListingKind,
    draft: &mut Draft,
    before: Option<&Model>,
    community_id: entity::id::CommunityId,
) -> Result<()> {
    draft.title = wording::label(&draft.title, 60, "title")?;
    draft.description = texts::required(&draft.description, "description", 1_000, Code::BadInput)?;
    draft.place = wording::label(&draft.place, 100, "place")?;
    draft.measure = wording::label(&draft.measure, 10, "measure")?;
    for (text, field) in [(&draft.title, "title"), (&draft.description, "description"), (&draft.place, "place"), (&draft.measure, "measure")] {
        no_contact(text, field)?;
    }
    if !(1..=QUANTITY_MAX).contains(&draft.quantity) {
        return Err(Error::from(Code::BadInput).on("quantity").with("min", 1).with("max", QUANTITY_MAX));
    }
    let from = draft.validity.from.or(before.map(|row| row.valid_from)).unwrap_or(now);
    let usual = if kind == ListingKind::Need { 30 } else { 365 };
    let until = draft.validity.until.unwrap_or(from.max(now).plus(usual * UtcMicros::DAY));
    if until <= now || until <= from || until.0.saturating_sub(from.0) > VALID_MAX {
        return Err(Error::from(Code::BadInput).on("validUntil").with("maxDays", VALID_MAX / UtcMicros::DAY));
    }
    draft.validity = Validity { from: Some(from), until: Some(until) };
    draft.contact.check()?;
    if before.is_none_or(|row| row.category != draft.category) {
        check_category(connection, community_id, kind, &draft.category).await?;
    }
    Ok(())
}

/// A service is of a kind of service, a resource of a category of resources, and a need asks for one or the other.
async fn check_category(connection: &impl ConnectionTrait, community_id: entity::id::CommunityId, kind: ListingKind, category: &str) -> Result<()> {
    let of = |words: TaxonomyKind| taxonomy::get(connection, community_id, words, category, "category");
    match kind {
        ListingKind::ServiceOffer => of(TaxonomyKind::ServiceType).await.map(|_| ()),
        ListingKind::Resource => of(TaxonomyKind::ResourceCategory).await.map(|_| ()),
        ListingKind::Need => match of(TaxonomyKind::ServiceType).await {
            Err(error) if error.code == Code::TaxonomyUnknown => of(TaxonomyKind::ResourceCategory).await.map(|_| ()),
            other => other.map(|_| ()),
        },
    }
}

/// Refuses telephone and identity numbers in a text that everybody reads.
///
/// # Errors
/// `CONTACT_IN_TEXT`.
pub(crate) fn no_contact(text: &str, field: &'static str) -> Result<()> {
    use unicode_normalization::UnicodeNormalization;
    let mut run = 0;
    for letter in text.nfkc() {
        match letter {
            '0'..='9' => run += 1,
            // Numbers are written in groups.
            ' ' | '-' => {}
            _ => run = 0,
        }
        if run > DIGITS_MAX {
            return Err(Error::from(Code::ContactInText).on(field));
        }
    }
    Ok(())
}

fn row(tx: &Tx, id: ListingId, filing: Filing, region: &region::Model, draft: &Draft) -> Result<Model> {
    let community_id = region.community_id.ok_or_else(|| Error::internal("a listing lies in no community"))?;
    let (owner_account_id, owner_team_id, owner_unit_id) = filing.owner.map_or((None, None, None), Owner::columns);
    let cell = draft.contact.point.map(crate::exchange::point::Point::cell);
    Ok(Model {
        id,
        community_id,
        kind: filing.kind,
        region_id: region.id,
        owner_account_id,
        owner_team_id,
        owner_unit_id,
        filed_by: filing.filed_by,
        channel: filing.channel,
        title: draft.title.clone(),
        description: draft.description.clone(),
        category: draft.category.clone(),
        colour: draft.colour,
        place: draft.place.clone(),
        latitude: cell.map(|cell| cell.latitude),
        longitude: cell.map(|cell| cell.longitude),
        contact_sealed: None,
        measure: draft.measure.clone(),
        quantity: draft.quantity,
        reserved: 0,
        done: 0,
        state: ListingState::Draft,
        valid_from: draft.validity.from.unwrap_or(tx.now),
        valid_until: draft.validity.until.unwrap_or(tx.now),
        filed_at: tx.now,
    })
}

/// Writes a checked listing down.
///
/// # Errors
/// `UNAUTHENTICATED` for an account that was closed at this moment: a contact of theirs would stay with what they file for others.
pub(crate) async fn insert(tx: &Tx, keys: &Keys, filing: Filing, region: &region::Model, draft: &Draft) -> Result<Model> {
    if account::get(&tx.connection, filing.filed_by).await?.closed_at.is_some() {
        return Err(Code::Unauthenticated.into());
    }
    let mut row = row(tx, ListingId::new(tx.now), filing, region, draft)?;
    row.contact_sealed = contact::seal(keys, &draft.contact)?;
    listing::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    search::index(tx, &row).await?;
    step::write(tx, &row, step::Entry::of(StepKind::Filed, Some(filing.filed_by))).await?;
    Ok(row)
}

/// Writes a checked listing over a draft that is locked; owner, filer, channel and times stay, and the contact where none is given.
///
/// # Errors
/// `STATE_CHANGED` when it is no draft any more.
pub(crate) async fn replace(tx: &Tx, keys: &Keys, before: &Model, region: &region::Model, draft: &Draft) -> Result<Model> {
    if before.state != ListingState::Draft {
        return Err(Error::from(Code::StateChanged));
    }
    let filing = Filing { kind: before.kind, owner: Owner::of(before), filed_by: before.filed_by, channel: before.channel };
    let mut row = Model { filed_at: before.filed_at, ..row(tx, before.id, filing, region, draft)? };
    match contact::seal(keys, &draft.contact)? {
        Some(sealed) => row.contact_sealed = Some(sealed),
        None => row = Model { contact_sealed: before.contact_sealed.clone(), latitude: before.latitude, longitude: before.longitude, ..row },
    }
    listing::Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(listing::Column::Id.eq(row.id))
        .exec(&tx.connection)
        .await?;
    search::index(tx, &row).await?;
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::no_contact;

    #[test]
    fn telephone_and_identity_numbers_are_seen_however_they_are_written() {
        for bad in ["请打 13800005678", "138-0000-5678", "138 0000 5678", "１３８００００５６７８", "0731-8555 1234", "身份证 430103198001011234"]
        {
            assert!(no_contact(bad, "description").is_err(), "{bad}");
        }
        for good in ["3 号楼 2 单元 501", "2026-03-28 上午 9:00", "大米 50 份,每份 5 公斤", ""] {
            assert!(no_contact(good, "description").is_ok(), "{good}");
        }
    }
}
