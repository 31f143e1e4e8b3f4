//! A stocked community on PostgreSQL: two thousand members with points, two hundred rewards, all with ids that a script can work out.

use domain::db::{Db, sql};
use domain::people::session;
use domain::tx::Clock;
use entity::id::AccountId;
use sea_orm::ConnectionTrait;
use support::servers::Guard;
use support::{Backend, TestApp, seed};
use uuid::Uuid;

/// Members with a wallet.
pub const MEMBERS: u64 = 2_000;
/// Rewards in stock.
pub const REWARDS: u64 = 200;
/// Price of each reward.
pub const PRICE: i64 = 10;

/// The `n`-th id of a kind.
#[must_use]
pub fn id(kind: u64, n: u64) -> Uuid {
    Uuid::parse_str(&format!("0000000{kind}-0000-7000-8000-{n:012}")).expect("an id")
}

/// The same in SQL, of a pgbench variable or a column.
#[must_use]
pub fn id_sql(kind: u64, n: &str) -> String {
    format!("('0000000{kind}-0000-7000-8000-' || lpad({n}::text, 12, '0'))::uuid")
}

/// Makes the schema and fills it.
pub async fn fill(servers: &Guard) -> TestApp {
    let db = Db::connect(&servers.postgres, 4, Clock::System).await.expect("the database opens");
    db.migrate().await.expect("the schema is made");
    seed::community(&support::app::assemble(db, None)).await;
    let app = TestApp::open(Backend::Postgres, servers.postgres.clone(), None, "bench".to_owned(), Clock::System).await;
    let db = app.app.db.writer();
    let (community, region) = (app.community.id, app.community.region_id);
    let now = app.now();
    let account = id_sql(1, "n");
    let volunteer = id_sql(2, "n");
    let reward = id_sql(3, "n");
    for statement in [
        format!(
            "INSERT INTO account (id, community_id, phone_index, phone_sealed, created_at) SELECT {account}, $1, ('p' || n)::bytea, ''::bytea, $3::bigint FROM generate_series(1, {MEMBERS}) n WHERE $2::uuid IS NOT NULL"
        ),
        format!(
            "INSERT INTO volunteer (id, community_id, account_id, number, name, birth_date, region_id, publishes_name, state, created_at) SELECT {volunteer}, $1, {account}, 'B' || n, '张三', 19800101, $2, FALSE, 'ACTIVE', $3::bigint FROM generate_series(1, {MEMBERS}) n"
        ),
        format!(
            "INSERT INTO wallet (id, community_id, volunteer_id, credits) SELECT n, $1, {volunteer}, 1000000000 FROM generate_series(1, {MEMBERS}) n WHERE $2::uuid IS NOT NULL AND $3::bigint IS NOT NULL"
        ),
        format!(
            "INSERT INTO role_grant (id, account_id, role, region_id, created_at) SELECT gen_random_uuid(), {account}, 'VOLUNTEER', $2, $3::bigint FROM generate_series(1, {MEMBERS}) n WHERE $1::uuid IS NOT NULL"
        ),
        format!(
            "INSERT INTO reward (id, community_id, title, description, category, pickup_place, price, stock, loaded, state, created_at) SELECT {reward}, $1, '大米', '', 'FOOD', '服务中心', {PRICE}, 1000000000, 1000000000, 'ACTIVE', $3::bigint FROM generate_series(1, {REWARDS}) n WHERE $2::uuid IS NOT NULL"
        ),
    ] {
        db.execute_raw(sql(db, &statement, [community.into(), region.into(), now.into()]))
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    db.execute_unprepared("VACUUM ANALYZE").await.expect("analysed");
    app
}

/// Access tokens of the first `count` members.
pub async fn tokens(app: &TestApp, count: u64) -> Vec<String> {
    let mut tokens = Vec::new();
    let tx = app.tx().await;
    let mut started = Vec::new();
    for n in 1..=count {
        started.push(session::start(&tx, AccountId(id(1, n)), "bench").await.expect("a session"));
    }
    tx.commit().await.expect("committed");
    for session in started {
        tokens.push(app.app.sessions.sign_in(session, app.now()).expect("a token").access_token);
    }
    tokens
}
