//! Signing devices: a leader's telephone that may sign check-ins without network.
//!
//! The device makes an Ed25519 key pair and keeps the private half; the public half is registered here while there is network.
//!
//! Invariant: a registered key is a point of the curve that is not of small order (such a key would accept forged signatures); a key belongs to one
//! account for ever, also after it was revoked.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use entity::device_key::{self, Model};
use entity::id::{AccountId, DeviceKeyId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::community::{region, tenant, wording};
use crate::db::refused_by;
use crate::error::{Code, Error, Result};
use crate::people::account;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Registers a key of the actor, who leads some team.
///
/// # Errors
/// `FORBIDDEN`; `BAD_INPUT` for what is not a usable key; `CODE_TAKEN` for a key that is registered already.
pub async fn register(tx: &Tx, actor: &Actor, name: &str, public_key: &str) -> Result<Model> {
    let leads = actor.grants.iter().any(|grant| Action::RegisterDevice.roles().contains(&grant.role));
    if !leads {
        return Err(Code::Forbidden.into());
    }
    let name = wording::line(name, 40, "name")?;
    let public_key = read_key(public_key).ok_or_else(|| Error::from(Code::BadInput).on("publicKey"))?;
    let row = Model { id: DeviceKeyId::new(tx.now), account_id: actor.account_id, name, public_key, created_at: tx.now, revoked_at: None };
    row.into_active_model().insert(&tx.connection).await.map_err(|error| match refused_by(&error).as_deref() {
        Some("device_public_key") => Error::from(Code::CodeTaken).on("publicKey"),
        _ => error.into(),
    })
}

/// Stops trusting a key: one's own, or as an administrator one of a leader's. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`.
pub async fn revoke(tx: &Tx, actor: &Actor, id: DeviceKeyId) -> Result<Model> {
    let row = get(&tx.connection, id).await?;
    if row.account_id != actor.account_id {
        let owner = account::get(&tx.connection, row.account_id).await?;
        let home = tenant::get(&tx.connection, owner.community_id).await?;
        actor.require(Action::RevokeDevice, &region::place_of(&home.region)).map_err(|error| error.on("id"))?;
    }
    device_key::Entity::update_many()
        .col_expr(device_key::Column::RevokedAt, Expr::value(tx.now))
        .filter(device_key::Column::Id.eq(id))
        .filter(device_key::Column::RevokedAt.is_null())
        .exec(&tx.connection)
        .await?;
    get(&tx.connection, id).await
}

/// Stops trusting every key of somebody who leaves for good.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, account_id: AccountId) -> Result<()> {
    device_key::Entity::update_many()
        .col_expr(device_key::Column::RevokedAt, Expr::value(tx.now))
        .filter(device_key::Column::AccountId.eq(account_id))
        .filter(device_key::Column::RevokedAt.is_null())
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// The actor's own devices, newest first, revoked ones among them.
///
/// # Errors
/// When the database cannot be read.
pub async fn list_own(connection: &impl ConnectionTrait, actor: &Actor) -> Result<Vec<Model>> {
    let query = device_key::Entity::find().filter(device_key::Column::AccountId.eq(actor.account_id));
    Ok(query.order_by_desc(device_key::Column::Id).all(connection).await?)
}

async fn get(connection: &impl ConnectionTrait, id: DeviceKeyId) -> Result<Model> {
    device_key::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Error::from(Code::NotFound).on("id"))
}

/// A key as clients have it at hand: 64 hexadecimal digits, or base64 in any of its forms.
fn read_key(text: &str) -> Option<Vec<u8>> {
    let bytes = if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect::<Option<Vec<u8>>>()?
    } else {
        [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|alphabet| alphabet.decode(text).ok())?
    };
    let key = VerifyingKey::from_bytes(bytes.as_slice().try_into().ok()?).ok()?;
    (!key.is_weak()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::read_key;

    #[test]
    fn a_key_is_read_in_hex_and_base64_and_must_be_a_good_point() {
        // The public key of RFC 8032, section 7.1, test 1.
        let hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key = read_key(hex).expect("a key");
        for text in [hex.to_uppercase(), STANDARD.encode(&key), URL_SAFE_NO_PAD.encode(&key)] {
            assert_eq!(read_key(&text).as_ref(), Some(&key), "{text}");
        }
        let small_order = format!("01{}", "00".repeat(31));
        let no_point = format!("02{}", "00".repeat(31));
        for bad in ["", "zz", "é", small_order.as_str(), no_point.as_str(), &"ab".repeat(31), &STANDARD.encode([1; 31])] {
            assert_eq!(read_key(bad), None, "{bad}");
        }
    }
}
