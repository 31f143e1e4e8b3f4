//! Two thousand open subscriptions: what they weigh, and how soon one event has reached all of them.

use std::time::{Duration, Instant};

use domain::db::Db;
use domain::tx::Clock;
use futures_util::future::join_all;
use serde_json::json;
use support::process::Process;
use support::servers::Guard;
use support::socket::Socket;
use support::{Backend, TestApp, seed, stage};

use crate::{report, size};

const SUBSCRIPTIONS: usize = 2_000;
const ACCOUNTS: usize = 100;
/// Sockets that are opened at once.
const AT_ONCE: usize = 100;
const FOLLOW: &str = "subscription($id: ID!) { attendanceChanged(sessionId: $id) { eventId seatsTaken } }";

/// Measures and prints.
pub async fn run() {
    let servers = Guard::start(&["all", "--durable"]);
    let db = Db::connect(&servers.postgres, 2, Clock::System).await.expect("the database opens");
    db.migrate().await.expect("the schema is made");
    seed::community(&support::app::assemble(db, None)).await;
    let app = TestApp::open(Backend::Postgres, servers.postgres.clone(), Some(servers.redis.clone()), "live".to_owned(), Clock::System).await;
    let mut tokens = Vec::with_capacity(ACCOUNTS);
    for person in &stage::people(&app, ACCOUNTS, stage::MEMBER).await {
        tokens.push(stage::speaking(&app, person).token().await.expect("a token"));
    }
    let (_, _, session) = app.cleaning(50).await;
    let server = Process::start(&servers.postgres, Some(&servers.redis)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("\nlive: {SUBSCRIPTIONS} subscriptions of {ACCOUNTS} accounts");
    let before = size::resident(&server);
    let mut sockets = Vec::with_capacity(SUBSCRIPTIONS);
    let numbers: Vec<usize> = (0..SUBSCRIPTIONS).collect();
    for batch in numbers.chunks(AT_ONCE) {
        let opened = batch.iter().map(async |number| Socket::of(server.address, Some(&tokens[number % tokens.len()])).await);
        sockets.extend(join_all(opened).await);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    report(&format!("{SUBSCRIPTIONS} open sockets weigh"), size::resident(&server) - before, "MiB");
    for batch in sockets.chunks_mut(AT_ONCE) {
        join_all(batch.iter_mut().map(async |socket| socket.subscribe("1", FOLLOW, json!({ "id": session })).await)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    report(&format!("{SUBSCRIPTIONS} open subscriptions weigh, sockets included (bar 100)"), size::resident(&server) - before, "MiB");
    let mut worst = Vec::new();
    for round in 1..=3 {
        let member = app.member("李小明").await;
        let since = Instant::now();
        member.sign_up(&session).await.ok();
        let written = since.elapsed();
        let reached = join_all(sockets.iter_mut().map(|socket| async move {
            let told = socket.hear().await;
            assert_eq!(told["payload"]["data"]["attendanceChanged"]["seatsTaken"], round, "{told}");
            since.elapsed()
        }))
        .await;
        let last = reached.into_iter().max().unwrap_or_default();
        println!("  round {round}: written after {:.0} ms, heard by all after {:.0} ms", written.as_secs_f64() * 1e3, last.as_secs_f64() * 1e3);
        worst.push(last.as_secs_f64());
    }
    report("one event has reached all of them, from the request that caused it (bar 1), median", crate::median(worst), "s");
}
