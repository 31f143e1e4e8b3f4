//! The queue of a reviewer among ten thousand projects (`cargo bench -p tests -- review`): fifty rounds wait for each of two hundred reviewers, and each is
//! shown with who is on it, how many of how many have scored, its criteria and its project.

use domain::db::sql;
use sea_orm::ConnectionTrait;
use serde_json::json;
use support::TestApp;
use support::process::Process;
use support::servers::Guard;

use crate::stock::{self, id_sql};
use crate::{RUN, load, report};

/// Projects, each with a round of review.
const PROJECTS: u64 = 10_000;
/// Rounds that are open; with two and a half thousand of them some fifty wait for each reviewer.
const OPEN: u64 = 2_500;
/// Reviewers; each round has five of them, and needs three.
const REVIEWERS: u32 = 200;
const UNITS: u64 = 104;
/// Who asks at once.
const ASKING: usize = 8;
/// The screen "what waits for me" (待我评审): how many of how many have scored, and who is on each.
const QUEUE: &str = "{ reviewQueue { total panelRounds rounds(first: 50) { nodes { id title phase votes votesNeeded dueAt seats { accountId state } } \
                     pageInfo { hasNextPage endCursor } } } }";
/// The same with all that a reviewer reads before opening one.
const WHOLE: &str = "{ reviewQueue { total panelRounds rounds(first: 50) { nodes { id title phase votes votesNeeded dueAt seats { accountId state } \
                     criteria { code label weight } project { id title state progressBps } } pageInfo { hasNextPage endCursor } } } }";

/// Measures and prints.
pub async fn run() {
    let servers = Guard::start(&["all", "--durable"]);
    let app = stock::fill(&servers).await;
    fill(&app).await;
    let tokens = stock::tokens(&app, u64::from(REVIEWERS)).await;
    let server = Process::start(&servers.postgres, Some(&servers.redis)).await;
    println!("\nreview: {PROJECTS} projects, {OPEN} open rounds, {REVIEWERS} reviewers");
    let mut client = load::Client::connect(server.address).await;
    let mut waiting = 0;
    let ask = |text: &str, n: u64| (tokens[usize::try_from(n).unwrap_or(0) % tokens.len()].clone(), json!({ "query": text }).to_string());
    for n in 0..u64::from(REVIEWERS) {
        let (token, text) = ask(QUEUE, n);
        waiting += memchr::memmem::find_iter(client.post(&token, &text).await, b"\"votesNeeded\"").count();
    }
    let rows = u32::try_from(waiting).map_or(0.0, f64::from) / f64::from(REVIEWERS);
    report("rounds on a page, on average (at most 50)", rows, "");
    for (name, text) in [("progress and panel", QUEUE), ("with criteria and projects", WHOLE)] {
        let ask = |n: u64| ask(text, n);
        load::run(server.address, ASKING, RUN / 4, "\"votesNeeded\"", ask).await;
        let alone = load::run(server.address, 1, RUN / 2, "\"votesNeeded\"", ask).await;
        report(&format!("reviewQueue of 50, {name}, one at a time: half of them within"), alone.median.as_secs_f64() * 1e3, "ms");
        let asked = load::run(server.address, ASKING, RUN * 2, "\"votesNeeded\"", ask).await;
        report(&format!("reviewQueue of 50, {name}, {ASKING} at once: answers a second"), asked.per_second, "/s");
        report(&format!("reviewQueue of 50, {name}, {ASKING} at once: half of them within"), asked.median.as_secs_f64() * 1e3, "ms");
        report(&format!("reviewQueue of 50, {name}, {ASKING} at once: p99 (bar 30)"), asked.p99.as_secs_f64() * 1e3, "ms");
    }
}

/// The rows that some years of projects leave.
async fn fill(app: &TestApp) {
    let db = app.app.db.writer();
    for statement in [projects(), rounds(), ballots()].concat() {
        let values = [app.community.id.into(), app.community.region_id.into(), app.now().into()];
        // Every statement knows the three, whether it needs them or not.
        let text = format!("WITH known AS (SELECT $1::uuid AS community, $2::uuid AS region, $3::bigint AS now) {statement}");
        db.execute_raw(sql(db, &text, values)).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    db.execute_unprepared("VACUUM ANALYZE").await.expect("analysed");
}

fn projects() -> Vec<String> {
    let (unit, project) = (id_sql(4, "n"), id_sql(5, "n"));
    vec![
        format!(
            "INSERT INTO role_grant (id, account_id, role, region_id, created_at) SELECT gen_random_uuid(), {}, 'REVIEWER', region, now \
             FROM known, generate_series(1, {REVIEWERS}) n",
            id_sql(1, "n")
        ),
        format!(
            "INSERT INTO unit (id, community_id, name, kind, created_at) SELECT {unit}, community, '第' || n || '单位', 'COMPANY', now \
             FROM known, generate_series(1, {UNITS}) n"
        ),
        format!(
            "INSERT INTO project (id, community_id, region_id, owner_unit_id, applicant_id, title, summary, category, mode, contents, beneficiaries, budget, \
             funding_source, starts_on, ends_on, minutes_goal, yearly, state, created_at) SELECT {project}, community, region, {}, {}, '共建项目' || n, \
             repeat('为居民服务', 40), 'HEALTH', 'PAIRING', 'SERVICE,HYGIENE', 100, '约五千元', '单位自筹', 20260401, 20261231, 6000, FALSE, \
             CASE WHEN n <= {OPEN} THEN 'UNDER_REVIEW' ELSE (ARRAY['PUBLISHED', 'MATCHED', 'IN_PROGRESS', 'COMPLETED'])[1 + n % 4] END, now \
             FROM known, generate_series(1, {PROJECTS}) n",
            id_sql(4, &format!("(1 + n % {UNITS})")),
            id_sql(1, &format!("({REVIEWERS} + 1 + n % 1000)")),
        ),
        format!(
            "INSERT INTO project_milestone (project_id, position, title, weight, due_on, progress) SELECT {project}, k, '阶段' || k, 25, 20261231, \
             (n + k) % 101 FROM known, generate_series(1, {PROJECTS}) n CROSS JOIN generate_series(1, 4) k"
        ),
    ]
}

/// A round of each project; the open ones have up to two of three votes.
fn rounds() -> Vec<String> {
    let (project, round, pack) = (id_sql(5, "n"), id_sql(6, "n"), id_sql(7, "n"));
    let all = format!("FROM known, generate_series(1, {PROJECTS}) n");
    let applicant = id_sql(1, &format!("({REVIEWERS} + 1 + n % 1000)"));
    vec![
        format!(
            "INSERT INTO evidence_pack (id, community_id, subject_kind, subject_id, number, sha256, frozen_by, frozen_at) \
             SELECT {pack}, community, 'PROJECT', {project}, 1, sha256(n::text::bytea), {applicant}, now {all}"
        ),
        format!(
            "INSERT INTO review_round (id, community_id, region_id, subject_kind, subject_id, subject_ref, number, title, pack_id, policy_version, votes_needed, \
             panel_size, spread_limit_bps, phase, votes, due_at, remind_at, opened_by, opened_at, closed_at, mean_bps, spread_bps, verdict, published_at) \
             SELECT {round}, community, region, 'PROJECT', {project}, 'prj_' || n, 1, '共建项目' || n, {pack}, 0, 3, 5, 3000, \
             CASE WHEN n <= {OPEN} THEN 'SCORING' ELSE 'PUBLISHED' END, CASE WHEN n <= {OPEN} THEN n % 3 ELSE 3 END, now + 604800000000, \
             CASE WHEN n <= {OPEN} THEN now + 432000000000 END, {applicant}, now, CASE WHEN n > {OPEN} THEN now END, CASE WHEN n > {OPEN} THEN 8200 END, \
             CASE WHEN n > {OPEN} THEN 400 END, CASE WHEN n > {OPEN} THEN 'APPROVE' END, CASE WHEN n > {OPEN} THEN now END {all}"
        ),
        format!(
            "INSERT INTO review_criterion (round_id, position, code, label, weight) SELECT {round}, k, 'C' || k, '标准' || k, 25 {all} \
             CROSS JOIN generate_series(1, 4) k"
        ),
        format!("INSERT INTO review_stake (round_id, holder, holder_id) SELECT {round}, 'ACCOUNT', {applicant} {all}"),
        format!("INSERT INTO review_stake (round_id, holder, holder_id) SELECT {round}, 'UNIT', {} {all}", id_sql(4, &format!("(1 + n % {UNITS})"))),
    ]
}

/// Five seats of each round, and what those found who have scored.
fn ballots() -> Vec<String> {
    let (round, reviewer) = (id_sql(6, "n"), id_sql(1, &format!("(1 + (n * 7 + k * 41) % {REVIEWERS})")));
    let votes = format!("(CASE WHEN n <= {OPEN} THEN n % 3 ELSE 3 END)");
    let seats = format!("FROM known, generate_series(1, {PROJECTS}) n CROSS JOIN generate_series(0, 4) k");
    vec![
        format!(
            "INSERT INTO review_seat (round_id, account_id, state, seated_at, settled_at) SELECT {round}, {reviewer}, CASE WHEN k < {votes} THEN 'SCORED' \
             WHEN n <= {OPEN} THEN 'ACTIVE' ELSE 'RELEASED' END, now, CASE WHEN k < {votes} OR n > {OPEN} THEN now END {seats}"
        ),
        format!(
            "INSERT INTO review_vote (round_id, account_id, verdict, total_bps, voted_at) SELECT {round}, {reviewer}, 'APPROVE', 8200, now {seats} WHERE k < {votes}"
        ),
        format!(
            "INSERT INTO review_score (round_id, account_id, position, points) SELECT {round}, {reviewer}, p, 82 {seats} CROSS JOIN generate_series(1, 4) p \
             WHERE k < {votes}"
        ),
    ]
}
