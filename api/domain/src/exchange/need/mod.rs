//! Needs (需求清单): what somebody wants done, of which kind of relief (四解) and how urgent (急难愁盼).
//!
//! A resident files a need in the mini-program; a grid worker files one for somebody who telephoned or wrote on paper, with the consent that was given
//! and the ids of both. The quantity is a head-count of helpers or a number of things. A need has times in which it may be met, and asks truthfully
//! for skills, qualifications and age (Volunteer Service Regulations art. 15, 16). It is replied to, resolved, and rated by the person served.
//!
//! Invariant: the person served is never charged; a need says nothing about why somebody needs help beyond what its text says.

use entity::activity::RiskLevel;
use entity::id::{CommunityId, ListingId};
use entity::need::{self, Urgency};
use entity::need_window;
use entity::taxonomy_term::TaxonomyKind;
use entity::time::UtcMicros;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;

use super::listing::{self, Draft};
use crate::community::taxonomy;
use crate::error::{Code, Error, Result};
use crate::service::wording;
use crate::tx::Tx;

mod file;
mod rates;
mod reply;

pub use file::{Behalf, file, file_on_behalf, update};
pub use rates::{Period, Rates, rates};
pub use reply::{rate, reply};

/// Most times of one need.
const WINDOWS_MAX: usize = 30;
/// Most skills, and most qualifications, one need may ask for.
const CODES_MAX: usize = 10;

/// A time in which a need may be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Window {
    /// From.
    pub starts_at: UtcMicros,
    /// Until, at most 31 days later.
    pub ends_at: UtcMicros,
}

/// A need as its author describes it.
#[derive(Clone, Debug, Serialize)]
pub struct NeedDraft {
    /// What all listings say.
    pub draft: Draft,
    /// Code of the `RELIEF_KIND` list.
    pub relief_kind: String,
    /// How urgent.
    pub urgency: Urgency,
    /// How long it takes, 15 to 1440.
    pub minutes: i32,
    /// When it may be met; any time while it is valid, when empty.
    pub windows: Vec<Window>,
    /// Codes of the `SKILL` list.
    pub skills: Vec<String>,
    /// Codes of the `QUALIFICATION` list.
    pub qualifications: Vec<String>,
    /// Youngest age of a helper, 0 to 120.
    pub min_age: i32,
    /// How risky.
    pub risk_level: RiskLevel,
    /// The risks, 1 to 1000 characters.
    pub risk_note: String,
    /// Accident insurance, up to 200 characters.
    pub insurance_ref: Option<String>,
}

impl NeedDraft {
    /// Checks what is particular to a need; codes that `before` had already may have been retired since.
    async fn check(
        &mut self,
        connection: &impl ConnectionTrait,
        now: UtcMicros,
        community_id: CommunityId,
        before: Option<&need::Model>,
    ) -> Result<()> {
        self.risk_note = wording::required(&self.risk_note, "riskNote", 1_000, Code::RiskNoteRequired)?;
        listing::no_contact(&self.risk_note, "riskNote")?;
        self.insurance_ref = wording::optional(self.insurance_ref.as_deref(), "insuranceRef", 200)?;
        if !(0..=120).contains(&self.min_age) {
            return Err(Error::from(Code::BadInput).on("minAge").with("min", 0).with("max", 120));
        }
        if !(15..=1_440).contains(&self.minutes) {
            return Err(Error::from(Code::BadInput).on("minutes").with("min", 15).with("max", 1_440));
        }
        self.check_windows(now)?;
        let words = |codes: &str| listing::codes(codes);
        let (skills, licences) = before.map_or_else(Default::default, |row| (words(&row.skills), words(&row.qualifications)));
        check_codes(connection, community_id, TaxonomyKind::Skill, &mut self.skills, "skills", &skills).await?;
        check_codes(connection, community_id, TaxonomyKind::Qualification, &mut self.qualifications, "qualifications", &licences).await?;
        if before.is_none_or(|row| row.relief_kind != self.relief_kind) {
            taxonomy::get(connection, community_id, TaxonomyKind::ReliefKind, &self.relief_kind, "reliefKind").await?;
        }
        Ok(())
    }

    fn check_windows(&mut self, now: UtcMicros) -> Result<()> {
        self.windows.sort_unstable();
        if self.windows.len() > WINDOWS_MAX {
            return Err(Error::from(Code::BadInput).on("windows").with("max", WINDOWS_MAX));
        }
        let (from, until) = (self.draft.validity.from.unwrap_or(now), self.draft.validity.until.unwrap_or(UtcMicros(i64::MAX)));
        let possible = |window: &Window| {
            let length = window.ends_at.0.saturating_sub(window.starts_at.0);
            let fits = length >= i64::from(self.minutes) * UtcMicros::MINUTE && length <= 31 * UtcMicros::DAY;
            fits && window.ends_at > now && window.starts_at >= from.plus(-UtcMicros::DAY) && window.ends_at <= until
        };
        let apart = self.windows.windows(2).all(|pair| pair[0].ends_at <= pair[1].starts_at);
        if apart && self.windows.iter().all(possible) { Ok(()) } else { Err(Error::from(Code::BadInput).on("windows")) }
    }
}

async fn check_codes(
    connection: &impl ConnectionTrait,
    community_id: CommunityId,
    kind: TaxonomyKind,
    codes: &mut Vec<String>,
    field: &'static str,
    known: &[String],
) -> Result<()> {
    codes.sort_unstable();
    codes.dedup();
    if codes.len() > CODES_MAX {
        return Err(Error::from(Code::BadInput).on(field).with("max", CODES_MAX));
    }
    for code in codes.iter().filter(|code| !known.contains(code)) {
        taxonomy::get(connection, community_id, kind, code, field).await?;
    }
    Ok(())
}

async fn write_windows(tx: &Tx, id: ListingId, windows: &[Window]) -> Result<()> {
    need_window::Entity::delete_many().filter(need_window::Column::NeedId.eq(id)).exec(&tx.connection).await?;
    if windows.is_empty() {
        return Ok(());
    }
    let rows =
        windows.iter().map(|window| need_window::Model { need_id: id, starts_at: window.starts_at, ends_at: window.ends_at }.into_active_model());
    need_window::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    Ok(())
}
