//! The audit log: what leaves a line and what does not, what a line says and keeps quiet about, and who reads it.

use std::collections::BTreeSet;
use std::time::Duration;

use api::server::Settings;
use domain::people::permission::Action;
use domain::people::role::Reach;
use domain::rate::Limit;
use entity::role_grant::Role;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::process::Process;
use support::registered::{self, PASSWORD, send, volunteer};
use support::{Actor, Answer, TestApp, both, http, seed, stage};

use crate::community::neighbour;
use crate::foreign_ids::things;
use crate::roles::{Sdl, somebody};

const LOG: &str = "query($of: ID, $filter: AuditFilter, $first: Int, $after: String) { auditLog(communityId: $of, filter: $filter, first: $first, after: $after) \
                   { pageInfo { hasNextPage endCursor } nodes { id accountId helperId loginSessionId operation objectIds objectsLeftOut reason requestId \
                   begunAt result endedAt begunLink { number hash } endedLink { number hash } } } }";

/// Somebody who audits the community of the stories.
pub async fn auditor(app: &TestApp) -> Actor {
    app.with_role("审计员", Role::Auditor, app.community.region_id).await
}

/// The lines that fit, newest first.
pub async fn lines(who: &Actor, filter: Value) -> Vec<Value> {
    who.run(LOG, json!({ "filter": filter, "first": 100 })).await.ok().list("auditLog.nodes").to_vec()
}

async fn grant(who: &Actor, role: &str, account_id: &str, region_id: &str) -> Answer {
    send(who, "grantRole", "GrantRoleInput", "{ id }", json!({ "role": role, "accountId": account_id, "regionId": region_id })).await
}

async fn log_in(who: &Actor, phone: &str, password: &str) -> Answer {
    let input = json!({ "phone": phone, "password": password, "device": "telephone" });
    send(who, "logIn", "LogInInput", "{ accessToken refreshToken me { accountId } }", input).await
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    send(&Actor::stranger(app), "refreshTokens", "RefreshTokensInput", "{ refreshToken }", json!({ "refreshToken": token })).await
}

/// An answer without what differs from person to person.
fn bare(mut body: Value) -> Value {
    for error in body["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"]["requestId"].take();
    }
    body["extensions"].take();
    body
}

both! {
    async fn what_staff_do_and_what_they_are_refused_is_a_line(app: TestApp) {
        let (boss, auditor, amy) = (app.admin().await, auditor(&app).await, app.member("张小红").await);
        let region_id = app.community.region_id.to_string();
        let team = json!({ "name": "红队", "colour": "RED", "regionId": region_id, "leaderId": amy.volunteer_id, "description": "电话 13900001111" });
        let team = send(&boss, "createTeam", "CreateTeamInput", "{ id }", team).await.ok().text("createTeam.id");
        let record = json!({ "id": "rec_0000000000000000000001", "reason": "系他人代签", "idempotencyKey": "a-first-try" });
        let refused = send(&boss, "revokeRecord", "RevokeRecordInput", "{ id }", record.clone()).await;
        assert_eq!(refused.code(), "NOT_FOUND");
        assert_eq!(send(&amy, "revokeRecord", "RevokeRecordInput", "{ id }", record).await.code(), "NOT_FOUND");
        send(&amy, "leaveTeam", "LeaveTeamInput", "{ id }", json!({ "teamId": team })).await.ok();
        amy.run("mutation { markNotificationsRead(input: {}) { marked } }", json!({})).await.ok();
        assert_eq!(Actor::stranger(&app).run("mutation { setUpSecondFactor { secret } }", json!({})).await.code(), "UNAUTHENTICATED");

        let seen = lines(&auditor, json!({})).await;
        let told: Vec<_> = seen.iter().map(|line| (line["operation"].as_str().expect("a name"), line["result"].as_str())).collect();
        assert_eq!(told, [("auditLog", None), ("revokeRecord", Some("NOT_FOUND")), ("revokeRecord", Some("NOT_FOUND")), ("createTeam", Some("OK"))]);
        let (hers, his, made) = (&seen[1], &seen[2], &seen[3]);
        assert_eq!((&hers["accountId"], &his["accountId"]), (&json!(amy.account_id), &json!(boss.account_id)));
        assert_eq!((&his["objectIds"], &his["reason"]), (&json!(["rec_0000000000000000000001"]), &json!(null)), "what is said about people can go with them");
        assert_eq!(his["requestId"], refused.error()["extensions"]["requestId"]);
        assert_eq!((&made["objectIds"], &made["reason"]), (&json!([amy.volunteer_id, region_id]), &json!(null)), "ids and nothing else");
        assert!(made["loginSessionId"].as_str().is_some_and(|id| id.starts_with("ses_")) && made["endedAt"].is_string());
        let kept = app.app.db.reader();
        let texts = "SELECT COUNT(*) AS n FROM audit_line WHERE objects LIKE '%13900001111%' OR operation LIKE '%红%' OR COALESCE(reason, '') LIKE '%13900001111%'";
        let row = kept.query_one_raw(domain::db::sql(kept, texts, [])).await.expect("read").expect("a row");
        assert_eq!(row.try_get::<i64>("", "n").expect("a number"), 0);

        let again = lines(&auditor, json!({ "operation": "auditLog" })).await;
        assert_eq!(again.len(), 2, "reading is a line of its own, this reading too");
        assert_eq!((&again[1]["result"], &again[1]["accountId"]), (&json!("OK"), &json!(auditor.account_id)));
        assert_eq!(boss.run(LOG, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(amy.run(LOG, json!({})).await.code(), "FORBIDDEN");
        let refused = lines(&auditor, json!({ "operation": "auditLog", "result": "FORBIDDEN" })).await;
        assert_eq!(refused.iter().map(|line| line["accountId"].clone()).collect::<Vec<_>>(), [json!(amy.account_id), json!(boss.account_id)]);
        let notice = json!({ "purpose": "PRIVACY_NOTICE", "text": "新的隐私政策全文", "material": false, "reason": "按新规修订" });
        send(&boss, "publishConsentText", "PublishConsentTextInput", "{ version }", notice).await.ok();
        assert_eq!(lines(&auditor, json!({ "operation": "publishConsentText" })).await[0]["reason"], json!("按新规修订"), "rules stay");
    }

    async fn several_acts_of_one_request_are_lines_of_their_own_and_a_long_input_is_cut(app: TestApp) {
        let (boss, auditor) = (app.admin().await, auditor(&app).await);
        let ids: Vec<String> = (0..70).map(|_| entity::id::UnitId::new(app.now()).to_string()).collect();
        let document = "mutation($input: CallJointMeetingInput!) { one: createUnit(input: { name: \"水泵厂\", kind: \"COMPANY\" }) { id } callJointMeeting(input: $input) { id } }";
        let input = json!({ "title": "联席会", "place": "二楼", "startsAt": "2026-03-05T01:00:00Z", "agenda": ["停车难"], "unitIds": ids, "idempotencyKey": "a-meeting-1" });
        let answer = boss.run(document, json!({ "input": input })).await;
        assert_eq!(answer.code(), "NOT_FOUND", "{:#}", answer.body);
        let seen = lines(&auditor, json!({ "accountId": boss.account_id })).await;
        assert_eq!(seen.iter().map(|line| line["operation"].clone()).collect::<Vec<_>>(), [json!("callJointMeeting"), json!("createUnit")]);
        assert_eq!((&seen[0]["result"], &seen[1]["result"]), (&json!("NOT_FOUND"), &json!("OK")), "done is done, though data is null");
        assert_eq!(seen[0]["requestId"], seen[1]["requestId"]);
        assert_eq!((seen[0]["objectIds"].as_array().map(Vec::len), &seen[0]["objectsLeftOut"]), (Some(64), &json!(6)));
    }

    async fn who_acts_for_another_is_named_beside_them(app: TestApp) {
        let (mother, daughter, auditor) = (volunteer(&app, "张桂英").await, volunteer(&app, "张小红").await, auditor(&app).await);
        let code = send(&mother, "inviteHelper", "InviteHelperInput", "{ code }", json!({ "kind": "ELDER" })).await.ok().text("inviteHelper.code");
        let id = send(&daughter, "acceptHelping", "AcceptHelpingInput", "{ id }", json!({ "code": code })).await.ok().text("acceptHelping.id");
        let input = json!({ "relationId": id, "device": "daughter's telephone" });
        let signed = send(&daughter, "actFor", "ActForInput", "{ accessToken }", input).await.ok();
        let acting = mother.showing(&signed.text("actFor.accessToken"));
        send(&acting, "updateMyProfile", "UpdateMyProfileInput", "{ id }", json!({ "regionId": app.community.region_id.to_string() })).await.ok();
        let change = json!({ "currentPassword": PASSWORD, "newPassword": "stolen123" });
        assert_eq!(send(&acting, "changePassword", "ChangePasswordInput", "{ accountId }", change).await.code(), "FORBIDDEN");
        let hers = lines(&auditor, json!({ "accountId": daughter.account_id })).await;
        let told: Vec<_> = hers.iter().map(|line| (line["operation"].as_str().expect("a name"), &line["accountId"], &line["helperId"])).collect();
        let (mother_id, daughter_id, nobody) = (json!(mother.account_id), json!(daughter.account_id), json!(null));
        assert_eq!(told[..4], [
            ("changePassword", &mother_id, &daughter_id),
            ("updateMyProfile", &mother_id, &daughter_id),
            ("actFor", &daughter_id, &nobody),
            ("acceptHelping", &daughter_id, &nobody),
        ]);
        assert!(hers[3]["objectIds"].as_array().is_some_and(Vec::is_empty), "a code is no id");
    }

    async fn sign_ins_are_lines_and_refused_ones_are_of_nobody(app: TestApp) {
        let (phone, stranger, auditor) = (registered::phone(), Actor::stranger(&app), auditor(&app).await);
        let amy = registered::resident(&app, &phone).await;
        let signed = log_in(&stranger, &phone, PASSWORD).await.ok();
        assert_eq!(log_in(&stranger, &phone, "wrong2026").await.code(), "LOGIN_FAILED");
        assert_eq!(log_in(&stranger, &registered::phone(), "wrong2026").await.code(), "LOGIN_FAILED");
        let token = signed.text("logIn.refreshToken");
        let next = refresh(&app, &token).await.ok().text("refreshTokens.refreshToken");
        assert_eq!(refresh(&app, "qrt_nobody").await.code(), "TOKEN_INVALID", "no sign-in, no line");
        app.advance_minutes(1);
        assert_eq!(refresh(&app, &token).await.code(), "TOKEN_INVALID");
        assert_eq!(refresh(&app, &next).await.code(), "TOKEN_INVALID", "the family is gone");

        let hers = lines(&auditor, json!({ "accountId": amy.account_id })).await;
        let told: Vec<_> = hers.iter().map(|line| (line["operation"].as_str().expect("a name"), line["result"].as_str().expect("an end"))).collect();
        assert_eq!(told, [("refreshTokens", "TOKEN_INVALID"), ("logIn", "OK"), ("register", "OK")]);
        assert_eq!(hers[0]["loginSessionId"], hers[1]["loginSessionId"]);
        let nobody = lines(&auditor, json!({ "ofNobody": true })).await;
        let told: Vec<_> = nobody.iter().map(|line| (line["operation"].as_str().expect("a name"), line["result"].as_str().expect("an end"))).collect();
        assert_eq!(told, [("logIn", "LOGIN_FAILED"), ("logIn", "LOGIN_FAILED")]);
        let same = |line: &Value| json!([line["accountId"], line["loginSessionId"], line["objectIds"], line["reason"]]);
        assert_eq!(same(&nobody[0]), same(&nobody[1]), "nothing tells who has an account");
        assert_eq!(same(&nobody[0]), json!([null, null, [], null]));
    }

    async fn a_process_that_dies_leaves_a_line_without_an_outcome(app: TestApp) {
        let phone = registered::phone();
        let amy = registered::resident(&app, &phone).await;
        let mut process = Process::start(&app.database_url, app.redis_url.as_deref()).await;
        let count = async |of: &str| {
            let statement = format!("SELECT COUNT(*) AS n FROM {of} WHERE l.operation = 'changePassword'");
            let row = app.app.db.reader().query_one_raw(domain::db::sql(app.app.db.reader(), &statement, [])).await.expect("read");
            row.expect("a row").try_get::<i64>("", "n").expect("a number")
        };
        for attempt in 1.. {
            assert!(attempt < 20, "it was always too late");
            let token = log_in(&Actor::stranger(&app).at(process.address), &phone, PASSWORD).await.ok().text("logIn.accessToken");
            let document = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { accountId } }";
            let body = json!({ "query": document, "variables": { "input": { "currentPassword": PASSWORD, "newPassword": PASSWORD } } }).to_string();
            let address = process.address;
            let asked = tokio::spawn(async move { http::try_post(address, "/graphql", &token, body.as_bytes()).await });
            while count("audit_line l").await < attempt {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            process.kill();
            let answered = asked.await.expect("asked").is_some();
            let ended = count("audit_outcome o JOIN audit_line l ON l.id = o.line_id").await;
            if ended < attempt {
                assert!(!answered, "nothing was answered without its outcome");
                break;
            }
            process.restart().await;
        }
        let cut_off = &lines(&auditor(&app).await, json!({ "accountId": amy.account_id, "operation": "changePassword" })).await[0];
        assert_eq!((&cut_off["result"], &cut_off["endedAt"]), (&json!(null), &json!(null)));
    }

    async fn an_auditor_reads_page_by_page_what_fits_and_no_other_community(app: TestApp) {
        let (boss, auditor) = (app.admin().await, auditor(&app).await);
        let mut units = Vec::new();
        for at in 0..5 {
            units.push(app.unit(&boss, &format!("第{at}单位")).await);
            app.advance_minutes(1);
        }
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = auditor.run(LOG, json!({ "filter": { "operation": "createUnit" }, "first": 2, "after": after })).await.ok();
            seen.extend(page.list("auditLog.nodes").iter().map(|line| line["begunAt"].as_str().expect("a moment").to_owned()));
            after = page.data("auditLog.pageInfo.endCursor").clone();
            if page.data("auditLog.pageInfo.hasNextPage") == &json!(false) {
                break;
            }
        }
        assert!(seen.len() == 5 && seen.is_sorted_by(|one, next| one > next), "newest first: {seen:?}");
        let between = lines(&auditor, json!({ "operation": "createUnit", "from": seen[3], "to": seen[1] })).await;
        assert_eq!(between.iter().map(|line| line["begunAt"].clone()).collect::<Vec<_>>(), [json!(seen[2]), json!(seen[3])]);
        let feedback = json!({ "unitId": units[1], "year": 2026, "comment": "好" });
        boss.mutate("giveUnitFeedback", feedback, "id").await;
        let about = lines(&auditor, json!({ "objectId": units[1] })).await;
        let told: BTreeSet<_> = about.iter().map(|line| line["operation"].as_str().expect("a name")).collect();
        assert!(told.contains("giveUnitFeedback") && about.iter().all(|line| line["objectIds"].as_array().is_some_and(|ids| ids.contains(&json!(units[1])))));
        let searched = lines(&auditor, json!({ "objectId": units[1], "operation": "auditLog" })).await;
        assert_eq!(searched.len(), 2, "who searched for it, when asked for");
        assert!(lines(&auditor, json!({ "objectId": units[2], "result": "OK", "to": seen[0] })).await.is_empty(), "new ids stand in answers, not in inputs");
        assert_eq!(auditor.run(LOG, json!({ "filter": { "objectId": "第1单位" } })).await.code(), "BAD_ID");

        let (code, theirs) = neighbour(&app).await;
        let home = theirs.run("{ myCommunity { id } }", json!({})).await.ok().text("myCommunity.id");
        app.unit(&theirs, "邻居水泵厂").await;
        let refused = auditor.run(LOG, json!({ "of": home })).await;
        let nowhere = auditor.run(LOG, json!({ "of": "com_0000000000000000000001" })).await;
        assert_eq!((refused.code(), refused.field(), nowhere.code(), nowhere.field()), ("NOT_FOUND", "communityId", "NOT_FOUND", "communityId"));
        assert!(lines(&auditor, json!({ "accountId": theirs.account_id })).await.is_empty());
        let there = domain::community::tenant::find_by_code(app.app.db.reader(), &code).await.map_err(|error| error.code).expect("read").expect("open");
        let above = app.with_role("街道审计员", Role::Auditor, there.region.parent_id.expect("a street")).await;
        let seen = above.run(LOG, json!({ "of": home, "filter": { "operation": "createUnit" } })).await.ok();
        assert_eq!(seen.list("auditLog.nodes").len(), 1, "who audits the street audits both");
    }

    async fn who_runs_a_place_does_not_audit_it(app: TestApp) {
        let (boss, other, amy) = (app.admin().await, app.admin().await, app.member("张小红").await);
        let home = app.community.region_id.to_string();
        assert_eq!(grant(&boss, "AUDITOR", &boss.account_id, &home).await.code(), "SELF_DEALING");
        assert_eq!(grant(&boss, "AUDITOR", &other.account_id, &home).await.code(), "DUTIES_SEPARATE");
        let part = grant(&boss, "AUDITOR", &amy.account_id, &app.community.below[0].to_string()).await;
        assert_eq!((part.code(), part.field()), ("BAD_INPUT", "regionId"));
        let given = grant(&boss, "AUDITOR", &amy.account_id, &home).await.ok().text("grantRole.id");
        amy.run(LOG, json!({})).await.ok();
        assert_eq!(grant(&boss, "ADMIN", &amy.account_id, &home).await.code(), "DUTIES_SEPARATE");
        assert_eq!(grant(&boss, "ADMIN", &amy.account_id, &app.community.below[0].to_string()).await.code(), "DUTIES_SEPARATE", "nor a part of it");
        assert_eq!(grant(&amy, "GRID_WORKER", &amy.account_id, &home).await.code(), "FORBIDDEN");
        send(&boss, "endRole", "EndRoleInput", "{ id }", json!({ "id": given })).await.ok();
        assert_eq!(amy.run(LOG, json!({})).await.code(), "FORBIDDEN");
        grant(&boss, "ADMIN", &amy.account_id, &home).await.ok();

        let ben = app.member("李小明").await;
        let (one, two) = tokio::join!(grant(&boss, "AUDITOR", &ben.account_id, &home), grant(&other, "ADMIN", &ben.account_id, &home));
        let refused: Vec<_> = [&one, &two].into_iter().filter(|answer| answer.body.get("errors").is_some()).map(Answer::code).collect();
        assert_eq!(refused, ["DUTIES_SEPARATE"], "at once, one of the two");
    }

    async fn an_auditor_is_answered_as_any_other_volunteer_but_for_the_log(app: TestApp) {
        let others: Vec<_> = Action::ALL.iter().filter(|action| action.roles().contains(&Role::Auditor)).collect();
        assert_eq!(others, [&Action::ReadAuditLog]);
        assert_eq!(Action::ReadAuditLog.roles(), [Role::Auditor]);
        let boss = somebody(&app, seed::CODE).await;
        app.give_role(&boss, Role::Admin, Reach::Region(app.community.region_id)).await;
        app.app.sessions.forget(boss.account());
        let ids = things(&app, &boss, seed::CODE).await;
        let budget = Limit::new(1_000_000_000, Duration::from_mins(1));
        let door = app.another_door(Settings { development: true, budget, ..Settings::default() });
        let of = async |roles: &[Role]| stage::speaking(&app, &stage::people(&app, 1, roles).await[0]).at(door);
        let auditor = of(&[Role::Resident, Role::Volunteer, Role::Auditor]).await;
        let plain = of(&[Role::Resident, Role::Volunteer]).await;
        let everyday = |name: &str| {
            let of_all = |action: &&Action| action.field() == name && action.roles().iter().any(|role| matches!(role, Role::Resident | Role::Volunteer));
            Action::ALL.iter().any(|action| of_all(&action)) || domain::people::permission::OPEN_MUTATIONS.contains(&name)
        };
        let sdl = Sdl::read();
        let (mut compared, mut refused) = (0, BTreeSet::new());
        for (root, of) in [("query", "Query"), ("mutation", "Mutation")] {
            for field in sdl.fields(of) {
                let name = field.name.node.as_str();
                if name == "auditLog" || (root == "mutation" && everyday(name)) {
                    continue;
                }
                let mut calls = vec![sdl.plain(field)];
                for place in sdl.places_of_ids(field) {
                    calls.extend(ids.iter().map(|id| sdl.with_id(field, &place, id)));
                }
                for arguments in calls {
                    let (document, variables) = sdl.call_with(root, field, arguments);
                    let theirs = bare(plain.run(&document, variables.clone()).await.body);
                    let code = theirs["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                    if code == "BAD_ID" {
                        continue;
                    }
                    assert_eq!(bare(auditor.run(&document, variables.clone()).await.body), theirs, "{document} {variables}");
                    assert!(root == "query" || !code.is_empty(), "staff's work was done by a volunteer: {document} {variables}");
                    compared += 1;
                    if matches!(code, "FORBIDDEN" | "NOT_FOUND") {
                        refused.insert(name.to_owned());
                    }
                }
            }
        }
        assert!(compared > 200 && refused.len() > 60, "{compared} calls, refused: {refused:?}");
        assert_eq!(plain.run(LOG, json!({})).await.code(), "FORBIDDEN");
        auditor.run(LOG, json!({})).await.ok();
    }
}
