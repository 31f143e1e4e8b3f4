//! Wallets (积分账户) and what their owner sees: balance, debt, what runs out soon, and the passbook.
//!
//! A wallet is made with its volunteer and never lazily. What remains of a bucket is arithmetic, see [`remaining`].

use entity::id::{EntryId, OperationId, VolunteerId, WalletId};
use entity::time::BusinessDate;
use entity::{award, bucket, entry, operation, wallet};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::error::{Code, Result};
use crate::page::{ListOrder, Page, Rows};

/// Points that expire on one date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remainder {
    /// The last day they can be used.
    pub expires_on: BusinessDate,
    /// How many are left.
    pub points: i64,
}

/// One line of the passbook.
#[derive(Clone, Debug)]
pub struct Line {
    /// The wallet's side.
    pub entry: entry::Model,
    /// What happened.
    pub operation: operation::Model,
    /// Why the points came, for an award.
    pub award: Option<award::Model>,
}

/// The wallet of a volunteer.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, volunteer_id: VolunteerId) -> Result<wallet::Model> {
    let row = wallet::Entity::find().filter(wallet::Column::VolunteerId.eq(volunteer_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// What is left in each bucket: points leave in order of expiry, whatever the order they came in.
///
/// The parts sum to the balance. `buckets` must be all of the wallet's, in order of date.
#[must_use]
pub fn remaining(debits: i64, buckets: &[bucket::Model]) -> Vec<Remainder> {
    let mut earned_so_far = 0;
    let mut left = Vec::new();
    for bucket in buckets {
        earned_so_far += bucket.earned;
        left.push(Remainder { expires_on: bucket.expires_on, points: (earned_so_far - debits).clamp(0, bucket.earned) });
    }
    left
}

/// The buckets of a wallet in order of date.
///
/// # Errors
/// When the database cannot be read.
pub async fn buckets(connection: &impl ConnectionTrait, wallet_id: WalletId) -> Result<Vec<bucket::Model>> {
    let query = bucket::Entity::find().filter(bucket::Column::WalletId.eq(wallet_id));
    Ok(query.order_by_asc(bucket::Column::ExpiresOn).all(connection).await?)
}

/// Points that run out on or before `until`, date by date.
///
/// # Errors
/// When the database cannot be read.
pub async fn expiring(connection: &impl ConnectionTrait, wallet: &wallet::Model, until: BusinessDate) -> Result<Vec<Remainder>> {
    let left = remaining(wallet.debits, &buckets(connection, wallet.id).await?);
    Ok(left.into_iter().filter(|part| part.points > 0 && part.expires_on <= until).collect())
}

/// A page of the passbook, newest first; three statements whatever its size.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn passbook(connection: &impl ConnectionTrait, wallet_id: WalletId, page: &Page) -> Result<Rows<Line>> {
    let query = entry::Entity::find().filter(entry::Column::WalletId.eq(wallet_id));
    let order = ListOrder { key: Some(entry::Column::WalletVersion), id: entry::Column::Id, descending: true };
    let entries = page.rows(page.select::<_, EntryId>(query, order)?.all(connection).await?);
    let ids: Vec<OperationId> = entries.rows.iter().map(|row| row.operation_id).collect();
    let operations = operation::Entity::find().filter(operation::Column::Id.is_in(ids)).all(connection).await?;
    let records = operations.iter().filter(|row| has_award(row)).map(|row| row.cause_id);
    let awards = award::Entity::find().filter(award::Column::RecordId.is_in(records)).all(connection).await?;
    let line = |entry: entry::Model| {
        let operation = operations.iter().find(|row| row.id == entry.operation_id)?.clone();
        let award = awards.iter().find(|row| has_award(&operation) && row.record_id.0 == operation.cause_id).cloned();
        Some(Line { entry, operation, award })
    };
    Ok(Rows { has_next: entries.has_next, has_previous: entries.has_previous, rows: entries.rows.into_iter().filter_map(line).collect() })
}

fn has_award(operation: &operation::Model) -> bool {
    use entity::operation::OperationKind::{Award, ReverseAward};
    matches!(operation.kind, Award | ReverseAward)
}

#[cfg(test)]
mod tests {
    use entity::bucket;
    use entity::id::WalletId;
    use entity::time::BusinessDate;

    use super::remaining;

    fn bucket(expires_on: i32, earned: i64) -> bucket::Model {
        let wallet_id = WalletId(1);
        bucket::Model { wallet_id, expires_on: BusinessDate(expires_on), earned, expired: 0, closed: false, warned: None }
    }

    #[test]
    fn points_leave_in_order_of_expiry_and_sum_to_the_balance() {
        let buckets = [bucket(20_261_231, 30), bucket(20_271_231, 50), bucket(20_281_231, 20)];
        for debits in 0..=100 {
            let left: Vec<i64> = remaining(debits, &buckets).iter().map(|part| part.points).collect();
            assert_eq!(left.iter().sum::<i64>(), 100 - debits, "debits {debits}");
            assert!(left[0] == 0 || left[1] == 50, "the second bucket was touched before the first was empty");
        }
    }
}
