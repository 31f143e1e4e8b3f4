//! Signing in by WeChat: a code of `wx.login` becomes a person, and the person an account.
//!
//! A person is known by the openid; one who is new to this mini-program but known to another application of the same owner (unionid) joins that
//! account; anybody else gets an account without a phone in the community they name, or in the only one there is. A code works once at WeChat; the
//! same code sent again within a minute, because the answer was lost, signs the same person in again.

use entity::community as community_row;
use entity::id::{AccountId, WechatIdentityId};
use entity::time::UtcMicros;
use entity::wechat_identity::{self, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::{Person, Wechat, code_of};
use crate::community::tenant::{self, Home};
use crate::db::{Db, sql, tuples};
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose, sha256};
use crate::people::account::{self, Joining, NewAccount};
use crate::people::session::{self, Device, Sessions, SignedIn};
use crate::sealed::{self, OPENID, UNIONID};
use crate::tx::Tx;

/// How long a code may be sent again, in microseconds.
const AGAIN_MICROS: i64 = UtcMicros::MINUTE;
/// Longest code looked at.
const CODE_LEN_MAX: usize = 128;
/// Rows of one pruning.
const BATCH: i64 = 500;

/// Signs in with a code of `wx.login`.
///
/// # Errors
/// `BAD_INPUT`, on `communityId` for a newcomer where there are several; `NOT_FOUND` for an unknown community; `WECHAT_CODE_INVALID`,
/// `WECHAT_REFUSED`, `RATE_LIMITED`, `UNAVAILABLE`.
pub async fn log_in(
    db: &Db,
    keys: &Keys,
    sessions: &Sessions,
    wechat: &Wechat,
    code: &str,
    device: &Device,
    joining: Option<&Joining>,
) -> Result<SignedIn> {
    device.check()?;
    if code.is_empty() || code.len() > CODE_LEN_MAX {
        return Err(Error::from(Code::BadInput).on("code").with("max", CODE_LEN_MAX));
    }
    let home = match joining {
        Some(joining) => Some(joining.home(db).await?),
        None => only_home(db).await?,
    };
    let code_hash = sha256(code.as_bytes());
    if let Some(account_id) = lost(db, &code_hash).await? {
        let tx = db.begin().await?;
        return begin(tx, sessions, account_id, device).await;
    }
    let person = wechat.api.person(code).await.map_err(|fault| Error::from(code_of(fault)).on("code"))?;
    // Somebody new who signs in twice at once is written twice, and the second finds the first.
    match enter(db, keys, sessions, wechat, &person, &code_hash, device, home.as_ref()).await {
        Err(error) if error.code == Code::Conflict => enter(db, keys, sessions, wechat, &person, &code_hash, device, home.as_ref()).await,
        outcome => outcome,
    }
}

/// The identity of an account at this mini-program, the one last seen.
///
/// # Errors
/// When the database cannot be read.
pub async fn identity(connection: &impl ConnectionTrait, wechat: &Wechat, account_id: AccountId) -> Result<Option<Model>> {
    let query = wechat_identity::Entity::find()
        .filter(wechat_identity::Column::AccountId.eq(account_id))
        .filter(wechat_identity::Column::AppId.eq(&wechat.app_id));
    Ok(query.order_by_desc(wechat_identity::Column::SeenAt).one(connection).await?)
}

/// Has somebody show once more, with a fresh code of `wx.login`, that they are the person of an account.
///
/// # Errors
/// `WECHAT_CODE_INVALID` on `wechatCode`, also for another person; `WECHAT_REFUSED`, `RATE_LIMITED`, `UNAVAILABLE`.
pub async fn show(connection: &impl ConnectionTrait, keys: &Keys, wechat: &Wechat, account_id: AccountId, code: &str) -> Result<()> {
    let invalid = || Error::from(Code::WechatCodeInvalid).on("wechatCode");
    if code.is_empty() || code.len() > CODE_LEN_MAX {
        return Err(invalid());
    }
    let person = wechat.api.person(code).await.map_err(|fault| Error::from(code_of(fault)).on("wechatCode"))?;
    let known = wechat_identity::Entity::find()
        .filter(wechat_identity::Column::AccountId.eq(account_id))
        .filter(wechat_identity::Column::AppId.eq(&wechat.app_id))
        .filter(wechat_identity::Column::OpenidIndex.eq(openid_index(keys, &wechat.app_id, &person.openid)));
    known.one(connection).await?.map(drop).ok_or_else(invalid)
}

/// The openid of an identity.
///
/// # Errors
/// When it was sealed with another key.
pub fn openid(keys: &Keys, sealed: &[u8]) -> Result<String> {
    String::from_utf8(keys.open(OPENID, sealed)?).map_err(Error::internal)
}

/// Drops what is remembered of codes that can no longer be sent again; gives how much.
///
/// # Errors
/// When the database refuses.
pub async fn prune(tx: &Tx) -> Result<u64> {
    let statement = "DELETE FROM wechat_login WHERE code_hash IN (SELECT code_hash FROM wechat_login WHERE used_at < $1 LIMIT $2)";
    let values = [tx.now.plus(-UtcMicros::HOUR).0.into(), BATCH.into()];
    Ok(tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected())
}

#[expect(clippy::too_many_arguments, reason = "each is a different thing, and both callers stand above")]
async fn enter(
    db: &Db,
    keys: &Keys,
    sessions: &Sessions,
    wechat: &Wechat,
    person: &Person,
    code_hash: &[u8],
    device: &Device,
    home: Option<&Home>,
) -> Result<SignedIn> {
    let tx = db.begin().await?;
    let row = match known(&tx, keys, wechat, person).await? {
        Some(row) => row,
        None => introduce(&tx, keys, wechat, person, home).await?,
    };
    let statement = "INSERT INTO wechat_login (code_hash, identity_id, used_at) VALUES ($1, $2, $3) ON CONFLICT (code_hash) DO NOTHING";
    tx.connection.execute_raw(sql(&tx.connection, statement, [code_hash.to_vec().into(), row.id.into(), tx.now.0.into()])).await?;
    begin(tx, sessions, row.account_id, device).await
}

/// Who has been here before; what was only just learnt of them is kept.
async fn known(tx: &Tx, keys: &Keys, wechat: &Wechat, person: &Person) -> Result<Option<Model>> {
    let indexes = keys.hashes(Purpose::WechatIndex, &sealed::openid_message(&wechat.app_id, &person.openid));
    let row = wechat_identity::Entity::find()
        .filter(wechat_identity::Column::AppId.eq(&wechat.app_id))
        .filter(wechat_identity::Column::OpenidIndex.is_in(indexes))
        .one(&tx.connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    if account::get(&tx.connection, row.account_id).await?.closed_at.is_some() {
        wechat_identity::Entity::delete_by_id(row.id).exec(&tx.connection).await?;
        return Ok(None);
    }
    let mut update = wechat_identity::Entity::update_many().col_expr(wechat_identity::Column::SeenAt, Expr::value(tx.now));
    if let Some(unionid) = &person.unionid {
        update = update
            .col_expr(wechat_identity::Column::UnionidIndex, Expr::value(unionid_index(keys, unionid)))
            .col_expr(wechat_identity::Column::UnionidSealed, Expr::value(keys.seal(UNIONID, unionid.as_bytes())?));
    }
    update.filter(wechat_identity::Column::Id.eq(row.id)).exec(&tx.connection).await?;
    Ok(Some(row))
}

/// Writes down who has not been here before, with the account they have elsewhere or a new one.
async fn introduce(tx: &Tx, keys: &Keys, wechat: &Wechat, person: &Person, home: Option<&Home>) -> Result<Model> {
    let union = person.unionid.as_ref().map(|unionid| unionid_index(keys, unionid));
    let account_id = if let Some(account_id) = elsewhere(tx, keys, person.unionid.as_deref()).await? {
        account_id
    } else {
        let home = home.ok_or_else(|| Error::from(Code::BadInput).on("communityId"))?;
        account::open(tx, keys, &home.community, NewAccount { phone: None, password_hash: None }).await?.id
    };
    let row = Model {
        id: WechatIdentityId::new(tx.now),
        account_id,
        app_id: wechat.app_id.clone(),
        openid_index: openid_index(keys, &wechat.app_id, &person.openid),
        openid_sealed: keys.seal(OPENID, person.openid.as_bytes())?,
        unionid_index: union,
        unionid_sealed: person.unionid.as_ref().map(|unionid| keys.seal(UNIONID, unionid.as_bytes())).transpose()?,
        created_at: tx.now,
        seen_at: tx.now,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// The account of the same person at another application of the owner.
async fn elsewhere(tx: &Tx, keys: &Keys, unionid: Option<&str>) -> Result<Option<AccountId>> {
    let Some(unionid) = unionid else { return Ok(None) };
    let indexes = keys.hashes(Purpose::WechatIndex, &sealed::unionid_message(unionid));
    let statement = format!(
        "SELECT a.id FROM wechat_identity i JOIN account a ON a.id = i.account_id WHERE i.unionid_index IN {} AND a.closed_at IS NULL \
         ORDER BY i.created_at LIMIT 1",
        tuples(1, indexes.len())
    );
    let row = tx.connection.query_one_raw(sql(&tx.connection, &statement, indexes.into_iter().map(Into::into))).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?)
}

/// Whom a code signed in a moment ago.
async fn lost(db: &Db, code_hash: &[u8]) -> Result<Option<AccountId>> {
    let statement = "SELECT i.account_id FROM wechat_login l JOIN wechat_identity i ON i.id = l.identity_id JOIN account a ON a.id = i.account_id \
                     WHERE l.code_hash = $1 AND l.used_at > $2 AND a.closed_at IS NULL";
    let values = [code_hash.to_vec().into(), db.now().plus(-AGAIN_MICROS).0.into()];
    let row = db.reader().query_one_raw(sql(db.reader(), statement, values)).await?;
    Ok(row.map(|row| row.try_get("", "account_id")).transpose()?)
}

/// The community of a deployment that has one alone.
async fn only_home(db: &Db) -> Result<Option<Home>> {
    let rows = community_row::Entity::find().limit(2).all(db.reader()).await?;
    match rows.as_slice() {
        [only] => Ok(Some(tenant::get(db.reader(), only.id).await?)),
        _ => Ok(None),
    }
}

async fn begin(tx: Tx, sessions: &Sessions, account_id: AccountId, device: &Device) -> Result<SignedIn> {
    let started = session::start_on(&tx, account_id, device).await?;
    let now = tx.now;
    tx.commit().await?;
    sessions.sign_in(started, now)
}

/// The hash by which somebody is known to one mini-program or application.
#[must_use]
pub fn openid_index(keys: &Keys, app_id: &str, openid: &str) -> Vec<u8> {
    keys.hash(Purpose::WechatIndex, &sealed::openid_message(app_id, openid)).to_vec()
}

/// The hash by which somebody is known to all applications of one owner.
#[must_use]
pub fn unionid_index(keys: &Keys, unionid: &str) -> Vec<u8> {
    keys.hash(Purpose::WechatIndex, &sealed::unionid_message(unionid)).to_vec()
}
