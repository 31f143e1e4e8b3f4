//! Party members' merit: who may know it, what it counts to, and that it buys nothing.

use std::path::Path;

use domain::recognition::merit::account::capped;
use entity::role_grant::Role;
use proptest::prelude::*;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use support::registered::say;
use support::{Actor, Answer, TestApp, both};

pub async fn declare(who: &Actor) -> Answer {
    say(who, "declarePartyMembership", "{ id state }", json!({ "memberClass": "DIRECT", "consentVersion": 1 })).await
}

pub fn rules() -> Value {
    let item = |code: &str, points: i64, max: i64, recorder: &str, classes: Value| json!({ "code": code, "label": format!("事项 {code}"), "points": points, "annualMax": max, "memberClasses": classes, "recorder": recorder });
    json!({
        "year": 2026, "annualMax": 20,
        "grades": [{ "label": "优秀", "from": 15 }, { "label": "合格", "from": 8 }, { "label": "待改进", "from": 0 }],
        "items": [
            item("STUDY", 5, 12, "BRANCH", json!([])), item("HONOUR", 10, 20, "COMMITTEE", json!([])), item("SERVICE", 4, 8, "MEMBER", json!([])),
            item("ABSENT", -6, 12, "BRANCH", json!([])), item("REPORT", 2, 4, "BRANCH", json!(["EMPLOYED"])),
        ],
    })
}

async fn record(who: &Actor, member: &str, item: &str, key: &str) -> Answer {
    let input = json!({ "memberId": member, "itemCode": item, "occurredOn": "2026-03-02", "idempotencyKey": key });
    say(who, "recordMerit", "{ id granted state }", input).await
}

pub async fn claim(who: &Actor, item: &str, note: &str) -> Answer {
    say(who, "claimMerit", "{ id state }", json!({ "itemCode": item, "occurredOn": "2026-03-02", "note": note })).await
}

const OWN: &str =
    "{ myPartyMembership { id state memberClass merit(year: 2026) { points grade entries { granted state corrects appeal { state } } } } }";

async fn points(who: &Actor) -> i64 {
    who.run(OWN, json!({})).await.ok().int("myPartyMembership.merit.points")
}

/// A party worker of the whole community, and a confirmed member of the first grid.
async fn cast(app: &TestApp) -> (Actor, Actor, String) {
    let worker = app.with_role("党务专干", Role::PartyWorker, app.community.region_id).await;
    let amy = app.member("李小明").await;
    let id = declare(&amy).await.ok().text("declarePartyMembership.id");
    say(&worker, "confirmPartyMember", "{ state }", json!({ "id": id })).await.ok();
    say(&worker, "publishMeritScheme", "{ version }", rules()).await.ok();
    (worker, amy, id)
}

proptest! {
    #[test]
    fn whatever_is_recorded_the_sum_stays_within_the_year(wanted in prop::collection::vec((-50_i64..50, 1_i64..80), 0..60), annual in 1_i64..200) {
        let (mut points, mut by_item) = (0, 0);
        for (wanted, item_max) in wanted {
            let granted = capped(wanted, item_max, by_item, annual, points);
            prop_assert!(granted.abs() <= wanted.abs() && granted * wanted >= 0);
            points += granted;
            by_item += granted;
            prop_assert!((0..=annual).contains(&points));
        }
    }
}

/// Merit touches nothing that can be spent or ranked, and nothing of these touches merit: read in the sources.
#[test]
fn no_part_that_spends_or_ranks_knows_of_merit() {
    fn files(directory: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { files(&path, found) } else { found.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut others, mut own) = (Vec::new(), Vec::new());
    let rules = root.join("api/domain/src");
    for part in ["points", "insight", "bus", "service", "exchange"].map(|part| rules.join(part)) {
        files(&part, &mut others);
    }
    for part in ["points", "insight"] {
        files(&root.join("api/src/graphql").join(part), &mut others);
    }
    files(&rules.join("recognition/merit"), &mut own);
    assert!(others.len() > 40 && own.len() >= 6);
    // A person's own copy and their leaving are about every table there is; neither spends nor ranks.
    others.retain(|path| !path.starts_with(rules.join("insight/personal")));
    for path in others {
        let code = std::fs::read_to_string(&path).expect("text").to_lowercase();
        assert!(!code.contains("merit") && !code.contains("party_member"), "{}", path.display());
    }
    for path in own {
        let code = std::fs::read_to_string(&path).expect("text");
        for word in ["crate::points", "crate::outbox", "crate::event", "wallet", "leaderboard_"] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
    }
    let event = std::fs::read_to_string(rules.join("event.rs")).expect("text").to_lowercase();
    assert!(!event.contains("merit") && !event.contains("party"), "no event tells of merit");
}

/// The mutations of the schema that take an input: the name, the type of the input, and of what they answer with.
fn mutations(fields: &str) -> Vec<(&str, &str, &str)> {
    let mut found = Vec::new();
    let (mut name, mut input) = ("", "");
    for line in fields.lines().map(str::trim) {
        if let Some(opened) = line.strip_suffix('(').filter(|opened| opened.chars().all(char::is_alphanumeric)) {
            name = opened;
        } else if let Some(of) = line.strip_prefix("input: ") {
            input = of.trim_end_matches('!');
        } else if let Some(of) = line.strip_prefix("): ") {
            found.push((name, input, of.trim_matches(['[', ']', '!'])));
        }
    }
    found
}

/// A value of a type of the schema, with `id` wherever an id may stand.
fn sample(sdl: &str, of: &str, id: &str) -> Value {
    let of = of.trim_end_matches('!');
    if let Some(inner) = of.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return json!([sample(sdl, inner, id)]);
    }
    let body = |kind: &str| sdl.split(&format!("\n{kind} {of} {{\n")).nth(1).and_then(|rest| rest.split("\n}").next());
    match of {
        "ID" => json!(id),
        // A file comes beside the variables; what stands in its place is refused.
        "String" | "Upload" => json!("一二三"),
        "Int" | "Float" => json!(1),
        "Boolean" => json!(true),
        "DateTime" => json!("2026-03-02T09:00:00Z"),
        "NaiveDate" => json!("2026-03-02"),
        _ => {
            if let Some(values) = body("enum") {
                return json!(
                    values
                        .lines()
                        .map(str::trim)
                        .find(|line| !line.is_empty() && line.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_'))
                );
            }
            let fields = body("input").unwrap_or_else(|| panic!("the schema has no {of}")).lines().map(str::trim);
            // What is required, and whatever takes an id.
            let typed = fields.filter_map(|line| line.split_once(": ")).filter(|(name, _)| name.chars().all(char::is_alphanumeric));
            let typed = typed.map(|(name, of)| (name, of.split(" = ").next().unwrap_or_default()));
            let wanted = typed.filter(|(_, of)| of.ends_with('!') || *of == "ID");
            Value::Object(wanted.map(|(name, of)| (name.to_owned(), sample(sdl, of, id))).collect())
        }
    }
}

both! {
    async fn membership_is_known_to_the_person_and_to_party_workers_alone(app: TestApp) {
        let (worker, amy, id) = cast(&app).await;
        let (ben, admin) = (app.member("王芳").await, app.admin().await);
        assert_eq!(say(&ben, "declarePartyMembership", "{ id }", json!({ "memberClass": "DIRECT", "consentVersion": 0 })).await.code(), "PARTY_CONSENT_REQUIRED");
        assert_eq!(declare(&amy).await.code(), "ALREADY_DECLARED");
        assert_eq!(declare(&support::registered::resident(&app, &support::registered::phone()).await).await.code(), "NOT_VOLUNTEER");
        let list = "{ partyMembers { edges { node { id name memberClass state } } } }";
        let listed = worker.run(list, json!({})).await.ok();
        assert_eq!(listed.data("partyMembers.edges"), &json!([{ "node": { "id": id, "name": "李**", "memberClass": "DIRECT", "state": "CONFIRMED" } }]));
        let branch = app.with_role("支部", Role::PartyWorker, app.community.below[2]).await;
        assert!(branch.run(list, json!({})).await.ok().list("partyMembers.edges").is_empty(), "another grid's");
        assert_eq!(record(&branch, &id, "STUDY", "k").await.code(), "NOT_FOUND");
        let leader = app.with_role("评审", Role::Reviewer, app.community.region_id).await;
        for other in [&amy, &ben, &admin, &app.grid_worker().await, &leader] {
            assert_eq!(other.run(list, json!({})).await.code(), "FORBIDDEN", "{}", other.name);
            assert_eq!(record(other, &id, "STUDY", "k").await.code(), "FORBIDDEN", "{}", other.name);
            assert_eq!(say(other, "confirmPartyMember", "{ id }", json!({ "id": id })).await.code(), "FORBIDDEN", "{}", other.name);
        }
        assert_eq!(admin.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await.code(), "BAD_ID", "no node");
        assert_eq!(ben.run(OWN, json!({})).await.ok().data("myPartyMembership"), &Value::Null);

        // Nothing in any table joins the person to the membership: the row holds neither the account nor the volunteer, and no message or key does.
        record(&worker, &id, "STUDY", "one").await.ok();
        claim(&amy, "SERVICE", "清洁楼道").await.ok();
        app.deliver().await;
        let db = app.app.db.reader();
        let row = entity::party_member::Entity::find().one(db).await.expect("read").expect("a row");
        let account = amy.account().0;
        for hidden in [row.subject_index.clone(), row.sealed.clone().expect("sealed")] {
            assert!(!hidden.windows(16).any(|part| part == account.as_bytes()), "in clear");
        }
        let keys = entity::idempotency::Entity::find().all(db).await.expect("read");
        assert!(keys.iter().all(|key| key.account_id != amy.account()), "a member's acts leave no key");
        let messages = entity::notification::Entity::find().all(db).await.expect("read");
        assert!(messages.is_empty(), "{messages:?}");

        say(&amy, "withdrawPartyMembership", "", json!({ "confirm": true })).await.ok();
        assert_eq!(amy.run(OWN, json!({})).await.ok().data("myPartyMembership"), &Value::Null);
        assert!(worker.run(list, json!({})).await.ok().list("partyMembers.edges").is_empty());
        let row = entity::party_member::Entity::find().one(db).await.expect("read").expect("a row");
        assert_eq!(row.sealed, None, "who it was is gone");
        assert_eq!(record(&worker, &id, "STUDY", "two").await.code(), "NOT_FOUND");
        assert_eq!(say(&amy, "withdrawPartyMembership", "", json!({ "confirm": true })).await.code(), "NOT_FOUND");
        declare(&amy).await.ok();
        app.set_time("2026-12-28T09:00:00+08:00");
        assert_eq!(say(&worker, "closeMeritYear", "", json!({ "year": 2026 })).await.ok().int("closeMeritYear"), 1, "a claim of nobody holds nobody up");
    }

    async fn points_follow_the_rules_of_the_year(app: TestApp) {
        let (worker, amy, id) = cast(&app).await;
        let branch = app.with_role("支部", Role::PartyWorker, app.community.below[1]).await;
        assert_eq!(say(&branch, "publishMeritScheme", "{ version }", rules()).await.code(), "FORBIDDEN", "a branch does not make rules");
        let with = |changes: Value| support::listing::with(rules(), changes);
        for (changes, field) in [
            (json!({ "year": 2025 }), "year"), (json!({ "annualMax": 0 }), "annualMax"), (json!({ "grades": [{ "label": "合格", "from": 1 }] }), "grades"), (json!({ "items": [] }), "items"),
            (json!({ "items": [{ "code": "X", "label": "扣分", "points": -1, "annualMax": 1, "memberClasses": [], "recorder": "MEMBER" }] }), "items"),
        ] {
            assert_eq!(say(&worker, "publishMeritScheme", "{ version }", with(changes)).await.field(), field);
        }
        assert_eq!(say(&worker, "publishMeritScheme", "{ version }", rules()).await.ok().int("publishMeritScheme.version"), 2);
        assert_eq!(amy.run("{ meritScheme(year: 2025) { version } }", json!({})).await.code(), "MERIT_SCHEME_MISSING");

        assert_eq!(record(&branch, &id, "STUDY", "1").await.ok().int("recordMerit.granted"), 5);
        assert_eq!(record(&branch, &id, "STUDY", "1").await.ok().int("recordMerit.granted"), 5, "the same key");
        assert_eq!(points(&amy).await, 5);
        record(&branch, &id, "STUDY", "2").await.ok();
        assert_eq!(record(&branch, &id, "STUDY", "3").await.ok().int("recordMerit.granted"), 2, "the item's limit");
        assert_eq!(record(&branch, &id, "STUDY", "4").await.code(), "MERIT_LIMIT_REACHED");
        assert_eq!(record(&branch, &id, "HONOUR", "5").await.code(), "FORBIDDEN", "for the committee");
        assert_eq!(record(&worker, &id, "HONOUR", "5").await.ok().int("recordMerit.granted"), 8, "the year's limit");
        assert_eq!(record(&branch, &id, "ABSENT", "6").await.ok().int("recordMerit.granted"), -6);
        assert_eq!(points(&amy).await, 14);
        for item in ["REPORT", "SERVICE", "NONE"] {
            assert_eq!(record(&worker, &id, item, item).await.field(), "itemCode", "{item}");
        }
        let future = json!({ "memberId": id, "itemCode": "STUDY", "occurredOn": "2026-03-03", "idempotencyKey": "f" });
        assert_eq!(say(&worker, "recordMerit", "{ id }", future).await.field(), "occurredOn");
        let own = declare(&worker).await.ok().text("declarePartyMembership.id");
        assert_eq!(say(&worker, "confirmPartyMember", "{ id }", json!({ "id": own })).await.code(), "SELF_DEALING");
        assert_eq!(record(&worker, &own, "STUDY", "own").await.code(), "SELF_DEALING");
    }

    async fn claims_and_appeals_are_decided_by_somebody_else(app: TestApp) {
        let (worker, amy, id) = cast(&app).await;
        let other = app.with_role("副书记", Role::PartyWorker, app.community.region_id).await;
        let ben = app.member("王芳").await;
        assert_eq!(claim(&ben, "SERVICE", "清洁楼道").await.code(), "NOT_FOUND", "no member");
        assert_eq!(claim(&amy, "STUDY", "学习").await.field(), "itemCode");
        let claimed = claim(&amy, "SERVICE", "清洁楼道").await.ok().text("claimMerit.id");
        assert_eq!(claim(&amy, "SERVICE", "清洁楼道").await.code(), "CONFLICT", "claimed already");
        let decide = async |who: &Actor, entry: &str, approve: bool, reason: Value| say(who, "decideMeritClaim", "{ state granted reason }", json!({ "id": entry, "approve": approve, "reason": reason })).await;
        assert_eq!(decide(&amy, &claimed, true, Value::Null).await.code(), "FORBIDDEN");
        assert_eq!(decide(&worker, &claimed, false, Value::Null).await.code(), "REASON_REQUIRED");
        decide(&worker, &claimed, false, json!("无记录")).await.ok();
        assert_eq!(decide(&worker, &claimed, true, Value::Null).await.code(), "STATE_CHANGED");
        assert_eq!(points(&amy).await, 0);

        let appeal = async |who: &Actor, entry: &str, reason: &str| say(who, "appealMerit", "{ id state }", json!({ "entryId": entry, "reason": reason })).await;
        assert_eq!(appeal(&ben, &claimed, "有照片").await.code(), "NOT_FOUND");
        assert_eq!(appeal(&amy, &claimed, "").await.code(), "REASON_REQUIRED");
        let filed = appeal(&amy, &claimed, "有照片").await.ok().text("appealMerit.id");
        assert_eq!(appeal(&amy, &claimed, "有照片").await.code(), "ALREADY_APPEALED");
        let waiting = claim(&amy, "SERVICE", "另一次").await.ok().text("claimMerit.id");
        assert_eq!(appeal(&amy, &waiting, "太慢").await.code(), "STATE_CHANGED");
        let judge = async |who: &Actor, uphold: bool| say(who, "decideMeritAppeal", "{ state decision }", json!({ "id": filed, "uphold": uphold, "reason": "核实属实" })).await;
        assert_eq!(judge(&amy, true).await.code(), "FORBIDDEN");
        assert_eq!(judge(&worker, true).await.code(), "SECOND_PERSON_REQUIRED", "who refused it");
        assert_eq!(judge(&other, true).await.ok().text("decideMeritAppeal.state"), "UPHELD");
        assert_eq!(judge(&other, true).await.code(), "STATE_CHANGED");
        assert_eq!(points(&amy).await, 4);
        let deducted = record(&worker, &id, "ABSENT", "absent").await.ok();
        assert_eq!((deducted.int("recordMerit.granted"), points(&amy).await), (-4, 0), "never below nothing");
        let filed = appeal(&amy, &deducted.text("recordMerit.id"), "请过假").await.ok().text("appealMerit.id");
        say(&other, "decideMeritAppeal", "{ state }", json!({ "id": filed, "uphold": true, "reason": "有请假条" })).await.ok();
        assert_eq!(points(&amy).await, 4, "put right");

        let close = async |who: &Actor| say(who, "closeMeritYear", "", json!({ "year": 2026 })).await;
        assert_eq!(close(&worker).await.field(), "year", "not before December");
        app.set_time("2026-12-28T09:00:00+08:00");
        assert_eq!(close(&worker).await.code(), "MERIT_OPEN", "a claim waits");
        decide(&worker, &waiting, true, Value::Null).await.ok();
        assert_eq!(close(&amy).await.code(), "FORBIDDEN");
        assert_eq!(close(&worker).await.ok().int("closeMeritYear"), 1);
        let own = amy.run(OWN, json!({})).await.ok();
        assert_eq!((own.int("myPartyMembership.merit.points"), own.text("myPartyMembership.merit.grade")), (8, "合格".to_owned()));
        assert_eq!(close(&worker).await.code(), "MERIT_YEAR_CLOSED");
        assert_eq!(record(&worker, &id, "STUDY", "late").await.code(), "MERIT_YEAR_CLOSED");
        assert_eq!(claim(&amy, "SERVICE", "迟到").await.code(), "MERIT_YEAR_CLOSED");
        assert_eq!(appeal(&amy, &waiting, "多了").await.code(), "MERIT_YEAR_CLOSED");
        let late = declare(&ben).await.ok().text("declarePartyMembership.id");
        say(&worker, "confirmPartyMember", "{ state }", json!({ "id": late })).await.ok();
        assert_eq!(record(&worker, &late, "STUDY", "ben").await.code(), "MERIT_YEAR_CLOSED", "nobody is added to a closed year");
    }

    async fn what_is_put_right_stays_within_the_year(app: TestApp) {
        let (worker, amy, id) = cast(&app).await;
        let other = app.with_role("副书记", Role::PartyWorker, app.community.region_id).await;
        for key in ["1", "2"] {
            record(&worker, &id, "HONOUR", key).await.ok();
        }
        let deducted = record(&worker, &id, "ABSENT", "3").await.ok().text("recordMerit.id");
        for (key, granted) in [("4", 5), ("5", 1)] {
            assert_eq!(record(&worker, &id, "STUDY", key).await.ok().int("recordMerit.granted"), granted);
        }
        assert_eq!(points(&amy).await, 20, "the year's maximum");
        let filed = say(&amy, "appealMerit", "{ id }", json!({ "entryId": deducted, "reason": "请过假" })).await.ok().text("appealMerit.id");
        say(&other, "decideMeritAppeal", "{ state }", json!({ "id": filed, "uphold": true, "reason": "有请假条" })).await.ok();
        assert_eq!(points(&amy).await, 20, "what was taken has been earned since");
    }

    async fn limits_hold_when_many_record_at_once(app: TestApp) {
        let (worker, amy, id) = cast(&app).await;
        let keys: Vec<String> = (0..10).map(|at| format!("key {at}")).collect();
        let answers = futures_util::future::join_all(keys.iter().map(|key| record(&worker, &id, "STUDY", key))).await;
        let granted: i64 = answers.iter().filter(|answer| answer.body["errors"].is_null()).map(|answer| answer.int("recordMerit.granted")).sum();
        assert_eq!((granted, points(&amy).await), (12, 12));
    }

    async fn merit_buys_nothing_and_stands_on_no_list(app: TestApp) {
        let (worker, amy, id) = cast(&app).await;
        record(&worker, &id, "HONOUR", "honour").await.ok();
        app.deliver().await;
        let before = points(&amy).await;
        assert_eq!((before, amy.minutes_and_points().await), (10, (0, 0)), "not in the points account");

        let desk = app.desk().await;
        let reward = json!({ "title": "香皂", "description": "一块", "category": "DAILY", "pickupPlace": "社区", "price": 1, "stock": 5, "idempotencyKey": "reward" });
        let made = say(&desk, "createReward", "{ id }", reward).await.ok().text("createReward.id");
        let redeem = json!({ "rewardId": made, "quantity": 1, "cost": 1, "idempotencyKey": "redeem" });
        assert_eq!(say(&amy, "redeemReward", "{ id }", redeem).await.code(), "POINTS_INSUFFICIENT");

        // Every mutation that takes an id is offered the ids of merit in place of every id: none takes one but merit's own.
        let account = entity::merit_account::Entity::find().one(app.app.db.reader()).await.expect("read").expect("an account");
        let admin = app.admin().await;
        let sdl = api::graphql::sdl();
        let own = ["declarePartyMembership", "withdrawPartyMembership", "confirmPartyMember", "unmaskPartyMembers", "publishMeritScheme", "recordMerit", "claimMerit", "decideMeritClaim", "appealMerit", "decideMeritAppeal", "closeMeritYear"];
        let fields = sdl.split("\ntype Mutation {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("mutations");
        let mutations = mutations(fields);
        assert!(mutations.len() > 60 && own.iter().all(|own| mutations.iter().any(|(name, ..)| name == own)), "{mutations:?}");
        let mut refused_as_ids = 0;
        for (name, input_type, of) in mutations.iter().filter(|(name, ..)| !own.contains(name)) {
            let selection = if sdl.contains(&format!("\ntype {of} ")) { "{ __typename }" } else { "" };
            for merit in [account.id.to_string(), id.clone()] {
                let input = sample(&sdl, input_type, &merit);
                if !input.to_string().contains(&merit) {
                    continue;
                }
                let document = format!("mutation($input: {input_type}!) {{ {name}(input: $input) {selection} }}");
                let answer = admin.run(&document, json!({ "input": input })).await;
                assert!(answer.body["errors"].is_array(), "{name} took {merit}: {:#}", answer.body);
                refused_as_ids += usize::from(answer.code() == "BAD_ID");
            }
        }
        assert!(refused_as_ids > 40, "only {refused_as_ids} were refused for what they are");
        assert_eq!(points(&amy).await, before);
        for metric in ["POINTS", "MINUTES"] {
            let board = "query($metric: LeaderboardMetric!) { leaderboard(metric: $metric, period: ALL) { entries { value } total } }";
            let seen = amy.run(board, json!({ "metric": metric })).await.ok();
            assert!(seen.list("leaderboard.entries").is_empty(), "{metric}: {:#}", seen.body);
        }
        let spent = app.app.db.reader().query_one_raw(domain::db::sql(app.app.db.reader(), "SELECT COUNT(*) AS n FROM operation", [])).await.expect("read").expect("a count");
        assert_eq!(spent.try_get::<i64>("", "n").expect("a number"), 0, "no operation of the ledger");
    }
}
