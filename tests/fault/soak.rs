//! The soak: sixty-four clients write as fast as they can, and in the middle the server is told to stop and started again. It finishes what it has
//! begun, ends by itself, and whatever was acknowledged is there, once.
//!
//! Ten seconds in the suite; `QICAI_SOAK_SECONDS=60` for the long form.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::db::{Db, sql};
use domain::tx::Clock;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::json;
use support::process::Process;
use support::servers::Guard;
use support::{Backend, TestApp, http, seed, stage};

const CLIENTS: usize = 64;
const MEMBERS: usize = 200;
/// Longest time from the word to stop until the process has ended.
const STOP_MAX: Duration = Duration::from_secs(12);
const REDEEM: &str = "mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { id } }";

/// Runs the soak on PostgreSQL and Redis.
pub async fn run(servers: &Guard) {
    let db = Db::connect(&servers.postgres, 2, Clock::System).await.expect("the database opens");
    db.migrate().await.expect("the schema is made");
    seed::community(&support::app::assemble(db, None)).await;
    let app = TestApp::open(Backend::Postgres, servers.postgres.clone(), Some(servers.redis.clone()), "soak".to_owned(), Clock::System).await;
    let people = stage::people(&app, MEMBERS, stage::MEMBER).await;
    for _ in 0..4 {
        stage::give_points(&app, &people, 750).await;
    }
    let mut tokens = Vec::new();
    for person in &people {
        tokens.push(stage::speaking(&app, person).token().await.expect("a token"));
    }
    let reward = stage::reward(&app, 1, 10_000_000, None, None).await.id.to_string();
    let server = tokio::sync::Mutex::new(Process::start(&servers.postgres, Some(&servers.redis)).await);
    let address = server.lock().await.address;
    let span = Duration::from_secs(std::env::var("QICAI_SOAK_SECONDS").map_or(10, |text| text.parse().expect("seconds")));
    let until = Instant::now() + span;
    let (next, unanswered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let acknowledged = Mutex::new(HashMap::new());
    let clients = join_all((0..CLIENTS).map(|_| async {
        while Instant::now() < until {
            let number = next.fetch_add(1, Ordering::SeqCst);
            let key = format!("soak-{number}");
            let body = json!({ "query": REDEEM, "variables": { "input": { "rewardId": reward, "cost": 1, "idempotencyKey": key } } }).to_string();
            let token = &tokens[number % tokens.len()];
            let id = loop {
                if let Some(reply) = http::try_post(address, "/graphql", token, body.as_bytes()).await {
                    let answer = reply.json();
                    if let Some(id) = answer["data"]["redeemReward"]["id"].as_str() {
                        break id.to_owned();
                    }
                    assert_eq!(answer["errors"][0]["extensions"]["retryable"], true, "{answer:#}");
                }
                unanswered.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
            };
            acknowledged.lock().expect("whole").insert(key, id);
        }
    }));
    let trouble = async {
        tokio::time::sleep(span / 2).await;
        let mut server = server.lock().await;
        let (status, took) = server.terminate().await;
        assert!(status.success(), "told to stop, it ended with {status}");
        assert!(took < STOP_MAX, "it took {took:?} to stop");
        let restarted = server.restart().await;
        println!("stopped in {took:?}, listening again after {restarted:?}");
    };
    tokio::join!(clients, trouble);
    let told = acknowledged.into_inner().expect("whole");
    println!("{} redeemed in {span:?}; {} tries found no server", told.len(), unanswered.load(Ordering::SeqCst));
    balance(&app, &told).await;
}

/// What the database holds is what the clients were told, key by key.
async fn balance(app: &TestApp, told: &HashMap<String, String>) {
    let db = app.app.db.writer();
    let statement = "SELECT redemption.id AS id, operation.idem_key AS key FROM redemption JOIN operation ON operation.id = redemption.operation_id";
    let mut held = HashMap::new();
    for row in db.query_all_raw(sql(db, statement, [])).await.expect("read") {
        let key: String = row.try_get("", "key").expect("a key");
        let id: entity::id::RedemptionId = row.try_get("", "id").expect("an id");
        let key = key.rsplit(':').next().expect("a key").to_owned();
        assert_eq!(held.insert(key, id.to_string()), None, "two redemptions of one key");
    }
    assert!(told.len() > 500, "too little happened: {}", told.len());
    assert_eq!(held.len(), told.len());
    assert!(told.iter().all(|(key, id)| held.get(key) == Some(id)), "an acknowledged write is lost");
    for (statement, meaning) in crate::bank::BOOKS {
        let row = db.query_one_raw(sql(db, statement, [])).await.expect("read").expect("a row");
        assert_eq!(row.try_get::<i64>("", "n").expect("a number"), 0, "{meaning}");
    }
}
