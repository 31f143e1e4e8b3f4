//! How long a community keeps what it keeps of people (保存期限, 个人信息保护法 art. 19): policy in versions, with the defaults of the program.
//!
//! Periods have a floor where the law has one: sign-ins and looks at contacts are logs of the network, kept for six months at least (网络安全法 art. 21), and
//! what was looked for at a contact shows who handled personal information, for which three years are usual (art. 56). A correction is decided within fifteen
//! working days, the longest that the supervisors' catalogue of unlawful practices leaves (《App违法违规收集使用个人信息行为认定方法》 art. 6).
//!
//! Minutes, records and the ledger have no period: they are kept for good (志愿服务条例 art. 19).

use entity::id::CommunityId;
use entity::retention_policy::{self, Model};
use entity::time::BusinessDate;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Periods in days, but for the working days of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// A sign-in that ended, 180 to 1095.
    pub sign_in_days: i32,
    /// A message, read or not, 30 to 1095.
    pub message_days: i32,
    /// The first answer of an idempotency key, 7 to 365.
    pub key_days: i32,
    /// The sealed contact of a listing, after its end, 1 to 365.
    pub contact_days: i32,
    /// What somebody looked at a contact for, 180 to 3650; that they looked stays.
    pub look_days: i32,
    /// What a correction said, after its decision, 30 to 1095.
    pub request_days: i32,
    /// Working days in which a correction is decided, 1 to 15.
    pub correction_days: i32,
}

impl Default for Terms {
    fn default() -> Self {
        Self { sign_in_days: 180, message_days: 365, key_days: 30, contact_days: 30, look_days: 1095, request_days: 180, correction_days: 15 }
    }
}

impl From<&Model> for Terms {
    fn from(row: &Model) -> Self {
        Self {
            sign_in_days: row.sign_in_days,
            message_days: row.message_days,
            key_days: row.key_days,
            contact_days: row.contact_days,
            look_days: row.look_days,
            request_days: row.request_days,
            correction_days: row.correction_days,
        }
    }
}

impl Terms {
    fn check(&self) -> Result<()> {
        let faults = [
            (!(180..=1095).contains(&self.sign_in_days), "signInDays"),
            (!(30..=1095).contains(&self.message_days), "messageDays"),
            (!(7..=365).contains(&self.key_days), "keyDays"),
            (!(1..=365).contains(&self.contact_days), "contactDays"),
            (!(180..=3650).contains(&self.look_days), "lookDays"),
            (!(30..=1095).contains(&self.request_days), "requestDays"),
            (!(1..=15).contains(&self.correction_days), "correctionDays"),
        ];
        match faults.into_iter().find(|(wrong, _)| *wrong) {
            Some((_, field)) => Err(Error::from(Code::BadInput).on(field)),
            None => Ok(()),
        }
    }
}

/// The version that holds on a day; none while the defaults do.
///
/// # Errors
/// When the database cannot be read.
pub async fn row_in_force(connection: &impl ConnectionTrait, community_id: CommunityId, day: BusinessDate) -> Result<Option<Model>> {
    let query = retention_policy::Entity::find()
        .filter(retention_policy::Column::CommunityId.eq(community_id))
        .filter(retention_policy::Column::EffectiveFrom.lte(day));
    Ok(query.order_by_desc(retention_policy::Column::Version).one(connection).await?)
}

/// The periods that hold on a day.
///
/// # Errors
/// When the database cannot be read.
pub async fn in_force(connection: &impl ConnectionTrait, community_id: CommunityId, day: BusinessDate) -> Result<Terms> {
    Ok(row_in_force(connection, community_id, day).await?.as_ref().map(Terms::from).unwrap_or_default())
}

/// Publishes the next version.
///
/// # Errors
/// `FORBIDDEN`; `BAD_INPUT` on the field at fault; `POLICY_DATE` when it would reach back or before the last version; `CONFLICT` when two publish at once.
pub async fn publish(tx: &Tx, actor: &Actor, effective_from: BusinessDate, terms: Terms) -> Result<Model> {
    actor.require(Action::PublishRetentionPolicy, &actor.home())?;
    terms.check()?;
    let last = retention_policy::Entity::find()
        .filter(retention_policy::Column::CommunityId.eq(actor.community_id))
        .order_by_desc(retention_policy::Column::Version)
        .one(&tx.connection)
        .await?;
    let earliest = last.as_ref().map_or(tx.today(), |row| row.effective_from).max(tx.today().plus_days(1));
    if effective_from < earliest {
        return Err(Error::from(Code::PolicyDate).on("effectiveFrom").with("earliest", earliest.naive()));
    }
    let row = Model {
        community_id: actor.community_id,
        version: last.map_or(1, |row| row.version + 1),
        effective_from,
        sign_in_days: terms.sign_in_days,
        message_days: terms.message_days,
        key_days: terms.key_days,
        contact_days: terms.contact_days,
        look_days: terms.look_days,
        request_days: terms.request_days,
        correction_days: terms.correction_days,
        published_by: actor.account_id,
        published_at: tx.now,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

#[cfg(test)]
mod tests {
    use super::Terms;

    #[test]
    fn the_defaults_are_within_their_bounds_and_no_bound_can_be_passed() {
        assert!(Terms::default().check().is_ok());
        let field = |terms: Terms| terms.check().err().and_then(|error| error.field);
        assert_eq!(field(Terms { sign_in_days: 179, ..Terms::default() }), Some("signInDays"), "six months by law");
        assert_eq!(field(Terms { look_days: 179, ..Terms::default() }), Some("lookDays"));
        assert_eq!(field(Terms { correction_days: 16, ..Terms::default() }), Some("correctionDays"));
    }
}
