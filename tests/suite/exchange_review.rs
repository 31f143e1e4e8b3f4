//! Review: panels, ties, ballots, the race for the last one, consensus, time, and publication at the end of a phase.

use domain::people::role::Reach;
use entity::role_grant::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use support::live::Follower;
use support::review::Sponsored;
use support::{Actor, Answer, TestApp, both};

use crate::community::neighbour;

/// The seat of an actor, in an answer of a mutation or query.
fn seat(answer: &Answer, at: &str, who: &Actor) -> Value {
    let seats = answer.list(&format!("{at}.seats"));
    seats.iter().find(|seat| seat["accountId"] == json!(who.account_id)).cloned().unwrap_or_default()
}

fn ids(actors: &[Actor]) -> Vec<String> {
    actors.iter().map(|actor| actor.account_id.clone()).collect()
}

/// How many messages of somebody hold some words.
async fn told(app: &TestApp, who: &Actor, words: &str) -> usize {
    app.deliver().await;
    let messages = who.run("{ myNotifications(first: 100) { edges { node { body } } } }", json!({})).await.ok();
    messages.list("myNotifications.edges").iter().filter(|edge| edge["node"]["body"].as_str().is_some_and(|body| body.contains(words))).count()
}

async fn record_kinship(admin: &Actor, one: &Actor, other: &Actor) -> Answer {
    let input = json!({ "accountId": one.account_id, "otherId": other.account_id, "relation": "SIBLING" });
    admin.mutate("recordKinship", input, "id accountIds relation").await
}

async fn set_up(app: &TestApp) -> (Actor, Sponsored, String) {
    let admin = app.admin().await;
    let works = app.sponsored(&admin, "涂新钢厂").await;
    let id = works.submitted("k").await;
    (admin, works, id)
}

both! {
    async fn who_is_tied_is_recused_without_anyone_acting(app: TestApp) {
        let (admin, works, id) = set_up(&app).await;
        // Given the oldest reviewers: one of the unit's team, a brother of who applied, the unit's liaison, and who applied.
        let tied = app.reviewers(3).await;
        let (colleague, brother, liaison) = (&tied[0], &tied[1], &tied[2]);
        let unit = works.unit.parse().expect("a unit");
        app.give_role(liaison, entity::role_grant::Role::UnitLiaison, domain::people::role::Reach::Unit(unit)).await;
        app.join(colleague, works.team.parse().expect("a team")).await;
        record_kinship(&admin, &works.leader, brother).await.ok();
        app.give_role(&works.leader, entity::role_grant::Role::Reviewer, domain::people::role::Reach::Region(app.community.region_id)).await;
        let others = app.reviewers(5).await;
        // When a panel of five is drawn,
        let round = admin.open_review(&id, json!({})).await;
        // then each of the four keeps a seat that says why, and five others are to score.
        let seen = admin.see_round(&round).await.ok();
        for (who, tie) in [(colleague, "OWN_UNIT"), (brother, "FAMILY"), (liaison, "OWN_UNIT"), (&works.leader, "APPLICANT")] {
            assert_eq!((&seat(&seen, "reviewRound", who)["state"], &seat(&seen, "reviewRound", who)["tie"]), (&json!("RECUSED"), &json!(tie)));
            let score = who.score(&round, 80, "APPROVE", None).await;
            assert_eq!(score.code(), "REVIEWER_RECUSED", "{}", who.name);
            assert!(who.queue().await.is_empty(), "nothing waits for them");
            let blind = who.see_round(&round).await.ok();
            let hidden = ["project", "pack", "verdict", "mean"].map(|field| blind.data(&format!("reviewRound.{field}")).clone());
            let all_hidden = hidden.iter().skip(1).all(Value::is_null) && (hidden[0].is_null() || *who.account_id == works.leader.account_id);
            assert!(all_hidden && blind.list("reviewRound.seats").is_empty() && blind.list("reviewRound.ballots").is_empty(), "{:#}", blind.body);
        }
        for who in &others {
            assert_eq!(seat(&seen, "reviewRound", who)["state"], json!("ACTIVE"));
            assert_eq!(who.queue().await.len(), 1);
        }
        let replaced = seen.list("reviewRound.seats").iter().filter(|seat| !seat["replaces"].is_null()).count();
        assert_eq!(replaced, 4, "four came in for four");
        let peer = others[0].see_round(&round).await.ok();
        assert_eq!(seat(&peer, "reviewRound", brother)["tie"], Value::Null, "whose brother somebody is, is not for everybody");
        assert_eq!(told(&app, &others[0], "您被选为").await, 1);
    }

    async fn a_tie_that_comes_to_be_known_later_takes_the_reviewer_off_and_somebody_comes_in(app: TestApp) {
        let (admin, works, id) = set_up(&app).await;
        let panel = app.reviewers(4).await;
        let round = admin.open_review(&id, json!({ "reviewerIds": ids(&panel[..3]) })).await;
        record_kinship(&admin, &panel[0], &works.leader).await.ok();
        let known = record_kinship(&admin, &works.leader, &panel[0]).await.ok();
        assert_eq!(panel[0].score(&round, 80, "APPROVE", None).await.code(), "REVIEWER_RECUSED");
        let seen = admin.see_round(&round).await.ok();
        assert_eq!(seen.int("reviewRound.votes"), 0, "the ballot was not kept");
        assert_eq!(seat(&seen, "reviewRound", &panel[0])["tie"], json!("FAMILY"));
        assert_eq!(seat(&seen, "reviewRound", &panel[3])["replaces"], json!(panel[0].account_id));
        // A record that is ended ties nobody any more, but who was recused stays so.
        admin.mutate("endKinship", json!({ "id": known.text("recordKinship.id") }), "endedAt").await.ok();
        assert_eq!(panel[0].score(&round, 80, "APPROVE", None).await.code(), "REVIEWER_RECUSED");
        // Somebody says so themselves, and nobody is left to come in.
        assert_eq!(panel[1].review("declareTie", json!({ "roundId": round, "reason": "" })).await.code(), "REASON_REQUIRED");
        let declared = panel[1].review("declareTie", json!({ "roundId": round, "reason": "曾在该单位任职" })).await.ok();
        assert_eq!(declared.text("declareTie.standing"), "RECUSED");
        assert_eq!(told(&app, &admin, "已无其他评审").await, 1);
        let late = app.reviewers(1).await;
        admin.review("appointReviewer", json!({ "roundId": round, "accountId": late[0].account_id })).await.ok();
        assert_eq!(admin.review("appointReviewer", json!({ "roundId": round, "accountId": late[0].account_id })).await.code(), "ALREADY_APPOINTED");
        assert_eq!(admin.review("appointReviewer", json!({ "roundId": round, "accountId": works.leader.account_id })).await.code(), "NOT_FOUND", "no reviewer");
        for who in [&panel[2], &panel[3], &late[0]] {
            who.score(&round, 90, "APPROVE", None).await.ok();
        }
        assert_eq!(admin.see_round(&round).await.ok().text("reviewRound.phase"), "CLOSED");
    }

    async fn a_panel_needs_enough_people_and_a_ballot_everything(app: TestApp) {
        let (admin, _, id) = set_up(&app).await;
        let mut panel = app.reviewers(2).await;
        let few = admin.review("openReview", json!({ "subjectId": id })).await;
        assert_eq!((few.code(), &few.error()["extensions"]["params"]["needed"]), ("REVIEWERS_TOO_FEW", &json!("3")));
        panel.extend(app.reviewers(1).await);
        assert_eq!(admin.review("openReview", json!({ "subjectId": id, "reviewerIds": [admin.account_id] })).await.field(), "reviewerIds");
        assert_eq!(panel[0].review("openReview", json!({ "subjectId": id })).await.code(), "NOT_FOUND", "a reviewer sees what is put before them");
        let round = admin.open_review(&id, json!({})).await;
        assert_eq!(admin.review("openReview", json!({ "subjectId": id })).await.code(), "STATE_CHANGED");
        let ballot = |points: Value, verdict: &str, reason: Value| json!({ "roundId": round, "points": points, "verdict": verdict, "reason": reason });
        let all = support::review::points(70);
        assert_eq!(panel[0].review("scoreReview", ballot(json!([]), "APPROVE", json!(null))).await.field(), "points");
        assert_eq!(panel[0].review("scoreReview", ballot(support::review::points(101), "APPROVE", json!(null))).await.field(), "points");
        let twice = json!([{ "code": "NEED", "points": 1 }, { "code": "NEED", "points": 1 }, { "code": "BENEFIT", "points": 1 }, { "code": "LASTING", "points": 1 }]);
        assert_eq!(panel[0].review("scoreReview", ballot(twice, "APPROVE", json!(null))).await.field(), "points");
        for verdict in ["RETURN", "REJECT"] {
            assert_eq!(panel[0].review("scoreReview", ballot(all.clone(), verdict, json!("  "))).await.code(), "REASON_REQUIRED");
        }
        assert_eq!(admin.review("scoreReview", ballot(all.clone(), "APPROVE", json!(null))).await.code(), "FORBIDDEN", "who opened it is no reviewer");
        panel[0].review("scoreReview", ballot(all.clone(), "APPROVE", json!(null))).await.ok();
        assert_eq!(panel[0].review("scoreReview", ballot(all, "REJECT", json!("改主意了"))).await.code(), "ALREADY_SCORED");
        assert!(panel[0].queue().await.is_empty());
        let waiting = panel[1].queue().await;
        assert_eq!((&waiting[0]["votes"], &waiting[0]["votesNeeded"], waiting[0]["seats"].as_array().map(Vec::len)), (&json!(1), &json!(3), Some(3)));
    }

    async fn the_last_scores_at_once_close_a_round_once(app: TestApp) {
        let (admin, works, id) = set_up(&app).await;
        let panel = app.reviewers(5).await;
        // Three are needed of five, and all five come at once.
        let round = admin.open_review(&id, json!({})).await;
        let answers = join_all(panel.iter().map(|who| who.score(&round, 80, "APPROVE", None))).await;
        let counted = answers.iter().filter(|answer| answer.body.get("errors").is_none()).count();
        assert_eq!(counted, 3, "{:#?}", answers.iter().map(|answer| &answer.body).collect::<Vec<_>>());
        assert!(answers.iter().filter(|answer| answer.body.get("errors").is_some()).all(|answer| answer.code() == "STATE_CHANGED"));
        let closed = admin.see_round(&round).await.ok();
        assert_eq!((closed.text("reviewRound.phase").as_str(), closed.int("reviewRound.votes")), ("CLOSED", 3));
        let states: Vec<&Value> = closed.list("reviewRound.seats").iter().map(|seat| &seat["state"]).collect();
        assert_eq!(states.iter().filter(|state| ***state == json!("SCORED")).count(), 3);
        assert_eq!(states.iter().filter(|state| ***state == json!("RELEASED")).count(), 2);
        assert_eq!(told(&app, &admin, "打分已完成").await, 1, "it was closed once");
        for who in &panel {
            assert!(who.queue().await.is_empty());
        }
        let both = join_all((0..4).map(|_| admin.review("publishReview", json!({ "roundId": round })))).await;
        assert_eq!(both.iter().filter(|answer| answer.body.get("errors").is_none()).count(), 1, "four taps publish once");
        assert_eq!(works.leader.see_project(&id).await.ok().text("project.state"), "APPROVED");

        // Exactly as many as are needed: the last two at once.
        let other = works.submitted("second").await;
        let round = admin.open_review(&other, json!({ "reviewerIds": ids(&panel[..3]) })).await;
        panel[0].score(&round, 80, "APPROVE", None).await.ok();
        for answer in join_all([&panel[1], &panel[2]].map(|who| who.score(&round, 70, "APPROVE", None))).await {
            answer.ok();
        }
        let closed = admin.see_round(&round).await.ok();
        assert_eq!((closed.text("reviewRound.phase").as_str(), closed.data("reviewRound.mean")), ("CLOSED", &json!(73.33)));
        assert_eq!(told(&app, &admin, "打分已完成").await, 2);
    }

    async fn scores_far_apart_need_a_note_and_the_verdict_waits_for_the_end_of_the_phase(app: TestApp) {
        let (admin, works, id) = set_up(&app).await;
        let panel = app.reviewers(4).await;
        let early = json!({ "subjectId": id, "publishAt": "2026-03-05T00:00:00Z" });
        assert_eq!(admin.review("openReview", early).await.field(), "publishAt", "before the time to score in is over");
        let round = admin.open_review(&id, json!({ "publishAt": "2026-03-20T01:00:00Z" })).await;
        panel[0].score(&round, 90, "APPROVE", None).await.ok();
        panel[1].score(&round, 85, "APPROVE", None).await.ok();
        panel[2].score(&round, 20, "REJECT", Some("预算过高")).await.ok();
        let closed = panel[0].see_round(&round).await.ok();
        assert_eq!((closed.data("reviewRound.wide"), closed.data("reviewRound.spread")), (&json!(true), &json!(70.0)));
        assert_eq!((closed.list("reviewRound.ballots").len(), closed.text("reviewRound.verdict").as_str()), (3, "APPROVE"), "the panel sees all");
        let applicant = works.leader.see_round(&round).await.ok();
        assert_eq!((applicant.data("reviewRound.verdict"), applicant.text("reviewRound.phase").as_str()), (&Value::Null, "CLOSED"), "who applied waits");
        assert_eq!(works.leader.see_project(&id).await.ok().text("project.state"), "UNDER_REVIEW");

        app.set_time("2026-03-20T09:00:00+08:00");
        app.deliver().await;
        assert_eq!(works.leader.see_project(&id).await.ok().text("project.state"), "UNDER_REVIEW", "a note is wanting");
        assert_eq!(admin.review("publishReview", json!({ "roundId": round })).await.code(), "CONSENSUS_REQUIRED");
        let note = |note: &str| json!({ "roundId": round, "note": note });
        assert_eq!(panel[3].review("noteConsensus", note("同意")).await.code(), "FORBIDDEN", "who did not score");
        assert_eq!(works.leader.review("noteConsensus", note("同意")).await.code(), "FORBIDDEN");
        assert_eq!(panel[2].review("noteConsensus", note(" ")).await.code(), "REASON_REQUIRED");
        panel[2].review("noteConsensus", note("预算经核减后同意")).await.ok();
        assert_eq!(panel[0].review("noteConsensus", note("再写一次")).await.code(), "STATE_CHANGED");
        app.deliver().await;
        let published = works.leader.see_round(&round).await.ok();
        assert_eq!((published.text("reviewRound.phase").as_str(), published.text("reviewRound.verdict").as_str()), ("PUBLISHED", "APPROVE"));
        assert!(published.data("reviewRound.mean").is_null() && published.list("reviewRound.ballots").is_empty(), "who applied never sees scores");
        assert_eq!(works.leader.see_project(&id).await.ok().text("project.state"), "APPROVED");
        assert_eq!(told(&app, &works.leader, "评审通过").await, 1);
        assert_eq!(admin.review("cancelReview", json!({ "roundId": round, "reason": "晚了" })).await.code(), "STATE_CHANGED");
    }

    async fn time_runs_out_is_reminded_of_and_is_given_again(app: TestApp) {
        let (admin, works, id) = set_up(&app).await;
        let panel = app.reviewers(3).await;
        let round = admin.open_review(&id, json!({})).await;
        panel[0].score(&round, 80, "APPROVE", None).await.ok();
        app.advance_days(5);
        assert_eq!(told(&app, &panel[1], "即将截止").await, 1);
        assert_eq!(told(&app, &panel[0], "即将截止").await, 0, "who has scored is left in peace");
        app.advance_days(2);
        assert_eq!((told(&app, &panel[1], "打分人数不足").await, told(&app, &admin, "打分人数不足").await), (1, 1));
        assert_eq!(told(&app, &panel[1], "打分人数不足").await, 1, "once");
        assert_eq!(panel[1].score(&round, 80, "APPROVE", None).await.code(), "REVIEW_OVER");
        let extend = |due: &str| json!({ "roundId": round, "dueAt": due });
        assert_eq!(panel[1].review("extendReview", extend("2026-03-20T00:00:00Z")).await.code(), "FORBIDDEN");
        assert_eq!(admin.review("extendReview", extend("2026-03-01T00:00:00Z")).await.field(), "dueAt");
        admin.review("extendReview", extend("2026-03-20T00:00:00Z")).await.ok();
        panel[1].score(&round, 80, "APPROVE", None).await.ok();
        assert_eq!(works.leader.project("cancelProject", json!({ "id": id, "reason": "不做了" })).await.code(), "STATE_CHANGED", "it is before a panel");
        assert_eq!(admin.review("cancelReview", json!({ "roundId": round, "reason": "评审组改选" })).await.ok().text("cancelReview.phase"), "CANCELLED");
        let recalled = admin.see_round(&round).await.ok();
        assert!(recalled.list("reviewRound.ballots").is_empty(), "what was scored is shown to nobody");
        assert_eq!(works.leader.see_project(&id).await.ok().text("project.state"), "SUBMITTED");
        let again = admin.open_review(&id, json!({})).await;
        assert_eq!(admin.see_round(&again).await.ok().int("reviewRound.number"), 2);
    }

    async fn a_community_reviews_by_its_own_policy_and_listings_too(app: TestApp) {
        let admin = app.admin().await;
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let panel = app.reviewers(2).await;
        let policy = |needed: i32, size: i32| json!({ "subjectKind": "LISTING", "votesNeeded": needed, "panelSize": size, "days": 3, "remindDays": 1,
            "spreadBps": 2000, "criteria": [{ "code": "TRUE", "label": "真实", "weight": 1 }, { "code": "URGENT", "label": "急迫", "weight": 3 }] });
        assert_eq!(admin.mutate("publishReviewPolicy", policy(3, 2), "version").await.field(), "votesNeeded");
        assert_eq!(worker.mutate("publishReviewPolicy", policy(2, 2), "version").await.code(), "FORBIDDEN");
        assert_eq!(admin.mutate("publishReviewPolicy", policy(2, 2), "version").await.ok().int("publishReviewPolicy.version"), 1);
        let read = "{ reviewPolicy(subjectKind: LISTING) { version votesNeeded criteria { code weight } } }";
        assert_eq!(amy.run(read, json!({})).await.ok().data("reviewPolicy.criteria.1"), &json!({ "code": "URGENT", "weight": 3 }));

        let need = app.published_need(&amy, &worker, "n", json!({})).await;
        assert_eq!(worker.review("openReview", json!({ "subjectId": need })).await.code(), "FORBIDDEN");
        assert_eq!(admin.review("openReview", json!({ "subjectId": amy.volunteer_id })).await.code(), "BAD_ID");
        let round = admin.open_review(&need, json!({})).await;
        let ballot = |points: i32| json!({ "roundId": round, "verdict": "APPROVE", "points": [{ "code": "TRUE", "points": 100 }, { "code": "URGENT", "points": points }] });
        panel[0].review("scoreReview", ballot(80)).await.ok();
        panel[1].review("scoreReview", ballot(60)).await.ok();
        let closed = admin.see_round(&round).await.ok();
        assert_eq!((closed.text("reviewRound.subjectId"), closed.data("reviewRound.mean")), (need, &json!(77.5)));
        admin.review("publishReview", json!({ "roundId": round })).await.ok();
        assert_eq!(amy.see_round(&round).await.ok().text("reviewRound.verdict"), "APPROVE", "whose need it is");
        let node = "query($id: ID!) { me { accountId } node(id: $id) { __typename id } }";
        assert_eq!(panel[0].run(node, json!({ "id": round })).await.ok().text("node.__typename"), "ReviewRound");
    }

    async fn who_judges_elsewhere_hears_of_it_at_home(app: TestApp) {
        let admin = app.admin().await;
        let (_, boss) = neighbour(&app).await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        let panel = app.reviewers(2).await;
        app.give_role(&boss, Role::Reviewer, Reach::Region(app.community.region_id)).await;
        let twin = "query($after: ID) { reviewQueueEvents(after: $after, first: 100) { events { eventId kind } lastEventId } }";
        let start = boss.run(twin, json!({})).await.ok().text("reviewQueueEvents.lastEventId");
        let live = "subscription($after: ID) { reviewQueueChanged(after: $after) { eventId kind waiting { panelRounds } } }";
        let mut elsewhere = Follower::begin(&app.app, &boss, live, json!({ "after": start })).await;
        let round = admin.open_review(&works.submitted("k").await, json!({})).await;
        app.deliver().await;
        let told = elsewhere.event().await;
        assert_eq!((&told["kind"], &told["waiting"]["panelRounds"]), (&json!("ROUND"), &json!(1)), "the round waits for who lives elsewhere");
        panel[0].score(&round, 80, "APPROVE", None).await.ok();
        app.deliver().await;
        assert_eq!(elsewhere.event().await["kind"], "ROUND");
        assert_eq!(boss.run(twin, json!({ "after": start })).await.ok().list("reviewQueueEvents.events").len(), 2, "the twin tells the same");
    }
}
