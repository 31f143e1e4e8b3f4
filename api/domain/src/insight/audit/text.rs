//! The two texts that links are hashed over, to the byte.
//!
//! Both are JSON as RFC 8785 writes it: UTF-8, no white space, names in order, integers plain. Ids are those that clients see, times are microseconds
//! since 1970 UTC, hashes are lower-case hexadecimal; the hash before the first link is 64 zeros.
//!
//! A line, and its outcome (line breaks are for reading):
//!
//! ```text
//! {"account":ID|null,"begunAt":INT,"community":ID|null,"format":"qicai.audit.1","helper":ID|null,"id":ID,"loginSession":ID|null,"number":INT,
//!  "objects":[ID …as written],"objectsLeftOut":INT,"operation":TEXT,"previousHash":HASH,"reason":TEXT|null,"requestId":TEXT}
//!
//! {"community":ID|null,"endedAt":INT,"format":"qicai.audit.outcome.1","line":ID,"number":INT,"previousHash":HASH,"result":TEXT}
//! ```
//!
//! Invariant: a format never changes. Another column means another format beside these.

use entity::{audit_line, audit_outcome};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::keys::sha256;

// Names in order: a test holds it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    account: Option<String>,
    begun_at: i64,
    community: Option<String>,
    format: &'static str,
    helper: Option<String>,
    id: String,
    login_session: Option<String>,
    number: i64,
    objects: Vec<&'a str>,
    objects_left_out: i32,
    operation: &'a str,
    previous_hash: String,
    reason: Option<&'a str>,
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    community: Option<String>,
    ended_at: i64,
    format: &'static str,
    line: String,
    number: i64,
    previous_hash: String,
    result: &'a str,
}

/// The text of a line at its place in the chain.
///
/// # Errors
/// Never for rows of this program.
pub fn line(row: &audit_line::Model, number: i64, previous: &[u8]) -> Result<String> {
    let line = Line {
        account: row.account_id.map(|id| id.to_string()),
        begun_at: row.begun_at.0,
        community: row.community_id.map(|id| id.to_string()),
        format: "qicai.audit.1",
        helper: row.helper_id.map(|id| id.to_string()),
        id: row.id.to_string(),
        login_session: row.login_session_id.map(|id| id.to_string()),
        number,
        objects: objects(row).collect(),
        objects_left_out: row.objects_left_out,
        operation: &row.operation,
        previous_hash: hex::encode(previous),
        reason: row.reason.as_deref(),
        request_id: &row.request_id,
    };
    serde_json::to_string(&line).map_err(Error::internal)
}

/// The text of an outcome at its place in the chain.
///
/// # Errors
/// Never for rows of this program.
pub fn outcome(row: &audit_outcome::Model, number: i64, previous: &[u8]) -> Result<String> {
    let outcome = Outcome {
        community: row.community_id.map(|id| id.to_string()),
        ended_at: row.ended_at.0,
        format: "qicai.audit.outcome.1",
        line: row.line_id.to_string(),
        number,
        previous_hash: hex::encode(previous),
        result: &row.result,
    };
    serde_json::to_string(&outcome).map_err(Error::internal)
}

/// The ids of a line.
pub fn objects(row: &audit_line::Model) -> impl Iterator<Item = &str> {
    row.objects.split(' ').filter(|id| !id.is_empty())
}

/// The hash of a text, which the next link holds.
#[must_use]
pub fn hash(text: &str) -> Vec<u8> {
    sha256(text.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use entity::id::{AccountId, AuditLineId, CommunityId, LoginSessionId};
    use entity::time::UtcMicros;
    use entity::{audit_line, audit_outcome};
    use serde_json::Value;
    use uuid::Uuid;

    use super::{line, outcome};

    fn row() -> audit_line::Model {
        audit_line::Model {
            id: AuditLineId(Uuid::from_u128(1)),
            community_id: Some(CommunityId(Uuid::from_u128(2))),
            account_id: Some(AccountId(Uuid::from_u128(3))),
            helper_id: None,
            login_session_id: Some(LoginSessionId(Uuid::from_u128(4))),
            operation: "revokeRecord".to_owned(),
            objects: "rec_0000000000000000000005 vol_0000000000000000000006".to_owned(),
            objects_left_out: 0,
            reason: Some("系他人代签 \"张三\"\n".to_owned()),
            request_id: "a-request".to_owned(),
            begun_at: UtcMicros(1_772_413_200_000_000),
        }
    }

    fn end() -> audit_outcome::Model {
        audit_outcome::Model {
            line_id: AuditLineId(Uuid::from_u128(1)),
            community_id: Some(CommunityId(Uuid::from_u128(2))),
            result: "OK".to_owned(),
            ended_at: UtcMicros(1_772_413_200_000_001),
        }
    }

    /// What was linked once must be written the same for ever.
    #[test]
    fn the_texts_are_fixed_to_the_byte() {
        let zeros = "00".repeat(32);
        let golden = concat!(
            r#"{"account":"acc_0000000000000000000003","begunAt":1772413200000000,"community":"com_0000000000000000000002","#,
            r#""format":"qicai.audit.1","helper":null,"id":"aud_0000000000000000000001","loginSession":"ses_0000000000000000000004","number":7,"#,
            r#""objects":["rec_0000000000000000000005","vol_0000000000000000000006"],"objectsLeftOut":0,"operation":"revokeRecord","#,
            r#""previousHash":"ZEROS","reason":"系他人代签 \"张三\"\n","requestId":"a-request"}"#
        );
        assert_eq!(line(&row(), 7, &[0; 32]).expect("a text"), golden.replace("ZEROS", &zeros));
        let golden = concat!(
            r#"{"community":"com_0000000000000000000002","endedAt":1772413200000001,"format":"qicai.audit.outcome.1","#,
            r#""line":"aud_0000000000000000000001","number":8,"previousHash":"ZEROS","result":"OK"}"#
        );
        assert_eq!(outcome(&end(), 8, &[0; 32]).expect("a text"), golden.replace("ZEROS", &zeros));
    }

    #[test]
    fn names_stand_in_order() {
        for text in [line(&row(), 1, &[0; 32]).expect("a text"), outcome(&end(), 1, &[0; 32]).expect("a text")] {
            let Value::Object(fields) = serde_json::from_str(&text).expect("JSON") else { panic!("an object") };
            let mut names: Vec<(usize, &str)> =
                fields.keys().map(|name| (text.find(&format!("\"{name}\":")).expect("there"), name.as_str())).collect();
            names.sort_unstable();
            assert!(names.is_sorted_by_key(|(_, name)| *name), "{names:?}");
        }
    }

    type Change<'a> = &'a dyn Fn(&mut audit_line::Model);

    #[test]
    fn every_column_is_held() {
        let changes: [Change<'_>; 11] = [
            &|row| row.id.0 = Uuid::from_u128(9),
            &|row| row.community_id = None,
            &|row| row.account_id = None,
            &|row| row.helper_id = row.account_id,
            &|row| row.login_session_id = None,
            &|row| row.operation.push('x'),
            &|row| row.objects.push('x'),
            &|row| row.objects_left_out += 1,
            &|row| row.reason = None,
            &|row| row.request_id.push('x'),
            &|row| row.begun_at.0 += 1,
        ];
        let text = line(&row(), 1, &[0; 32]).expect("a text");
        for (at, change) in changes.into_iter().enumerate() {
            let mut other = row();
            change(&mut other);
            assert_ne!(line(&other, 1, &[0; 32]).expect("a text"), text, "column {at}");
        }
        let text = outcome(&end(), 1, &[0; 32]).expect("a text");
        let ends: [audit_outcome::Model; 4] = [
            audit_outcome::Model { line_id: AuditLineId(Uuid::from_u128(9)), ..end() },
            audit_outcome::Model { community_id: None, ..end() },
            audit_outcome::Model { result: "FORBIDDEN".to_owned(), ..end() },
            audit_outcome::Model { ended_at: UtcMicros(0), ..end() },
        ];
        for other in ends {
            assert_ne!(outcome(&other, 1, &[0; 32]).expect("a text"), text, "{other:?}");
        }
    }
}
