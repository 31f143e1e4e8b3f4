//! Members, their clients, and the books.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::db::sql;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::process::Process;
use support::servers::Guard;
use support::{Backend, TestApp, http, stage};
use tokio::sync::Mutex as AsyncMutex;

/// Keys sent in one run.
pub const KEYS: usize = 2_000;
const CLIENTS: usize = 16;
const MEMBERS: usize = 50;
const POINTS: i64 = 1_500;
/// Price and stock of each reward; the last two run out.
const REWARDS: [(i64, i64); 5] = [(10, 5_000), (25, 5_000), (40, 5_000), (15, 120), (30, 60)];

const REDEEM: &str = "mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { id cost } }";
const CANCEL: &str = "mutation($input: CancelRedemptionInput!) { cancelRedemption(input: $input) { id state } }";

/// The running bank.
pub struct Bank {
    app: TestApp,
    server: AsyncMutex<Process>,
    tokens: Vec<String>,
    rewards: Vec<(String, i64)>,
    next: AtomicUsize,
    acknowledged: Mutex<Acknowledged>,
    lost_answers: AtomicUsize,
}

/// What clients were told.
#[derive(Default)]
struct Acknowledged {
    /// Key of a redemption and the id it brought.
    redeemed: HashMap<String, String>,
    /// Ids that were taken back.
    cancelled: Vec<String>,
    /// Codes of refusals and how often.
    refused: HashMap<String, usize>,
    /// Redemptions not yet chosen to be taken back, with their member.
    open: Vec<(usize, String)>,
}

impl Bank {
    /// Members with points, rewards with stock, and a server process.
    pub async fn open(backend: Backend, servers: Option<&Guard>) -> Self {
        let (app, url, redis) = crate::shared(backend, servers, "bank").await;
        let people = stage::people(&app, MEMBERS, stage::MEMBER).await;
        stage::give_points(&app, &people, POINTS / 2).await;
        stage::give_points(&app, &people, POINTS - POINTS / 2).await;
        let mut tokens = Vec::new();
        for person in &people {
            tokens.push(stage::speaking(&app, person).token().await.expect("a token"));
        }
        let mut rewards = Vec::new();
        for (price, stock) in REWARDS {
            rewards.push((stage::reward(&app, price, stock, None, None).await.id.to_string(), price));
        }
        let server = AsyncMutex::new(Process::start(&url, redis.as_deref()).await);
        let (next, lost_answers) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { app, server, tokens, rewards, next, acknowledged: Mutex::default(), lost_answers }
    }

    /// Waits until so many keys were taken up.
    pub async fn reached(&self, keys: usize) {
        while self.next.load(Ordering::SeqCst) < keys {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets all clients work through the keys, the server being killed at each quarter.
    pub async fn run_while_killing_the_server(&self) {
        self.run_while(async |bank: &Self| {
            for quarter in 1..=3 {
                bank.reached(quarter * KEYS / 4).await;
                let mut server = bank.server.lock().await;
                server.kill();
                let took = server.restart().await;
                assert!(took < Duration::from_secs(2), "back after {took:?}");
            }
        })
        .await;
    }

    /// Lets all clients work through the keys while `trouble` happens.
    pub async fn run_while(&self, mut trouble: impl AsyncFnMut(&Self)) {
        let address = self.server.lock().await.address;
        let clients = join_all((0..CLIENTS).map(|_| async {
            loop {
                let key = self.next.fetch_add(1, Ordering::SeqCst);
                if key >= KEYS {
                    return;
                }
                self.one_key(address, key).await;
            }
        }));
        tokio::join!(clients, trouble(self));
    }

    async fn one_key(&self, address: std::net::SocketAddr, number: usize) {
        let to_cancel = (number % 7 == 3).then(|| self.acknowledged.lock().expect("whole").open.pop()).flatten();
        let key = format!("bank-{number}");
        if let Some((member, id)) = to_cancel {
            let input = json!({ "id": id, "idempotencyKey": key });
            let answer = self.until_answered(address, member, CANCEL, &input).await;
            assert_eq!(answer["data"]["cancelRedemption"]["state"], "CANCELLED", "{answer:#}");
            self.acknowledged.lock().expect("whole").cancelled.push(id);
            return;
        }
        let member = number * 31 % MEMBERS;
        let (reward, price) = &self.rewards[number * 17 % REWARDS.len()];
        let input = json!({ "rewardId": reward, "cost": price, "idempotencyKey": key });
        let answer = self.until_answered(address, member, REDEEM, &input).await;
        let Some(id) = answer["data"]["redeemReward"]["id"].as_str() else {
            let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned();
            assert!(["POINTS_INSUFFICIENT", "OUT_OF_STOCK"].contains(&code.as_str()), "{answer:#}");
            *self.acknowledged.lock().expect("whole").refused.entry(code).or_default() += 1;
            return;
        };
        if number.is_multiple_of(6) {
            let again = self.until_answered(address, member, REDEEM, &input).await;
            assert_eq!(again["data"]["redeemReward"]["id"], id, "the same key gives the first answer");
        }
        let mut acknowledged = self.acknowledged.lock().expect("whole");
        acknowledged.redeemed.insert(key, id.to_owned());
        acknowledged.open.push((member, id.to_owned()));
    }

    /// Sends the same request until it is answered for good; an answer that says "try again" is no such answer.
    async fn until_answered(&self, address: std::net::SocketAddr, member: usize, document: &str, input: &Value) -> Value {
        let body = json!({ "query": document, "variables": { "input": input } }).to_string();
        let token = &self.tokens[member];
        for _ in 0..2_000 {
            if let Some(reply) = http::try_post(address, "/graphql", token, body.as_bytes()).await {
                let answer = reply.json();
                let extensions = &answer["errors"][0]["extensions"];
                if extensions["retryable"] != true {
                    return answer;
                }
                assert_ne!(extensions["code"], "INTERNAL", "a lost database is UNAVAILABLE: {answer:#}");
            }
            self.lost_answers.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never answered: {body}");
    }

    /// Every acknowledged operation is there, none twice, and all sums hold.
    pub async fn balance_the_books(&self) {
        self.server.lock().await.kill();
        let told = self.acknowledged.lock().expect("whole");
        let (redeemed, cancelled) = (told.redeemed.len(), told.cancelled.len());
        println!(
            "{redeemed} redeemed, {cancelled} taken back, refused {:?}, {} answers lost",
            told.refused,
            self.lost_answers.load(Ordering::SeqCst)
        );
        assert!(self.lost_answers.load(Ordering::SeqCst) > 0, "nobody noticed that anything was killed");
        assert!(redeemed > 500 && cancelled > 50, "too little happened");
        let mut ids: Vec<&String> = told.redeemed.values().collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), redeemed, "two keys brought one redemption");
        assert_eq!(
            self.count("SELECT COUNT(*) AS n FROM redemption").await,
            i64::try_from(redeemed).expect("few"),
            "redemptions nobody was told of, or lost ones"
        );
        for (key, id) in &told.redeemed {
            let id: entity::id::RedemptionId = id.parse().expect("an id");
            let statement = "SELECT COUNT(*) AS n FROM redemption JOIN operation ON operation.id = redemption.operation_id WHERE redemption.id = $1 AND operation.idem_key LIKE $2";
            assert_eq!(self.count_with(statement, [id.into(), format!("%:{key}").into()]).await, 1, "{key}");
        }
        let live = i64::try_from(redeemed - cancelled).expect("few");
        assert_eq!(self.count("SELECT COUNT(*) AS n FROM redemption WHERE state = 'RESERVED'").await, live);
        for (statement, meaning) in BOOKS {
            assert_eq!(self.count(statement).await, 0, "{meaning}");
        }
        assert_eq!(self.count("SELECT SUM(credits) AS n FROM wallet").await, i64::try_from(MEMBERS).expect("few") * POINTS, "I1: issued");
    }

    async fn count(&self, statement: &str) -> i64 {
        self.count_with(statement, []).await
    }

    async fn count_with<const N: usize>(&self, statement: &str, values: [sea_orm::Value; N]) -> i64 {
        let db = self.app.app.db.writer();
        let statement = statement.replace("SELECT SUM(credits) AS n", "SELECT CAST(SUM(credits) AS BIGINT) AS n");
        for _ in 0..50 {
            if let Ok(row) = db.query_one_raw(sql(db, &statement, values.clone())).await {
                return row.expect("a row").try_get("", "n").expect("a number");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{statement}: the database does not come back");
    }
}

/// Queries that count what breaks an invariant.
pub const BOOKS: &[(&str, &str)] = &[
    ("SELECT COUNT(*) AS n FROM wallet WHERE credits - debits < 0 OR debt <> 0", "I2: nothing below zero"),
    ("SELECT COUNT(*) AS n FROM reward WHERE stock < 0", "I2: no stock below zero"),
    (
        "SELECT COUNT(*) AS n FROM wallet WHERE credits - debits <> (SELECT SUM(delta) FROM entry WHERE entry.wallet_id = wallet.id) \
         OR version <> (SELECT COUNT(*) FROM entry WHERE entry.wallet_id = wallet.id)",
        "I1: wallet = sum of its entries",
    ),
    (
        "SELECT COUNT(*) AS n FROM operation WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.operation_id = operation.id)",
        "I3: no operation without entry",
    ),
    (
        "SELECT COUNT(*) AS n FROM entry AS later JOIN entry AS earlier ON earlier.wallet_id = later.wallet_id \
         AND earlier.wallet_version = later.wallet_version - 1 WHERE later.balance_after <> earlier.balance_after + later.delta",
        "I4: each balance follows from the one before",
    ),
    (
        "SELECT COUNT(*) AS n FROM (SELECT reverses FROM operation WHERE reverses IS NOT NULL GROUP BY reverses HAVING COUNT(*) > 1) AS twice",
        "I6: one reversal each",
    ),
    (
        "SELECT COUNT(*) AS n FROM reward WHERE loaded <> stock + COALESCE((SELECT SUM(quantity) FROM redemption \
         WHERE redemption.reward_id = reward.id AND redemption.state IN ('RESERVED', 'FULFILLED')), 0)",
        "I7: stock + sold = loaded",
    ),
    (
        "SELECT COUNT(*) AS n FROM wallet WHERE credits <> (SELECT SUM(earned) FROM bucket WHERE bucket.wallet_id = wallet.id)",
        "I10: buckets sum to credits",
    ),
];
