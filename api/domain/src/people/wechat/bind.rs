//! Binding a phone: WeChat tells the phone of whoever pressed its button.
//!
//! A phone that is new goes to the actor's account. One that has an account already (of the app, or from an import) brings the actor there: WeChat has
//! proven that the same person holds both, so the identities move to that account, and the account without a phone, in which nothing could be
//! done, is closed. Either way the device is signed in anew.

use entity::id::AccountId;
use entity::{account as account_row, login_session, wechat_identity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Wechat, code_of};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::account::{find_by_phone, phone::Phone};
use crate::people::permission::{Action, Actor};
use crate::people::session::{self, Device, Sessions, SignedIn};
use crate::tx::Tx;

/// The country whose mobile numbers accounts have.
const CHINA: &str = "86";
const CODE_LEN_MAX: usize = 128;

/// Binds the phone behind a code of the button to the actor.
///
/// # Errors
/// `STATE_CHANGED` when a phone is bound already; `WECHAT_CODE_INVALID`; `BAD_INPUT` for a phone of another country; `PHONE_TAKEN` for one of a closed
/// account, which only who holds it can get to hear; `UNAVAILABLE`.
pub async fn bind(db: &Db, keys: &Keys, sessions: &Sessions, wechat: &Wechat, actor: &Actor, code: &str) -> Result<SignedIn> {
    actor.require(Action::BindPhone, &actor.home())?;
    if actor.phone_bound {
        return Err(Code::StateChanged.into());
    }
    if code.is_empty() || code.len() > CODE_LEN_MAX {
        return Err(Error::from(Code::BadInput).on("phoneCode").with("max", CODE_LEN_MAX));
    }
    let answer = wechat.call(db, keys, |api, token| api.phone(token, code)).await;
    let (country, number) = answer.map_err(|fault| Error::from(code_of(fault)).on("phoneCode"))?;
    if country != CHINA {
        return Err(Error::from(Code::BadInput).on("phoneCode"));
    }
    let phone = Phone::parse(&number, "phoneCode")?;
    let tx = db.begin().await?;
    let device = login_session::Entity::find_by_id(actor.login_session_id).one(&tx.connection).await?;
    let device = device.map(|row| Device { name: row.device, client: row.client }).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let account_id = match find_by_phone(&tx.connection, keys, &phone).await? {
        None => give(&tx, keys, actor, &phone).await?,
        Some(other) if other.closed_at.is_none() => join(&tx, actor, other.id).await?,
        Some(_) => return Err(Error::from(Code::PhoneTaken).on("phoneCode")),
    };
    session::end_all(&tx, actor.account_id, "PHONE_BOUND").await?;
    let started = session::start_on(&tx, account_id, &device).await?;
    let now = tx.now;
    tx.commit().await?;
    sessions.forget(actor.account_id);
    sessions.sign_in(started, now)
}

/// The phone goes to the actor's account.
async fn give(tx: &Tx, keys: &Keys, actor: &Actor, phone: &Phone) -> Result<AccountId> {
    let given = account_row::Entity::update_many()
        .col_expr(account_row::Column::PhoneIndex, Expr::value(phone.index(keys)))
        .col_expr(account_row::Column::PhoneSealed, Expr::value(phone.seal(keys)?))
        .col_expr(account_row::Column::PhoneBound, Expr::value(true))
        .filter(account_row::Column::Id.eq(actor.account_id))
        .filter(account_row::Column::PhoneBound.eq(false))
        .exec(&tx.connection)
        .await?;
    if given.rows_affected == 1 { Ok(actor.account_id) } else { Err(Code::Conflict.into()) }
}

/// The actor goes to the account of the phone.
async fn join(tx: &Tx, actor: &Actor, account_id: AccountId) -> Result<AccountId> {
    let closed = account_row::Entity::update_many()
        .col_expr(account_row::Column::ClosedAt, Expr::value(tx.now))
        .filter(account_row::Column::Id.eq(actor.account_id))
        .filter(account_row::Column::PhoneBound.eq(false))
        .filter(account_row::Column::ClosedAt.is_null())
        .exec(&tx.connection)
        .await?;
    if closed.rows_affected == 0 {
        return Err(Code::Conflict.into());
    }
    wechat_identity::Entity::update_many()
        .col_expr(wechat_identity::Column::AccountId, Expr::value(account_id))
        .filter(wechat_identity::Column::AccountId.eq(actor.account_id))
        .exec(&tx.connection)
        .await?;
    Ok(account_id)
}
