//! Presence: codes on site, and the leader's roll.

use entity::time::UtcMicros;
use futures_util::future::join_all;
use serde_json::{Value, json};
use support::serving::text;
use support::{Actor, TestApp, both};

fn entry(who: &Actor, from: Option<UtcMicros>, to: Option<UtcMicros>) -> Value {
    json!({ "volunteerId": who.volunteer_id, "checkedInAt": from.map(text), "checkedOutAt": to.map(text) })
}

both! {
    async fn a_member_scans_in_and_out_and_is_paid_for_the_sessions_minutes(app: TestApp) {
        let (leader, _, session) = app.cleaning(5).await;
        let (amy, ben) = (app.member("李小明").await, app.member("王芳").await);
        amy.sign_up(&session).await.ok();
        assert_eq!(leader.show_code(&session, "IN").await.code(), "CHECK_IN_CLOSED", "half an hour before the start");
        app.advance_minutes(40);
        assert_eq!(amy.show_code(&session, "IN").await.code(), "FORBIDDEN");
        let shown = leader.show_code(&session, "IN").await.ok();
        assert!((1..=30).contains(&shown.int("checkInCode.refreshSeconds")));
        let code = shown.text("checkInCode.code");
        assert_eq!(ben.check_in(&session, &code).await.code(), "NOT_SIGNED_UP");
        let first = amy.check_in(&session, &code).await.ok();
        assert_eq!(first.data("checkIn.record"), &Value::Null);
        assert_eq!(amy.check_in(&session, &code).await.ok().text("checkIn.id"), first.text("checkIn.id"), "the same key");
        app.advance(31 * UtcMicros::SECOND);
        let next = leader.code(&session, "IN").await;
        assert_ne!(next, code);
        assert_eq!(amy.check_in(&session, &next).await.code(), "ALREADY_CHECKED_IN");
        assert_eq!(amy.standing(&session).await, "ATTENDED");

        app.advance_minutes(109);
        let out = leader.code(&session, "OUT").await;
        assert_eq!(ben.check_out(&session, &out).await.code(), "NOT_CHECKED_IN");
        let left = amy.check_out(&session, &out).await.ok();
        // In 20 minutes early, out 89 minutes and 31 seconds after the start: whole minutes of the session only.
        assert_eq!(left.int("checkOut.record.minutes"), 89);
        assert_eq!((left.text("checkOut.record.evidence"), left.text("checkOut.record.source")), ("A".to_owned(), "SCAN".to_owned()));
        assert_eq!(left.text("checkOut.record.state"), "CERTIFIED");
        let points = left.int("checkOut.record.award.points");
        assert!(points > 0);
        assert_eq!(amy.minutes_and_points().await, (89, points));
        app.advance(31 * UtcMicros::SECOND);
        let late = leader.code(&session, "OUT").await;
        assert_eq!(amy.check_out(&session, &late).await.code(), "ALREADY_CHECKED_OUT");
        assert_eq!(amy.minutes_and_points().await, (89, points));
    }

    async fn codes_of_another_time_place_or_hand_are_refused(app: TestApp) {
        let (leader, team_id, session) = app.cleaning(5).await;
        let other = app.activity(&leader, team_id, json!({ "title": "另一个活动" })).await;
        let elsewhere = app.session(&leader, &other, 70, 60, 5).await;
        let amy = app.member("李小明").await;
        amy.sign_up(&session).await.ok();
        app.advance_minutes(50);
        let old = leader.code(&session, "IN").await;
        assert_eq!(amy.check_in(&session, &leader.code(&elsewhere, "IN").await).await.code(), "CHECK_IN_CODE_OTHER_SESSION");
        assert_eq!(amy.check_in(&session, &leader.code(&session, "OUT").await).await.code(), "CHECK_IN_CODE_INVALID", "the code to leave with");
        let mut forged = old.clone();
        forged.replace_range(old.len() - 1.., if old.ends_with('0') { "1" } else { "0" });
        for bad in [forged.as_str(), "", "QC1.x.I.1.2", "扫一扫"] {
            assert_eq!(amy.check_in(&session, bad).await.code(), "CHECK_IN_CODE_INVALID", "{bad}");
        }
        app.advance(29 * UtcMicros::SECOND);
        app.advance(31 * UtcMicros::SECOND);
        assert_eq!(amy.check_in(&session, &old).await.code(), "CHECK_IN_CODE_STALE", "two steps later");
        assert_eq!(amy.check_in(&session, &old).await.field(), "code");
        assert_eq!(amy.standing(&session).await, "CONFIRMED", "nothing was written");
        app.advance_minutes(10);
        let fresh = leader.code(&session, "IN").await;
        app.advance(20 * UtcMicros::SECOND);
        amy.check_in(&session, &fresh).await.ok();
    }

    async fn one_of_many_scans_at_once_counts(app: TestApp) {
        let (leader, _, session) = app.cleaning(5).await;
        let amy = app.member("李小明").await;
        amy.sign_up(&session).await.ok();
        app.advance_minutes(60);
        let code = leader.code(&session, "IN").await;
        let scan = |key: String| {
            let input = json!({ "sessionId": session, "code": code, "idempotencyKey": key });
            let amy = amy.clone();
            async move { amy.run("mutation($input: CheckInInput!) { checkIn(input: $input) { id } }", json!({ "input": input })).await }
        };
        let scans = join_all((0..8).map(|at| scan(format!("k{at}")))).await;
        assert_eq!(scans.iter().filter(|answer| answer.body.get("errors").is_none()).count(), 1);
        assert!(scans.iter().filter(|answer| answer.body.get("errors").is_some()).all(|answer| answer.code() == "ALREADY_CHECKED_IN"));
        app.advance_minutes(120);
        let code = leader.code(&session, "OUT").await;
        let out = |key: String| {
            let input = json!({ "sessionId": session, "code": code, "idempotencyKey": key });
            let amy = amy.clone();
            async move { amy.run("mutation($input: CheckInInput!) { checkOut(input: $input) { id } }", json!({ "input": input })).await }
        };
        let outs = join_all((0..8).map(|at| out(format!("o{at}")))).await;
        assert_eq!(outs.iter().filter(|answer| answer.body.get("errors").is_none()).count(), 1);
        assert_eq!(amy.minutes_and_points().await.0, 120);
    }

    async fn a_forgotten_check_out_waits_for_the_leaders_word(app: TestApp) {
        let (leader, _, session) = app.cleaning(5).await;
        let amy = app.member("李小明").await;
        amy.sign_up(&session).await.ok();
        app.advance_minutes(60);
        amy.check_in(&session, &leader.code(&session, "IN").await).await.ok();
        app.advance_hours(5);
        app.deliver().await;
        assert_eq!(leader.show_code(&session, "OUT").await.code(), "CHECK_IN_CLOSED");
        assert!(amy.records().await.is_empty());
        let end = app.now().plus(-4 * UtcMicros::HOUR);
        leader.call_roll(&session, "end", json!([entry(&amy, None, Some(end))])).await.ok();
        let record = &amy.records().await[0];
        assert_eq!((&record["minutes"], &record["evidence"], &record["source"]), (&json!(60), &json!("B"), &json!("LEADER_CONFIRMED")));
        let seen = "query($id: ID!) { session(id: $id) { attendance { edges { node { inMethod outMethod record { minutes } volunteer { name } } } } } }";
        let seen = leader.run(seen, json!({ "id": session })).await.ok();
        assert_eq!((seen.text("session.attendance.edges.0.node.inMethod"), seen.text("session.attendance.edges.0.node.outMethod")), ("CODE".to_owned(), "ROLL_CALL".to_owned()));
        assert_eq!(seen.int("session.attendance.edges.0.node.record.minutes"), 60);
    }

    async fn a_roll_call_stands_whole_or_not_at_all(app: TestApp) {
        let (leader, _, session) = app.cleaning(2).await;
        let [amy, ben, cat] = [app.member("甲一").await, app.member("乙一").await, app.member("丙一").await];
        amy.sign_up(&session).await.ok();
        assert_eq!(leader.call_roll(&session, "early", json!([entry(&amy, None, None)])).await.code(), "CHECK_IN_CLOSED");
        app.advance_minutes(180);
        let (start, end) = (app.now().plus(-2 * UtcMicros::HOUR), app.now());
        let whole = |who: &Actor| entry(who, Some(start), Some(end));
        let at_fault = |answer: support::Answer| (answer.code().to_owned(), answer.error()["extensions"]["params"]["volunteerId"].as_str().unwrap_or_default().to_owned());

        let own = leader.call_roll(&session, "k1", json!([whole(&amy), whole(&leader)])).await;
        assert_eq!(at_fault(own), ("SELF_DEALING".to_owned(), leader.volunteer_id.clone()));
        let full = leader.call_roll(&session, "k2", json!([whole(&amy), whole(&ben), whole(&cat)])).await;
        assert_eq!(at_fault(full), ("SESSION_FULL".to_owned(), cat.volunteer_id.clone()));
        let twice = leader.call_roll(&session, "k3", json!([whole(&amy), whole(&amy)])).await;
        assert_eq!(at_fault(twice), ("BAD_INPUT".to_owned(), amy.volunteer_id.clone()));
        let reversed = leader.call_roll(&session, "k4", json!([entry(&amy, Some(end), Some(start))])).await;
        assert_eq!(reversed.code(), "BAD_INPUT");
        let ahead = leader.call_roll(&session, "k5", json!([entry(&amy, Some(start), Some(end.plus(UtcMicros::HOUR)))])).await;
        assert_eq!(ahead.code(), "BAD_INPUT");
        let unknown = leader.call_roll(&session, "k6", json!([{ "volunteerId": "vol_0000000000000000000001" }])).await;
        assert_eq!(unknown.code(), "NOT_FOUND");
        assert_eq!(amy.call_roll(&session, "k7", json!([whole(&ben)])).await.code(), "FORBIDDEN");
        assert_eq!(leader.call_roll(&session, "k8", json!([])).await.code(), "BAD_INPUT");
        assert_eq!((amy.standing(&session).await.as_str(), amy.records().await.len()), ("CONFIRMED", 0), "nothing was written");

        let called = leader.call_roll(&session, "k2", json!([whole(&amy), whole(&ben)])).await.ok();
        assert_eq!(called.int("callRoll.seatsTaken"), 2, "who came without signing up took the free seat");
        leader.call_roll(&session, "k2", json!([whole(&amy), whole(&ben)])).await.ok();
        for member in [&amy, &ben] {
            assert_eq!((member.standing(&session).await.as_str(), member.minutes_and_points().await.0), ("ATTENDED", 120));
        }
        assert_eq!(leader.call_roll(&session, "k9", json!([whole(&amy)])).await.code(), "ALREADY_CHECKED_OUT");
    }

    async fn two_hundred_people_are_called_at_once(app: TestApp) {
        let (leader, _, session) = app.cleaning(300).await;
        let people = support::stage::people(&app, 200, support::stage::MEMBER).await;
        app.advance_minutes(180);
        let (start, end) = (text(app.now().plus(-2 * UtcMicros::HOUR)), text(app.now()));
        let entries: Vec<Value> = people
            .iter()
            .filter_map(|person| person.volunteer)
            .map(|person| json!({ "volunteerId": person.id.to_string(), "checkedInAt": start, "checkedOutAt": end }))
            .collect();
        let called = leader.call_roll(&session, "all", json!(entries)).await.ok();
        assert_eq!(called.int("callRoll.seatsTaken"), 200);
        app.deliver().await;
        let admin = app.admin().await;
        let listed = admin.run("{ records(filter: { state: CERTIFIED }, first: 100) { edges { node { minutes award { points } volunteer { number } } } pageInfo { hasNextPage } } }", json!({})).await.ok();
        assert_eq!(listed.list("records.edges").len(), 100);
        assert!(listed.list("records.edges").iter().all(|edge| edge["node"]["minutes"] == 120 && edge["node"]["award"]["points"].as_i64() > Some(0)));
        let last = support::stage::speaking(&app, &people[199]);
        assert_eq!(last.minutes_and_points().await.0, 120);
    }
}
