//! The leaderboard's screen (top twenty with names, my place, my neighbours) on Redis against an empty field of the same size, and my place among a
//! million without Redis.

use domain::db::sql;
use domain::points::leaderboard::period;
use entity::leaderboard_board::BoardPeriod;
use sea_orm::ConnectionTrait;
use serde_json::json;
use support::TestApp;
use support::process::Process;
use support::servers::Guard;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::floor::Floor;
use crate::stock::{self, MEMBERS, id_sql};
use crate::{CLIENTS, RUN, load, median, report};

const SCREEN: &str = "{ leaderboard(metric: POINTS, period: ALL, first: 20) { entries { rank member name value me } me { rank value } neighbours { rank name value } total } }";
/// The same selection on the floor, which has the shape and no question behind it.
const SHAPE: &str = "{ leaderboard(first: 20) { entries { rank member name value me } me { rank value } neighbours { rank name value } total } }";

/// Measures and prints.
pub async fn run() {
    let servers = Guard::start(&["all", "--durable"]);
    let app = stock::fill(&servers).await;
    let board = board(&app).await;
    let tokens = stock::tokens(&app, 100).await;
    let screen = |n: u64| (tokens[usize::try_from(n).unwrap_or(0) % tokens.len()].clone(), json!({ "query": SCREEN }).to_string());

    scores(
        &app,
        board,
        "volunteer.id",
        "FROM volunteer, LATERAL (SELECT substr(volunteer.number, 2)::bigint AS n) AS s WHERE volunteer.number LIKE 'B%'",
        "s.n",
    )
    .await;
    let server = Process::start(&servers.postgres, Some(&servers.redis)).await;
    rebuilt(&servers).await;
    let floor = Floor::start().await;
    println!("\nleaderboard: {MEMBERS} members, {CLIENTS} clients; three rounds in turn");
    let (mut to_text, mut to_shape) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let on_redis = load::run(server.address, CLIENTS, RUN / 2, "neighbours", screen).await;
        let text = json!({ "query": format!("{{ text(size: {}) }}", on_redis.body.saturating_sub(20)) }).to_string();
        let text = load::run(floor.address, CLIENTS, RUN / 2, "xxx", |_| (String::new(), text.clone())).await;
        let shape = json!({ "query": SHAPE }).to_string();
        let shape = load::run(floor.address, CLIENTS, RUN / 2, "neighbours", |_| (String::new(), shape.clone())).await;
        println!(
            "  on Redis {:.0}/s (p99 {:.1} ms, {} bytes), empty field {:.0}/s ({} bytes), the same shape from nothing {:.0}/s",
            on_redis.per_second,
            on_redis.p99.as_secs_f64() * 1e3,
            on_redis.body,
            text.per_second,
            text.body,
            shape.per_second
        );
        to_text.push(on_redis.per_second / text.per_second);
        to_shape.push(on_redis.per_second / shape.per_second);
    }
    report("leaderboard screen on Redis ÷ empty field of the same size (bar 0.5), median", median(to_text), "×");
    report("leaderboard screen on Redis ÷ the same shape from a bare handler, median", median(to_shape), "×");
    drop(server);

    million(&app, board).await;
    let server = Process::start(&servers.postgres, None).await;
    load::run(server.address, 1, RUN / 8, "\"me\"", screen).await;
    let place = |n: u64| {
        let text = "{ leaderboard(metric: POINTS, period: ALL, first: 1) { me { rank value } } }";
        (tokens[usize::try_from(n).unwrap_or(0) % tokens.len()].clone(), json!({ "query": text }).to_string())
    };
    let alone = load::run(server.address, 1, RUN / 2, "\"rank\"", place).await;
    report("my place among 1,000,000 without Redis, over HTTP, median (bar 20)", alone.median.as_secs_f64() * 1e3, "ms");
    report("my place among 1,000,000 without Redis, over HTTP, p99 (bar 20)", alone.p99.as_secs_f64() * 1e3, "ms");
}

/// The board of all people of the community since the beginning.
async fn board(app: &TestApp) -> i64 {
    let db = app.app.db.writer();
    let statement =
        "INSERT INTO leaderboard_board (period, period_key, scope_id, colour, subject) VALUES ('ALL', 0, $1, '', 'VOLUNTEER') RETURNING id";
    let row = db.query_one_raw(sql(db, statement, [app.community.region_id.into()])).await.expect("a board").expect("a row");
    row.try_get("", "id").expect("an id")
}

/// Gives members scores: totals strewn over five thousand values.
async fn scores(app: &TestApp, board: i64, member: &str, from: &str, n: &str) {
    let db = app.app.db.writer();
    let packed = period::pack(BoardPeriod::All, 1, 0);
    let bits = packed.ilog2();
    let statement = format!(
        "INSERT INTO leaderboard_score (board_id, member_id, points, minutes, points_score, minutes_score) \
         SELECT {board}, {member}, 1 + ({n}::bigint * 7919) % 5000, 0, ((1 + ({n}::bigint * 7919) % 5000)::bigint << {bits}) + 1000000 - ({n}::bigint % 1000000), 0 {from} \
         ON CONFLICT DO NOTHING"
    );
    db.execute_unprepared(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    db.execute_unprepared("TRUNCATE leaderboard_histogram").await.expect("emptied");
    for step in [1, 1024] {
        let histogram = format!(
            "INSERT INTO leaderboard_histogram (board_id, metric, step, total, members) \
             SELECT board_id, 'POINTS', {step}, points - points % {step}, COUNT(*) FROM leaderboard_score GROUP BY board_id, points - points % {step}"
        );
        db.execute_unprepared(&histogram).await.expect("a histogram");
    }
}

/// A million members on the same board.
async fn million(app: &TestApp, board: i64) {
    let from = format!("FROM generate_series({}, 1000000) n", MEMBERS + 1);
    scores(app, board, &id_sql(2, "n"), &from, "n").await;
    for table in ["leaderboard_score", "leaderboard_histogram"] {
        app.app.db.writer().execute_unprepared(&format!("VACUUM ANALYZE {table}")).await.expect("analysed");
    }
}

/// Waits until the server's relay has found Redis empty and brought the order into it.
async fn rebuilt(servers: &Guard) {
    let address = servers.redis.rsplit('/').next().expect("an address").to_owned();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(&address).await.expect("Redis answers");
        stream.write_all(b"DBSIZE\r\n").await.expect("asked");
        let mut answer = [0; 32];
        let length = stream.read(&mut answer).await.expect("answered");
        if String::from_utf8_lossy(&answer[1..length]).trim().parse::<u64>().is_ok_and(|keys| keys >= 3) {
            return;
        }
        tokio::time::sleep(RUN / 80).await;
    }
    panic!("the relay does not rebuild");
}
