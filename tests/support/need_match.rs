//! What stories about matches say over and over: somebody is proposed, accepts, begins, ends, and is confirmed.

use entity::time::UtcMicros;
use serde_json::{Value, json};

use crate::listing::with;
use crate::serving::text;
use crate::{Actor, Answer, TestApp};

/// Everything a document says about a match.
pub const MATCH: &str = "id state awaits quantity startsAt endsAt expiresAt rating channel outcome need { id state remaining done } \
    volunteer { id } team { id } offering { __typename } people { volunteer { id } record { id state minutes source } } \
    steps { kind note accountId }";

impl Actor {
    /// One of the mutations of a match; a key is added to those that take one, made of the mutation and the input.
    pub async fn meet(&self, mutation: &str, input: Value) -> Answer {
        let keyed = ["proposeMatch", "offerHelp", "acceptMatch", "declineMatch", "confirmMatch", "withdrawMatch", "resolveDispute"];
        let key = json!({ "idempotencyKey": format!("{mutation} {:x}", hash(&input.to_string())) });
        let input = if keyed.contains(&mutation) { with(key, input) } else { input };
        let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let document = format!("mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {MATCH} }} }}");
        self.run(&document, json!({ "input": input })).await
    }

    /// The match as this person reads it.
    pub async fn read_match(&self, id: &str) -> Answer {
        self.run(&format!("query($id: ID!) {{ node(id: $id) {{ ... on NeedMatch {{ {MATCH} }} }} }}"), json!({ "id": id })).await
    }

    /// Its state.
    pub async fn match_state(&self, id: &str) -> String {
        self.read_match(id).await.ok().text("node.state")
    }

    /// State of a need, and how many are still wanted.
    pub async fn need_left(&self, id: &str) -> (String, i64) {
        let answer = self.run("query($id: ID!) { need(id: $id) { state remaining } }", json!({ "id": id })).await.ok();
        (answer.text("need.state"), answer.int("need.remaining"))
    }
}

fn hash(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl TestApp {
    /// A time that begins in so many minutes, as inputs write it.
    #[must_use]
    pub fn span(&self, starts_in: i64, minutes: i64) -> Value {
        let starts_at = self.now().plus(starts_in * UtcMicros::MINUTE);
        json!({ "startsAt": text(starts_at), "endsAt": text(starts_at.plus(minutes * UtcMicros::MINUTE)) })
    }

    /// A volunteer proposed for a need, for two hours that begin in an hour.
    pub async fn proposed(&self, worker: &Actor, need: &str, helper: &Actor) -> String {
        let input = with(self.span(60, 120), json!({ "needId": need, "volunteerId": helper.volunteer_id }));
        worker.meet("proposeMatch", input).await.ok().text("proposeMatch.id")
    }

    /// The same, accepted.
    pub async fn accepted(&self, worker: &Actor, need: &str, helper: &Actor) -> String {
        let id = self.proposed(worker, need, helper).await;
        helper.meet("acceptMatch", json!({ "id": id })).await.ok();
        id
    }

    /// The same, begun on time.
    pub async fn begun(&self, worker: &Actor, need: &str, helper: &Actor) -> String {
        let id = self.accepted(worker, need, helper).await;
        self.advance_minutes(60);
        helper.meet("startMatch", json!({ "id": id })).await.ok();
        id
    }

    /// The same, done after so many minutes.
    pub async fn done(&self, worker: &Actor, need: &str, helper: &Actor, minutes: i64) -> String {
        let id = self.begun(worker, need, helper).await;
        self.advance_minutes(minutes);
        helper.meet("finishMatch", json!({ "id": id })).await.ok();
        id
    }
}
