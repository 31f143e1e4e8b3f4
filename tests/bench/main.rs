//! Ratios against floors taken in the same run: `cargo build --release && cargo bench -p tests`, or one of them by name
//! (`cargo bench -p tests -- redeem`). Absolute figures belong to the machine; the ratios are what is promised.
//!
//! Load generator, server, PostgreSQL and Redis share the machine's processors, as the floors do.

mod award;
mod door;
mod floor;
mod leaderboard;
mod live;
mod load;
mod matching;
mod matching_city;
mod redeem;
mod review;
mod size;
mod stock;

use std::time::Duration;

/// How long each load runs.
pub const RUN: Duration = Duration::from_secs(8);
/// Clients at once.
pub const CLIENTS: usize = 16;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let Some(address) = arguments.first().and_then(|word| word.strip_prefix("--floor=")) {
        floor::serve(address);
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let asked = |name: &str| arguments.is_empty() || arguments.iter().any(|word| word == name);
    runtime.block_on(async {
        if asked("redeem") {
            redeem::run().await;
        }
        if asked("award") {
            award::run().await;
        }
        if asked("leaderboard") {
            leaderboard::run().await;
        }
        if asked("door") {
            door::run().await;
        }
        if asked("live") {
            live::run().await;
        }
        if asked("size") {
            size::run().await;
        }
        if asked("review") {
            review::run().await;
        }
        if asked("matching") {
            matching::run().await;
        }
    });
}

/// One line of the report.
pub fn report(what: &str, figure: f64, unit: &str) {
    println!("{what:<76} {figure:>12.2} {unit}");
}

/// The middle one of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
