//! People with a token, and what they are answered.

use std::net::SocketAddr;
use std::sync::Arc;

use domain::app::App;
use domain::people::session;
use entity::id::{AccountId, VolunteerId};
use entity::time::UtcMicros;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::app::TestApp;
use crate::http::{self, Reply};

/// Somebody who talks to the program.
#[derive(Clone)]
pub struct Actor {
    /// What the stories call them.
    pub name: String,
    /// Outside id of the account; empty for a stranger.
    pub account_id: String,
    /// Outside id of the volunteer; empty before registration.
    pub volunteer_id: String,
    /// Their telephone; empty where it does not matter.
    pub phone: String,
    /// The door they use.
    pub address: SocketAddr,
    pub(crate) pass: Pass,
}

/// What goes into the `Authorization` header.
#[derive(Clone)]
pub(crate) enum Pass {
    Nothing,
    /// Always this token.
    Fixed(String),
    /// A token of the account, renewed when the clock has passed its end: tokens last minutes, stories may last months.
    Renewed(App, AccountId, Arc<Mutex<Option<(String, UtcMicros)>>>),
}

impl Actor {
    /// Somebody without a token.
    #[must_use]
    pub fn stranger(app: &TestApp) -> Self {
        Self {
            name: "a stranger".to_owned(),
            account_id: String::new(),
            volunteer_id: String::new(),
            phone: String::new(),
            address: app.address,
            pass: Pass::Nothing,
        }
    }

    /// Somebody who shows this token, whatever it is.
    #[must_use]
    pub fn with_token(app: &TestApp, token: &str) -> Self {
        Self { name: "the bearer of a token".to_owned(), pass: Pass::Fixed(token.to_owned()), ..Self::stranger(app) }
    }

    /// The same person showing another token.
    #[must_use]
    pub fn showing(&self, token: &str) -> Self {
        Self { pass: Pass::Fixed(token.to_owned()), ..self.clone() }
    }

    /// The same person at another door.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// Somebody who exists, signed in whenever they speak.
    #[must_use]
    pub fn of(app: &TestApp, name: &str, account_id: AccountId, volunteer_id: Option<VolunteerId>) -> Self {
        Self {
            name: name.to_owned(),
            account_id: account_id.to_string(),
            volunteer_id: volunteer_id.map(|id| id.to_string()).unwrap_or_default(),
            pass: Pass::Renewed(app.app.clone(), account_id, Arc::default()),
            ..Self::stranger(app)
        }
    }

    /// The access token they would send now.
    pub async fn token(&self) -> Option<String> {
        match &self.pass {
            Pass::Nothing => None,
            Pass::Fixed(token) => Some(token.clone()),
            Pass::Renewed(app, account_id, kept) => {
                let mut kept = kept.lock().await;
                if let Some((token, until)) = &*kept
                    && *until > app.db.now()
                {
                    return Some(token.clone());
                }
                let tx = app.db.begin().await.map_err(|error| error.code).expect("a transaction");
                let started = session::start(&tx, *account_id, "suite").await.map_err(|error| error.code).expect("a session");
                tx.commit().await.map_err(|error| error.code).expect("committed");
                let signed = app.sessions.sign_in(started, app.db.now()).map_err(|error| error.code).expect("a token");
                *kept = Some((signed.access_token.clone(), signed.access_token_expires_at));
                Some(signed.access_token)
            }
        }
    }

    /// Sends a document with variables.
    pub async fn run(&self, document: &str, variables: Value) -> Answer {
        Answer::of(&self.post(&json!({ "query": document, "variables": variables })).await, document)
    }

    /// Sends any JSON body to the GraphQL endpoint.
    pub async fn post(&self, body: &Value) -> Reply {
        let authorization = self.token().await.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json"), ("accept", "application/json")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        http::send(self.address, "POST", "/graphql", &headers, body.to_string().as_bytes()).await
    }
}

/// An answer of the GraphQL endpoint.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The whole body.
    pub body: Value,
    /// Status of the reply.
    pub status: u16,
    asked: String,
}

impl Answer {
    /// What a reply of the endpoint says; `asked` is told when it is not what was expected.
    #[must_use]
    pub fn of(reply: &Reply, asked: &str) -> Self {
        Self { body: reply.json(), status: reply.status, asked: asked.to_owned() }
    }

    /// Insists that there were no errors.
    #[expect(clippy::return_self_not_must_use, clippy::must_use_candidate, reason = "insisting is all that most stories want")]
    pub fn ok(self) -> Self {
        assert!(self.body.get("errors").is_none(), "{}\nanswered\n{:#}", self.asked, self.body);
        self
    }

    /// The value at a dotted path below `data`, as in `redeemReward.state` or `teams.edges.0.node.name`; null when there is none.
    #[must_use]
    pub fn data(&self, path: &str) -> &Value {
        path.split('.').fold(&self.body["data"], |value, key| match key.parse::<usize>() {
            Ok(at) if value.is_array() => &value[at],
            _ => &value[key],
        })
    }

    /// The text at a path.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        self.data(path).as_str().unwrap_or_else(|| panic!("no text at {path}:\n{}\nanswered\n{:#}", self.asked, self.body)).to_owned()
    }

    /// The whole number at a path.
    #[must_use]
    pub fn int(&self, path: &str) -> i64 {
        self.data(path).as_i64().unwrap_or_else(|| panic!("no number at {path}:\n{}\nanswered\n{:#}", self.asked, self.body))
    }

    /// The list at a path.
    #[must_use]
    pub fn list(&self, path: &str) -> &[Value] {
        self.data(path).as_array().unwrap_or_else(|| panic!("no list at {path}:\n{}\nanswered\n{:#}", self.asked, self.body))
    }

    /// The code of the one error.
    #[must_use]
    pub fn code(&self) -> &str {
        self.error()["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{}\nanswered without a code\n{:#}", self.asked, self.body))
    }

    /// The input field the one error names, or nothing.
    #[must_use]
    pub fn field(&self) -> &str {
        self.error()["extensions"]["field"].as_str().unwrap_or_default()
    }

    /// The one error.
    #[must_use]
    pub fn error(&self) -> &Value {
        match self.body["errors"].as_array().map(Vec::as_slice) {
            Some([error]) => error,
            _ => panic!("{}\nwas to fail with one error and answered\n{:#}", self.asked, self.body),
        }
    }
}
