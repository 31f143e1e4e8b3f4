//! The names of Party members: masked for everybody else, shown for a reason that the member reads, and gone with the membership.

use domain::db::sql;
use domain::people::role::Reach;
use entity::id::{AccountId, PartyMemberId, RegionId};
use entity::party_member_unmasking::{self, Model};
use entity::role_grant::Role;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use support::registered::{say, send};
use support::{Actor, Answer, TestApp, both};

use crate::community::neighbour;
use crate::personal::{leave, member};
use crate::personal_rows::rows_of_everything;
use crate::roles::somebody;

const NAME: &str = "欧阳小敏";
const REASON: &str = "七一前走访老党员";
const LIST: &str = "{ partyMembers(first: 10) { nodes { id name } } }";
const LOOKS: &str = "{ myPartyMemberUnmaskings(first: 10) { nodes { id accountId reason lookedAt } } }";

async fn declare(who: &Actor) -> String {
    let input = json!({ "memberClass": "DIRECT", "consentVersion": 1 });
    say(who, "declarePartyMembership", "{ id }", input).await.ok().text("declarePartyMembership.id")
}

async fn unmask(who: &Actor, ids: &[&str], reason: &str) -> Answer {
    say(who, "unmaskPartyMembers", "{ id name }", json!({ "ids": ids, "reason": reason })).await
}

async fn looks(who: &Actor) -> Vec<Value> {
    who.run(LOOKS, json!({})).await.ok().list("myPartyMemberUnmaskings.nodes").to_vec()
}

async fn rows(app: &TestApp, member: &str) -> Vec<Model> {
    let id: PartyMemberId = member.parse().expect("an id");
    let query = party_member_unmasking::Entity::find().filter(party_member_unmasking::Column::MemberId.eq(id));
    query.order_by_asc(party_member_unmasking::Column::Id).all(app.app.db.writer()).await.expect("read")
}

async fn party_worker(app: &TestApp, region: RegionId) -> Actor {
    app.with_role("党务专干", Role::PartyWorker, region).await
}

/// What a statement is refused with by the table.
async fn refused(app: &TestApp, text: &str) -> bool {
    let outcome = app.app.db.writer().execute_raw(sql(app.app.db.writer(), text, [])).await;
    outcome.err().is_some_and(|error| error.to_string().contains("append_only"))
}

both! {
    async fn a_party_worker_reads_a_masked_name_until_they_say_why(app: TestApp) {
        let worker = party_worker(&app, app.community.region_id).await;
        let (amy, ben) = (app.member(NAME).await, app.member("李小明").await);
        let (hers, his) = (declare(&amy).await, declare(&ben).await);
        // Who agreed to be named in public lists did not agree to be named as a Party member.
        say(&amy, "giveConsent", "{ state }", json!({ "purpose": "NAME_PUBLICITY", "version": 1 })).await.ok();
        let confirmed = say(&worker, "confirmPartyMember", "{ name }", json!({ "id": hers })).await.ok();
        assert_eq!(confirmed.text("confirmPartyMember.name"), "欧**");
        let listed = worker.run(LIST, json!({})).await.ok();
        assert_eq!(listed.data("partyMembers.nodes"), &json!([{ "id": hers, "name": "欧**" }, { "id": his, "name": "李**" }]));
        assert_eq!(amy.run("{ myPartyMembership { name } }", json!({})).await.ok().text("myPartyMembership.name"), NAME, "one's own is whole");
        let own = declare(&worker).await;
        let listed = worker.run(LIST, json!({})).await.ok();
        assert_eq!(listed.data("partyMembers.nodes.2"), &json!({ "id": own, "name": "党务专干" }), "in the list too");

        let shown = unmask(&worker, &[&his, &hers, &his], REASON).await.ok();
        assert_eq!(shown.data("unmaskPartyMembers"), &json!([{ "id": his, "name": "李小明" }, { "id": hers, "name": NAME }]));
        app.advance_minutes(1);
        unmask(&worker, &[&hers], "核对党费台账").await.ok();
        let seen = looks(&amy).await;
        let told: Vec<_> = seen.iter().map(|look| (look["accountId"].as_str().expect("an id"), look["reason"].as_str().expect("text"))).collect();
        assert_eq!(told, [(worker.account_id.as_str(), "核对党费台账"), (worker.account_id.as_str(), REASON)], "newest first");
        assert!(seen.iter().all(|look| look["lookedAt"].is_string()));
        assert_eq!(looks(&ben).await.len(), 1, "each reads the looks at them");
        assert_eq!((looks(&worker).await.len(), looks(&app.member("王芳").await).await.len()), (0, 0), "and nobody else's");
        let page = amy.run("{ myPartyMemberUnmaskings(first: 1) { nodes { reason } pageInfo { hasNextPage endCursor } } }", json!({})).await.ok();
        let rest = "query($after: String!) { myPartyMemberUnmaskings(first: 1, after: $after) { nodes { reason } pageInfo { hasNextPage } } }";
        let rest = amy.run(rest, json!({ "after": page.text("myPartyMemberUnmaskings.pageInfo.endCursor") })).await.ok();
        assert_eq!(rest.text("myPartyMemberUnmaskings.nodes.0.reason"), REASON);

        let lines = "SELECT COUNT(*) FROM audit_line l JOIN audit_outcome o ON o.line_id = l.id WHERE l.operation = 'unmaskPartyMembers' AND o.result = 'OK'";
        let row = app.app.db.writer().query_one_raw(sql(app.app.db.writer(), lines, [])).await.expect("read").expect("a count");
        assert_eq!(row.try_get_by_index::<i64>(0).expect("a number"), 2, "an act of office is in the audit log");
    }

    async fn without_a_reason_and_a_right_nothing_is_shown(app: TestApp) {
        let worker = party_worker(&app, app.community.region_id).await;
        let amy = app.member(NAME).await;
        let id = declare(&amy).await;
        let many: Vec<String> = (0..101).map(|_| PartyMemberId::new(app.now()).to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let none = PartyMemberId::new(app.now()).to_string();
        for (ids, reason, code, field) in [
            (vec![id.as_str()], " ", "REASON_REQUIRED", "reason"),
            (vec![], REASON, "BAD_INPUT", "ids"),
            (many, REASON, "BAD_INPUT", "ids"),
            (vec![id.as_str(), none.as_str()], REASON, "NOT_FOUND", "ids"),
            (vec![amy.account_id.as_str()], REASON, "BAD_ID", "ids"),
        ] {
            let answer = unmask(&worker, &ids, reason).await;
            assert_eq!((answer.code(), answer.field()), (code, field), "{reason}: {} ids", ids.len());
        }
        let elsewhere = party_worker(&app, app.community.below[2]).await;
        assert_eq!(unmask(&elsewhere, &[&id], REASON).await.code(), "NOT_FOUND", "another grid's");
        let (code, boss) = neighbour(&app).await;
        let there: RegionId = boss.run("{ myCommunity { region { id } } }", json!({})).await.ok().text("myCommunity.region.id").parse().expect("an id");
        let stranger = somebody(&app, &code).await;
        app.give_role(&stranger, Role::PartyWorker, Reach::Region(there)).await;
        let foreign = unmask(&stranger, &[&id], REASON).await;
        assert_eq!((foreign.code(), foreign.field()), ("NOT_FOUND", "ids"), "another community's");
        for other in [&amy, &app.admin().await, &app.grid_worker().await, &app.with_role("审计", Role::Auditor, app.community.region_id).await] {
            assert_eq!(unmask(other, &[&id], REASON).await.code(), "FORBIDDEN", "{}", other.name);
        }
        assert_eq!(unmask(&Actor::stranger(&app), &[&id], REASON).await.code(), "UNAUTHENTICATED");
        assert!(looks(&amy).await.is_empty() && rows(&app, &id).await.is_empty(), "what was refused showed nothing");

        let admin = app.admin().await;
        let newer = json!({ "purpose": "PARTY_MEMBERSHIP", "text": "新的告知", "material": true, "reason": "制度更新" });
        admin.mutate("publishConsentText", newer, "version").await.ok();
        assert_eq!(unmask(&worker, &[&id], REASON).await.code(), "NOT_FOUND", "unseen until she agrees anew");
    }

    async fn a_look_tells_nobody_in_the_rows_who_is_a_member(app: TestApp) {
        let worker = party_worker(&app, app.community.region_id).await;
        let (amy, ben) = (app.member(NAME).await, app.member("李小明").await);
        let (hers, his) = (declare(&amy).await, declare(&ben).await);
        unmask(&worker, &[&hers, &his], REASON).await.ok();
        app.deliver().await;
        let (account, volunteer): (AccountId, _) = (amy.account(), amy.volunteer());
        let mut needles = vec![amy.account_id.to_lowercase(), amy.volunteer_id.to_lowercase(), NAME.to_owned(), hex::encode(NAME)];
        for id in [account.0, volunteer.0] {
            needles.extend([id.to_string(), id.simple().to_string()]);
        }
        let everything = rows_of_everything(&app).await;
        let kept: Vec<_> = everything.iter().filter(|(table, _)| table == "party_member_unmasking").collect();
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|(_, row)| needles.iter().all(|needle| !row.contains(needle))), "{kept:?}");
        for reason in [REASON.to_owned(), hex::encode(REASON)] {
            assert!(everything.iter().all(|(_, row)| !row.contains(&reason)), "the reason is sealed wherever it stands");
        }
        let sealed = [rows(&app, &hers).await.remove(0).reason_sealed, rows(&app, &his).await.remove(0).reason_sealed];
        assert_ne!(sealed[0], sealed[1], "equal reasons are not seen to be equal");

        // A look is never changed: only its reason may be emptied, or sealed under another secret.
        for forged in [
            "UPDATE party_member_unmasking SET looked_at = looked_at + 1",
            "UPDATE party_member_unmasking SET looked_at = looked_at + 1, reason_sealed = substr(reason_sealed, 1, 0)",
            "UPDATE party_member_unmasking SET reason_sealed = substr(reason_sealed, 1, 20)",
            "DELETE FROM party_member_unmasking",
        ] {
            assert!(refused(&app, forged).await, "{forged}");
        }
        assert_eq!(looks(&amy).await[0]["reason"], REASON);
    }

    async fn who_acts_for_a_member_is_told_nothing_of_it(app: TestApp) {
        let worker = party_worker(&app, app.community.region_id).await;
        let (amy, ben) = (member(&app, NAME).await, member(&app, "李小明").await);
        unmask(&worker, &[&declare(&amy).await], REASON).await.ok();
        let code = send(&amy, "inviteHelper", "InviteHelperInput", "{ code }", json!({ "kind": "ELDER" })).await.ok().text("inviteHelper.code");
        let id = send(&ben, "acceptHelping", "AcceptHelpingInput", "{ id }", json!({ "code": code })).await.ok().text("acceptHelping.id");
        let acting = send(&ben, "actFor", "ActForInput", "{ accessToken }", json!({ "relationId": id, "device": "his" })).await.ok();
        let acting = amy.showing(&acting.text("actFor.accessToken"));
        assert!(looks(&acting).await.is_empty());
        assert_eq!(acting.run("{ myPartyMembership { id } }", json!({})).await.ok().data("myPartyMembership"), &Value::Null);
        assert_eq!(looks(&amy).await.len(), 1);
    }

    async fn why_somebody_looked_goes_with_the_membership(app: TestApp) {
        let worker = party_worker(&app, app.community.region_id).await;
        let (amy, ben) = (app.member(NAME).await, app.member("李小明").await);
        let (hers, his) = (declare(&amy).await, declare(&ben).await);
        unmask(&worker, &[&hers, &his], REASON).await.ok();
        say(&amy, "withdrawPartyMembership", "", json!({ "confirm": true })).await.ok();
        assert!(looks(&amy).await.is_empty());
        let left = rows(&app, &hers).await;
        assert_eq!(left.len(), 1, "that somebody looked stays");
        assert_eq!((left[0].reason_sealed.as_slice(), left[0].account_id), (&[][..], worker.account()));
        assert_eq!(unmask(&worker, &[&hers], REASON).await.code(), "NOT_FOUND");
        assert_eq!(looks(&ben).await[0]["reason"], REASON, "others' are untouched");
        let again = declare(&amy).await;
        assert!(again != hers && looks(&amy).await.is_empty(), "a new membership begins anew");
    }

    async fn who_leaves_takes_the_reasons_along(app: TestApp) {
        let worker = party_worker(&app, app.community.region_id).await;
        let (amy, ben) = (member(&app, NAME).await, app.member("李小明").await);
        let (hers, his) = (declare(&amy).await, declare(&ben).await);
        unmask(&worker, &[&hers, &his], REASON).await.ok();
        leave(&amy).await.ok();
        app.deliver().await;
        app.advance_minutes(11);
        app.deliver().await;
        let left = rows(&app, &hers).await;
        assert_eq!((left.len(), left[0].reason_sealed.len()), (1, 0));
        let row = entity::party_member::Entity::find_by_id(left[0].member_id).one(app.app.db.writer()).await.expect("read").expect("the membership");
        assert_eq!(row.sealed, None, "and leads to nobody");
        assert_ne!(row.subject_index, domain::recognition::merit::member::index(&app.app.keys, amy.account()));
        assert_eq!(looks(&ben).await[0]["reason"], REASON, "others' are untouched");
        assert_eq!(unmask(&worker, &[&hers], REASON).await.code(), "NOT_FOUND");
    }

    async fn no_look_outlives_a_membership_that_is_withdrawn_meanwhile(app: TestApp) {
        let worker = party_worker(&app, app.community.region_id).await;
        for at in 0..6 {
            let amy = app.member(NAME).await;
            let hers = declare(&amy).await;
            let ids = [hers.as_str()];
            let (looked, withdrawn) = futures_util::join!(
                unmask(&worker, &ids, REASON),
                say(&amy, "withdrawPartyMembership", "", json!({ "confirm": true }))
            );
            withdrawn.ok();
            let left = rows(&app, &hers).await;
            assert_eq!(left.len(), usize::from(looked.body.get("errors").is_none()), "try {at}");
            assert!(left.iter().all(|look| look.reason_sealed.is_empty()), "try {at}: a reason stays behind");
        }
    }
}
