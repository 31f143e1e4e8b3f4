//! Leaving, and what others do at the same moment, take rows in one order. Of two that wait for each other PostgreSQL refuses one after a second; here
//! both are done. On SQLite, which has one writer, they take turns.

use std::time::Duration;

use domain::exchange::review::due;
use domain::insight::personal::leave::sweep_due;
use domain::points::ledger::movement;
use domain::relay::Relay;
use domain::service::sign_up::lock_people;
use domain::tx::Tx;
use entity::id::{ActivitySessionId, ReviewRoundId, VolunteerId, WalletId};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use entity::{activity_session, device_key, review_round, wallet};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Value};
use serde_json::json;
use support::listing::with;
use support::registered::send;
use support::review::draft;
use support::serving::text;
use support::{Actor, Backend, TestApp, both};

use crate::personal::{leave, member, serve};
use crate::service_offline::Phone;

/// Waits until so many wait for a lock; on SQLite, where nobody tells, for a while.
async fn until_waiting(app: &TestApp, many: i64) {
    if app.backend == Backend::Sqlite {
        tokio::time::sleep(Duration::from_millis(300)).await;
        return;
    }
    let text = "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..1_000 {
        let row = app.app.db.reader().query_one_raw(domain::db::sql(app.app.db.reader(), text, [])).await.expect("read").expect("a row");
        if row.try_get::<i64>("", "n").expect("a number") >= many {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits, so this story tells nothing");
}

fn spawned(who: &Actor) -> tokio::task::JoinHandle<support::Answer> {
    let who = who.clone();
    tokio::spawn(async move { leave(&who).await })
}

/// Somebody who has taken some rows takes others while `who` leaves, and neither is refused.
async fn crossing(app: &TestApp, who: &Actor, first: impl AsyncFnOnce(&Tx), then: impl AsyncFnOnce(&Tx)) {
    let tx = app.tx().await;
    first(&tx).await;
    let leaving = spawned(who);
    until_waiting(app, 1).await;
    then(&tx).await;
    tx.commit().await.map_err(|error| error.code).expect("committed");
    leaving.await.expect("asked").ok();
}

async fn people(tx: &Tx, ids: &[VolunteerId]) {
    lock_people(tx, ids.iter().copied()).await.map_err(|error| format!("{error:?}")).expect("their rows");
}

async fn session(tx: &Tx, id: &str) {
    let id: ActivitySessionId = id.parse().expect("an id");
    let found = activity_session::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx.connection).await;
    found.expect("its row").expect("a session");
}

async fn points(tx: &Tx, id: WalletId) {
    movement::lock(tx, id).await.map_err(|error| format!("{error:?}")).expect("its row");
}

async fn round(tx: &Tx, id: &str) {
    let id: ReviewRoundId = id.parse().expect("an id");
    review_round::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx.connection).await.expect("its row").expect("a round");
}

async fn write<const N: usize>(tx: &Tx, statement: &str, values: [Value; N]) {
    let done = tx.connection.execute_raw(domain::db::sql(&tx.connection, statement, values)).await;
    assert!(done.expect(statement).rows_affected() > 0, "{statement}");
}

async fn wallet_of(app: &TestApp, who: &Actor) -> WalletId {
    let query = wallet::Entity::find().filter(wallet::Column::VolunteerId.eq(who.volunteer()));
    query.one(app.app.db.writer()).await.expect("read").expect("a wallet").id
}

both! {
    async fn signing_up_and_the_roll_go_on_beside_who_leaves(app: TestApp) {
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (ben, amy, eve) = (app.member("王芳").await, member(&app, "欧阳小敏").await, member(&app, "欧阳小慧").await);
        let seat = app.session(&leader, &activity, 3_000, 60, 9).await;
        for who in [&amy, &eve] {
            who.sign_up(&seat).await.ok();
        }
        let need = app.published_need(&amy, &worker, "need", json!({})).await;
        let helps = app.accepted(&worker, &need, &ben).await;
        // Who signs up holds their own row before the session's.
        let hers = [ben.volunteer()];
        crossing(&app, &amy, async |tx: &Tx| people(tx, &hers).await, async |tx: &Tx| session(tx, &seat).await).await;
        assert_eq!(ben.match_state(&helps).await, "WITHDRAWN");
        // A leader who calls the roll holds everybody on it before the session's and their points.
        serve(&app, &leader, &activity, &[&eve], 60).await;
        let (roll, own) = ([ben.volunteer(), eve.volunteer()], wallet_of(&app, &eve).await);
        let then = async |tx: &Tx| {
            session(tx, &seat).await;
            points(tx, own).await;
        };
        crossing(&app, &eve, async |tx: &Tx| people(tx, &roll).await, then).await;
    }

    async fn what_staff_decide_goes_on_beside_who_leaves(app: TestApp) {
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        let (amy, eve) = (member(&app, "欧阳小敏").await, member(&app, "欧阳小慧").await);
        let adjust = json!({ "volunteerId": amy.volunteer_id, "delta": 3, "reason": "补录", "idempotencyKey": "adjust" });
        send(&worker, "proposeAdjustment", "ProposeAdjustmentInput", "{ id }", adjust).await.ok();
        let own = wallet_of(&app, &amy).await;
        let decided = "UPDATE adjustment SET reason = '补录一次' WHERE volunteer_id = $1 AND state = 'PROPOSED'";
        let then = async |tx: &Tx| write(tx, decided, [amy.volunteer().into()]).await;
        crossing(&app, &amy, async |tx: &Tx| points(tx, own).await, then).await;

        let asked = json!({ "field": "NAME", "wanted": "欧阳晓慧", "reason": "写错了" });
        send(&eve, "requestCorrection", "RequestCorrectionInput", "{ id }", asked).await.ok();
        let taken = "UPDATE correction SET reminded_at = 0 WHERE volunteer_id = $1 AND state = 'OPEN'";
        let first = async |tx: &Tx| write(tx, taken, [eve.volunteer().into()]).await;
        let hers = [eve.volunteer()];
        crossing(&app, &eve, first, async |tx: &Tx| people(tx, &hers).await).await;
    }

    async fn their_own_devices_go_on_beside_who_leaves(app: TestApp) {
        let (team_id, _) = app.led_team("绿色家园队").await;
        let (amy, eve) = (member(&app, "欧阳小敏").await, member(&app, "欧阳小慧").await);
        amy.token().await.expect("a sign-in");
        // A telephone that asks for new tokens takes the old one before the sign-in.
        let used = "UPDATE refresh_token SET rotated_at = 0 WHERE login_session_id IN (SELECT id FROM login_session WHERE account_id = $1)";
        let kept = "UPDATE login_session SET last_used_at = last_used_at + 1 WHERE account_id = $1";
        let first = async |tx: &Tx| write(tx, used, [amy.account().into()]).await;
        crossing(&app, &amy, first, async |tx: &Tx| write(tx, kept, [amy.account().into()]).await).await;

        // One that uploads what it signed takes its key before the people.
        app.give_role(&eve, Role::TeamLeader, domain::people::role::Reach::Team(team_id)).await;
        Phone::of(&eve, 9).await;
        let first = async |tx: &Tx| {
            let of_eve = device_key::Entity::find().filter(device_key::Column::AccountId.eq(eve.account())).lock(LockType::NoKeyUpdate);
            of_eve.one(&tx.connection).await.expect("its row").expect("a key");
        };
        let hers = [eve.volunteer()];
        crossing(&app, &eve, first, async |tx: &Tx| people(tx, &hers).await).await;
    }

    async fn help_is_accepted_beside_the_helper_who_leaves(app: TestApp) {
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        let (amy, ben) = (member(&app, "欧阳小敏").await, app.member("李小明").await);
        let need = app.published_need(&ben, &worker, "need", json!({})).await;
        let offered = amy.meet("offerHelp", with(app.span(60, 120), json!({ "needId": need }))).await.ok().text("offerHelp.id");
        let tx = app.tx().await;
        people(&tx, &[amy.volunteer()]).await;
        let (who, id) = (ben.clone(), offered.clone());
        let accepting = tokio::spawn(async move { who.meet("acceptMatch", json!({ "id": id })).await });
        until_waiting(&app, 1).await;
        let leaving = spawned(&amy);
        until_waiting(&app, 2).await;
        tx.commit().await.map_err(|error| error.code).expect("committed");
        // On SQLite the one may come before the other.
        let said = accepting.await.expect("asked");
        assert!(said.body.get("errors").is_none() || said.code() == "STATE_CHANGED", "{:#}", said.body);
        leaving.await.expect("asked").ok();
        assert_eq!(ben.match_state(&offered).await, "WITHDRAWN");
        assert_eq!(ben.need_left(&need).await, ("PUBLISHED".to_owned(), 1));
    }

    async fn a_star_is_told_beside_who_leaves(app: TestApp) {
        let (boss, amy) = (app.admin().await, member(&app, "欧阳小敏").await);
        boss.mutate("publishStarPolicy", json!({ "hours": [1, 2, 3, 4, 5], "effectiveFrom": "2026-03-03" }), "version").await.ok();
        app.advance_days(1);
        app.deliver().await;
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let held = app.session(&leader, &activity, 10, 60, 9).await;
        app.advance_minutes(70);
        let (came, went) = (text(app.now().plus(-UtcMicros::HOUR)), text(app.now()));
        leader.call_roll(&held, "roll", json!([{ "volunteerId": amy.volunteer_id, "checkedInAt": came, "checkedOutAt": went }])).await.ok();
        let tx = app.tx().await;
        people(&tx, &[amy.volunteer()]).await;
        let leaving = spawned(&amy);
        until_waiting(&app, 1).await;
        let program = app.app.clone();
        let telling = tokio::spawn(async move {
            let relay = Relay::new().map_err(|error| error.code).expect("a relay");
            relay.drain(&program).await.map_err(|error| format!("{error:?}"))
        });
        until_waiting(&app, 2).await;
        tx.commit().await.map_err(|error| error.code).expect("committed");
        assert_eq!((leaving.await.expect("asked").ok().int("deleteMyAccount.signUps"), telling.await.expect("told")), (0, Ok(())));
        let stars = entity::volunteer_star::Entity::find().all(app.app.db.writer()).await.expect("read");
        assert_eq!(stars.iter().map(|row| row.stars).collect::<Vec<_>>(), [1]);
    }

    async fn who_has_left_is_gone_through_alone(app: TestApp) {
        let amy = member(&app, "欧阳小敏").await;
        // Rows of one millisecond have no order of their own.
        app.advance(1_000);
        let eve = member(&app, "欧阳小慧").await;
        // In the other order than that of their rows.
        leave(&eve).await.ok();
        app.advance_minutes(1);
        leave(&amy).await.ok();
        app.advance_minutes(11);
        let tx = app.tx().await;
        people(&tx, &[amy.volunteer()]).await;
        let program = app.app.clone();
        let sweeping = tokio::spawn(async move { sweep_due(&program.db, &program.keys).await.map_err(|error| format!("{error:?}")) });
        until_waiting(&app, 1).await;
        // A leader who calls the roll on which both stand.
        people(&tx, &[amy.volunteer(), eve.volunteer()]).await;
        tx.commit().await.map_err(|error| error.code).expect("committed");
        assert_eq!(sweeping.await.expect("swept"), Ok(2));
    }

    async fn reviewers_are_reminded_in_the_order_of_rounds(app: TestApp) {
        let (boss, opener) = (app.admin().await, app.admin().await);
        app.reviewers(7).await;
        let unit = app.unit(&boss, "水泵厂").await;
        let mut rounds = Vec::new();
        for key in ["first", "second"] {
            let project = with(draft(), json!({ "unitId": unit, "idempotencyKey": key, "title": key }));
            let project = boss.project("createProject", project).await.ok().text("createProject.id");
            boss.project("submitProject", json!({ "id": project })).await.ok();
            app.advance(1_000);
            rounds.push(opener.open_review(&project, json!({})).await);
        }
        // The first has more time, and is to be reminded of after the second.
        opener.review("extendReview", json!({ "roundId": rounds[0], "dueAt": text(app.now().plus(30 * UtcMicros::DAY)) })).await.ok();
        app.advance_days(30);
        let tx = app.tx().await;
        // Whoever leaves goes off the panels in the order of their ids.
        round(&tx, &rounds[0]).await;
        let program = app.app.clone();
        let reminding = tokio::spawn(async move {
            let tx = program.db.begin().await.map_err(|error| format!("{error:?}"))?;
            let reminded = due::remind_due(&tx).await.map_err(|error| format!("{error:?}"))?;
            tx.commit().await.map_err(|error| format!("{error:?}"))?;
            Ok::<u64, String>(reminded)
        });
        until_waiting(&app, 1).await;
        round(&tx, &rounds[1]).await;
        tx.commit().await.map_err(|error| error.code).expect("committed");
        assert_eq!(reminding.await.expect("reminded"), Ok(2));
    }
}
