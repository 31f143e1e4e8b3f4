//! Co-building projects: from draft to evaluated as a story, every forbidden step, gates and their overrides, the year after.

use std::collections::BTreeMap;

use domain::exchange::project::state::TABLE;
use entity::project::{self, ProjectState};
use entity::project_step::ProjectStep;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, Iterable, QueryFilter};
use serde_json::{Value, json};
use support::listing::with;
use support::review::{Sponsored, draft};
use support::serving::text;
use support::{Actor, Answer, TestApp, both};

/// Opens a round, lets three reviewers find the same, and publishes it.
async fn judged(admin: &Actor, panel: &[Actor], id: &str, verdict: &str) -> String {
    let round = admin.open_review(id, json!({})).await;
    let reason = (verdict != "APPROVE").then_some("请补充安全预案");
    for reviewer in &panel[..3] {
        reviewer.score(&round, 80, verdict, reason).await.ok();
    }
    admin.review("publishReview", json!({ "roundId": round })).await.ok();
    round
}

/// A project that is published.
async fn published(admin: &Actor, panel: &[Actor], owner: &Sponsored, key: &str, changes: Value) -> String {
    let id = owner.project(key, changes).await;
    owner.leader.project("submitProject", json!({ "id": id })).await.ok();
    judged(admin, panel, &id, "APPROVE").await;
    admin.project("publishProject", json!({ "id": id })).await.ok();
    id
}

fn papers(id: &str) -> Value {
    let paper = |reference: &str, from: &str| json!({ "reference": reference, "from": from, "to": "2026-06-30" });
    json!({ "id": id, "agreement": paper("协议 2026-7", "2026-03-02"), "insurance": paper("保单 88-1", "2026-04-01") })
}

fn missing(answer: &Answer) -> String {
    assert_eq!(answer.code(), "GATE_CLOSED");
    answer.error()["extensions"]["params"]["missing"].as_str().unwrap_or_default().to_owned()
}

/// Puts a project into a state without asking how it got there.
async fn put(app: &TestApp, id: &str, state: ProjectState) {
    let evaluated = (state == ProjectState::Evaluated).then_some(1);
    project::Entity::update_many()
        .col_expr(project::Column::State, Expr::value(state))
        .col_expr(project::Column::Evaluation, Expr::value(evaluated.map(|_| "好".to_owned())))
        .col_expr(project::Column::Reached, Expr::value(evaluated))
        .col_expr(project::Column::Surveyed, Expr::value(evaluated))
        .col_expr(project::Column::Satisfied, Expr::value(evaluated))
        .filter(project::Column::Id.eq(id.parse::<entity::id::ProjectId>().expect("an id")))
        .exec(app.app.db.writer())
        .await
        .expect("written");
}

/// Promised, confirmed, agreed on, and begun.
async fn begun(app: &TestApp, admin: &Actor, (works, school): (&Sponsored, &Sponsored), id: &str) {
    // Then it is published, the school promises thirty chairs and a hall, and the papers are signed.
    admin.project("publishProject", json!({ "id": id })).await.ok();
    assert_eq!(school.leader.see_project(&id).await.ok().data("project.seenWhole"), &json!(false));
    let promise = json!({ "projectId": id, "unitId": school.unit, "kind": "SPACE", "quantity": 1, "measure": "间", "note": "礼堂一间", "idempotencyKey": "hall" });
    let promised = school.leader.project("commitToProject", promise).await.ok();
    let funds = json!({ "projectId": id, "unitId": school.unit, "kind": "FUNDS", "quantity": 5, "note": "五百元", "idempotencyKey": "f" });
    assert_eq!(school.leader.project("commitToProject", funds).await.field(), "quantity", "money is text");
    assert_eq!(missing(&admin.project("matchProject", json!({ "id": id })).await), "COMMITMENT_CONFIRMED,AGREEMENT_SIGNED");
    admin.project("confirmCommitment", json!({ "id": promised.text("commitToProject.commitments.0.id") })).await.ok();
    admin.project("recordProjectPapers", papers(id)).await.ok();
    admin.project("matchProject", json!({ "id": id })).await.ok();
    app.set_time("2026-04-01T08:00:00+08:00");
    works.leader.project("startProject", json!({ "id": id })).await.ok();
}

/// Carried out, completed and looked back on.
async fn evaluated(app: &TestApp, admin: &Actor, works: &Sponsored, id: &str) {
    // It is carried out: an activity of the unit's team brings two hours, the milestones are reached.
    let team = works.team.parse().expect("a team");
    let activity = app.activity(&works.leader, team, json!({})).await;
    works.leader.project("linkProject", json!({ "id": id, "activityId": activity })).await.ok();
    let session = app.session(&works.leader, &activity, 60, 120, 10).await;
    let amy = app.member("李小明").await;
    amy.sign_up(&session).await.ok();
    app.advance_minutes(60);
    let (from, to) = (app.now(), app.now().plus(120 * 60_000_000));
    app.advance_minutes(125);
    let entry = json!([{ "volunteerId": amy.volunteer_id, "checkedInAt": text(from), "checkedOutAt": text(to) }]);
    works.leader.call_roll(&session, "roll", entry).await.ok();
    let report = |position: i32, progress: i32| json!({ "projectId": id, "position": position, "progress": progress });
    let half = works.leader.project("reportMilestone", report(1, 100)).await.ok();
    assert_eq!((half.int("reportMilestone.progressBps"), half.int("reportMilestone.minutes")), (3_000, 120));
    assert_eq!(missing(&admin.project("completeProject", json!({ "id": id })).await), "MILESTONES_REACHED");
    works.leader.project("reportMilestone", report(2, 100)).await.ok();
    admin.project("completeProject", json!({ "id": id })).await.ok();

    // And it is looked back on.
    let evaluation = json!({ "id": id, "reached": 58, "surveyed": 40, "satisfied": 38, "note": "老人很满意,明年继续" });
    assert_eq!(works.leader.project("evaluateProject", evaluation.clone()).await.code(), "FORBIDDEN", "who did it does not judge it");
    let done = admin.mutate("evaluateProject", evaluation, "state evaluation { satisfactionBps reached } steps { kind }").await.ok();
    assert_eq!((done.text("evaluateProject.state").as_str(), done.int("evaluateProject.evaluation.satisfactionBps")), ("EVALUATED", 9_500));
    let steps: Vec<&str> = done.list("evaluateProject.steps").iter().filter_map(|step| step["kind"].as_str()).collect();
    let walked =
        ["DRAFT", "SUBMIT", "OPEN_REVIEW", "RETURN", "SUBMIT", "OPEN_REVIEW", "APPROVE", "PUBLISH", "MATCH", "START", "COMPLETE", "EVALUATE"];
    assert_eq!(steps, walked);
    app.deliver().await;
    let told = works.leader.run("{ myNotifications(first: 50) { edges { node { kind body } } } }", json!({})).await.ok();
    assert!(told.body.to_string().contains("已退回修改:请补充安全预案"), "{:#}", told.body);
}

both! {
    async fn a_project_walks_from_draft_to_evaluated(app: TestApp) {
        let (admin, worker) = (app.admin().await, app.with_role("网格员", entity::role_grant::Role::GridWorker, app.community.region_id).await);
        let (works, school) = (app.sponsored(&admin, "涂新钢厂").await, app.sponsored(&admin, "涂新小学").await);
        let panel = app.reviewers(3).await;

        // Given a draft of the steel works, with two milestones and an hour of service to bring.
        let input = with(draft(), json!({ "unitId": works.unit, "idempotencyKey": "once", "minutesGoal": 60, "yearly": true }));
        let id = works.leader.project("createProject", input.clone()).await.ok().text("createProject.id");
        assert_eq!(works.leader.project("createProject", input).await.ok().text("createProject.id"), id, "one key is one project");
        assert_eq!(id.split('_').next(), Some("prj"));
        assert_eq!(school.leader.see_project(&id).await.code(), "NOT_FOUND", "a draft is its owner's");
        let need = app.published_need(&app.member("王奶奶").await, &worker, "hair", json!({})).await;
        works.leader.project("linkProject", json!({ "id": id, "listingId": need })).await.ok();

        // When it is handed in, judged and returned with reasons, it is changed and handed in again with a new pack.
        let submitted = works.leader.project("submitProject", json!({ "id": id })).await.ok();
        assert_eq!(submitted.text("submitProject.state"), "SUBMITTED");
        judged(&admin, &panel, &id, "RETURN").await;
        let returned = works.leader.see_project(&id).await.ok();
        assert_eq!(returned.text("project.state"), "RETURNED");
        assert!(returned.data("project.steps").to_string().contains("请补充安全预案"), "the owner is told why");
        let changed = with(draft(), json!({ "id": id, "summary": "上门理发,两人一组,配急救包", "minutesGoal": 60, "yearly": true }));
        works.leader.project("updateProject", changed).await.ok();
        works.leader.project("submitProject", json!({ "id": id })).await.ok();
        judged(&admin, &panel, &id, "APPROVE").await;
        let approved = works.leader.see_project(&id).await.ok();
        assert_eq!(approved.list("project.packs").len(), 2);
        assert_ne!(approved.data("project.packs.0.sha256"), approved.data("project.packs.1.sha256"));
        begun(&app, &admin, (&works, &school), &id).await;
        evaluated(&app, &admin, &works, &id).await;

        // The year after is drafted two months ahead, once.
        app.set_time("2027-02-01T08:00:00+08:00");
        app.deliver().await;
        app.deliver().await;
        let next = works.leader.run("{ projects(first: 10) { edges { node { state startsOn repeatsId milestones { dueOn progress } } } } }", json!({})).await.ok();
        assert_eq!(next.list("projects.edges").len(), 2);
        let node = next.data("projects.edges.0.node");
        assert_eq!((&node["state"], &node["startsOn"], &node["repeatsId"]), (&json!("DRAFT"), &json!("2027-04-01"), &json!(id)));
        assert_eq!(node["milestones"][0], json!({ "dueOn": "2027-04-10", "progress": 0 }));
        assert_eq!(works.leader.project("repeatProject", json!({ "id": id })).await.code(), "STATE_CHANGED", "it has its next one");
    }

    async fn every_step_that_the_table_does_not_list_is_refused(app: TestApp) {
        let admin = app.admin().await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        app.reviewers(3).await;
        let id = works.submitted("k").await;
        let step_of: BTreeMap<&str, ProjectStep> = BTreeMap::from([
            ("submitProject", ProjectStep::Submit),
            ("openReview", ProjectStep::OpenReview),
            ("publishProject", ProjectStep::Publish),
            ("matchProject", ProjectStep::Match),
            ("startProject", ProjectStep::Start),
            ("completeProject", ProjectStep::Complete),
            ("evaluateProject", ProjectStep::Evaluate),
            ("cancelProject", ProjectStep::Cancel),
        ]);
        let mut refused = 0;
        for state in ProjectState::iter() {
            put(&app, &id, state).await;
            for (mutation, step) in &step_of {
                if TABLE.iter().any(|row| row.0 == state && row.1 == *step) {
                    continue;
                }
                let answer = match *mutation {
                    "submitProject" | "startProject" => works.leader.project(mutation, json!({ "id": id })).await,
                    "openReview" => admin.review(mutation, json!({ "subjectId": id })).await,
                    "evaluateProject" => admin.project(mutation, json!({ "id": id, "reached": 1, "surveyed": 1, "satisfied": 1, "note": "好" })).await,
                    "cancelProject" => admin.project(mutation, json!({ "id": id, "reason": "试一试" })).await,
                    _ => admin.project(mutation, json!({ "id": id })).await,
                };
                assert_eq!(answer.code(), "STATE_CHANGED", "{mutation} from {state:?}");
                assert_eq!(answer.error()["extensions"]["params"]["state"], json!(state.to_value()), "{mutation} from {state:?}");
                refused += 1;
            }
            let kept = admin.see_project(&id).await.ok();
            assert_eq!(kept.text("project.state"), state.to_value(), "a refused step changes nothing");
        }
        let taken = TABLE.iter().filter(|row| step_of.values().any(|step| *step == row.1)).count();
        assert_eq!(refused, ProjectState::iter().count() * step_of.len() - taken);
    }

    async fn a_gate_is_overridden_by_two_people_and_never_by_one(app: TestApp) {
        let (admin, second) = (app.admin().await, app.admin().await);
        let works = app.sponsored(&admin, "涂新钢厂").await;
        let panel = app.reviewers(3).await;
        let id = published(&admin, &panel, &works, "k", json!({})).await;
        assert_eq!(missing(&admin.project("matchProject", json!({ "id": id })).await), "COMMITMENT_CONFIRMED,AGREEMENT_SIGNED");
        let ask = |step: &str, reason: &str| json!({ "projectId": id, "step": step, "reason": reason });
        assert_eq!(admin.project("proposeGateOverride", ask("MATCH", " ")).await.code(), "REASON_REQUIRED");
        assert_eq!(admin.project("proposeGateOverride", ask("START", "急")).await.code(), "STATE_CHANGED", "not the step that comes next");
        assert_eq!(admin.project("proposeGateOverride", ask("PUBLISH", "急")).await.field(), "step");
        assert_eq!(works.leader.project("proposeGateOverride", ask("MATCH", "急")).await.code(), "FORBIDDEN");
        let asked = admin.project("proposeGateOverride", ask("MATCH", "抢险急需,协议后补")).await.ok();
        let leave = asked.text("proposeGateOverride.gateOverrides.0.id");
        assert_eq!(admin.project("decideGateOverride", json!({ "id": leave, "approve": true })).await.code(), "SECOND_PERSON_REQUIRED");
        assert_eq!(missing(&admin.project("matchProject", json!({ "id": id })).await), "COMMITMENT_CONFIRMED,AGREEMENT_SIGNED");
        assert_eq!(second.project("proposeGateOverride", ask("MATCH", "再问一次")).await.code(), "STATE_CHANGED");
        second.project("decideGateOverride", json!({ "id": leave, "approve": true })).await.ok();
        let matched = admin.project("matchProject", json!({ "id": id })).await.ok();
        assert_eq!(matched.text("matchProject.gateOverrides.0.state"), "USED");
        assert_eq!(missing(&works.leader.project("startProject", json!({ "id": id })).await), "AGREEMENT_SIGNED,INSURANCE_COVERS", "it holds for one passage");

        let late = json!({ "id": id, "insurance": { "reference": "保单", "from": "2026-04-02", "to": "2026-06-30" }, "agreement": { "reference": "协议", "from": "2026-03-01", "to": "2026-06-30" } });
        admin.project("recordProjectPapers", late).await.ok();
        assert_eq!(missing(&works.leader.project("startProject", json!({ "id": id })).await), "INSURANCE_COVERS", "the first day is not covered");
        admin.project("recordProjectPapers", papers(&id)).await.ok();
        assert_eq!(works.leader.project("startProject", json!({ "id": id })).await.ok().text("startProject.state"), "IN_PROGRESS");
    }

    async fn what_a_project_says_is_checked_and_who_applied_decides_nothing(app: TestApp) {
        let admin = app.admin().await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        let new = |changes: Value| with(with(draft(), json!({ "unitId": works.unit, "idempotencyKey": changes.to_string() })), changes);
        for (changes, code, field) in [
            (json!({ "category": "NOTHING" }), "TAXONOMY_UNKNOWN", "category"),
            (json!({ "mode": "SERVICE" }), "TAXONOMY_UNKNOWN", "mode"),
            (json!({ "contents": ["SERVICE", "VOLUNTEERING"] }), "TAXONOMY_UNKNOWN", "contents"),
            (json!({ "contents": [] }), "BAD_INPUT", "contents"),
            (json!({ "endsOn": "2026-03-01" }), "BAD_INPUT", "endsOn"),
            (json!({ "summary": "请打 13800005678" }), "CONTACT_IN_TEXT", "summary"),
            (json!({ "title": "重点人员帮扶" }), "WORD_RESERVED", "title"),
            (json!({ "beneficiaries": 0 }), "BAD_INPUT", "beneficiaries"),
            (json!({ "milestones": [{ "title": "一", "weight": 1, "dueOn": "2027-01-01" }] }), "BAD_INPUT", "dueOn"),
            (json!({ "unitId": null, "teamId": null }), "BAD_INPUT", "unitId"),
        ] {
            let answer = works.leader.project("createProject", new(changes.clone())).await;
            assert_eq!((answer.code(), answer.field()), (code, field), "{changes}");
        }
        assert_eq!(app.member("路人").await.project("createProject", new(json!({}))).await.code(), "FORBIDDEN");
        let uneven = json!({ "milestones": [{ "title": "一", "weight": 99, "dueOn": "2026-05-01" }] });
        let id = works.leader.project("createProject", new(uneven)).await.ok().text("createProject.id");
        let refused = works.leader.project("submitProject", json!({ "id": id })).await;
        assert_eq!((refused.code(), refused.field()), ("PROJECT_INCOMPLETE", "milestones"));

        // An administrator who drafts for a unit has applied, and leaves the rest to others.
        app.reviewers(3).await;
        let own = admin.project("createProject", new(json!({ "title": "代填" }))).await.ok().text("createProject.id");
        admin.project("submitProject", json!({ "id": own })).await.ok();
        assert_eq!(admin.review("openReview", json!({ "subjectId": own })).await.code(), "SELF_DEALING");
        let promise = json!({ "projectId": own, "unitId": works.unit, "kind": "PEOPLE", "quantity": 3, "measure": "人", "note": "三人", "idempotencyKey": "p" });
        assert_eq!(admin.project("commitToProject", promise).await.code(), "STATE_CHANGED", "what a panel judges takes no promises");
    }

    async fn a_foreign_community_finds_neither_project_nor_round(app: TestApp) {
        let admin = app.admin().await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        app.reviewers(3).await;
        let id = works.submitted("k").await;
        let round = admin.open_review(&id, json!({})).await;
        let (_, stranger) = crate::community::neighbour(&app).await;
        assert_eq!(stranger.see_project(&id).await.code(), "NOT_FOUND");
        assert_eq!(stranger.see_round(&round).await.code(), "NOT_FOUND");
        for (mutation, input) in [("publishProject", json!({ "id": id })), ("cancelProject", json!({ "id": id, "reason": "x" }))] {
            assert_eq!(stranger.project(mutation, input).await.code(), "NOT_FOUND", "{mutation}");
        }
        assert_eq!(stranger.score(&round, 80, "APPROVE", None).await.code(), "NOT_FOUND");
        assert_eq!(stranger.review("cancelReview", json!({ "roundId": round, "reason": "x" })).await.code(), "NOT_FOUND");
        let node = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        assert_eq!(stranger.run(node, json!({ "ids": [id, round] })).await.ok().data("nodes"), &json!([null, null]));
        let lists = "{ projects(first: 10) { edges { node { id } } } reviewRounds(first: 10) { edges { node { id } } } }";
        let seen = stranger.run(lists, json!({})).await.ok();
        assert_eq!((seen.list("projects.edges").len(), seen.list("reviewRounds.edges").len()), (0, 0));
    }
}
