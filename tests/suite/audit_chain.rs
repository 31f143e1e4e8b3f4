//! The chains of the audit log: put together by any number of processes, spoilt in every way, and cut off when they are old.

use domain::app::App;
use domain::insight::verify;
use domain::relay::Relay;
use entity::id::AuditLineId;
use entity::time::UtcMicros;
use entity::{audit_line, audit_link, audit_outcome};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryOrder};
use serde_json::json;
use support::registered::send;
use support::{Actor, Answer, Backend, TestApp, both};

use crate::audit::{auditor, lines};

const ROWS: &str = "a chained row of the audit log is what was chained";
const GAPS: &str = "the links of the audit log are numbered without gaps from where a chain begins";

async fn chain(app: &App) -> usize {
    app.chainer.pass(&app.db).await.map_err(|error| format!("{error:?}")).expect("a pass")
}

/// What `verify` finds wrong, by its rules, with what it names.
async fn faults(app: &TestApp) -> Vec<(&'static str, Vec<String>)> {
    let relay = Relay::new().map_err(|error| error.code).expect("a relay");
    relay.drain(&app.app).await.map_err(|error| format!("{error:?}")).expect("events are delivered");
    let report = verify::run(&app.app).await.map_err(|error| format!("{error:?}")).expect("verified");
    let wrong = report.checks.into_iter().filter(|check| check.differences > 0);
    wrong.map(|check| (check.rule, check.first.into_iter().map(|difference| difference.subject).collect())).collect()
}

async fn no_fault(app: &TestApp, after: &str) {
    let found = faults(app).await;
    assert!(found.is_empty(), "after {after}: {found:?}");
}

async fn run(app: &TestApp, statement: &str) -> Result<u64, String> {
    app.app.db.writer().execute_unprepared(statement).await.map(|done| done.rows_affected()).map_err(|error| error.to_string())
}

/// Takes the guards of a table away, as somebody with the database's password can.
async fn unguard(app: &TestApp, table: &str) {
    let statements = match app.backend {
        Backend::Sqlite => [format!("DROP TRIGGER {table}_no_UPDATE"), format!("DROP TRIGGER {table}_no_DELETE")],
        Backend::Postgres => [format!("DROP TRIGGER {table}_append_only ON {table}"), format!("DROP TRIGGER {table}_kept ON {table}")],
    };
    for statement in statements {
        run(app, &statement).await.expect("the guard is gone");
    }
}

async fn lengthen(who: &Actor, days: i32) -> Answer {
    send(who, "lengthenAuditRetention", "LengthenAuditRetentionInput", "", json!({ "days": days })).await
}

both! {
    async fn processes_at_once_chain_every_row_once(app: TestApp) {
        let boss = app.admin().await;
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(app.another_process(None).await);
        }
        for round in 0..4 {
            for at in 0..5 {
                app.unit(&boss, &format!("第{round}-{at}单位")).await;
            }
            let passes = join_all(others.iter().chain([&app.app]).map(chain)).await;
            let rest = chain(&app.app).await;
            assert_eq!(passes.iter().sum::<usize>() + rest, 10, "round {round}: {passes:?} {rest}");
        }
        let links = audit_link::Entity::find().order_by_asc(audit_link::Column::Number).all(app.app.db.reader()).await.expect("read");
        assert_eq!(links.iter().map(|link| link.number).collect::<Vec<_>>(), (1..=40).collect::<Vec<_>>());
        assert_eq!(chain(&app.app).await, 0);
        no_fault(&app, "chaining").await;
    }

    async fn a_row_behind_the_others_is_chained_next(app: TestApp) {
        let (boss, auditor) = (app.admin().await, auditor(&app).await);
        app.unit(&boss, "水泵厂").await;
        assert_eq!(chain(&app.app).await, 2);
        let late = async |minutes: i64| {
            let begun_at = app.now().plus(-minutes * UtcMicros::MINUTE);
            let (id, who) = (AuditLineId::first_of(begun_at), boss.account());
            let line = audit_line::Model {
                id, community_id: Some(app.community.id), account_id: Some(who), helper_id: None, login_session_id: None, operation: "createUnit".to_owned(),
                objects: String::new(), objects_left_out: 0, reason: None, request_id: "late".to_owned(), begun_at,
            };
            audit_line::Entity::insert(line.into_active_model()).exec_without_returning(app.app.db.writer()).await.expect("written");
        };
        late(9).await;
        assert_eq!(chain(&app.app).await, 1, "at the very next pass");
        late(11).await;
        assert_eq!(chain(&app.app).await, 0, "so late it waits");
        app.advance_minutes(61);
        assert_eq!(chain(&app.app).await, 1, "everything is looked at once an hour");
        late(600).await;
        assert_eq!(chain(&app.another_process(None).await).await, 1, "and by every process that starts");
        let seen = lines(&auditor, json!({ "operation": "createUnit" })).await;
        let numbers: Vec<_> = seen.iter().map(|line| [line["begunLink"]["number"].clone(), line["endedLink"]["number"].clone()]).collect();
        let alone = |number: i64| [json!(number), json!(null)];
        assert_eq!(numbers, [[json!(1), json!(2)], alone(3), alone(4), alone(5)]);
        no_fault(&app, "late rows").await;
    }

    async fn what_is_changed_or_taken_out_behind_the_program_is_named(app: TestApp) {
        let boss = app.admin().await;
        for name in ["水泵厂", "小学", "医院"] {
            app.unit(&boss, name).await;
        }
        chain(&app.app).await;
        no_fault(&app, "three acts").await;
        let line = audit_line::Entity::find().order_by_asc(audit_line::Column::Id).one(app.app.db.reader()).await.expect("read").expect("a line");
        let only_first = "(SELECT line_id FROM audit_link WHERE number = 1)";
        for change in [
            "UPDATE audit_line SET reason = '补录'".to_owned(),
            "UPDATE audit_outcome SET result = 'FORBIDDEN'".to_owned(),
            "UPDATE audit_link SET number = 9 WHERE number = 2".to_owned(),
            "DELETE FROM audit_outcome".to_owned(),
            format!("DELETE FROM audit_line WHERE id IN {only_first}"),
            "DELETE FROM audit_link".to_owned(),
            format!("INSERT INTO audit_checkpoint (chain, number, hash, made_at) SELECT chain, number, hash, {} FROM audit_link WHERE number = 2", app.now().0),
        ] {
            assert!(run(&app, &change).await.is_err(), "the program itself cannot: {change}");
        }
        for table in ["audit_line", "audit_outcome", "audit_link"] {
            unguard(&app, table).await;
        }
        for (change, back, named) in [
            ("UPDATE audit_line SET reason = '补录' WHERE id IN ONE", "UPDATE audit_line SET reason = NULL WHERE id IN ONE", "the line"),
            ("UPDATE audit_line SET begun_at = begun_at - 1 WHERE id IN ONE", "UPDATE audit_line SET begun_at = begun_at + 1 WHERE id IN ONE", "the line"),
            ("UPDATE audit_outcome SET result = 'FORBIDDEN' WHERE line_id IN ONE", "UPDATE audit_outcome SET result = 'OK' WHERE line_id IN ONE", "the outcome of"),
        ] {
            assert_eq!(run(&app, &change.replace("ONE", only_first)).await, Ok(1), "{change}");
            let found = faults(&app).await;
            assert!(found.len() == 1 && found[0].0 == ROWS && found[0].1.len() == 1, "{change}: {found:?}");
            assert!(found[0].1[0].starts_with(&format!("{named} {}, link", line.id)), "{found:?}");
            assert_eq!(run(&app, &back.replace("ONE", only_first)).await, Ok(1));
            no_fault(&app, back).await;
        }
        assert_eq!(run(&app, "UPDATE audit_link SET number = 99 WHERE number = 3").await, Ok(1));
        assert!(faults(&app).await.iter().any(|(rule, _)| *rule == GAPS));
        assert_eq!(run(&app, "UPDATE audit_link SET number = 3 WHERE number = 99").await, Ok(1));
        for statement in [format!("DELETE FROM audit_outcome WHERE line_id IN {only_first}"), format!("DELETE FROM audit_line WHERE id IN {only_first}")] {
            assert_eq!(run(&app, &statement).await, Ok(1));
        }
        let found = faults(&app).await;
        assert!(found.len() == 1 && found[0].0 == ROWS && found[0].1.len() == 2, "row and outcome are missed: {found:?}");
        assert!(found[0].1.iter().all(|subject| subject.contains(&line.id.to_string())), "{found:?}");
    }

    async fn lines_go_after_184_days_and_what_is_kept_still_proves_itself(app: TestApp) {
        let (boss, auditor) = (app.admin().await, auditor(&app).await);
        let units = async || lines(&auditor, json!({ "operation": "createUnit" })).await.len();
        app.unit(&boss, "水泵厂").await;
        let wrong = json!({ "phone": "13900009999", "password": "wrong2026", "device": "x" });
        send(&Actor::stranger(&app), "logIn", "LogInInput", "{ accessToken }", wrong).await;
        app.deliver().await;
        app.advance_days(100);
        app.unit(&boss, "小学").await;
        app.advance_days(84);
        app.deliver().await;
        assert_eq!((units().await, lines(&auditor, json!({ "ofNobody": true })).await.len()), (2, 1), "184 whole days");
        app.advance_days(1);
        app.deliver().await;
        assert_eq!((units().await, lines(&auditor, json!({ "ofNobody": true })).await.len()), (1, 0));
        no_fault(&app, "the first cut").await;
        let (first, rows) = (audit_link::Entity::find().order_by_asc(audit_link::Column::Number), app.app.db.reader());
        let first = first.one(rows).await.expect("read").expect("a link");
        assert!(first.number > 1, "numbers go on");
        chain(&app.app).await;
        let left = audit_line::Entity::find().count(rows).await.expect("read") + audit_outcome::Entity::find().count(rows).await.expect("read");
        assert_eq!(audit_link::Entity::find().count(rows).await.expect("read"), left, "what went, went whole");

        let retention = async || auditor.run("{ auditRetentionDays }", json!({})).await.ok().int("auditRetentionDays");
        assert_eq!((retention().await, lengthen(&auditor, 400).await.code()), (184, "FORBIDDEN"));
        assert_eq!(lengthen(&boss, 183).await.field(), "days");
        assert_eq!(lengthen(&boss, 400).await.ok().int("lengthenAuditRetention"), 400);
        assert_eq!((lengthen(&boss, 399).await.code(), lengthen(&boss, 3_661).await.code()), ("BAD_INPUT", "BAD_INPUT"), "never shortened");
        lengthen(&boss, 400).await.ok();
        assert_eq!(retention().await, 400);
        app.advance_days(200);
        app.deliver().await;
        assert_eq!(units().await, 1, "kept for longer");
        app.advance_days(120);
        app.deliver().await;
        assert_eq!(units().await, 0);
        no_fault(&app, "the second cut").await;
        app.unit(&boss, "医院").await;
        app.deliver().await;
        no_fault(&app, "going on").await;
    }

    async fn a_chain_that_was_cut_off_whole_goes_on_from_its_checkpoint(app: TestApp) {
        let boss = app.admin().await;
        app.unit(&boss, "水泵厂").await;
        app.deliver().await;
        app.advance_days(190);
        app.deliver().await;
        assert_eq!(audit_link::Entity::find().count(app.app.db.reader()).await.expect("read"), 0);
        app.unit(&boss, "小学").await;
        app.deliver().await;
        let links = audit_link::Entity::find().order_by_asc(audit_link::Column::Number).all(app.app.db.reader()).await.expect("read");
        assert_eq!(links.iter().map(|link| link.number).collect::<Vec<_>>(), [3, 4]);
        no_fault(&app, "a new beginning").await;
    }
}
