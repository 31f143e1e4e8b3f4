//! Needs: filed, verified, published, answered, resolved and rated; and every way in which they are not.

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::{Actor, Answer, TestApp, both};

const RATES: &str = "query($from: DateTime!, $to: DateTime!) { needRates(from: $from, to: $to) { \
    filed replied resolved rated satisfied replyRateBps resolutionRateBps satisfactionRateBps replyMinutes } }";

async fn rates(who: &Actor) -> Answer {
    who.run(RATES, json!({ "from": "2026-03-01T00:00:00Z", "to": "2026-05-01T00:00:00Z" })).await
}

async fn update(who: &Actor, id: &str, changes: Value) -> Answer {
    let input = support::listing::with(support::listing::with(support::listing::need(), json!({ "id": id })), changes);
    who.run("mutation($input: UpdateNeedInput!) { updateNeed(input: $input) { title state description } }", json!({ "input": input })).await
}

fn steps(answer: &Answer, at: &str) -> Vec<String> {
    answer.list(&format!("{at}.steps")).iter().map(|step| step["kind"].as_str().unwrap_or_default().to_owned()).collect()
}

both! {
    async fn a_need_is_filed_answered_resolved_and_rated(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let filed = amy.file_need("tap", json!({ "skills": ["ESCORT"] })).await.ok();
        let id = filed.text("fileNeed.id");
        assert_eq!((filed.text("fileNeed.state").as_str(), id.split('_').next()), ("DRAFT", Some("need")));
        assert_eq!(amy.file_need("tap", json!({ "skills": ["ESCORT"] })).await.ok().text("fileNeed.id"), id, "one key is one need");
        assert_eq!(amy.file_need("tap", json!({ "quantity": 2 })).await.code(), "IDEMPOTENCY_MISMATCH");
        assert_eq!(update(&amy, &id, json!({ "title": "陪诊" })).await.ok().text("updateNeed.title"), "陪诊");

        app.advance_minutes(30);
        worker.step("verifyListing", json!({ "id": id, "note": "上门核实" })).await.ok();
        assert_eq!(update(&amy, &id, json!({ "title": "陪诊陪护" })).await.code(), "STATE_CHANGED", "what was verified does not change");
        assert_eq!(worker.step("publishListing", json!({ "id": id })).await.ok().text("publishListing.state"), "PUBLISHED");
        assert_eq!(amy.rate_need(&id, 5).await.code(), "STATE_CHANGED");
        worker.reply_need(&id, "已联系红色志愿队,周五上午九点到").await.ok();
        app.advance_minutes(90);
        worker.reply_need(&id, "改为八点半").await.ok();
        assert_eq!(worker.step("closeListing", json!({ "id": id, "outcome": "RESOLVED" })).await.ok().text("closeListing.state"), "CLOSED");
        assert_eq!(worker.reply_need(&id, "再见").await.code(), "STATE_CHANGED");
        assert_eq!(worker.rate_need(&id, 5).await.code(), "FORBIDDEN", "who served does not rate");
        assert_eq!(amy.rate_need(&id, 6).await.field(), "stars");
        let rated = amy.rate_need(&id, 5).await.ok();
        assert_eq!(amy.rate_need(&id, 1).await.code(), "ALREADY_RATED");
        assert_eq!(steps(&rated, "rateNeed"), ["FILED", "VERIFIED", "PUBLISHED", "REPLIED", "REPLIED", "RESOLVED", "CLOSED", "RATED"]);

        let figures = rates(&app.admin().await).await.ok();
        let seen = ["filed", "replied", "resolved", "rated", "satisfied", "replyMinutes"].map(|name| figures.int(&format!("needRates.{name}")));
        assert_eq!(seen, [1, 1, 1, 1, 1, 30]);
        app.deliver().await;
        let told = amy.run("{ myNotifications(first: 10) { edges { node { kind body } } } }", json!({})).await.ok();
        assert_eq!(told.list("myNotifications.edges").len(), 6, "verified, published, two replies, resolved, closed: {:#}", told.body);
        assert!(told.body.to_string().contains("改为八点半"));
    }

    async fn a_need_is_not_closed_without_a_reply(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let id = amy.file_need("tap", json!({})).await.ok().text("fileNeed.id");
        let close = |reply: Option<&str>| json!({ "id": id, "outcome": "UNRESOLVED", "reply": reply });
        assert_eq!(worker.step("closeListing", close(None)).await.code(), "REPLY_REQUIRED");
        assert_eq!(worker.step("closeListing", close(Some("  "))).await.code(), "REPLY_REQUIRED");
        assert_eq!(amy.step("closeListing", close(Some("算了"))).await.code(), "FORBIDDEN");
        let closed = worker.step("closeListing", close(Some("不属于本社区服务范围,已转街道"))).await.ok();
        assert_eq!(steps(&closed, "closeListing"), ["FILED", "REPLIED", "CLOSED"]);
        assert_eq!(worker.step("closeListing", close(Some("再关一次"))).await.code(), "STATE_CHANGED");
        let figures = rates(&app.admin().await).await.ok();
        assert_eq!((figures.int("needRates.replyRateBps"), figures.int("needRates.resolutionRateBps")), (10_000, 0));
        assert_eq!(figures.data("needRates.satisfactionRateBps"), &Value::Null);
    }

    async fn rates_count_what_ran_out_and_leave_out_what_was_taken_back(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let taken_back = amy.file_need("a", json!({})).await.ok().text("fileNeed.id");
        assert_eq!(amy.step("withdrawListing", json!({ "id": taken_back, "reason": "" })).await.code(), "REASON_REQUIRED");
        amy.step("withdrawListing", json!({ "id": taken_back, "reason": "家人回来了" })).await.ok();
        assert_eq!(amy.step("withdrawListing", json!({ "id": taken_back, "reason": "再撤" })).await.code(), "STATE_CHANGED");
        let forgotten = app.published_need(&amy, &worker, "b", json!({})).await;
        let answered = app.published_need(&amy, &worker, "c", json!({})).await;
        worker.reply_need(&answered, "正在联系").await.ok();
        app.advance_days(31);
        app.deliver().await;
        let read = "query($id: ID!) { need(id: $id) { state steps { kind } } }";
        assert_eq!(amy.run(read, json!({ "id": forgotten })).await.ok().text("need.state"), "EXPIRED");
        assert_eq!(worker.step("publishListing", json!({ "id": forgotten })).await.code(), "STATE_CHANGED");
        let figures = rates(&app.admin().await).await.ok();
        assert_eq!((figures.int("needRates.filed"), figures.int("needRates.replyRateBps")), (2, 5_000));
        worker.step("closeListing", json!({ "id": forgotten, "outcome": "UNRESOLVED", "reply": "抱歉,回复迟了" })).await.ok();
        assert_eq!(rates(&app.admin().await).await.ok().int("needRates.replyRateBps"), 10_000);
        assert_eq!(rates(&amy).await.code(), "FORBIDDEN");
    }

    async fn what_a_need_must_say(app: TestApp) {
        let amy = app.member("李小明").await;
        let refused = async |changes: Value| {
            let answer = amy.file_need("x", changes).await;
            (answer.code().to_owned(), answer.field().to_owned())
        };
        let expect = |code: &str, field: &str| (code.to_owned(), field.to_owned());
        assert_eq!(refused(json!({ "riskNote": " " })).await, expect("RISK_NOTE_REQUIRED", "riskNote"));
        assert_eq!(refused(json!({ "title": "帮助刑满人员" })).await, expect("WORD_RESERVED", "title"));
        assert_eq!(refused(json!({ "description": "请打 138-0000-5678" })).await, expect("CONTACT_IN_TEXT", "description"));
        assert_eq!(refused(json!({ "category": "HUNTING" })).await, expect("TAXONOMY_UNKNOWN", "category"));
        assert_eq!(refused(json!({ "reliefKind": "MONEY" })).await, expect("TAXONOMY_UNKNOWN", "reliefKind"));
        assert_eq!(refused(json!({ "skills": ["MAGIC"] })).await, expect("TAXONOMY_UNKNOWN", "skills"));
        assert_eq!(refused(json!({ "qualifications": ["WIZARD"] })).await, expect("TAXONOMY_UNKNOWN", "qualifications"));
        assert_eq!(refused(json!({ "quantity": 0 })).await, expect("BAD_INPUT", "quantity"));
        assert_eq!(refused(json!({ "minutes": 5 })).await, expect("BAD_INPUT", "minutes"));
        assert_eq!(refused(json!({ "minAge": 121 })).await, expect("BAD_INPUT", "minAge"));
        assert_eq!(refused(json!({ "validUntil": "2026-03-01T00:00:00Z" })).await, expect("BAD_INPUT", "validUntil"));
        assert_eq!(refused(json!({ "contact": { "phone": "12345" } })).await, expect("BAD_INPUT", "phone"));
        assert_eq!(refused(json!({ "contact": { "point": { "latitude": 100.0, "longitude": 0.0 } } })).await, expect("BAD_INPUT", "point"));
        let window = |from: &str, to: &str| json!({ "startsAt": from, "endsAt": to });
        let short = window("2026-03-06T01:00:00Z", "2026-03-06T02:00:00Z");
        assert_eq!(refused(json!({ "windows": [short] })).await, expect("BAD_INPUT", "windows"), "shorter than the task");
        let (one, other) = (window("2026-03-06T01:00:00Z", "2026-03-06T04:00:00Z"), window("2026-03-06T03:00:00Z", "2026-03-06T06:00:00Z"));
        assert_eq!(refused(json!({ "windows": [one, other] })).await, expect("BAD_INPUT", "windows"), "over each other");
        assert_eq!(refused(json!({ "idempotencyKey": "" })).await.0, "BAD_INPUT");
        assert_eq!(amy.run("{ needs(filter: { mine: true }) { edges { node { id } } } }", json!({})).await.ok().list("needs.edges").len(), 0);

        let worker = app.grid_worker().await;
        let risky = amy.file_need("risky", json!({ "riskLevel": "HIGH" })).await.ok().text("fileNeed.id");
        assert_eq!(worker.step("verifyListing", json!({ "id": risky })).await.code(), "INSURANCE_REQUIRED");
        update(&worker, &risky, json!({ "riskLevel": "HIGH", "insuranceRef": "PICC-2026-7" })).await.ok();
        worker.step("verifyListing", json!({ "id": risky })).await.ok();
    }

    async fn somebody_files_for_somebody_who_agreed(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        assert_eq!(amy.file_on_behalf("k", json!({})).await.code(), "FORBIDDEN");
        assert_eq!(worker.file_on_behalf("k", json!({ "consent": "WRITTEN" })).await.code(), "CONSENT_REQUIRED");
        assert_eq!(worker.file_on_behalf("k", json!({ "channel": "MINI_PROGRAM" })).await.field(), "channel");
        assert_eq!(worker.file_on_behalf("k", json!({ "contact": { "phone": "13911112222" } })).await.field(), "name");
        assert_eq!(worker.file_on_behalf("k", json!({ "recipientId": "rcp_0000000000000000000001" })).await.code(), "NOT_FOUND");
        assert_eq!(worker.file_on_behalf("k", json!({ "contact": { "name": "我", "phone": worker.phone } })).await.code(), "SELF_DEALING");

        let input = json!({ "channel": "PAPER", "consent": "WRITTEN", "consentNote": "登记册 2026-3 第 7 页" });
        let id = worker.file_on_behalf("k", input).await.ok().text("fileNeedOnBehalf.id");
        let read = "query($id: ID!) { need(id: $id) { channel filedBy recipientId consent { kind note } seenWhole state } }";
        let seen = worker.run(read, json!({ "id": id })).await.ok();
        assert_eq!((seen.text("need.filedBy"), seen.text("need.consent.kind").as_str(), seen.text("need.channel").as_str()), (worker.account_id.clone(), "WRITTEN", "PAPER"));
        let again = worker.file_on_behalf("k2", json!({})).await.ok().text("fileNeedOnBehalf.id");
        let recipient = worker.run(read, json!({ "id": again })).await.ok().text("need.recipientId");
        assert_eq!(recipient, seen.text("need.recipientId"), "known again by the telephone");
        app.publish(&worker, &id).await;
        let open = amy.run(read, json!({ "id": id })).await.ok();
        assert_eq!(open.data("need"), &json!({ "channel": null, "filedBy": null, "recipientId": null, "consent": null, "seenWhole": false, "state": "PUBLISHED" }));

        let grant = worker.run("{ me { roles { id role } } }", json!({})).await.ok();
        let role = grant.list("me.roles").iter().find(|role| role["role"] == "GRID_WORKER").expect("a role")["id"].clone();
        let other = app.grid_worker().await;
        app.admin().await.run("mutation($id: ID!) { endRole(input: { id: $id }) { id } }", json!({ "id": role })).await.ok();
        assert_eq!(worker.run(read, json!({ "id": id })).await.ok().data("need.seenWhole"), &json!(false), "who is in charge no longer is a stranger");
        let worker = other;
        worker.step("closeListing", json!({ "id": id, "outcome": "RESOLVED", "reply": "已送药上门" })).await.ok();
        assert_eq!(amy.rate_need(&id, 1).await.code(), "NOT_FOUND", "what is closed is nobody else's business");
        assert_eq!(worker.rate_need(&id, 4).await.ok().int("rateNeed.steps.6.stars"), 4, "what was said on the telephone");
        let wallets = app.admin().await.run("{ redemptions(first: 1) { edges { node { id } } } }", json!({})).await.ok();
        assert_eq!(wallets.list("redemptions.edges").len(), 0, "nobody served is charged");
    }

    async fn a_person_with_an_account_is_told_of_a_need_filed_for_them(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let contact = json!({ "contact": { "name": "李小明", "phone": amy.phone } });
        let id = worker.file_on_behalf("k", contact).await.ok().text("fileNeedOnBehalf.id");
        assert_eq!(amy.run("query($id: ID!) { need(id: $id) { seenWhole } }", json!({ "id": id })).await.ok().data("need.seenWhole"), &json!(true));
        assert_eq!(amy.step("verifyListing", json!({ "id": id })).await.code(), "FORBIDDEN");
        worker.reply_need(&id, "已登记").await.ok();
        app.deliver().await;
        assert_eq!(amy.run("{ unreadNotificationCount }", json!({})).await.ok().int("unreadNotificationCount"), 1);
    }

    async fn who_is_in_charge_and_who_is_not(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let afar = app.with_role("外网格员", entity::role_grant::Role::GridWorker, app.community.below[2]).await;
        let id = amy.file_need("tap", json!({})).await.ok().text("fileNeed.id");
        assert_eq!(afar.step("verifyListing", json!({ "id": id })).await.code(), "NOT_FOUND", "a grid worker below does not see a draft above");
        let own = worker.file_need("own", json!({})).await.ok().text("fileNeed.id");
        assert_eq!(worker.step("verifyListing", json!({ "id": own })).await.code(), "SELF_DEALING");
        assert_eq!(worker.step("verifyListing", json!({ "id": id.replace("need_", "res_") })).await.code(), "NOT_FOUND", "another kind");
        assert_eq!(worker.step("verifyListing", json!({ "id": amy.volunteer_id })).await.code(), "BAD_ID");
        let both = join_all((0..8).map(|_| worker.step("verifyListing", json!({ "id": id })))).await;
        assert_eq!(both.iter().filter(|answer| answer.body.get("errors").is_none()).count(), 1, "eight taps verify once");
        let read = "query($id: ID!) { me { accountId } node(id: $id) { __typename id ... on Need { title } } }";
        assert_eq!(amy.run(read, json!({ "id": id })).await.ok().text("node.title"), "陪老人去医院看病");
        assert_eq!(app.member("王芳").await.run(read, json!({ "id": id })).await.code(), "NOT_FOUND");
    }
}
