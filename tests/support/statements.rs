//! How many statements an answer costs: the program's own schema on a database handle that tells of each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use api::app::App;
use api::graphql::builder;
use serde_json::{Value, json};

use crate::{Actor, TestApp};

/// A program whose statements are counted.
pub struct Counted {
    app: App,
    count: Arc<AtomicUsize>,
}

impl Counted {
    /// The same program with a handle that counts.
    #[must_use]
    pub fn of(app: &TestApp) -> Self {
        let mut app = app.app.clone();
        let count = Arc::new(AtomicUsize::new(0));
        let heard = Arc::clone(&count);
        app.db.hear_statements(move || {
            heard.fetch_add(1, Ordering::Relaxed);
        });
        Self { app, count }
    }

    /// What somebody is answered, and how many statements it took once it was known who asks.
    pub async fn ask(&self, who: &Actor, document: &str) -> (Value, usize) {
        let schema = builder().data(self.app.clone()).finish();
        let request = crate::live::request(&self.app, who, document, json!({})).await;
        let before = self.count.load(Ordering::Relaxed);
        let answer = schema.execute(request).await;
        (json!(answer), self.count.load(Ordering::Relaxed) - before)
    }
}
