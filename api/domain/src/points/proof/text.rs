//! The two texts of a proof, to the byte: what is hashed and what is signed.
//!
//! Both are JSON as RFC 8785 writes it: UTF-8, no white space, names in order, integers plain; every string is ASCII without anything to escape. A program
//! that parses a text and writes it again by that rule has the same bytes. Ids are those that clients see; times are microseconds since 1970 UTC, days
//! `yyyymmdd`; hashes and the salt are lower-case hexadecimal.
//!
//! A leaf, format `qicai.operation.1` (line breaks are for reading):
//!
//! ```text
//! {"actor":ID|null,"approver":ID|null,"businessDate":INT,"cause":ID,"community":ID,"createdAt":INT,
//!  "entries":[{"balanceAfter":INT,"contra":WORD,"createdAt":INT,"debtAfter":INT,"debtChange":INT,"delta":INT,"expiresOn":INT|null,
//!              "id":ID,"lapsed":INT,"wallet":ID,"walletVersion":INT} …in order of id],
//!  "format":"qicai.operation.1","id":ID,"keyHash":HASH,"kind":WORD,"policyVersion":INT|null,"reasonHash":HASH|null,
//!  "requestHash":HASH,"reverses":ID|null,"salt":SALT}
//! ```
//!
//! `keyHash` and `reasonHash` are SHA-256 of the salt's 16 bytes followed by the UTF-8 text of idempotency key and reason; `cause` is the id of the record,
//! redemption or adjustment, for expiry that of the volunteer. Of a reason that was erased the row keeps this hash in its place ([`ERASED`]), so the leaf stays
//! what it was.
//!
//! The header of a block, format `qicai.block.1`:
//!
//! ```text
//! {"community":ID,"format":"qicai.block.1","keyId":TEXT,"number":INT,"previousHash":HASH,"root":HASH,"sealedAt":INT,"size":INT}
//! ```
//!
//! Invariant: a format never changes. Another column of the ledger means another format beside this one, chosen by the block.

use entity::entry::Contra;
use entity::id::{AdjustmentId, RedemptionId, ServiceRecordId, VolunteerId};
use entity::operation::OperationKind;
use entity::{entry, operation, proof_block};
use serde::Serialize;

use super::Hash;
use crate::error::{Error, Result};
use crate::keys::sha256;

/// What stands before the hash in the place of a reason that was erased.
pub const ERASED: &str = "erased:";

/// The hash of a reason that was erased.
#[must_use]
pub fn erased(reason: &str) -> Option<&str> {
    let hash = reason.strip_prefix(ERASED)?;
    (hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))).then_some(hash)
}

/// What takes the place of a sealed reason when it is erased.
#[must_use]
pub fn in_place_of(reason: &str, salt: &[u8]) -> String {
    format!("{ERASED}{}", hex::encode(sha256(&[salt, reason.as_bytes()].concat())))
}

/// Bytes of a leaf's salt.
pub const SALT_LEN: usize = 16;

// Names in order: a test holds it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Leaf<'a> {
    actor: Option<String>,
    approver: Option<String>,
    business_date: i32,
    cause: String,
    community: String,
    created_at: i64,
    entries: Vec<Entry>,
    format: &'static str,
    id: String,
    key_hash: String,
    kind: OperationKind,
    policy_version: Option<i32>,
    reason_hash: Option<String>,
    request_hash: String,
    reverses: Option<String>,
    salt: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    balance_after: i64,
    contra: Contra,
    created_at: i64,
    debt_after: i64,
    debt_change: i64,
    delta: i64,
    expires_on: Option<i32>,
    id: String,
    lapsed: i64,
    wallet: String,
    wallet_version: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    community: String,
    format: &'static str,
    key_id: &'a str,
    number: i64,
    previous_hash: String,
    root: String,
    sealed_at: i64,
    size: i32,
}

/// The leaf of an operation with all its entries, in order of id.
///
/// # Errors
/// Never for rows of this program.
pub fn leaf(operation: &operation::Model, entries: &[entry::Model], salt: &[u8]) -> Result<String> {
    let salted = |text: &str| hex::encode(sha256(&[salt, text.as_bytes()].concat()));
    let leaf = Leaf {
        actor: operation.actor_id.map(|id| id.to_string()),
        approver: operation.approver_id.map(|id| id.to_string()),
        business_date: operation.business_date.0,
        cause: cause(operation),
        community: operation.community_id.to_string(),
        created_at: operation.created_at.0,
        entries: entries.iter().map(Entry::of).collect(),
        format: "qicai.operation.1",
        id: operation.id.to_string(),
        key_hash: salted(&operation.idem_key),
        kind: operation.kind,
        policy_version: operation.policy_version,
        reason_hash: operation.reason.as_deref().map(|reason| erased(reason).map_or_else(|| salted(reason), ToOwned::to_owned)),
        request_hash: hex::encode(&operation.request_hash),
        reverses: operation.reverses.map(|id| id.to_string()),
        salt: &hex::encode(salt),
    };
    serde_json::to_string(&leaf).map_err(Error::internal)
}

impl Entry {
    fn of(row: &entry::Model) -> Self {
        Self {
            balance_after: row.balance_after,
            contra: row.contra,
            created_at: row.created_at.0,
            debt_after: row.debt_after,
            debt_change: row.debt_change,
            delta: row.delta,
            expires_on: row.expires_on.map(|date| date.0),
            id: row.id.to_string(),
            lapsed: row.lapsed,
            wallet: row.wallet_id.to_string(),
            wallet_version: row.wallet_version,
        }
    }
}

fn cause(operation: &operation::Model) -> String {
    let id = operation.cause_id;
    match operation.kind {
        OperationKind::Award | OperationKind::ReverseAward => ServiceRecordId(id).to_string(),
        OperationKind::Redeem | OperationKind::Refund => RedemptionId(id).to_string(),
        OperationKind::Adjust => AdjustmentId(id).to_string(),
        OperationKind::Expire => VolunteerId(id).to_string(),
    }
}

/// The header of a block, which is signed.
///
/// # Errors
/// Never for rows of this program.
pub fn header(block: &proof_block::Model) -> Result<String> {
    let header = Header {
        community: block.community_id.to_string(),
        format: "qicai.block.1",
        key_id: &block.key_id,
        number: block.number,
        previous_hash: hex::encode(&block.previous_hash),
        root: hex::encode(&block.root),
        sealed_at: block.sealed_at.0,
        size: block.size,
    };
    serde_json::to_string(&header).map_err(Error::internal)
}

/// The hash of a block, which the next one names.
#[must_use]
pub fn hash(header: &str) -> Hash {
    sha256(header.as_bytes())
}

#[cfg(test)]
mod tests {
    use entity::entry::{self, Contra};
    use entity::id::{AccountId, CommunityId, EntryId, OperationId, ProofBlockId, WalletId};
    use entity::operation::{self, OperationKind};
    use entity::proof_block;
    use entity::time::{BusinessDate, UtcMicros};
    use serde_json::Value;
    use uuid::Uuid;

    use super::{hash, header, leaf};

    fn operation() -> operation::Model {
        operation::Model {
            id: OperationId(7),
            community_id: CommunityId(Uuid::from_u128(1)),
            idem_key: "reverse-award:x".to_owned(),
            request_hash: vec![0xab; 32],
            kind: OperationKind::ReverseAward,
            cause_id: Uuid::from_u128(2),
            reverses: Some(OperationId(3)),
            actor_id: Some(AccountId(Uuid::from_u128(4))),
            approver_id: None,
            reason: Some("系他人代签 \"张三\"".to_owned()),
            policy_version: Some(1),
            business_date: BusinessDate(20_260_302),
            created_at: UtcMicros(1_772_413_200_000_000),
        }
    }

    fn entry() -> entry::Model {
        entry::Model {
            id: EntryId(9),
            operation_id: OperationId(7),
            wallet_id: WalletId(5),
            wallet_version: 2,
            delta: -20,
            balance_after: 0,
            debt_change: 5,
            debt_after: 5,
            lapsed: 0,
            contra: Contra::Issuance,
            expires_on: Some(BusinessDate(20_271_231)),
            created_at: UtcMicros(1_772_413_200_000_000),
        }
    }

    fn block() -> proof_block::Model {
        proof_block::Model {
            id: ProofBlockId(1),
            community_id: CommunityId(Uuid::from_u128(1)),
            number: 1,
            previous_hash: vec![0; 32],
            root: vec![0xcd; 32],
            size: 1,
            sealed_at: UtcMicros(1_772_413_260_000_000),
            key_id: "kid".to_owned(),
            signature: vec![],
        }
    }

    /// What was sealed once must be written the same for ever.
    #[test]
    fn the_texts_are_fixed_to_the_byte() {
        let text = leaf(&operation(), &[entry()], &[0xef; 16]).expect("a text");
        let golden = concat!(
            r#"{"actor":"acc_0000000000000000000004","approver":null,"businessDate":20260302,"cause":"rec_0000000000000000000002","#,
            r#""community":"com_0000000000000000000001","createdAt":1772413200000000,"entries":[{"balanceAfter":0,"contra":"ISSUANCE","#,
            r#""createdAt":1772413200000000,"debtAfter":5,"debtChange":5,"delta":-20,"expiresOn":20271231,"id":"ent_0000000000000000000009","#,
            r#""lapsed":0,"wallet":"wal_0000000000000000000005","walletVersion":2}],"format":"qicai.operation.1","#,
            r#""id":"op_0000000000000000000007","keyHash":"KEY","kind":"REVERSE_AWARD","policyVersion":1,"reasonHash":"REASON","#,
            r#""requestHash":"abababababababababababababababababababababababababababababababab","reverses":"op_0000000000000000000003","#,
            r#""salt":"efefefefefefefefefefefefefefefef"}"#
        );
        let salted = |text: &str| hex::encode(crate::keys::sha256(&[&[0xef; 16], text.as_bytes()].concat()));
        let golden = golden.replace("KEY", &salted("reverse-award:x")).replace("REASON", &salted("系他人代签 \"张三\""));
        assert_eq!(text, golden);
        let head = header(&block()).expect("a text");
        assert_eq!(
            head,
            format!(
                r#"{{"community":"com_0000000000000000000001","format":"qicai.block.1","keyId":"kid","number":1,"previousHash":"{}","root":"{}","sealedAt":1772413260000000,"size":1}}"#,
                "00".repeat(32),
                "cd".repeat(32)
            )
        );
        assert_eq!(hex::encode(hash(&head)), hex::encode(crate::keys::sha256(head.as_bytes())));
    }

    #[test]
    fn names_stand_in_order_and_texts_are_ascii() {
        fn in_order(text: &str, value: &Value) {
            match value {
                Value::Object(fields) => {
                    let mut names: Vec<(usize, &str)> =
                        fields.keys().map(|name| (text.find(&format!("\"{name}\":")).expect("there"), name.as_str())).collect();
                    names.sort_unstable();
                    assert!(names.is_sorted_by_key(|(_, name)| *name), "{names:?}");
                }
                _ => panic!("an object"),
            }
        }
        let text = leaf(&operation(), &[entry()], &[0; 16]).expect("a text");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert!(text.is_ascii() && !text.contains(['\\', ' ']));
        let inner = value["entries"][0].clone();
        in_order(&inner_text(&text), &inner);
        in_order(&text.replace(&inner_text(&text), ""), &value);
        let head = header(&block()).expect("a text");
        in_order(&head, &serde_json::from_str(&head).expect("JSON"));
    }

    fn inner_text(text: &str) -> String {
        let (_, rest) = text.split_once("\"entries\":[").expect("entries");
        rest.split_once(']').expect("an end").0.to_owned()
    }

    type Change<'a> = &'a dyn Fn(&mut operation::Model, &mut entry::Model);

    #[test]
    fn every_column_of_operation_and_entry_is_held() {
        let text = leaf(&operation(), &[entry()], &[0; 16]).expect("a text");
        let other = |change: Change<'_>| {
            let (mut operation, mut entry) = (operation(), entry());
            change(&mut operation, &mut entry);
            leaf(&operation, &[entry], &[0; 16]).expect("a text")
        };
        let changes: [Change<'_>; 24] = [
            &|row, _| row.id.0 += 1,
            &|row, _| row.community_id.0 = Uuid::from_u128(9),
            &|row, _| row.idem_key.push('x'),
            &|row, _| row.request_hash[0] ^= 1,
            &|row, _| row.kind = OperationKind::Award,
            &|row, _| row.cause_id = Uuid::from_u128(9),
            &|row, _| row.reverses = None,
            &|row, _| row.actor_id = None,
            &|row, _| row.approver_id = row.actor_id,
            &|row, _| row.reason = None,
            &|row, _| row.policy_version = None,
            &|row, _| row.business_date.0 += 1,
            &|row, _| row.created_at.0 += 1,
            &|_, row| row.id.0 += 1,
            &|_, row| row.wallet_id.0 += 1,
            &|_, row| row.wallet_version += 1,
            &|_, row| row.delta += 1,
            &|_, row| row.balance_after += 1,
            &|_, row| row.debt_change += 1,
            &|_, row| row.debt_after += 1,
            &|_, row| row.lapsed += 1,
            &|_, row| row.contra = Contra::Shop,
            &|_, row| row.expires_on = None,
            &|_, row| row.created_at.0 += 1,
        ];
        for (at, change) in changes.into_iter().enumerate() {
            assert_ne!(other(change), text, "column {at}");
        }
    }
}
