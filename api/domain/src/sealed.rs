//! Everything that is sealed in the database, in one list, and bringing it under the current secret.
//!
//! A *field* is a column of sealed values, named by its *place*, which is bound into each of them. Beside some stands a keyed hash of the same value, made
//! anew with it. What is short-lived (one-time codes, wrong guesses, invitations) is not here: it runs out by itself.
//!
//! [`check`] tells at the start whether the secrets at hand are those that sealed this database, by a value kept for each number; [`reseal`] works
//! while servers run: a value is replaced only as it was read, whatever else happens to its row.
//!
//! Invariant: every column of the schema whose name says that it is sealed, or an index of something sealed, is in [`FIELDS`] or says why not; a test
//! compares the two.

use std::collections::BTreeMap;

use entity::id::{AccountId, CommunityId, VolunteerId};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use serde::Deserialize;
use uuid::Uuid;

use crate::db::{Db, sql};
use crate::error::{Error, Result};
use crate::keys::{Keys, Purpose};
use crate::tx::Tx;

/// Telephones of accounts, and of people served.
pub const PHONE: &str = "account.phone";
/// The successor of a refresh token, for some seconds.
pub const SUCCESSOR: &str = "refresh_token.successor";
/// Secrets of second factors.
pub const SECOND_FACTOR: &str = "second_factor.secret";
/// A person's id at a mini-program.
pub const OPENID: &str = "wechat_identity.openid";
/// A person's id at all applications of one owner.
pub const UNIONID: &str = "wechat_identity.unionid";
/// The access token to WeChat.
pub const WECHAT_TOKEN: &str = "wechat_token.token";
/// How to reach who stands behind a listing.
pub const CONTACT: &str = "listing.contact";
/// Party membership.
pub const PARTY_MEMBER: &str = "party_member.sealed";
/// Why somebody looked at a Party member's name.
pub const PARTY_MEMBER_UNMASKING: &str = "party_member_unmasking.reason";
/// A member's check-in with the community.
pub const MEMBER_CHECK_IN: &str = "member_check_in.sealed";
/// Votes of a selection.
pub const BALLOT: &str = "selection_ballot.sealed";
/// Numbers of identity cards.
pub const IDENTITY: &str = "volunteer_sensitive.identity";
/// Notes about health.
pub const HEALTH: &str = "volunteer_sensitive.health";
/// What a person wants corrected, and why.
pub const CORRECTION: &str = "correction.request";

/// Values read in one go.
const BATCH: usize = 500;

/// What the rows of a table are known by.
#[derive(Clone, Copy, Debug)]
enum Key {
    Uuid(&'static str),
    Text(&'static str),
    Bytes(&'static str),
}

impl Key {
    const fn column(self) -> &'static str {
        match self {
            Self::Uuid(column) | Self::Text(column) | Self::Bytes(column) => column,
        }
    }

    fn read(self, row: &QueryResult) -> Result<Value> {
        Ok(match self {
            Self::Uuid(column) => row.try_get::<Uuid>("", column)?.into(),
            Self::Text(column) => row.try_get::<String>("", column)?.into(),
            Self::Bytes(column) => row.try_get::<Vec<u8>>("", column)?.into(),
        })
    }
}

/// A keyed hash beside a sealed value.
#[derive(Clone, Copy)]
pub struct Index {
    /// Its column.
    pub column: &'static str,
    purpose: Purpose,
    /// A column that the message needs besides, or the key again.
    beside: &'static str,
    message: fn(&[u8], &QueryResult) -> Result<Vec<u8>>,
}

/// A column of sealed values.
#[derive(Clone, Copy)]
pub struct Field {
    /// Its table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    key: Key,
    place: &'static str,
    /// The keyed hash that goes with it.
    pub index: Option<Index>,
}

/// Every sealed column.
pub const FIELDS: &[Field] = &[
    field("account", "phone_sealed", Key::Uuid("id"), PHONE, Some(index("phone_index", Purpose::PhoneIndex, "id", as_it_is))),
    field("recipient", "phone_sealed", Key::Uuid("id"), PHONE, Some(index("phone_index", Purpose::PhoneIndex, "id", as_it_is))),
    field("refresh_token", "successor_sealed", Key::Bytes("token_hash"), SUCCESSOR, None),
    field("second_factor", "secret_sealed", Key::Uuid("account_id"), SECOND_FACTOR, None),
    field("wechat_identity", "openid_sealed", Key::Uuid("id"), OPENID, Some(index("openid_index", Purpose::WechatIndex, "app_id", openid))),
    field("wechat_identity", "unionid_sealed", Key::Uuid("id"), UNIONID, Some(index("unionid_index", Purpose::WechatIndex, "id", unionid))),
    field("wechat_token", "token_sealed", Key::Text("app_id"), WECHAT_TOKEN, None),
    field("listing", "contact_sealed", Key::Uuid("id"), CONTACT, None),
    field("party_member", "sealed", Key::Uuid("id"), PARTY_MEMBER, Some(index("subject_index", Purpose::PartyMember, "id", member))),
    field("party_member_unmasking", "reason_sealed", Key::Uuid("id"), PARTY_MEMBER_UNMASKING, None),
    field("member_check_in", "sealed", Key::Uuid("id"), MEMBER_CHECK_IN, Some(index("subject_index", Purpose::PartyMember, "id", checked_in))),
    field("selection_ballot", "sealed", Key::Uuid("id"), BALLOT, None),
    field(
        "volunteer_sensitive",
        "identity_sealed",
        Key::Uuid("volunteer_id"),
        IDENTITY,
        Some(index("identity_index", Purpose::IdentityIndex, "community_id", identity)),
    ),
    field("volunteer_sensitive", "health_sealed", Key::Uuid("volunteer_id"), HEALTH, None),
    field("correction", "request_sealed", Key::Uuid("id"), CORRECTION, None),
];

/// Columns whose names sound like those of [`FIELDS`], and why they are none.
pub const OTHERS: &[(&str, &str, &str)] =
    &[("phone_code", "phone_index", "lives for five minutes"), ("proof_leaf", "leaf_index", "the place of a leaf in its block")];

const fn field(table: &'static str, column: &'static str, key: Key, place: &'static str, index: Option<Index>) -> Field {
    Field { table, column, key, place, index }
}

const fn index(column: &'static str, purpose: Purpose, beside: &'static str, message: fn(&[u8], &QueryResult) -> Result<Vec<u8>>) -> Index {
    Index { column, purpose, beside, message }
}

fn as_it_is(plain: &[u8], _: &QueryResult) -> Result<Vec<u8>> {
    Ok(plain.to_vec())
}

fn openid(plain: &[u8], row: &QueryResult) -> Result<Vec<u8>> {
    let app_id: String = row.try_get("", "app_id")?;
    Ok(openid_message(&app_id, std::str::from_utf8(plain).map_err(Error::internal)?))
}

fn unionid(plain: &[u8], _: &QueryResult) -> Result<Vec<u8>> {
    Ok(unionid_message(std::str::from_utf8(plain).map_err(Error::internal)?))
}

fn member(plain: &[u8], _: &QueryResult) -> Result<Vec<u8>> {
    #[derive(Deserialize)]
    struct Whose {
        account_id: AccountId,
    }
    let whose: Whose = serde_json::from_slice(plain).map_err(Error::internal)?;
    Ok(member_message(whose.account_id))
}

fn checked_in(plain: &[u8], _: &QueryResult) -> Result<Vec<u8>> {
    #[derive(Deserialize)]
    struct Whose {
        volunteer_id: VolunteerId,
    }
    let whose: Whose = serde_json::from_slice(plain).map_err(Error::internal)?;
    Ok(checked_in_message(whose.volunteer_id))
}

fn identity(plain: &[u8], row: &QueryResult) -> Result<Vec<u8>> {
    Ok(identity_message(CommunityId(row.try_get("", "community_id")?), std::str::from_utf8(plain).map_err(Error::internal)?))
}

/// What the hash of a person's id at a mini-program is made of.
#[must_use]
pub fn openid_message(app_id: &str, openid: &str) -> Vec<u8> {
    format!("openid:{app_id}:{openid}").into_bytes()
}

/// What the hash of a person's id at all applications of one owner is made of.
#[must_use]
pub fn unionid_message(unionid: &str) -> Vec<u8> {
    format!("unionid:{unionid}").into_bytes()
}

/// What the hash of a Party member is made of.
#[must_use]
pub fn member_message(account_id: AccountId) -> Vec<u8> {
    account_id.0.as_bytes().to_vec()
}

/// What the hash of a member's check-in is made of: not the same as that of the membership, so that the two rows cannot be joined.
#[must_use]
pub fn checked_in_message(volunteer_id: VolunteerId) -> Vec<u8> {
    [b"check-in:", volunteer_id.0.as_bytes().as_slice()].concat()
}

/// What the hash of an identity number is made of: the same number of two communities is not to be known again.
#[must_use]
pub fn identity_message(community_id: CommunityId, number: &str) -> Vec<u8> {
    [b"identity:", community_id.0.as_bytes().as_slice(), number.as_bytes()].concat()
}

/// How many values of a field each numbered secret has sealed.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(connection: &impl ConnectionTrait, field: &Field) -> Result<BTreeMap<u8, i64>> {
    let Field { table, column, .. } = field;
    let statement = format!(
        "SELECT substr({column}, 1, 1) AS number, COUNT(*) AS found FROM {table} WHERE {column} IS NOT NULL AND length({column}) > 0 GROUP BY 1"
    );
    let mut counts = BTreeMap::new();
    for row in connection.query_all_raw(sql(connection, &statement, [])).await? {
        let number: Vec<u8> = row.try_get("", "number")?;
        *counts.entry(number.first().copied().unwrap_or_default()).or_default() += row.try_get::<i64>("", "found")?;
    }
    Ok(counts)
}

/// Whether anything is here that a numbered secret sealed.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_used(connection: &impl ConnectionTrait, number: u8) -> Result<bool> {
    for Field { table, column, .. } in FIELDS {
        let statement = format!("SELECT 1 AS found FROM {table} WHERE substr({column}, 1, 1) = $1 LIMIT 1");
        if connection.query_one_raw(sql(connection, &statement, [vec![number].into()])).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether what a numbered secret sealed can be opened, tried on one value of each field; true where there is none.
///
/// # Errors
/// When the database cannot be read.
pub async fn opens(connection: &impl ConnectionTrait, keys: &Keys, number: u8) -> Result<bool> {
    for Field { table, column, place, .. } in FIELDS {
        let statement = format!("SELECT {column} AS value FROM {table} WHERE substr({column}, 1, 1) = $1 LIMIT 1");
        let row = connection.query_one_raw(sql(connection, &statement, [vec![number].into()])).await?;
        let value: Option<Vec<u8>> = row.map(|row| row.try_get("", "value")).transpose()?;
        if value.is_some_and(|value| keys.open(place, &value).is_err()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Brings the values of a field under the current secret, from the beginning; gives how many were. `told` hears after each batch how many so far.
///
/// # Errors
/// When a value cannot be opened, or the database fails; what was done stays done, and doing it again goes on from there.
pub async fn reseal(db: &Db, keys: &Keys, field: &Field, mut told: impl FnMut(u64)) -> Result<u64> {
    let (mut done, mut last) = (0, None);
    loop {
        let tx = db.begin().await?;
        let (part, next) = reseal_batch(&tx, keys, field, last).await?;
        tx.commit().await?;
        done += part;
        told(done);
        last = next;
        if last.is_none() {
            return Ok(done);
        }
    }
}

/// Brings one batch of values, after the row `last`, under the current secret; gives how many were, and the last row if there may be more.
async fn reseal_batch(tx: &Tx, keys: &Keys, field: &Field, last: Option<Value>) -> Result<(u64, Option<Value>)> {
    let (Field { table, column, place, .. }, key) = (field, field.key.column());
    let beside = field.index.map_or(key, |index| index.beside);
    let after = if last.is_some() { format!("AND {key} > $2") } else { String::new() };
    let beside = if beside == key { String::new() } else { format!(", {beside}") };
    let statement = format!(
        "SELECT {key}, {column} AS value{beside} FROM {table} WHERE {column} IS NOT NULL AND length({column}) > 0 AND substr({column}, 1, 1) <> $1 {after} \
         ORDER BY {key} LIMIT {BATCH}"
    );
    let values = std::iter::once(Value::from(vec![keys.number()])).chain(last);
    let rows = tx.connection.query_all_raw(sql(&tx.connection, &statement, values)).await?;
    let (mut done, mut at) = (0, None);
    for row in &rows {
        let id = field.key.read(row)?;
        at = Some(id.clone());
        let old: Vec<u8> = row.try_get("", "value")?;
        let plain = keys.open(place, &old)?;
        let (set, mut values) = (format!("{column} = $3"), vec![id, old.into(), keys.seal(place, &plain)?.into()]);
        let set = match field.index {
            Some(index) => {
                values.push(keys.hash(index.purpose, &(index.message)(&plain, row)?).to_vec().into());
                format!("{set}, {} = $4", index.column)
            }
            None => set,
        };
        let update = format!("UPDATE {table} SET {set} WHERE {key} = $1 AND {column} = $2");
        done += tx.connection.execute_raw(sql(&tx.connection, &update, values)).await?.rows_affected();
    }
    Ok((done, at.filter(|_| rows.len() == BATCH)))
}
