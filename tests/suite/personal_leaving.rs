//! Leaving in the middle of something: a selection, an office, work that others do for the person. It goes on, and nothing of the person is left.

use std::collections::BTreeMap;

use domain::insight::verify;
use domain::people::role::Reach;
use entity::role_grant::Role;
use entity::team_member;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use support::listing::{goods, row_id, with};
use support::registered::{self, say};
use support::unit::TASK;
use support::{Actor, Answer, TestApp, both};

use crate::exchange_task_list::{issue, policy, tasks};
use crate::personal::{leave, member};
use crate::personal_rows::holding;
use crate::recognition_merit::{claim, declare, rules};
use crate::recognition_selection::{begin, cast, nominate, open, panel, review_of, score, seen, serve, step, told};
use crate::service_offline::{Phone, submit};

const NAME: &str = "欧阳小敏";

/// Somebody leaves, and everything is gone through once more.
async fn gone(app: &TestApp, who: &Actor) {
    leave(who).await.ok();
    app.deliver().await;
    app.advance_minutes(11);
    app.deliver().await;
}

/// Each of these texts stands somewhere before somebody leaves, and nowhere after it.
async fn gone_without_a_trace(app: &TestApp, who: &Actor, texts: &[&str]) {
    let before = holding(app, texts).await;
    let unseen: Vec<_> = texts.iter().filter(|text| !before.contains_key(**text)).collect();
    assert!(unseen.is_empty(), "the story leaves these nowhere: {unseen:?}");
    gone(app, who).await;
    assert_eq!(holding(app, texts).await, BTreeMap::new());
}

async fn number_of(who: &Actor) -> String {
    let document = "query($id: ID!) { volunteer(id: $id) { number } }";
    who.run(document, json!({ "id": who.volunteer_id })).await.ok().text("volunteer.number")
}

async fn object(who: &Actor, nominee: &str, reason: &str) -> Answer {
    say(who, "objectToNominee", "{ id }", json!({ "nomineeId": nominee, "reason": reason })).await
}

/// The states of the nominees that somebody sees, with votes and place.
async fn nominees(who: &Actor, round: &str) -> Vec<Value> {
    let list = seen(who, round).await.list("selectionRound.nominees").to_vec();
    list.iter().map(|one| json!([one["id"], one["state"], one["votes"], one["place"]])).collect()
}

/// Amy leads a team, and is proved to be a Party member whose points were doubted; gives what was written about her.
async fn offices(app: &TestApp, amy: &Actor) -> [&'static str; 4] {
    let worker = app.with_role("党务专干", Role::PartyWorker, app.community.region_id).await;
    let other = app.with_role("副书记", Role::PartyWorker, app.community.region_id).await;
    let id = declare(amy).await.ok().text("declarePartyMembership.id");
    say(&worker, "confirmPartyMember", "{ state }", json!({ "id": id })).await.ok();
    say(&worker, "publishMeritScheme", "{ version }", rules()).await.ok();
    let texts = ["陪邻居罗奶奶看病三次", "罗奶奶说只去过两次", "第三次有挂号单为证", "挂号单已核对属实"];
    let entry = claim(amy, "SERVICE", texts[0]).await.ok().text("claimMerit.id");
    say(&worker, "decideMeritClaim", "{ state }", json!({ "id": entry, "approve": false, "reason": texts[1] })).await.ok();
    let filed = say(amy, "appealMerit", "{ id }", json!({ "entryId": entry, "reason": texts[2] })).await.ok().text("appealMerit.id");
    say(&other, "decideMeritAppeal", "{ state }", json!({ "id": filed, "uphold": false, "reason": texts[3] })).await.ok();
    texts
}

both! {
    async fn a_selection_in_its_voting_goes_on_without_who_leaves(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, ben, admin) = (member(&app, NAME).await, app.member("王芳").await, app.admin().await);
        let voters = [app.member("甲一").await, app.member("乙一").await, app.member("丙一").await];
        serve(&app, &leader, &activity, &[(&amy, 120), (&ben, 60)]).await;
        let reviewers = panel(&app, &admin).await;
        let round = open(&admin, json!({})).await.ok().text("openSelection.id");
        let statement = "多年照看对门的罗奶奶";
        let of_amy = nominate(&amy, &round, json!({ "statement": statement })).await.ok().text("nominateForSelection.id");
        let of_ben = nominate(&ben, &round, json!({})).await.ok().text("nominateForSelection.id");
        begin(&app, &admin, &round, 48).await.ok();
        for (voter, choice) in voters.iter().zip([&of_amy, &of_ben, &of_ben]) {
            cast(voter, &round, &[choice]).await.ok();
        }
        cast(&amy, &round, &[&of_ben]).await.ok();
        let judged = review_of(&reviewers[0], &of_amy).await.expect("a round of review");
        score(&reviewers[0], &judged, 30, "REJECT").await.ok();
        app.deliver().await;
        let (number, masked) = (number_of(&amy).await, "欧**");
        assert_eq!((reviewers[0].queue().await.len(), reviewers[1].queue().await.len()), (1, 2));

        gone_without_a_trace(&app, &amy, &[NAME, &number, statement, masked, "事迹不实"]).await;
        assert_eq!((reviewers[0].queue().await.len(), reviewers[1].queue().await.len()), (1, 1), "nobody is asked to judge who has gone");
        assert_eq!(reviewers[1].see_round(&judged).await.ok().text("reviewRound.phase"), "CANCELLED");
        assert_eq!(admin.review("openReview", json!({ "subjectId": of_amy })).await.code(), "STATE_CHANGED", "nor ever again");
        assert_eq!(cast(&ben, &round, &[&of_amy]).await.field(), "nomineeIds", "the name is on the ballot no more");
        let other = review_of(&reviewers[0], &of_ben).await.expect("a round of review");
        for reviewer in &reviewers {
            score(reviewer, &other, 80, "APPROVE").await.ok();
        }
        app.advance_hours(48);
        app.deliver().await;
        let closed = step(&admin, "closeSelectionVoting", &round).await.ok();
        assert_eq!((closed.text("closeSelectionVoting.state"), closed.int("closeSelectionVoting.ballots")), ("NOTICE".to_owned(), 4));
        assert_eq!(nominees(&admin, &round).await, [json!([of_ben, "ACCEPTED", 3, 1]), json!([of_amy, "DECLINED", null, null])], "her own vote counts");
        app.advance_days(14);
        assert_eq!(step(&admin, "announceSelection", &round).await.ok().text("announceSelection.state"), "ANNOUNCED");
        assert_eq!((told(&app, &ben, "恭喜您获评").await, holding(&app, &[NAME, &number]).await), (1, BTreeMap::new()));
    }

    async fn a_notice_goes_on_without_who_leaves_and_begins_anew_for_the_next(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, ben, idle, admin) = (member(&app, NAME).await, app.member("王芳").await, app.member("闲人").await, app.admin().await);
        serve(&app, &leader, &activity, &[(&amy, 120), (&ben, 60)]).await;
        app.set_time("2026-03-09T09:00:00+08:00");
        let round = open(&admin, json!({ "panelBps": 0, "voteBps": 5000, "recordBps": 5000 })).await.ok().text("openSelection.id");
        let statement = "多年照看对门的罗奶奶";
        let of_amy = nominate(&amy, &round, json!({ "statement": statement })).await.ok().text("nominateForSelection.id");
        let of_ben = nominate(&ben, &round, json!({})).await.ok().text("nominateForSelection.id");
        begin(&app, &admin, &round, 1).await.ok();
        cast(&idle, &round, &[&of_amy]).await.ok();
        app.advance_hours(1);
        step(&admin, "closeSelectionVoting", &round).await.ok();
        assert_eq!(seen(&idle, &round).await.text("selectionRound.chosen.0.id"), of_amy);
        let against = "时长是替对门罗奶奶的儿子签的";
        object(&idle, &of_amy, against).await.ok();
        app.set_time("2026-03-10T09:00:00+08:00");
        let number = number_of(&amy).await;

        gone_without_a_trace(&app, &amy, &[NAME, &number, statement, against]).await;
        assert_eq!(seen(&idle, &round).await.text("selectionRound.chosen.0.id"), of_ben, "the next comes in");
        assert_eq!(nominees(&idle, &round).await, [json!([of_amy, "EXCLUDED", 1, 1]), json!([of_ben, "ACCEPTED", 0, 2])], "what was counted stays");
        assert_eq!(told(&app, &ben, "公示名单").await, 1);
        app.set_time("2026-03-17T00:00:00+08:00");
        assert_eq!(step(&admin, "announceSelection", &round).await.code(), "NOTICE_RUNNING", "a new name, a new notice");
        app.set_time("2026-03-18T00:00:00+08:00");
        assert_eq!(step(&admin, "announceSelection", &round).await.ok().text("announceSelection.state"), "ANNOUNCED", "no objection waits for nobody");
        let honours = entity::honour::Entity::find().all(app.app.db.reader()).await.expect("read");
        assert_eq!(honours.iter().map(|honour| honour.volunteer_id).collect::<Vec<_>>(), [ben.volunteer()]);
    }

    async fn nobody_waits_for_next_years_calendar_to_leave(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, ben, idle, admin) = (member(&app, NAME).await, app.member("王芳").await, app.member("闲人").await, app.admin().await);
        serve(&app, &leader, &activity, &[(&amy, 120), (&ben, 60)]).await;
        app.set_time("2026-12-20T09:00:00+08:00");
        let round = open(&admin, json!({ "panelBps": 0, "voteBps": 10_000, "recordBps": 0 })).await.ok().text("openSelection.id");
        let of_amy = nominate(&amy, &round, json!({})).await.ok().text("nominateForSelection.id");
        let of_ben = nominate(&ben, &round, json!({})).await.ok().text("nominateForSelection.id");
        begin(&app, &admin, &round, 1).await.ok();
        cast(&idle, &round, &[&of_amy]).await.ok();
        app.advance_hours(1);
        step(&admin, "closeSelectionVoting", &round).await.ok();
        assert_eq!(seen(&idle, &round).await.text("selectionRound.chosen.0.id"), of_amy);
        app.set_time("2026-12-28T09:00:00+08:00");
        leave(&amy).await.ok();
        let round_now = seen(&idle, &round).await;
        assert_eq!(round_now.text("selectionRound.chosen.0.id"), of_ben, "the next comes in");
        app.set_time("2027-01-05T00:00:00+08:00");
        let announce = || step(&admin, "announceSelection", &round);
        assert_eq!(announce().await.code(), "CALENDAR_MISSING", "the end is not counted before the year is known");
        say(&admin, "setWorkCalendar", "", json!({ "year": 2027, "daysOff": ["2027-01-01"], "workedDays": [] })).await.ok();
        assert_eq!(announce().await.code(), "NOTICE_RUNNING", "New Year's Day is none of the five days");
        app.set_time("2027-01-06T00:00:00+08:00");
        assert_eq!(announce().await.ok().text("announceSelection.state"), "ANNOUNCED");
    }

    async fn a_leader_who_leaves_takes_keys_and_notes_along(app: TestApp) {
        let (leader, team_id, session) = app.cleaning(5).await;
        let (amy, ben) = (member(&app, NAME).await, app.member("王芳").await);
        app.join(&amy, team_id).await;
        app.give_role(&amy, Role::TeamLeader, Reach::Team(team_id)).await;
        ben.sign_up(&session).await.ok();
        let phone = Phone::of(&amy, 9).await;
        let stored = entity::device_key::Entity::find().one(app.app.db.reader()).await.expect("read").expect("a device");
        app.advance_hours(2);
        submit(&amy, &phone.id, json!([phone.sign(&session, &ben, "IN", app.now(), 1)])).await.ok();
        let notes = offices(&app, &amy).await;
        let number = number_of(&amy).await;
        let key = hex::encode(&stored.public_key);
        let texts = [[NAME, number.as_str(), key.as_str()].as_slice(), notes.as_slice()].concat();

        gone_without_a_trace(&app, &amy, &texts).await;
        let device = entity::device_key::Entity::find().one(app.app.db.reader()).await.expect("read").expect("a device");
        assert!(device.revoked_at.is_some() && device.id == stored.id && device.name == "已注销", "what it signed still leads to a device");
        let second = app.leader(team_id).await;
        let late = phone.sign(&session, &ben, "OUT", app.now(), 2);
        assert_eq!(submit(&second, &phone.id, json!([late])).await.code(), "DEVICE_UNKNOWN", "nor does it speak for anybody else");
        assert_eq!(ben.standing(&session).await, "ATTENDED", "what it said before holds");
        let members = team_member::Entity::find().filter(team_member::Column::VolunteerId.eq(amy.volunteer())).all(app.app.db.reader()).await;
        assert!(members.expect("read").is_empty() && leader.show_code(&session, "OUT").await.body.get("errors").is_none(), "the team has its other leader");
        let report = verify::run(&app.app).await.map_err(|error| error.code).expect("a report");
        assert!(report.is_clean(), "{report}");
    }

    async fn tasks_keep_what_was_done_and_not_for_whom(app: TestApp) {
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        let (admin, amy) = (app.admin().await, member(&app, NAME).await);
        let ((pump, ann), (school, ben)) = (app.member_unit(&admin, "水泵厂").await, app.member_unit(&admin, "实验小学").await);
        policy(&admin, "2026-03-03", 10, 5).await.ok();
        let (title, description) = ("陪欧阳大姐去湘雅复诊", "左膝手术后第六周复查");
        let mine = json!({ "title": title, "description": description, "validUntil": "2026-08-01T00:00:00Z" });
        app.published_need(&amy, &worker, "mine", mine).await;
        app.published_need(&ben, &worker, "his", json!({ "title": "修楼道的灯", "validUntil": "2026-08-01T00:00:00Z" })).await;
        app.set_time("2026-03-10T00:30:00+08:00");
        app.deliver().await;
        let list = admin.run("{ taskLists { edges { node { id } } } }", json!({})).await.ok().text("taskLists.edges.0.node.id");
        issue(&admin, &list).await.ok();
        let ids: Vec<String> = tasks(&admin, json!({ "list": list })).await.into_iter().map(|(id, _)| id).collect();
        let (refusal, result) = ("大姐家离学校太远", "两名职工陪大姐复诊");
        ben.on_task("declineTask", json!({ "id": ids[0], "unitId": school, "reason": refusal })).await.ok();
        ann.on_task("claimTask", json!({ "id": ids[0], "unitId": pump })).await.ok();
        ann.on_task("returnTask", json!({ "id": ids[0], "unitId": pump, "result": result, "minutes": 240, "people": 2 })).await.ok();
        app.deliver().await;

        gone_without_a_trace(&app, &amy, &[NAME, title, description, refusal, result]).await;
        let document = format!("query($id: ID!) {{ node(id: $id) {{ ... on Task {TASK} }} }}");
        let kept = admin.run(&document, json!({ "id": ids[0] })).await.ok();
        assert_eq!((kept.text("node.state"), kept.int("node.minutes"), kept.int("node.people")), ("RETURNED".to_owned(), 240, 2));
        assert_eq!(admin.run(&document, json!({ "id": ids[1] })).await.ok().text("node.title"), "修楼道的灯", "and nobody else's has changed");
    }

    async fn contacts_go_with_the_person_and_those_of_others_stay(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let (amy, worker) = (member(&app, NAME).await, app.with_role("网格员", Role::GridWorker, app.community.region_id).await);
        app.give_role(&amy, Role::TeamLeader, Reach::Team(team_id)).await;
        app.give_role(&amy, Role::GridWorker, Reach::Region(app.community.region_id)).await;
        let of_team = |contact: Value| with(goods(), json!({ "teamId": team_id.to_string(), "contact": contact }));
        let hers = app.published_resource(&amy, &worker, "hers", of_team(json!({ "name": NAME, "phone": amy.phone }))).await;
        let theirs = app.published_resource(&amy, &worker, "theirs", of_team(json!({ "name": "队部", "phone": leader.phone }))).await;
        let for_another = amy.file_on_behalf("another", json!({ "title": "给王奶奶送药" })).await.ok().text("fileNeedOnBehalf.id");
        let about = json!({ "title": "给欧阳大姐换灯泡", "consentNote": "欧阳大姐电话里说的", "contact": { "name": NAME, "phone": amy.phone, "address": "桂花巷七号" } });
        let for_her = worker.file_on_behalf("for her", about).await.ok().text("fileNeedOnBehalf.id");

        gone_without_a_trace(&app, &amy, &[NAME, "给欧阳大姐换灯泡", "欧阳大姐电话里说的"]).await;
        let has = async |who: &Actor, id: &str| {
            let row = entity::listing::Entity::find_by_id(row_id(id)).one(app.app.db.reader()).await.expect("read").expect("a row");
            (row.contact_sealed.is_some(), who.reveal(id, "核实").await.body["data"]["revealContact"]["phone"].clone())
        };
        assert_eq!(has(&leader, &hers).await, (false, Value::Null), "her telephone, at what her team offers");
        assert_eq!(has(&leader, &theirs).await, (true, json!(leader.phone)));
        assert_eq!(has(&worker, &for_another).await, (true, json!("13911112222")), "somebody else still waits for help");
        assert!(!has(&worker, &for_her).await.0);
        let state = worker.run("query($id: ID!) { need(id: $id) { state } }", json!({ "id": for_her })).await.ok().text("need.state");
        assert_eq!(state, "WITHDRAWN");
    }

    async fn who_was_served_before_they_came_is_known_by_the_telephone(app: TestApp) {
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        let phone = registered::phone();
        let about = json!({ "title": "给欧阳大姐换灯泡", "contact": { "name": NAME, "phone": phone, "address": "桂花巷七号" } });
        let need = worker.file_on_behalf("for her", about).await.ok().text("fileNeedOnBehalf.id");
        let amy = registered::resident(&app, &phone).await;
        worker.reply_need(&need, "明天带灯泡去桂花巷").await.ok();

        gone_without_a_trace(&app, &amy, &["给欧阳大姐换灯泡", "明天带灯泡去桂花巷"]).await;
        let row = entity::listing::Entity::find_by_id(row_id(&need)).one(app.app.db.reader()).await.expect("read").expect("a row");
        assert_eq!((row.contact_sealed, row.latitude), (None, None));
        let known = entity::recipient::Entity::find().all(app.app.db.reader()).await.expect("read");
        assert!(known.iter().all(|row| row.phone_index.is_none() && row.phone_sealed.is_none()), "nor is there a hash to try telephones at");
    }
}
