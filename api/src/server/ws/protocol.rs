//! The messages of `graphql-transport-ws`, and why a socket is closed.

use actix_ws::{CloseCode, CloseReason};
use async_graphql::{Response, ServerError};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::server::params::Params;

/// Longest id of an operation, in bytes.
const ID_MAX: usize = 128;

/// What a client says.
#[derive(Debug)]
pub(super) enum Message {
    /// Who it is.
    Init(Option<Map<String, Value>>),
    /// Begin an operation.
    Subscribe(String, Box<Params>),
    /// End an operation.
    Complete(String),
    /// Are you there?
    Ping(Option<Map<String, Value>>),
    /// I am here.
    Pong,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Raw {
    ConnectionInit {
        payload: Option<Map<String, Value>>,
    },
    Subscribe {
        id: String,
        payload: Map<String, Value>,
    },
    Complete {
        id: String,
    },
    Ping {
        payload: Option<Map<String, Value>>,
    },
    #[expect(dead_code, reason = "read to check its type")]
    Pong {
        payload: Option<Map<String, Value>>,
    },
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// 4400.
    pub(super) fn read(text: &str) -> Result<Self, Close> {
        let invalid = |_| Close::Invalid;
        let named = |id: String| if id.is_empty() || id.len() > ID_MAX { Err(Close::Invalid) } else { Ok(id) };
        Ok(match serde_json::from_str(text).map_err(invalid)? {
            Raw::ConnectionInit { payload } => Self::Init(payload),
            Raw::Subscribe { id, payload } => Self::Subscribe(named(id)?, Box::new(serde_json::from_value(Value::Object(payload)).map_err(invalid)?)),
            Raw::Complete { id } => Self::Complete(named(id)?),
            Raw::Ping { payload } => Self::Ping(payload),
            Raw::Pong { .. } => Self::Pong,
        })
    }
}

/// What the server says.
pub(super) fn ack() -> String {
    json!({ "type": "connection_ack" }).to_string()
}

pub(super) fn pong(payload: Option<Map<String, Value>>) -> String {
    match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
        None => json!({ "type": "pong" }).to_string(),
    }
}

pub(super) fn next(id: &str, response: &Response) -> String {
    json!({ "id": id, "type": "next", "payload": response }).to_string()
}

pub(super) fn error(id: &str, errors: &[ServerError]) -> String {
    json!({ "id": id, "type": "error", "payload": errors }).to_string()
}

pub(super) fn complete(id: &str) -> String {
    json!({ "id": id, "type": "complete" }).to_string()
}

/// Why a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The client is done, or gone.
    Done,
    /// The program stops.
    Stopping,
    /// A frame that is none.
    Broken,
    /// Nothing was heard for too long.
    Silent,
    /// A frame or message is too large.
    TooLarge,
    /// Too many connections.
    TooMany,
    /// A message that is none of the protocol.
    Invalid,
    /// An operation before the client was acknowledged.
    Unauthorized,
    /// The token does not hold, for this reason.
    Forbidden(&'static str),
    /// The protocol is not spoken.
    Subprotocol,
    /// No init in time.
    InitTime,
    /// The id of an operation that runs.
    DuplicateId,
    /// A second init.
    SecondInit,
}

impl Close {
    /// The close frame.
    pub(super) fn reason(self) -> CloseReason {
        let (code, text) = match self {
            Self::Done => (CloseCode::Normal, ""),
            Self::Stopping => (CloseCode::Away, "Going away"),
            Self::Broken => (CloseCode::Protocol, "Invalid frame"),
            Self::Silent => (CloseCode::Policy, "No sign of life"),
            Self::TooLarge => (CloseCode::Size, "Message too large"),
            Self::TooMany => (CloseCode::Again, "Too many connections"),
            Self::Invalid => (CloseCode::Other(4400), "Invalid message"),
            Self::Unauthorized => (CloseCode::Other(4401), "Unauthorized"),
            Self::Forbidden(code) => (CloseCode::Other(4403), code),
            Self::Subprotocol => (CloseCode::Other(4406), "Subprotocol not acceptable"),
            Self::InitTime => (CloseCode::Other(4408), "Connection initialisation timeout"),
            Self::DuplicateId => (CloseCode::Other(4409), "Subscriber for the id already exists"),
            Self::SecondInit => (CloseCode::Other(4429), "Too many initialisation requests"),
        };
        CloseReason { code, description: (!text.is_empty()).then(|| text.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Close, Message};

    #[test]
    fn only_the_protocols_own_messages_are_read() {
        for good in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":{"authorization":"Bearer x"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ me { id } }","variables":{"a":1}}}"#,
            r#"{"type":"complete","id":"1"}"#,
            r#"{"type":"ping","payload":null}"#,
            r#"{"type":"pong"}"#,
        ] {
            assert!(Message::read(good).is_ok(), "{good}");
        }
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(129));
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"type":"start","id":"1"}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"complete","id":""}"#,
            long.as_str(),
        ] {
            assert_eq!(Message::read(bad).err(), Some(Close::Invalid), "{bad}");
        }
    }
}
