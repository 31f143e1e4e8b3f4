//! Subscription messages (订阅消息): what a person has agreed to receive through WeChat, each time once.
//!
//! A tap that accepts a template is a *credit*. When somebody with a credit is told something in the app, the same transaction spends the credit and
//! writes the message down; it is sent after the commit, tried again when WeChat is away, and given up when WeChat refuses. The message in the
//! app is the one that counts; this one only says that there is something.
//!
//! Invariant: a message costs one credit and is sent by one process at a time; there are never fewer credits than none.

use std::collections::HashMap;

use entity::id::{AccountId, NotificationId, WechatIdentityId, WechatMessageId};
use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, Value};

use super::{Fault, Letter, Template, Wechat, format, login};
use crate::db::{Db, sql, tuples};
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Templates one tap can ask about.
pub const TAP_MAX: usize = 5;
/// Messages of one round.
const BATCH: i64 = 20;
/// Tries before a message is given up.
const TRIES_MAX: i32 = 5;
/// How long a try may take before another process may try again, in microseconds.
const CLAIM_MICROS: i64 = UtcMicros::MINUTE;

/// What somebody was told in the app.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The message in the app.
    pub notification_id: NotificationId,
    /// To whom.
    pub account_id: AccountId,
    /// Of which kind, as `REDEMPTION_CHANGED`.
    pub kind: &'static str,
    /// Its headline.
    pub title: String,
    /// Its text.
    pub body: String,
    /// When.
    pub happened_at: UtcMicros,
}

/// A kind of message that can be received through WeChat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Of which kind.
    pub kind: String,
    /// What `wx.requestSubscribeMessage` is to be asked for.
    pub template_id: String,
    /// How many messages may still be sent.
    pub credits: i32,
}

/// Keeps what one tap agreed to; kinds that were not agreed to are left out by the caller.
///
/// # Errors
/// `BAD_INPUT` for a kind without a template or more than five, `NOT_FOUND` for an actor whom this mini-program does not know.
pub async fn record(tx: &Tx, wechat: &Wechat, actor: &Actor, kinds: &[String]) -> Result<()> {
    actor.require(Action::RecordSubscriptions, &actor.home())?;
    if kinds.len() > TAP_MAX || kinds.iter().any(|kind| !wechat.templates.contains_key(kind)) {
        return Err(Error::from(Code::BadInput).on("accepted").with("max", TAP_MAX));
    }
    let identity = login::identity(&tx.connection, wechat, actor.account_id).await?.ok_or_else(|| Error::from(Code::NotFound))?;
    for kind in kinds {
        let statement = "INSERT INTO wechat_credit (identity_id, kind, credits) VALUES ($1, $2, 1) ON CONFLICT (identity_id, kind) DO UPDATE SET \
                         credits = CASE WHEN wechat_credit.credits < 100 THEN wechat_credit.credits + 1 ELSE 100 END";
        tx.connection.execute_raw(sql(&tx.connection, statement, [identity.id.into(), kind.clone().into()])).await?;
    }
    Ok(())
}

/// What the actor can receive through WeChat, and how often still.
///
/// # Errors
/// When the database cannot be read.
pub async fn standing(connection: &impl ConnectionTrait, wechat: &Wechat, actor: &Actor) -> Result<Vec<Subscription>> {
    let mut credits: HashMap<String, i32> = HashMap::new();
    if let Some(identity) = login::identity(connection, wechat, actor.account_id).await? {
        let statement = "SELECT kind, credits FROM wechat_credit WHERE identity_id = $1";
        for row in connection.query_all_raw(sql(connection, statement, [identity.id.into()])).await? {
            credits.insert(row.try_get("", "kind")?, row.try_get("", "credits")?);
        }
    }
    let found = wechat.templates.iter().map(|(kind, template)| Subscription {
        kind: kind.clone(),
        template_id: template.id.clone(),
        credits: credits.get(kind).copied().unwrap_or(0),
    });
    let mut found: Vec<Subscription> = found.collect();
    found.sort_by(|one, other| one.kind.cmp(&other.kind));
    Ok(found)
}

/// Writes down what is to be sent to those among `notices` who have agreed, and takes their credits.
///
/// # Errors
/// When the database refuses.
pub async fn queue(tx: &Tx, wechat: &Wechat, notices: &[Notice]) -> Result<()> {
    let wanted: Vec<&Notice> = notices.iter().filter(|notice| wechat.templates.contains_key(notice.kind)).collect();
    for chunk in wanted.chunks(500) {
        let accounts: Vec<Value> = chunk.iter().map(|notice| notice.account_id.into()).collect();
        let statement = format!(
            "SELECT i.account_id, c.identity_id, c.kind FROM wechat_credit c JOIN wechat_identity i ON i.id = c.identity_id \
             WHERE c.credits > 0 AND i.account_id IN {}",
            tuples(1, accounts.len())
        );
        let mut able: HashMap<(AccountId, String), WechatIdentityId> = HashMap::new();
        for row in tx.connection.query_all_raw(sql(&tx.connection, &statement, accounts)).await? {
            able.insert((row.try_get("", "account_id")?, row.try_get("", "kind")?), row.try_get("", "identity_id")?);
        }
        for notice in chunk {
            if let Some(identity_id) = able.get(&(notice.account_id, notice.kind.to_owned())) {
                write(tx, *identity_id, notice).await?;
            }
        }
    }
    Ok(())
}

async fn write(tx: &Tx, identity_id: WechatIdentityId, notice: &Notice) -> Result<()> {
    let spend = "UPDATE wechat_credit SET credits = credits - 1 WHERE identity_id = $1 AND kind = $2 AND credits > 0";
    let spent = tx.connection.execute_raw(sql(&tx.connection, spend, [identity_id.into(), notice.kind.into()])).await?;
    if spent.rows_affected() == 0 {
        return Ok(());
    }
    let statement = "INSERT INTO wechat_message (id, identity_id, notification_id, kind, title, body, happened_at, state, tries, next_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, 'PENDING', 0, $8) ON CONFLICT (identity_id, notification_id) DO NOTHING";
    let values: [Value; 8] = [
        WechatMessageId::new(tx.now).into(),
        identity_id.into(),
        notice.notification_id.into(),
        notice.kind.into(),
        notice.title.clone().into(),
        notice.body.clone().into(),
        notice.happened_at.0.into(),
        tx.now.0.into(),
    ];
    tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?;
    Ok(())
}

/// A message whose turn has come.
struct Due {
    id: WechatMessageId,
    identity_id: WechatIdentityId,
    kind: String,
    openid_sealed: Vec<u8>,
    words: [String; 3],
    tries: i32,
}

/// Sends what is due, a batch; gives how many messages were tried.
///
/// # Errors
/// When the database refuses.
pub async fn send_due(db: &Db, keys: &Keys, wechat: &Wechat) -> Result<u64> {
    let mut tried = 0;
    for due in list_due(db).await? {
        let claim = "UPDATE wechat_message SET tries = tries + 1, next_at = $2 WHERE id = $1 AND state = 'PENDING' AND next_at <= $3";
        let now = db.now();
        let values = [due.id.into(), now.plus(CLAIM_MICROS).0.into(), now.0.into()];
        if db.writer().execute_raw(sql(db.writer(), claim, values)).await?.rows_affected() == 0 {
            continue;
        }
        tried += 1;
        let outcome = match wechat.templates.get(&due.kind) {
            Some(template) => {
                let letter = compose(&due, template, login::openid(keys, &due.openid_sealed)?);
                wechat.call(db, keys, |api, token| api.send(token, &letter)).await
            }
            None => Err(Fault::Refused(0)),
        };
        settle(db, &due, outcome).await?;
    }
    Ok(tried)
}

async fn list_due(db: &Db) -> Result<Vec<Due>> {
    let statement = "SELECT m.id, m.identity_id, m.kind, m.title, m.body, m.happened_at, m.tries, i.openid_sealed FROM wechat_message m \
                     JOIN wechat_identity i ON i.id = m.identity_id WHERE m.state = 'PENDING' AND m.next_at <= $1 ORDER BY m.next_at LIMIT $2";
    let rows = db.reader().query_all_raw(sql(db.reader(), statement, [db.now().0.into(), BATCH.into()])).await?;
    let read = |row: &sea_orm::QueryResult| {
        let happened_at: UtcMicros = row.try_get("", "happened_at")?;
        let time = happened_at.date_time().with_timezone(&entity::time::zone()).format("%Y年%m月%d日 %H:%M").to_string();
        Ok(Due {
            id: row.try_get("", "id")?,
            identity_id: row.try_get("", "identity_id")?,
            kind: row.try_get("", "kind")?,
            openid_sealed: row.try_get("", "openid_sealed")?,
            words: [row.try_get("", "title")?, row.try_get("", "body")?, time],
            tries: row.try_get("", "tries")?,
        })
    };
    rows.iter().map(read).collect()
}

fn compose(due: &Due, template: &Template, openid: String) -> Letter {
    let [title, body, time] = &due.words;
    let word = |word: format::Word| match word {
        format::Word::Title => title,
        format::Word::Body => body,
        format::Word::Time => time,
    };
    let fields = template.fields.iter().map(|(name, of)| (name.clone(), format::field(name, word(*of)))).collect();
    Letter { openid, template_id: template.id.clone(), page: template.page.clone(), fields }
}

/// Keeps what became of a try.
async fn settle(db: &Db, due: &Due, outcome: Result<(), Fault>) -> Result<()> {
    let now = db.now();
    let again = || (due.tries + 1 < TRIES_MAX).then(|| now.plus(UtcMicros::MINUTE << due.tries));
    let (state, number) = match outcome {
        Ok(()) => ("SENT", None),
        Err(fault @ (Fault::Away | Fault::Refused(-1 | 45_009 | 40_001 | 40_014 | 42_001))) => match again() {
            Some(next_at) => {
                let statement = "UPDATE wechat_message SET next_at = $2 WHERE id = $1 AND state = 'PENDING'";
                db.writer().execute_raw(sql(db.writer(), statement, [due.id.into(), next_at.0.into()])).await?;
                return Ok(());
            }
            None => ("FAILED", Some(if let Fault::Refused(number) = fault { number } else { 0 })),
        },
        // The person has none left at WeChat, whatever was counted here.
        Err(Fault::Refused(43_101)) => ("REFUSED", Some(43_101)),
        Err(Fault::Refused(number)) => {
            tracing::error!(number, kind = due.kind, "WeChat refuses a message: look at its template");
            ("FAILED", Some(number))
        }
    };
    let statement = "UPDATE wechat_message SET state = $2, error_code = $3, settled_at = $4 WHERE id = $1 AND state = 'PENDING'";
    db.writer().execute_raw(sql(db.writer(), statement, [due.id.into(), state.into(), Value::from(number), now.0.into()])).await?;
    if state == "REFUSED" {
        let statement = "UPDATE wechat_credit SET credits = 0 WHERE identity_id = $1 AND kind = $2";
        db.writer().execute_raw(sql(db.writer(), statement, [due.identity_id.into(), due.kind.clone().into()])).await?;
    }
    Ok(())
}
