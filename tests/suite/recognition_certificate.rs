//! Stars and certificates: what comes with hours, what is frozen, what anybody may check, and what is taken back.

use entity::time::UtcMicros;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::registered::say;
use support::serving::text;
use support::{Actor, Answer, TestApp, both};

/// One day of service, certified at once: `minutes` up to 480 that end now.
async fn serve(app: &TestApp, leader: &Actor, activity: &str, who: &Actor, minutes: i64) -> String {
    app.advance_days(1);
    let session = app.session(leader, activity, 10, minutes, 9).await;
    app.advance_minutes(10 + minutes);
    let entry = json!({ "volunteerId": who.volunteer_id, "checkedInAt": text(app.now().plus(-minutes * UtcMicros::MINUTE)), "checkedOutAt": text(app.now()) });
    leader.call_roll(&session, &format!("roll {session}"), json!([entry])).await.ok();
    app.deliver().await;
    who.records().await[0]["id"].as_str().unwrap_or_default().to_owned()
}

async fn stars(who: &Actor) -> i64 {
    who.run("query($id: ID!) { volunteer(id: $id) { stars } }", json!({ "id": who.volunteer_id })).await.ok().int("volunteer.stars")
}

async fn told_of_stars(who: &Actor) -> usize {
    let told = who.run("{ myNotifications(first: 50) { edges { node { kind } } } }", json!({})).await.ok();
    told.list("myNotifications.edges").iter().filter(|edge| edge["node"]["kind"] == "STARS_CHANGED").count()
}

async fn issue(who: &Actor, key: &str, changes: Value) -> Answer {
    let input = support::listing::with(json!({ "from": "2026-01-01", "to": "2026-03-31", "idempotencyKey": key }), changes);
    say(who, "issueCertificate", "{ id number minutes records standing snapshot digest sheetPath }", input).await
}

const VERIFY: &str = "query($number: String!) { verifyCertificate(number: $number) { number standing issuer minutes records digest } }";

async fn verified(app: &TestApp, number: &str) -> Answer {
    Actor::stranger(app).run(VERIFY, json!({ "number": number })).await
}

both! {
    async fn a_star_comes_with_its_hours_and_goes_with_a_revoked_record(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, admin) = (app.member("李小明").await, app.admin().await);
        let policy = amy.run("{ starPolicy { version hours } }", json!({})).await.ok();
        assert_eq!(policy.data("starPolicy"), &json!({ "version": 0, "hours": [100, 300, 600, 1000, 1500] }));

        let publish = async |who: &Actor, hours: Value, from: &str| say(who, "publishStarPolicy", "{ version }", json!({ "hours": hours, "effectiveFrom": from })).await;
        assert_eq!(publish(&amy, json!([1, 2, 3, 4, 5]), "2026-03-03").await.code(), "FORBIDDEN");
        for bad in [json!([1, 2, 3, 4]), json!([1, 2, 2, 4, 5]), json!([0, 2, 3, 4, 5]), json!([1, 2, 3, 4, 100_001])] {
            assert_eq!(publish(&admin, bad, "2026-03-03").await.field(), "hours");
        }
        assert_eq!(publish(&admin, json!([2, 4, 6, 8, 10]), "2026-03-02").await.code(), "POLICY_DATE");
        publish(&admin, json!([2, 4, 6, 8, 10]), "2026-03-03").await.ok();

        serve(&app, &leader, &activity, &amy, 119).await;
        assert_eq!((stars(&amy).await, told_of_stars(&amy).await), (0, 0), "a minute is missing");
        let second = serve(&app, &leader, &activity, &amy, 121).await;
        assert_eq!((stars(&amy).await, told_of_stars(&amy).await), (2, 1), "two at once, told once");
        let input = json!({ "id": second, "reason": "误记", "idempotencyKey": "revoke" });
        say(&admin, "revokeRecord", "{ state }", input).await.ok();
        app.deliver().await;
        assert_eq!((stars(&amy).await, told_of_stars(&amy).await), (0, 2), "back down");

        serve(&app, &leader, &activity, &amy, 480).await;
        assert_eq!(stars(&amy).await, 4);
        publish(&admin, json!([100, 300, 600, 1000, 1500]), "2026-03-20").await.ok();
        app.deliver().await;
        assert_eq!(stars(&amy).await, 4, "not before its day");
        app.set_time("2026-03-20T09:00:00+08:00");
        app.deliver().await;
        assert_eq!(stars(&amy).await, 0, "everybody follows a new policy on its day");
    }

    async fn the_file_is_kept_by_staff_and_read_by_the_person(app: TestApp) {
        let (amy, ben, worker, admin) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await, app.admin().await);
        let add = async |who: &Actor, key: &str, changes: Value| {
            let input = json!({ "volunteerId": amy.volunteer_id, "kind": "TRAINING", "title": "急救培训", "givenBy": "社区卫生中心", "givenOn": "2026-03-01", "minutes": 90, "idempotencyKey": key });
            say(who, "addDossierEntry", "{ id kind minutes grade withdrawnAt }", support::listing::with(input, changes)).await
        };
        assert_eq!(add(&ben, "k", json!({})).await.code(), "FORBIDDEN");
        assert_eq!(add(&worker, "k", json!({ "volunteerId": worker.volunteer_id })).await.code(), "SELF_DEALING");
        assert_eq!(add(&worker, "k", json!({ "volunteerId": "vol_0000000000000000000000" })).await.code(), "NOT_FOUND");
        assert_eq!(add(&worker, "k", json!({ "givenOn": "2026-03-03" })).await.field(), "givenOn");
        assert_eq!(add(&worker, "k", json!({ "minutes": null })).await.field(), "minutes");
        assert_eq!(add(&worker, "k", json!({ "grade": 5 })).await.field(), "grade");
        assert_eq!(add(&worker, "k", json!({ "title": "" })).await.field(), "title");
        let id = add(&worker, "k", json!({})).await.ok().text("addDossierEntry.id");
        assert_eq!(add(&worker, "k", json!({})).await.ok().text("addDossierEntry.id"), id, "the same key");
        add(&admin, "grade", json!({ "kind": "EVALUATION", "title": "服务质量", "minutes": null, "grade": 5 })).await.ok();

        let list = "query($of: ID) { dossierEntries(volunteerId: $of) { edges { node { id kind volunteer { name } } } } }";
        assert_eq!(amy.run(list, json!({})).await.ok().list("dossierEntries.edges").len(), 2);
        assert_eq!(worker.run(list, json!({ "of": amy.volunteer_id })).await.ok().list("dossierEntries.edges").len(), 2);
        assert_eq!(ben.run(list, json!({ "of": amy.volunteer_id })).await.code(), "NOT_FOUND");
        let node = "query($id: ID!) { node(id: $id) { id } }";
        assert_eq!((amy.run(node, json!({ "id": id })).await.ok().text("node.id"), ben.run(node, json!({ "id": id })).await.code().to_owned()), (id.clone(), "NOT_FOUND".to_owned()));

        let withdraw = async |who: &Actor, reason: &str| say(who, "withdrawDossierEntry", "{ withdrawReason }", json!({ "id": id, "reason": reason })).await;
        assert_eq!(withdraw(&amy, "记错了").await.code(), "FORBIDDEN");
        assert_eq!(withdraw(&worker, "").await.code(), "REASON_REQUIRED");
        assert_eq!(withdraw(&worker, "记错了").await.ok().text("withdrawDossierEntry.withdrawReason"), "记错了");
        assert_eq!(withdraw(&admin, "再次").await.code(), "STATE_CHANGED");
    }

    async fn a_certificate_freezes_certified_facts_under_a_number(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, ben, worker, admin) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await, app.admin().await);
        let resident = support::registered::resident(&app, &support::registered::phone()).await;
        assert_eq!(issue(&amy, "none", json!({})).await.field(), "to", "it reaches into the future");
        let earlier = json!({ "to": "2026-03-01" });
        assert_eq!(issue(&amy, "none", earlier.clone()).await.code(), "NOTHING_CERTIFIED");
        assert_eq!(issue(&resident, "none", earlier).await.code(), "NOT_VOLUNTEER");
        app.set_time("2026-03-20T08:00:00+08:00");
        let record = serve(&app, &leader, &activity, &amy, 125).await;
        serve(&app, &leader, &activity, &amy, 60).await;
        for (kind, rest) in [("TRAINING", json!({ "minutes": 90 })), ("COMMENDATION", json!({})), ("EVALUATION", json!({ "grade": 5 }))] {
            let input = json!({ "volunteerId": amy.volunteer_id, "kind": kind, "title": format!("{kind} 事项"), "givenBy": "社区", "givenOn": "2026-03-20", "idempotencyKey": kind });
            say(&admin, "addDossierEntry", "{ id }", support::listing::with(input, rest)).await.ok();
        }
        app.set_time("2026-03-31T08:00:00+08:00");
        assert_eq!(issue(&amy, "turned", json!({ "from": "2026-04-01" })).await.field(), "to");
        assert_eq!(issue(&ben, "others", json!({ "volunteerId": amy.volunteer_id })).await.code(), "FORBIDDEN");
        assert_eq!(issue(&worker, "nobody", json!({ "volunteerId": "vol_0000000000000000000000" })).await.code(), "NOT_FOUND");
        let issued = issue(&amy, "first", json!({})).await.ok();
        let number = issued.text("issueCertificate.number");
        assert_eq!(number, "430103006005-2026-000001", "refusals leave no gap");
        assert_eq!((issued.int("issueCertificate.minutes"), issued.int("issueCertificate.records")), (185, 2));
        assert_eq!(issue(&amy, "first", json!({})).await.ok().text("issueCertificate.number"), number, "the same key");
        assert_eq!(issue(&amy, "first", json!({ "from": "2026-02-01" })).await.code(), "IDEMPOTENCY_MISMATCH");
        let by_worker = issue(&worker, "for amy", json!({ "volunteerId": amy.volunteer_id })).await.ok();
        assert_eq!(by_worker.text("issueCertificate.number"), "430103006005-2026-000002");

        let frozen = issued.text("issueCertificate.snapshot");
        let snapshot: Value = serde_json::from_str(&frozen).expect("JSON");
        let digest = Sha256::digest(frozen.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(digest, issued.text("issueCertificate.digest"));
        assert_eq!((&snapshot["holder"]["name"], &snapshot["minutes"], &snapshot["handler"]), (&json!("李小明"), &json!(185), &Value::Null));
        for group in ["training", "commendation", "evaluation"] {
            assert_eq!(snapshot[group].as_array().map(Vec::len), Some(1), "{group}");
        }
        assert_eq!(snapshot["service"][0]["minutes"], 125);

        let seen = verified(&app, &number).await.ok();
        assert_eq!((seen.text("verifyCertificate.standing"), seen.int("verifyCertificate.minutes"), seen.text("verifyCertificate.digest")), ("VALID".to_owned(), 185, digest));
        for secret in ["李小明", amy.volunteer_id.as_str()] {
            assert!(!seen.body.to_string().contains(secret), "{secret}");
        }
        assert_eq!(verified(&app, "430103006005-2026-000099").await.code(), "NOT_FOUND");
        let node = "query($id: ID!) { node(id: $id) { ... on Certificate { number volunteer { name } } } }";
        let id = issued.text("issueCertificate.id");
        assert_eq!(ben.run(node, json!({ "id": id })).await.code(), "NOT_FOUND");
        assert_eq!(worker.run(node, json!({ "id": id })).await.ok().text("node.number"), number);
        let own = "{ myCertificates { edges { node { number } } } }";
        assert_eq!((amy.run(own, json!({})).await.ok().list("myCertificates.edges").len(), ben.run(own, json!({})).await.ok().list("myCertificates.edges").len()), (2, 0));
        let all = "{ certificates { edges { node { number } } } }";
        assert_eq!((admin.run(all, json!({})).await.ok().list("certificates.edges").len(), ben.run(all, json!({})).await.code().to_owned()), (2, "FORBIDDEN".to_owned()));

        let input = json!({ "id": record, "reason": "误记", "idempotencyKey": "revoke" });
        say(&admin, "revokeRecord", "{ state }", input).await.ok();
        let seen = verified(&app, &number).await.ok();
        assert_eq!((seen.text("verifyCertificate.standing"), seen.int("verifyCertificate.minutes")), ("OUTDATED".to_owned(), 185), "what it says stays, that it holds does not");
        assert_eq!(amy.run("query($id: ID!) { node(id: $id) { ... on Certificate { snapshot } } }", json!({ "id": id })).await.ok().text("node.snapshot"), frozen);
        assert_eq!(issue(&amy, "anew", json!({})).await.ok().int("issueCertificate.minutes"), 60, "only what is certified counts");
    }

    async fn a_revoked_certificate_stays_on_a_public_list(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let (amy, worker, admin) = (app.member("李小明").await, app.grid_worker().await, app.admin().await);
        serve(&app, &leader, &activity, &amy, 60).await;
        let issued = issue(&amy, "first", json!({ "to": "2026-03-03" })).await.ok();
        let (id, number) = (issued.text("issueCertificate.id"), issued.text("issueCertificate.number"));
        let revoke = async |who: &Actor, id: &str, reason: &str| say(who, "revokeCertificate", "{ standing revokeReason }", json!({ "id": id, "reason": reason })).await;
        for other in [&amy, &worker] {
            assert_eq!(revoke(other, &id, "有误").await.code(), "FORBIDDEN");
        }
        assert_eq!(revoke(&admin, "cert_0000000000000000000000", "有误").await.code(), "NOT_FOUND");
        assert_eq!(revoke(&admin, &id, " ").await.code(), "REASON_REQUIRED");
        assert_eq!(revoke(&admin, &id, "姓名有误").await.ok().text("revokeCertificate.standing"), "REVOKED");
        assert_eq!(revoke(&admin, &id, "再次").await.code(), "STATE_CHANGED");
        assert_eq!(verified(&app, &number).await.ok().text("verifyCertificate.standing"), "REVOKED");
        let list = "query($code: String!) { revokedCertificates(regionCode: $code) { edges { node { number revokedOn standing } } } }";
        let listed = Actor::stranger(&app).run(list, json!({ "code": support::seed::CODE })).await.ok();
        assert_eq!(listed.data("revokedCertificates.edges"), &json!([{ "node": { "number": number, "revokedOn": "2026-03-03", "standing": "REVOKED" } }]));
        assert!(!listed.body.to_string().contains("姓名"), "not even why");
        assert_eq!(Actor::stranger(&app).run(list, json!({ "code": "000000000000" })).await.code(), "NOT_FOUND");
    }

    async fn numbers_taken_at_once_have_no_gap_and_no_twin(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let amy = app.member("李小明").await;
        serve(&app, &leader, &activity, &amy, 60).await;
        let keys: Vec<String> = (0..12).map(|at| format!("key {}", at / 2)).collect();
        let answers = futures_util::future::join_all(keys.iter().map(|key| issue(&amy, key, json!({ "to": "2026-03-03" })))).await;
        let mut numbers: Vec<String> = answers.into_iter().map(|answer| answer.ok().text("issueCertificate.number")).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let expected: Vec<String> = (1..=6).map(|at| format!("430103006005-2026-{at:06}")).collect();
        assert_eq!(numbers, expected);
    }
}
