//! What stories about service say over and over: an activity is offered, a session is held, somebody signs up, scans, or is called.

use chrono::{DateTime, Utc};
use entity::id::TeamId;
use entity::time::UtcMicros;
use serde_json::{Value, json};

use crate::{Actor, Answer, TestApp};

/// Everything a document says about a sign-up.
pub const SIGN_UP: &str = "mutation($input: SignUpInput!) { signUp(input: $input) { id state offerUntil } }";
/// Everything a document says about a record.
pub const RECORD: &str = "id state minutes evidence source award { points }";

/// A moment as inputs write it.
#[must_use]
pub fn text(moment: UtcMicros) -> String {
    moment.date_time().to_rfc3339()
}

/// What a leader says about an activity that asks for nothing.
#[must_use]
pub fn offer(team_id: TeamId) -> Value {
    json!({
        "teamId": team_id.to_string(), "title": "清洁楼道", "description": "一起打扫三号楼的楼道", "serviceType": "ENVIRONMENT",
        "place": "3 号楼门口", "riskLevel": "LOW", "riskNote": "地面湿滑,请穿防滑鞋",
    })
}

impl TestApp {
    /// A team with its leader.
    pub async fn led_team(&self, name: &str) -> (TeamId, Actor) {
        let team_id = self.team(name, None).await;
        (team_id, self.leader(team_id).await)
    }

    /// A published activity; `changes` overwrite what [`offer`] says.
    pub async fn activity(&self, leader: &Actor, team_id: TeamId, changes: Value) -> String {
        let id = leader.create_activity(team_id, changes).await.ok().text("createActivity.id");
        leader.publish_activity(&id).await.ok();
        // Rows of one millisecond have no order of their own.
        self.advance(1_000);
        id
    }

    /// A session that starts in so many minutes and lasts so many.
    pub async fn session(&self, leader: &Actor, activity: &str, starts_in: i64, minutes: i64, capacity: i32) -> String {
        let starts_at = self.now().plus(starts_in * UtcMicros::MINUTE);
        leader.schedule_session(activity, starts_at, minutes, capacity).await.ok().text("scheduleSession.id")
    }

    /// Two hours of cleaning that start in an hour, with a leader and so many seats: the leader, the team and the session.
    pub async fn cleaning(&self, capacity: i32) -> (Actor, TeamId, String) {
        let (team_id, leader) = self.led_team("绿色家园队").await;
        let activity = self.activity(&leader, team_id, json!({})).await;
        let session = self.session(&leader, &activity, 60, 120, capacity).await;
        (leader, team_id, session)
    }
}

impl Actor {
    /// Drafts an activity; `changes` overwrite what [`offer`] says.
    pub async fn create_activity(&self, team_id: TeamId, changes: Value) -> Answer {
        let mut input = offer(team_id);
        if let (Some(input), Value::Object(changes)) = (input.as_object_mut(), changes) {
            input.extend(changes);
        }
        self.run("mutation($input: CreateActivityInput!) { createActivity(input: $input) { id state title } }", json!({ "input": input })).await
    }

    /// Publishes an activity.
    pub async fn publish_activity(&self, id: &str) -> Answer {
        self.run("mutation($id: ID!) { publishActivity(input: { id: $id }) { id state } }", json!({ "id": id })).await
    }

    /// Adds a session.
    pub async fn schedule_session(&self, activity: &str, starts_at: UtcMicros, minutes: i64, capacity: i32) -> Answer {
        let ends_at = starts_at.plus(minutes * UtcMicros::MINUTE);
        let input = json!({
            "activityId": activity, "startsAt": text(starts_at), "endsAt": text(ends_at), "capacity": capacity,
            "idempotencyKey": format!("session {activity} {}", starts_at.0),
        });
        self.run("mutation($input: ScheduleSessionInput!) { scheduleSession(input: $input) { id seatsLeft } }", json!({ "input": input })).await
    }

    /// Signs up, or queues when it is full.
    pub async fn sign_up(&self, session: &str) -> Answer {
        self.sign_up_with(session, "sign-up", true).await
    }

    /// Signs up with a key, and queues or not.
    pub async fn sign_up_with(&self, session: &str, key: &str, waitlist: bool) -> Answer {
        let input = json!({ "sessionId": session, "idempotencyKey": format!("{key} {session}"), "waitlist": waitlist });
        self.run(SIGN_UP, json!({ "input": input })).await
    }

    /// Gives a seat back.
    pub async fn withdraw(&self, sign_up: &str, reason: &str) -> Answer {
        let input = json!({ "id": sign_up, "reason": reason, "idempotencyKey": format!("withdraw {sign_up}") });
        self.run("mutation($input: WithdrawSignUpInput!) { withdrawSignUp(input: $input) { id state reason } }", json!({ "input": input })).await
    }

    /// Takes an offered seat.
    pub async fn accept(&self, sign_up: &str) -> Answer {
        let input = json!({ "id": sign_up, "idempotencyKey": format!("accept {sign_up}") });
        self.run("mutation($input: AcceptOfferInput!) { acceptOffer(input: $input) { id state } }", json!({ "input": input })).await
    }

    /// The state of the own sign-up for a session, the newest one.
    pub async fn standing(&self, session: &str) -> String {
        let answer = self.run("{ mySignUps(first: 50) { edges { node { state session { id } } } } }", json!({})).await.ok();
        let own = answer.list("mySignUps.edges").iter().find(|edge| edge["node"]["session"]["id"] == session);
        own.and_then(|edge| edge["node"]["state"].as_str()).unwrap_or("NONE").to_owned()
    }

    /// The code on the leader's screen; phase `IN` or `OUT`.
    pub async fn code(&self, session: &str, phase: &str) -> String {
        self.show_code(session, phase).await.ok().text("checkInCode.code")
    }

    /// Asks for the code to show.
    pub async fn show_code(&self, session: &str, phase: &str) -> Answer {
        let document = "query($id: ID!, $phase: CheckInPhase!) { checkInCode(sessionId: $id, phase: $phase) { code validUntil refreshSeconds } }";
        self.run(document, json!({ "id": session, "phase": phase })).await
    }

    /// Scans a code to come in.
    pub async fn check_in(&self, session: &str, code: &str) -> Answer {
        let input = json!({ "sessionId": session, "code": code, "idempotencyKey": format!("in {code}") });
        self.run(
            "mutation($input: CheckInInput!) { checkIn(input: $input) { id checkedInAt checkedOutAt record { id } } }",
            json!({ "input": input }),
        )
        .await
    }

    /// Scans a code to go.
    pub async fn check_out(&self, session: &str, code: &str) -> Answer {
        let input = json!({ "sessionId": session, "code": code, "idempotencyKey": format!("out {code}") });
        let document = format!("mutation($input: CheckInInput!) {{ checkOut(input: $input) {{ id checkedOutAt record {{ {RECORD} }} }} }}");
        self.run(&document, json!({ "input": input })).await
    }

    /// Calls the roll; entries as `{ volunteerId, checkedInAt, checkedOutAt }`.
    pub async fn call_roll(&self, session: &str, key: &str, entries: Value) -> Answer {
        let input = json!({ "sessionId": session, "entries": entries, "idempotencyKey": key });
        self.run("mutation($input: CallRollInput!) { callRoll(input: $input) { id seatsTaken } }", json!({ "input": input })).await
    }

    /// The own records, newest first.
    pub async fn records(&self) -> Vec<Value> {
        let document = format!("{{ myServiceRecords(first: 50) {{ edges {{ node {{ {RECORD} startedAt endedAt reason }} }} }} }}");
        let answer = self.run(&document, json!({})).await.ok();
        answer.list("myServiceRecords.edges").iter().map(|edge| edge["node"].clone()).collect()
    }

    /// Own certified minutes, and points to spend.
    pub async fn minutes_and_points(&self) -> (i64, i64) {
        let answer =
            self.run("query($id: ID!) { volunteer(id: $id) { minutes } myPoints { balance } }", json!({ "id": self.volunteer_id })).await.ok();
        (answer.int("volunteer.minutes"), answer.int("myPoints.balance"))
    }

    /// Decides on a pending record.
    pub async fn decide_record(&self, id: &str, approve: bool, reason: Option<&str>) -> Answer {
        let input = json!({ "id": id, "approve": approve, "reason": reason, "idempotencyKey": format!("decide {id} {approve}") });
        let document = format!("mutation($input: DecideRecordInput!) {{ decideRecord(input: $input) {{ {RECORD} reason }} }}");
        self.run(&document, json!({ "input": input })).await
    }
}

/// Reads a time of an answer.
#[must_use]
pub fn moment(value: &Value) -> UtcMicros {
    let text = value.as_str().unwrap_or_else(|| panic!("no time: {value}"));
    text.parse::<DateTime<Utc>>().unwrap_or_else(|error| panic!("{text}: {error}")).into()
}
