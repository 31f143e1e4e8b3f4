//! Redeeming over HTTP with a token, against what pgbench reaches with the very statement, and with the same steps as a transaction of several.

use std::fs;
use std::path::Path;
use std::process::Command;

use domain::points::ledger::postgres::REDEEM;
use entity::id::RewardId;
use serde_json::json;
use support::process::Process;
use support::servers::Guard;

use crate::stock::{self, MEMBERS, PRICE, REWARDS, id, id_sql};
use crate::{CLIENTS, RUN, load, report};

const MUTATION: &str = "mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { id state cost } }";

/// Measures and prints.
pub async fn run() {
    let servers = Guard::start(&["all", "--durable"]);
    let app = stock::fill(&servers).await;
    let tokens = stock::tokens(&app, 200).await;
    let rewards: Vec<String> = (1..=REWARDS).map(|n| RewardId(id(3, n)).to_string()).collect();
    let server = Process::start(&servers.postgres, Some(&servers.redis)).await;
    let strew = |n: u64, size: usize| usize::try_from(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33).unwrap_or(0) % size;
    let request = |n: u64| {
        let reward = &rewards[strew(n + 7, rewards.len())];
        let input = json!({ "rewardId": reward, "cost": PRICE, "idempotencyKey": format!("bench-{n}-{:?}", std::time::SystemTime::now()) });
        (tokens[strew(n, tokens.len())].clone(), json!({ "query": MUTATION, "variables": { "input": input } }).to_string())
    };
    load::run(server.address, CLIENTS, RUN / 4, "RESERVED", &request).await;
    println!("\nredeem: PostgreSQL with fsync, {CLIENTS} clients, {MEMBERS} wallets, {REWARDS} rewards; three rounds in turn");
    let mut ratios = [Vec::new(), Vec::new()];
    for round in 0..3 {
        let single = pgbench(&servers, &single_statement(&app.community.id.0.to_string()));
        let http = load::run(server.address, CLIENTS, RUN, "RESERVED", |n| request(n + (round + 1) * 10_000_000)).await;
        let multi = pgbench(&servers, &several_statements(&app.community.id.0.to_string()));
        println!(
            "  round {}: over HTTP {:.0}/s (median {:.1} ms, p99 {:.1} ms), pgbench one statement {single:.0}/s, pgbench several {multi:.0}/s",
            round + 1,
            http.per_second,
            http.median.as_secs_f64() * 1e3,
            http.p99.as_secs_f64() * 1e3
        );
        ratios[0].push(http.per_second / single);
        ratios[1].push(http.per_second / multi);
    }
    for ratio in &mut ratios {
        ratio.sort_by(f64::total_cmp);
    }
    report("redeem over HTTP ÷ pgbench, same single statement (bar 0.5), median", ratios[0][1], "×");
    report("redeem over HTTP ÷ pgbench, same steps as a transaction (aim 1), median", ratios[1][1], "×");
}

/// Transactions a second of a script.
fn pgbench(servers: &Guard, script: &str) -> f64 {
    let file = servers.dir.join("script.sql");
    fs::write(&file, script).expect("written");
    let (rest, _) = servers.postgres.rsplit_once('/').expect("a URL");
    let port = rest.rsplit_once(':').expect("a port").1;
    let output = Command::new(binary())
        .args([
            "-n",
            "-M",
            "prepared",
            "-h",
            "127.0.0.1",
            "-p",
            port,
            "-U",
            "qicai",
            "-c",
            &CLIENTS.to_string(),
            "-j",
            "2",
            "-T",
            &RUN.as_secs().to_string(),
            "-f",
        ])
        .arg(&file)
        .arg("postgres")
        .output()
        .expect("pgbench runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let tps =
        text.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next()).and_then(|number| number.parse().ok());
    tps.unwrap_or_else(|| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

fn binary() -> String {
    let known = (13..30).rev().map(|version| format!("/usr/lib/postgresql/{version}/bin/pgbench"));
    known.into_iter().find(|path| Path::new(path).exists()).unwrap_or_else(|| "pgbench".to_owned())
}

const VARIABLES: &str = "\\set w random(1, 2000)\n\\set r random(1, 200)\n";

/// The program's own statement with pgbench's random values in place of its parameters.
fn single_statement(community: &str) -> String {
    let values = values(community);
    // From the last parameter down, so that $1 is not taken for the beginning of $16.
    let text = (1..=16).rev().fold(REDEEM.to_owned(), |text, at| text.replace(&format!("${at}"), &values[at - 1]));
    let key = "WITH key AS MATERIALIZED (SELECT gen_random_uuid() AS id), op AS (";
    let text = text.replacen("WITH op AS (", key, 1);
    format!("{VARIABLES}{};\n", text.replace('\n', " "))
}

fn values(community: &str) -> [String; 16] {
    let bytes = "sha256((SELECT id FROM key)::text::bytea)";
    [
        format!("'{community}'::uuid"),
        "('redeem:' || (SELECT id FROM key)::text)".to_owned(),
        bytes.to_owned(),
        "(SELECT id FROM key)".to_owned(),
        id_sql(1, ":w"),
        "20261121".to_owned(),
        "1795000000000000".to_owned(),
        ":w::bigint".to_owned(),
        PRICE.to_string(),
        id_sql(3, ":r"),
        "1".to_owned(),
        "202611".to_owned(),
        id_sql(2, ":w"),
        bytes.to_owned(),
        // In the year 2100: what runs out would be given back while it is measured.
        "4102444800000000".to_owned(),
        "'{\"event\":\"redemption_changed\",\"redemption_id\":\"01930000-0000-7000-8000-000000000000\",\"state\":\"RESERVED\",\"account_id\": null}'"
            .to_owned(),
    ]
}

/// The same steps, each a statement, in one transaction.
fn several_statements(community: &str) -> String {
    let [community, key, hash, redemption, account, today, now, wallet, cost, reward, quantity, month, volunteer, pickup, expires, event] =
        values(community);
    let own = "gen_random_uuid()";
    let (key, hash) = (key.replace("(SELECT id FROM key)", own), hash.replace("(SELECT id FROM key)", own));
    let (redemption, pickup) = (redemption.replace("(SELECT id FROM key)", own), pickup.replace("(SELECT id FROM key)", own));
    format!(
        "{VARIABLES}BEGIN;\n\
         INSERT INTO operation (community_id, idem_key, request_hash, kind, cause_id, actor_id, business_date, created_at) VALUES ({community}, {key}, {hash}, 'REDEEM', {own}, {account}, {today}, {now}) ON CONFLICT (community_id, idem_key) DO NOTHING RETURNING id AS op \\gset\n\
         UPDATE wallet SET debits = debits + {cost}, version = version + 1 WHERE id = {wallet} AND community_id = {community} AND state = 'ACTIVE' AND debt = 0 RETURNING version, credits - debits AS balance \\gset\n\
         UPDATE reward SET stock = stock - {quantity} WHERE id = {reward} AND community_id = {community} AND state = 'ACTIVE' AND price * {quantity} = {cost} RETURNING stock \\gset\n\
         INSERT INTO entry (operation_id, wallet_id, wallet_version, delta, balance_after, contra, created_at) VALUES (:op, {wallet}, :version, -{cost}, :balance, 'SHOP', {now});\n\
         INSERT INTO redemption (id, community_id, volunteer_id, wallet_id, reward_id, operation_id, quantity, cost, quota_month, state, pickup_hash, expires_at, created_at) VALUES ({redemption}, {community}, {volunteer}, {wallet}, {reward}, :op, {quantity}, {cost}, {month}, 'RESERVED', {pickup}, {expires}, {now});\n\
         INSERT INTO outbox (topic, payload, created_at) VALUES ('redemption', {event}, {now});\n\
         COMMIT;\n"
    )
}
