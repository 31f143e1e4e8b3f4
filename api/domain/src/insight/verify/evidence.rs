//! Evidence packs: every document and every list of hashes as it was when it was frozen.

use sea_orm::ConnectionTrait;

use super::{Check, Difference, TOLD_MAX};
use crate::error::Result;
use crate::exchange::review::evidence;

/// Hashes every pack anew.
pub(super) async fn check(connection: &impl ConnectionTrait) -> Result<Check> {
    let (rows, broken) = evidence::audit(connection).await?;
    let first = broken.iter().take(TOLD_MAX).map(|id| Difference { subject: id.to_string(), expected: 1, found: 0 }).collect();
    let differences = i64::try_from(broken.len()).unwrap_or(i64::MAX);
    Ok(Check { rule: "the hashes of an evidence pack fit its documents", rows, differences, first })
}
