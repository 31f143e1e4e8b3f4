//! Consent and masks: what is agreed to and taken back, what a guardian agrees to for a child, and who sees a whole name.

use entity::consent;
use entity::role_grant::Role;
use entity::time::UtcMicros;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use support::listing::with;
use support::registered::{self, resident, send};
use support::serving::text;
use support::{Actor, Answer, TestApp, both};

const STANDING: &str = "purpose state version presentVersion history { version endedAt ending givenBy }";

async fn give(who: &Actor, purpose: &str, version: i32) -> Answer {
    who.mutate("giveConsent", json!({ "purpose": purpose, "version": version }), STANDING).await
}

async fn withdraw(who: &Actor, purpose: &str) -> Answer {
    who.mutate("withdrawConsent", json!({ "purpose": purpose }), STANDING).await
}

async fn publish(who: &Actor, purpose: &str, material: bool) -> Answer {
    let input = json!({ "purpose": purpose, "text": "新的告知文本。\n犯罪记录等信息从不收集。", "material": material, "reason": "制度更新" });
    who.mutate("publishConsentText", input, "version material publishedAt").await
}

/// How somebody stands to a purpose.
async fn state(who: &Actor, purpose: &str) -> String {
    let seen = who.run(&format!("{{ myConsents {{ {STANDING} }} }}"), json!({})).await.ok();
    let one = seen.list("myConsents").iter().find(|one| one["purpose"] == purpose).expect("every purpose").clone();
    one["state"].as_str().expect("a state").to_owned()
}

async fn name_for(who: &Actor, of: &Actor) -> String {
    who.run("query($id: ID!) { volunteer(id: $id) { name } }", json!({ "id": of.volunteer_id })).await.ok().text("volunteer.name")
}

async fn unmask(who: &Actor, ids: &[&str], reason: &str) -> Answer {
    who.mutate("unmaskVolunteers", json!({ "ids": ids, "reason": reason }), "id number name phone birthDate healthNote").await
}

/// A child's account, its guardian, and the relation between them.
async fn family(app: &TestApp) -> (Actor, Actor, String) {
    let (child, mother) = (resident(app, &registered::phone()).await, app.member("张桂英").await);
    let relation = invited(&child, &mother).await;
    (child, mother, relation)
}

async fn invited(child: &Actor, helper: &Actor) -> String {
    let code = child.mutate("inviteHelper", json!({ "kind": "CHILD" }), "code").await.ok().text("inviteHelper.code");
    helper.mutate("acceptHelping", json!({ "code": code }), "id").await.ok().text("acceptHelping.id")
}

async fn agree_for(who: &Actor, relation: &str, purpose: &str) -> Answer {
    who.mutate("giveConsentFor", json!({ "relationId": relation, "purpose": purpose, "version": 1 }), STANDING).await
}

async fn enrol(who: &Actor, born: &str) -> Answer {
    send(who, "registerVolunteer", "RegisterVolunteerInput", "{ id name }", json!({ "name": "张小童", "birthDate": born })).await
}

both! {
    async fn texts_have_versions_and_registering_agrees_to_the_notice(app: TestApp) {
        let (admin, amy) = (app.admin().await, registered::volunteer(&app, "张小红").await);
        let texts = "query($id: ID) { consentTexts(communityId: $id) { purpose version text material publishedAt } }";
        let stranger = Actor::stranger(&app);
        assert_eq!(stranger.run(texts, json!({})).await.code(), "UNAUTHENTICATED");
        assert_eq!(stranger.run(texts, json!({ "id": "com_0000000000000000000001" })).await.code(), "NOT_FOUND");
        let here = json!({ "id": app.community.id.to_string() });
        let read = stranger.run(texts, here.clone()).await.ok();
        let first: Vec<&Value> = read.list("consentTexts").iter().map(|one| &one["version"]).collect();
        assert_eq!(first, [1; 6], "before anybody registers, and without a token");
        assert_eq!(amy.run("{ myConsents { purpose state } }", json!({})).await.ok().list("myConsents").len(), 6);
        assert_eq!((state(&amy, "PRIVACY_NOTICE").await, state(&amy, "NAME_PUBLICITY").await), ("GIVEN".to_owned(), "NONE".to_owned()));

        assert_eq!(publish(&amy, "PRIVACY_NOTICE", true).await.code(), "FORBIDDEN");
        let unreasoned = json!({ "purpose": "HEALTH_NOTE", "text": "文本", "material": false, "reason": " " });
        assert_eq!(admin.mutate("publishConsentText", unreasoned, "version").await.code(), "REASON_REQUIRED");
        assert_eq!(publish(&admin, "PRIVACY_NOTICE", false).await.ok().int("publishConsentText.version"), 2);
        assert_eq!(state(&amy, "PRIVACY_NOTICE").await, "GIVEN", "what is not material asks nobody anew");
        publish(&admin, "PRIVACY_NOTICE", true).await.ok();
        assert_eq!(state(&amy, "PRIVACY_NOTICE").await, "OUTDATED");
        assert_eq!(stranger.run(texts, here).await.ok().list("consentTexts").len(), 8);

        let (_, _, session) = app.cleaning(5).await;
        let refused = amy.sign_up(&session).await;
        assert_eq!((refused.code(), &refused.error()["extensions"]["params"]["version"]), ("CONSENT_NOT_GIVEN", &json!("3")));
        let imported = app.member("李小明").await;
        assert_eq!(imported.sign_up(&session).await.code(), "CONSENT_NOT_GIVEN", "who agreed on paper agreed to the first");
        let old = give(&amy, "PRIVACY_NOTICE", 2).await;
        assert_eq!((old.code(), old.field()), ("BAD_INPUT", "version"));
        give(&amy, "PRIVACY_NOTICE", 3).await.ok();
        let again = give(&amy, "PRIVACY_NOTICE", 3).await.ok();
        let history = &again.list("giveConsent").iter().find(|one| one["purpose"] == "PRIVACY_NOTICE").expect("the notice")["history"];
        assert_eq!((history.as_array().map(Vec::len), &history[1]["ending"]), (Some(2), &json!("REPLACED")));
        amy.sign_up(&session).await.ok();

        give(&imported, "PRIVACY_NOTICE", 3).await.ok();
        withdraw(&imported, "PRIVACY_NOTICE").await.ok();
        withdraw(&imported, "PRIVACY_NOTICE").await.ok();
        assert_eq!((state(&imported, "PRIVACY_NOTICE").await, imported.sign_up(&session).await.code()), ("ENDED".to_owned(), "CONSENT_NOT_GIVEN"));
    }

    async fn a_name_is_public_exactly_while_its_owner_agrees(app: TestApp) {
        let (admin, amy, ben) = (app.admin().await, app.member("张小红").await, app.member("王芳").await);
        let (leader, _, session) = app.cleaning(5).await;
        app.advance_minutes(190);
        let entry = json!([{ "volunteerId": amy.volunteer_id, "checkedInAt": text(app.now().plus(-120 * UtcMicros::MINUTE)), "checkedOutAt": text(app.now().plus(-20 * UtcMicros::MINUTE)) }]);
        leader.call_roll(&session, "roll", entry).await.ok();
        app.deliver().await;
        let board = async || {
            let answer = ben.run("{ leaderboard(metric: MINUTES, period: ALL, first: 5) { entries { name } } }", json!({})).await.ok();
            answer.text("leaderboard.entries.0.name")
        };
        assert_eq!((name_for(&ben, &amy).await, board().await), ("张**".to_owned(), "张**".to_owned()));
        give(&amy, "NAME_PUBLICITY", 1).await.ok();
        assert_eq!((name_for(&ben, &amy).await, board().await), ("张小红".to_owned(), "张小红".to_owned()));
        withdraw(&amy, "NAME_PUBLICITY").await.ok();
        assert_eq!((name_for(&ben, &amy).await, board().await), ("张**".to_owned(), "张**".to_owned()), "at once");

        let profile = async |named: bool| amy.mutate("updateMyProfile", json!({ "publishesName": named }), "publishesName").await.ok();
        assert_eq!(profile(true).await.data("updateMyProfile.publishesName"), &json!(true));
        assert_eq!((state(&amy, "NAME_PUBLICITY").await, board().await), ("GIVEN".to_owned(), "张小红".to_owned()), "the switch is the consent");
        publish(&admin, "NAME_PUBLICITY", false).await.ok();
        assert_eq!(board().await, "张小红");
        publish(&admin, "NAME_PUBLICITY", true).await.ok();
        assert_eq!((state(&amy, "NAME_PUBLICITY").await, board().await), ("OUTDATED".to_owned(), "张**".to_owned()), "off until given again");
        give(&amy, "NAME_PUBLICITY", 3).await.ok();
        assert_eq!(board().await, "张小红");
        profile(false).await;
        assert_eq!((state(&amy, "NAME_PUBLICITY").await, board().await), ("ENDED".to_owned(), "张**".to_owned()));
        let rows = consent::Entity::find().all(app.app.db.reader()).await.expect("read");
        assert_eq!(rows.iter().filter(|row| row.ended_at.is_none()).count(), 0, "{rows:?}");
        assert_eq!(give(&resident(&app, &registered::phone()).await, "NAME_PUBLICITY", 3).await.code(), "NOT_VOLUNTEER");
        for (purpose, code) in [("MINOR_SERVICE", "GUARDIAN_REQUIRED"), ("PARTY_MEMBERSHIP", "NOT_FOUND")] {
            assert_eq!(give(&amy, purpose, 1).await.code(), code, "{purpose}");
        }
    }

    async fn a_child_serves_with_the_consent_of_a_guardian(app: TestApp) {
        let (child, mother, relation) = family(&app).await;
        assert_eq!(enrol(&child, "2014-03-02").await.code(), "GUARDIAN_REQUIRED");
        assert_eq!(agree_for(&child, &relation, "MINOR_SERVICE").await.code(), "NOT_FOUND", "nobody is their own guardian");
        assert_eq!(agree_for(&mother, &relation, "NAME_PUBLICITY").await.code(), "GUARDIAN_REQUIRED", "that the child serves comes first");
        assert_eq!(agree_for(&mother, &relation, "PARTY_MEMBERSHIP").await.code(), "BAD_INPUT");
        let brother = app.member_born("张小伟", entity::time::BusinessDate(20_100_101), app.community.region_id).await;
        let other = invited(&child, &brother).await;
        assert_eq!(agree_for(&brother, &other, "MINOR_SERVICE").await.code(), "TOO_YOUNG");
        let neighbour = resident(&app, &registered::phone()).await;
        let another = invited(&child, &neighbour).await;
        assert_eq!(agree_for(&neighbour, &another, "MINOR_SERVICE").await.code(), "NOT_VOLUNTEER");

        agree_for(&mother, &relation, "MINOR_SERVICE").await.ok();
        agree_for(&mother, &relation, "MINOR_SERVICE").await.ok();
        let made = enrol(&child, "2014-03-02").await.ok();
        let mut child = child;
        child.volunteer_id = made.text("registerVolunteer.id");
        let seen = mother.run(&format!("query($id: ID!) {{ consentsFor(relationId: $id) {{ {STANDING} }} }}"), json!({ "id": relation })).await.ok();
        let notice = &seen.list("consentsFor")[0];
        assert_eq!((&notice["state"], &notice["history"][0]["givenBy"]), (&json!("GIVEN"), &json!(mother.account_id)), "she agreed to the notice");
        assert_eq!(give(&child, "NAME_PUBLICITY", 1).await.code(), "GUARDIAN_REQUIRED");
        assert_eq!(child.mutate("updateMyProfile", json!({ "publishesName": true }), "id").await.code(), "GUARDIAN_REQUIRED");
        agree_for(&mother, &relation, "NAME_PUBLICITY").await.ok();
        assert_eq!(name_for(&mother, &child).await, "张小童");

        let (_, _, session) = app.cleaning(5).await;
        let seat = child.sign_up(&session).await.ok().text("signUp.id");
        child.withdraw(&seat, "改天").await.ok();
        let back = json!({ "relationId": relation, "purpose": "MINOR_SERVICE" });
        assert_eq!(neighbour.mutate("withdrawConsentFor", back.clone(), STANDING).await.code(), "NOT_FOUND");
        mother.mutate("withdrawConsentFor", back, STANDING).await.ok();
        assert_eq!(child.sign_up_with(&session, "again", true).await.code(), "GUARDIAN_REQUIRED");
        agree_for(&mother, &relation, "MINOR_SERVICE").await.ok();
        mother.mutate("endHelping", json!({ "id": relation }), "endedAt").await.ok();
        assert_eq!(child.sign_up_with(&session, "ended", true).await.code(), "GUARDIAN_REQUIRED", "and so does the end of the relation");
        assert_eq!(name_for(&mother, &child).await, "张**");

        let father = app.member("张建国").await;
        let relation = invited(&child, &father).await;
        agree_for(&father, &relation, "MINOR_SERVICE").await.ok();
        let seat = child.sign_up_with(&session, "father", true).await.ok().text("signUp.id");
        child.withdraw(&seat, "改天").await.ok();
        father.mutate("endHelping", json!({ "id": relation }), "endedAt").await.ok();
        // Fourteen on that day.
        app.set_time("2028-03-02T01:00:00Z");
        let child = Actor::of(&app, "张小童", child.account(), Some(child.volunteer()));
        let (team_id, leader) = app.led_team("蓝队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        child.sign_up(&app.session(&leader, &activity, 60, 60, 5).await).await.ok();
        give(&child, "NAME_PUBLICITY", 1).await.ok();
        let relation = invited(&child, &father).await;
        assert_eq!(agree_for(&father, &relation, "MINOR_SERVICE").await.code(), "FORBIDDEN", "now they agree themselves");
    }

    async fn who_looks_behind_the_mask_says_why_and_is_seen(app: TestApp) {
        let (admin, worker) = (app.admin().await, app.with_role("网格员", Role::GridWorker, app.community.region_id).await);
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let (amy, ben) = (registered::volunteer(&app, "张小红").await, app.member("王芳").await);
        let (amy_id, ben_id) = (amy.volunteer_id.as_str(), ben.volunteer_id.as_str());
        assert_eq!((name_for(&admin, &amy).await, name_for(&leader, &amy).await), ("张**".to_owned(), "张**".to_owned()));
        assert_eq!(unmask(&ben, &[amy_id], "好奇").await.code(), "FORBIDDEN");
        for (who, ids, reason, code) in [(&admin, vec![amy_id], " ", "REASON_REQUIRED"), (&admin, vec![], "核对", "BAD_INPUT"), (&leader, vec![amy_id], "联系", "FORBIDDEN")] {
            assert_eq!(unmask(who, &ids, reason).await.code(), code);
        }
        let unknown = unmask(&admin, &[amy_id, "vol_0000000000000000000001"], "核对").await;
        assert_eq!((unknown.code(), unknown.field()), ("NOT_FOUND", "ids"));
        let looks = "{ myUnmaskings(first: 10) { nodes { accountId reason healthNote } } }";
        assert_eq!(amy.run(looks, json!({})).await.ok().list("myUnmaskings.nodes").len(), 0, "what was refused showed nothing");

        let shown = unmask(&admin, &[ben_id, amy_id, amy_id], "核对报名信息").await.ok();
        assert_eq!(shown.list("unmaskVolunteers").len(), 2);
        assert_eq!((shown.text("unmaskVolunteers.0.name"), shown.text("unmaskVolunteers.1.name")), ("王芳".to_owned(), "张小红".to_owned()));
        assert_eq!((shown.text("unmaskVolunteers.1.phone"), shown.text("unmaskVolunteers.1.birthDate")), (amy.phone.clone(), "1980-05-04".to_owned()));
        unmask(&worker, &[amy_id], "上门走访").await.ok();

        // A leader sees members of the team, and who signed up to a session of theirs.
        app.join(&ben, team_id).await;
        unmask(&leader, &[ben_id], "通知集合").await.ok();
        let activity = app.activity(&leader, team_id, json!({})).await;
        let session = app.session(&leader, &activity, 60, 60, 9).await;
        let note = "mutation { setMyHealthNote(input: { note: \"青霉素过敏\" }) }";
        assert_eq!(amy.run(note, json!({})).await.code(), "CONSENT_NOT_GIVEN");
        give(&amy, "HEALTH_NOTE", 1).await.ok();
        amy.run(note, json!({})).await.ok();
        amy.sign_up(&session).await.ok();
        let led = unmask(&leader, &[amy_id], "集合联系").await.ok();
        assert_eq!(led.text("unmaskVolunteers.0.healthNote"), "青霉素过敏");
        assert_eq!(unmask(&admin, &[amy_id], "核对").await.ok().data("unmaskVolunteers.0.healthNote"), &Value::Null, "for the leader of the session alone");
        let seen = amy.run(looks, json!({})).await.ok();
        let rows: Vec<Value> = seen.list("myUnmaskings.nodes").to_vec();
        let row = |who: &Actor, reason: &str, health: bool| json!({ "accountId": who.account_id, "reason": reason, "healthNote": health });
        let expected = [row(&admin, "核对", false), row(&leader, "集合联系", true), row(&worker, "上门走访", false), row(&admin, "核对报名信息", false)];
        assert_eq!(rows, expected);
        app.advance_days(31);
        assert_eq!(unmask(&leader, &[amy_id], "再次联系").await.code(), "FORBIDDEN", "a month after the session");
        let tampered = domain::db::sql(app.app.db.writer(), "DELETE FROM unmasking", []);
        assert!(sea_orm::ConnectionTrait::execute_raw(app.app.db.writer(), tampered).await.is_err(), "looks are kept for good");
    }

    async fn a_grid_worker_looks_where_they_work(app: TestApp) {
        let here = app.with_role("网格员", Role::GridWorker, app.community.below[1]).await;
        let near = app.member("张小红").await;
        let far = app.member_born("王芳", entity::time::BusinessDate(19_800_101), app.community.region_id).await;
        unmask(&here, &[&near.volunteer_id], "走访").await.ok();
        assert_eq!(unmask(&here, &[&near.volunteer_id, &far.volunteer_id], "走访").await.code(), "FORBIDDEN");
        let (_, boss) = crate::community::neighbour(&app).await;
        assert_eq!(unmask(&boss, &[&near.volunteer_id], "走访").await.code(), "NOT_FOUND");
        let changes = with(json!({ "ids": [near.volunteer_id] }), json!({ "reason": "走访" }));
        assert_eq!(Actor::stranger(&app).mutate("unmaskVolunteers", changes, "id").await.code(), "UNAUTHENTICATED");
    }
}
