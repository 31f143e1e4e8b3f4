//! The bank test: members redeem and take back while the server, or PostgreSQL under it, is killed without warning. Whatever was acknowledged is
//! there afterwards, nothing happened twice, and every sum holds. The soak does the same with a server that is told to stop, and the audit log is looked at
//! while administrators work.
//!
//! Two thousand keys, sixteen clients, one key in six sent again after its answer. A client whose answer was lost sends the same key until it is
//! answered, as a real one would.

mod audit;
mod bank;
mod postgres_process;
mod race;
mod soak;

use std::time::Duration;

use bank::Bank;
use domain::db::Db;
use domain::tx::Clock;
use postgres_process::PostgresProcess;
use support::servers::Guard;
use support::{Backend, TestApp, seed};

fn block_on(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime").block_on(work);
}

/// A community in a database that server processes share with the test, with its address and that of Redis.
async fn shared(backend: Backend, servers: Option<&Guard>, name: &str) -> (TestApp, String, Option<String>) {
    let (url, redis) = match servers {
        None => (support::database::fresh(backend).await.0, None),
        Some(servers) => (servers.postgres.clone(), Some(servers.redis.clone())),
    };
    if servers.is_some() {
        let db = Db::connect(&url, 2, Clock::System).await.expect("the database opens");
        db.migrate().await.expect("the schema is made");
        seed::community(&support::app::assemble(db, None)).await;
    }
    let app = TestApp::open(backend, url.clone(), redis.clone(), name.to_owned(), Clock::System).await;
    (app, url, redis)
}

#[test]
fn the_server_is_killed_three_times_on_sqlite() {
    block_on(async {
        let bank = Bank::open(Backend::Sqlite, None).await;
        bank.run_while_killing_the_server().await;
        bank.balance_the_books().await;
    });
}

#[test]
fn the_server_is_killed_three_times_on_postgres() {
    block_on(async {
        let servers = support::servers::Guard::start(&["all", "--durable"]);
        let bank = Bank::open(Backend::Postgres, Some(&servers)).await;
        bank.run_while_killing_the_server().await;
        bank.balance_the_books().await;
    });
}

#[test]
fn postgres_is_killed_three_times() {
    block_on(async {
        let servers = support::servers::Guard::start(&["all", "--durable"]);
        let mut postgres = PostgresProcess::find(&servers);
        let bank = Bank::open(Backend::Postgres, Some(&servers)).await;
        bank.run_while(async |bank: &Bank| {
            for quarter in 1..=3 {
                bank.reached(quarter * bank::KEYS / 4).await;
                postgres.kill();
                tokio::time::sleep(Duration::from_millis(200)).await;
                postgres.start().await;
            }
        })
        .await;
        bank.balance_the_books().await;
    });
}

#[test]
fn two_hundred_members_race_for_fifty_rewards_on_sqlite() {
    block_on(race::run(Backend::Sqlite, None));
}

#[test]
fn two_hundred_members_race_for_fifty_rewards_on_postgres() {
    block_on(async {
        let servers = support::servers::Guard::start(&["all", "--durable"]);
        race::run(Backend::Postgres, Some(&servers)).await;
    });
}

#[test]
fn a_server_told_to_stop_under_load_loses_nothing() {
    block_on(async {
        let servers = support::servers::Guard::start(&["all", "--durable"]);
        soak::run(&servers).await;
    });
}

#[test]
fn the_audit_log_is_whole_after_three_kills_on_sqlite() {
    block_on(audit::run(Backend::Sqlite, None));
}

#[test]
fn the_audit_log_is_whole_after_three_kills_on_postgres() {
    block_on(async {
        let servers = support::servers::Guard::start(&["all", "--durable"]);
        audit::run(Backend::Postgres, Some(&servers)).await;
    });
}
