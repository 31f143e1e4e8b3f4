//! Matching: quality and speed of a plan, latency of suggestions, growth and fairness (`cargo bench -p tests -- matching`), first from PostgreSQL and
//! over HTTP, then on plain data.
//!
//! `bench/judge/run` has the plans judged by an outside exact solver; for it, `cargo bench -p tests -- matching judge=FILE` writes 200 seeded
//! instances with what the plan, the greedy rule and the order of arrival chose, and measures nothing.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use domain::exchange::matching::Market;
use domain::exchange::matching::instance::{Edge, Instance, UNTIMED};
use domain::exchange::matching::load;
use domain::exchange::matching::plan;
use domain::exchange::matching::problem::Problem;
use entity::id::NeedId;
use serde_json::json;
use support::TestApp;
use support::city::{City, Supply};
use support::process::Process;
use support::servers::Guard;

use crate::{RUN, matching_city, median, report, stock};

/// Instances for the judge of each family.
const SEEDS: u64 = 50;
/// Who asks for suggestions at once.
const ASKING: usize = 8;

/// Measures and prints, or writes for the judge.
pub async fn run() {
    let path = std::env::args().find_map(|word| word.strip_prefix("judge=").map(str::to_owned));
    match path {
        Some(path) => write_instances(&path).expect("a file to write to"),
        None => {
            println!("\nmatching");
            stored().await;
            growth();
            suggestions();
            fairness();
        }
    }
}

/// The same from rows: reading a community and planning it, and suggestions over HTTP.
async fn stored() {
    let servers = Guard::start(&["all", "--durable"]);
    let app = matching_city::fill(&servers).await;
    let (mut read, mut planned, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        let began = Instant::now();
        let loaded = load::community(app.app.db.reader(), app.community.id, app.now()).await.map_err(|error| format!("{error:?}")).expect("read");
        read.push(began.elapsed().as_secs_f64());
        let (needs, helpers) = (loaded.needs.len(), loaded.helpers.len());
        let (plan, took) = tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            (loaded.market.plan(), began.elapsed().as_secs_f64())
        })
        .await
        .expect("a plan");
        planned.push(took);
        whole.push(began.elapsed().as_secs_f64());
        let places: u32 = plan.open.iter().map(|(_, places)| u32::from(*places)).sum();
        println!(
            "  {needs} needs, {helpers} helpers: {} proposals, {places} places open, gap {:.4} %",
            plan.proposals.len(),
            f64::from(plan.gap_ppm) / 10_000.0
        );
    }
    report("10 k needs × 100 k volunteers: reading from PostgreSQL, and the index", median(read), "s");
    report("10 k needs × 100 k volunteers: candidates and plan, once read (bar 0.5)", median(planned), "s");
    report("10 k needs × 100 k volunteers: all together (bar 2)", median(whole), "s");
    report("largest resident memory so far (bar 1024)", peak(), "MiB");
    over_http(&servers, &app).await;
}

/// Suggestions among a hundred thousand volunteers, each for another need, asked by eight at once.
async fn over_http(servers: &Guard, app: &TestApp) {
    const QUESTION: &str =
        "query($id: ID!) { suggestions(needId: $id, first: 10) { volunteer { number name } startsAt score reasons { kind micros } } }";
    let tokens = stock::tokens(app, matching_city::STAFF).await;
    let server = Process::start(&servers.postgres, Some(&servers.redis)).await;
    let ask = |n: u64| {
        let need = NeedId(stock::id(7, 1 + n.wrapping_mul(7_919) % matching_city::NEEDS)).to_string();
        (tokens[usize::try_from(n).unwrap_or(0) % tokens.len()].clone(), json!({ "query": QUESTION, "variables": { "id": need } }).to_string())
    };
    let first = load_of(server.address, 1, RUN / 80, ask).await;
    report("suggestions over HTTP: the very first answer", first.median.as_secs_f64() * 1e3, "ms");
    load_of(server.address, ASKING, RUN / 2, ask).await;
    let alone = load_of(server.address, 1, RUN / 2, ask).await;
    report("suggestions over HTTP among 100 k, one at a time: half of them within", alone.median.as_secs_f64() * 1e3, "ms");
    report("suggestions over HTTP among 100 k, one at a time: p99", alone.p99.as_secs_f64() * 1e3, "ms");
    // Longer than a market rests, so that it is read anew meanwhile.
    let asked = load_of(server.address, ASKING, RUN * 8, ask).await;
    report(&format!("suggestions over HTTP among 100 k, {ASKING} at once: answers a second"), asked.per_second, "/s");
    report(&format!("suggestions over HTTP among 100 k, {ASKING} at once: half of them within"), asked.median.as_secs_f64() * 1e3, "ms");
    report(&format!("suggestions over HTTP among 100 k, {ASKING} at once: p99 (bar 10)"), asked.p99.as_secs_f64() * 1e3, "ms");
}

async fn load_of(address: std::net::SocketAddr, clients: usize, span: Duration, ask: impl Fn(u64) -> (String, String)) -> crate::load::Measured {
    crate::load::run(address, clients, span, "\"suggestions\":[", ask).await
}

fn growth() {
    for supply in [Supply::Ample, Supply::Scarce] {
        let mut before: Option<f64> = None;
        for thousand in [1, 2, 5, 10] {
            let problem = City { seed: 7, helpers: thousand * 10_000, needs: thousand * 1_000, grids: 118, supply }.build();
            let wanted: u32 = problem.needs.iter().map(|need| u32::from(need.places)).sum();
            let seconds = |problem: &Problem| {
                let problem = problem.clone();
                let began = Instant::now();
                let market = Market::new(problem).expect("a sound problem");
                let indexed = began.elapsed().as_secs_f64();
                let plan = market.plan();
                (indexed, began.elapsed().as_secs_f64(), plan)
            };
            let runs: Vec<_> = (0..5).map(|_| seconds(&problem)).collect();
            let plan = &runs[0].2;
            assert!(runs.iter().all(|run| run.2 == *plan), "the same problem, the same plan");
            let name = format!("{thousand} k needs × {} k helpers, {supply:?} supply", thousand * 10);
            let middle = median(runs.iter().map(|run| run.1).collect());
            report(&format!("{name}: the index, a part of loading"), median(runs.iter().map(|run| run.0).collect()), "s");
            report(&format!("{name}: candidates and plan (bar 0.5 at 10 k)"), median(runs.iter().map(|run| run.1 - run.0).collect()), "s");
            report(&format!("{name}: both"), middle, "s");
            let each = middle / f64::from(thousand);
            report(&format!("{name}: time for each need against the row above"), before.map_or(1.0, |before| each / before), "times");
            before = Some(each);
            report(&format!("{name}: candidate edges"), f64::from(plan.candidates), "");
            report(&format!("{name}: places filled of {wanted}"), plan.proposals.len() as f64, "");
            report(&format!("{name}: certified gap"), f64::from(plan.gap_ppm) / 10_000.0, "%");
        }
    }
    report("largest resident memory (bar 1024)", peak(), "MiB");
}

/// The most memory that this process ever had, in MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    line.trim().split(' ').next().and_then(|kib| kib.parse::<f64>().ok()).expect("a figure") / 1024.0
}

fn suggestions() {
    for supply in [Supply::Ample, Supply::Scarce] {
        let market = Market::new(City { seed: 7, helpers: 100_000, needs: 10_000, grids: 118, supply }.build()).expect("a sound problem");
        let mut times: Vec<f64> = std::thread::scope(|scope| {
            let asking = |first: usize| {
                let market = &market;
                move || {
                    let ask = |need| {
                        let began = Instant::now();
                        let found = market.suggestions(need, 20);
                        assert!(found.len() <= 20);
                        began.elapsed().as_secs_f64() * 1_000.0
                    };
                    (0..10_000).skip(first).step_by(ASKING).map(ask).collect::<Vec<_>>()
                }
            };
            let threads: Vec<_> = (0..ASKING).map(|first| scope.spawn(asking(first))).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("its times")).collect()
        });
        times.sort_by(f64::total_cmp);
        report(&format!("suggestions among 100 k, {supply:?}, {ASKING} at once: half of them within"), times[times.len() / 2], "ms");
        report(&format!("suggestions among 100 k, {supply:?}, {ASKING} at once: p99 (bar 10)"), times[times.len() * 99 / 100], "ms");
        let began = Instant::now();
        let asked = (0..100).map(|helper| market.suggestions_for(helper * 997, 20).len()).sum::<usize>();
        assert!(asked > 0);
        report(&format!("needs for one helper among 10 k, {supply:?}: mean"), began.elapsed().as_secs_f64() * 10.0, "ms");
    }
}

/// Twelve months of the same community: what was planned weighs on the next plan.
fn fairness() {
    for rotating in [true, false] {
        let mut problem = City { seed: 7, helpers: 10_000, needs: 1_000, grids: 118, supply: Supply::Ample }.build();
        if !rotating {
            problem.policy = problem.policy.without_rotation();
        }
        let mut proposals = vec![0_u32; problem.helpers.len()];
        for helper in &mut problem.helpers {
            (helper.minutes_recent, helper.last_asked) = (0, None);
        }
        for month in 0..12 {
            let plan = Market::new(problem.clone()).expect("a sound problem").plan();
            for helper in &mut problem.helpers {
                helper.minutes_recent /= 2;
                helper.last_asked = helper.last_asked.map(|day| day - 28);
            }
            for proposal in &plan.proposals {
                let helper = &mut problem.helpers[proposal.helper as usize];
                helper.minutes_recent += u32::from(proposal.span.to - proposal.span.from) * 30;
                helper.last_asked = Some(problem.horizon.first);
                proposals[proposal.helper as usize] += 1;
            }
            let next = City { seed: 100 + month, helpers: 10_000, needs: 1_000, grids: 118, supply: Supply::Ample }.build();
            problem.needs = next.needs;
        }
        let load: Vec<_> = proposals.iter().map(|count| (*count, u64::from(*count))).collect();
        let fairness = domain::exchange::matching::fairness::measure(&load);
        let name = if rotating { "with rotation" } else { "without rotation" };
        report(&format!("a year {name}: share of proposals to the busiest 1 %"), f64::from(fairness.busiest_ppm) / 10_000.0, "%");
        report(&format!("a year {name}: Gini of proposals"), f64::from(fairness.gini_ppm) / 1_000_000.0, "");
        report(&format!("a year {name}: helpers asked at all, of 10000"), f64::from(fairness.asked), "");
    }
}

/// Families of instances: how many needs and helpers, and what supply.
const FAMILIES: [(&str, u32, u32, Supply); 4] = [
    ("ample", 150, 1_500, Supply::Ample),
    ("scarce", 150, 600, Supply::Scarce),
    ("crowded", 150, 150, Supply::Ample),
    ("starved", 200, 200, Supply::Scarce),
];

fn write_instances(path: &str) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for (family, needs, helpers, supply) in FAMILIES {
        for seed in 0..SEEDS {
            let problem = City { seed, helpers, needs, grids: 24, supply }.build();
            let market = Market::new(problem).expect("a sound problem");
            let instance = market.instance();
            let solution = plan::solve(&instance);
            let taken = |taken: &[bool]| -> Vec<usize> { (0..taken.len()).filter(|at| taken[*at]).collect() };
            let edges: Vec<_> = instance.edges.iter().map(|edge| (edge.need, edge.calendar, edge.score, edge.from, edge.to, edge.week)).collect();
            let used = instance.edges.iter().map(|edge| edge.calendar);
            let limits = used.map(|calendar| (calendar.to_string(), instance.limits[calendar as usize]));
            let limits: serde_json::Map<_, _> = limits.map(|(name, row)| (name, json!([row.minutes, row.places, row.total]))).collect();
            let line = json!({
                "family": family, "seed": seed, "places": instance.places, "limits": limits, "edges": edges, "bound": solution.bound,
                "choices": {
                    "plan": taken(&solution.taken),
                    "greedy": taken(&one_by_one(&instance, by_score(&instance))),
                    "arrival": taken(&one_by_one(&instance, by_arrival(&instance, market.problem()))),
                },
            });
            writeln!(file, "{line}")?;
        }
    }
    file.flush()
}

/// The best pairs of all first.
fn by_score(instance: &Instance) -> Vec<usize> {
    let mut order: Vec<usize> = (0..instance.edges.len()).collect();
    order.sort_by_key(|at| Reverse(instance.edges[*at].score));
    order
}

/// The oldest needs first, each with its best pairs.
fn by_arrival(instance: &Instance, problem: &Problem) -> Vec<usize> {
    let mut order: Vec<usize> = (0..instance.edges.len()).collect();
    order.sort_by_key(|at| problem.needs[instance.edges[*at].need as usize].published_at);
    order
}

/// Takes one edge after another, wherever there is room.
fn one_by_one(instance: &Instance, order: Vec<usize>) -> Vec<bool> {
    let mut taken = vec![false; instance.edges.len()];
    let mut filled = vec![0; instance.places.len()];
    let mut held: Vec<Vec<Edge>> = vec![Vec::new(); instance.limits.len()];
    for at in order {
        let edge = instance.edges[at];
        let (need, calendar) = (edge.need as usize, edge.calendar as usize);
        let (limits, own) = (&instance.limits[calendar], &held[calendar]);
        let in_week = || own.iter().filter(|other| other.week == edge.week && edge.week != UNTIMED);
        let week = usize::from(edge.week);
        let room = own.len() < usize::from(limits.total)
            && own.iter().all(|other| !edge.overlaps(other))
            && (edge.week == UNTIMED
                || in_week().count() < usize::from(limits.places[week])
                    && in_week().map(Edge::minutes).sum::<u16>() + edge.minutes() <= limits.minutes[week]);
        if filled[need] < instance.places[need] && room {
            taken[at] = true;
            filled[need] += 1;
            held[calendar].push(edge);
        }
    }
    taken
}
