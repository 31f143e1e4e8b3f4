//! Roles with dates and their history, and acting for somebody else.

use entity::role_grant::Role;
use serde_json::json;
use support::registered::{self, send, staff, volunteer};
use support::{Actor, Answer, TestApp, both};

const RELATION: &str = "{ id principalId helperId kind consent consentNote endedAt }";

async fn grant(who: &Actor, input: serde_json::Value) -> Answer {
    send(who, "grantRole", "GrantRoleInput", "{ id startsAt endsAt }", input).await
}

async fn act_for(who: &Actor, relation_id: &str) -> Answer {
    let input = json!({ "relationId": relation_id, "device": "daughter's telephone" });
    send(who, "actFor", "ActForInput", "{ accessToken me { accountId actedBy roles { role } } }", input).await
}

both! {
    async fn a_role_begins_and_ends_by_its_dates(app: TestApp) {
        let boss = staff(&app, &[Role::Admin]).await;
        let amy = volunteer(&app, "张小红").await;
        let region_id = app.community.region_id.to_string();
        let dated = json!({ "role": "GRID_WORKER", "volunteerId": amy.volunteer_id, "regionId": region_id,
            "startsAt": "2026-03-02T01:10:00Z", "endsAt": "2026-03-02T01:14:00Z" });
        grant(&boss, dated.clone()).await.ok();
        let work = async || amy.run("{ volunteers(first: 1) { edges { node { id } } } }", json!({})).await;
        assert_eq!(work().await.code(), "FORBIDDEN", "not yet");
        app.set_time("2026-03-02T01:10:00Z");
        work().await.ok();
        assert_eq!(grant(&boss, dated).await.code(), "ALREADY_GRANTED");
        app.set_time("2026-03-02T01:14:00Z");
        assert_eq!(work().await.code(), "FORBIDDEN", "no longer");
        for (starts, ends) in [(None, "2026-03-02T01:14:00Z"), (Some("2026-03-03T00:00:00Z"), "2026-03-02T23:00:00Z")] {
            let late = json!({ "role": "GRID_WORKER", "volunteerId": amy.volunteer_id, "regionId": region_id, "startsAt": starts, "endsAt": ends });
            let late = grant(&boss, late).await;
            assert_eq!((late.code(), late.field()), ("BAD_INPUT", "endsAt"));
        }
        let again = json!({ "role": "GRID_WORKER", "volunteerId": amy.volunteer_id, "regionId": region_id });
        let again = grant(&boss, again).await.ok().text("grantRole.id");
        work().await.ok();
        send(&boss, "endRole", "EndRoleInput", "{ endedBy }", json!({ "id": again })).await.ok();

        let history = "query($id: ID) { roleGrants(accountId: $id, first: 10) { edges { node { role grantedBy endedBy endsAt endedAt } } } }";
        let seen = boss.run(history, json!({ "id": amy.account_id })).await.ok();
        let rows = seen.list("roleGrants.edges");
        assert_eq!(rows.len(), 4, "{rows:?}");
        let (last, first) = (&rows[0]["node"], &rows[1]["node"]);
        assert_eq!((&last["grantedBy"], &last["endedBy"]), (&json!(boss.account_id), &json!(boss.account_id)));
        assert_eq!((&first["endsAt"], &first["endedBy"]), (&json!("2026-03-02T01:14:00+00:00"), &json!(null)), "ended by its date");
        assert_eq!(first["endedAt"], first["endsAt"]);
        assert_eq!(amy.run(history, json!({})).await.code(), "FORBIDDEN");
    }

    async fn a_daughter_acts_for_her_mother_by_her_invitation(app: TestApp) {
        let (mother, daughter) = (volunteer(&app, "张桂英").await, volunteer(&app, "张小红").await);
        let invite = send(&mother, "inviteHelper", "InviteHelperInput", "{ code expiresAt }", json!({ "kind": "ELDER" })).await.ok();
        let accept = async |who: &Actor, code: &str| send(who, "acceptHelping", "AcceptHelpingInput", RELATION, json!({ "code": code })).await;
        let code = invite.text("inviteHelper.code");
        assert_eq!(accept(&mother, &code).await.code(), "SELF_DEALING");
        assert_eq!(accept(&daughter, "000000000000").await.code(), "NOT_FOUND");
        let relation = accept(&daughter, &code).await.ok();
        assert_eq!(relation.text("acceptHelping.consent"), "OWN");
        let id = relation.text("acceptHelping.id");
        let eve = volunteer(&app, "李小明").await;
        assert_eq!(accept(&eve, &code).await.code(), "NOT_FOUND", "an invitation is good once");
        assert_eq!(act_for(&eve, &id).await.code(), "NOT_FOUND");
        assert_eq!(act_for(&mother, &id).await.code(), "NOT_FOUND", "not the other way round");

        let signed = act_for(&daughter, &id).await.ok();
        assert_eq!((signed.text("actFor.me.accountId"), signed.text("actFor.me.actedBy")), (mother.account_id.clone(), daughter.account_id.clone()));
        let acting = mother.showing(&signed.text("actFor.accessToken"));
        send(&acting, "updateMyProfile", "UpdateMyProfileInput", "{ id }", json!({ "regionId": app.community.region_id.to_string() })).await.ok();
        let team = app.team("绿队", None).await;
        send(&acting, "joinTeam", "JoinTeamInput", "{ id }", json!({ "teamId": team.to_string() })).await.ok();
        for (who, other) in [(&mother, "for her"), (&daughter, "by her")] {
            let seen = who.run("{ myActingSteps(first: 10) { edges { node { operation principalId helperId requestId } } } }", json!({})).await.ok();
            let rows = seen.list("myActingSteps.edges");
            assert_eq!(rows.len(), 2, "{other}: {rows:?}");
            assert_eq!(rows[0]["node"]["operation"], "joinTeam");
            assert_eq!((&rows[0]["node"]["principalId"], &rows[0]["node"]["helperId"]), (&json!(mother.account_id), &json!(daughter.account_id)));
        }
        let refused = [
            ("changePassword", "ChangePasswordInput", "{ accountId }", json!({ "currentPassword": registered::PASSWORD, "newPassword": "stolen123" })),
            ("inviteHelper", "InviteHelperInput", "{ code }", json!({ "kind": "ELDER" })),
            ("endHelping", "EndHelpingInput", "{ id }", json!({ "id": id })),
            ("updateMyProfile", "UpdateMyProfileInput", "{ id }", json!({ "publishesName": true })),
            ("giveConsent", "GiveConsentInput", "{ state }", json!({ "purpose": "NAME_PUBLICITY", "version": 1 })),
        ];
        for (mutation, of, fields, input) in refused {
            assert_eq!(send(&acting, mutation, of, fields, input).await.code(), "FORBIDDEN", "{mutation} is hers alone");
        }
        assert_eq!(acting.run("mutation { setUpSecondFactor { secret } }", json!({})).await.code(), "FORBIDDEN");

        assert_eq!(send(&eve, "endHelping", "EndHelpingInput", "{ id }", json!({ "id": id })).await.code(), "NOT_FOUND");
        send(&mother, "endHelping", "EndHelpingInput", "{ endedAt }", json!({ "id": id })).await.ok();
        assert_eq!(acting.run("{ me { accountId } }", json!({})).await.code(), "UNAUTHENTICATED", "her sign-ins end with it");
        assert_eq!(act_for(&daughter, &id).await.code(), "NOT_FOUND");
    }

    async fn offices_are_not_lent(app: TestApp) {
        let boss = staff(&app, &[Role::Admin]).await;
        let helper = volunteer(&app, "张小红").await;
        let code = send(&boss, "inviteHelper", "InviteHelperInput", "{ code }", json!({ "kind": "OTHER" })).await.ok().text("inviteHelper.code");
        let id = send(&helper, "acceptHelping", "AcceptHelpingInput", "{ id }", json!({ "code": code })).await.ok().text("acceptHelping.id");
        let acting = boss.showing(&act_for(&helper, &id).await.ok().text("actFor.accessToken"));
        assert_eq!(acting.run("{ roleGrants(first: 1) { edges { node { id } } } }", json!({})).await.code(), "FORBIDDEN");
        let grant_self = json!({ "role": "ADMIN", "volunteerId": helper.volunteer_id, "regionId": app.community.region_id.to_string() });
        assert_eq!(grant(&acting, grant_self).await.code(), "FORBIDDEN");
    }

    async fn staff_write_down_a_consent_given_before_them(app: TestApp) {
        let worker = app.grid_worker().await;
        let (elder, child) = (app.member("王桂芳").await, app.member("王小明").await);
        let record = async |who: &Actor, principal: &str, helper: &str, note: &str| {
            let input = json!({ "principalId": principal, "helperId": helper, "kind": "ELDER", "consentNote": note });
            send(who, "recordHelping", "RecordHelpingInput", RELATION, input).await
        };
        assert_eq!(record(&worker, &elder.volunteer_id, &child.volunteer_id, " ").await.code(), "CONSENT_REQUIRED");
        assert_eq!(record(&child, &elder.volunteer_id, &child.volunteer_id, "口头同意").await.code(), "FORBIDDEN");
        assert_eq!(record(&worker, &elder.volunteer_id, &worker.volunteer_id, "口头同意").await.code(), "SELF_DEALING");
        let made = record(&worker, &elder.volunteer_id, &child.volunteer_id, "老人在家中当面同意,邻居在场").await.ok();
        assert_eq!(made.text("recordHelping.consent"), "WITNESSED");
        assert_eq!(record(&worker, &elder.volunteer_id, &child.volunteer_id, "再次").await.code(), "ALREADY_GRANTED");
        act_for(&child, &made.text("recordHelping.id")).await.ok();
        let boss = app.admin().await;
        send(&boss, "endHelping", "EndHelpingInput", "{ endedAt }", json!({ "id": made.text("recordHelping.id") })).await.ok();
    }
}
