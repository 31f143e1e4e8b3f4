//! The life of a match: proposed, accepted, served, confirmed, and the points that come of it; partly, by a team, with goods, and given up.

use entity::team::TeamColour;
use futures_util::future::join_all;
use serde_json::{Value, json};
use support::listing::{goods, with};
use support::{Actor, Answer, TestApp, both};

fn kinds(answer: &Answer, at: &str) -> Vec<String> {
    answer.list(&format!("{at}.steps")).iter().map(|step| step["kind"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn told(who: &Actor) -> String {
    who.run("{ myNotifications(first: 50) { edges { node { kind body } } } }", json!({})).await.ok().body.to_string()
}

/// Who has a word to say in most stories: whose need it is, who helps, who looks after the grid.
async fn cast(app: &TestApp) -> (Actor, Actor, Actor) {
    (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await)
}

both! {
    async fn a_need_is_met_and_the_points_say_why(app: TestApp) {
        let (amy, ben, worker) = cast(&app).await;
        let need = app.published_need(&amy, &worker, "tap", json!({ "contact": { "address": "1 栋 501" } })).await;
        let id = app.proposed(&worker, &need, &ben).await;
        assert!(id.starts_with("mat_"), "{id}");
        assert_eq!(app.proposed(&worker, &need, &ben).await, id, "one key is one match");
        assert_eq!(amy.need_left(&need).await, ("PUBLISHED".to_owned(), 1), "a proposal promises nothing");
        app.deliver().await;
        assert!(told(&ben).await.contains("请您决定是否接受"));
        assert_eq!(ben.reveal(&need, "去哪里").await.code(), "FORBIDDEN", "not before the acceptance");
        assert_eq!(worker.meet("acceptMatch", json!({ "id": id })).await.code(), "FORBIDDEN", "nobody is assigned");
        assert_eq!(amy.meet("acceptMatch", json!({ "id": id })).await.code(), "FORBIDDEN");

        let accepted = ben.meet("acceptMatch", json!({ "id": id })).await.ok();
        assert_eq!((accepted.text("acceptMatch.state"), accepted.text("acceptMatch.need.state")), ("ACCEPTED".to_owned(), "MATCHED".to_owned()));
        assert_eq!(ben.meet("acceptMatch", json!({ "id": id })).await.ok().text("acceptMatch.id"), id, "the same key");
        assert_eq!(ben.reveal(&need, "周五陪诊").await.ok().text("revealContact.address"), "1 栋 501");
        assert_eq!(ben.meet("startMatch", json!({ "id": id })).await.code(), "CHECK_IN_CLOSED");
        app.advance_minutes(65);
        ben.meet("startMatch", json!({ "id": id })).await.ok();
        app.advance_minutes(130);
        ben.meet("finishMatch", json!({ "id": id })).await.ok();
        assert_eq!(ben.minutes_and_points().await, (0, 0), "nothing counts before the person served has confirmed");
        assert_eq!(ben.meet("confirmMatch", json!({ "id": id, "rating": 5 })).await.code(), "SELF_DEALING");
        assert_eq!(amy.meet("confirmMatch", json!({ "id": id, "rating": 6 })).await.field(), "rating");

        let confirmed = amy.meet("confirmMatch", json!({ "id": id, "rating": 5, "word": "很耐心" })).await.ok();
        assert_eq!(kinds(&confirmed, "confirmMatch"), ["PROPOSED", "ACCEPTED", "STARTED", "FINISHED", "CONFIRMED"]);
        assert_eq!(confirmed.text("confirmMatch.need.state"), "FULFILLED");
        amy.meet("confirmMatch", json!({ "id": id, "rating": 5, "word": "很耐心" })).await.ok();
        assert_eq!(ben.minutes_and_points().await, (115, 19), "from the start, capped by the end that was agreed; counted once");
        let why = "{ myServiceRecords(first: 5) { edges { node { source evidence state serviceType team { id } needMatch { id } award { minutes needMatch { id need { id } } } } } } }";
        let why = ben.run(why, json!({})).await.ok();
        let record = why.data("myServiceRecords.edges.0.node");
        assert_eq!(record, &json!({
            "source": "MATCH", "evidence": "B", "state": "CERTIFIED", "serviceType": "CARE_VISIT", "team": null, "needMatch": { "id": id },
            "award": { "minutes": 115, "needMatch": { "id": id, "need": { "id": need } } },
        }));
        assert_eq!(ben.reveal(&need, "再看一次").await.code(), "FORBIDDEN", "it is over");
        assert_eq!(amy.rate_need(&need, 1).await.code(), "ALREADY_RATED", "the confirmation rated it");
        app.deliver().await;
        assert!(told(&ben).await.contains("已确认"));
        assert!(told(&amy).await.contains("请确认"));
        let mine = ben.run("{ myMatches(first: 5) { edges { node { id state } } } }", json!({})).await.ok();
        assert_eq!(mine.data("myMatches.edges.0.node"), &json!({ "id": id, "state": "CONFIRMED" }));
        let report = domain::insight::verify::run(&app.app).await.map_err(|error| error.code).expect("checked");
        assert!(report.is_clean(), "{report:?}");
    }

    async fn two_race_for_the_last_place_and_one_gets_it(app: TestApp) {
        let (amy, ben, worker) = cast(&app).await;
        let need = app.published_need(&amy, &worker, "tap", json!({})).await;
        let mut helpers = vec![ben];
        for name in ["张伟", "刘洋", "陈静", "杨帆"] {
            helpers.push(app.member(name).await);
        }
        let mut ids = Vec::new();
        for helper in &helpers {
            ids.push(app.proposed(&worker, &need, helper).await);
        }
        let answers = join_all(helpers.iter().zip(&ids).map(|(helper, id)| helper.meet("acceptMatch", json!({ "id": id })))).await;
        let got: Vec<&Answer> = answers.iter().filter(|answer| answer.body.get("errors").is_none()).collect();
        assert_eq!(got.len(), 1);
        for answer in answers.iter().filter(|answer| answer.body.get("errors").is_some()) {
            assert_eq!(answer.code(), "QUANTITY_INSUFFICIENT");
            assert_eq!(answer.error()["extensions"]["params"]["left"], "0");
        }
        assert_eq!(amy.need_left(&need).await, ("MATCHED".to_owned(), 0));
        let states = "query($id: ID!) { need(id: $id) { matches(first: 10) { edges { node { state } } } } }";
        let seen = amy.run(states, json!({ "id": need })).await.ok();
        let count = |state: &str| seen.list("need.matches.edges").iter().filter(|edge| edge["node"]["state"] == state).count();
        assert_eq!((count("ACCEPTED"), count("PROPOSED")), (1, 4));
        let own = helpers[0].run(states, json!({ "id": need })).await.ok();
        assert_eq!(own.list("need.matches.edges").len(), 1, "a helper reads their own");
    }

    async fn ten_claimed_as_six_and_six_give_six_and_then_four(app: TestApp) {
        let (amy, cat, worker) = cast(&app).await;
        let dora = app.member("张伟").await;
        let rice = app.published_resource(&cat, &worker, "rice", with(goods(), json!({ "quantity": 10 }))).await;
        let mut ids = Vec::new();
        let mut needs = Vec::new();
        for (who, key) in [(&amy, "a"), (&dora, "d")] {
            let need = app.published_need(who, &worker, key, json!({ "quantity": 6, "measure": "份" })).await;
            let input = json!({ "needId": need, "offeringId": rice, "quantity": 6 });
            ids.push(worker.meet("proposeMatch", input).await.ok().text("proposeMatch.id"));
            needs.push(need);
        }
        let answers = join_all(ids.iter().map(|id| cat.meet("acceptMatch", json!({ "id": id })))).await;
        let refused: Vec<usize> = (0..2).filter(|at| answers[*at].body.get("errors").is_some()).collect();
        assert_eq!(refused.len(), 1);
        let at = refused[0];
        assert_eq!(answers[at].code(), "QUANTITY_INSUFFICIENT");
        assert_eq!((&answers[at].error()["extensions"]["params"]["left"], &answers[at].error()["extensions"]["params"]["of"]), (&json!("4"), &json!("OFFERING")));
        assert_eq!(amy.need_left(&needs[at]).await, ("PUBLISHED".to_owned(), 6), "a refusal leaves nothing behind");
        let partly = cat.meet("acceptMatch", json!({ "id": ids[at], "quantity": 4 })).await.ok();
        assert_eq!((partly.int("acceptMatch.quantity"), partly.text("acceptMatch.need.state")), (4, "PARTLY_MATCHED".to_owned()));
        assert_eq!(partly.int("acceptMatch.need.remaining"), 2);

        for id in &ids {
            cat.meet("startMatch", json!({ "id": id })).await.ok();
            cat.meet("finishMatch", json!({ "id": id })).await.ok();
        }
        let owner = if at == 0 { &amy } else { &dora };
        owner.meet("confirmMatch", json!({ "id": ids[at], "rating": 4 })).await.ok();
        let left = cat.run("query($id: ID!) { resource(id: $id) { state remaining done } }", json!({ "id": rice })).await.ok();
        assert_eq!(left.data("resource"), &json!({ "state": "MATCHED", "remaining": 0, "done": 4 }));
        assert_eq!(cat.minutes_and_points().await, (0, 0), "things that are given are not service");
        assert!(domain::insight::verify::run(&app.app).await.map_err(|error| error.code).expect("checked").is_clean());
    }

    async fn a_team_comes_with_fewer_and_each_gets_a_record(app: TestApp) {
        let (amy, ben, worker) = cast(&app).await;
        let team_id = app.team("橙色便民队", Some(TeamColour::Orange)).await;
        let leader = app.leader(team_id).await;
        let cat = app.member("张伟").await;
        for who in [&ben, &cat] {
            app.join(who, team_id).await;
        }
        let need = app.published_need(&amy, &worker, "move", json!({ "quantity": 3 })).await;
        let input = with(app.span(60, 120), json!({ "needId": need, "teamId": team_id.to_string(), "quantity": 3 }));
        let id = worker.meet("proposeMatch", input).await.ok().text("proposeMatch.id");
        assert_eq!(ben.meet("acceptMatch", json!({ "id": id })).await.code(), "NOT_FOUND", "a member does not speak for the team");
        leader.meet("acceptMatch", json!({ "id": id })).await.ok();
        app.advance_minutes(60);
        let start = async |ids: Value| leader.meet("startMatch", json!({ "id": id, "volunteerIds": ids })).await;
        assert_eq!(start(json!([])).await.code(), "HELPERS_MISSING");
        assert_eq!(start(json!([ben.volunteer_id, ben.volunteer_id])).await.code(), "HELPERS_MISSING");
        assert_eq!(start(json!([amy.volunteer_id])).await.code(), "NOT_FOUND");
        let begun = start(json!([ben.volunteer_id, cat.volunteer_id])).await.ok();
        assert_eq!((begun.int("startMatch.quantity"), begun.int("startMatch.need.remaining")), (2, 1), "the third place is open again");
        app.advance_minutes(60);
        leader.meet("finishMatch", json!({ "id": id })).await.ok();
        let spoken = json!({ "id": id, "rating": 4, "channel": "SPOKEN", "word": "奶奶说谢谢" });
        worker.meet("confirmMatch", spoken).await.ok();
        for who in [&ben, &cat] {
            assert_eq!(who.minutes_and_points().await, (60, 10));
        }
        assert_eq!(leader.minutes_and_points().await, (0, 0), "who did not come gets nothing");
        let teams = ben.run("{ myServiceRecords(first: 1) { edges { node { team { id } colour } } } }", json!({})).await.ok();
        assert_eq!(teams.data("myServiceRecords.edges.0.node"), &json!({ "team": { "id": team_id.to_string() }, "colour": "ORANGE" }));
        app.deliver().await;
        assert!(domain::insight::verify::run(&app.app).await.map_err(|error| error.code).expect("checked").is_clean());
    }

    async fn who_offers_help_is_accepted_by_the_other_side(app: TestApp) {
        let (amy, ben, worker) = cast(&app).await;
        let need = app.published_need(&amy, &worker, "tap", json!({})).await;
        assert_eq!(ben.meet("offerHelp", json!({ "needId": need })).await.field(), "startsAt");
        assert_eq!(amy.meet("offerHelp", with(app.span(60, 120), json!({ "needId": need }))).await.code(), "OWN_NEED");
        let offered = ben.meet("offerHelp", with(app.span(60, 120), json!({ "needId": need }))).await.ok();
        let id = offered.text("offerHelp.id");
        assert_eq!(offered.text("offerHelp.awaits"), "NEED");
        let other = json!({ "needId": need, "volunteerId": ben.volunteer_id, "idempotencyKey": "twice" });
        assert_eq!(worker.meet("proposeMatch", other).await.code(), "ALREADY_MATCHED");
        assert_eq!(ben.meet("acceptMatch", json!({ "id": id })).await.code(), "SELF_DEALING");
        assert_eq!(app.member("张伟").await.meet("acceptMatch", json!({ "id": id })).await.code(), "NOT_FOUND");
        assert_eq!(amy.meet("acceptMatch", json!({ "id": id })).await.ok().text("acceptMatch.state"), "ACCEPTED");
    }

    async fn somebody_without_a_telephone_confirms_by_a_card_or_a_witness(app: TestApp) {
        let (amy, ben, worker) = cast(&app).await;
        let (team_id, leader) = app.led_team("绿色家园队").await;
        app.join(&ben, team_id).await;
        let filed = async |key: &str| {
            let input = json!({ "channel": "PAPER", "consent": "WRITTEN", "consentNote": "表格在社区", "contact": { "name": "王奶奶" } });
            let id = worker.file_on_behalf(key, input).await.ok().text("fileNeedOnBehalf.id");
            app.publish(&worker, &id).await;
            id
        };
        let first = app.done(&worker, &filed("one").await, &ben, 60).await;
        assert_eq!(worker.meet("confirmMatch", json!({ "id": first, "rating": 5 })).await.code(), "FORBIDDEN", "the worker is not the person served");
        assert_eq!(worker.meet("confirmMatch", json!({ "id": first, "rating": 5, "channel": "CARD" })).await.field(), "word");
        let card = worker.meet("confirmMatch", json!({ "id": first, "rating": 5, "channel": "CARD", "word": "满意卡 12 号" })).await.ok();
        assert_eq!((card.text("confirmMatch.state"), card.text("confirmMatch.channel")), ("CONFIRMED".to_owned(), "CARD".to_owned()));
        assert_eq!(ben.minutes_and_points().await, (60, 10));
        app.advance_minutes(120);
        let second = app.done(&worker, &filed("two").await, &ben, 60).await;
        let witness = json!({ "id": second, "rating": 4, "channel": "WITNESS", "word": "我在场,服务到位" });
        assert_eq!(amy.meet("confirmMatch", witness.clone()).await.code(), "NOT_FOUND");
        assert_eq!(ben.meet("confirmMatch", witness.clone()).await.code(), "SELF_DEALING");
        leader.meet("confirmMatch", witness).await.ok();
        assert_eq!(ben.minutes_and_points().await, (120, 20));
    }

    async fn a_word_taken_back_reopens_the_need(app: TestApp) {
        let (amy, ben, worker) = cast(&app).await;
        let need = app.published_need(&amy, &worker, "tap", json!({ "contact": { "address": "1 栋 501" } })).await;
        let id = app.accepted(&worker, &need, &ben).await;
        assert_eq!(amy.need_left(&need).await, ("MATCHED".to_owned(), 0));
        assert_eq!(ben.meet("withdrawMatch", json!({ "id": id, "reason": " " })).await.code(), "REASON_REQUIRED");
        ben.meet("withdrawMatch", json!({ "id": id, "reason": "孩子发烧" })).await.ok();
        assert_eq!(amy.need_left(&need).await, ("PUBLISHED".to_owned(), 1));
        assert_eq!(ben.reveal(&need, "再看一次").await.code(), "FORBIDDEN");
        app.deliver().await;
        assert!(told(&amy).await.contains("孩子发烧"), "the other side is told in time");
        let cat = app.member("张伟").await;
        let second = app.accepted(&worker, &need, &cat).await;
        amy.meet("withdrawMatch", json!({ "id": second, "reason": "女儿回来了" })).await.ok();
        assert_eq!(amy.need_left(&need).await, ("PUBLISHED".to_owned(), 1));
        assert_eq!(cat.match_state(&second).await, "WITHDRAWN");
    }

    async fn nobody_answers_or_nobody_comes_and_the_time_runs_out(app: TestApp) {
        let (amy, ben, worker) = cast(&app).await;
        let long = json!({ "quantity": 2, "validUntil": "2026-06-01T00:00:00+08:00" });
        let need = app.published_need(&amy, &worker, "tap", long).await;
        let silent = worker.meet("proposeMatch", json!({ "needId": need, "volunteerId": ben.volunteer_id })).await.ok().text("proposeMatch.id");
        let cat = app.member("张伟").await;
        let absent = app.accepted(&worker, &need, &cat).await;
        app.advance_hours(4);
        app.deliver().await;
        assert_eq!(cat.match_state(&absent).await, "EXPIRED");
        assert_eq!(amy.need_left(&need).await, ("PUBLISHED".to_owned(), 2), "what was promised is free");
        assert_eq!(ben.match_state(&silent).await, "PROPOSED");
        app.advance_hours(45);
        let late = with(app.span(60, 60), json!({ "id": silent }));
        assert_eq!(ben.meet("acceptMatch", late).await.code(), "STATE_CHANGED", "too late, though nobody has looked yet");
        app.deliver().await;
        assert_eq!(ben.match_state(&silent).await, "EXPIRED");
        app.proposed(&worker, &need, &ben).await;
    }
}
