//! Who could meet a need, why and why not, and a plan for everybody, as people see it.

use entity::id::CommunityId;
use entity::role_grant::Role;
use entity::team::TeamColour;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use support::listing::{self, with};
use support::matching::saturday;
use support::{Actor, TestApp, both};

/// The worker of the whole community.
async fn worker(app: &TestApp) -> Actor {
    app.with_role("网格员", Role::GridWorker, app.community.region_id).await
}

async fn verify(worker: &Actor, who: &Actor, code: &str, until: &str) {
    let document = "mutation($input: VerifyQualificationInput!) { verifyQualification(input: $input) { id } }";
    worker.run(document, json!({ "input": { "volunteerId": who.volunteer_id, "code": code, "validUntil": until } })).await.ok();
}

async fn need(app: &TestApp, owner: &Actor, worker: &Actor, key: &str, changes: Value) -> String {
    app.published_need(owner, worker, key, with(saturday(), changes)).await
}

/// The pairs of a plan without what belongs to one drawing of it.
fn pairs(plan: &support::Answer) -> Vec<Value> {
    plan.list("planMatches.lines.edges").iter().map(|edge| edge["node"].clone()).collect()
}

/// Notes of who can be asked for something else.
async fn notes(app: &TestApp) -> u64 {
    entity::helper_change::Entity::find().count(app.app.db.writer()).await.expect("read")
}

/// Moves all rows of some tables to a neighbouring community.
async fn move_away(app: &TestApp, tables: &[&str]) {
    let db = app.app.db.writer();
    let rows = entity::region::Entity::find().all(db).await.expect("read");
    let place = rows.into_iter().find(|row| row.code.as_deref() == Some("430103006004")).expect("a neighbour").id;
    let id = CommunityId::new(app.now());
    let insert = "INSERT INTO community (id, region_id, name, created_at) VALUES ($1, $2, '黄土岭社区', 0)";
    db.execute_raw(domain::db::sql(db, insert, [id.into(), place.into()])).await.expect("a community");
    for table in tables {
        let text = format!("UPDATE {table} SET community_id = $1");
        db.execute_raw(domain::db::sql(db, &text, [id.into()])).await.expect("moved");
    }
    for table in tables.iter().filter(|table| **table != "match_plan") {
        let text = format!("UPDATE {table} SET region_id = $1");
        db.execute_raw(domain::db::sql(db, &text, [place.into()])).await.expect("moved");
    }
}

both! {
    async fn every_suggestion_says_why_and_its_reasons_add_up(app: TestApp) {
        let (owner, worker) = (app.resident("王奶奶").await, worker(&app).await);
        let (amy, ben) = (app.member("李小明").await, app.member("张伟").await);
        amy.can(json!({ "skills": ["ESCORT"] })).await;
        ben.can(json!({ "skills": ["ESCORT"], "reach": "GRID", "point": { "latitude": 28.112, "longitude": 112.988 } })).await;
        let id = need(&app, &owner, &worker, "n1", json!({ "skills": ["ESCORT"], "regionId": app.community.below[1].to_string() })).await;
        let answer = worker.suggestions(&id, 10).await.ok();
        let found = answer.list("suggestions");
        assert_eq!(found.len(), 2, "{:#}", answer.body);
        for one in found {
            let reasons = one["reasons"].as_array().expect("reasons");
            let sum: i64 = reasons.iter().map(|reason| reason["micros"].as_i64().expect("micros")).sum();
            assert_eq!(sum, one["score"].as_i64().expect("a score"));
            assert_eq!(reasons.len(), 10);
            assert_eq!((&one["startsAt"], &one["endsAt"]), (&json!("2026-03-07T01:00:00+00:00"), &json!("2026-03-07T02:00:00+00:00")));
            assert!(reasons.iter().all(|reason| reason["text"].as_str().is_some_and(|text| !text.is_empty())));
        }
        let again = worker.suggestions(&id, 10).await.ok();
        assert_eq!(again.data("suggestions"), answer.data("suggestions"), "the same question has the same answer");
        let owner_sees = owner.suggested(&id).await;
        assert!(owner_sees.iter().all(|name| name.ends_with("**")), "who owns the need sees no full name: {owner_sees:?}");
        assert_eq!(worker.suggestions(&id, 1).await.ok().list("suggestions").len(), 1);
        assert_eq!(worker.suggestions(&id, 51).await.field(), "first");
    }

    async fn who_lacks_what_the_law_asks_never_appears_until_the_one_change_is_made(app: TestApp) {
        let (owner, worker) = (app.resident("王奶奶").await, worker(&app).await);
        let (young, late, none) = (
            app.member_born("小明", BusinessDate(20_100_615), app.community.below[1]).await,
            app.member("张伟").await,
            app.member("李芳").await,
        );
        for who in [&young, &late, &none] {
            who.can(json!({})).await;
        }
        verify(&worker, &young, "FIRST_AID", "2026-12-31").await;
        verify(&worker, &late, "FIRST_AID", "2026-03-06").await;
        let id = need(&app, &owner, &worker, "n1", json!({ "minAge": 18, "qualifications": ["FIRST_AID"] })).await;
        assert_eq!(worker.suggested(&id).await, Vec::<String>::new());

        let why = worker.why_not(&id, &young.volunteer_id).await.ok();
        assert_eq!(why.list("whyNot.obstacles").len(), 1, "{:#}", why.body);
        assert_eq!(why.text("whyNot.obstacles.0.kind"), "UNDER_AGE");
        assert_eq!((why.text("whyNot.change.kind").as_str(), why.text("whyNot.change.date").as_str()), ("NOT_BEFORE", "2028-06-15"));

        let why = worker.why_not(&id, &late.volunteer_id).await.ok();
        let obstacle = why.data("whyNot.obstacles.0");
        assert_eq!((&obstacle["kind"], &obstacle["until"], &obstacle["on"]), (&json!("QUALIFICATION_EXPIRED"), &json!("2026-03-06"), &json!("2026-03-07")));
        assert_eq!((why.text("whyNot.change.kind").as_str(), why.text("whyNot.change.date").as_str()), ("RENEW_QUALIFICATION", "2026-03-07"));
        assert_eq!(why.text("whyNot.change.term.code"), "FIRST_AID");

        let why = none.why_not(&id, &none.volunteer_id).await.ok();
        assert_eq!(why.text("whyNot.obstacles.0.kind"), "QUALIFICATION");
        assert_eq!(why.text("whyNot.change.kind"), "ADD_QUALIFICATION");

        verify(&worker, &late, "FIRST_AID", "2026-03-07").await;
        assert_eq!(worker.suggested(&id).await, ["张**"], "the one change was enough");
        assert_eq!(worker.why_not(&id, &late.volunteer_id).await.ok().data("whyNot.fits"), &json!(true));
        verify(&worker, &none, "FIRST_AID", "2026-03-31").await;
        assert_eq!(worker.suggested(&id).await.len(), 2);
    }

    async fn consent_pause_hours_reach_and_limits_are_never_traded(app: TestApp) {
        let (owner, worker, amy) = (app.resident("王奶奶").await, worker(&app).await, app.member("李小明").await);
        let id = need(&app, &owner, &worker, "n1", json!({ "regionId": app.community.region_id.to_string() })).await;
        let why = |kind: &'static str, change: &'static str| {
            let (worker, id, amy) = (&worker, &id, &amy);
            async move {
                let why = worker.why_not(id, &amy.volunteer_id).await.ok();
                let kinds: Vec<_> = why.list("whyNot.obstacles").iter().map(|one| one["kind"].as_str().unwrap_or_default().to_owned()).collect();
                assert_eq!((kinds.as_slice(), why.text("whyNot.change.kind").as_str()), ([kind.to_owned()].as_slice(), change), "{:#}", why.body);
                assert_eq!(worker.suggested(id).await, Vec::<String>::new(), "{kind}");
            }
        };
        amy.can(json!({ "reach": "AREA" })).await;
        why("REACH", "WIDEN_REACH").await;
        amy.can(json!({ "hours": [] })).await;
        why("BUSY", "BE_FREE").await;
        amy.can(json!({ "weeklyMinutesMax": 30 })).await;
        why("WEEK_MINUTES", "RAISE_MINUTES").await;
        amy.can(json!({ "exceptions": [{ "date": "2026-03-07" }] })).await;
        why("BUSY", "BE_FREE").await;
        amy.can(json!({})).await;
        amy.run("mutation { pauseMySupply(input: { until: \"2026-03-08\" }) { reach } }", json!({})).await.ok();
        why("PAUSED", "END_PAUSE").await;
        amy.run("mutation { pauseMySupply(input: { until: \"2026-03-07\" }) { reach } }", json!({})).await.ok();
        assert_eq!(worker.suggested(&id).await, ["李**"], "a pause ends before its day");
        let ben = app.member("张伟").await;
        let why = worker.why_not(&id, &ben.volunteer_id).await.ok();
        assert_eq!(why.text("whyNot.obstacles.0.kind"), "CONSENT", "who said nothing has not agreed to be asked");
    }

    async fn a_pair_that_was_turned_down_is_left_alone_for_a_while(app: TestApp) {
        let (owner, worker, amy) = (app.resident("王奶奶").await, worker(&app).await, app.member("李小明").await);
        amy.can(json!({})).await;
        let id = app.published_need(&owner, &worker, "n1", json!({ "minutes": 60, "validUntil": "2026-06-30T00:00:00Z" })).await;
        assert_eq!(worker.suggested(&id).await, ["李**"]);
        assert_eq!(amy.suggested_needs(None).await.ok().list("suggestedNeeds").len(), 1);
        let dismiss = "mutation($input: DismissMatchInput!) { dismissMatch(input: $input) { until } }";
        let input = json!({ "needId": id, "volunteerId": amy.volunteer_id, "reason": "不合适" });
        let until = worker.run(dismiss, json!({ "input": input })).await.ok().text("dismissMatch.until");
        assert_eq!(worker.suggested(&id).await, Vec::<String>::new());
        assert_eq!(amy.suggested_needs(None).await.ok().list("suggestedNeeds").len(), 0);
        let why = worker.why_not(&id, &amy.volunteer_id).await.ok();
        assert_eq!((why.text("whyNot.obstacles.0.kind").as_str(), why.text("whyNot.change.kind").as_str()), ("DISMISSED", "LIFT_DISMISSAL"));
        assert_eq!(app.admin().await.plan(false).await.ok().int("planMatches.size"), 0);
        let until: chrono::NaiveDate = until.parse().expect("a day");
        app.advance_days((until - app.now().business_date().naive()).num_days());
        assert_eq!(worker.suggested(&id).await, ["李**"], "the day has come on which it may be proposed again");
    }

    async fn a_plan_is_drawn_then_proposed_as_it_was_shown(app: TestApp) {
        let (owner, worker, admin) = (app.resident("王奶奶").await, worker(&app).await, app.admin().await);
        let (amy, ben) = (app.member("李小明").await, app.member("张伟").await);
        for who in [&amy, &ben] {
            who.can(json!({ "weeklyTasksMax": 1 })).await;
        }
        for key in ["n1", "n2", "n3"] {
            need(&app, &owner, &worker, key, json!({ "urgency": if key == "n3" { "LONGED_FOR" } else { "URGENT" } })).await;
        }
        let plan = admin.plan(true).await.ok();
        assert_eq!((plan.int("planMatches.needs"), plan.int("planMatches.size"), plan.int("planMatches.openPlaces")), (3, 2, 1), "{:#}", plan.body);
        assert!(plan.int("planMatches.score") <= plan.int("planMatches.bound"));
        assert!(plan.int("planMatches.gapPpm") <= 1_000, "{:#}", plan.body);
        assert!(plan.data("planMatches.withoutRotation").is_object());
        let shown = pairs(&plan);
        for line in &shown {
            let sum: i64 = line["reasons"].as_array().expect("reasons").iter().map(|reason| reason["micros"].as_i64().expect("micros")).sum();
            assert_eq!(sum, line["score"].as_i64().expect("a score"));
        }
        assert_eq!(pairs(&admin.plan(false).await.ok()), shown, "the same community gives the same plan");
        assert_eq!(worker.plan(false).await.code(), "FORBIDDEN");

        // What fitted when it was drawn and does not any more is skipped, and nothing stands in its place.
        let id = plan.text("planMatches.id");
        let skipped = shown[1]["volunteer"]["id"].as_str().expect("a volunteer").to_owned();
        let (gone, stays) = if skipped == amy.volunteer_id { (&amy, &ben) } else { (&ben, &amy) };
        gone.run("mutation { pauseMySupply(input: { until: \"2026-04-01\" }) { reach } }", json!({})).await.ok();
        let proposed = admin.propose_plan(&id, "k1").await.ok();
        assert_eq!(proposed.data("proposePlan.progress"), &json!({ "planned": 0, "proposed": 1, "skipped": 1 }), "{:#}", proposed.body);
        assert_eq!(proposed.text("proposePlan.lines.edges.1.node.refusal"), "PLAN_STALE");
        assert_eq!(admin.propose_plan(&id, "k1").await.ok().text("proposePlan.id"), id, "once per key");
        assert_eq!(admin.propose_plan(&id, "k2").await.code(), "STATE_CHANGED");
        app.deliver().await;
        assert_eq!(admin.propose_plan(&id, "k1").await.ok().int("proposePlan.progress.proposed"), 1, "nobody is asked twice");
        let live = domain::exchange::need_match::live(app.app.db.reader(), app.community.id).await.map_err(|error| error.code).expect("read");
        assert_eq!(live.len(), 1);
        assert_eq!(live[0].row.volunteer_id, Some(stays.volunteer()));
        assert_eq!(live[0].row.plan_id.map(|id| id.to_string()), Some(id));
        assert!(live[0].row.score.is_some_and(|score| score > 0));

        // Who is being asked is not asked again, and their week is taken.
        let asked = shown[0]["needId"].as_str().expect("a need");
        assert_eq!(worker.suggested(asked).await, Vec::<String>::new());
        let why = worker.why_not(asked, &stays.volunteer_id).await.ok();
        assert!(why.list("whyNot.obstacles").iter().any(|one| one["kind"] == "ALREADY_ASKED"), "{:#}", why.body);
    }

    async fn a_plan_ends_with_its_day_and_belongs_to_its_community(app: TestApp) {
        let (owner, worker, admin, amy) = (app.resident("王奶奶").await, worker(&app).await, app.admin().await, app.member("李小明").await);
        amy.can(json!({})).await;
        let id = need(&app, &owner, &worker, "n1", json!({})).await;
        let plan = admin.plan(false).await.ok().text("planMatches.id");
        let read = "query($id: ID!) { matchPlan(id: $id) { size progress { planned } } }";
        assert_eq!(admin.run(read, json!({ "id": plan })).await.ok().int("matchPlan.progress.planned"), 1);
        assert_eq!(worker.run(read, json!({ "id": plan })).await.code(), "FORBIDDEN");
        assert_eq!(amy.suggestions(&id, 10).await.code(), "FORBIDDEN", "only who looks after a need is told who could meet it");
        assert_eq!(owner.suggested_needs(Some(&amy.volunteer_id)).await.code(), "FORBIDDEN");
        app.advance_days(1);
        assert_eq!(admin.propose_plan(&plan, "k").await.code(), "PLAN_STALE");
        move_away(&app, &["listing", "volunteer", "match_plan"]).await;
        for who in [&admin, &worker] {
            assert_eq!(who.suggestions(&id, 10).await.code(), "NOT_FOUND");
            assert_eq!(who.why_not(&id, &amy.volunteer_id).await.code(), "NOT_FOUND");
            assert_eq!(who.suggested_needs(Some(&amy.volunteer_id)).await.code(), "NOT_FOUND");
        }
        assert_eq!(admin.run(read, json!({ "id": plan })).await.ok().data("matchPlan"), &Value::Null);
        assert_eq!(admin.propose_plan(&plan, "k").await.code(), "NOT_FOUND");
    }

    async fn the_same_few_are_not_always_asked(app: TestApp) {
        let (owner, worker, admin) = (app.resident("王奶奶").await, worker(&app).await, app.admin().await);
        let (amy, ben) = (app.member("李小明").await, app.member("张伟").await);
        for who in [&amy, &ben] {
            who.can(json!({ "hours": [{ "weekday": 6, "startMinute": 540, "endMinute": 720 }, { "weekday": 7, "startMinute": 540, "endMinute": 720 }] })).await;
        }
        need(&app, &owner, &worker, "n1", json!({})).await;
        let plan = admin.plan(false).await.ok();
        let first = plan.text("planMatches.lines.edges.0.node.volunteer.id");
        admin.propose_plan(&plan.text("planMatches.id"), "k1").await.ok();
        let sunday = json!([{ "startsAt": "2026-03-08T01:00:00Z", "endsAt": "2026-03-08T04:00:00Z" }]);
        let id = need(&app, &owner, &worker, "n2", json!({ "windows": sunday })).await;
        let answer = worker.suggestions(&id, 10).await.ok();
        let best = answer.text("suggestions.0.volunteer.id");
        assert_ne!(best, first, "who was asked a moment ago comes second: {:#}", answer.body);
        let rotation = |at: usize| {
            let reasons = answer.data(&format!("suggestions.{at}.reasons")).as_array().expect("reasons").clone();
            reasons.into_iter().find(|reason| reason["kind"] == "ROTATION").expect("rotation")
        };
        assert_eq!((&rotation(0)["part"], &rotation(1)["part"]), (&Value::Null, &json!(0)));
    }

    async fn teams_and_offerings_are_suggested_too(app: TestApp) {
        let team_id = app.team("红色暖心队", Some(TeamColour::Red)).await;
        let (leader, worker, owner) = (app.leader(team_id).await, worker(&app).await, app.resident("王奶奶").await);
        let (amy, ben) = (app.member("李小明").await, app.member("张伟").await);
        for who in [&amy, &ben] {
            app.join(who, team_id).await;
            who.can(json!({})).await;
        }
        let unit = app.resident("理发店").await;
        let service = with(listing::service(), json!({ "regionId": app.community.region_id.to_string() }));
        let offer = unit.offer_service("s1", service).await.ok().text("offerService.id");
        app.publish(&worker, &offer).await;
        let resource = with(listing::goods(), json!({ "regionId": app.community.region_id.to_string() }));
        let rice = app.published_resource(&unit, &worker, "r1", resource).await;

        let id = need(&app, &owner, &worker, "n1", json!({ "colour": "RED" })).await;
        let answer = worker.suggestions(&id, 20).await.ok();
        let found = answer.list("suggestions");
        assert_eq!(found.iter().filter(|one| one["team"]["id"] == json!(team_id.to_string())).count(), 1, "{:#}", answer.body);
        assert_eq!(found.iter().filter(|one| one["offering"]["id"] == json!(offer)).count(), 1);
        assert!(found.iter().all(|one| one["offering"]["id"] != json!(rice)), "rice is no service");
        let things = app.published_need(&owner, &worker, "n2", json!({ "category": "SUPPLIES", "measure": "份", "quantity": 6 })).await;
        let answer = worker.suggestions(&things, 20).await.ok();
        let found = answer.list("suggestions");
        assert_eq!((found.len(), &found[0]["offering"]["id"], &found[0]["startsAt"]), (1, &json!(rice), &Value::Null), "{:#}", answer.body);

        let mirror = leader.suggested_needs(Some(&team_id.to_string())).await.ok();
        assert_eq!(mirror.text("suggestedNeeds.0.needId"), id);
        assert_eq!(unit.suggested_needs(Some(&rice)).await.ok().text("suggestedNeeds.0.needId"), things);
        assert_eq!(amy.suggested_needs(Some(&team_id.to_string())).await.code(), "FORBIDDEN");
        let plan = app.admin().await.plan(false).await.ok();
        let goods: Vec<Value> = pairs(&plan).into_iter().filter(|line| line["needId"] == json!(things)).collect();
        assert_eq!((goods.len(), &goods[0]["quantity"]), (1, &json!(6)), "six bags are one proposal: {:#}", plan.body);
    }

    async fn nobody_is_suggested_for_their_own_need(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, worker(&app).await);
        amy.can(json!({})).await;
        let id = need(&app, &amy, &worker, "n1", json!({})).await;
        assert_eq!(worker.suggested(&id).await, Vec::<String>::new());
        assert_eq!(amy.suggested_needs(None).await.ok().list("suggestedNeeds").len(), 0);
        assert_eq!(worker.why_not(&id, &amy.volunteer_id).await.ok().text("whyNot.obstacles.0.kind"), "OWN_NEED");
        let withdrawn = amy.step("withdrawListing", json!({ "id": id, "reason": "已解决" })).await;
        withdrawn.ok();
        assert_eq!(worker.suggestions(&id, 10).await.code(), "LISTING_NOT_OPEN");
    }
    async fn who_became_busy_or_free_since_a_large_community_was_read_is_judged_anew(app: TestApp) {
        let (owner, worker) = (app.resident("王奶奶").await, worker(&app).await);
        let (amy, ben) = (app.member("李小明").await, app.member("张伟").await);
        for who in [&amy, &ben] {
            who.can(json!({})).await;
            verify(&worker, who, "FIRST_AID", "2026-12-31").await;
        }
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let nine = BusinessDate(20_260_307).starts_at().plus(9 * UtcMicros::HOUR);
        let session = leader.schedule_session(&activity, nine, 180, 1).await.ok().text("scheduleSession.id");
        let id = need(&app, &owner, &worker, "n1", json!({ "qualifications": ["FIRST_AID"] })).await;
        let other = need(&app, &owner, &worker, "n2", json!({})).await;
        app.crowd(2_000).await;
        // What was noted before is long over, so that only what comes now can be the reason.
        app.advance_minutes(5);
        let found = async || {
            let mut found = worker.suggested(&id).await;
            found.sort_unstable();
            found
        };
        assert_eq!(found().await, ["张**", "李**"]);
        let seat = amy.sign_up(&session).await.ok().text("signUp.id");
        assert_eq!(found().await, ["张**"], "who took a seat at that time is gone at once");
        let queued = ben.sign_up(&session).await.ok().text("signUp.id");
        assert_eq!(found().await, ["张**"], "who only waits for one has the time");
        amy.withdraw(&seat, "改期").await.ok();
        assert_eq!(found().await, ["李**"], "who gave it back has it again, who is offered it has not");
        ben.accept(&queued).await.ok();
        assert_eq!(found().await, ["李**"]);
        verify(&worker, &amy, "FIRST_AID", "2026-03-06").await;
        assert_eq!(found().await, Vec::<String>::new(), "a licence that ends before the day is seen at once");
        verify(&worker, &amy, "FIRST_AID", "2026-12-31").await;
        let document = "mutation($id: ID!) { cancelSession(input: { id: $id, reason: \"下雨\" }) { state } }";
        leader.run(document, json!({ "id": session })).await.ok();
        assert_eq!(found().await, ["张**", "李**"], "a session that was called off takes nobody's time");
        let input = json!({ "needId": other, "volunteerId": amy.volunteer_id, "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T04:00:00Z" });
        let asked = worker.meet("proposeMatch", input).await.ok().text("proposeMatch.id");
        assert_eq!(found().await, ["张**"], "nobody is asked for two places at once");
        amy.meet("declineMatch", json!({ "id": asked, "reason": "那天有事" })).await.ok();
        assert_eq!(found().await, ["张**", "李**"], "who said no is free again");
        assert!(notes(&app).await > 0);
        app.advance_hours(1);
        app.deliver().await;
        assert_eq!(notes(&app).await, 0, "notes are kept for half an hour");
    }

    async fn what_is_kept_of_a_large_community_is_looked_at_again(app: TestApp) {
        let (owner, worker) = (app.resident("王奶奶").await, worker(&app).await);
        let (amy, ben, cat) = (app.member("李小明").await, app.member("张伟").await, app.member("赵敏").await);
        app.crowd(2_000).await;
        for who in [&amy, &ben] {
            who.can(json!({ "skills": ["ESCORT"] })).await;
        }
        app.advance_minutes(5);
        let id = need(&app, &owner, &worker, "n1", json!({ "skills": ["ESCORT"] })).await;
        let mut both = worker.suggested(&id).await;
        both.sort_unstable();
        assert_eq!(both, ["张**", "李**"]);
        app.advance(1_000_000);
        amy.run("mutation { pauseMySupply(input: { until: \"2026-04-01\" }) { reach } }", json!({})).await.ok();
        assert_eq!(worker.suggested(&id).await, ["张**"], "who pauses is gone at once");
        ben.can(json!({ "skills": [] })).await;
        assert_eq!(worker.suggested(&id).await, Vec::<String>::new(), "and so is who has the skill no more");
        ben.can(json!({ "skills": ["ESCORT", "DRIVING"] })).await;
        assert_eq!(worker.suggested(&id).await, ["张**"], "whoever changed is judged by what they say now");
        cat.can(json!({ "skills": ["ESCORT"] })).await;
        app.advance_minutes(1);
        let mut found = Vec::new();
        for _ in 0..100 {
            found = worker.suggested(&id).await;
            if found.len() == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        found.sort_unstable();
        assert_eq!(found, ["张**", "赵**"], "somebody new is there after a little while");
        owner.step("withdrawListing", json!({ "id": id, "reason": "已解决" })).await.ok();
        assert_eq!(worker.suggestions(&id, 10).await.code(), "LISTING_NOT_OPEN", "the need is kept, and looked at as well");
    }
}
