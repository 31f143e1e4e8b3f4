//! What keeps a match from happening: the table of states, who may not help, pairs that are left alone, people of elsewhere.

use domain::exchange::need_match::state::{TABLE, after};
use entity::match_step::MatchStepKind;
use entity::need_match::MatchState;
use entity::role_grant::Role;
use entity::time::BusinessDate;
use sea_orm::{ConnectionTrait, EntityTrait, Iterable};
use serde_json::{Value, json};
use support::listing::with;
use support::{Actor, TestApp, both};

/// Who takes part in every match of the table.
struct Cast {
    amy: Actor,
    worker: Actor,
    admin: Actor,
}

impl Cast {
    /// A new match in a state, come to by real steps, and its helper.
    async fn reach(&self, app: &TestApp, state: MatchState) -> (String, Actor) {
        let (amy, worker, admin) = (&self.amy, &self.worker, &self.admin);
        let helper = app.member("王芳").await;
        let need = app.published_need(amy, worker, &format!("{state:?}"), json!({ "validUntil": "2026-06-01T00:00:00+08:00" })).await;
        let id = match state {
            MatchState::Proposed | MatchState::Declined | MatchState::Expired => app.proposed(worker, &need, &helper).await,
            MatchState::Accepted | MatchState::Withdrawn => app.accepted(worker, &need, &helper).await,
            MatchState::InProgress => app.begun(worker, &need, &helper).await,
            _ => app.done(worker, &need, &helper, 30).await,
        };
        match state {
            MatchState::Declined => drop(helper.meet("declineMatch", json!({ "id": id, "reason": "没有时间" })).await.ok()),
            MatchState::Withdrawn => drop(helper.meet("withdrawMatch", json!({ "id": id, "reason": "没有时间" })).await.ok()),
            MatchState::Confirmed => drop(amy.meet("confirmMatch", json!({ "id": id, "rating": 5 })).await.ok()),
            MatchState::Disputed | MatchState::Voided => drop(amy.meet("disputeMatch", json!({ "id": id, "reason": "没有来" })).await.ok()),
            MatchState::Expired => {
                app.advance_hours(2);
                app.deliver().await;
            }
            _ => {}
        }
        if state == MatchState::Voided {
            admin.meet("resolveDispute", json!({ "id": id, "outcome": "UPHELD", "explanation": "核实属实" })).await.ok();
        }
        assert_eq!(helper.match_state(&id).await, sea_orm::ActiveEnum::to_value(&state));
        (id, helper)
    }

    /// Takes a step as somebody who may, were it not for the state; nothing for what no person does.
    async fn take(&self, step: MatchStepKind, id: &str, helper: &Actor) -> Option<support::Answer> {
        let key = format!("{step:?} {id}");
        let (who, mutation, input) = match step {
            MatchStepKind::Accepted => (helper, "acceptMatch", json!({ "idempotencyKey": key })),
            MatchStepKind::Declined => (helper, "declineMatch", json!({ "reason": "没有时间", "idempotencyKey": key })),
            MatchStepKind::Withdrawn => (&self.worker, "withdrawMatch", json!({ "reason": "情况有变", "idempotencyKey": key })),
            MatchStepKind::Started => (helper, "startMatch", json!({})),
            MatchStepKind::Finished => (helper, "finishMatch", json!({})),
            MatchStepKind::Confirmed => (&self.amy, "confirmMatch", json!({ "rating": 3, "idempotencyKey": key })),
            MatchStepKind::Disputed => (&self.amy, "disputeMatch", json!({ "reason": "不对" })),
            MatchStepKind::Resolved => {
                (&self.admin, "resolveDispute", json!({ "outcome": "REJECTED", "explanation": "不成立", "idempotencyKey": key }))
            }
            MatchStepKind::Proposed | MatchStepKind::Expired => return None,
        };
        Some(who.meet(mutation, with(input, json!({ "id": id }))).await)
    }
}

async fn propose(app: &TestApp, worker: &Actor, need: &str, helper: &Actor, key: &str) -> support::Answer {
    let input = with(app.span(60, 120), json!({ "needId": need, "volunteerId": helper.volunteer_id, "idempotencyKey": key }));
    worker.meet("proposeMatch", input).await
}

both! {
    async fn what_the_table_of_states_does_not_list_is_refused(app: TestApp) {
        let cast = Cast { amy: app.member("李小明").await, worker: app.grid_worker().await, admin: app.admin().await };
        let mut refused = 0;
        for state in MatchState::iter() {
            let (id, helper) = cast.reach(&app, state).await;
            for step in MatchStepKind::iter().filter(|step| after(state, *step).is_err()) {
                let Some(answer) = cast.take(step, &id, &helper).await else { continue };
                assert_eq!(answer.code(), "STATE_CHANGED", "{step:?} of {state:?}: {:#}", answer.body);
                assert_eq!(helper.match_state(&id).await, sea_orm::ActiveEnum::to_value(&state), "{step:?} of {state:?}");
                refused += 1;
            }
        }
        let listed = TABLE.iter().filter(|row| row.1 != MatchStepKind::Expired).count();
        assert_eq!(refused, MatchState::iter().count() * 8 - listed);
    }

    async fn who_may_not_help(app: TestApp) {
        let (amy, ben, worker) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await);
        let asks = json!({ "minAge": 16, "qualifications": ["ELECTRICIAN"] });
        let need = app.published_need(&amy, &worker, "wire", asks).await;
        assert_eq!(propose(&app, &worker, &need, &ben, "a").await.code(), "QUALIFICATION_MISSING");
        let verify = "mutation($input: VerifyQualificationInput!) { verifyQualification(input: $input) { id } }";
        let licence = |until: &str| json!({ "input": { "volunteerId": ben.volunteer_id, "code": "ELECTRICIAN", "validUntil": until } });
        worker.run(verify, licence("2026-03-20")).await.ok();
        let child = app.member_born("小宝", BusinessDate(20_110_101), app.community.below[1]).await;
        assert_eq!(propose(&app, &worker, &need, &child, "b").await.code(), "TOO_YOUNG");
        assert_eq!(propose(&app, &worker, &need, &amy, "c").await.code(), "OWN_NEED");
        assert_eq!(worker.meet("proposeMatch", with(app.span(60, 120), json!({ "needId": need, "volunteerId": worker.volunteer_id }))).await.code(), "SELF_DEALING");

        let id = propose(&app, &worker, &need, &ben, "d").await.ok().text("proposeMatch.id");
        let past = with(app.span(60 * 24 * 20, 120), json!({ "id": id }));
        let refused = ben.meet("acceptMatch", past).await;
        assert_eq!(refused.code(), "QUALIFICATION_MISSING", "it has run out on the day");
        assert_eq!(ben.meet("acceptMatch", with(app.span(-300, 120), json!({ "id": id }))).await.field(), "endsAt");
        worker.run("mutation($input: VerifyQualificationInput!) { verifyQualification(input: $input) { id } }", licence("2026-03-02")).await.ok();
        app.app.db.writer().execute_unprepared("UPDATE need SET risk_level = 'HIGH'").await.expect("made risky behind the program");
        assert_eq!(ben.meet("acceptMatch", json!({ "id": id })).await.code(), "INSURANCE_REQUIRED");
        app.app.db.writer().execute_unprepared("UPDATE need SET risk_level = 'LOW'").await.expect("and back");
        app.app.db.writer().execute_unprepared("UPDATE volunteer SET state = 'SUSPENDED'").await.expect("suspended");
        assert_eq!(ben.meet("acceptMatch", json!({ "id": id })).await.code(), "VOLUNTEER_SUSPENDED");
        app.app.db.writer().execute_unprepared("UPDATE volunteer SET state = 'ACTIVE'").await.expect("and back");
        assert_eq!(amy.need_left(&need).await, ("PUBLISHED".to_owned(), 1), "refusals leave nothing behind");
        ben.meet("acceptMatch", json!({ "id": id })).await.ok();

        let pause = "mutation($input: PauseMySupplyInput!) { pauseMySupply(input: $input) { pausedUntil } }";
        let cat = app.member("张伟").await;
        cat.run(pause, json!({ "input": { "until": "2026-03-10" } })).await.ok();
        let other = app.published_need(&amy, &worker, "tap", json!({})).await;
        assert_eq!(propose(&app, &worker, &other, &cat, "e").await.code(), "HELPER_PAUSED");
    }

    async fn minors_help_at_low_risk_and_with_their_guardians_consent(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let child = app.member_born("小宝", BusinessDate(20_110_101), app.community.below[1]).await;
        let need = app.published_need(&amy, &worker, "read", json!({})).await;
        let id = app.proposed(&worker, &need, &child).await;
        let refused = child.meet("acceptMatch", json!({ "id": id })).await;
        assert_eq!((refused.code(), refused.field()), ("CONSENT_REQUIRED", "guardianConsent"));
        child.meet("acceptMatch", json!({ "id": id, "guardianConsent": "母亲当面同意" })).await.ok();
        app.advance_hours(4);
        let other = app.published_need(&amy, &worker, "write", json!({})).await;
        let offer = with(app.span(60, 120), json!({ "needId": other }));
        assert_eq!(child.meet("offerHelp", offer.clone()).await.field(), "guardianConsent");
        let offered = child.meet("offerHelp", with(offer, json!({ "guardianConsent": "母亲当面同意" }))).await.ok().text("offerHelp.id");
        assert_eq!(amy.meet("acceptMatch", json!({ "id": offered, "guardianConsent": "我替她同意" })).await.field(), "guardianConsent");
        amy.meet("acceptMatch", json!({ "id": offered })).await.ok();
        app.advance_hours(4);
        let risky = app.published_need(&amy, &worker, "roof", json!({ "riskLevel": "MEDIUM" })).await;
        assert_eq!(propose(&app, &worker, &risky, &child, "risky").await.code(), "TOO_YOUNG");
        let offer = with(app.span(60, 120), json!({ "needId": risky, "guardianConsent": "母亲当面同意" }));
        assert_eq!(child.meet("offerHelp", offer).await.code(), "TOO_YOUNG");
    }

    async fn one_person_is_not_in_two_places_at_once(app: TestApp) {
        let (amy, ben, worker) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await);
        let (first, second) = (app.published_need(&amy, &worker, "a", json!({})).await, app.published_need(&amy, &worker, "b", json!({})).await);
        let (_, _, session) = app.cleaning(5).await;
        let one = app.proposed(&worker, &first, &ben).await;
        let two = app.proposed(&worker, &second, &ben).await;
        ben.meet("acceptMatch", json!({ "id": one })).await.ok();
        let refused = ben.meet("acceptMatch", json!({ "id": two })).await;
        assert_eq!((refused.code(), &refused.error()["extensions"]["params"]["matchId"]), ("SESSION_OVERLAP", &json!(one)));
        assert_eq!(ben.sign_up(&session).await.code(), "SESSION_OVERLAP", "a match keeps from a session too");
        ben.meet("withdrawMatch", json!({ "id": one, "reason": "改去打扫" })).await.ok();
        ben.sign_up_with(&session, "again", false).await.ok();
        let refused = ben.meet("acceptMatch", json!({ "id": two, "idempotencyKey": "later" })).await;
        assert_eq!((refused.code(), &refused.error()["extensions"]["params"]["sessionId"]), ("SESSION_OVERLAP", &json!(session)));
        assert_eq!(amy.need_left(&second).await, ("PUBLISHED".to_owned(), 1));
    }

    async fn a_pair_that_was_declined_is_left_alone_for_a_while(app: TestApp) {
        let (amy, ben, worker) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await);
        let need = app.published_need(&amy, &worker, "tap", json!({ "validUntil": "2026-06-01T00:00:00+08:00" })).await;
        let id = app.proposed(&worker, &need, &ben).await;
        assert_eq!(ben.meet("withdrawMatch", json!({ "id": id, "reason": "不去" })).await.code(), "FORBIDDEN", "who is asked declines");
        ben.meet("declineMatch", json!({ "id": id, "reason": "与这家不便" })).await.ok();
        let refused = propose(&app, &worker, &need, &ben, "again").await;
        assert_eq!((refused.code(), &refused.error()["extensions"]["params"]["until"]), ("MATCH_DISMISSED", &json!("2026-04-01")));
        let notes = |answer: support::Answer| answer.data("node.steps.1.note").clone();
        let by_amy = amy.read_match(&id).await.ok();
        assert_eq!(notes(by_amy), Value::Null, "the other side learns that it was declined, not why");
        assert_eq!(notes(worker.read_match(&id).await.ok()), json!("与这家不便"));
        app.deliver().await;
        let told = amy.run("{ myNotifications(first: 20) { edges { node { body } } } }", json!({})).await.ok().body.to_string();
        assert!(told.contains("未被接受") && !told.contains("与这家不便"), "{told}");
        app.advance_days(30);
        propose(&app, &worker, &need, &ben, "a month later").await.ok();

        let cat = app.member("张伟").await;
        let dismiss = "mutation($input: DismissMatchInput!) { dismissMatch(input: $input) { needId until } }";
        let stranger = json!({ "input": { "needId": need, "volunteerId": ben.volunteer_id, "reason": "x" } });
        assert_eq!(cat.run(dismiss, stranger).await.code(), "FORBIDDEN");
        let said = cat.run(dismiss, json!({ "input": { "needId": need, "reason": "太远" } })).await.ok();
        assert_eq!(said.data("dismissMatch"), &json!({ "needId": need, "until": "2026-05-01" }));
        assert_eq!(propose(&app, &worker, &need, &cat, "x").await.code(), "MATCH_DISMISSED");
        cat.meet("offerHelp", with(app.span(60, 120), json!({ "needId": need }))).await.ok();
    }

    async fn matches_of_elsewhere_do_not_exist(app: TestApp) {
        let (amy, ben, worker) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await);
        let need = app.published_need(&amy, &worker, "tap", json!({})).await;
        let id = app.proposed(&worker, &need, &ben).await;
        let stranger = app.member("张伟").await;
        let below = app.with_role("楼栋长", Role::GridWorker, app.community.below[2]).await;
        for who in [&stranger, &below] {
            assert_eq!(who.read_match(&id).await.code(), "NOT_FOUND", "{}", who.name);
            assert_eq!(who.meet("acceptMatch", json!({ "id": id })).await.code(), "NOT_FOUND");
        }
        assert_eq!(stranger.run("{ matches { edges { node { id } } } }", json!({})).await.code(), "FORBIDDEN");
        assert_eq!(below.run("{ matches { edges { node { id } } } }", json!({})).await.ok().list("matches.edges").len(), 0);
        let filter = json!({ "filter": { "state": "PROPOSED", "needId": need, "volunteerId": ben.volunteer_id } });
        let listed = worker.run("query($filter: NeedMatchFilter!) { matches(filter: $filter) { edges { node { id } } } }", filter).await.ok();
        assert_eq!(listed.text("matches.edges.0.node.id"), id);

        let db = app.app.db.writer();
        let rows = entity::region::Entity::find().all(db).await.expect("read");
        let place = rows.into_iter().find(|row| row.code.as_deref() == Some("430103006004")).expect("a neighbour").id;
        let away = entity::id::CommunityId::new(app.now());
        let insert = "INSERT INTO community (id, region_id, name, created_at) VALUES ($1, $2, '黄土岭社区', 0)";
        db.execute_raw(domain::db::sql(db, insert, [away.into(), place.into()])).await.expect("a community");
        let moved = "UPDATE listing SET community_id = $1, region_id = $2, owner_account_id = NULL";
        db.execute_raw(domain::db::sql(db, moved, [away.into(), place.into()])).await.expect("moved");
        for who in [&amy, &worker, &app.admin().await] {
            assert_eq!(who.read_match(&id).await.code(), "NOT_FOUND", "{}", who.name);
            assert_eq!(who.meet("withdrawMatch", json!({ "id": id, "reason": "看看" })).await.code(), "NOT_FOUND");
            assert_eq!(who.meet("proposeMatch", json!({ "needId": need, "volunteerId": stranger.volunteer_id })).await.code(), "NOT_FOUND");
        }
    }
}
