//! Activities and their sessions: who may offer what, and what repeats.

use serde_json::json;
use support::{Actor, TestApp, both};

const CANCEL: &str = "mutation($id: ID!, $reason: String!) { cancelActivity(input: { id: $id, reason: $reason }) { state } }";

async fn update(who: &Actor, input: serde_json::Value) -> support::Answer {
    who.run("mutation($input: UpdateActivityInput!) { updateActivity(input: $input) { id title description } }", json!({ "input": input })).await
}

both! {
    async fn what_an_activity_must_say_before_it_is_offered(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let refused = |changes| leader.create_activity(team_id, changes);
        assert_eq!(refused(json!({ "riskNote": "  " })).await.code(), "RISK_NOTE_REQUIRED");
        assert_eq!(refused(json!({ "serviceType": "HUNTING" })).await.code(), "TAXONOMY_UNKNOWN");
        assert_eq!(refused(json!({ "qualifications": ["WIZARD"] })).await.field(), "qualifications");
        assert_eq!(refused(json!({ "minAge": 121 })).await.field(), "minAge");
        assert_eq!(refused(json!({ "title": "重点人员帮扶" })).await.code(), "WORD_RESERVED");
        assert_eq!(refused(json!({ "monthly": { "day": 29, "startMinute": 540, "minutes": 120, "capacity": 5 } })).await.field(), "monthly");

        let risky = leader.create_activity(team_id, json!({ "riskLevel": "HIGH" })).await.ok().text("createActivity.id");
        assert_eq!(leader.publish_activity(&risky).await.code(), "INSURANCE_REQUIRED");
        update(&leader, json!({ "id": risky, "insuranceRef": "PICC-2026-0001" })).await.ok();
        assert_eq!(leader.publish_activity(&risky).await.ok().text("publishActivity.state"), "PUBLISHED");
        assert_eq!(leader.publish_activity(&risky).await.code(), "STATE_CHANGED");
        assert_eq!(update(&leader, json!({ "id": risky, "insuranceRef": null })).await.code(), "INSURANCE_REQUIRED");
    }

    async fn drafts_are_for_the_team_and_promises_stand_after_publication(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let (_, other) = app.led_team("平安巡逻队").await;
        let amy = app.member("李小明").await;
        let id = leader.create_activity(team_id, json!({})).await.ok().text("createActivity.id");
        let read = "query($id: ID!) { activity(id: $id) { title team { name } } node(id: $id) { id } }";
        for stranger in [&amy, &other] {
            assert_eq!(stranger.run("query($id: ID!) { activity(id: $id) { title } }", json!({ "id": id })).await.code(), "NOT_FOUND");
            assert_eq!(stranger.publish_activity(&id).await.code(), "NOT_FOUND");
        }
        assert_eq!(other.create_activity(team_id, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(amy.run("{ activities(filter: { state: DRAFT }) { edges { node { id } } } }", json!({})).await.code(), "FORBIDDEN");
        leader.publish_activity(&id).await.ok();
        assert_eq!(amy.run(read, json!({ "id": id })).await.ok().text("activity.team.name"), "绿色家园队");
        assert_eq!(update(&leader, json!({ "id": id, "minAge": 18 })).await.code(), "STATE_CHANGED");
        update(&leader, json!({ "id": id, "description": "改为打扫四号楼" })).await.ok();
        assert_eq!(amy.run(CANCEL, json!({ "id": id, "reason": "下雨" })).await.code(), "FORBIDDEN");
        assert_eq!(leader.run(CANCEL, json!({ "id": id, "reason": "" })).await.code(), "REASON_REQUIRED");
    }

    async fn a_cancelled_activity_takes_its_sessions_along_and_tells_everybody(app: TestApp) {
        let (leader, _, session) = app.cleaning(1).await;
        let (amy, ben) = (app.member("李小明").await, app.member("王芳").await);
        amy.sign_up(&session).await.ok();
        ben.sign_up(&session).await.ok();
        let activity = amy.run("query($id: ID!) { session(id: $id) { activity { id } } }", json!({ "id": session })).await.ok().text("session.activity.id");
        for _ in 0..2 {
            let answer = leader.run(CANCEL, json!({ "id": activity, "reason": "台风预警" })).await.ok();
            assert_eq!(answer.text("cancelActivity.state"), "CANCELLED", "sending it again changes nothing");
        }
        assert_eq!((amy.standing(&session).await, ben.standing(&session).await), ("CANCELLED".to_owned(), "CANCELLED".to_owned()));
        app.deliver().await;
        for member in [&amy, &ben] {
            assert_eq!(member.run("{ unreadNotificationCount }", json!({})).await.ok().int("unreadNotificationCount"), 1);
        }
        assert_eq!(ben.sign_up_with(&session, "again", true).await.code(), "SESSION_NOT_OPEN");
        assert_eq!(leader.schedule_session(&activity, app.now().plus(1_000_000_000_000), 60, 5).await.code(), "STATE_CHANGED");
    }

    async fn sessions_have_possible_times_and_seats(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let hour = 3_600_000_000;
        let later = |hours: i64| app.now().plus(hours * hour);
        assert_eq!(leader.schedule_session(&activity, later(-1), 60, 5).await.field(), "startsAt");
        assert_eq!(leader.schedule_session(&activity, later(1), 24 * 60 + 1, 5).await.field(), "endsAt");
        assert_eq!(leader.schedule_session(&activity, later(1), 0, 5).await.field(), "endsAt");
        assert_eq!(leader.schedule_session(&activity, later(1), 60, 0).await.field(), "capacity");
        let first = leader.schedule_session(&activity, later(1), 60, 5).await.ok();
        let again = leader.schedule_session(&activity, later(1), 60, 5).await.ok();
        assert_eq!(first.text("scheduleSession.id"), again.text("scheduleSession.id"), "one key, one session");
        let admin = app.admin().await;
        assert_eq!(admin.schedule_session(&activity, later(1), 60, 5).await.code(), "SESSION_EXISTS");
    }

    async fn the_service_day_comes_every_28th_of_a_year_and_once(app: TestApp) {
        app.set_time("2026-01-10T08:00:00+08:00");
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let monthly = json!({ "monthly": { "day": 28, "startMinute": 540, "minutes": 120, "capacity": 30 } });
        let activity = app.activity(&leader, team_id, monthly).await;
        let dates = |answer: &support::Answer| -> Vec<String> {
            let edges = answer.list("sessions.edges").iter();
            edges.map(|edge| format!("{} {}", edge["node"]["businessDate"].as_str().unwrap_or_default(), edge["node"]["startsAt"].as_str().unwrap_or_default())).collect()
        };
        let list = "query($id: ID!) { sessions(filter: { activityId: $id }, first: 50) { edges { node { id businessDate startsAt } } } }";
        let first = leader.run(list, json!({ "id": activity })).await.ok();
        assert_eq!(dates(&first), ["2026-01-28 2026-01-28T01:00:00+00:00", "2026-02-28 2026-02-28T01:00:00+00:00", "2026-03-28 2026-03-28T01:00:00+00:00"]);
        let february = first.text("sessions.edges.1.node.id");
        leader.run("mutation($id: ID!) { cancelSession(input: { id: $id, reason: \"春节\" }) { state } }", json!({ "id": february })).await.ok();
        for _ in 0..50 {
            app.advance_days(7);
            app.deliver().await;
            app.deliver().await;
        }
        let year = leader.run(list, json!({ "id": activity })).await.ok();
        let until: Vec<String> = dates(&year).into_iter().filter(|date| date.starts_with("2026-")).collect();
        let expected: Vec<String> = (1..=12).map(|month| format!("2026-{month:02}-28 2026-{month:02}-28T01:00:00+00:00")).collect();
        assert_eq!(until, expected, "twelve, February among them, and the cancelled one not made again");
    }

    async fn activities_are_found_by_what_people_look_for(app: TestApp) {
        let green = app.team("绿色家园队", Some(entity::team::TeamColour::Green)).await;
        let leader = app.leader(green).await;
        let admin = app.admin().await;
        let blue = app.team("家电维修队", Some(entity::team::TeamColour::Blue)).await;
        let far = app.activity(&leader, green, json!({ "title": "河道清洁 100%" })).await;
        let near = app.activity(&admin, blue, json!({ "title": "家电义修", "serviceType": "APPLIANCE_REPAIR", "regionId": app.community.below[1].to_string() })).await;
        let newest = app.activity(&leader, green, json!({ "title": "广场舞" , "serviceType": "CULTURE" })).await;
        let session = app.session(&leader, &far, 60, 60, 3).await;
        let amy = app.member("李小明").await;
        let found = async |filter: serde_json::Value| -> Vec<String> {
            let document = "query($filter: ActivityFilter!) { activities(filter: $filter, first: 10) { edges { node { id nextSessions { id mySignUp { id } } } } } }";
            let answer = amy.run(document, json!({ "filter": filter })).await.ok();
            answer.list("activities.edges").iter().map(|edge| edge["node"]["id"].as_str().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(found(json!({})).await, [newest.clone(), near.clone(), far.clone()]);
        assert_eq!(found(json!({ "near": true })).await, [near.clone(), newest.clone(), far.clone()]);
        assert_eq!(found(json!({ "colour": "BLUE" })).await, std::slice::from_ref(&near));
        assert_eq!(found(json!({ "serviceType": "CULTURE" })).await, std::slice::from_ref(&newest));
        assert_eq!(found(json!({ "search": "100%" })).await, std::slice::from_ref(&far));
        assert_eq!(found(json!({ "search": "0%0" })).await, Vec::<String>::new());
        assert_eq!(found(json!({ "regionId": app.community.below[0].to_string() })).await, std::slice::from_ref(&near));
        assert_eq!(found(json!({ "teamId": green.to_string() })).await.len(), 2);

        let page = "query($after: String) { activities(filter: { near: true }, first: 2, after: $after) { edges { node { id } } pageInfo { endCursor hasNextPage } } }";
        let first = amy.run(page, json!({})).await.ok();
        let second = amy.run(page, json!({ "after": first.text("activities.pageInfo.endCursor") })).await.ok();
        assert_eq!((first.text("activities.edges.1.node.id"), second.text("activities.edges.0.node.id")), (newest, far));
        let open = amy.run("{ sessions(filter: { openOnly: true }) { edges { node { id seatsLeft activity { title team { name } } } } } }", json!({})).await.ok();
        assert_eq!((open.text("sessions.edges.0.node.id"), open.int("sessions.edges.0.node.seatsLeft")), (session, 3));
    }
}
