//! Recipients (服务对象): people served, with or without an account.
//!
//! Somebody is known again by their account, by the keyed hash of their telephone, or by the id that the grid worker who filed for them kept. Nothing
//! says why somebody needs help: people are not classified by record, petition, illness or residence. Nobody served is ever charged (Volunteer
//! Service Regulations art. 37): a recipient has no wallet.

use entity::id::{AccountId, CommunityId, RecipientId};
use entity::recipient::{self, Model};
use entity::{listing, need};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::contact;
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::account::{self, phone::Phone};
use crate::tx::Tx;

/// Rows sealed in one go.
const BATCH: u64 = 200;

/// The person behind an account.
///
/// # Errors
/// `CONFLICT` when the same person files for the first time twice at once.
pub async fn of_account(tx: &Tx, keys: &Keys, community_id: CommunityId, account_id: AccountId) -> Result<Model> {
    let found = recipient::Entity::find().filter(recipient::Column::AccountId.eq(account_id)).one(&tx.connection).await?;
    if let Some(row) = found {
        return Ok(row);
    }
    let account = account::get(&tx.connection, account_id).await?;
    let phone = if account.phone_sealed.is_empty() { None } else { Some(Phone::open(keys, &account.phone_sealed)?) };
    let known = match &phone {
        Some(phone) => by_phone(&tx.connection, keys, community_id, phone).await?,
        None => None,
    };
    if let Some(row) = known {
        // Served before they had an account.
        recipient::Entity::update_many()
            .col_expr(recipient::Column::AccountId, Expr::value(account_id))
            .filter(recipient::Column::Id.eq(row.id))
            .exec(&tx.connection)
            .await?;
        return Ok(Model { account_id: Some(account_id), ..row });
    }
    enter(tx, keys, community_id, Some(account_id), phone.as_ref()).await
}

/// Somebody for whom another files: known by id, or by telephone, or new.
///
/// # Errors
/// `NOT_FOUND` on `recipientId`; `CONFLICT` as above.
pub async fn of_somebody(tx: &Tx, keys: &Keys, community_id: CommunityId, id: Option<RecipientId>, phone: Option<&Phone>) -> Result<Model> {
    if let Some(id) = id {
        let row = recipient::Entity::find_by_id(id).filter(recipient::Column::CommunityId.eq(community_id)).one(&tx.connection).await?;
        return row.ok_or_else(|| Error::from(Code::NotFound).on("recipientId"));
    }
    let Some(phone) = phone else { return enter(tx, keys, community_id, None, None).await };
    let account = account::find_by_phone(&tx.connection, keys, phone).await?;
    if let Some(account) = account.filter(|account| account.community_id == community_id && account.closed_at.is_none()) {
        return of_account(tx, keys, community_id, account.id).await;
    }
    match by_phone(&tx.connection, keys, community_id, phone).await? {
        Some(row) => Ok(row),
        None => enter(tx, keys, community_id, None, Some(phone)).await,
    }
}

async fn by_phone(connection: &impl ConnectionTrait, keys: &Keys, community_id: CommunityId, phone: &Phone) -> Result<Option<Model>> {
    let query = recipient::Entity::find().filter(recipient::Column::CommunityId.eq(community_id));
    Ok(query.filter(recipient::Column::PhoneIndex.is_in(phone.indexes(keys))).one(connection).await?)
}

async fn enter(tx: &Tx, keys: &Keys, community_id: CommunityId, account_id: Option<AccountId>, phone: Option<&Phone>) -> Result<Model> {
    let row = Model {
        id: RecipientId::new(tx.now),
        community_id,
        account_id,
        phone_index: phone.map(|phone| phone.index(keys)),
        phone_sealed: phone.map(|phone| phone.seal(keys)).transpose()?,
        created_at: tx.now,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// Seals the telephones of people who were known by its hash alone, a batch after `last` at a time, so that the hash can be made anew under another secret:
/// of those with an account from there, of others from the contact of a need that was filed for them. Where it stands nowhere any more, the hash goes, and
/// the person is met anew. Gives how many rows changed, and the last row if there may be more.
///
/// # Errors
/// When the database refuses.
pub async fn seal_phones(tx: &Tx, keys: &Keys, last: Option<RecipientId>) -> Result<(u64, Option<RecipientId>)> {
    let mut query = recipient::Entity::find()
        .filter(recipient::Column::PhoneIndex.is_not_null())
        .filter(recipient::Column::PhoneSealed.is_null())
        .order_by_asc(recipient::Column::Id)
        .limit(BATCH);
    if let Some(last) = last {
        query = query.filter(recipient::Column::Id.gt::<RecipientId>(last));
    }
    let rows = query.all(&tx.connection).await?;
    for row in &rows {
        let phone = phone_of(tx, keys, row).await?.filter(|phone| phone.indexes(keys).iter().any(|index| Some(index) == row.phone_index.as_ref()));
        let update = recipient::Entity::update_many()
            .col_expr(recipient::Column::PhoneIndex, Expr::value(phone.as_ref().map(|phone| phone.index(keys))))
            .col_expr(recipient::Column::PhoneSealed, Expr::value(phone.as_ref().map(|phone| phone.seal(keys)).transpose()?));
        update.filter(recipient::Column::Id.eq(row.id)).filter(recipient::Column::PhoneSealed.is_null()).exec(&tx.connection).await?;
    }
    let full = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    Ok((full, rows.last().map(|row| row.id).filter(|_| full == BATCH)))
}

async fn phone_of(tx: &Tx, keys: &Keys, row: &Model) -> Result<Option<Phone>> {
    if let Some(account_id) = row.account_id {
        let account = account::get(&tx.connection, account_id).await?;
        return if account.phone_sealed.is_empty() { Ok(None) } else { Phone::open(keys, &account.phone_sealed).map(Some) };
    }
    let filed = need::Entity::find().filter(need::Column::RecipientId.eq(row.id)).order_by_desc(need::Column::Id).all(&tx.connection).await?;
    for need in filed {
        let listing = listing::Entity::find_by_id(need.id).one(&tx.connection).await?;
        let contact = contact::open(keys, listing.and_then(|listing| listing.contact_sealed).as_deref())?;
        if let Some(phone) = contact.phone {
            return Phone::parse(&phone, "phone").map(Some);
        }
    }
    Ok(None)
}
