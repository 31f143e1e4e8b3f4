//! Accounts, sign-ins, volunteers, teams, roles and devices, as people use them.

use entity::role_grant::Role;
use futures_util::future::join_all;
use serde_json::json;
use support::registered::{self, PASSWORD, resident, send, staff, volunteer};
use support::{Actor, Answer, TestApp, both};

const SIGN_IN: &str = "{ accessToken refreshToken accessTokenExpiresAt me { accountId } }";

async fn log_in(app: &TestApp, phone: &str, password: &str) -> Answer {
    let input = json!({ "phone": phone, "password": password, "device": "telephone" });
    send(&Actor::stranger(app), "logIn", "LogInInput", SIGN_IN, input).await
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    send(&Actor::stranger(app), "refreshTokens", "RefreshTokensInput", SIGN_IN, json!({ "refreshToken": token })).await
}

fn with_token(who: &Actor, token: &str) -> Actor {
    who.showing(token)
}

both! {
    async fn nobody_writes_what_is_not_theirs_to_set(app: TestApp) {
        let amy = resident(&app, &registered::phone()).await;
        let other = entity::id::CommunityId::new(app.now()).to_string();
        let planted = [
            ("role", json!("ADMIN")),
            ("roles", json!([{ "role": "ADMIN" }])),
            ("state", json!("SUSPENDED")),
            ("minutes", json!(60_000)),
            ("number", json!("4301030060052699999")),
            ("communityId", json!(other)),
            ("accountId", json!(amy.account_id.to_string())),
        ];
        for (field, value) in &planted {
            let mut input = json!({ "name": "李小明", "birthDate": "1990-01-31" });
            input[field] = value.clone();
            let refused = send(&amy, "registerVolunteer", "RegisterVolunteerInput", "{ id }", input).await;
            assert_eq!(refused.code(), "BAD_INPUT", "{field}");
        }
        let me = "{ me { volunteer { minutes number } roles { role } } }";
        let before = amy.run(me, json!({})).await.ok();
        assert!(before.data("me.volunteer").is_null(), "nothing was written");
        let roles = before.data("me.roles").clone();
        send(&amy, "registerVolunteer", "RegisterVolunteerInput", "{ id }", json!({ "name": "李小明", "birthDate": "1990-01-31" })).await.ok();
        let made = amy.run(me, json!({})).await.ok().data("me").clone();
        for (field, value) in &planted {
            let mut input = json!({});
            input[field] = value.clone();
            assert_eq!(send(&amy, "updateMyProfile", "UpdateMyProfileInput", "{ id }", input).await.code(), "BAD_INPUT", "{field}");
        }
        assert_eq!(amy.run(me, json!({})).await.ok().data("me"), &made, "nothing was changed");
        assert!(!roles.to_string().contains("ADMIN") && !made["roles"].to_string().contains("ADMIN"));
    }

    async fn a_newcomer_registers_becomes_a_volunteer_and_sees_themselves(app: TestApp) {
        let phone = registered::phone();
        let amy = resident(&app, &phone).await;
        let me = amy.run("{ me { phone community { name levels { position label } region { code parent { name } } } volunteer { id } roles { role } } }", json!({})).await.ok();
        assert_eq!(me.text("me.phone"), format!("138****{}", &phone[7..]));
        assert_eq!(me.text("me.community.region.code"), "430103006005");
        assert_eq!(me.text("me.community.region.parent.name"), "金盆岭街道");
        assert!(me.data("me.volunteer").is_null());

        app.advance_minutes(1);
        let input = json!({ "name": " 李小明 ", "birthDate": "1990-01-31" });
        let fields = "{ id number name minutes state birthDate region { name } teams { id } qualifications { code } }";
        let made = send(&amy, "registerVolunteer", "RegisterVolunteerInput", fields, input.clone()).await.ok();
        assert_eq!(made.text("registerVolunteer.number"), "4301030060052600001");
        assert_eq!(made.text("registerVolunteer.name"), "李小明");
        let again = send(&amy, "registerVolunteer", "RegisterVolunteerInput", "{ id }", input).await;
        assert_eq!(again.code(), "ALREADY_VOLUNTEER");
        let me = amy.run("{ me { volunteer { number } roles { role region { code } } } }", json!({})).await.ok();
        assert_eq!(me.text("me.volunteer.number"), "4301030060052600001");
        assert_eq!(me.list("me.roles").len(), 2);
        assert_eq!(me.text("me.roles.1.role"), "VOLUNTEER");
    }

    async fn what_cannot_be_an_account_is_refused(app: TestApp) {
        let phone = registered::phone();
        resident(&app, &phone).await;
        let stranger = Actor::stranger(&app);
        let other = registered::phone();
        let phone_code = registered::code(&app, &other).await;
        let good = json!({ "phone": other, "phoneCode": phone_code, "password": PASSWORD, "regionCode": "430103006005", "device": "x" });
        for (field, value, code) in [
            ("phone", json!("12345"), "BAD_INPUT"),
            ("phoneCode", json!("no code"), "PHONE_CODE_INVALID"),
            ("password", json!("short1"), "PASSWORD_WEAK"),
            ("password", json!("onlyletters"), "PASSWORD_WEAK"),
            ("regionCode", json!("430103006"), "NOT_FOUND"),
            ("device", json!(""), "BAD_INPUT"),
        ] {
            let mut input = good.clone();
            input[field] = value;
            let answer = send(&stranger, "register", "RegisterInput", SIGN_IN, input).await;
            assert_eq!((answer.code(), answer.field()), (code, field));
        }
        app.advance_minutes(1);
        let taken = json!({ "phone": phone, "phoneCode": registered::code(&app, &phone).await, "password": PASSWORD, "regionCode": "430103006005", "device": "x" });
        let taken = send(&stranger, "register", "RegisterInput", SIGN_IN, taken).await;
        assert_eq!((taken.code(), taken.field()), ("PHONE_TAKEN", "phone"), "told to who holds the phone");
        assert_eq!(stranger.run("{ me { phone } }", json!({})).await.code(), "UNAUTHENTICATED");
        assert_eq!(with_token(&stranger, "a.b.c").run("{ me { phone } }", json!({})).await.code(), "TOKEN_INVALID");
    }

    async fn two_who_register_one_phone_at_once_make_one_account(app: TestApp) {
        let phone = registered::phone();
        let code = registered::code(&app, &phone).await;
        let input = json!({ "phone": phone, "phoneCode": code, "password": PASSWORD, "regionCode": "430103006005", "device": "x" });
        let stranger = Actor::stranger(&app);
        let answers = join_all((0..4).map(|_| send(&stranger, "register", "RegisterInput", SIGN_IN, input.clone()))).await;
        let made = answers.iter().filter(|answer| answer.body.get("errors").is_none()).count();
        assert_eq!(made, 1);
        assert!(answers.iter().filter(|answer| answer.body.get("errors").is_some()).all(|answer| ["PHONE_TAKEN", "PHONE_CODE_INVALID"].contains(&answer.code())));
    }

    async fn volunteers_who_register_at_once_get_numbers_without_a_gap(app: TestApp) {
        let actors = join_all((0..8).map(|_| async { resident(&app, &registered::phone()).await })).await;
        let input = json!({ "name": "王五", "birthDate": "1970-01-01" });
        let answers = join_all(actors.iter().map(|who| send(who, "registerVolunteer", "RegisterVolunteerInput", "{ number }", input.clone()))).await;
        let mut numbers: Vec<String> = answers.into_iter().map(|answer| answer.ok().text("registerVolunteer.number")).collect();
        numbers.sort();
        let expected: Vec<String> = (1..=8).map(|place| format!("43010300600526{place:05}")).collect();
        assert_eq!(numbers, expected);
    }

    async fn five_wrong_passwords_lock_for_ten_minutes(app: TestApp) {
        let phone = registered::phone();
        resident(&app, &phone).await;
        let unknown = registered::phone();
        for _ in 0..5 {
            assert_eq!(log_in(&app, &phone, "wrong1234").await.code(), "LOGIN_FAILED");
            assert_eq!(log_in(&app, &unknown, "wrong1234").await.code(), "LOGIN_FAILED", "an unknown phone");
        }
        assert_eq!(log_in(&app, &phone, PASSWORD).await.code(), "LOGIN_LOCKED");
        assert_eq!(log_in(&app, &unknown, PASSWORD).await.code(), "LOGIN_LOCKED", "a lock says nothing about whether there is an account");
        app.advance_minutes(9);
        assert_eq!(log_in(&app, &phone, PASSWORD).await.code(), "LOGIN_LOCKED");
        app.advance_minutes(1);
        log_in(&app, &phone, PASSWORD).await.ok();
        for _ in 0..4 {
            assert_eq!(log_in(&app, &phone, "wrong1234").await.code(), "LOGIN_FAILED");
        }
        log_in(&app, &phone, PASSWORD).await.ok();
        for _ in 0..4 {
            assert_eq!(log_in(&app, &phone, "wrong1234").await.code(), "LOGIN_FAILED", "a right one starts the count again");
        }
        log_in(&app, &phone, PASSWORD).await.ok();
    }

    async fn tokens_run_out_and_are_refreshed(app: TestApp) {
        let phone = registered::phone();
        resident(&app, &phone).await;
        let first = log_in(&app, &phone, PASSWORD).await.ok();
        let who = with_token(&Actor::stranger(&app), &first.text("logIn.accessToken"));
        who.run("{ me { phone } }", json!({})).await.ok();
        app.advance_minutes(16);
        assert_eq!(who.run("{ me { phone } }", json!({})).await.code(), "TOKEN_EXPIRED");

        let second = refresh(&app, &first.text("logIn.refreshToken")).await.ok();
        with_token(&who, &second.text("refreshTokens.accessToken")).run("{ me { phone } }", json!({})).await.ok();
        let lost = refresh(&app, &first.text("logIn.refreshToken")).await.ok();
        assert_eq!(lost.text("refreshTokens.refreshToken"), second.text("refreshTokens.refreshToken"), "a lost answer is given again");

        app.advance_days(29);
        let third = refresh(&app, &second.text("refreshTokens.refreshToken")).await.ok();
        app.advance_days(31);
        assert_eq!(refresh(&app, &third.text("refreshTokens.refreshToken")).await.code(), "TOKEN_INVALID", "unused for too long");
        assert_eq!(refresh(&app, "qrt_nothing").await.code(), "TOKEN_INVALID");
    }

    async fn a_refresh_token_that_comes_back_ends_the_sign_in(app: TestApp) {
        let phone = registered::phone();
        resident(&app, &phone).await;
        let first = log_in(&app, &phone, PASSWORD).await.ok();
        let second = refresh(&app, &first.text("logIn.refreshToken")).await.ok();
        let who = with_token(&Actor::stranger(&app), &second.text("refreshTokens.accessToken"));
        who.run("{ me { phone } }", json!({})).await.ok();
        app.advance_minutes(1);
        assert_eq!(refresh(&app, &first.text("logIn.refreshToken")).await.code(), "TOKEN_INVALID");
        assert_eq!(refresh(&app, &second.text("refreshTokens.refreshToken")).await.code(), "TOKEN_INVALID", "the thief and the owner are both out");
        assert_eq!(who.run("{ me { phone } }", json!({})).await.code(), "UNAUTHENTICATED");
    }

    async fn one_refresh_token_used_by_many_at_once_has_one_successor(app: TestApp) {
        let phone = registered::phone();
        resident(&app, &phone).await;
        let first = log_in(&app, &phone, PASSWORD).await.ok().text("logIn.refreshToken");
        let answers = join_all((0..8).map(|_| refresh(&app, &first))).await;
        let mut next: Vec<String> = answers.into_iter().map(|answer| answer.ok().text("refreshTokens.refreshToken")).collect();
        next.dedup();
        assert_eq!(next.len(), 1);
    }

    async fn signing_out_and_a_new_password_end_sessions_at_once(app: TestApp) {
        let phone = registered::phone();
        let amy = resident(&app, &phone).await;
        let other = with_token(&amy, &log_in(&app, &phone, PASSWORD).await.ok().text("logIn.accessToken"));
        other.run("{ me { phone } }", json!({})).await.ok();
        let change = |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
        let wrong = send(&amy, "changePassword", "ChangePasswordInput", "{ accountId }", change("wrong1234", "qicai2027")).await;
        assert_eq!((wrong.code(), wrong.field()), ("LOGIN_FAILED", "currentPassword"));
        send(&amy, "changePassword", "ChangePasswordInput", "{ accountId }", change(PASSWORD, "qicai2027")).await.ok();
        assert_eq!(other.run("{ me { phone } }", json!({})).await.code(), "UNAUTHENTICATED");
        amy.run("{ me { phone } }", json!({})).await.ok();
        assert_eq!(log_in(&app, &phone, PASSWORD).await.code(), "LOGIN_FAILED");
        log_in(&app, &phone, "qicai2027").await.ok();
        amy.run("mutation { logOut }", json!({})).await.ok();
        assert_eq!(amy.run("{ me { phone } }", json!({})).await.code(), "UNAUTHENTICATED");
    }

    async fn teams_are_founded_joined_led_and_left(app: TestApp) {
        let admin = staff(&app, &[Role::Admin]).await;
        let amy = volunteer(&app, "张小红").await;
        app.advance_minutes(1);
        let bob = volunteer(&app, "李小明").await;
        app.advance_minutes(1);
        let eve = volunteer(&app, "欧阳晓").await;
        let region_id = app.community.region_id.to_string();
        let team = json!({ "name": "绿色先锋队", "colour": "GREEN", "regionId": region_id, "leaderId": amy.volunteer_id });
        assert_eq!(send(&amy, "createTeam", "CreateTeamInput", "{ id }", team.clone()).await.code(), "FORBIDDEN");
        let fields = "{ id colour leaders { id name } unit { name } region { code } }";
        let made = send(&admin, "createTeam", "CreateTeamInput", fields, team.clone()).await.ok();
        let id = made.text("createTeam.id");
        assert_eq!(made.text("createTeam.leaders.0.name"), "张**");
        let taken = send(&admin, "createTeam", "CreateTeamInput", "{ id }", team).await;
        assert_eq!((taken.code(), taken.field()), ("NAME_TAKEN", "name"));
        let plain = json!({ "name": "第八队", "regionId": region_id });
        send(&admin, "createTeam", "CreateTeamInput", "{ id }", plain).await.ok();

        send(&bob, "joinTeam", "JoinTeamInput", "{ id }", json!({ "teamId": id })).await.ok();
        assert_eq!(send(&bob, "joinTeam", "JoinTeamInput", "{ id }", json!({ "teamId": id })).await.code(), "ALREADY_MEMBER");
        let eve_in = json!({ "teamId": id, "volunteerId": eve.volunteer_id });
        assert_eq!(send(&bob, "addTeamMember", "AddTeamMemberInput", "{ id }", eve_in.clone()).await.code(), "FORBIDDEN");
        send(&amy, "addTeamMember", "AddTeamMemberInput", "{ id }", eve_in).await.ok();

        let list = "query($id: ID!) { team(id: $id) { members(first: 2) { edges { node { name region { id } } cursor } pageInfo { hasNextPage } } } teams(colour: GREEN) { edges { node { id members { edges { node { number teams { name } } } } } } } }";
        let seen = bob.run(list, json!({ "id": id })).await.ok();
        assert_eq!(seen.text("team.members.edges.1.node.name"), "李**");
        assert!(seen.data("team.members.edges.1.node.region").is_null(), "where a member lives is private");
        assert_eq!(seen.data("team.members.pageInfo.hasNextPage"), true);
        assert_eq!(seen.list("teams.edges.0.node.members.edges").len(), 3);
        let rest = "query($id: ID!, $after: String) { team(id: $id) { members(first: 2, after: $after) { edges { node { name } } pageInfo { hasNextPage } } } }";
        let rest = bob.run(rest, json!({ "id": id, "after": seen.text("team.members.edges.1.cursor") })).await.ok();
        assert_eq!(rest.data("team.members"), &json!({ "edges": [{ "node": { "name": "欧**" } }], "pageInfo": { "hasNextPage": false } }));

        send(&amy, "leaveTeam", "LeaveTeamInput", "{ leaders { id } }", json!({ "teamId": id })).await.ok();
        let gone = json!({ "teamId": id, "volunteerId": amy.volunteer_id });
        assert_eq!(send(&amy, "addTeamMember", "AddTeamMemberInput", "{ id }", gone).await.code(), "FORBIDDEN", "who leaves leads no more");
        assert_eq!(send(&amy, "leaveTeam", "LeaveTeamInput", "{ id }", json!({ "teamId": id })).await.code(), "NOT_FOUND");
    }

    async fn staff_see_what_is_private_and_nobody_another_name(app: TestApp) {
        let admin = staff(&app, &[Role::Admin]).await;
        let (amy, bob) = (volunteer(&app, "张小红").await, volunteer(&app, "李小明").await);
        let one = "query($id: ID!) { volunteer(id: $id) { name birthDate region { name } qualifications { code validUntil } noShows } }";
        let id = json!({ "id": amy.volunteer_id });
        let masked = bob.run(one, id.clone()).await.ok();
        let hidden = json!({ "name": "张**", "birthDate": null, "region": null, "qualifications": null, "noShows": null });
        assert_eq!(masked.data("volunteer"), &hidden);
        assert_eq!(bob.run("{ volunteers { edges { node { id } } } }", json!({})).await.code(), "FORBIDDEN");

        let seen = json!({ "volunteerId": amy.volunteer_id, "code": "NURSE", "validUntil": "2027-01-01" });
        assert_eq!(send(&bob, "verifyQualification", "VerifyQualificationInput", "{ id }", seen.clone()).await.code(), "FORBIDDEN");
        send(&admin, "verifyQualification", "VerifyQualificationInput", "{ id }", seen.clone()).await.ok();
        let whole = send(&admin, "verifyQualification", "VerifyQualificationInput", "{ name qualifications { code validUntil } }", seen).await.ok();
        assert_eq!(whole.data("verifyQualification"), &json!({ "name": "张**", "qualifications": [{ "code": "NURSE", "validUntil": "2027-01-01" }] }));
        let covered = admin.run(one, id.clone()).await.ok();
        assert_eq!((covered.text("volunteer.name"), covered.text("volunteer.birthDate")), ("张**".to_owned(), "1980-05-04".to_owned()), "staff too");
        for (code, until, refused) in [("PILOT", "2027-01-01", "TAXONOMY_UNKNOWN"), ("NURSE", "2026-03-01", "BAD_INPUT")] {
            let input = json!({ "volunteerId": amy.volunteer_id, "code": code, "validUntil": until });
            assert_eq!(send(&admin, "verifyQualification", "VerifyQualificationInput", "{ id }", input).await.code(), refused);
        }
        assert_eq!(amy.run(one, id.clone()).await.ok().text("volunteer.name"), "张小红");

        let found = "query($search: String!) { volunteers(filter: { search: $search }) { edges { node { name } } } }";
        assert_eq!(admin.run(found, json!({ "search": "张小" })).await.ok().list("volunteers.edges").len(), 1);
        assert_eq!(admin.run(found, json!({ "search": "43010300600526" })).await.ok().list("volunteers.edges").len(), 2);
        assert_eq!(admin.run(found, json!({ "search": "%" })).await.ok().list("volunteers.edges").len(), 0);

        let published = send(&amy, "updateMyProfile", "UpdateMyProfileInput", "{ publishesName }", json!({ "publishesName": true })).await.ok();
        assert_eq!(published.data("updateMyProfile.publishesName"), true);
        assert_eq!(bob.run(one, id).await.ok().text("volunteer.name"), "张小红");
    }

    async fn a_volunteer_is_suspended_with_a_reason_and_by_another(app: TestApp) {
        let admin = staff(&app, &[Role::Admin]).await;
        let amy = volunteer(&app, "张小红").await;
        let input = |id: &str, state: &str, reason: &str| json!({ "volunteerId": id, "state": state, "reason": reason });
        let set = |input| send(&admin, "setVolunteerState", "SetVolunteerStateInput", "{ state stateReason }", input);
        assert_eq!(set(input(&amy.volunteer_id, "SUSPENDED", "  ")).await.code(), "REASON_REQUIRED");
        assert_eq!(set(input(&amy.volunteer_id, "ACTIVE", "x")).await.code(), "STATE_CHANGED");
        assert_eq!(set(input(&admin.volunteer_id, "SUSPENDED", "x")).await.code(), "SELF_DEALING");
        let done = set(input(&amy.volunteer_id, "SUSPENDED", "多次爽约")).await.ok();
        assert_eq!(done.data("setVolunteerState"), &json!({ "state": "SUSPENDED", "stateReason": "多次爽约" }));
    }

    async fn roles_are_granted_within_ones_own_reach_and_ended(app: TestApp) {
        let admin = staff(&app, &[Role::Admin]).await;
        let amy = volunteer(&app, "张小红").await;
        let phone = registered::phone();
        let clerk = resident(&app, &phone).await;
        let region_id = app.community.region_id.to_string();
        let fields = "{ id role accountId grantedBy region { code } }";
        let grant = |who: Actor, input| async move { send(&who, "grantRole", "GrantRoleInput", fields, input).await };
        let desk = json!({ "role": "REDEMPTION_DESK", "phone": phone, "regionId": region_id });
        assert_eq!(grant(amy.clone(), desk.clone()).await.code(), "FORBIDDEN");
        let granted = grant(admin.clone(), desk.clone()).await.ok();
        assert_eq!(granted.text("grantRole.accountId"), clerk.account_id);
        assert_eq!(granted.text("grantRole.grantedBy"), admin.account_id);
        assert_eq!(grant(admin.clone(), desk).await.code(), "ALREADY_GRANTED");
        for (input, code) in [
            (json!({ "role": "VOLUNTEER", "volunteerId": amy.volunteer_id, "regionId": region_id }), "BAD_INPUT"),
            (json!({ "role": "TEAM_LEADER", "volunteerId": amy.volunteer_id, "regionId": region_id }), "BAD_INPUT"),
            (json!({ "role": "ADMIN", "volunteerId": amy.volunteer_id }), "BAD_INPUT"),
            (json!({ "role": "ADMIN", "phone": registered::phone(), "regionId": region_id }), "NOT_FOUND"),
        ] {
            assert_eq!(grant(admin.clone(), input).await.code(), code);
        }
        let street = admin.run("{ myCommunity { region { parent { id } } } }", json!({})).await.ok().text("myCommunity.region.parent.id");
        let above = json!({ "role": "ADMIN", "volunteerId": amy.volunteer_id, "regionId": street });
        assert_eq!(grant(admin.clone(), above).await.code(), "NOT_FOUND", "nobody grants above themselves");

        let grid = app.community.below[1].to_string();
        let lower = json!({ "role": "ADMIN", "volunteerId": amy.volunteer_id, "regionId": grid });
        let lower = grant(admin.clone(), lower).await.ok().text("grantRole.id");
        let whole = json!({ "role": "GRID_WORKER", "accountId": clerk.account_id, "regionId": region_id });
        assert_eq!(grant(amy.clone(), whole).await.code(), "FORBIDDEN", "a grid's administrator does not reach the community");
        let within = json!({ "role": "GRID_WORKER", "accountId": clerk.account_id, "regionId": app.community.below[2].to_string() });
        grant(amy.clone(), within).await.ok();

        let own = admin.run("{ me { roles { id role } } }", json!({})).await.ok();
        let own = own.list("me.roles").iter().find(|role| role["role"] == "ADMIN").expect("a role")["id"].clone();
        assert_eq!(send(&admin, "endRole", "EndRoleInput", "{ id }", json!({ "id": own })).await.code(), "SELF_DEALING");
        send(&admin, "endRole", "EndRoleInput", "{ endedAt }", json!({ "id": lower })).await.ok();
        let after = json!({ "role": "REVIEWER", "accountId": clerk.account_id, "regionId": app.community.below[2].to_string() });
        assert_eq!(grant(amy, after).await.code(), "FORBIDDEN", "an ended role no longer works");
    }

    async fn a_leader_registers_and_revokes_a_signing_device(app: TestApp) {
        let leader = staff(&app, &[Role::TeamLeader]).await;
        let amy = volunteer(&app, "张小红").await;
        let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let input = json!({ "name": "队长手机", "publicKey": key });
        assert_eq!(send(&amy, "registerDevice", "RegisterDeviceInput", "{ id }", input.clone()).await.code(), "FORBIDDEN");
        let id = send(&leader, "registerDevice", "RegisterDeviceInput", "{ id }", input.clone()).await.ok().text("registerDevice.id");
        assert_eq!(send(&leader, "registerDevice", "RegisterDeviceInput", "{ id }", input).await.code(), "CODE_TAKEN");
        let bad = json!({ "name": "x", "publicKey": "00".repeat(32) });
        assert_eq!(send(&leader, "registerDevice", "RegisterDeviceInput", "{ id }", bad).await.code(), "BAD_INPUT");
        assert_eq!(send(&amy, "revokeDevice", "RevokeDeviceInput", "{ id }", json!({ "id": id })).await.code(), "FORBIDDEN");
        send(&leader, "revokeDevice", "RevokeDeviceInput", "{ id }", json!({ "id": id })).await.ok();
        let devices = leader.run("{ myDevices { id revokedAt } }", json!({})).await.ok();
        assert!(devices.data("myDevices.0.revokedAt").is_string());
    }
}
