//! Two hundred members want the fifty that are there, through two processes at once.

use std::collections::HashMap;

use domain::db::sql;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::json;
use support::process::Process;
use support::servers::Guard;
use support::{Actor, Backend, TestApp, stage};

const MEMBERS: usize = 200;
const ITEMS: i64 = 50;
const PRICE: i64 = 30;
const REDEEM: &str = "mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { id } }";

/// Runs the race on a database that two processes share.
pub async fn run(backend: Backend, servers: Option<&Guard>) {
    let (app, url, redis) = crate::shared(backend, servers, "race").await;
    let people = stage::people(&app, MEMBERS, stage::MEMBER).await;
    stage::give_points(&app, &people, 100).await;
    let reward = stage::reward(&app, PRICE, ITEMS, Some(1), None).await;
    let doors = [Process::start(&url, redis.as_deref()).await, Process::start(&url, redis.as_deref()).await];
    let mut members = Vec::new();
    for (at, person) in people.iter().enumerate() {
        let mut member: Actor = stage::speaking(&app, person);
        member.address = doors[at % 2].address;
        members.push(member);
    }

    let input = json!({ "input": { "rewardId": reward.id.to_string(), "cost": PRICE, "idempotencyKey": "the-one-tap" } });
    let answers = join_all(members.iter().map(|member| member.run(REDEEM, input.clone()))).await;

    let mut told: HashMap<String, i64> = HashMap::new();
    for answer in &answers {
        let outcome = if answer.body.get("errors").is_some() { answer.code() } else { "REDEEMED" };
        *told.entry(outcome.to_owned()).or_default() += 1;
    }
    println!("{told:?}");
    assert_eq!(told, HashMap::from([("REDEEMED".to_owned(), ITEMS), ("OUT_OF_STOCK".to_owned(), 150)]));
    assert_eq!(number(&app, "SELECT stock AS n FROM reward").await, 0);
    assert_eq!(number(&app, "SELECT COUNT(*) AS n FROM redemption WHERE state = 'RESERVED'").await, ITEMS);
    for (statement, meaning) in crate::bank::BOOKS {
        assert_eq!(number(&app, statement).await, 0, "{meaning}");
    }
}

async fn number(app: &TestApp, statement: &str) -> i64 {
    let db = app.app.db.writer();
    let row = db.query_one_raw(sql(db, statement, [])).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    row.expect("a row").try_get("", "n").expect("a number")
}
