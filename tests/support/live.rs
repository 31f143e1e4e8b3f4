//! Somebody who follows what is told live, without a socket: the schema's own stream, heard on a task of its own.

use std::time::Duration;

use api::graphql::{AccessToken, Caller, builder, loader};
use async_graphql::{Request, Variables};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{Actor, TestApp};

/// Longest wait for something that must come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Somebody who follows; stops when dropped.
pub struct Follower {
    heard: mpsc::Receiver<Value>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Follower {
    /// Follows with a document that takes `$after`, from the event `after` on, in the process of `app`.
    pub async fn begin(app: &domain::app::App, who: &Actor, document: &str, variables: Value) -> Self {
        let schema = builder().data(app.clone()).finish();
        let mut stream = schema.execute_stream(request(app, who, document, variables).await);
        let (tell, heard) = mpsc::channel(1_000);
        let task = tokio::spawn(async move {
            while let Some(response) = stream.next().await {
                if tell.send(json!(response)).await.is_err() {
                    return;
                }
            }
        });
        Self { heard, task }
    }

    /// What comes next; nothing at the end.
    pub async fn next(&mut self) -> Option<Value> {
        tokio::time::timeout(PATIENCE, self.heard.recv()).await.expect("something is told in time")
    }

    /// The event that comes next.
    pub async fn event(&mut self) -> Value {
        let response = self.next().await.expect("the stream goes on");
        assert!(response.get("errors").is_none_or(|errors| errors.as_array().is_some_and(Vec::is_empty)), "{response:#}");
        let data = response["data"].as_object().unwrap_or_else(|| panic!("no event: {response:#}"));
        data.values().next().expect("one field").clone()
    }

    /// What has come and was not taken in yet; waits for nothing.
    pub fn so_far(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }

    /// The code with which the stream ends.
    pub async fn refusal(&mut self) -> String {
        let response = self.next().await.expect("a refusal");
        let code = response["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no refusal: {response:#}")).to_owned();
        assert_eq!(self.next().await, None, "a refusal is the last word");
        code
    }

    /// Insists that nothing comes for a while.
    pub async fn silence(&mut self) {
        let heard = tokio::time::timeout(Duration::from_millis(300), self.heard.recv()).await;
        assert!(heard.is_err(), "{heard:?}");
    }
}

/// A request of somebody as the door would hand it to the schema.
pub(crate) async fn request(app: &domain::app::App, who: &Actor, document: &str, variables: Value) -> Request {
    let mut request = Request::new(document).variables(Variables::from_json(variables));
    if let Some(token) = who.token().await {
        request = request.data(Caller(app.sessions.actor(&app.db, &token).await)).data(AccessToken(token));
    }
    loader::attach(request)
}

impl TestApp {
    /// Another process on the same database and Redis: a program of its own that shares nothing with this one.
    pub async fn another_process(&self, redis_url: Option<&str>) -> domain::app::App {
        let db = domain::db::Db::connect(&self.database_url, 4, self.app.db.clock().clone()).await.map_err(|error| error.code).expect("opened");
        let prefix = self.redis_prefix();
        let app = crate::app::assemble(db, redis_url.map(|url| (url, prefix.as_str())));
        let own = app.clone();
        tokio::spawn(async move { own.bus.run(&own.db, std::future::pending()).await });
        app
    }
}
