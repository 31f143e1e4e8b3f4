//! A made-up city in PostgreSQL: a hundred thousand volunteers and ten thousand needs in 118 grids, as the rows that a year of use would have left.
//!
//! Skewed as real ones are: a few grids and skills have most of both, weekends are freer than weekdays. The same every time but for the day.

use domain::db::sql;
use sea_orm::ConnectionTrait;
use support::TestApp;
use support::servers::Guard;

use crate::stock::{self, id_sql};

/// Volunteers who said what they can do.
pub const VOLUNTEERS: u64 = 100_000;
/// Needs that wait for help.
pub const NEEDS: u64 = 10_000;
/// Administrators, who ask.
pub const STAFF: u64 = 100;
const AREAS: u64 = 12;
const GRIDS: u64 = 118;
const DAY: &str = "86400000000::bigint";

/// A number below `limit` that a row always has: `salt` tells the numbers of one row apart.
fn dice(row: &str, salt: u32, limit: u64) -> String {
    format!("((hashint8extended({row}::bigint, {salt}) & 9223372036854775807) % {limit})")
}

/// The same, small ones more often.
fn skewed(row: &str, salt: u32, limit: u64) -> String {
    format!("(floor({limit} * power({} / 1000000.0, 2))::bigint)", dice(row, salt, 1_000_000))
}

/// Makes the schema and fills it.
pub async fn fill(servers: &Guard) -> TestApp {
    let app = stock::fill(servers).await;
    let db = app.app.db.writer();
    // Midnight in China.
    let today = app.now().business_date().starts_at();
    let statements = [places(), people(), supply(), history(), teams(), needs(), matches()].concat();
    for statement in statements {
        let values = [app.community.id.into(), app.community.region_id.into(), app.now().into(), today.into()];
        // Every statement knows the four, whether it needs them or not.
        let text = format!("WITH known AS (SELECT $1::uuid AS community, $2::uuid AS region, $3::bigint AS now, $4::bigint AS today) {statement}");
        db.execute_raw(sql(db, &text, values)).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    db.execute_unprepared("VACUUM ANALYZE").await.expect("analysed");
    app
}

/// Areas, grids, and eighteen skills beside those that every community begins with.
fn places() -> Vec<String> {
    let (area, grid) = (id_sql(4, "n"), id_sql(5, "n"));
    let area_of_grid = id_sql(4, &format!("(1 + n % {AREAS})"));
    let region = |id: &str, parent: &str, name: &str, count: u64| {
        format!(
            "INSERT INTO region (id, parent_id, community_id, edition, name, kind, depth, path, created_at) \
             SELECT {id}, p.id, community, 2023, '{name}' || n, 'LEVEL', p.depth + 1, p.path || {id} || '/', now \
             FROM known, generate_series(1, {count}) n JOIN region p ON p.id = {parent}"
        )
    };
    vec![
        region(&area, "(SELECT region FROM known)", "片区", AREAS),
        region(&grid, &area_of_grid, "网格", GRIDS),
        "INSERT INTO taxonomy_term (id, community_id, kind, code, label, coefficient_bps, position, created_at) \
         SELECT gen_random_uuid(), community, 'SKILL', 'SKILL_' || n, '特长' || n, 10000, 100 + n, now FROM known, generate_series(1, 18) n"
            .to_owned(),
        format!(
            "INSERT INTO role_grant (id, account_id, role, region_id, created_at) SELECT gen_random_uuid(), {}, 'ADMIN', region, now \
             FROM known, generate_series(1, {STAFF}) n",
            id_sql(1, "n")
        ),
    ]
}

fn people() -> Vec<String> {
    let home = id_sql(5, &format!("(1 + {})", skewed("n", 1, GRIDS)));
    vec![format!(
        "INSERT INTO volunteer (id, community_id, number, name, birth_date, region_id, publishes_name, state, minutes, created_at) \
         SELECT {}, community, 'C' || n, '李四', 19460101 + {} * 10000, {home}, FALSE, 'ACTIVE', {}, now FROM known, generate_series(1, {VOLUNTEERS}) n",
        id_sql(6, "n"),
        dice("n", 2, 68),
        skewed("n", 3, 12_000),
    )]
}

/// What they said they can do: two and a half skills each, five times of the week, now and then a day away, a licence for one in five.
fn supply() -> Vec<String> {
    let volunteer = id_sql(6, "n");
    let all = format!("generate_series(1, {VOLUNTEERS}) n");
    vec![
        format!(
            "INSERT INTO volunteer_supply (volunteer_id, community_id, reach, weekly_tasks_max, weekly_minutes_max, latitude, longitude, paused_until, \
             updated_at) SELECT {volunteer}, community, (ARRAY['GRID', 'AREA', 'COMMUNITY'])[1 + {}], 1 + {}, 120 + 60 * {}, 28112000 + 2000 * {}, \
             112988000 + 2000 * {}, CASE WHEN {} < 6 THEN to_char(to_timestamp(now / 1000000.0) + interval '9 days', 'YYYYMMDD')::int END, now - 1 \
             FROM known, {all}",
            dice("n", 10, 3),
            dice("n", 11, 3),
            dice("n", 12, 7),
            dice("n", 13, 30),
            dice("n", 14, 30),
            dice("n", 15, 100),
        ),
        format!(
            "INSERT INTO volunteer_skill (volunteer_id, code) SELECT DISTINCT {volunteer}, t.code FROM known, {all} CROSS JOIN generate_series(0, 3) k \
             JOIN (SELECT code, row_number() OVER (ORDER BY position, code) - 1 AS at FROM taxonomy_term WHERE kind = 'SKILL' \
             AND community_id = (SELECT community FROM known)) t ON t.at = {} WHERE k <= {}",
            skewed("(n * 4 + k)", 20, 30),
            dice("n", 21, 4),
        ),
        format!(
            "INSERT INTO volunteer_hours (volunteer_id, weekday, starts, ends) SELECT {volunteer}, d, (ARRAY[480, 840, 1080])[p], \
             (ARRAY[720, 1080, 1260])[p] FROM {all} CROSS JOIN generate_series(1, 7) d CROSS JOIN generate_series(1, 3) p \
             WHERE {} < CASE WHEN d > 5 THEN 42 ELSE 17 END",
            dice("(n * 21 + d * 3 + p)", 22, 100),
        ),
        format!(
            "INSERT INTO volunteer_exception (volunteer_id, date, starts, ends, available) SELECT {volunteer}, \
             to_char(to_timestamp(now / 1000000.0) + {} * interval '1 day', 'YYYYMMDD')::int, 0, 1440, FALSE FROM known, {all} WHERE {} < 20",
            dice("n", 23, 27),
            dice("n", 24, 100),
        ),
        format!(
            "INSERT INTO volunteer_qualification (volunteer_id, code, verified_by, verified_at, valid_until) SELECT {volunteer}, t.code, {}, now - 1, \
             CASE WHEN {} < 70 THEN to_char(to_timestamp(now / 1000000.0) + {} * interval '1 day', 'YYYYMMDD')::int END FROM known, {all} \
             JOIN (SELECT code, row_number() OVER (ORDER BY position, code) - 1 AS at FROM taxonomy_term WHERE kind = 'QUALIFICATION' \
             AND community_id = (SELECT community FROM known)) t ON t.at = {} WHERE {} < 20",
            id_sql(1, "1"),
            dice("n", 25, 100),
            dice("n", 26, 60),
            skewed("n", 27, 3),
            dice("n", 28, 100),
        ),
    ]
}

/// Sixty thousand records of the last weeks, sessions kept and missed, sessions to come.
fn history() -> Vec<String> {
    let session = id_sql(9, "n");
    let volunteer = id_sql(6, &format!("(1 + {})", dice("n", 30, VOLUNTEERS)));
    vec![
        format!(
            "INSERT INTO team (id, community_id, region_id, name, description, created_at) SELECT {}, community, region, '老队', '', now FROM known",
            id_sql(3, "900000")
        ),
        format!(
            "INSERT INTO activity (id, community_id, team_id, region_id, title, description, service_type, place, risk_level, risk_note, min_age, \
             qualifications, state, created_by, created_at, published_at) SELECT {0}, community, {0}, region, '活动', '', 'CARE_VISIT', '社区', 'LOW', '无', 0, \
             '', 'PUBLISHED', {1}, now, now FROM known",
            id_sql(3, "900000"),
            id_sql(1, "1"),
        ),
        format!(
            "INSERT INTO activity_session (id, community_id, activity_id, starts_at, ends_at, business_date, capacity, state, created_at) \
             SELECT {session}, community, {}, at, at + 7200000000, to_char(to_timestamp(at / 1000000.0) AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD')::int, \
             1000, 'OPEN', now FROM known, generate_series(1, 800) n, LATERAL (SELECT today + (n - 700) * {DAY} / 8 + 7 * 3600000000 AS at) AS t",
            id_sql(3, "900000")
        ),
        format!(
            "INSERT INTO sign_up (id, community_id, session_id, volunteer_id, state, queued_at, created_at, updated_at) \
             SELECT gen_random_uuid(), community, {}, {volunteer}, CASE WHEN today + (s - 700) * {DAY} / 8 + 9 * 3600000000 < now THEN CASE WHEN {} < 94 THEN 'ATTENDED' ELSE 'NO_SHOW' END \
             ELSE 'CONFIRMED' END, now - 1, now - 1, now - 1 FROM known, generate_series(1, 90000) n, LATERAL (SELECT 1 + {} AS s) AS t \
             ON CONFLICT DO NOTHING",
            id_sql(9, "s"),
            dice("n", 31, 100),
            dice("n", 32, 800),
        ),
        format!(
            "INSERT INTO service_record (id, community_id, volunteer_id, team_id, region_id, service_type, content, business_date, started_at, ended_at, \
             minutes, source, evidence, state, recorder_id, created_at, certified_at) \
             SELECT (lpad(to_hex(at / 1000), 12, '0') || '7' || lpad(to_hex(n), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid, community, {volunteer}, {}, \
             region, 'CARE_VISIT', '陪伴', to_char(to_timestamp(at / 1000000.0) AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD')::int, at - 7200000000, at, 120, \
             'SCAN', 'A', 'CERTIFIED', {}, at, at FROM known, generate_series(1, 120000) n, LATERAL (SELECT now - {} * {DAY} - 3600000000 AS at) AS t",
            id_sql(3, "900000"),
            id_sql(1, "1"),
            dice("n", 33, 56),
        )
        .replace("lpad(to_hex(n), 3, '0')", "lpad(to_hex(n % 4096), 3, '0')"),
    ]
}

/// Two hundred coloured teams that four of ten volunteers are in, and five hundred standing offers of units.
fn teams() -> Vec<String> {
    vec![
        format!(
            "INSERT INTO team (id, community_id, region_id, name, colour, description, created_at) SELECT {}, community, {}, '队' || n, \
             (ARRAY['RED', 'ORANGE', 'YELLOW', 'GREEN', 'CYAN', 'BLUE', 'PURPLE'])[1 + n % 7], '', now FROM known, generate_series(1, 200) n",
            id_sql(3, "(800000 + n)"),
            id_sql(4, &format!("(1 + n % {AREAS})")),
        ),
        format!(
            "INSERT INTO team_member (team_id, volunteer_id, joined_at) SELECT {}, {}, now FROM known, generate_series(1, {VOLUNTEERS}) n WHERE {} < 40",
            id_sql(3, &format!("(800001 + {})", dice("n", 40, 200))),
            id_sql(6, "n"),
            dice("n", 41, 100),
        ),
        format!(
            "INSERT INTO listing (id, community_id, kind, region_id, owner_account_id, filed_by, channel, title, description, category, place, measure, \
             quantity, state, valid_from, valid_until, filed_at) SELECT {0}, community, 'SERVICE_OFFER', {1}, {2}, {2}, 'MINI_PROGRAM', '服务', '服务', \
             'CARE_VISIT', '社区', '人', 3, 'PUBLISHED', now - {DAY}, now + 60 * {DAY}, now FROM known, generate_series(1, 500) n",
            id_sql(7, "(500000 + n)"),
            id_sql(4, &format!("(1 + n % {AREAS})")),
            id_sql(1, "1"),
        ),
        format!("INSERT INTO service_offer (id, mode, hours) SELECT {}, 'STANDING', '' FROM generate_series(1, 500) n", id_sql(7, "(500000 + n)")),
    ]
}

/// Needs with one or two times in the next four weeks, half of them on weekends.
fn needs() -> Vec<String> {
    let (need, all) = (id_sql(7, "n"), format!("generate_series(1, {NEEDS}) n"));
    let length = format!("(2 + {})", dice("n", 50, 5));
    vec![
        format!("INSERT INTO recipient (id, community_id, created_at) SELECT {}, community, now FROM known, {all}", id_sql(8, "n")),
        format!(
            "INSERT INTO listing (id, community_id, kind, region_id, filed_by, channel, title, description, category, colour, place, latitude, longitude, \
             measure, quantity, state, valid_from, valid_until, filed_at) SELECT {need}, community, 'NEED', {}, {}, 'PHONE', '需求', '需求', 'CARE_VISIT', \
             CASE WHEN {} < 50 THEN (ARRAY['RED', 'ORANGE', 'YELLOW', 'GREEN', 'CYAN', 'BLUE', 'PURPLE'])[1 + {}] END, '社区', \
             CASE WHEN p < 60 THEN 28112000 + 2000 * {} END, CASE WHEN p < 60 THEN 112988000 + 2000 * {} END, '人', \
             CASE WHEN {} < 80 THEN 1 ELSE 2 + {} END, 'PUBLISHED', now - {DAY}, now + 60 * {DAY}, now \
             FROM known, {all}, LATERAL (SELECT {} AS p) AS t",
            id_sql(5, &format!("(1 + {})", skewed("n", 51, GRIDS))),
            id_sql(1, "1"),
            dice("n", 52, 100),
            dice("n", 53, 7),
            dice("n", 54, 30),
            dice("n", 55, 30),
            dice("n", 56, 100),
            dice("n", 57, 7),
            dice("n", 58, 100),
        ),
        format!(
            "INSERT INTO need (id, recipient_id, relief_kind, urgency, minutes, skills, qualifications, min_age, risk_level, risk_note) SELECT {need}, {}, \
             'HARDSHIP', (ARRAY['LONGED_FOR', 'WORRYING', 'DIFFICULT', 'URGENT'])[1 + {}], 30 * {length}, CASE WHEN {} < 65 THEN \
             (SELECT code FROM taxonomy_term WHERE kind = 'SKILL' AND community_id = community ORDER BY position, code LIMIT 1 OFFSET {}) ELSE '' END, \
             CASE WHEN {} < 8 THEN 'FIRST_AID' ELSE '' END, CASE WHEN {} < 15 THEN 18 ELSE 0 END, 'LOW', '无' FROM known, {all}",
            id_sql(8, "n"),
            skewed("n", 59, 4),
            dice("n", 60, 100),
            skewed("n", 61, 30),
            dice("n", 62, 100),
            dice("n", 63, 100),
        )
        .replace("community_id = community ", "community_id = known.community "),
        format!(
            "INSERT INTO need_window (need_id, starts_at, ends_at) SELECT {need}, at, at + 1800000000 * ({length} + {}) FROM known, {all} \
             CROSS JOIN generate_series(1, 2) w, LATERAL (SELECT {} AS d, {} AS h) AS t, LATERAL (SELECT today + {DAY} * ((w - 1) * 14 + 1 + \
             CASE WHEN {} < 45 THEN (6 + 7 * (d % 2) - extract(isodow FROM to_timestamp(today / 1000000.0) AT TIME ZONE 'Asia/Shanghai')::int + 7) % 14 ELSE \
             d % 13 END) + 1800000000::bigint * (ARRAY[16, 17, 18, 28, 29, 30, 36])[1 + h] AS at) AS u WHERE w = 1 OR {} < 50",
            dice("(n * 2 + w)", 64, 4),
            dice("(n * 2 + w)", 65, 1_000),
            dice("(n * 2 + w)", 66, 7),
            dice("(n * 2 + w)", 67, 100),
            dice("n", 68, 100),
        ),
        format!(
            "INSERT INTO listing_step (id, community_id, listing_id, kind, happened_at) SELECT gen_random_uuid(), community, {need}, 'PUBLISHED', \
             now - {} * 1000000 FROM known, {all}",
            dice("n", 69, 1_000_000),
        ),
    ]
}

/// Thirty thousand proposals of the last weeks that came to nothing, a thousand that wait for an answer, and two thousand pairs left alone.
fn matches() -> Vec<String> {
    let id = |at: &str| {
        format!("(lpad(to_hex(({at}) / 1000), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid")
    };
    let volunteer = id_sql(6, &format!("(1 + {})", dice("n", 70, VOLUNTEERS)));
    let some = id_sql(7, &format!("(1 + {})", dice("n", 71, NEEDS)));
    let row = |from: u64, to: u64, state: &str| {
        format!(
            "INSERT INTO need_match (id, community_id, need_id, volunteer_id, quantity, state, awaits, proposed_at, expires_at) SELECT {}, community, {some}, \
             {volunteer}, 1, '{state}', 'HELPER', at, at + {DAY} FROM known, generate_series({from}, {to}) n, \
             LATERAL (SELECT now - {} * {DAY} - 1 AS at) AS t ON CONFLICT DO NOTHING",
            id("at"),
            dice("n", 72, 40),
        )
    };
    vec![
        row(1, 30_000, "EXPIRED"),
        row(30_001, 31_000, "PROPOSED"),
        format!(
            "INSERT INTO match_dismissal (id, community_id, need_id, volunteer_id, dismissed_by, reason, until, created_at) SELECT gen_random_uuid(), \
             community, {some}, {volunteer}, {}, '不便', 99991231, now FROM known, generate_series(31001, 33000) n",
            id_sql(1, "1")
        ),
    ]
}
