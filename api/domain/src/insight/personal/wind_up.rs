//! Ending what is under way of somebody who leaves for good, by the verbs of each noun: seats go to who waits, the other side of a match is told, somebody else
//! comes onto a panel, points come back and lapse.
//!
//! Invariant: doing it again changes nothing but what has come since.

use entity::account_deletion::Model;
use entity::id::{AccountId, ListingId, NeedMatchId};
use entity::role_grant;
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult};

use super::correction;
use super::person::Person;
use crate::error::{Error, Result};
use crate::exchange::listing;
use crate::exchange::need_match::{self, Live};
use crate::exchange::review::panel;
use crate::keys::Keys;
use crate::people::{acting, device, session};
use crate::points::{adjustment, expiry, redemption};
use crate::recognition::selection::notice;
use crate::service::sign_up;
use crate::tx::Tx;

/// How much was ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ended {
    points: i64,
    redemptions: usize,
    sign_ups: usize,
    listings: usize,
}

impl Ended {
    /// As it is kept.
    #[must_use]
    pub fn row(self, person: &Person, now: UtcMicros) -> Model {
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        Model {
            account_id: person.account_id,
            community_id: person.community_id,
            deleted_at: now,
            points_lapsed: self.points,
            redemptions: count(self.redemptions),
            sign_ups: count(self.sign_ups),
            listings: count(self.listings),
            swept_at: None,
        }
    }
}

/// Ends everything; gives how much that was, and the accounts of which sign-ins ended.
///
/// # Errors
/// `LISTING_RESERVED` for what [`super::blocked`] should have stopped; when the database refuses.
pub async fn run(tx: &Tx, keys: &Keys, person: &Person) -> Result<(Ended, Vec<AccountId>)> {
    let mut ended = Ended::default();
    let matches = hold(tx, person).await?;
    if let Some(volunteer_id) = person.volunteer_id {
        ended.sign_ups = sign_up::leave(tx, volunteer_id).await?;
        notice::leave(tx, volunteer_id).await?;
    }
    panel::leave(tx, keys, person.account_id).await?;
    need_match::leave(tx, person.account_id, matches).await?;
    let listings: Vec<ListingId> = found(tx, person, "SELECT id FROM listing WHERE id IN :listings ORDER BY id").await?;
    ended.listings = listing::leave(tx, person.account_id, &listings).await?;
    session::leave(tx, person.account_id).await?;
    let mut touched = acting::leave(tx, person.account_id).await?;
    touched.push(person.account_id);
    role_grant::Entity::update_many()
        .col_expr(role_grant::Column::EndedAt, Expr::value(tx.now))
        .col_expr(role_grant::Column::EndedBy, Expr::value(person.account_id))
        .filter(role_grant::Column::AccountId.eq(person.account_id))
        .filter(role_grant::Column::EndedAt.is_null())
        .exec(&tx.connection)
        .await?;
    // The wallet last: what comes back of it lapses with the rest. Who decides on an adjustment holds the wallet before it.
    if let (Some(wallet_id), Some(volunteer_id)) = (person.wallet_id, person.volunteer_id) {
        ended.redemptions = redemption::leave(tx, wallet_id, person.account_id).await?;
        adjustment::leave(tx, volunteer_id).await?;
        ended.points = expiry::leave(tx, wallet_id).await?;
    }
    Ok((ended, touched))
}

/// Locks what every verb locks before sessions, listings and wallets, in the same order: what leads to people, then the person and all who are to serve in
/// a match that ends, together. Otherwise somebody who is signing up, or a leader who calls the roll, would wait for this and this for them. Gives the
/// matches that end.
async fn hold(tx: &Tx, person: &Person) -> Result<Vec<Live>> {
    device::leave(tx, person.account_id).await?;
    if let Some(volunteer_id) = person.volunteer_id {
        correction::leave(tx, volunteer_id).await?;
    }
    let ids: Vec<NeedMatchId> = found(tx, person, "SELECT id FROM need_match WHERE id IN :matches ORDER BY id").await?;
    let matches = need_match::hold(tx, &ids).await?;
    sign_up::lock_people(tx, matches.iter().flat_map(|live| live.people.iter().copied()).chain(person.volunteer_id)).await?;
    Ok(matches)
}

async fn found<I: sea_orm::TryGetable>(tx: &Tx, person: &Person, text: &str) -> Result<Vec<I>> {
    let rows = tx.connection.query_all_raw(person.statement(&tx.connection, text, tx.now)?).await?;
    rows.iter().map(|row: &QueryResult| row.try_get("", "id").map_err(Error::from)).collect()
}
