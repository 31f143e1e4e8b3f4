//! How many statements an answer costs: the program's own schema on a database handle that tells of each.
//!
//! The requests run one after another on a thread of their own, as at the door: what the rows of a list point at is gathered before any of it is read.
//! Where threads are shared, a slow machine may begin to read earlier, in two goes instead of one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use api::graphql::builder;
use domain::db::Db;
use serde_json::{Value, json};

use crate::{Actor, TestApp, app};

/// Each document is asked so often; the fewest statements count, for a clock that ticks while rows are gathered makes two goes of one.
const TRIES: usize = 3;

impl TestApp {
    /// What somebody is answered to each of several documents, and how many statements each took once it was known who asks.
    pub async fn counted(&self, who: &Actor, documents: Vec<String>) -> Vec<(Value, usize)> {
        let (url, clock, who) =
            (self.database_url.clone(), self.app.db.clock().clone(), Actor::with_token(self, &who.token().await.expect("a token")));
        let work = async move {
            let db = Db::connect(&url, 2, clock).await.map_err(|error| error.code).expect("the database opens");
            let mut app = app::assemble(db, None);
            let count = Arc::new(AtomicUsize::new(0));
            let heard = Arc::clone(&count);
            app.db.hear_statements(move || {
                heard.fetch_add(1, Ordering::Relaxed);
            });
            let schema = builder().data(app.clone()).finish();
            let mut answers = Vec::with_capacity(documents.len());
            for document in &documents {
                let (mut answer, mut fewest) = (Value::Null, usize::MAX);
                for _ in 0..TRIES {
                    let request = crate::live::request(&app, &who, document, json!({})).await;
                    let before = count.load(Ordering::Relaxed);
                    answer = json!(schema.execute(request).await);
                    fewest = fewest.min(count.load(Ordering::Relaxed) - before);
                }
                answers.push((answer, fewest));
            }
            app.db.close().await.map_err(|error| error.code).expect("closed");
            answers
        };
        let alone = move || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work);
        tokio::task::block_in_place(|| std::thread::spawn(alone).join().expect("the answers"))
    }
}
