//! The main job, end to end through the door: serve, record, earn, rank, redeem, and take back what was wrong.

use domain::insight::verify;
use serde_json::{Value, json};
use support::serving::text;
use support::{Actor, TestApp, both, stage};

const REDEEM: &str = "mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { id state pickupCode } }";
const STANDING: &str = "{ me { volunteer { minutes } } myPoints { balance owed earned spent } \
                        leaderboard(metric: POINTS, period: ALL, subject: VOLUNTEER) { me { rank value } total entries { rank value me } } }";

/// Everything a member can see of their standing: minutes, wallet, place.
async fn standing(app: &TestApp, who: &Actor) -> Value {
    app.deliver().await;
    who.run(STANDING, json!({})).await.ok().body["data"].clone()
}

async fn redeem(who: &Actor, reward: &str, cost: i64, key: &str) -> support::Answer {
    who.run(REDEEM, json!({ "input": { "rewardId": reward, "cost": cost, "idempotencyKey": key } })).await
}

/// Lets people serve two hours at a session of their own, by roll-call.
async fn serve(app: &TestApp, leader: &Actor, activity: &str, people: &[&Actor]) {
    let session = app.session(leader, activity, 60, 120, 50).await;
    for who in people {
        who.sign_up(&session).await.ok();
    }
    app.advance_minutes(60);
    let (from, to) = (app.now(), app.now().plus(120 * 60_000_000));
    app.advance_minutes(125);
    let entries: Vec<Value> =
        people.iter().map(|who| json!({ "volunteerId": who.volunteer_id, "checkedInAt": text(from), "checkedOutAt": text(to) })).collect();
    leader.call_roll(&session, &format!("roll-{session}"), json!(entries)).await.ok();
}

async fn verified(app: &TestApp) {
    app.deliver().await;
    let report = verify::run(&app.app).await.map_err(|error| format!("{error:?}")).expect("verified");
    assert!(report.is_clean(), "{report}");
}

both! {
    async fn a_member_serves_earns_climbs_redeems_and_fetches(app: TestApp) {
        let (leader, _, session) = app.cleaning(5).await;
        let (amy, desk) = (app.member("李小明").await, app.desk().await);
        let rice = stage::reward(&app, 20, 3, None, None).await.id.to_string();
        assert_eq!(redeem(&amy, &rice, 20, "too-early").await.code(), "POINTS_INSUFFICIENT");

        amy.sign_up(&session).await.ok();
        app.advance_minutes(60);
        amy.check_in(&session, &leader.code(&session, "IN").await).await.ok();
        app.advance_minutes(120);
        let record = amy.check_out(&session, &leader.code(&session, "OUT").await).await.ok();
        assert_eq!((record.text("checkOut.record.state"), record.int("checkOut.record.minutes")), ("CERTIFIED".to_owned(), 120));

        let why = amy.run("{ myPoints { balance passbook { edges { node { kind delta balanceAfter award { minutes pointsPerHour typeBps calendarRule calendarBps evidenceBps uncappedPoints points cap policyVersion expiresOn } } } } } }", json!({})).await.ok();
        assert_eq!(
            why.data("myPoints.passbook.edges.0.node"),
            &json!({ "kind": "AWARD", "delta": 20, "balanceAfter": 20, "award": { "minutes": 120, "pointsPerHour": 10, "typeBps": 10_000,
                "calendarRule": "SERVICE_MONTH", "calendarBps": 10_000, "evidenceBps": 10_000, "uncappedPoints": 20, "points": 20, "cap": null,
                "policyVersion": 1, "expiresOn": "2027-12-31" } })
        );
        let place = standing(&app, &amy).await;
        assert_eq!(place["leaderboard"]["me"], json!({ "rank": 1, "value": 20 }));
        assert_eq!(place["me"]["volunteer"]["minutes"], 120);

        let redeemed = redeem(&amy, &rice, 20, "tap").await.ok();
        let input = json!({ "input": { "pickupCode": redeemed.text("redeemReward.pickupCode"), "idempotencyKey": "desk" } });
        let fetched = desk.run("mutation($input: FulfilRedemptionInput!) { fulfilRedemption(input: $input) { state } }", input).await.ok();
        assert_eq!(fetched.text("fulfilRedemption.state"), "FULFILLED");
        let after = standing(&app, &amy).await;
        assert_eq!(after["leaderboard"]["me"], json!({ "rank": 1, "value": 20 }), "redeeming lowers no rank");
        assert_eq!(after["myPoints"]["balance"], 0);
        verified(&app).await;
    }

    async fn an_award_that_is_revoked_leaves_everything_as_it_was(app: TestApp) {
        let (team, leader) = app.led_team("绿色生态环保队").await;
        let admin = app.admin().await;
        let activity = app.activity(&leader, team, json!({})).await;
        let (amy, ben, eve) = (app.member("李小明").await, app.member("王芳").await, app.member("陈红").await);
        serve(&app, &leader, &activity, &[&amy, &ben]).await;
        app.advance_hours(1);
        serve(&app, &leader, &activity, &[&eve]).await;
        let before = [standing(&app, &amy).await, standing(&app, &ben).await, standing(&app, &eve).await];

        app.advance_hours(20);
        serve(&app, &leader, &activity, &[&ben]).await;
        assert_eq!(standing(&app, &ben).await["leaderboard"]["me"], json!({ "rank": 1, "value": 40 }));
        let record = ben.run("{ myServiceRecords(first: 1) { edges { node { id } } } }", json!({})).await.ok().text("myServiceRecords.edges.0.node.id");
        let revoke = "mutation($input: RevokeRecordInput!) { revokeRecord(input: $input) { state award { reversedAt } } }";
        let input = json!({ "input": { "id": record, "reason": "当天未到场", "idempotencyKey": "revoke" } });
        assert_eq!(ben.run(revoke, input.clone()).await.code(), "FORBIDDEN");
        assert_eq!(admin.run(revoke, input.clone()).await.ok().text("revokeRecord.state"), "REVOKED");
        assert_eq!(admin.run(revoke, input).await.ok().text("revokeRecord.state"), "REVOKED", "the same key");

        let after = [standing(&app, &amy).await, standing(&app, &ben).await, standing(&app, &eve).await];
        assert_eq!(after, before, "balance, minutes, totals, rank and the order of ties");
        verified(&app).await;
    }

    async fn spent_points_of_a_revoked_record_are_owed_and_block_the_store_until_earned_back(app: TestApp) {
        let (team, leader) = app.led_team("绿色生态环保队").await;
        let admin = app.admin().await;
        let activity = app.activity(&leader, team, json!({})).await;
        let amy = app.member("李小明").await;
        let soap = stage::reward(&app, 15, 9, None, None).await.id.to_string();
        serve(&app, &leader, &activity, &[&amy]).await;
        redeem(&amy, &soap, 15, "k1").await.ok();
        let record = amy.run("{ myServiceRecords(first: 1) { edges { node { id } } } }", json!({})).await.ok().text("myServiceRecords.edges.0.node.id");
        let revoke = "mutation($input: RevokeRecordInput!) { revokeRecord(input: $input) { state } }";
        admin.run(revoke, json!({ "input": { "id": record, "reason": "系他人代签", "idempotencyKey": "r" } })).await.ok();
        let owing = standing(&app, &amy).await;
        assert_eq!(owing["myPoints"], json!({ "balance": 0, "owed": 15, "earned": 15, "spent": 15 }));
        assert_eq!(owing["me"]["volunteer"]["minutes"], 0);
        assert_eq!(owing["leaderboard"]["me"], Value::Null);
        let refused = redeem(&amy, &soap, 15, "k2").await;
        assert_eq!((refused.code(), refused.error()["extensions"]["params"]["owed"].as_str()), ("POINTS_OWED", Some("15")));

        app.advance_hours(24);
        serve(&app, &leader, &activity, &[&amy]).await;
        assert_eq!(standing(&app, &amy).await["myPoints"], json!({ "balance": 5, "owed": 0, "earned": 20, "spent": 15 }));
        let line = amy.run("{ myPoints { passbook(first: 1) { edges { node { kind delta owedChange balanceAfter } } } } }", json!({})).await.ok();
        assert_eq!(line.data("myPoints.passbook.edges.0.node"), &json!({ "kind": "AWARD", "delta": 5, "owedChange": -15, "balanceAfter": 5 }));
        app.advance_hours(24);
        serve(&app, &leader, &activity, &[&amy]).await;
        redeem(&amy, &soap, 15, "k2").await.ok();
        verified(&app).await;
    }
}
