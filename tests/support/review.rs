//! What stories about projects and their review say over and over: a unit with a team, a draft, a panel, a ballot, a step.

use entity::role_grant::Role;
use serde_json::{Value, json};

use crate::listing::with;
use crate::{Actor, Answer, TestApp};

/// What most stories ask about a project.
const PROJECT: &str = "id state progressBps minutes seenWhole steps { kind note } packs { id number sha256 } gate { step open findings { fact met } } \
                       gateOverrides { id step state } commitments { id kind state } rounds { id phase verdict }";
/// What most stories ask about a round.
const ROUND: &str = "id phase standing votes votesNeeded number verdict reasons mean spread wide consensusNote subjectId project { id state } \
                     seats { accountId state tie replaces } ballots { accountId verdict reason total points { position points } } pack { id number sha256 }";

/// A project that asks for little: free haircuts for old people, from April to June.
#[must_use]
pub fn draft() -> Value {
    json!({
        "title": "银发理发日", "summary": "每月为行动不便的老人上门理发", "category": "HARDSHIP", "mode": "VOLUNTEERING", "contents": ["SERVICE", "HYGIENE"],
        "beneficiaries": 60, "budget": "工具和耗材约两千元", "fundingSource": "单位自筹", "startsOn": "2026-04-01", "endsOn": "2026-06-30",
        "minutesGoal": 0, "milestones": [
            { "title": "走访登记", "weight": 30, "dueOn": "2026-04-10" }, { "title": "三次集中理发", "weight": 70, "dueOn": "2026-06-28" },
        ],
    })
}

/// Eighty points for each criterion of a project.
#[must_use]
pub fn points(each: i32) -> Value {
    json!(["NEED", "FEASIBILITY", "BENEFIT", "LASTING"].map(|code| json!({ "code": code, "points": each })))
}

/// A unit, the team that it sponsors, and who leads the team.
pub struct Sponsored {
    /// Outside id of the unit.
    pub unit: String,
    /// Outside id of the team.
    pub team: String,
    /// Who leads the team, and so speaks for both.
    pub leader: Actor,
}

impl TestApp {
    /// A unit with a team.
    pub async fn sponsored(&self, admin: &Actor, name: &str) -> Sponsored {
        let leader = self.member("单位联络人").await;
        let unit = admin.mutate("createUnit", json!({ "name": name, "kind": "COMPANY" }), "id").await.ok().text("createUnit.id");
        let input =
            json!({ "name": format!("{name}队"), "regionId": self.community.region_id.to_string(), "unitId": unit, "leaderId": leader.volunteer_id });
        let team = admin.mutate("createTeam", input, "id").await.ok().text("createTeam.id");
        self.app.sessions.forget(leader.account());
        Sponsored { unit, team, leader }
    }

    /// Reviewers over the whole community.
    pub async fn reviewers(&self, count: usize) -> Vec<Actor> {
        let mut reviewers = Vec::with_capacity(count);
        for at in 0..count {
            reviewers.push(self.with_role(&format!("评审{at}"), Role::Reviewer, self.community.region_id).await);
            // The oldest account is drawn first where reviewers have the same to do.
            self.advance(1_000);
        }
        reviewers
    }
}

impl Sponsored {
    /// Drafts a project of the unit; `changes` overwrite what [`draft`] says.
    pub async fn project(&self, key: &str, changes: Value) -> String {
        let input = with(with(draft(), json!({ "unitId": self.unit, "idempotencyKey": key })), changes);
        self.leader.project("createProject", input).await.ok().text("createProject.id")
    }

    /// A project that was handed in.
    pub async fn submitted(&self, key: &str) -> String {
        let id = self.project(key, json!({})).await;
        self.leader.project("submitProject", json!({ "id": id })).await.ok();
        id
    }
}

impl Actor {
    /// Any mutation with one input.
    pub async fn mutate(&self, mutation: &str, input: Value, selection: &str) -> Answer {
        let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let document = format!("mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {selection} }} }}");
        self.run(&document, json!({ "input": input })).await
    }

    /// A mutation that answers with a project.
    pub async fn project(&self, mutation: &str, input: Value) -> Answer {
        self.mutate(mutation, input, PROJECT).await
    }

    /// A mutation that answers with a round.
    pub async fn review(&self, mutation: &str, input: Value) -> Answer {
        self.mutate(mutation, input, ROUND).await
    }

    /// A project as the actor sees it, at `project`.
    pub async fn see_project(&self, id: &str) -> Answer {
        self.run(&format!("query($id: ID!) {{ project(id: $id) {{ {PROJECT} }} }}"), json!({ "id": id })).await
    }

    /// A round as the actor sees it, at `reviewRound`.
    pub async fn see_round(&self, id: &str) -> Answer {
        self.run(&format!("query($id: ID!) {{ reviewRound(id: $id) {{ {ROUND} }} }}"), json!({ "id": id })).await
    }

    /// Puts something before a panel; gives the round.
    pub async fn open_review(&self, subject: &str, changes: Value) -> String {
        self.review("openReview", with(json!({ "subjectId": subject }), changes)).await.ok().text("openReview.id")
    }

    /// Scores a project: so many points for everything.
    pub async fn score(&self, round: &str, each: i32, verdict: &str, reason: Option<&str>) -> Answer {
        self.review("scoreReview", json!({ "roundId": round, "points": points(each), "verdict": verdict, "reason": reason })).await
    }

    /// The rounds that wait for the actor's score.
    pub async fn queue(&self) -> Vec<Value> {
        let document =
            "{ reviewQueue { panelRounds total rounds(first: 50) { edges { node { id votes votesNeeded seats { accountId state } } } } } }";
        let answer = self.run(document, json!({})).await.ok();
        let rounds: Vec<Value> = answer.list("reviewQueue.rounds.edges").iter().map(|edge| edge["node"].clone()).collect();
        assert_eq!(answer.int("reviewQueue.panelRounds"), i64::try_from(rounds.len()).expect("a few"), "the count is the length of the list");
        rounds
    }
}
