//! Matches at the edges: equipment that comes back, units that others speak for, a session at the same hour, a day that is too long.

use entity::time::UtcMicros;
use futures_util::join;
use serde_json::{Value, json};
use support::listing::{goods, with};
use support::serving::text;
use support::{Actor, Answer, TestApp, both};

async fn cast(app: &TestApp) -> (Actor, Actor, Actor) {
    (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await)
}

both! {
    async fn what_is_lent_comes_back_and_a_unit_nobody_leads_is_spoken_for_by_a_second_person(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let admin = app.admin().await;
        let made = "mutation($input: CreateUnitInput!) { createUnit(input: $input) { id } }";
        let unit = admin.run(made, json!({ "input": { "name": "社区卫生站", "kind": "SOCIAL_ORGANISATION" } })).await.ok().text("createUnit.id");
        let chairs = json!({ "title": "轮椅", "category": "AIDS", "form": "EQUIPMENT", "loanDaysMax": 30, "quantity": 2, "measure": "台", "unitId": unit, "regionId": app.community.below[1].to_string() });
        let chairs = app.published_resource(&admin, &admin, "chairs", with(goods(), chairs)).await;
        let need = app.published_need(&amy, &worker, "chair", json!({ "measure": "台" })).await;
        let proposed = worker.meet("proposeMatch", json!({ "needId": need, "offeringId": chairs })).await.ok();
        let id = proposed.text("proposeMatch.id");
        assert_eq!(proposed.text("proposeMatch.offering.__typename"), "Resource");
        assert_eq!(worker.meet("acceptMatch", json!({ "id": id })).await.code(), "SECOND_PERSON_REQUIRED", "who proposes does not accept");
        admin.meet("acceptMatch", json!({ "id": id })).await.ok();
        let left = async || {
            let read = "query($id: ID!) { resource(id: $id) { state remaining done } }";
            admin.run(read, json!({ "id": chairs })).await.ok().data("resource").clone()
        };
        assert_eq!(left().await, json!({ "state": "PARTLY_MATCHED", "remaining": 1, "done": 0 }));
        admin.meet("startMatch", json!({ "id": id })).await.ok();
        app.advance_days(3);
        admin.meet("finishMatch", json!({ "id": id })).await.ok();
        amy.meet("confirmMatch", json!({ "id": id, "rating": 5 })).await.ok();
        assert_eq!(left().await, json!({ "state": "PUBLISHED", "remaining": 2, "done": 0 }), "equipment is there again");
        assert_eq!(amy.need_left(&need).await, ("FULFILLED".to_owned(), 0));
        app.deliver().await;
        assert!(domain::insight::verify::run(&app.app).await.map_err(|error| error.code).expect("checked").is_clean());
    }

    async fn a_session_and_a_match_race_for_one_hour_of_one_person(app: TestApp) {
        let (amy, ben, worker) = cast(&app).await;
        for round in 0..5 {
            let need = app.published_need(&amy, &worker, &format!("need {round}"), json!({})).await;
            let (team_id, leader) = app.led_team(&format!("绿色家园队{round}")).await;
            let activity = app.activity(&leader, team_id, json!({})).await;
            let session = app.session(&leader, &activity, 60, 120, 5).await;
            let id = app.proposed(&worker, &need, &ben).await;
            let (accepted, signed_up) = join!(ben.meet("acceptMatch", json!({ "id": id })), ben.sign_up_with(&session, "race", false));
            let refused: Vec<&Answer> = [&accepted, &signed_up].into_iter().filter(|answer| answer.body.get("errors").is_some()).collect();
            assert_eq!(refused.len(), 1, "{:#}\n{:#}", accepted.body, signed_up.body);
            assert_eq!(refused[0].code(), "SESSION_OVERLAP");
            app.advance_hours(4);
        }
    }

    async fn a_long_day_waits_for_a_second_person_and_a_dispute_ends_the_wait(app: TestApp) {
        let (amy, ben, worker) = cast(&app).await;
        let admin = app.admin().await;
        let need = app.published_need(&amy, &worker, "long", json!({ "minutes": 600 })).await;
        let input = with(app.span(10, 600), json!({ "needId": need, "volunteerId": ben.volunteer_id }));
        let id = worker.meet("proposeMatch", input).await.ok().text("proposeMatch.id");
        ben.meet("acceptMatch", json!({ "id": id })).await.ok();
        app.advance_minutes(10);
        ben.meet("startMatch", json!({ "id": id })).await.ok();
        app.advance_minutes(700);
        let forgot = json!({ "id": id, "finishedAt": text(app.now().plus(-150 * UtcMicros::MINUTE)) });
        assert_eq!(ben.meet("finishMatch", forgot.clone()).await.code(), "SELF_DEALING", "nobody states the end of their own service");
        assert_eq!(amy.meet("finishMatch", forgot.clone()).await.code(), "FORBIDDEN");
        worker.meet("finishMatch", forgot).await.ok();
        let confirmed = amy.meet("confirmMatch", json!({ "id": id, "rating": 5 })).await.ok();
        let record = confirmed.data("confirmMatch.people.0.record").clone();
        assert_eq!((&record, ben.minutes_and_points().await), (&Value::Null, (0, 0)), "another's record is not for the person served to read");
        let waiting = ben.records().await[0].clone();
        assert_eq!((&waiting["state"], &waiting["minutes"], &waiting["source"]), (&json!("PENDING"), &json!(550), &json!("MATCH")));
        amy.meet("disputeMatch", json!({ "id": id, "reason": "只来了半天" })).await.ok();
        admin.meet("resolveDispute", json!({ "id": id, "outcome": "UPHELD", "explanation": "时长不实" })).await.ok();
        assert_eq!(ben.records().await[0]["state"], "REJECTED");
        assert!(domain::insight::verify::run(&app.app).await.map_err(|error| error.code).expect("checked").is_clean());
    }
}
