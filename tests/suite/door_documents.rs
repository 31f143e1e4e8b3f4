//! Documents by text, by hash and by manifest; budgets; what the door says of itself.

use std::net::SocketAddr;
use std::time::Duration;

use api::server::{Manifest, Settings};
use domain::rate::Limit;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::http::{self, Reply};
use support::{Actor, TestApp, both};

const JSON: (&str, &str) = ("content-type", "application/json");
const STRICT: (&str, &str) = ("accept", "application/graphql-response+json");

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

async fn post(address: SocketAddr, body: &Value) -> Reply {
    http::send(address, "POST", "/graphql", &[JSON, STRICT], body.to_string().as_bytes()).await
}

fn code(reply: &Reply) -> String {
    reply.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

fn hashed(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

/// A manifest of documents, in a file as graphql-codegen writes it.
fn manifest(texts: &[&str]) -> Manifest {
    let entries: serde_json::Map<String, Value> = texts.iter().map(|text| (sha256(text), json!(text))).collect();
    let file = support::servers::scratch().join(format!("{}.json", sha256(&texts.concat())));
    std::fs::write(&file, Value::Object(entries).to_string()).expect("written");
    Manifest::read(&file).expect("a manifest")
}

both! {
    async fn a_document_is_known_by_its_hash_once_its_text_was_sent(app: TestApp) {
        let text = "query Hello($yes: Boolean!) { rateLimit @include(if: $yes) { cost } }";
        let by_hash = json!({ "variables": { "yes": true }, "extensions": hashed(&sha256(text)) });
        let unknown = post(app.address, &by_hash).await;
        assert_eq!((unknown.status, code(&unknown).as_str()), (400, "PERSISTED_QUERY_NOT_FOUND"));
        assert_eq!(unknown.json()["errors"][0]["message"], "PersistedQueryNotFound", "the text that clients look for");
        let mut with_text = by_hash.clone();
        with_text["query"] = json!(text);
        assert_eq!(post(app.address, &with_text).await.json()["data"]["rateLimit"]["cost"], 1);
        assert_eq!(post(app.address, &by_hash).await.json()["data"]["rateLimit"]["cost"], 1);
        let target = format!("/graphql?variables=%7B%22yes%22%3Atrue%7D&extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%22{}%22%7D%7D", sha256(text));
        assert_eq!(http::send(app.address, "GET", &target, &[], b"").await.json()["data"]["rateLimit"]["cost"], 1);

        let other_process = app.another_door(Settings::default());
        let there = post(other_process, &by_hash).await;
        let expected = if app.redis_url.is_some() { "" } else { "PERSISTED_QUERY_NOT_FOUND" };
        assert_eq!(code(&there), expected, "known everywhere where there is Redis");
        post(other_process, &with_text).await;
        assert_eq!(post(other_process, &by_hash).await.json()["data"]["rateLimit"]["cost"], 1);
    }

    async fn a_hash_cannot_be_made_to_stand_for_another_text(app: TestApp) {
        let (good, evil) = ("{ __typename }", "{ a: __typename }");
        let mismatch = post(app.address, &json!({ "query": evil, "extensions": hashed(&sha256(good)) })).await;
        assert_eq!((mismatch.status, code(&mismatch).as_str()), (400, "PERSISTED_QUERY_MISMATCH"));
        assert_eq!(code(&post(app.address, &json!({ "extensions": hashed(&sha256(good)) })).await), "PERSISTED_QUERY_NOT_FOUND");
        let bad = "{ nothing }";
        assert_eq!(code(&post(app.address, &json!({ "query": bad, "extensions": hashed(&sha256(bad)) })).await), "BAD_QUERY");
        assert_eq!(code(&post(app.address, &json!({ "extensions": hashed(&sha256(bad)) })).await), "PERSISTED_QUERY_NOT_FOUND", "what is wrong is not kept");
        for extensions in [json!({ "persistedQuery": { "version": 2, "sha256Hash": sha256(good) } }), hashed("abc"), hashed(&"g".repeat(64))] {
            assert_eq!(code(&post(app.address, &json!({ "query": good, "extensions": extensions })).await), "BAD_REQUEST", "{extensions}");
        }
        assert_eq!(code(&post(app.address, &json!({ "documentId": "md5:1" })).await), "BAD_REQUEST");
    }

    async fn where_only_trusted_documents_run_no_others_do(app: TestApp) {
        let text = "query Who { me { accountId } }";
        let closed = app.another_door(Settings { trusted: manifest(&[text]), only_trusted: true, ..Settings::default() });
        let amy = app.member("李小明").await;
        let there = amy.at(closed);
        for body in [json!({ "documentId": format!("sha256:{}", sha256(text)) }), json!({ "extensions": hashed(&sha256(text)) }), json!({ "query": text })] {
            assert_eq!(there.post(&body).await.json()["data"]["me"]["accountId"], json!(amy.account_id), "{body}");
        }
        let other = "{ __typename }";
        for body in [json!({ "query": other }), json!({ "query": other, "extensions": hashed(&sha256(other)) }), json!({ "extensions": hashed(&sha256(other)) })] {
            let refused = there.post(&body).await;
            assert_eq!((refused.status, code(&refused).as_str()), (403, "NOT_TRUSTED"), "{body}");
        }
        assert_eq!(manifest(&[text, "{ gone }"]).misfits().await.len(), 1, "a manifest that no longer fits is noticed");
    }

    async fn values_are_judged_anew_although_the_document_is_known(app: TestApp) {
        let amy = app.member("李小明").await;
        let text = "query($first: Int!, $metric: LeaderboardMetric!) { leaderboard(metric: $metric, period: ALL, first: $first) { total } }";
        let run = async |variables: Value| amy.run(text, variables).await;
        run(json!({ "first": 3, "metric": "POINTS" })).await.ok();
        for (variables, expected) in [
            (json!({ "first": "3", "metric": "POINTS" }), "BAD_INPUT"),
            (json!({ "first": 3_000_000_000_i64, "metric": "POINTS" }), "BAD_INPUT"),
            (json!({ "first": 3, "metric": "LIKES" }), "BAD_INPUT"),
            (json!({ "first": 3, "metric": null }), "BAD_INPUT"),
            (json!({ "first": 3 }), "BAD_INPUT"),
            (json!({ "first": 0, "metric": "POINTS" }), "PAGE_SIZE"),
        ] {
            assert_eq!(run(variables.clone()).await.code(), expected, "{variables}");
        }
        run(json!({ "first": 3, "metric": "MINUTES" })).await.ok();
        let input = "mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { id } }";
        let nested = amy.run(input, json!({ "input": { "rewardId": "x", "cost": "many", "idempotencyKey": "k" } })).await;
        assert_eq!((nested.code(), nested.field()), ("BAD_INPUT", "cost"));
    }

    async fn a_request_tells_its_cost_and_a_budget_ends(app: TestApp) {
        let small = app.another_door(Settings { budget: Limit::new(100, Duration::from_mins(10)), ..Settings::default() });
        let amy = app.member("李小明").await;
        let there = amy.at(small);
        let text = "{ leaderboard(metric: POINTS, period: ALL, first: 20) { total entries { rank } } rateLimit { cost limit remaining resetIn } }";
        let first = there.post(&json!({ "query": text })).await;
        let cost = &first.json()["extensions"]["cost"];
        assert_eq!(cost, &json!({ "requested": 22, "limit": 100, "remaining": 78 }));
        assert_eq!(first.json()["data"]["rateLimit"], json!({ "cost": 22, "limit": 100, "remaining": 78, "resetIn": 132 }));
        assert_eq!((first.header("x-ratelimit-cost"), first.header("x-ratelimit-remaining")), ("22", "78"));
        for _ in 0..3 {
            assert_eq!(there.post(&json!({ "query": text })).await.status, 200);
        }
        let refused = there.post(&json!({ "query": text })).await;
        assert_eq!((refused.status, code(&refused).as_str()), (429, "RATE_LIMITED"));
        let wait: u64 = refused.header("retry-after").parse().expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
        let bob = app.member("王芳").await.at(small);
        bob.run(text, json!({})).await.ok();
        let stranger = Actor::stranger(&app).at(small);
        assert_eq!(stranger.run("{ __typename }", json!({})).await.status, 200, "an address has a budget of its own");

        let dear = "{ activities(first: 100) { edges { node { sessions(first: 100) { edges { node { id } } } } } } }";
        let too_dear = there.post(&json!({ "query": dear })).await;
        assert_eq!(code(&too_dear), "QUERY_TOO_COMPLEX");
    }

    async fn guessing_passwords_is_slowed_down_for_known_and_unknown_phones(app: TestApp) {
        let login = "mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }";
        let stranger = Actor::stranger(&app);
        let mut codes = Vec::new();
        for _ in 0..25 {
            let input = json!({ "input": { "phone": "13900009999", "password": "guess0000", "device": "suite" } });
            codes.push(stranger.run(login, input).await.code().to_owned());
        }
        assert_eq!(codes.iter().filter(|code| *code == "RATE_LIMITED").count(), 5, "{codes:?}");
        assert_eq!(codes[..5].iter().filter(|code| *code == "LOGIN_FAILED").count(), 5, "{codes:?}");
        assert_eq!(codes[5..20].iter().filter(|code| *code == "LOGIN_LOCKED").count(), 15, "an unknown phone is locked as a known one is: {codes:?}");
    }

    async fn numbers_are_for_the_operator(app: TestApp) {
        let door = app.another_door(Settings { metrics_token: Some("let-me-in".to_owned()), ..Settings::default() });
        post(door, &json!({ "query": "query Counted { __typename }" })).await;
        let get = async |headers: &[(&str, &str)]| http::send(door, "GET", "/metrics", headers, b"").await;
        assert_eq!(get(&[]).await.status, 404);
        assert_eq!(get(&[("authorization", "Bearer let-me-out")]).await.status, 404);
        let page = get(&[("authorization", "Bearer let-me-in")]).await;
        assert!(page.text().contains("qicai_answers_total{operation=\"Counted\",code=\"OK\"} 1"), "{}", page.text());
        assert!(page.text().contains("qicai_outbox_lag_seconds"));
        let production = app.another_door(Settings::default());
        assert_eq!(http::send(production, "GET", "/metrics", &[], b"").await.status, 404, "without a token nobody reads them");
    }

    async fn pages_of_listed_sites_may_ask(app: TestApp) {
        let listed = app.another_door(Settings { origins: vec!["https://panel.example.cn".to_owned()], ..Settings::default() });
        let ask = async |address: SocketAddr, origin: &str| {
            let headers = [("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization,content-type")];
            http::send(address, "OPTIONS", "/graphql", &headers, b"").await
        };
        let allowed = ask(listed, "https://panel.example.cn").await;
        assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (200, "https://panel.example.cn"));
        assert!(allowed.header("access-control-allow-headers").contains("authorization"), "{:?}", allowed.headers);
        assert_eq!(allowed.header("access-control-allow-credentials"), "");
        let foreign = ask(listed, "https://evil.example").await;
        assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (400, ""));
        assert_eq!(ask(app.address, "http://localhost:5173").await.status, 200, "in development every page may");
    }

    async fn the_catalogue_of_codes_can_be_asked_for(app: TestApp) {
        let codes = Actor::stranger(&app).run("{ errorCodes { code zh en retryable } }", json!({})).await.ok();
        let list = codes.list("errorCodes");
        assert!(list.len() > 70);
        let readme = include_str!("../../README.md");
        for code in list {
            let row = format!("| `{}` | {} | {} |", code["code"].as_str().expect("a code"), code["en"].as_str().expect("English"), if code["retryable"] == true { "yes" } else { "" });
            assert!(readme.contains(&row), "README.md lacks the row {row}");
        }
    }
}
