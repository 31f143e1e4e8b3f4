//! Signing up: seats, the queue, offers, and who may serve.

use entity::time::BusinessDate;
use futures_util::future::join_all;
use serde_json::json;
use support::{Actor, TestApp, both};

/// Seats taken and people waiting, as the session says.
async fn counts(who: &Actor, session: &str) -> (i64, i64) {
    let answer = who.run("query($id: ID!) { session(id: $id) { seatsTaken waitlisted } }", json!({ "id": session })).await.ok();
    (answer.int("session.seatsTaken"), answer.int("session.waitlisted"))
}

both! {
    async fn a_full_session_queues_people_or_says_so(app: TestApp) {
        let (leader, _, session) = app.cleaning(2).await;
        let members = [app.member("李一").await, app.member("李二").await, app.member("李三").await];
        for member in &members[..2] {
            assert_eq!(member.sign_up(&session).await.ok().text("signUp.state"), "CONFIRMED");
        }
        assert_eq!(members[0].sign_up_with(&session, "again", true).await.code(), "ALREADY_SIGNED_UP");
        assert_eq!(members[2].sign_up_with(&session, "seat only", false).await.code(), "SESSION_FULL");
        assert_eq!(members[2].sign_up(&session).await.ok().text("signUp.state"), "WAITLISTED");
        assert_eq!(counts(&leader, &session).await, (2, 1));
        let roster = "query($id: ID!) { session(id: $id) { signUps { edges { node { state volunteer { number } } } } } }";
        assert_eq!(leader.run(roster, json!({ "id": session })).await.ok().list("session.signUps.edges").len(), 3);
        assert_eq!(members[0].run(roster, json!({ "id": session })).await.code(), "FORBIDDEN", "who else comes is not told to members");
        let own = members[2].run("query($id: ID!) { session(id: $id) { mySignUp { state } myAttendance { id } } }", json!({ "id": session })).await.ok();
        assert_eq!(own.text("session.mySignUp.state"), "WAITLISTED");
    }

    async fn a_seat_given_back_goes_down_the_queue_in_order_and_in_time(app: TestApp) {
        let (leader, team_id, _) = app.cleaning(1).await;
        let activity = app.activity(&leader, team_id, json!({ "title": "三天后的活动" })).await;
        let session = app.session(&leader, &activity, 3 * 24 * 60, 120, 1).await;
        let [amy, ben, cat, dan] = [app.member("甲一").await, app.member("乙一").await, app.member("丙一").await, app.member("丁一").await];
        let seat = amy.sign_up(&session).await.ok().text("signUp.id");
        let second = ben.sign_up(&session).await.ok().text("signUp.id");
        app.advance_minutes(1);
        let third = cat.sign_up(&session).await.ok().text("signUp.id");
        app.advance_minutes(1);
        assert_eq!(amy.withdraw(&seat, " ").await.code(), "REASON_REQUIRED");
        assert_eq!(ben.withdraw(&seat, "别人的").await.code(), "NOT_FOUND");
        assert_eq!(amy.withdraw(&seat, "临时加班").await.ok().text("withdrawSignUp.state"), "WITHDRAWN");
        assert_eq!(amy.withdraw(&seat, "临时加班").await.ok().text("withdrawSignUp.state"), "WITHDRAWN", "the same key");
        assert_eq!((ben.standing(&session).await.as_str(), cat.standing(&session).await.as_str()), ("OFFERED", "WAITLISTED"));
        assert_eq!(dan.sign_up(&session).await.ok().text("signUp.state"), "WAITLISTED", "nobody overtakes the queue");
        assert_eq!(counts(&leader, &session).await, (1, 2));
        app.deliver().await;
        let told = ben.run("{ myNotifications(first: 1) { edges { node { kind } } } }", json!({})).await.ok();
        assert_eq!(told.text("myNotifications.edges.0.node.kind"), "SEAT_OFFERED");

        app.advance_hours(23);
        app.deliver().await;
        assert_eq!(ben.standing(&session).await, "OFFERED");
        app.advance_hours(1);
        assert_eq!(ben.accept(&second).await.code(), "OFFER_ENDED", "late, though the clock has not swept yet");
        app.deliver().await;
        assert_eq!((ben.standing(&session).await.as_str(), cat.standing(&session).await.as_str()), ("LAPSED", "OFFERED"));
        assert_eq!(cat.accept(&third).await.ok().text("acceptOffer.state"), "CONFIRMED");
        assert_eq!(cat.accept(&third).await.ok().text("acceptOffer.state"), "CONFIRMED");
        assert_eq!(counts(&leader, &session).await, (1, 1));
        assert_eq!(ben.sign_up_with(&session, "back", true).await.ok().text("signUp.state"), "WAITLISTED", "whoever lapsed may queue again");
    }

    async fn declining_an_offer_and_leaving_the_queue_keep_the_counts(app: TestApp) {
        let (leader, _, session) = app.cleaning(1).await;
        let [amy, ben, cat] = [app.member("甲一").await, app.member("乙一").await, app.member("丙一").await];
        let seat = amy.sign_up(&session).await.ok().text("signUp.id");
        let queued = ben.sign_up(&session).await.ok().text("signUp.id");
        app.advance_minutes(1);
        let last = cat.sign_up(&session).await.ok().text("signUp.id");
        app.advance_minutes(1);
        amy.withdraw(&seat, "生病").await.ok();
        ben.withdraw(&queued, "不去了").await.ok();
        assert_eq!(cat.standing(&session).await, "OFFERED");
        cat.withdraw(&last, "也不去").await.ok();
        assert_eq!(counts(&leader, &session).await, (0, 0));
        assert_eq!(ben.sign_up_with(&session, "now", false).await.ok().text("signUp.state"), "CONFIRMED");
        let queued = cat.sign_up_with(&session, "wait", true).await.ok().text("signUp.id");
        cat.withdraw(&queued, "算了").await.ok();
        assert_eq!(counts(&leader, &session).await, (1, 0));
        app.advance_hours(1);
        let own = ben.run("{ mySignUps(first: 1) { edges { node { id } } } }", json!({})).await.ok().text("mySignUps.edges.0.node.id");
        assert_eq!(ben.withdraw(&own, "太晚").await.code(), "SESSION_STARTED");
        assert_eq!(amy.sign_up_with(&session, "late", true).await.code(), "SESSION_STARTED");
    }

    async fn nobody_has_two_seats_at_the_same_time(app: TestApp) {
        let (leader, team_id, session) = app.cleaning(5).await;
        let other = app.activity(&leader, team_id, json!({ "title": "另一个活动" })).await;
        let overlapping = app.session(&leader, &other, 120, 60, 5).await;
        let after = app.session(&leader, &other, 180, 60, 5).await;
        let amy = app.member("李小明").await;
        amy.sign_up(&session).await.ok();
        let refused = amy.sign_up(&overlapping).await;
        assert_eq!(refused.code(), "SESSION_OVERLAP");
        assert_eq!(refused.error()["extensions"]["params"]["sessionId"], session.as_str());
        assert_eq!(amy.sign_up(&after).await.ok().text("signUp.state"), "CONFIRMED", "one may follow the other at once");

        let ben = app.member("王芳").await;
        let both = join_all([ben.sign_up(&session), ben.sign_up(&overlapping)]).await;
        let seats = both.iter().filter(|answer| answer.body.get("errors").is_none()).count();
        assert_eq!(seats, 1, "two sign-ups at once: one wins");
    }

    async fn twenty_members_race_for_the_last_seat(app: TestApp) {
        let (leader, _, session) = app.cleaning(1).await;
        let members = join_all((0..20).map(|at| { let app = &app; async move { app.member(&format!("成员{at}")).await } })).await;
        let first = join_all(members[..10].iter().map(|member| member.sign_up_with(&session, "race", false))).await;
        assert_eq!(first.iter().filter(|answer| answer.body.get("errors").is_none()).count(), 1);
        assert!(first.iter().filter(|answer| answer.body.get("errors").is_some()).all(|answer| answer.code() == "SESSION_FULL"));
        let second = join_all(members[10..].iter().map(|member| member.sign_up_with(&session, "race", true))).await;
        assert!(second.into_iter().all(|answer| answer.ok().text("signUp.state") == "WAITLISTED"));
        assert_eq!(counts(&leader, &session).await, (1, 10));
        let same = join_all((0..8).map(|_| members[10].sign_up_with(&session, "race", true))).await;
        let ids: std::collections::HashSet<String> = same.into_iter().map(|answer| answer.ok().text("signUp.id")).collect();
        assert_eq!((ids.len(), counts(&leader, &session).await), (1, (1, 10)), "the same key is one sign-up");

        let winner = members.iter().zip(&first).find(|(_, answer)| answer.body.get("errors").is_none()).map(|(member, _)| member.clone()).expect("a winner");
        let seat = winner.run("{ mySignUps { edges { node { id } } } }", json!({})).await.ok().text("mySignUps.edges.0.node.id");
        let (gone, _) = tokio::join!(winner.withdraw(&seat, "有事"), join_all(members[11..15].iter().map(|member| async {
            let own = member.run("{ mySignUps { edges { node { id } } } }", json!({})).await.ok().text("mySignUps.edges.0.node.id");
            member.withdraw(&own, "不等了").await.ok()
        })));
        gone.ok();
        let (taken, waiting) = counts(&leader, &session).await;
        let standing = join_all(members[10..].iter().map(|member| member.standing(&session))).await;
        let count = |state: &str| i64::try_from(standing.iter().filter(|own| *own == state).count()).expect("few");
        assert_eq!((taken, waiting), (count("OFFERED"), count("WAITLISTED")), "the counts are what the rows say");
        assert_eq!(taken, 1, "nobody waits while the seat is free");
    }

    async fn age_licence_and_standing_decide_who_may_serve(app: TestApp) {
        let (team_id, leader) = app.led_team("义诊队").await;
        let clinic = json!({ "title": "义诊", "serviceType": "FREE_CLINIC", "minAge": 16, "qualifications": ["NURSE"] });
        let activity = app.activity(&leader, team_id, clinic).await;
        let session = app.session(&leader, &activity, 3 * 24 * 60, 120, 5).await;
        let grid = app.community.below[1];
        // The session is on 2026-03-05: sixteen on that day, and a day too young.
        let young = app.member_born("小花", BusinessDate(20_100_306), grid).await;
        let just = app.member_born("小树", BusinessDate(20_100_305), grid).await;
        let refused = young.sign_up(&session).await;
        assert_eq!((refused.code(), refused.error()["extensions"]["params"]["minAge"].as_str()), ("TOO_YOUNG", Some("16")));
        assert_eq!(just.sign_up(&session).await.code(), "QUALIFICATION_MISSING");
        let admin = app.admin().await;
        let verify = "mutation($id: ID!, $until: NaiveDate) { verifyQualification(input: { volunteerId: $id, code: \"NURSE\", validUntil: $until }) { id } }";
        admin.run(verify, json!({ "id": just.volunteer_id, "until": "2026-03-04" })).await.ok();
        assert_eq!(just.sign_up(&session).await.code(), "QUALIFICATION_MISSING", "it runs out the day before");
        admin.run(verify, json!({ "id": just.volunteer_id, "until": "2026-03-05" })).await.ok();
        assert_eq!(just.sign_up(&session).await.ok().text("signUp.state"), "CONFIRMED");

        let amy = app.member("李小明").await;
        admin.run(verify, json!({ "id": amy.volunteer_id })).await.ok();
        let suspend = "mutation($id: ID!) { setVolunteerState(input: { volunteerId: $id, state: SUSPENDED, reason: \"核实中\" }) { id } }";
        admin.run(suspend, json!({ "id": amy.volunteer_id })).await.ok();
        assert_eq!(amy.sign_up(&session).await.code(), "VOLUNTEER_SUSPENDED");
        let resident = app.resident("居民").await;
        assert_eq!(resident.sign_up(&session).await.code(), "NOT_VOLUNTEER");
        assert_eq!(Actor::stranger(&app).sign_up(&session).await.code(), "UNAUTHENTICATED");
        assert_eq!(amy.sign_up("occ_0000000000000000000001").await.code(), "NOT_FOUND");
    }

    async fn who_does_not_come_is_noted_and_put_right_by_a_late_roll(app: TestApp) {
        let (leader, _, session) = app.cleaning(2).await;
        let [amy, ben, cat] = [app.member("甲一").await, app.member("乙一").await, app.member("丙一").await];
        for member in [&amy, &ben, &cat] {
            member.sign_up(&session).await.ok();
        }
        app.advance_minutes(45);
        let code = leader.code(&session, "IN").await;
        amy.check_in(&session, &code).await.ok();
        app.advance_hours(4);
        app.deliver().await;
        assert_eq!(ben.standing(&session).await, "CONFIRMED", "not before two hours after the end");
        app.advance_minutes(15);
        app.deliver().await;
        let states = [amy.standing(&session).await, ben.standing(&session).await, cat.standing(&session).await];
        assert_eq!(states, ["ATTENDED", "NO_SHOW", "LAPSED"]);
        let no_shows = async |who: &Actor| who.run("query($id: ID!) { volunteer(id: $id) { noShows } }", json!({ "id": who.volunteer_id })).await.ok().int("volunteer.noShows");
        assert_eq!((no_shows(&amy).await, no_shows(&ben).await, no_shows(&cat).await), (0, 1, 0));
        assert!(amy.records().await.is_empty(), "a forgotten check-out makes no minutes by itself");

        let start = app.now().plus(-5 * 3_600_000_000);
        let entries = json!([{ "volunteerId": ben.volunteer_id, "checkedInAt": support::serving::text(start), "checkedOutAt": support::serving::text(app.now()) }]);
        leader.call_roll(&session, "late", entries).await.ok();
        assert_eq!((ben.standing(&session).await.as_str(), no_shows(&ben).await), ("ATTENDED", 0));
        assert_eq!(ben.records().await[0]["minutes"], 120);
    }
}
