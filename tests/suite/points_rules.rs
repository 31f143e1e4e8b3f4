//! The rules of points: policies and their versions, caps, expiry with its warnings, corrections by two people.

use serde_json::{Value, json};
use support::{Actor, TestApp, both, stage};

const PUBLISH: &str =
    "mutation($input: PublishPointsPolicyInput!) { publishPointsPolicy(input: $input) { version pointsPerHour serviceDayBps dailyPointsMax } }";
const PROPOSE: &str = "mutation($input: ProposeAdjustmentInput!) { proposeAdjustment(input: $input) { id state delta } }";
const DECIDE: &str = "mutation($input: DecideAdjustmentInput!) { decideAdjustment(input: $input) { state operationId } }";

async fn publish(who: &Actor, input: Value) -> support::Answer {
    who.run(PUBLISH, json!({ "input": input })).await
}

async fn propose(who: &Actor, whose: &Actor, delta: i64, reason: &str, key: &str) -> support::Answer {
    who.run(PROPOSE, json!({ "input": { "volunteerId": whose.volunteer_id, "delta": delta, "reason": reason, "idempotencyKey": key } })).await
}

async fn decide(who: &Actor, id: &str, approve: bool, reason: Option<&str>, key: &str) -> support::Answer {
    who.run(DECIDE, json!({ "input": { "id": id, "approve": approve, "reason": reason, "idempotencyKey": key } })).await
}

async fn balance(who: &Actor) -> i64 {
    who.run("{ myPoints { balance } }", json!({})).await.ok().int("myPoints.balance")
}

both! {
    async fn a_policy_begins_tomorrow_and_never_reaches_back(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("李小明").await);
        assert_eq!(publish(&admin, json!({ "effectiveFrom": "2026-03-02", "pointsPerHour": 12 })).await.code(), "POLICY_DATE");
        assert_eq!(publish(&admin, json!({ "effectiveFrom": "2026-03-03", "serviceDay": 29 })).await.field(), "serviceDay");
        assert_eq!(publish(&amy, json!({ "effectiveFrom": "2026-03-03" })).await.code(), "FORBIDDEN");
        let second = publish(&admin, json!({ "effectiveFrom": "2026-03-03", "pointsPerHour": 12, "dailyPointsMax": 30 })).await.ok();
        assert_eq!(second.data("publishPointsPolicy"), &json!({ "version": 2, "pointsPerHour": 12, "serviceDayBps": 10_000, "dailyPointsMax": 30 }));
        assert_eq!(publish(&admin, json!({ "effectiveFrom": "2026-03-02" })).await.code(), "POLICY_DATE");
        let lifted = publish(&admin, json!({ "effectiveFrom": "2026-03-10", "dailyPointsMax": -1 })).await.ok();
        assert_eq!(lifted.data("publishPointsPolicy.dailyPointsMax"), &Value::Null);
        let on = |day: &str| json!({ "on": day });
        for (day, version) in [("2026-03-02", 1), ("2026-03-03", 2), ("2026-03-09", 2), ("2026-03-10", 3)] {
            assert_eq!(amy.run("query($on: NaiveDate) { pointsPolicy(on: $on) { version } }", on(day)).await.ok().int("pointsPolicy.version"), version, "{day}");
        }
    }

    async fn caps_hold_and_say_so(app: TestApp) {
        let admin = app.admin().await;
        publish(&admin, json!({ "effectiveFrom": "2026-03-03", "dailyPointsMax": 30, "monthlyPointsMax": 50 })).await.ok();
        app.advance_days(1);
        let people = stage::people(&app, 1, stage::MEMBER).await;
        for (points, gets, cap) in [(20, 20, Value::Null), (20, 10, json!("DAY"))] {
            stage::give_points(&app, &people, points).await;
            let line = stage::speaking(&app, &people[0]).run("{ myPoints { passbook(first: 1) { edges { node { delta award { uncappedPoints points cap } } } } } }", json!({})).await.ok();
            assert_eq!(line.data("myPoints.passbook.edges.0.node"), &json!({ "delta": gets, "award": { "uncappedPoints": points, "points": gets, "cap": cap } }));
        }
        app.advance_days(1);
        stage::give_points(&app, &people, 25).await;
        assert_eq!(balance(&stage::speaking(&app, &people[0])).await, 50, "the month's cap");
    }

    async fn points_run_out_in_order_after_two_warnings(app: TestApp) {
        let amy = app.member("李小明").await;
        let person = amy_as_stage(&app, &amy).await;
        stage::give_points(&app, &person, 30).await;
        app.set_time("2027-02-01T09:00:00+08:00");
        stage::give_points(&app, &person, 50).await;
        let rice = stage::reward(&app, 10, 9, None, None).await.id.to_string();
        let redeem = "mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { pickupCode } }";
        let redeemed = amy.run(redeem, json!({ "input": { "rewardId": rice, "cost": 10, "idempotencyKey": "k" } })).await.ok();
        let fetch = "mutation($input: FulfilRedemptionInput!) { fulfilRedemption(input: $input) { state } }";
        let input = json!({ "input": { "pickupCode": redeemed.text("redeemReward.pickupCode"), "idempotencyKey": "d" } });
        app.desk().await.run(fetch, input).await.ok();

        let warnings = "{ myNotifications(first: 20) { edges { node { kind } } } }";
        let count = async |who: &Actor| {
            let answer = who.run(warnings, json!({})).await.ok();
            answer.list("myNotifications.edges").iter().filter(|edge| edge["node"]["kind"] == "POINTS_EXPIRING").count()
        };
        for (time, told) in [("2027-11-30T09:00:00+08:00", 0), ("2027-12-01T09:00:00+08:00", 1), ("2027-12-20T09:00:00+08:00", 1), ("2027-12-24T09:00:00+08:00", 2), ("2027-12-30T09:00:00+08:00", 2)] {
            app.set_time(time);
            app.deliver().await;
            assert_eq!(count(&amy).await, told, "{time}");
        }
        let soon = amy.run("{ myPoints { balance expiring { points expiresOn } } }", json!({})).await.ok();
        assert_eq!(soon.data("myPoints"), &json!({ "balance": 70, "expiring": [{ "points": 20, "expiresOn": "2027-12-31" }] }), "the ten came from the oldest");
        app.set_time("2027-12-31T23:59:59+08:00");
        app.deliver().await;
        assert_eq!(balance(&amy).await, 70, "the last day is a day");
        app.set_time("2028-01-01T00:00:01+08:00");
        app.deliver().await;
        app.deliver().await;
        assert_eq!(balance(&amy).await, 50);
        let line = amy.run("{ myPoints { passbook(first: 1) { edges { node { kind delta balanceAfter } } } } }", json!({})).await.ok();
        assert_eq!(line.data("myPoints.passbook.edges.0.node"), &json!({ "kind": "EXPIRE", "delta": -20, "balanceAfter": 50 }));
    }

    async fn a_correction_takes_two_people(app: TestApp) {
        let (admin, second, grid) = (app.admin().await, app.admin().await, app.with_role("网格员", entity::role_grant::Role::GridWorker, app.community.region_id).await);
        let amy = app.member("李小明").await;
        assert_eq!(propose(&amy, &amy, 10, "我要", "a").await.code(), "FORBIDDEN");
        assert_eq!(propose(&admin, &admin, 10, "我要", "b").await.code(), "SELF_DEALING");
        assert_eq!(propose(&grid, &amy, 0, "零", "c").await.code(), "BAD_INPUT");
        assert_eq!(propose(&grid, &amy, 10, "  ", "d").await.code(), "REASON_REQUIRED");
        let id = propose(&grid, &amy, 10, "漏记", "e").await.ok().text("proposeAdjustment.id");
        assert_eq!(propose(&grid, &amy, 10, "漏记", "e").await.ok().text("proposeAdjustment.id"), id);
        assert_eq!(decide(&grid, &id, true, None, "f").await.code(), "FORBIDDEN");
        assert_eq!(balance(&amy).await, 0);
        assert_eq!(decide(&admin, &id, true, None, "g").await.ok().text("decideAdjustment.state"), "POSTED");
        assert_eq!(decide(&second, &id, false, Some("迟了"), "h").await.code(), "STATE_CHANGED");
        assert_eq!(balance(&amy).await, 10);

        let own = propose(&admin, &amy, 5, "再补", "i").await.ok().text("proposeAdjustment.id");
        assert_eq!(decide(&admin, &own, true, None, "j").await.code(), "SECOND_PERSON_REQUIRED");
        assert_eq!(decide(&admin, &own, false, Some("写错了"), "k").await.ok().text("decideAdjustment.state"), "REJECTED", "one may take one's own back");
        let below = propose(&admin, &amy, -11, "多记", "l").await.ok().text("proposeAdjustment.id");
        assert_eq!(decide(&second, &below, true, None, "m").await.code(), "POINTS_INSUFFICIENT");
        app.advance_days(15);
        app.deliver().await;
        assert_eq!(decide(&second, &below, true, None, "n").await.code(), "STATE_CHANGED", "nobody decided in time");
        let listed = admin.run("{ adjustments(state: LAPSED) { edges { node { id } } } }", json!({})).await.ok();
        assert_eq!(listed.text("adjustments.edges.0.node.id"), below);
    }
}

/// A member of the stories as somebody the ledger's stage can pay.
async fn amy_as_stage(app: &TestApp, amy: &Actor) -> Vec<domain::people::permission::Actor> {
    amy.token().await.expect("signed in");
    let tx = app.tx().await;
    let started = domain::people::session::start(&tx, amy.account(), "suite").await.expect("a session");
    tx.commit().await.expect("committed");
    let signed_in = app.app.sessions.sign_in(started, app.now()).expect("a token");
    let actor = app.app.sessions.load(&app.app.db, amy.account(), signed_in.login_session_id).await.expect("an actor");
    vec![(*actor).clone()]
}
