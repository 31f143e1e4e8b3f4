//! The selection of vanguards: from frozen facts to honours, and everything that stops it.

use entity::id::TeamId;
use entity::role_grant::Role;
use entity::time::UtcMicros;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use support::registered::say;
use support::serving::text;
use support::{Actor, Answer, TestApp, both};

/// Everybody serves so many minutes on one day, certified at once.
pub async fn serve(app: &TestApp, leader: &Actor, activity: &str, people: &[(&Actor, i64)]) {
    for (who, minutes) in people {
        let session = app.session(leader, activity, 10, *minutes, 9).await;
        app.advance_minutes(10 + minutes);
        let span = json!({ "volunteerId": who.volunteer_id, "checkedInAt": text(app.now().plus(-minutes * UtcMicros::MINUTE)), "checkedOutAt": text(app.now()) });
        leader.call_roll(&session, &format!("roll {session}"), json!([span])).await.ok();
    }
    app.deliver().await;
}

fn terms() -> Value {
    json!({
        "year": 2026, "title": "2026 年度志愿先锋", "seats": 1, "minMinutes": 60, "panelBps": 5000, "voteBps": 3000, "recordBps": 2000,
        "automatic": 0, "noticeDays": 5, "idempotencyKey": "open",
    })
}

pub async fn open(who: &Actor, changes: Value) -> Answer {
    say(who, "openSelection", "{ id state }", support::listing::with(terms(), changes)).await
}

pub async fn nominate(who: &Actor, round: &str, changes: Value) -> Answer {
    let input = support::listing::with(json!({ "roundId": round, "statement": "常年陪伴独居老人" }), changes);
    say(who, "nominateForSelection", "{ id state source minutes }", input).await
}

pub async fn step(who: &Actor, mutation: &str, id: &str) -> Answer {
    say(who, mutation, "{ state noticeUntil ballots }", json!({ "id": id })).await
}

pub async fn begin(app: &TestApp, who: &Actor, round: &str, hours: i64) -> Answer {
    let input = json!({ "id": round, "until": text(app.now().plus(hours * UtcMicros::HOUR)) });
    say(who, "beginSelectionVoting", "{ state }", input).await
}

/// A panel of two, who have two days.
pub async fn panel(app: &TestApp, admin: &Actor) -> Vec<Actor> {
    let criteria = json!([{ "code": "SERVICE", "label": "服务实绩", "weight": 60 }, { "code": "REPUTE", "label": "群众口碑", "weight": 40 }]);
    let policy =
        json!({ "subjectKind": "NOMINATION", "votesNeeded": 2, "panelSize": 2, "days": 2, "remindDays": 1, "spreadBps": 3000, "criteria": criteria });
    admin.mutate("publishReviewPolicy", policy, "version").await.ok();
    app.reviewers(2).await
}

/// The last round of review of a nominee, as somebody sees it.
pub async fn review_of(who: &Actor, nominee: &str) -> Option<String> {
    let document = "query($id: ID!) { node(id: $id) { ... on SelectionNominee { rounds { id } } } }";
    let seen = who.run(document, json!({ "id": nominee })).await.ok();
    seen.list("node.rounds").last().map(|round| round["id"].as_str().unwrap_or_default().to_owned())
}

pub async fn score(who: &Actor, round: &str, each: i32, verdict: &str) -> Answer {
    let points = json!(["SERVICE", "REPUTE"].map(|code| json!({ "code": code, "points": each })));
    let reason = (verdict != "APPROVE").then_some("事迹不实");
    who.review("scoreReview", json!({ "roundId": round, "points": points, "verdict": verdict, "reason": reason })).await
}

/// How many messages of somebody hold some words.
pub async fn told(app: &TestApp, who: &Actor, words: &str) -> usize {
    app.deliver().await;
    let messages = who.run("{ myNotifications(first: 100) { edges { node { body } } } }", json!({})).await.ok();
    messages.list("myNotifications.edges").iter().filter(|edge| edge["node"]["body"].as_str().is_some_and(|body| body.contains(words))).count()
}

pub async fn cast(who: &Actor, round: &str, nominees: &[&str]) -> Answer {
    say(who, "castBallot", "", json!({ "roundId": round, "nomineeIds": nominees })).await
}

pub async fn seen(who: &Actor, round: &str) -> Answer {
    let document = "query($id: ID!) { selectionRound(id: $id) { state ballots voted chosen { id volunteer { name } } nominees { id state votes panel total place } } }";
    who.run(document, json!({ "id": round })).await.ok()
}

/// Who takes part.
struct Cast {
    team_id: TeamId,
    leader: Actor,
    activity: String,
    amy: Actor,
    ben: Actor,
    cid: Actor,
    idle: Actor,
    admin: Actor,
    reviewers: Vec<Actor>,
}

/// A selection for which Amy, Ben and Cid stand.
struct Story {
    who: Cast,
    round: String,
    newcomer: Actor,
    of: [String; 3],
}

async fn cast_of(app: &TestApp) -> Cast {
    let (team_id, leader) = app.led_team("绿色家园队").await;
    let activity = app.activity(&leader, team_id, json!({})).await;
    let (amy, ben, idle, admin) = (app.member("李小明").await, app.member("王芳").await, app.member("闲人").await, app.admin().await);
    let cid = app.member("陈强").await;
    // Ben is the oldest reviewer, and would be drawn first.
    app.give_role(&ben, Role::Reviewer, domain::people::role::Reach::Region(app.community.region_id)).await;
    let reviewers = panel(app, &admin).await;
    app.join(&amy, team_id).await;
    serve(app, &leader, &activity, &[(&amy, 120), (&ben, 60), (&cid, 90)]).await;
    app.set_time("2026-03-09T09:00:00+08:00");
    Cast { team_id, leader, activity, amy, ben, cid, idle, admin, reviewers }
}

async fn opened(app: &TestApp, Cast { amy, admin, .. }: &Cast) -> (String, Actor) {
    assert_eq!(open(&amy, json!({})).await.code(), "FORBIDDEN");
    for (changes, field) in [
        (json!({ "year": 2024 }), "year"),
        (json!({ "seats": 0 }), "seats"),
        (json!({ "panelBps": 4999 }), "panelBps"),
        (json!({ "noticeDays": 4 }), "noticeDays"),
        (json!({ "automatic": 101 }), "automatic"),
        (json!({ "minMinutes": -1 }), "minMinutes"),
        (json!({ "title": "" }), "title"),
    ] {
        assert_eq!(open(&admin, changes).await.field(), field);
    }
    let round = open(&admin, json!({})).await.ok().text("openSelection.id");
    assert_eq!(open(&admin, json!({})).await.ok().text("openSelection.id"), round, "the same key");
    assert_eq!(open(&admin, json!({ "idempotencyKey": "again" })).await.code(), "SELECTION_EXISTS");
    app.advance_minutes(1);
    let newcomer = app.member("新居民").await;
    (round, newcomer)
}

async fn nominated(app: &TestApp, who: &Cast, round: &str) -> [String; 3] {
    let Cast { team_id, leader, activity, amy, ben, cid, idle, admin, .. } = who;
    serve(&app, &leader, activity, &[(idle, 300)]).await;
    assert_eq!(nominate(&idle, &round, json!({})).await.code(), "NOT_ELIGIBLE", "the leaderboard was frozen before");
    assert_eq!(nominate(&ben, &round, json!({ "volunteerId": amy.volunteer_id })).await.field(), "volunteerId");
    assert_eq!(
        nominate(&leader, &round, json!({ "volunteerId": ben.volunteer_id, "teamId": team_id.to_string() })).await.field(),
        "teamId",
        "no member"
    );
    assert_eq!(nominate(&ben, &round, json!({ "statement": " " })).await.code(), "REASON_REQUIRED");
    let of_amy = nominate(&leader, &round, json!({ "volunteerId": amy.volunteer_id, "teamId": team_id.to_string() })).await.ok();
    assert_eq!((of_amy.text("nominateForSelection.state"), of_amy.int("nominateForSelection.minutes")), ("NOMINATED".to_owned(), 120));
    let of_amy = of_amy.text("nominateForSelection.id");
    assert_eq!(nominate(&amy, &round, json!({})).await.code(), "ALREADY_NOMINATED");
    assert_eq!((told(&app, &amy, "您被提名").await, told(&app, &ben, "您被提名").await), (1, 0));
    let answer = async |who: &Actor, id: &str| say(who, "answerNomination", "{ state }", json!({ "id": id, "accept": true })).await;
    assert_eq!(begin(&app, &admin, &round, 48).await.code(), "STATE_CHANGED", "nobody stands yet");
    assert_eq!(answer(&ben, &of_amy).await.code(), "NOT_FOUND");
    answer(&amy, &of_amy).await.ok();
    assert_eq!(answer(&amy, &of_amy).await.code(), "STATE_CHANGED");
    let of_ben = nominate(&ben, &round, json!({})).await.ok();
    assert_eq!(of_ben.text("nominateForSelection.source"), "OWN");
    let of_ben = of_ben.text("nominateForSelection.id");
    let of_cid = nominate(&cid, &round, json!({})).await.ok().text("nominateForSelection.id");
    [of_amy, of_ben, of_cid]
}

/// The voting begins, and the panel judges two of the three; gives the rounds of review.
async fn judged(app: &TestApp, story: &Story) -> Vec<String> {
    let Cast { leader, amy, ben, idle, admin, reviewers, .. } = &story.who;
    let [of_amy, of_ben, of_cid] = &story.of;
    let round = &story.round;
    assert_eq!(cast(&idle, &round, &[&of_amy]).await.code(), "STATE_CHANGED", "not yet");
    assert_eq!(begin(&app, &ben, &round, 48).await.code(), "FORBIDDEN");
    for hours in [-1, 47, 2_401] {
        assert_eq!(begin(&app, &admin, &round, hours).await.field(), "until", "the panel has two days");
    }
    begin(&app, &admin, &round, 48).await.ok();
    assert_eq!(nominate(&leader, &round, json!({})).await.code(), "STATE_CHANGED");

    let mut rounds = Vec::new();
    for nominee in [&of_amy, &of_ben, &of_cid] {
        assert_eq!(review_of(&idle, nominee).await, None, "for the panel, who stands and who is in charge");
        rounds.push(review_of(&reviewers[0], nominee).await.expect("a round of review"));
    }
    assert_eq!(idle.see_round(&rounds[0]).await.code(), "NOT_FOUND");
    assert_eq!(ben.see_round(&rounds[0]).await.ok().text("reviewRound.standing"), "RECUSED", "who competes judges nobody");
    for round in &rounds {
        assert_eq!(score(&ben, round, 0, "REJECT").await.code(), "REVIEWER_RECUSED");
    }
    for reviewer in reviewers {
        assert_eq!(reviewer.queue().await.len(), 3);
        score(reviewer, &rounds[0], 80, "APPROVE").await.ok();
        score(reviewer, &rounds[2], 90, "REJECT").await.ok();
    }
    let own = amy.see_round(&rounds[0]).await.ok();
    assert_eq!(
        (own.text("reviewRound.standing"), own.data("reviewRound.verdict"), own.data("reviewRound.mean")),
        ("APPLICANT".to_owned(), &Value::Null, &Value::Null)
    );
    rounds
}

async fn voted(app: &TestApp, story: &Story) {
    let Cast { amy, idle, admin, .. } = &story.who;
    let [of_amy, of_ben, _] = &story.of;
    let (round, newcomer) = (&story.round, &story.newcomer);
    assert_eq!(cast(&newcomer, &round, &[&of_amy]).await.code(), "NOT_ELIGIBLE", "came after the opening");
    assert_eq!(cast(&idle, &round, &[&of_amy, &of_ben]).await.field(), "nomineeIds", "one seat");
    assert_eq!(cast(&idle, &round, &["nom_0000000000000000000000"]).await.field(), "nomineeIds");
    cast(&idle, &round, &[&of_ben]).await.ok();
    assert_eq!(cast(&idle, &round, &[&of_amy]).await.code(), "ALREADY_VOTED");
    cast(&amy, &round, &[]).await.ok();
    let hidden = seen(&admin, &round).await;
    assert_eq!(
        hidden.data("selectionRound.nominees.0"),
        &json!({ "id": of_amy, "state": "ACCEPTED", "votes": null, "panel": null, "total": null, "place": null })
    );
    assert_eq!((hidden.data("selectionRound.ballots"), hidden.data("selectionRound.chosen")), (&Value::Null, &json!([])));
    assert_eq!(seen(&idle, &round).await.data("selectionRound.voted"), &json!(true));
    // Ballots are sealed and of one length, and nothing joins them to those who voted.
    let ballots = entity::selection_ballot::Entity::find().all(app.app.db.reader()).await.expect("read");
    assert_eq!((ballots.len(), ballots[0].sealed.len()), (2, ballots[1].sealed.len()));
}

async fn closed(app: &TestApp, story: &Story, rounds: &[String]) {
    let Cast { leader, amy, ben, cid, admin, reviewers, .. } = &story.who;
    let [of_amy, of_ben, of_cid] = &story.of;
    let round = &story.round;
    assert_eq!(step(&admin, "closeSelectionVoting", &round).await.code(), "STATE_CHANGED", "its time is not over");
    score(&reviewers[0], &rounds[1], 50, "APPROVE").await.ok();
    app.advance_hours(47);
    score(&reviewers[1], &rounds[1], 70, "APPROVE").await.ok();
    app.deliver().await;
    assert_eq!(amy.see_round(&rounds[0]).await.ok().data("reviewRound.verdict"), &Value::Null, "not before the voting is over");
    app.advance_hours(1);
    assert_eq!(cast(&leader, &round, &[&of_amy]).await.code(), "STATE_CHANGED", "too late");
    assert_eq!(step(&admin, "closeSelectionVoting", &round).await.code(), "SCORES_MISSING", "what the panels found is not known yet");
    app.deliver().await;
    assert_eq!(step(&amy, "closeSelectionVoting", &round).await.code(), "FORBIDDEN");
    let closed = step(&admin, "closeSelectionVoting", &round).await.ok();
    assert_eq!((closed.text("closeSelectionVoting.state"), closed.int("closeSelectionVoting.ballots")), ("NOTICE".to_owned(), 2));
    let outcome = seen(&amy, &round).await;
    assert_eq!(
        outcome.data("selectionRound.nominees"),
        &json!([
            { "id": of_amy, "state": "ACCEPTED", "votes": 0, "panel": 8000, "total": 6000, "place": 1 },
            { "id": of_ben, "state": "ACCEPTED", "votes": 1, "panel": 6000, "total": 5500, "place": 2 },
            { "id": of_cid, "state": "EXCLUDED", "votes": null, "panel": null, "total": null, "place": null },
        ])
    );
    assert_eq!((told(&app, &amy, "公示名单").await, told(&app, &ben, "本次未入选").await, told(&app, &cid, "候选之列").await), (1, 1, 1));
    assert_eq!(outcome.data("selectionRound.chosen"), &json!([{ "id": of_amy, "volunteer": { "name": "李**" } }]), "named with her consent alone");
    amy.mutate("updateMyProfile", json!({ "publishesName": true }), "id").await.ok();
    assert_eq!(seen(&amy, &round).await.data("selectionRound.chosen"), &json!([{ "id": of_amy, "volunteer": { "name": "李小明" } }]));
}

/// Somebody objects to Amy, and is found right.
async fn objected(app: &TestApp, story: &Story) {
    let Cast { amy, ben, idle, admin, .. } = &story.who;
    let [of_amy, of_ben, _] = &story.of;
    let round = &story.round;
    let object =
        async |who: &Actor, id: &str, reason: &str| say(who, "objectToNominee", "{ id state }", json!({ "nomineeId": id, "reason": reason })).await;
    assert_eq!(object(&idle, &of_ben, "不实").await.code(), "STATE_CHANGED", "would not be chosen");
    assert_eq!(object(&idle, &of_amy, "").await.code(), "REASON_REQUIRED");
    let objection = object(&idle, &of_amy, "时长不实").await.ok().text("objectToNominee.id");
    assert_eq!(object(&idle, &of_amy, "时长不实").await.code(), "ALREADY_OBJECTED");
    assert_eq!(step(&admin, "announceSelection", &round).await.code(), "NOTICE_RUNNING");
    app.set_time("2026-03-18T23:59:59+08:00");
    assert_eq!(step(&admin, "announceSelection", &round).await.code(), "NOTICE_RUNNING", "the fifth working day is not over");
    app.set_time("2026-03-19T00:00:00+08:00");
    assert_eq!(step(&admin, "announceSelection", &round).await.code(), "OBJECTION_OPEN");
    let decide = async |who: &Actor, uphold: bool, reason: &str| {
        say(who, "decideObjection", "{ state }", json!({ "id": objection, "uphold": uphold, "reason": reason })).await
    };
    assert_eq!(decide(&idle, false, "核实").await.code(), "FORBIDDEN");
    assert_eq!(decide(&admin, true, " ").await.code(), "REASON_REQUIRED");
    let listed = "query($id: ID!) { selectionRound(id: $id) { objections { reason } } }";
    assert_eq!(
        (
            admin.run(listed, json!({ "id": round })).await.ok().list("selectionRound.objections").len(),
            amy.run(listed, json!({ "id": round })).await.code().to_owned()
        ),
        (1, "FORBIDDEN".to_owned())
    );
    app.give_role(&amy, Role::Admin, domain::people::role::Reach::Region(app.community.region_id)).await;
    assert_eq!(decide(&amy, false, "核实").await.code(), "SELF_DEALING", "who stands decides nothing");
    decide(&admin, true, "核实不符").await.ok();
    assert_eq!((told(&app, &idle, "异议成立").await, told(&app, &amy, "候选之列").await, told(&app, &ben, "公示名单").await), (1, 1, 1));
    assert_eq!(decide(&admin, false, "改判").await.code(), "STATE_CHANGED");
}

async fn announced(app: &TestApp, story: &Story) {
    let Cast { amy, ben, admin, .. } = &story.who;
    let [_, of_ben, _] = &story.of;
    let round = &story.round;
    let outcome = seen(&amy, &round).await;
    assert_eq!(outcome.text("selectionRound.chosen.0.id"), *of_ben, "the next comes in");
    assert_eq!(step(&admin, "announceSelection", &round).await.code(), "NOTICE_RUNNING", "a new name, a new notice");
    app.set_time("2026-03-27T00:00:00+08:00");
    assert_eq!(step(&ben, "announceSelection", &round).await.code(), "FORBIDDEN");
    assert_eq!(entity::selection_ballot::Entity::find().all(app.app.db.reader()).await.expect("read").len(), 2);
    assert_eq!(step(&admin, "announceSelection", &round).await.ok().text("announceSelection.state"), "ANNOUNCED");
    assert!(entity::selection_ballot::Entity::find().all(app.app.db.reader()).await.expect("read").is_empty(), "nobody will ever open them again");
    assert_eq!(told(&app, &ben, "恭喜您获评").await, 1);
    assert_eq!(step(&admin, "announceSelection", &round).await.code(), "STATE_CHANGED");
}

async fn honoured(Cast { amy, ben, cid, .. }: &Cast) {
    let honours = "query($id: ID!) { volunteer(id: $id) { honours { id title shown } } }";
    let read = async |who: &Actor| who.run(honours, json!({ "id": ben.volunteer_id })).await.ok().list("volunteer.honours").len();
    assert_eq!((read(&ben).await, read(&cid).await), (1, 0), "not without consent");
    let honour = ben.run(honours, json!({ "id": ben.volunteer_id })).await.ok().text("volunteer.honours.0.id");
    let show = json!({ "id": honour, "shown": true });
    assert_eq!(say(&amy, "showHonour", "{ shown }", show.clone()).await.code(), "NOT_FOUND");
    say(&ben, "showHonour", "{ shown }", show).await.ok();
    assert_eq!(read(&cid).await, 1);
}

both! {
    async fn vanguards_are_chosen_from_frozen_facts_scores_and_votes(app: TestApp) {
        let who = cast_of(&app).await;
        let (round, newcomer) = opened(&app, &who).await;
        let of = nominated(&app, &who, &round).await;
        let story = Story { who, round, newcomer, of };
        let rounds = judged(&app, &story).await;
        voted(&app, &story).await;
        closed(&app, &story, &rounds).await;
        objected(&app, &story).await;
        announced(&app, &story).await;
        honoured(&story.who).await;
    }
}
