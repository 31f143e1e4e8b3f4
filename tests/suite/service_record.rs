//! Records: what counts at once, what waits for a second person, what is taken back.

use entity::time::UtcMicros;
use serde_json::{Value, json};
use support::serving::text;
use support::{Actor, Answer, TestApp, both};

/// Everybody was there from the start to the end of a session that is over.
async fn call_all(app: &TestApp, leader: &Actor, session: &str, people: &[&Actor], minutes: i64) {
    let (start, end) = (app.now().plus(-minutes * UtcMicros::MINUTE), app.now());
    let entries: Vec<Value> =
        people.iter().map(|who| json!({ "volunteerId": who.volunteer_id, "checkedInAt": text(start), "checkedOutAt": text(end) })).collect();
    leader.call_roll(session, &format!("roll {session}"), json!(entries)).await.ok();
}

async fn backfill(who: &Actor, changes: Value) -> Answer {
    let mut input = json!({ "serviceType": "ENVIRONMENT", "content": "清理小广告", "reason": "当天没有网络", "idempotencyKey": "backfill" });
    if let (Some(input), Value::Object(changes)) = (input.as_object_mut(), changes) {
        input.extend(changes);
    }
    who.run(
        "mutation($input: RequestBackfillInput!) { requestBackfill(input: $input) { id state evidence source minutes award { points } } }",
        json!({ "input": input }),
    )
    .await
}

async fn revoke(who: &Actor, id: &str, reason: &str) -> Answer {
    let input = json!({ "id": id, "reason": reason, "idempotencyKey": format!("revoke {id}") });
    who.run(
        "mutation($input: RevokeRecordInput!) { revokeRecord(input: $input) { state reason revokedAt award { reversedAt } } }",
        json!({ "input": input }),
    )
    .await
}

both! {
    async fn more_than_eight_hours_a_day_wait_for_a_second_person(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let amy = app.member("李小明").await;
        let long = app.session(&leader, &activity, 10, 470, 9).await;
        let evening = app.session(&leader, &activity, 490, 60, 9).await;
        app.advance_minutes(480);
        call_all(&app, &leader, &long, &[&amy], 470).await;
        app.advance_minutes(70);
        call_all(&app, &leader, &evening, &[&amy], 60).await;
        let (minutes, points) = amy.minutes_and_points().await;
        assert_eq!(minutes, 470, "the second one waits");
        let waiting = amy.records().await[0].clone();
        assert_eq!((&waiting["state"], &waiting["award"]), (&json!("PENDING"), &Value::Null));
        let id = waiting["id"].as_str().unwrap_or_default().to_owned();

        let admin = app.admin().await;
        let own = app.with_role("李小明的同名", entity::role_grant::Role::Admin, app.community.region_id).await;
        assert_eq!(leader.decide_record(&id, true, None).await.code(), "FORBIDDEN");
        let queue = "{ records(filter: { state: PENDING }) { edges { node { id volunteer { name } } } } }";
        assert_eq!(admin.run(queue, json!({})).await.ok().text("records.edges.0.node.id"), id);
        assert_eq!(admin.decide_record(&id, false, None).await.code(), "REASON_REQUIRED");
        let certified = own.decide_record(&id, true, None).await.ok();
        assert_eq!(certified.text("decideRecord.state"), "CERTIFIED");
        assert_eq!(own.decide_record(&id, true, None).await.ok().text("decideRecord.state"), "CERTIFIED", "the same key");
        assert_eq!(admin.decide_record(&id, true, Some("再次")).await.code(), "STATE_CHANGED");
        assert_eq!(amy.minutes_and_points().await, (530, points + certified.int("decideRecord.award.points")));
    }

    async fn nobody_decides_on_an_own_record_or_one_they_recorded(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (first, second) = (app.admin().await, app.admin().await);
        let session = app.session(&leader, &activity, 10, 600, 9).await;
        app.advance_minutes(610);
        let amy = app.member("李小明").await;
        call_all(&app, &first, &session, &[&second, &amy], 600).await;
        let own = second.records().await[0]["id"].as_str().unwrap_or_default().to_owned();
        let recorded = amy.records().await[0]["id"].as_str().unwrap_or_default().to_owned();
        assert_eq!(second.decide_record(&own, true, None).await.code(), "SELF_DEALING");
        assert_eq!(first.decide_record(&recorded, true, None).await.code(), "SECOND_PERSON_REQUIRED");
        let refused = second.decide_record(&recorded, false, Some("时长不实")).await.ok();
        assert_eq!((refused.text("decideRecord.state"), refused.text("decideRecord.reason")), ("REJECTED".to_owned(), "时长不实".to_owned()));
        assert_eq!(amy.minutes_and_points().await, (0, 0));
        let worker = app.grid_worker().await;
        assert_eq!(worker.decide_record(&own, true, None).await.code(), "FORBIDDEN", "another grid's record");
    }

    async fn back_fill_needs_a_second_person_and_brings_no_points(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let (amy, ben) = (app.member("李小明").await, app.member("王芳").await);
        app.join(&amy, team_id).await;
        app.advance_days(40);
        let day = |days: i64, hours: i64| text(app.now().plus(days * UtcMicros::DAY + hours * UtcMicros::HOUR));
        let at = |from: String, to: String| json!({ "teamId": team_id.to_string(), "startedAt": from, "endedAt": to });
        assert_eq!(backfill(&amy, at(day(-31, 0), day(-31, 2))).await.field(), "startedAt");
        assert_eq!(backfill(&amy, at(day(0, -1), day(0, 1))).await.field(), "endedAt");
        assert_eq!(backfill(&amy, at(day(-1, 0), day(-1, 0))).await.code(), "TOO_SHORT");
        assert_eq!(backfill(&ben, at(day(-1, 0), day(-1, 2))).await.field(), "teamId");
        let mut silent = at(day(-1, 0), day(-1, 2));
        silent["reason"] = json!("");
        assert_eq!(backfill(&amy, silent).await.code(), "REASON_REQUIRED");
        let entered = backfill(&amy, at(day(-1, 0), day(-1, 2))).await.ok();
        assert_eq!(
            (entered.text("requestBackfill.state"), entered.text("requestBackfill.evidence"), entered.text("requestBackfill.source")),
            ("PENDING".to_owned(), "C".to_owned(), "BACKFILL".to_owned())
        );
        let id = entered.text("requestBackfill.id");
        assert_eq!(backfill(&amy, at(day(-1, 0), day(-1, 2))).await.ok().text("requestBackfill.id"), id, "the same key");
        let mut overlapping = at(day(-1, 1), day(-1, 3));
        overlapping["idempotencyKey"] = json!("other");
        assert_eq!(backfill(&amy, overlapping).await.code(), "RECORD_OVERLAP");

        let mut for_amy = at(day(-2, 0), day(-2, 1));
        for_amy["volunteerId"] = json!(amy.volunteer_id);
        assert_eq!(backfill(&ben, for_amy.clone()).await.code(), "FORBIDDEN");
        let by_leader = backfill(&leader, for_amy).await.ok().text("requestBackfill.id");
        let admin = app.admin().await;
        let certified = admin.decide_record(&id, true, None).await.ok();
        assert_eq!((certified.text("decideRecord.state"), certified.int("decideRecord.award.points")), ("CERTIFIED".to_owned(), 0));
        assert_eq!(certified.text("decideRecord.reason"), "当天没有网络", "why it was back-filled stays");
        admin.decide_record(&by_leader, true, None).await.ok();
        assert_eq!(amy.minutes_and_points().await, (180, 0), "minutes count, points do not");
    }

    async fn a_revoked_record_leaves_minutes_points_and_day_as_they_were(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, admin) = (app.member("李小明").await, app.admin().await);
        let first = app.session(&leader, &activity, 10, 120, 9).await;
        let second = app.session(&leader, &activity, 140, 470, 9).await;
        app.advance_minutes(130);
        call_all(&app, &leader, &first, &[&amy, &admin], 120).await;
        let before = amy.minutes_and_points().await;
        let id = amy.records().await[0]["id"].as_str().unwrap_or_default().to_owned();
        let own = admin.records().await[0]["id"].as_str().unwrap_or_default().to_owned();
        assert!(before.0 == 120 && before.1 > 0);
        assert_eq!(revoke(&leader, &id, "误记").await.code(), "FORBIDDEN");
        assert_eq!(revoke(&admin, &own, "误记").await.code(), "SELF_DEALING");
        assert_eq!(revoke(&admin, &id, "").await.code(), "REASON_REQUIRED");
        let revoked = revoke(&admin, &id, "误记").await.ok();
        assert_eq!(revoked.text("revokeRecord.state"), "REVOKED");
        assert!(revoked.data("revokeRecord.award.reversedAt").is_string());
        assert_eq!(revoke(&admin, &id, "误记").await.ok().text("revokeRecord.state"), "REVOKED", "the same key");
        assert_eq!(amy.minutes_and_points().await, (0, 0));
        app.advance_minutes(480);
        call_all(&app, &leader, &second, &[&amy], 470).await;
        assert_eq!(amy.records().await[0]["state"], "CERTIFIED", "the day has room again");
        app.deliver().await;
    }

    async fn time_is_served_once_and_records_are_for_those_they_concern(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let (other_team, other) = app.led_team("平安巡逻队").await;
        let amy = app.member("李小明").await;
        let cleaning = app.activity(&leader, team_id, json!({})).await;
        let patrol = app.activity(&other, other_team, json!({ "title": "夜间巡逻", "serviceType": "PATROL" })).await;
        let here = app.session(&leader, &cleaning, 10, 120, 9).await;
        let there = app.session(&other, &patrol, 70, 120, 9).await;
        app.advance_minutes(190);
        let (start, end) = (app.now().plus(-180 * UtcMicros::MINUTE), app.now().plus(-60 * UtcMicros::MINUTE));
        let entries = json!([{ "volunteerId": amy.volunteer_id, "checkedInAt": text(start), "checkedOutAt": text(end) }]);
        leader.call_roll(&here, "here", entries).await.ok();
        let overlapping = json!([{ "volunteerId": amy.volunteer_id, "checkedOutAt": text(app.now()) }]);
        assert_eq!(other.call_roll(&there, "there", overlapping).await.code(), "RECORD_OVERLAP");
        let apart = json!([{ "volunteerId": amy.volunteer_id, "checkedInAt": text(end), "checkedOutAt": text(app.now()) }]);
        other.call_roll(&there, "there", apart).await.ok();
        assert_eq!(amy.minutes_and_points().await.0, 180);

        let list = "{ records { edges { node { id content team { name } volunteer { number } } } } }";
        let seen = other.run(list, json!({})).await.ok();
        assert_eq!(seen.list("records.edges").len(), 1, "a leader's own team only");
        assert_eq!(seen.text("records.edges.0.node.team.name"), "平安巡逻队");
        assert_eq!(amy.run(list, json!({})).await.code(), "FORBIDDEN");
        let id = seen.text("records.edges.0.node.id");
        let node = "query($id: ID!) { node(id: $id) { id } }";
        assert_eq!(leader.run(node, json!({ "id": id })).await.code(), "NOT_FOUND");
        assert_eq!(amy.run(node, json!({ "id": id })).await.ok().text("node.id"), id);
    }
}
