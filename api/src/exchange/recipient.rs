//! Recipients (服务对象): people served, with or without an account.
//!
//! Somebody is known again by their account, by the keyed hash of their telephone, or by the id that the grid worker who filed for them kept. Nothing
//! says why somebody needs help: people are not classified by record, petition, illness or residence. Nobody served is ever charged (Volunteer
//! Service Regulations art. 37): a recipient has no wallet.

use entity::id::{AccountId, CommunityId, RecipientId};
use entity::recipient::{self, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::account::{self, phone::Phone};
use crate::tx::Tx;

/// The person behind an account.
///
/// # Errors
/// `CONFLICT` when the same person files for the first time twice at once.
pub async fn of_account(tx: &Tx, community_id: CommunityId, account_id: AccountId) -> Result<Model> {
    let found = recipient::Entity::find().filter(recipient::Column::AccountId.eq(account_id)).one(&tx.connection).await?;
    if let Some(row) = found {
        return Ok(row);
    }
    let account = account::get(&tx.connection, account_id).await?;
    if let Some(row) = by_index(&tx.connection, community_id, &account.phone_index).await? {
        // Served before they had an account.
        recipient::Entity::update_many()
            .col_expr(recipient::Column::AccountId, Expr::value(account_id))
            .filter(recipient::Column::Id.eq(row.id))
            .exec(&tx.connection)
            .await?;
        return Ok(Model { account_id: Some(account_id), ..row });
    }
    enter(tx, community_id, Some(account_id), Some(account.phone_index)).await
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
    let Some(phone) = phone else { return enter(tx, community_id, None, None).await };
    let account = account::find_by_phone(&tx.connection, keys, phone).await?;
    if let Some(account) = account.filter(|account| account.community_id == community_id && account.closed_at.is_none()) {
        return of_account(tx, community_id, account.id).await;
    }
    let index = phone.index(keys);
    match by_index(&tx.connection, community_id, &index).await? {
        Some(row) => Ok(row),
        None => enter(tx, community_id, None, Some(index)).await,
    }
}

async fn by_index(connection: &impl ConnectionTrait, community_id: CommunityId, index: &[u8]) -> Result<Option<Model>> {
    let query = recipient::Entity::find().filter(recipient::Column::CommunityId.eq(community_id));
    Ok(query.filter(recipient::Column::PhoneIndex.eq(index)).one(connection).await?)
}

async fn enter(tx: &Tx, community_id: CommunityId, account_id: Option<AccountId>, phone_index: Option<Vec<u8>>) -> Result<Model> {
    let row = Model { id: RecipientId::new(tx.now), community_id, account_id, phone_index, created_at: tx.now };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}
