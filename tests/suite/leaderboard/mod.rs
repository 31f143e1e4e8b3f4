//! Leaderboards: the same answers with Redis and without, whatever happens to it; and what people are told.

use std::io::{Read, Write};
use std::net::TcpStream;

use domain::app::App;
use domain::event::{Event, RecordFact};
use domain::insight::verify;
use domain::lease;
use domain::outbox;
use domain::people::permission::Actor;
use domain::points::award::{self, Service};
use domain::points::leaderboard::push::{self, Written};
use domain::points::leaderboard::read::Standing;
use domain::points::leaderboard::{self, Board, Metric, Order, Scope};
use domain::relay::Relay;
use entity::id::{ServiceRecordId, TeamId, UnitId};
use entity::leaderboard_board::{BoardPeriod, BoardSubject};
use entity::service_record::{self, EvidenceClass, RecordSource, RecordState};
use entity::team::{self, TeamColour};
use entity::time::UtcMicros;
use entity::{service_day, unit, volunteer};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use support::{Backend, TestApp, both, stage};

mod with_redis;

/// A red team of a unit.
async fn team(app: &TestApp) -> team::Model {
    let now = app.now();
    let sponsor =
        unit::Model {
            id: UnitId::new(now), community_id: app.community.id, name: "中心小学".to_owned(), kind: "SCHOOL".to_owned(), created_at: now
        };
    unit::Entity::insert(sponsor.clone().into_active_model()).exec_without_returning(app.app.db.writer()).await.expect("a unit");
    let row = team::Model {
        id: TeamId::new(now),
        community_id: app.community.id,
        unit_id: Some(sponsor.id),
        region_id: app.community.region_id,
        name: "红色先锋队".to_owned(),
        colour: Some(TeamColour::Red),
        description: String::new(),
        created_at: now,
        dissolved_at: None,
    };
    team::Entity::insert(row.into_active_model()).exec_with_returning(app.app.db.writer()).await.expect("a team")
}

/// Certifies `minutes` of service by somebody, now; ten points an hour.
async fn certify(app: &TestApp, team: &team::Model, who: &Actor, minutes: i64) -> ServiceRecordId {
    let tx = app.app.db.begin().await.expect("a transaction");
    let volunteer_id = who.volunteer.expect("a volunteer").id;
    let record = service_record::Model {
        id: ServiceRecordId::new(tx.now),
        community_id: app.community.id,
        volunteer_id,
        session_id: None,
        team_id: Some(team.id),
        unit_id: team.unit_id,
        region_id: app.community.below[1],
        colour: Some("RED".to_owned()),
        service_type: "ENVIRONMENT".to_owned(),
        content: String::new(),
        business_date: tx.today(),
        started_at: tx.now.plus(-minutes * UtcMicros::MINUTE),
        ended_at: tx.now,
        minutes,
        source: RecordSource::Scan,
        evidence: EvidenceClass::A,
        state: RecordState::Certified,
        recorder_id: who.account_id,
        decider_id: None,
        reason: None,
        created_at: tx.now,
        certified_at: Some(tx.now),
        revoked_at: None,
    };
    service_record::Entity::insert(record.clone().into_active_model()).exec_without_returning(&tx.connection).await.expect("a record");
    let service = Service {
        record_id: record.id,
        community_id: app.community.id,
        volunteer_id,
        business_date: tx.today(),
        minutes,
        type_bps: 10_000,
        source: RecordSource::Scan,
    };
    let points = award::award(&tx, None, &[service]).await.expect("an award")[0].points;
    count_minutes(&tx, &record, minutes).await;
    outbox::record(&tx, &Event::RecordCertified(fact(who, &record, points))).await.expect("filed");
    tx.commit().await.expect("committed");
    record.id
}

async fn revoke(app: &TestApp, who: &Actor, id: ServiceRecordId) {
    let tx = app.app.db.begin().await.expect("a transaction");
    service_record::Entity::update_many()
        .col_expr(service_record::Column::State, Expr::value(RecordState::Revoked))
        .filter(service_record::Column::Id.eq(id))
        .exec(&tx.connection)
        .await
        .expect("revoked");
    let record = service_record::Entity::find_by_id(id).one(&tx.connection).await.expect("read").expect("a record");
    let points = award::reverse(&tx, who.account_id, id, "wrong person").await.expect("reversed");
    count_minutes(&tx, &record, -record.minutes).await;
    outbox::record(&tx, &Event::RecordRevoked(fact(who, &record, points))).await.expect("filed");
    tx.commit().await.expect("committed");
}

async fn count_minutes(tx: &domain::tx::Tx, record: &service_record::Model, minutes: i64) {
    volunteer::Entity::update_many()
        .col_expr(volunteer::Column::Minutes, Expr::col(volunteer::Column::Minutes).add(minutes))
        .filter(volunteer::Column::Id.eq(record.volunteer_id))
        .exec(&tx.connection)
        .await
        .expect("minutes");
    let day = service_day::Model { volunteer_id: record.volunteer_id, business_date: record.business_date, minutes: Ord::max(minutes, 0) };
    let add = OnConflict::columns([service_day::Column::VolunteerId, service_day::Column::BusinessDate])
        .value(service_day::Column::Minutes, Expr::col((service_day::Entity, service_day::Column::Minutes)).add(minutes))
        .to_owned();
    service_day::Entity::insert(day.into_active_model()).on_conflict(add).exec_without_returning(&tx.connection).await.expect("the day");
}

fn fact(who: &Actor, record: &service_record::Model, points: i64) -> RecordFact {
    RecordFact {
        record_id: record.id,
        volunteer_id: record.volunteer_id,
        account_id: Some(who.account_id),
        team_id: record.team_id,
        unit_id: record.unit_id,
        region_id: record.region_id,
        colour: Some(TeamColour::Red),
        business_date: record.business_date,
        minutes: record.minutes,
        points,
        certified_at: record.certified_at.expect("certified"),
    }
}

fn board(subject: BoardSubject, period: BoardPeriod, scope: Option<Scope>) -> Board {
    Board { metric: Metric::Points, period, date: None, scope, subject }
}

async fn standing(app: &App, who: &Actor, board: Board) -> Standing {
    leaderboard::read(app, who, board, 20, 0).await.map_err(|error| format!("{error:?}")).expect("a standing")
}

/// Every board a member can ask for, as somebody sees it.
async fn everything(app: &App, community: &support::seed::Community, who: &Actor) -> Vec<Standing> {
    let mut standings = Vec::new();
    let scopes = [None, Some(Scope::Colour(TeamColour::Red)), Some(Scope::Colour(TeamColour::Blue)), Some(Scope::Region(community.below[1]))];
    for metric in Metric::ALL {
        for period in leaderboard::period::PERIODS {
            for subject in leaderboard::contribution::SUBJECTS {
                for scope in scopes {
                    for (first, after) in [(20, 0), (3, 4), (1, 99)] {
                        let board = Board { metric, period, date: None, scope, subject };
                        let standing = leaderboard::read(app, who, board, first, after).await;
                        standings.push(standing.map_err(|error| format!("{error:?}")).expect("a standing"));
                    }
                }
            }
        }
    }
    standings
}

/// Insists that two looks at everything are the same, and shows the first place where they are not.
fn same(now: &[Standing], before: &[Standing]) {
    for (at, (now, before)) in now.iter().zip(before).enumerate() {
        assert_eq!(now, before, "look {at}");
    }
    assert_eq!(now.len(), before.len());
}

/// The same program without Redis.
fn without_redis(app: &App) -> App {
    App { order: None, ..app.clone() }
}

/// Nine members: some ahead, some level, one with nothing; each certified a minute after the one before.
async fn crowd(app: &TestApp) -> (team::Model, Vec<Actor>, Vec<ServiceRecordId>) {
    let members = stage::people(app, 9, stage::MEMBER).await;
    let team = team(app).await;
    let mut records = Vec::new();
    for (member, minutes) in members.iter().zip([60, 120, 60, 240, 60, 120, 60, 30]) {
        records.push(certify(app, &team, member, minutes).await);
        app.advance_minutes(1);
    }
    app.deliver().await;
    (team, members, records)
}

both! {
    async fn redis_and_the_tables_give_the_same_answers(app: TestApp) {
        let (_, members, _) = crowd(&app).await;
        for who in [&members[0], &members[3], &members[8]] {
            let with = everything(&app.app, &app.community, who).await;
            let without = everything(&without_redis(&app.app), &app.community, who).await;
            same(&with, &without);
        }
        let week = standing(&app.app, &members[4], board(BoardSubject::Volunteer, BoardPeriod::Week, None)).await;
        let places: Vec<(i64, i64)> = week.entries.iter().map(|entry| (entry.rank, entry.value)).collect();
        assert_eq!(places, [(1, 40), (2, 20), (3, 20), (4, 10), (5, 10), (6, 10), (7, 10), (8, 5)]);
        assert_eq!(week.me.map(|me| me.rank), Some(6), "level with three others, of whom two were there before");
        assert_eq!(week.neighbours.iter().map(|entry| entry.rank).collect::<Vec<_>>(), [4, 5, 6, 7, 8]);
        assert_eq!(week.total, 8);
        for subject in [BoardSubject::Team, BoardSubject::Unit, BoardSubject::Grid] {
            let all = standing(&app.app, &members[0], board(subject, BoardPeriod::All, None)).await;
            assert_eq!(all.entries.iter().map(|entry| (entry.rank, entry.value)).collect::<Vec<_>>(), [(1, 125)], "{subject:?}");
        }
    }

    async fn an_award_taken_back_leaves_no_trace(app: TestApp) {
        let (team, members, _) = crowd(&app).await;
        let before = everything(&app.app, &app.community, &members[2]).await;
        app.advance_hours(2);
        // Certified and revoked in two deliveries, then in one.
        let lead = certify(&app, &team, &members[2], 300).await;
        app.deliver().await;
        let ahead = standing(&app.app, &members[2], board(BoardSubject::Volunteer, BoardPeriod::Month, None)).await;
        assert_eq!(ahead.me.map(|me| me.rank), Some(1));
        revoke(&app, &members[2], lead).await;
        app.deliver().await;
        same(&everything(&app.app, &app.community, &members[2]).await, &before);
        let again = certify(&app, &team, &members[2], 60).await;
        revoke(&app, &members[2], again).await;
        app.deliver().await;
        same(&everything(&app.app, &app.community, &members[2]).await, &before);
        same(&everything(&without_redis(&app.app), &app.community, &members[2]).await, &before);
        clean(&app).await;
    }

    async fn revoking_everything_leaves_an_empty_board(app: TestApp) {
        let (_, members, records) = crowd(&app).await;
        for (who, record) in members.iter().zip(&records) {
            revoke(&app, who, *record).await;
        }
        app.deliver().await;
        for program in [app.app.clone(), without_redis(&app.app)] {
            let all = standing(&program, &members[0], board(BoardSubject::Volunteer, BoardPeriod::All, None)).await;
            assert_eq!((all.entries.len(), all.me, all.total), (0, None, 0));
        }
        let left = app.app.db.reader().query_all_raw(domain::db::sql(app.app.db.reader(), "SELECT board_id FROM leaderboard_score UNION ALL SELECT board_id FROM leaderboard_histogram", [])).await;
        assert_eq!(left.expect("read").len(), 0);
        clean(&app).await;
    }

    async fn names_are_masked_and_ones_own_place_is_shown(app: TestApp) {
        let (_, members, _) = crowd(&app).await;
        let open = members[3].volunteer.expect("a volunteer").id;
        volunteer::Entity::update_many()
            .set(volunteer::ActiveModel { publishes_name: Set(true), name: Set("李四光".to_owned()), ..Default::default() })
            .filter(volunteer::Column::Id.eq(open))
            .exec(app.app.db.writer())
            .await
            .expect("consent");
        let amy = stage::speaking(&app, &members[7]);
        let query = "{ leaderboard(metric: POINTS, period: MONTH, subject: VOLUNTEER, first: 2) { total entries { rank name value me member } \
                     me { rank name value me } neighbours { rank me } } }";
        let answer = amy.run(query, json!({})).await.ok();
        let names: Vec<&Value> = answer.list("leaderboard.entries").iter().map(|entry| &entry["name"]).collect();
        assert_eq!(names, ["李四光", "张**"]);
        assert_eq!(answer.data("leaderboard.me"), &json!({ "rank": 8, "name": "张**", "value": 5, "me": true }));
        assert_eq!(answer.data("leaderboard.neighbours"), &json!([{ "rank": 6, "me": false }, { "rank": 7, "me": false }, { "rank": 8, "me": true }]));
        assert_eq!(answer.text("leaderboard.entries.0.member"), open.to_string());
    }

    async fn each_bad_request_for_a_board_has_its_code(app: TestApp) {
        let (_, members, _) = crowd(&app).await;
        let amy = stage::speaking(&app, &members[0]);
        let ask = async |arguments: &str| {
            let query = format!("{{ leaderboard(metric: MINUTES, subject: TEAM, {arguments}) {{ total }} }}");
            amy.run(&query, json!({})).await
        };
        for (arguments, code, field) in [
            ("period: ALL, first: 0", "PAGE_SIZE", "first"),
            ("period: ALL, first: 101", "PAGE_SIZE", "first"),
            ("period: ALL, afterRank: -1", "BAD_INPUT", "afterRank"),
            ("period: ALL, date: \"1999-01-01\"", "BAD_INPUT", "date"),
            ("period: ALL, date: \"+262142-01-01\"", "BAD_INPUT", "date"),
            ("period: ALL, scope: { regionId: \"team_0000000000000000000001\" }", "BAD_ID", "regionId"),
            ("period: ALL, scope: { regionId: \"reg_0000000000000000000001\" }", "NOT_FOUND", ""),
        ] {
            let answer = ask(arguments).await;
            assert_eq!((answer.code(), answer.field()), (code, field), "{arguments}");
        }
        let next_door = entity::region::Entity::find().filter(entity::region::Column::Code.eq("430103006004")).one(app.app.db.reader()).await.expect("read");
        let next_door = next_door.expect("a community next door").id;
        assert_eq!(ask(&format!("period: ALL, scope: {{ regionId: \"{next_door}\" }}")).await.code(), "NOT_FOUND");
        let province = entity::region::Entity::find().filter(entity::region::Column::Code.eq("43")).one(app.app.db.reader()).await.expect("read");
        let province = province.expect("a province").id;
        assert_eq!(ask(&format!("period: ALL, scope: {{ regionId: \"{province}\" }}")).await.ok().int("leaderboard.total"), 1);
    }

    async fn a_fact_is_told_once(app: TestApp) {
        let (team, members, _) = crowd(&app).await;
        app.advance_minutes(1);
        let record = certify(&app, &team, &members[0], 90).await;
        let tx = app.app.db.begin().await.expect("a transaction");
        let row = service_record::Entity::find_by_id(record).one(&tx.connection).await.expect("read").expect("a record");
        let event = Event::RecordCertified(fact(&members[0], &row, 15));
        for _ in 0..3 {
            domain::insight::notification::apply(&tx, &[event.clone(), event.clone()]).await.expect("told");
        }
        tx.commit().await.expect("committed");
        app.deliver().await;
        let amy = stage::speaking(&app, &members[0]);
        let query = "{ unreadNotificationCount myNotifications(first: 10) { edges { node { id kind title body readAt } } } }";
        let answer = amy.run(query, json!({})).await.ok();
        assert_eq!(answer.int("unreadNotificationCount"), 2);
        assert_eq!(answer.text("myNotifications.edges.0.node.body"), "2026年03月02日 的服务已认定 90 分钟,获得 15 积分。");
        let mark = "mutation($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) { marked unread } }";
        let one = json!({ "input": { "ids": [answer.text("myNotifications.edges.0.node.id")] } });
        let other = stage::speaking(&app, &members[1]);
        assert_eq!(other.run(mark, one.clone()).await.ok().int("markNotificationsRead.marked"), 0, "others' messages are left alone");
        assert_eq!(amy.run(mark, one).await.ok().data("markNotificationsRead"), &json!({ "marked": 1, "unread": 1 }));
        assert_eq!(amy.run(mark, json!({ "input": {} })).await.ok().data("markNotificationsRead"), &json!({ "marked": 1, "unread": 0 }));
        assert_eq!(amy.run("{ myNotifications(unreadOnly: true) { edges { node { id } } } }", json!({})).await.ok().list("myNotifications.edges").len(), 0);
        assert_eq!(amy.run(mark, json!({ "input": { "ids": [] } })).await.code(), "BAD_INPUT");
    }

    async fn a_relay_that_lost_its_lease_changes_nothing(app: TestApp) {
        let (team, members, _) = crowd(&app).await;
        let (first, second) = (Relay::new().expect("a relay"), Relay::new().expect("a relay"));
        first.pass(&app.app).await.expect("a pass");
        certify(&app, &team, &members[0], 60).await;
        assert_eq!(second.pass(&app.app).await.ok(), Some(0), "the first one holds the lease");
        app.advance(lease::LASTS);
        assert_eq!(second.pass(&app.app).await.ok(), Some(1), "it ran out");
        assert_eq!(first.pass(&app.app).await.ok(), Some(0));
        second.release(&app.app).await.expect("released");
        certify(&app, &team, &members[0], 60).await;
        assert_eq!(first.pass(&app.app).await.ok(), Some(1));
        clean_now(&app).await;
    }

    async fn verify_finds_what_was_tampered_with(app: TestApp) {
        let (_, members, _) = crowd(&app).await;
        clean(&app).await;
        let postgres = app.backend == Backend::Postgres;
        let wallet = members[0].volunteer.expect("a volunteer").wallet_id.0;
        let run = async |statement: String| app.app.db.writer().execute_unprepared(&statement).await.map(drop).expect("tampered");
        run(format!("UPDATE wallet SET credits = credits + 5 WHERE id = {wallet}")).await;
        assert_eq!(wrong(&app).await, ["I1: a wallet's balance is the sum of its entries", "I10: the buckets of a wallet sum to its credits"]);
        run(format!("UPDATE wallet SET credits = credits - 5 WHERE id = {wallet}")).await;
        clean(&app).await;

        let scores = |change: &str| {
            let member = format!("(SELECT volunteer_id FROM wallet WHERE id = {wallet})");
            format!("UPDATE leaderboard_score SET points_score = points_score {change} WHERE member_id = {member}")
        };
        run(scores("+ 1")).await;
        let found = wrong(&app).await;
        assert!(found.contains(&"a leaderboard is the sum of the certified records and their awards"), "{found:?}");
        assert_eq!(found.contains(&"the order in Redis is the order of the totals"), postgres);
        run(scores("- 1")).await;
        clean(&app).await;

        let off = if postgres { "ALTER TABLE entry DISABLE TRIGGER USER" } else { "DROP TRIGGER entry_no_DELETE" };
        let entry = format!("DELETE FROM entry WHERE wallet_id = {wallet}");
        assert!(app.app.db.writer().execute_unprepared(&entry).await.is_err(), "the ledger is append-only");
        run(off.to_owned()).await;
        run(entry).await;
        let found = wrong(&app).await;
        for rule in ["I1: a wallet's balance is the sum of its entries", "I3: every operation has its entry", "I4: a wallet's entries are numbered from 1 without gaps"] {
            assert!(found.contains(&rule), "{found:?}");
        }
    }
}

/// The rules that do not hold.
async fn wrong(app: &TestApp) -> Vec<&'static str> {
    let report = verify::run(&app.app).await.map_err(|error| format!("{error:?}")).expect("a report");
    report.checks.iter().filter(|check| check.differences > 0).map(|check| check.rule).collect()
}

async fn clean_now(app: &TestApp) {
    let report = verify::run(&app.app).await.map_err(|error| format!("{error:?}")).expect("a report");
    assert!(report.is_clean(), "{report}");
    assert!(report.checks.iter().any(|check| check.rows > 0));
}

async fn clean(app: &TestApp) {
    app.deliver().await;
    clean_now(app).await;
}
