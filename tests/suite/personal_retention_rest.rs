//! What goes by itself of WeChat, and of pairs that are left alone: at its moment and not before, once, and nothing with it.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::error::Result;
use domain::insight::personal::retention;
use domain::people::wechat::check::{self, Scene};
use domain::people::wechat::{Verdict, login};
use domain::tx::Tx;
use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;
use support::outside::World;
use support::{Actor, TestApp, both};

use crate::personal_rows::{holding, rows_of_everything};
use crate::wechat::{accept, enter, states, tell};

const PATIENCE: Duration = Duration::from_secs(5);

/// How many rows of which tables a piece of due work took away, and how many it wrote.
async fn changed(app: &TestApp, work: impl AsyncFnOnce(&Tx) -> Result<u64>) -> BTreeMap<String, (usize, usize)> {
    let mut rows: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in rows_of_everything(app).await {
        *rows.entry(row).or_default() -= 1;
    }
    let tx = app.tx().await;
    work(&tx).await.map_err(|error| format!("{error:?}")).expect("done");
    tx.commit().await.map_err(|error| error.code).expect("committed");
    for row in rows_of_everything(app).await {
        *rows.entry(row).or_default() += 1;
    }
    let mut changed: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for ((table, _), more) in rows.into_iter().filter(|(_, more)| *more != 0) {
        let (gone, come) = changed.entry(table).or_default();
        *(if more < 0 { gone } else { come }) += usize::try_from(more.unsigned_abs()).expect("a few");
    }
    changed
}

/// What retention does now.
async fn retained(app: &TestApp) -> BTreeMap<String, (usize, usize)> {
    changed(app, async |tx: &Tx| retention::run(tx).await).await
}

fn gone<const N: usize>(tables: [(&str, usize); N]) -> BTreeMap<String, (usize, usize)> {
    tables.into_iter().map(|(table, rows)| (table.to_owned(), (rows, 0))).collect()
}

async fn submit(app: &TestApp, who: &Actor, subject: &str) {
    let (wechat, url) = (app.app.wechat.clone().expect("WeChat"), format!("https://qicai.example/media/{subject}"));
    let asked = check::ask_image(&app.app.db, &app.app.keys, &wechat, who.account(), Scene::Post, &url).await;
    let trace_id = asked.map_err(|error| error.code).expect("asked");
    let tx = app.tx().await;
    check::expect(&tx, who.account(), subject, &trace_id).await.map_err(|error| error.code).expect("written down");
    tx.commit().await.map_err(|error| error.code).expect("committed");
}

/// WeChat says what it thinks of a picture.
async fn decide(app: &TestApp, subject: &str) {
    let rows = checks(app).await;
    let (_, trace_id) = rows.iter().find(|(of, _)| of == subject).expect("submitted");
    let tx = app.tx().await;
    check::decide(&tx, trace_id, Verdict::Pass).await.map_err(|error| error.code).expect("decided");
    tx.commit().await.map_err(|error| error.code).expect("committed");
}

/// The checks there are, by subject, with their trace ids.
async fn checks(app: &TestApp) -> Vec<(String, String)> {
    let db = app.app.db.writer();
    let rows = db.query_all_raw(domain::db::sql(db, "SELECT subject, trace_id FROM wechat_check ORDER BY id", [])).await.expect("read");
    rows.iter().map(|row| (row.try_get("", "subject").expect("text"), row.try_get("", "trace_id").expect("text"))).collect()
}

both! {
    async fn a_dismissed_pair_goes_the_day_after_its_last(app: TestApp) {
        let (amy, ben, cat, worker) = (app.member("李小明").await, app.member("王芳").await, app.member("张伟").await, app.grid_worker().await);
        let need = app.published_need(&amy, &worker, "tap", json!({ "validUntil": "2026-06-01T00:00:00+08:00" })).await;
        let dismiss = "mutation($input: DismissMatchInput!) { dismissMatch(input: $input) { until } }";
        let say = async |who: &Actor, reason: &str| {
            let input = json!({ "input": { "needId": need, "reason": reason } });
            who.run(dismiss, input).await.ok().text("dismissMatch.until")
        };
        assert_eq!(say(&ben, "家在河对岸").await, "2026-04-01");
        app.advance_days(10);
        assert_eq!(say(&cat, "那天要上班").await, "2026-04-11");
        app.set_time("2026-04-01T23:59:59+08:00");
        retained(&app).await;
        assert_eq!(holding(&app, &["家在河对岸", "那天要上班"]).await.len(), 2, "its last day is not over");
        app.set_time("2026-04-02T00:00:00+08:00");
        assert_eq!(retained(&app).await, gone([("match_dismissal", 1)]));
        assert_eq!(retained(&app).await, gone([]), "once");
        let left = entity::match_dismissal::Entity::find().all(app.app.db.reader()).await.expect("read");
        assert_eq!(left.iter().map(|row| row.reason.as_str()).collect::<Vec<_>>(), ["那天要上班"]);
        app.set_time("2026-04-12T00:00:00+08:00");
        retained(&app).await;
        assert!(holding(&app, &["家在河对岸", "那天要上班"]).await.is_empty());
    }

    async fn messages_of_wechat_go_with_those_in_the_app_and_what_is_under_way_does_not(app: TestApp) {
        let world = World::start();
        let app = app.with_templates(&world, json!({ "POINTS_EXPIRING": { "id": "tmpl-x", "fields": { "thing1": "title" } } }));
        let (amy, ben) = (enter(&app, &world, "openid-a").await, enter(&app, &world, "openid-b").await);
        for (who, openid) in [(&amy, "openid-a"), (&amy, "openid-a"), (&ben, "openid-b")] {
            world.tap(openid, "tmpl-x");
            accept(who, &["POINTS_EXPIRING"]).await.ok();
        }
        let first = app.now();
        tell(&app, &amy, 1).await;
        app.advance_minutes(60);
        let second = app.now();
        tell(&app, &amy, 1).await;
        world.refuse_next("send", -1);
        tell(&app, &ben, 1).await;
        assert_eq!(states(&app).await, ["SENT", "SENT", "PENDING"]);

        let turn = |to: UtcMicros| app.app.db.clock().set(to);
        turn(first.plus(365 * UtcMicros::DAY));
        retained(&app).await;
        assert_eq!(states(&app).await, ["SENT", "SENT", "PENDING"], "365 whole days");
        turn(first.plus(365 * UtcMicros::DAY + 1));
        assert_eq!(retained(&app).await, gone([("notification", 1), ("wechat_message", 1)]));
        assert_eq!(retained(&app).await, gone([]), "once");
        turn(second.plus(365 * UtcMicros::DAY + 1));
        assert_eq!(retained(&app).await, gone([("notification", 2), ("wechat_message", 1)]));
        assert_eq!(states(&app).await, ["PENDING"], "what is still to be sent");
        assert_eq!(retained(&app).await, gone([]));
    }

    async fn checks_of_pictures_go_half_a_year_after_their_verdict(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, PATIENCE);
        let amy = enter(&app, &world, "openid-a").await;
        for subject in ["med_1", "med_2", "med_3"] {
            submit(&app, &amy, subject).await;
        }
        let decided = app.now();
        decide(&app, "med_1").await;
        app.advance_days(1);
        decide(&app, "med_2").await;
        let left = async || checks(&app).await.into_iter().map(|(subject, _)| subject).collect::<Vec<_>>();
        app.app.db.clock().set(decided.plus(180 * UtcMicros::DAY));
        retained(&app).await;
        assert_eq!(left().await, ["med_1", "med_2", "med_3"], "180 whole days");
        app.advance(1);
        assert_eq!(retained(&app).await, gone([("wechat_check", 1)]));
        assert_eq!(retained(&app).await, gone([]), "once");
        assert_eq!(left().await, ["med_2", "med_3"]);
        app.advance_days(400);
        retained(&app).await;
        assert_eq!(left().await, ["med_3"], "one without a verdict is still waited for");
    }

    async fn codes_of_wechat_go_after_an_hour(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, PATIENCE);
        let pruned = async || changed(&app, async |tx: &Tx| login::prune(tx).await).await;
        let first = app.now();
        enter(&app, &world, "openid-a").await;
        app.advance_minutes(30);
        enter(&app, &world, "openid-b").await;
        app.app.db.clock().set(first.plus(UtcMicros::HOUR));
        assert_eq!(pruned().await, gone([]), "a whole hour");
        app.advance(1);
        assert_eq!(pruned().await, gone([("wechat_login", 1)]));
        assert_eq!(pruned().await, gone([]), "once");
        app.advance_minutes(30);
        assert_eq!(pruned().await, gone([("wechat_login", 1)]));
        assert_eq!(retained(&app).await, gone([]), "and whoever they are stays");
    }
}
