//! Check-ins that a leader's device signed without network.

use ed25519_dalek::{Signer, SigningKey};
use entity::time::UtcMicros;
use serde_json::{Value, json};
use support::{Actor, Answer, TestApp, both};

/// A leader's telephone.
pub struct Phone {
    key: SigningKey,
    /// Outside id of its key.
    pub id: String,
}

impl Phone {
    pub async fn of(leader: &Actor, seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let register = "mutation($key: String!) { registerDevice(input: { name: \"手机\", publicKey: $key }) { id } }";
        let public_key = hex(&key.verifying_key().to_bytes());
        let id = leader.run(register, json!({ "key": public_key })).await.ok().text("registerDevice.id");
        Self { key, id }
    }

    pub fn sign(&self, session: &str, who: &Actor, phase: &str, at: UtcMicros, counter: i64) -> Value {
        let text = format!("qicai-offline-v1|{session}|{}|{phase}|{}|{counter}", who.volunteer_id, at.seconds());
        let signature = hex(&self.key.sign(text.as_bytes()).to_bytes());
        json!({
            "sessionId": session, "volunteerId": who.volunteer_id, "phase": phase, "deviceTime": support::serving::text(at),
            "counter": counter, "signature": signature,
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

pub async fn submit(who: &Actor, device: &str, entries: Value) -> Answer {
    let document =
        "mutation($input: SubmitOfflineCheckInsInput!) { submitOfflineCheckIns(input: $input) { counter state code checkIn { id state } } }";
    who.run(document, json!({ "input": { "deviceId": device, "entries": entries } })).await
}

fn outcomes(answer: &Answer) -> Vec<(i64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = answer.list("submitOfflineCheckIns").iter();
    rows.map(|row| (row["counter"].as_i64().unwrap_or_default(), text(&row["state"]), text(&row["code"]))).collect()
}

async fn settle(who: &Actor, id: &str, accept: bool) -> Answer {
    let input = json!({ "id": id, "accept": accept, "idempotencyKey": format!("settle {id} {accept}") });
    who.run("mutation($input: DecideOfflineCheckInInput!) { decideOfflineCheckIn(input: $input) { state decidedAt } }", json!({ "input": input }))
        .await
}

fn owned(rows: &[(i64, &str, &str)]) -> Vec<(i64, String, String)> {
    rows.iter().map(|(counter, state, code)| (*counter, (*state).to_owned(), (*code).to_owned())).collect()
}

both! {
    async fn what_a_device_signed_is_taken_once_and_what_does_not_fit_is_kept(app: TestApp) {
        let (leader, team_id, session) = app.cleaning(5).await;
        let phone = Phone::of(&leader, 9).await;
        let [amy, ben] = [app.member("甲一").await, app.member("乙一").await];
        amy.sign_up(&session).await.ok();
        let start = app.now().plus(UtcMicros::HOUR);
        let at = |minutes: i64| start.plus(minutes * UtcMicros::MINUTE);
        app.advance_hours(20);
        app.deliver().await;
        assert_eq!(amy.standing(&session).await, "NO_SHOW", "the upload comes after the session was closed");
        let entries = json!([
            phone.sign(&session, &amy, "OUT", at(90), 2),
            phone.sign(&session, &amy, "IN", at(-10), 1),
            phone.sign(&session, &ben, "IN", at(0), 3),
            phone.sign(&session, &leader, "IN", at(0), 4),
            phone.sign(&session, &amy, "IN", at(1), 5),
        ]);
        let begun = leader.run("{ reviewQueueEvents { lastEventId } }", json!({})).await.ok().text("reviewQueueEvents.lastEventId");
        let answer = submit(&leader, &phone.id, entries.clone()).await.ok();
        let expected = owned(&[
            (1, "APPLIED", ""), (2, "APPLIED", ""), (3, "CONFLICT", "NOT_SIGNED_UP"), (4, "CONFLICT", "SELF_DEALING"),
            (5, "CONFLICT", "ALREADY_CHECKED_OUT"),
        ]);
        assert_eq!(outcomes(&answer), expected);
        let again = submit(&leader, &phone.id, entries).await.ok();
        assert!(outcomes(&again).iter().all(|(_, state, _)| state == "REPLAYED"), "{:?}", outcomes(&again));
        let record = &amy.records().await[0];
        assert_eq!((&record["minutes"], &record["evidence"], &record["source"]), (&json!(90), &json!("B"), &json!("OFFLINE")));
        assert_eq!(amy.standing(&session).await, "ATTENDED");

        let queue = "query { offlineConflicts(first: 10) { edges { node { id counter code volunteer { number } } } } }";
        let second = app.leader(team_id).await;
        let listed = second.run(queue, json!({})).await.ok();
        let conflict = |counter: i64| {
            let node = listed.list("offlineConflicts.edges").iter().map(|edge| &edge["node"]).find(|node| node["counter"] == counter);
            node.and_then(|node| node["id"].as_str()).expect("a conflict").to_owned()
        };
        assert_eq!(listed.list("offlineConflicts.edges").len(), 3);
        app.deliver().await;
        let told = "query($after: ID) { reviewQueueEvents(after: $after) { events { kind waiting { offlineCheckIns records total } } } }";
        let told = second.run(told, json!({ "after": begun })).await.ok();
        let waiting = json!({ "offlineCheckIns": 3, "records": 0, "total": 3 });
        assert_eq!(told.data("reviewQueueEvents.events"), &json!([{ "kind": "OFFLINE_CHECK_IN", "waiting": waiting }]));
        assert_eq!(settle(&leader, &conflict(3), true).await.code(), "SECOND_PERSON_REQUIRED");
        assert_eq!(settle(&amy, &conflict(3), true).await.code(), "FORBIDDEN");
        assert_eq!(amy.run(queue, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(settle(&second, &conflict(3), true).await.ok().text("decideOfflineCheckIn.state"), "ACCEPTED");
        assert_eq!(ben.standing(&session).await, "ATTENDED");
        assert_eq!(settle(&second, &conflict(5), true).await.code(), "ALREADY_CHECKED_OUT", "what presence still refuses stays a conflict");
        assert_eq!(settle(&second, &conflict(5), false).await.ok().text("decideOfflineCheckIn.state"), "DISMISSED");
        assert_eq!(settle(&second, &conflict(5), true).await.code(), "STATE_CHANGED");
        assert_eq!(second.run(queue, json!({})).await.ok().list("offlineConflicts.edges").len(), 1);
    }

    async fn only_a_trusted_device_speaks_and_only_in_time(app: TestApp) {
        let (leader, team_id, session) = app.cleaning(5).await;
        let phone = Phone::of(&leader, 9).await;
        let amy = app.member("李小明").await;
        amy.sign_up(&session).await.ok();
        let start = app.now().plus(UtcMicros::HOUR);
        let entry = phone.sign(&session, &amy, "IN", start, 1);
        app.advance_hours(2);
        let mut bent = entry.clone();
        bent["counter"] = json!(2);
        let refused = submit(&leader, &phone.id, json!([entry, bent])).await;
        assert_eq!((refused.code(), refused.error()["extensions"]["params"]["counter"].as_str()), ("SIGNATURE_INVALID", Some("2")));
        assert_eq!(amy.standing(&session).await, "CONFIRMED", "nothing of it was taken");
        let second = app.leader(team_id).await;
        assert_eq!(submit(&second, &phone.id, json!([entry])).await.code(), "DEVICE_UNKNOWN", "another leader's device");
        let (_, stranger) = app.led_team("平安巡逻队").await;
        let theirs = Phone::of(&stranger, 8).await;
        assert_eq!(submit(&stranger, &theirs.id, json!([theirs.sign(&session, &amy, "IN", start, 1)])).await.code(), "FORBIDDEN");
        let early = phone.sign(&session, &amy, "IN", app.now().plus(-80 * UtcMicros::HOUR), 7);
        assert_eq!(outcomes(&submit(&leader, &phone.id, json!([early])).await.ok()), owned(&[(7, "CONFLICT", "OFFLINE_TOO_OLD")]));

        let revoke = "mutation($id: ID!) { revokeDevice(input: { id: $id }) { id } }";
        leader.run(revoke, json!({ "id": phone.id })).await.ok();
        assert_eq!(submit(&leader, &phone.id, json!([entry])).await.code(), "DEVICE_UNKNOWN");
    }

    async fn the_same_upload_sent_many_times_at_once_is_taken_once(app: TestApp) {
        let (leader, _, session) = app.cleaning(5).await;
        let phone = Phone::of(&leader, 9).await;
        let amy = app.member("李小明").await;
        amy.sign_up(&session).await.ok();
        let start = app.now().plus(UtcMicros::HOUR);
        app.advance_hours(4);
        let entries = json!([phone.sign(&session, &amy, "IN", start, 1), phone.sign(&session, &amy, "OUT", start.plus(UtcMicros::HOUR), 2)]);
        let answers = futures_util::future::join_all((0..6).map(|_| submit(&leader, &phone.id, entries.clone()))).await;
        let applied: usize = answers.into_iter().map(|answer| outcomes(&answer.ok()).iter().filter(|(_, state, _)| state == "APPLIED").count()).sum();
        assert_eq!(applied, 2);
        assert_eq!(amy.minutes_and_points().await.0, 60);
    }
}
