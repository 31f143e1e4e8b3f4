//! What is no longer needed goes by itself, by the periods of the community; what is under way and what is proof stays.

use domain::db::sql;
use entity::role_grant::Role;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::registered::{self, send};
use support::{Actor, Answer, TestApp, both};

use crate::personal::{member, serve};

async fn count(app: &TestApp, what: &str) -> i64 {
    let db = app.app.db.writer();
    let row = db.query_one_raw(sql(db, &format!("SELECT COUNT(*) FROM {what}"), [])).await.expect("read").expect("a count");
    row.try_get_by_index(0).expect("a number")
}

async fn publish(who: &Actor, changes: Value) -> Answer {
    send(who, "publishRetentionPolicy", "PublishRetentionPolicyInput", "{ version signInDays messageDays contactDays }", changes).await
}

both! {
    async fn each_thing_goes_in_its_time_and_records_never(app: TestApp) {
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        let amy = member(&app, "欧阳小敏").await;
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        serve(&app, &leader, &activity, &[&amy], 60).await;
        let contact = json!({ "contact": { "name": "欧阳小敏", "phone": amy.phone } });
        let over = app.published_need(&amy, &worker, "over", contact.clone()).await;
        let running = app.published_need(&amy, &worker, "running", json!({ "contact": contact["contact"], "validUntil": "2027-02-01T00:00:00Z" })).await;
        worker.reveal(&over, "上门前联系").await.ok();
        amy.step("withdrawListing", json!({ "id": over, "reason": "已由家人解决" })).await.ok();
        let asked = json!({ "field": "NAME", "wanted": "欧阳晓敏", "reason": "写错了" });
        let id = send(&amy, "requestCorrection", "RequestCorrectionInput", "{ id }", asked).await.ok().text("requestCorrection.id");
        send(&amy, "withdrawCorrection", "WithdrawCorrectionInput", "{ id }", json!({ "id": id })).await.ok();
        amy.run("mutation { logOut }", json!({})).await.ok();
        app.deliver().await;
        let (records, entries) = (count(&app, "service_record").await, count(&app, "entry").await);
        let (sign_ins, keys) = (count(&app, "login_session").await, count(&app, "idempotency").await);
        assert!(count(&app, "notification").await > 0 && keys > 0);

        app.advance_days(29);
        app.deliver().await;
        assert_eq!(count(&app, "listing WHERE contact_sealed IS NOT NULL").await, 2, "not yet");
        app.advance_days(2);
        app.deliver().await;
        assert_eq!(count(&app, "listing WHERE contact_sealed IS NOT NULL").await, 1, "the contact of what is over");
        assert_eq!(count(&app, "idempotency").await, 0, "keys of a month ago");
        let contact = registered::PASSWORD;
        let back = json!({ "phone": amy.phone, "password": contact, "device": "suite" });
        let token = send(&Actor::stranger(&app), "logIn", "LogInInput", "{ accessToken }", back).await.ok().text("logIn.accessToken");
        amy.showing(&token).reveal(&running, "看看自己写的").await.ok();
        app.advance_days(150);
        app.deliver().await;
        assert!(count(&app, "login_session").await < sign_ins + 1, "sign-ins that ended half a year ago");
        assert_eq!(count(&app, "correction WHERE request_sealed IS NOT NULL").await, 0, "what was asked for");
        assert_eq!(count(&app, "correction").await, 1, "that something was asked for stays");
        app.advance_days(190);
        app.deliver().await;
        assert_eq!(count(&app, "notification WHERE kind = 'RECORD_CERTIFIED'").await, 0);
        assert_eq!(count(&app, "contact_look WHERE reason <> ''").await, 2, "three years");
        app.advance_days(800);
        app.deliver().await;
        assert_eq!((count(&app, "contact_look WHERE reason <> ''").await, count(&app, "contact_look").await), (0, 2), "that somebody looked stays");
        assert_eq!(count(&app, "service_record").await, records, "for good");
        assert!(count(&app, "entry").await >= entries, "for good");
    }

    async fn a_community_sets_its_periods_within_the_law(app: TestApp) {
        let boss = app.admin().await;
        let amy = member(&app, "欧阳小敏").await;
        let policy = amy.run("{ retentionPolicy { version effectiveFrom messageDays correctionDays } }", json!({})).await.ok();
        assert_eq!(policy.data("retentionPolicy"), &json!({ "version": 0, "effectiveFrom": null, "messageDays": 365, "correctionDays": 15 }));
        assert_eq!(publish(&amy, json!({ "effectiveFrom": "2026-03-03" })).await.code(), "FORBIDDEN");
        let late = publish(&boss, json!({ "effectiveFrom": "2026-03-02" })).await;
        assert_eq!((late.code(), late.field()), ("POLICY_DATE", "effectiveFrom"));
        let short = publish(&boss, json!({ "effectiveFrom": "2026-03-03", "signInDays": 30 })).await;
        assert_eq!((short.code(), short.field()), ("BAD_INPUT", "signInDays"), "six months by law");
        let made = publish(&boss, json!({ "effectiveFrom": "2026-03-03", "messageDays": 30 })).await.ok();
        assert_eq!((made.int("publishRetentionPolicy.version"), made.int("publishRetentionPolicy.signInDays")), (1, 180));

        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        serve(&app, &leader, &activity, &[&amy], 60).await;
        app.advance_days(31);
        app.deliver().await;
        assert_eq!(count(&app, "notification WHERE kind = 'RECORD_CERTIFIED'").await, 0, "thirty days here");
    }
}
