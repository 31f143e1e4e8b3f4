//! The whole door (limits, documents, variables, cost, budget, token, log, numbers) around a field without a question behind it, against the same
//! field through a bare handler; and the same by a trusted document.

use serde_json::json;
use support::process::Process;
use support::servers::{Guard, scratch};

use crate::floor::Floor;
use crate::{CLIENTS, RUN, load, median, report, stock};

const EMPTY: &str = "query Empty { rateLimit { limit remaining cost resetIn } }";

/// Rounds: short and many, since what else a machine does lasts longer than a round.
const ROUNDS: usize = 11;

/// Measures and prints.
pub async fn run() {
    let servers = Guard::start(&["all", "--durable"]);
    let app = stock::fill(&servers).await;
    let tokens = stock::tokens(&app, 100).await;
    let token = |n: u64| tokens[usize::try_from(n).unwrap_or(0) % tokens.len()].clone();
    let hash: String = sha256(EMPTY);
    let manifest = scratch().join("documents.json");
    std::fs::write(&manifest, json!({ (hash.as_str()): EMPTY }).to_string()).expect("a manifest");
    let manifest = manifest.to_string_lossy().into_owned();
    let server = Process::start_with(&servers.postgres, Some(&servers.redis), &[("QICAI_DOCUMENTS", &manifest)]).await;
    let floor = Floor::start().await;
    println!("\ndoor: {CLIENTS} clients; {ROUNDS} rounds in turn");
    let inline = json!({ "query": EMPTY }).to_string();
    let trusted = json!({ "documentId": format!("sha256:{hash}") }).to_string();
    let (mut by_text, mut by_id) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let bare = load::run(floor.address, CLIENTS, RUN / 4, "resetIn", |n| (token(n), inline.clone())).await;
        let text = load::run(server.address, CLIENTS, RUN / 4, "resetIn", |n| (token(n), inline.clone())).await;
        let id = load::run(server.address, CLIENTS, RUN / 4, "resetIn", |n| (token(n), trusted.clone())).await;
        println!(
            "  bare {:.0}/s (p99 {:.1} ms), door {:.0}/s (p99 {:.1} ms), door by trusted document {:.0}/s (p99 {:.1} ms)",
            bare.per_second,
            bare.p99.as_secs_f64() * 1e3,
            text.per_second,
            text.p99.as_secs_f64() * 1e3,
            id.per_second,
            id.p99.as_secs_f64() * 1e3
        );
        by_text.push(text.per_second / bare.per_second);
        by_id.push(id.per_second / bare.per_second);
    }
    report("an empty field through the whole door ÷ a bare handler (bar 0.7), median", median(by_text), "×");
    report("the same by a trusted document ÷ a bare handler with the text (bar 1), median", median(by_id), "×");
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(text.as_bytes()))
}
