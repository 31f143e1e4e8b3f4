//! To be written: from certified minutes to points.

use entity::award;
use entity::id::{AccountId, CommunityId, ServiceRecordId, VolunteerId};
use entity::service_record::RecordSource;
use entity::time::BusinessDate;

use crate::error::{Code, Result};
use crate::tx::Tx;

/// A certified piece of service that may bring points.
#[derive(Clone, Debug)]
pub struct Service {
    /// The record; awarded at most once.
    pub record_id: ServiceRecordId,
    /// Its community.
    pub community_id: CommunityId,
    /// Who served.
    pub volunteer_id: VolunteerId,
    /// The day it counts for.
    pub business_date: BusinessDate,
    /// Minutes certified.
    pub minutes: i64,
    /// Coefficient of the service type, basis points.
    pub type_bps: i32,
    /// How the record came about.
    pub source: RecordSource,
}

/// Awards points for records just certified, all with one statement of the ledger; gives the explanations in the same order.
///
/// # Errors
/// `ALREADY_AWARDED`.
pub async fn award(_tx: &Tx, _actor_id: Option<AccountId>, _services: &[Service]) -> Result<Vec<award::Model>> {
    Err(Code::Internal.into())
}

/// Takes the award of a revoked record back; gives the points that no longer count for rank. What was spent already becomes debt.
///
/// # Errors
/// `ALREADY_REVERSED`.
pub async fn reverse(_tx: &Tx, _actor_id: AccountId, _record_id: ServiceRecordId, _reason: &str) -> Result<i64> {
    Err(Code::Internal.into())
}
