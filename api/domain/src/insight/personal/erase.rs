//! Erasing somebody from the rows, as the register of tables says; and what the register cannot say in a condition.
//!
//! Invariant: doing it again changes nothing but what has come since.

use entity::id::outside;
use sea_orm::{ConnectionTrait, EntityTrait, Value};
use uuid::Uuid;

use super::person::Person;
use super::tables::{Leave, Table, all};
use crate::db::{sql, tuples};
use crate::error::Result;
use crate::exchange::contact;
use crate::insight::live::Channel;
use crate::keys::{Keys, fill_random};
use crate::people::account::phone::Phone;
use crate::points::proof;
use crate::tx::Tx;

/// Ids of one statement.
const IDS: usize = 500;
/// What takes the place of a change that is no longer told.
const UNTOLD: &str = "erased";

/// Erases a person.
///
/// # Errors
/// When the database refuses.
pub async fn erase(tx: &Tx, keys: &Keys, person: &Person) -> Result<()> {
    person.hold_membership(tx).await?;
    // First what is found by texts that are about to go.
    contacts(tx, keys, person).await?;
    messages(tx, person).await?;
    device_keys(tx, person).await?;
    if let Some(wallet_id) = person.wallet_id {
        proof::erase::reasons(tx, wallet_id).await?;
    }
    for table in all() {
        for leave in table.leaving {
            if let Some(text) = statement(table, leave) {
                tx.connection.execute_raw(person.statement(&tx.connection, &text, tx.now)?).await?;
            }
        }
    }
    Ok(())
}

/// What is done to a table, as a statement with the words of the register.
fn statement(table: &Table, leave: &Leave) -> Option<String> {
    let name = table.name;
    match leave {
        Leave::Keep(_) => None,
        Leave::Erase(found) => Some(format!("DELETE FROM {name} WHERE {found}")),
        Leave::Blank(found, columns) => {
            let set = columns.iter().map(|(column, value)| match *value {
                "" => format!("{column} = CASE WHEN {column} IS NULL THEN NULL ELSE '' END"),
                value => format!("{column} = {value}"),
            });
            Some(format!("UPDATE {name} SET {} WHERE {found}", set.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// Contacts of the person that stand with listings of others.
async fn contacts(tx: &Tx, keys: &Keys, person: &Person) -> Result<()> {
    let account = entity::account::Entity::find_by_id(person.account_id).one(&tx.connection).await?;
    let Some(account) = account.filter(|account| !account.phone_sealed.is_empty()) else { return Ok(()) };
    let phone = Phone::open(keys, &account.phone_sealed)?;
    contact::forget_filed(tx, keys, person.account_id, &phone).await?;
    Ok(())
}

/// Messages to others that quote a need of the person's or name them, and whatever carries one of them or is meant for the person.
async fn messages(tx: &Tx, person: &Person) -> Result<()> {
    let kinds = [
        ("match", "mat", "SELECT id FROM need_match WHERE id IN :matches"),
        ("listing", "lst", "SELECT id FROM listing WHERE id IN :listings"),
        ("task", "task", "SELECT id FROM task WHERE need_id IN :listings"),
        ("review", "rvr", "SELECT id FROM review_round WHERE id IN :rounds"),
    ];
    let mut quoting = Vec::new();
    for (about, prefix, text) in kinds {
        let mut keys: Vec<String> = Vec::new();
        for row in tx.connection.query_all_raw(person.statement(&tx.connection, text, tx.now)?).await? {
            keys.push(format!("{about}:{}:", outside(prefix, row.try_get::<Uuid>("", "id")?)));
        }
        for chunk in keys.chunks(IDS) {
            // No index leads there: leaving is rare, and a message names what it is about in its key alone.
            let length = chunk[0].len();
            let text = format!("DELETE FROM notification WHERE substr(dedupe_key, 1, {length}) IN {} RETURNING id", tuples(1, chunk.len()));
            for row in tx.connection.query_all_raw(sql(&tx.connection, &text, chunk.iter().map(|key| key.as_str().into()))).await? {
                quoting.push(row.try_get::<Uuid>("", "id")?);
            }
        }
    }
    for id in quoting {
        let text = "DELETE FROM wechat_message WHERE notification_id = $1";
        tx.connection.execute_raw(sql(&tx.connection, text, [id.into()])).await?;
        let text = "UPDATE change SET channel = $2, payload = '{}' WHERE payload LIKE $1";
        tx.connection.execute_raw(sql(&tx.connection, text, [format!("%{id}%").into(), UNTOLD.into()])).await?;
    }
    // The rows stay, so that whoever follows something else misses no number.
    let text = "UPDATE change SET channel = $2, payload = '{}' WHERE channel = $1";
    let channel = Channel::Notifications(person.account_id).to_string();
    tx.connection.execute_raw(sql(&tx.connection, text, [channel.into(), UNTOLD.into()])).await?;
    Ok(())
}

/// Keys of devices: no two may be alike, so each gets bytes of its own.
async fn device_keys(tx: &Tx, person: &Person) -> Result<()> {
    let found = person.statement(&tx.connection, "SELECT id FROM device_key WHERE account_id = :account", tx.now)?;
    for row in tx.connection.query_all_raw(found).await? {
        let mut random = [0; 32];
        fill_random(&mut random)?;
        let values: [Value; 2] = [row.try_get::<Uuid>("", "id")?.into(), random.to_vec().into()];
        tx.connection.execute_raw(sql(&tx.connection, "UPDATE device_key SET public_key = $2 WHERE id = $1", values)).await?;
    }
    Ok(())
}
