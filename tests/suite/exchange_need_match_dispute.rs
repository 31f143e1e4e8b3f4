//! Disputes: what was done counts or does not, and somebody on neither side says so.

use serde_json::json;
use support::{Actor, TestApp, both};

async fn resolve(who: &Actor, id: &str, outcome: &str) -> support::Answer {
    who.meet("resolveDispute", json!({ "id": id, "outcome": outcome, "explanation": "已向双方核实" })).await
}

both! {
    async fn a_dispute_that_is_upheld_takes_minutes_and_points_back(app: TestApp) {
        let (amy, ben, worker, admin) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await, app.admin().await);
        let need = app.published_need(&amy, &worker, "tap", json!({})).await;
        let id = app.done(&worker, &need, &ben, 120).await;
        worker.meet("confirmMatch", json!({ "id": id, "rating": 5, "channel": "SPOKEN", "word": "电话里说满意" })).await.ok();
        assert_eq!(ben.minutes_and_points().await, (120, 20));
        assert_eq!(ben.meet("disputeMatch", json!({ "id": id, "reason": "太少" })).await.code(), "FORBIDDEN", "it counts already");
        app.advance_days(20);
        assert_eq!(amy.meet("disputeMatch", json!({ "id": id, "reason": "" })).await.code(), "REASON_REQUIRED");
        amy.meet("disputeMatch", json!({ "id": id, "reason": "我没有说过满意,人没有来" })).await.ok();

        assert_eq!(resolve(&worker, &id, "UPHELD").await.code(), "FORBIDDEN");
        assert_eq!(admin.meet("resolveDispute", json!({ "id": id, "outcome": "UPHELD", "explanation": " " })).await.field(), "explanation");
        let both_hats = app.with_role("管理员兼网格员", entity::role_grant::Role::Admin, app.community.region_id).await;
        let decided = resolve(&both_hats, &id, "UPHELD").await.ok();
        assert_eq!((decided.text("resolveDispute.state"), decided.text("resolveDispute.outcome")), ("VOIDED".to_owned(), "UPHELD".to_owned()));
        assert_eq!(resolve(&both_hats, &id, "UPHELD").await.ok().text("resolveDispute.state"), "VOIDED", "the same key");
        assert_eq!(ben.minutes_and_points().await, (0, 0));
        let record = &ben.records().await[0];
        assert_eq!((&record["state"], &record["reason"]), (&json!("REVOKED"), &json!("已向双方核实")));
        assert_eq!(resolve(&admin, &id, "REJECTED").await.code(), "STATE_CHANGED");
        app.deliver().await;
        let told = ben.run("{ myNotifications(first: 20) { edges { node { body } } } }", json!({})).await.ok().body.to_string();
        assert!(told.contains("异议已处理") && told.contains("已向双方核实"), "{told}");
        assert!(domain::insight::verify::run(&app.app).await.map_err(|error| error.code).expect("checked").is_clean());
    }

    async fn a_helper_who_waits_in_vain_is_heard(app: TestApp) {
        let (amy, ben, worker, admin) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await, app.admin().await);
        let need = app.published_need(&amy, &worker, "tap", json!({})).await;
        let id = app.done(&worker, &need, &ben, 90).await;
        ben.meet("disputeMatch", json!({ "id": id, "reason": "对方一直不确认" })).await.ok();
        assert_eq!(amy.meet("confirmMatch", json!({ "id": id, "rating": 1 })).await.code(), "STATE_CHANGED");
        let counts = resolve(&admin, &id, "UPHELD").await.ok();
        assert_eq!(counts.text("resolveDispute.state"), "CONFIRMED");
        assert_eq!(counts.data("resolveDispute.rating"), &serde_json::Value::Null, "nobody else rates for the person served");
        assert_eq!(ben.minutes_and_points().await, (90, 15));
        assert_eq!(amy.need_left(&need).await, ("FULFILLED".to_owned(), 0));
        assert_eq!(amy.meet("disputeMatch", json!({ "id": id, "reason": "再来" })).await.code(), "STATE_CHANGED", "once is enough");
    }

    async fn who_is_on_a_side_does_not_decide_and_late_is_too_late(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let (ben, admin) = (app.admin().await, app.admin().await);
        let need = app.published_need(&amy, &worker, "tap", json!({ "quantity": 2 })).await;
        let id = app.done(&worker, &need, &ben, 60).await;
        amy.meet("disputeMatch", json!({ "id": id, "reason": "没有做完" })).await.ok();
        assert_eq!(resolve(&ben, &id, "REJECTED").await.code(), "SELF_DEALING");
        resolve(&admin, &id, "UPHELD").await.ok();
        assert_eq!(amy.need_left(&need).await, ("PUBLISHED".to_owned(), 2), "what was not done is open again");
        assert_eq!(ben.minutes_and_points().await, (0, 0));

        let cat = app.member("张伟").await;
        let second = app.done(&worker, &need, &cat, 60).await;
        amy.meet("confirmMatch", json!({ "id": second, "rating": 2 })).await.ok();
        app.advance_days(31);
        assert_eq!(amy.meet("disputeMatch", json!({ "id": second, "reason": "想起来了" })).await.code(), "DISPUTE_CLOSED");
        assert_eq!(cat.minutes_and_points().await, (60, 10));
    }
}
