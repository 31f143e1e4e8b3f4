//! Memory idle and under load, and how soon a restarted server answers.

use std::time::Instant;

use serde_json::json;
use support::process::Process;
use support::servers::Guard;

use crate::{CLIENTS, RUN, load, report, stock};

/// Measures and prints.
pub async fn run() {
    let servers = Guard::start(&["all", "--durable"]);
    let app = stock::fill(&servers).await;
    let tokens = stock::tokens(&app, 200).await;
    println!("\nsize");
    for (name, redis) in [("PostgreSQL and Redis", Some(servers.redis.as_str())), ("PostgreSQL alone", None)] {
        let mut server = Process::start(&servers.postgres, redis).await;
        tokio::time::sleep(RUN / 4).await;
        report(&format!("{name}: resident memory, idle (bar 40)"), resident(&server), "MiB");
        let text = json!({ "query": "{ rewards(first: 50) { edges { node { id title price stock } } } myPoints { balance passbook(first: 20) { edges { node { delta } } } } }" });
        let request = |n: u64| (tokens[usize::try_from(n).unwrap_or(0) % tokens.len()].clone(), text.to_string());
        let measured = load::run(server.address, CLIENTS * 4, RUN, "balance", request).await;
        report(&format!("{name}: resident memory under {} clients at {:.0}/s (bar 150)", CLIENTS * 4, measured.per_second), resident(&server), "MiB");
        server.kill();
        let mut times = Vec::new();
        for _ in 0..5 {
            let began = Instant::now();
            server.restart().await;
            load::Client::connect(server.address).await.post("", "{\"query\":\"{ __typename }\"}").await;
            times.push(began.elapsed().as_secs_f64());
            server.kill();
        }
        times.sort_by(f64::total_cmp);
        report(&format!("{name}: from start to first answer on a full database (bar 0.3)"), times[2], "s");
    }
}

/// Resident memory in MiB.
pub fn resident(server: &Process) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).expect("its status");
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().split(' ').next())
        .and_then(|kib| kib.parse::<f64>().ok());
    kib.expect("a figure") / 1024.0
}
