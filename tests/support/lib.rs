//! What every story of the suite stands on: a fresh program with its own database, ready actors, a clock that is turned by hand.
//!
//! A story is written once with [`both!`] and runs twice: on SQLite, and on PostgreSQL with Redis. Each run has its own runtime, its own copy of
//! a template database (one opened community, nobody in it) and its own listener, so stories run side by side. Requests travel over a real
//! socket.
//!
//! Words: a *story* is one test, an *actor* somebody with a token, an *answer* what the server said.

#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test is to fail")]

pub mod actor;
pub mod app;
pub mod bucket;
pub mod city;
pub mod database;
pub mod form;
pub mod http;
pub mod listing;
pub mod live;
pub mod matching;
pub mod need_match;
pub mod outside;
pub mod people;
pub mod pictures;
pub mod process;
pub mod registered;
pub mod review;
pub mod sdl;
pub mod seed;
pub mod servers;
pub mod serving;
pub mod socket;
pub mod stage;
pub mod statements;
pub mod unit;

use std::future::Future;

pub use actor::{Actor, Answer};
pub use app::TestApp;
pub use database::Backend;

/// Writes each story as two tests, `NAME::on_sqlite` and `NAME::on_postgres_and_redis`.
#[macro_export]
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn story($app: TestApp) $body

            #[test]
            fn on_sqlite() {
                $crate::run($crate::Backend::Sqlite, story);
            }

            #[test]
            fn on_postgres_and_redis() {
                $crate::run($crate::Backend::Postgres, story);
            }
        }
    )+};
}

/// Runs one story on one kind of database.
pub fn run<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(TestApp) -> F) {
    tell(TestApp::start(backend), story);
}

/// Runs one story on PostgreSQL and a Redis that no other story uses, so that it may be emptied.
pub fn run_with_own_redis<F: Future<Output = ()>>(story: impl FnOnce(TestApp) -> F) {
    let redis = servers::Guard::start(&["redis"]);
    tell(TestApp::start_with(Backend::Postgres, Some(redis.redis.clone())), story);
}

fn tell<F: Future<Output = ()>>(start: impl Future<Output = TestApp>, story: impl FnOnce(TestApp) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let app = start.await;
        let clean = app.clean_up();
        story(app).await;
        clean.await;
    });
}
