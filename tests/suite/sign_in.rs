//! The ways in by phone, and what they tell to whoever does not hold it: nothing.

use std::time::{Duration, Instant};

use entity::role_grant::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use support::registered::{self, PASSWORD, code, resident, send, staff};
use support::{Actor, Answer, Backend, TestApp, both, process};

const SIGN_IN: &str = "{ accessToken refreshToken me { accountId phoneBound secondFactor } }";

async fn by_code(app: &TestApp, phone: &str, code: &str) -> Answer {
    let input = json!({ "phone": phone, "phoneCode": code, "device": "telephone" });
    send(&Actor::stranger(app), "logInWithCode", "LogInWithCodeInput", SIGN_IN, input).await
}

async fn log_in(app: &TestApp, phone: &str, password: &str, client: &str) -> Answer {
    let input = json!({ "phone": phone, "password": password, "device": "telephone", "client": client });
    send(&Actor::stranger(app), "logIn", "LogInInput", SIGN_IN, input).await
}

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

both! {
    async fn without_its_secret_the_server_does_not_start_and_says_why(app: TestApp) {
        resident(&app, &registered::phone()).await;
        let another = "0f".repeat(32);
        let (well, told) = process::refused(&app.database_url, Some(&another));
        assert!(!well && told.contains("the secret of") && told.contains("QICAI_SECRET"), "{told}");
        // On SQLite a secret is made where there is none, and it is not the one of these phones.
        let (well, told) = process::refused(&app.database_url, None);
        let why = if app.backend == Backend::Postgres { "QICAI_SECRET is not set" } else { ".secret." };
        assert!(!well && told.contains(why), "{told}");
    }

    async fn a_code_signs_in_once_and_another_is_sent_after_a_minute(app: TestApp) {
        let phone = registered::phone();
        resident(&app, &phone).await;
        let again = json!({ "phone": phone });
        let stranger = Actor::stranger(&app);
        assert_eq!(send(&stranger, "requestPhoneCode", "RequestPhoneCodeInput", "", again.clone()).await.code(), "RATE_LIMITED");
        app.advance_minutes(1);
        let sent = code(&app, &phone).await;
        assert_eq!(by_code(&app, &phone, wrong(&sent)).await.code(), "PHONE_CODE_INVALID");
        by_code(&app, &phone, &sent).await.ok();
        assert_eq!(by_code(&app, &phone, &sent).await.code(), "PHONE_CODE_INVALID", "used");
        app.advance_minutes(1);
        let old = code(&app, &phone).await;
        app.advance_minutes(5);
        assert_eq!(by_code(&app, &phone, &old).await.code(), "PHONE_CODE_INVALID", "too old");
        let one = code(&app, &phone).await;
        app.advance_minutes(1);
        let next = code(&app, &phone).await;
        if one != next {
            assert_eq!(by_code(&app, &phone, &one).await.code(), "PHONE_CODE_INVALID", "another took its place");
        }
        let many = join_all((0..4).map(|_| by_code(&app, &phone, &next))).await;
        assert_eq!(many.iter().filter(|answer| answer.body.get("errors").is_none()).count(), 1, "one code, one sign-in");
    }

    async fn five_tries_end_a_code_also_for_the_right_one(app: TestApp) {
        for known in [true, false] {
            let phone = registered::phone();
            if known {
                resident(&app, &phone).await;
                app.advance_minutes(1);
            }
            let sent = code(&app, &phone).await;
            let tries = join_all((0..8).map(|_| by_code(&app, &phone, wrong(&sent)))).await;
            assert!(tries.iter().all(|answer| answer.code() == "PHONE_CODE_INVALID" && answer.field() == "phoneCode"));
            assert_eq!(by_code(&app, &phone, &sent).await.code(), "PHONE_CODE_INVALID", "known: {known}");
        }
        let untold = registered::phone();
        assert_eq!(by_code(&app, &untold, "123456").await.code(), "PHONE_CODE_INVALID", "none was ever sent");
    }

    async fn who_holds_a_phone_learns_that_it_is_new_and_registers_with_the_same_code(app: TestApp) {
        let phone = registered::phone();
        let sent = code(&app, &phone).await;
        let new = by_code(&app, &phone, &sent).await;
        assert_eq!((new.code(), new.field()), ("NOT_REGISTERED", "phone"));
        let input = json!({ "phone": phone, "phoneCode": sent, "password": PASSWORD, "regionCode": "430103006005", "device": "x" });
        send(&Actor::stranger(&app), "register", "RegisterInput", SIGN_IN, input).await.ok();
        log_in(&app, &phone, PASSWORD, "APP").await.ok();
    }

    async fn an_imported_account_gets_its_first_password_by_a_code(app: TestApp) {
        let amy = app.member("张小红").await;
        assert_eq!(log_in(&app, &amy.phone, PASSWORD, "APP").await.code(), "LOGIN_FAILED");
        let sent = code(&app, &amy.phone).await;
        let input = |password: &str, code: &str| json!({ "phone": amy.phone, "phoneCode": code, "newPassword": password, "device": "x" });
        let stranger = Actor::stranger(&app);
        assert_eq!(send(&stranger, "setPassword", "SetPasswordInput", SIGN_IN, input("short", &sent)).await.code(), "PASSWORD_WEAK");
        assert_eq!(send(&stranger, "setPassword", "SetPasswordInput", SIGN_IN, input("qicai2027", wrong(&sent))).await.code(), "PHONE_CODE_INVALID");
        let old = amy.showing(&amy.token().await.expect("a token"));
        let set = send(&stranger, "setPassword", "SetPasswordInput", SIGN_IN, input("qicai2027", &sent)).await.ok();
        assert_eq!(set.text("setPassword.me.accountId"), amy.account_id);
        assert_eq!(old.run("{ me { phone } }", json!({})).await.code(), "UNAUTHENTICATED", "every other device is out");
        log_in(&app, &amy.phone, "qicai2027", "APP").await.ok();
    }

    async fn a_known_and_an_unknown_phone_are_answered_alike(app: TestApp) {
        let (known, unknown) = (registered::phone(), registered::phone());
        resident(&app, &known).await;
        app.advance_minutes(1);
        let ask = async |phone: &str| {
            let stranger = Actor::stranger(&app);
            let calls: [(&str, &str, &str, Value); 5] = [
                ("requestPhoneCode", "RequestPhoneCodeInput", "", json!({ "phone": phone })),
                ("logIn", "LogInInput", SIGN_IN, json!({ "phone": phone, "password": "wrong1234", "device": "x" })),
                ("logInWithCode", "LogInWithCodeInput", SIGN_IN, json!({ "phone": phone, "phoneCode": "xxxxxx", "device": "x" })),
                ("setPassword", "SetPasswordInput", SIGN_IN, json!({ "phone": phone, "phoneCode": "xxxxxx", "newPassword": PASSWORD, "device": "x" })),
                ("register", "RegisterInput", SIGN_IN, json!({ "phone": phone, "phoneCode": "xxxxxx", "password": PASSWORD, "regionCode": "430103006005", "device": "x" })),
            ];
            let mut answers = Vec::new();
            for (mutation, of, fields, input) in calls {
                let mut body = send(&stranger, mutation, of, fields, input).await.body;
                if let Some(error) = body.pointer_mut("/errors/0/extensions/requestId") {
                    *error = json!(null);
                }
                answers.push(body["data"].clone());
                answers.push(body["errors"].clone());
            }
            answers
        };
        assert_eq!(ask(&known).await, ask(&unknown).await);
    }

    async fn passwords_of_known_and_unknown_phones_cost_the_same_time(app: TestApp) {
        let mut phones = Vec::new();
        for _ in 0..4 {
            let phone = registered::phone();
            resident(&app, &phone).await;
            phones.push((phone, registered::phone()));
        }
        let time = async |phone: &str| {
            let began = Instant::now();
            assert_eq!(log_in(&app, phone, "wrong1234", "APP").await.code(), "LOGIN_FAILED");
            began.elapsed()
        };
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            for (one, other) in &phones {
                known.push(time(one).await);
                unknown.push(time(other).await);
            }
        }
        let median = |mut times: Vec<Duration>| {
            times.sort();
            times[times.len() / 2].as_secs_f64()
        };
        let ratio = median(known) / median(unknown);
        assert!((0.6..1.7).contains(&ratio), "a known phone takes {ratio} times as long as an unknown one");
    }

    async fn devices_are_listed_and_signed_out_from_afar(app: TestApp) {
        let phone = registered::phone();
        let amy = resident(&app, &phone).await;
        app.advance_minutes(1);
        let other = amy.showing(&log_in(&app, &phone, PASSWORD, "MINI_PROGRAM").await.ok().text("logIn.accessToken"));
        let list = "{ mySignedInDevices { id name client present } }";
        let seen = amy.run(list, json!({})).await.ok();
        assert_eq!(seen.list("mySignedInDevices").len(), 2);
        let far = seen.list("mySignedInDevices").iter().find(|device| device["present"] == false).expect("the other").clone();
        assert_eq!((&far["client"], &far["name"]), (&json!("MINI_PROGRAM"), &json!("telephone")));
        let eve = resident(&app, &registered::phone()).await;
        let input = json!({ "id": far["id"] });
        assert_eq!(send(&eve, "signOutDevice", "SignOutDeviceInput", "", input.clone()).await.code(), "NOT_FOUND");
        other.run("{ me { phone } }", json!({})).await.ok();
        send(&amy, "signOutDevice", "SignOutDeviceInput", "", input).await.ok();
        assert_eq!(other.run("{ me { phone } }", json!({})).await.code(), "UNAUTHENTICATED");
        amy.run("mutation { signOutOtherDevices }", json!({})).await.ok();
        assert_eq!(amy.run(list, json!({})).await.ok().list("mySignedInDevices").len(), 1);
    }

    async fn the_panel_signs_out_who_does_nothing_for_half_an_hour(app: TestApp) {
        let phone = registered::phone();
        resident(&app, &phone).await;
        let refresh = async |token: String| {
            send(&Actor::stranger(&app), "refreshTokens", "RefreshTokensInput", SIGN_IN, json!({ "refreshToken": token })).await
        };
        let mut token = log_in(&app, &phone, PASSWORD, "PANEL").await.ok().text("logIn.refreshToken");
        for _ in 0..3 {
            app.advance_minutes(29);
            token = refresh(token).await.ok().text("refreshTokens.refreshToken");
        }
        app.advance_minutes(31);
        assert_eq!(refresh(token).await.code(), "TOKEN_INVALID");
        let mut token = log_in(&app, &phone, PASSWORD, "PANEL").await.ok().text("logIn.refreshToken");
        for _ in 0..28 {
            app.advance_minutes(25);
            token = refresh(token).await.ok().text("refreshTokens.refreshToken");
        }
        app.advance_minutes(25);
        assert_eq!(refresh(token).await.code(), "TOKEN_INVALID", "twelve hours in all");
    }

    async fn a_second_factor_wakes_what_staff_may_do(app: TestApp) {
        let phone = registered::phone();
        let clerk = resident(&app, &phone).await;
        let boss = staff(&app, &[Role::Admin]).await;
        let grant = json!({ "role": "ADMIN", "phone": phone, "regionId": app.community.region_id.to_string() });
        send(&boss, "grantRole", "GrantRoleInput", "{ id }", grant).await.ok();
        let work = async |who: &Actor| who.run("{ roleGrants(first: 1) { edges { node { id } } } }", json!({})).await;
        work(&clerk).await.ok();

        let made = clerk.run("mutation { setUpSecondFactor { secret url } }", json!({})).await.ok();
        let secret = made.text("setUpSecondFactor.secret");
        assert!(made.text("setUpSecondFactor.url").starts_with("otpauth://totp/"));
        let totp = totp_rs::TOTP::new(totp_rs::Algorithm::SHA1, 6, 1, 30, totp_rs::Secret::Encoded(secret).to_bytes().expect("base32"), None, String::new());
        let totp = totp.expect("an authenticator");
        let now = || totp.generate(u64::try_from(app.now().seconds()).expect("positive"));
        work(&clerk).await.ok();
        let confirm = |code: String| send(&clerk, "confirmSecondFactor", "ConfirmSecondFactorInput", "", json!({ "code": code }));
        assert_eq!(confirm("000000".to_owned()).await.code(), "SECOND_FACTOR_INVALID");
        let recovery = confirm(now()).await.ok();
        assert_eq!(recovery.list("confirmSecondFactor").len(), 10);
        work(&clerk).await.ok();
        assert_eq!(clerk.run("mutation { setUpSecondFactor { secret } }", json!({})).await.code(), "STATE_CHANGED");

        let signed = log_in(&app, &phone, PASSWORD, "PANEL").await.ok();
        assert_eq!(signed.text("logIn.me.secondFactor"), "DUE");
        let again = clerk.showing(&signed.text("logIn.accessToken"));
        assert_eq!(work(&again).await.code(), "SECOND_FACTOR_REQUIRED", "a password alone is not enough");
        again.run("{ myNotifications(first: 1) { nodes { id } } }", json!({})).await.ok();
        let show = |who: Actor, code: String| async move { send(&who, "showSecondFactor", "ShowSecondFactorInput", "{ secondFactor }", json!({ "code": code })).await };
        assert_eq!(show(again.clone(), now()).await.code(), "SECOND_FACTOR_INVALID", "taken before");
        app.advance(30 * entity::time::UtcMicros::SECOND);
        assert_eq!(show(again.clone(), now()).await.ok().text("showSecondFactor.secondFactor"), "SHOWN");
        work(&again).await.ok();

        let third = clerk.showing(&log_in(&app, &phone, PASSWORD, "PANEL").await.ok().text("logIn.accessToken"));
        let code = recovery.text("confirmSecondFactor.0");
        show(third.clone(), code.clone()).await.ok();
        assert_eq!(show(third.clone(), code).await.code(), "SECOND_FACTOR_INVALID", "a recovery code is good once");
        for _ in 0..4 {
            assert_eq!(show(third.clone(), "000000".to_owned()).await.code(), "SECOND_FACTOR_INVALID");
        }
        app.advance_minutes(1);
        assert_eq!(show(third.clone(), now()).await.code(), "LOGIN_LOCKED");
        app.advance_minutes(10);

        let reset = |who: Actor, id: String| async move { send(&who, "resetSecondFactor", "ResetSecondFactorInput", "", json!({ "accountId": id })).await };
        assert_eq!(reset(boss.clone(), boss.account_id.clone()).await.code(), "SELF_DEALING");
        reset(boss.clone(), clerk.account_id.clone()).await.ok();
        let last = log_in(&app, &phone, PASSWORD, "PANEL").await.ok();
        assert_eq!(last.text("logIn.me.secondFactor"), "NONE");
    }

    async fn where_staff_need_a_second_factor_they_set_one_up_first(app: TestApp) {
        app.app.sessions.insist_on_second_factor(true);
        let boss = staff(&app, &[Role::Admin]).await;
        let me = boss.run("{ me { secondFactor } }", json!({})).await.ok();
        assert_eq!(me.text("me.secondFactor"), "TO_SET_UP");
        assert_eq!(boss.run("{ roleGrants(first: 1) { edges { node { id } } } }", json!({})).await.code(), "SECOND_FACTOR_REQUIRED");
    }
}
