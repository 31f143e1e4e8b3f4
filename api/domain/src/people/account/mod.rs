//! Accounts: who can sign in, by [`phone`] and [`password`], by a [`phone_code`], or by WeChat (`people::wechat`).
//!
//! [`sign_in`] holds the ways in. Opening an account gives it the RESIDENT role over its community. An account that came with an import has no
//! password until its owner sets one with a code; one that came by WeChat has no phone until one is bound, and may do nothing before.
//!
//! Invariant: one phone is one account. Who does not hold a phone learns nowhere whether it has an account: answers, codes, locks and the work
//! done are the same.

use entity::account::{self, Model};
use entity::community;
use entity::id::{AccountId, CommunityId, RoleGrantId};
use entity::role_grant::{self, Role};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::community::tenant::{self, Home};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose};
use crate::tx::Tx;

pub mod guess;
pub mod password;
pub mod phone;
pub mod phone_code;
pub mod sign_in;
pub mod sms;

use phone::Phone;

/// Which community a newcomer joins.
#[derive(Clone, Debug)]
pub enum Joining {
    /// By id.
    Community(CommunityId),
    /// By the official code of its division.
    RegionCode(String),
}

/// An account to open.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its phone; none for one that came by WeChat.
    pub phone: Option<Phone>,
    /// Hash of its password; none for one that cannot sign in yet.
    pub password_hash: Option<String>,
}

/// Opens an account with the RESIDENT role over its community.
///
/// # Errors
/// `PHONE_TAKEN`.
pub async fn open(tx: &Tx, keys: &Keys, community: &community::Model, input: NewAccount) -> Result<Model> {
    let mut rows = open_all(tx, keys, community, vec![input]).await?;
    rows.pop().ok_or_else(|| Code::Internal.into())
}

/// Opens several accounts with a few statements; in the order of `inputs`.
///
/// # Errors
/// `PHONE_TAKEN` when one of them is.
pub async fn open_all(tx: &Tx, keys: &Keys, community: &community::Model, inputs: Vec<NewAccount>) -> Result<Vec<Model>> {
    check_older(tx, keys, inputs.iter().filter_map(|input| input.phone.as_ref())).await?;
    let mut rows = Vec::with_capacity(inputs.len());
    for NewAccount { phone, password_hash } in inputs {
        let id = AccountId::new(tx.now);
        rows.push(Model {
            id,
            community_id: community.id,
            phone_index: phone.as_ref().map_or_else(|| index_of_none(keys, id), |phone| phone.index(keys)),
            phone_sealed: phone.as_ref().map(|phone| phone.seal(keys)).transpose()?.unwrap_or_default(),
            password_hash,
            created_at: tx.now,
            closed_at: None,
            phone_bound: phone.is_some(),
        });
    }
    let accounts = rows.iter().cloned().map(IntoActiveModel::into_active_model);
    tx.insert_all(accounts.collect(), None).await.map_err(|error| Error::from(error).on("phone"))?;
    let grants = rows.iter().map(|row| role_grant::ActiveModel {
        id: Set(RoleGrantId::new(tx.now)),
        account_id: Set(row.id),
        role: Set(Role::Resident),
        region_id: Set(Some(community.region_id)),
        team_id: Set(None),
        unit_id: Set(None),
        granted_by: Set(None),
        created_at: Set(tx.now),
        ended_at: Set(None),
        ..Default::default()
    });
    tx.insert_all(grants.collect(), None).await?;
    Ok(rows)
}

/// The constraint compares hashes of one secret: phones that were hashed with an older one are looked for.
async fn check_older(tx: &Tx, keys: &Keys, phones: impl Iterator<Item = &Phone>) -> Result<()> {
    let indexes: Vec<Vec<u8>> = phones.flat_map(|phone| phone.indexes(keys).into_iter().skip(1)).collect();
    for chunk in indexes.chunks(1_000) {
        let taken = account::Entity::find().filter(account::Column::PhoneIndex.is_in(chunk.iter().cloned())).one(&tx.connection).await?;
        if taken.is_some() {
            return Err(Error::from(Code::PhoneTaken).on("phone"));
        }
    }
    Ok(())
}

impl Joining {
    /// The community meant.
    ///
    /// # Errors
    /// `NOT_FOUND` on the field that names it.
    pub async fn home(&self, db: &Db) -> Result<Home> {
        match self {
            Self::Community(id) => tenant::get(db.reader(), *id).await.map_err(|error| error.on("communityId")),
            Self::RegionCode(code) => {
                let home = tenant::find_by_code(db.reader(), code).await?;
                home.ok_or_else(|| Error::from(Code::NotFound).on("regionCode"))
            }
        }
    }
}

/// What stands in the place of a phone's hash while there is no phone: no phone has it, and no two accounts.
#[must_use]
pub fn index_of_none(keys: &Keys, id: AccountId) -> Vec<u8> {
    keys.hash(Purpose::PhoneIndex, format!("no phone of {id}").as_bytes()).to_vec()
}

/// The account of a phone.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_by_phone(connection: &impl ConnectionTrait, keys: &Keys, phone: &Phone) -> Result<Option<Model>> {
    Ok(account::Entity::find().filter(account::Column::PhoneIndex.is_in(phone.indexes(keys))).one(connection).await?)
}

/// The account behind an id.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: AccountId) -> Result<Model> {
    account::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// Has accounts stay as they are until the transaction ends, in the order of their ids; waits for one that is being closed. For whoever will write
/// something that points at them: who closes an account locks it before everything else of the person, so it comes first here too.
///
/// # Errors
/// When the database refuses.
pub async fn hold(tx: &Tx, ids: impl IntoIterator<Item = AccountId>) -> Result<()> {
    let rows = account::Entity::find().select_only().column(account::Column::Id).filter(account::Column::Id.is_in(ids));
    let _: Vec<AccountId> = rows.order_by_asc(account::Column::Id).lock(LockType::KeyShare).into_tuple().all(&tx.connection).await?;
    Ok(())
}
