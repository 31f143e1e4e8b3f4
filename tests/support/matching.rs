//! What stories about matching say over and over: what a volunteer can do, and what is suggested.

use entity::id::VolunteerId;
use entity::time::BusinessDate;
use entity::volunteer::{self, VolunteerState};
use entity::volunteer_supply::{self, Reach};
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::listing::with;
use crate::{Actor, Answer, TestApp};

/// Free on Saturdays from nine to twelve, in the whole community.
#[must_use]
pub fn supply() -> Value {
    json!({ "skills": [], "hours": [{ "weekday": 6, "startMinute": 540, "endMinute": 720 }], "reach": "COMMUNITY" })
}

/// A need that wants somebody for an hour on Saturday, 7 March 2026, between nine and twelve.
#[must_use]
pub fn saturday() -> Value {
    json!({ "minutes": 60, "windows": [{ "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T04:00:00Z" }] })
}

const PAIR: &str = "needId volunteer { id name } team { id } offering { ... on ServiceOffer { id } ... on Resource { id } } startsAt endsAt score \
    reasons { kind micros part whole text }";

impl Actor {
    /// Says what the actor can do; `changes` overwrite what [`supply`] says.
    pub async fn can(&self, changes: Value) {
        let document = "mutation($input: SetMySupplyInput!) { setMySupply(input: $input) { reach } }";
        self.run(document, json!({ "input": with(supply(), changes) })).await.ok();
    }

    /// Who could meet a need.
    pub async fn suggestions(&self, need: &str, first: i32) -> Answer {
        let document = format!("query($id: ID!, $first: Int!) {{ suggestions(needId: $id, first: $first) {{ {PAIR} }} }}");
        self.run(&document, json!({ "id": need, "first": first })).await
    }

    /// The volunteers who could meet a need, by name, the best first.
    pub async fn suggested(&self, need: &str) -> Vec<String> {
        let answer = self.suggestions(need, 20).await.ok();
        let found = answer.list("suggestions").iter().filter_map(|one| one["volunteer"]["name"].as_str());
        found.map(str::to_owned).collect()
    }

    /// Which needs suit a helper; the actor when none is named.
    pub async fn suggested_needs(&self, helper: Option<&str>) -> Answer {
        let document = format!("query($id: ID) {{ suggestedNeeds(helperId: $id) {{ {PAIR} need {{ ... on Need {{ title }} }} }} }}");
        self.run(&document, json!({ "id": helper })).await
    }

    /// Why a helper is not suggested.
    pub async fn why_not(&self, need: &str, helper: &str) -> Answer {
        let document = "query($need: ID!, $helper: ID!) { whyNot(needId: $need, helperId: $helper) { fits \
            obstacles { kind term { code } until on needed left text textEn } change { kind term { code } date startsAt endsAt number text } } }";
        self.run(document, json!({ "need": need, "helper": helper })).await
    }

    /// Draws a plan.
    pub async fn plan(&self, compare: bool) -> Answer {
        let document = format!(
            "mutation($compare: Boolean!) {{ planMatches(input: {{ compareRotation: $compare }}) {{ id needs helpers openNeeds openPlaces leftOut size \
             score bound gapPpm candidates fairness {{ asked busiestPpm giniPpm }} withoutRotation {{ giniPpm }} progress {{ planned proposed skipped }} \
             lines {{ edges {{ node {{ position {PAIR} quantity passedOver state refusal }} }} pageInfo {{ hasNextPage }} }} }} }}"
        );
        self.run(&document, json!({ "compare": compare })).await
    }

    /// Proposes a plan.
    pub async fn propose_plan(&self, plan: &str, key: &str) -> Answer {
        let document = "mutation($input: ProposePlanInput!) { proposePlan(input: $input) { id progress { planned proposed skipped } \
            lines { edges { node { state refusal } } } } }";
        self.run(document, json!({ "input": { "planId": plan, "idempotencyKey": key } })).await
    }
}

impl TestApp {
    /// So many volunteers who never have time: what makes a community a large one.
    pub async fn crowd(&self, count: usize) {
        let (now, db) = (self.now(), self.app.db.writer());
        let people: Vec<volunteer::Model> = (0..count)
            .map(|_| {
                let id = VolunteerId::new(now);
                volunteer::Model {
                    id,
                    community_id: self.community.id,
                    account_id: None,
                    number: id.to_string(),
                    name: "张三".to_owned(),
                    birth_date: BusinessDate(19_800_101),
                    region_id: self.community.region_id,
                    publishes_name: false,
                    state: VolunteerState::Active,
                    state_reason: None,
                    minutes: 0,
                    no_shows: 0,
                    created_at: now,
                }
            })
            .collect();
        let supply = |row: &volunteer::Model| volunteer_supply::Model {
            volunteer_id: row.id,
            community_id: row.community_id,
            reach: Reach::Area,
            weekly_tasks_max: 3,
            weekly_minutes_max: 600,
            latitude: None,
            longitude: None,
            paused_until: None,
            updated_at: now,
        };
        for chunk in people.chunks(500) {
            let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
            volunteer::Entity::insert_many(rows).exec_without_returning(db).await.expect("volunteers");
            let rows = chunk.iter().map(|row| supply(row).into_active_model());
            volunteer_supply::Entity::insert_many(rows).exec_without_returning(db).await.expect("what they can do");
        }
    }
}
