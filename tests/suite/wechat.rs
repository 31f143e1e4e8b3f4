//! WeChat as people meet it: signing in, a phone, messages, checks and codes, against a WeChat that answers as the documented one does.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use domain::people::wechat::check::{self, Scene};
use entity::role_grant::Role;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use support::outside::{WEBHOOK_TOKEN, World};
use support::registered::{self, resident, send, staff};
use support::{Actor, Answer, TestApp, both, http};

const SIGN_IN: &str = "{ accessToken refreshToken me { accountId phone phoneBound community { id } } }";
const PATIENCE: Duration = Duration::from_secs(5);

async fn log_in(app: &TestApp, code: &str) -> Answer {
    let input = json!({ "code": code, "device": "mini-program" });
    send(&Actor::stranger(app), "logInWithWechat", "LogInWithWechatInput", SIGN_IN, input).await
}

pub async fn enter(app: &TestApp, world: &World, openid: &str) -> Actor {
    let answer = log_in(app, &world.login_code(openid, None)).await.ok();
    let mut actor = Actor::with_token(app, &answer.text("logInWithWechat.accessToken"));
    actor.account_id = answer.text("logInWithWechat.me.accountId");
    actor
}

async fn bind(who: &Actor, code: &str) -> Answer {
    send(who, "bindPhone", "BindPhoneInput", SIGN_IN, json!({ "phoneCode": code })).await
}

pub async fn accept(who: &Actor, kinds: &[&str]) -> Answer {
    let fields = "{ kind templateId credits }";
    send(who, "recordSubscriptions", "RecordSubscriptionsInput", fields, json!({ "accepted": kinds })).await
}

/// A redemption of the person is told to them.
pub async fn tell(app: &TestApp, who: &Actor, times: i64) {
    // The same warning is given once, so each is another.
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let tx = app.tx().await;
    for at in 0..times {
        let event = domain::event::Event::PointsExpiring {
            account_id: who.account(),
            points: 30 + at,
            expires_on: tx.today(),
            days: COUNT.fetch_add(1, Ordering::Relaxed),
        };
        domain::outbox::record(&tx, &event).await.map_err(|error| error.code).expect("an event");
    }
    tx.commit().await.map_err(|error| error.code).expect("committed");
    app.deliver().await;
}

pub async fn states(app: &TestApp) -> Vec<String> {
    let rows = app.app.db.reader().query_all_raw(domain::db::sql(app.app.db.reader(), "SELECT state FROM wechat_message ORDER BY id", [])).await;
    rows.expect("read").iter().map(|row| row.try_get("", "state").expect("text")).collect()
}

both! {
    async fn a_person_signs_in_and_is_one_account_ever_after(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, PATIENCE);
        let code = world.login_code("openid-a", Some("union-a"));
        let first = log_in(&app, &code).await.ok();
        assert_eq!(first.data("logInWithWechat.me.phoneBound"), &json!(false));
        assert_eq!(first.text("logInWithWechat.me.phone"), "");
        let account = first.text("logInWithWechat.me.accountId");
        assert_eq!(log_in(&app, &code).await.ok().text("logInWithWechat.me.accountId"), account, "the answer was lost and is given again");
        app.advance_minutes(2);
        assert_eq!(log_in(&app, &code).await.code(), "WECHAT_CODE_INVALID", "40163");
        assert_eq!(log_in(&app, "no-such-code").await.code(), "WECHAT_CODE_INVALID", "40029");
        let again = log_in(&app, &world.login_code("openid-a", None)).await.ok();
        assert_eq!(again.text("logInWithWechat.me.accountId"), account);
        let joined = log_in(&app, &world.login_code("openid-of-another-application", Some("union-a"))).await.ok();
        assert_eq!(joined.text("logInWithWechat.me.accountId"), account, "unionid joins");
        for (number, code) in [(45_011, "RATE_LIMITED"), (40_226, "WECHAT_REFUSED"), (-1, "UNAVAILABLE"), (40_013, "UNAVAILABLE")] {
            world.refuse_next("jscode2session", number);
            assert_eq!(log_in(&app, &world.login_code("openid-a", None)).await.code(), code, "{number}");
        }
        let codes: Vec<String> = (0..4).map(|_| world.login_code("openid-b", None)).collect();
        let answers = join_all(codes.iter().map(|code| log_in(&app, code))).await;
        let mut accounts: Vec<String> = answers.into_iter().map(|answer| answer.ok().text("logInWithWechat.me.accountId")).collect();
        accounts.dedup();
        assert_eq!(accounts.len(), 1, "four at once make one account");
        // What the database holds is no openid and no session key.
        let rows = app.app.db.reader().query_all_raw(domain::db::sql(app.app.db.reader(), "SELECT openid_index, openid_sealed FROM wechat_identity", [])).await;
        for row in rows.expect("read") {
            for column in ["openid_index", "openid_sealed"] {
                let bytes: Vec<u8> = row.try_get("", column).expect("bytes");
                assert!(!bytes.windows(6).any(|six| six == b"openid"));
            }
        }
    }

    async fn without_a_phone_nothing_is_done(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, PATIENCE);
        let amy = enter(&app, &world, "openid-a").await;
        let enrol = json!({ "name": "张小红", "birthDate": "1980-05-04" });
        assert_eq!(send(&amy, "registerVolunteer", "RegisterVolunteerInput", "{ id }", enrol.clone()).await.code(), "PHONE_REQUIRED");
        assert_eq!(bind(&amy, "no-such-code").await.code(), "WECHAT_CODE_INVALID");
        assert_eq!(bind(&amy, &world.phone_code("852", "51234567")).await.code(), "BAD_INPUT", "another country");
        let phone = registered::phone();
        let bound = bind(&amy, &world.phone_code("86", &phone)).await.ok();
        assert_eq!(bound.text("bindPhone.me.phone"), format!("138****{}", &phone[7..]));
        assert_eq!(bound.text("bindPhone.me.accountId"), amy.account_id);
        assert_eq!(amy.run("{ me { phone } }", json!({})).await.code(), "UNAUTHENTICATED", "signed in anew");
        let amy = amy.showing(&bound.text("bindPhone.accessToken"));
        assert_eq!(bind(&amy, &world.phone_code("86", &registered::phone())).await.code(), "STATE_CHANGED");
        send(&amy, "registerVolunteer", "RegisterVolunteerInput", "{ id }", enrol).await.ok();
        amy.run("mutation { logOut }", json!({})).await.ok();
    }

    async fn a_phone_with_an_account_brings_the_person_there(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, PATIENCE);
        let phone = registered::phone();
        let bob = resident(&app, &phone).await;
        let amy = enter(&app, &world, "openid-a").await;
        assert_ne!(amy.account_id, bob.account_id);
        let bound = bind(&amy, &world.phone_code("86", &phone)).await.ok();
        assert_eq!(bound.text("bindPhone.me.accountId"), bob.account_id);
        let again = log_in(&app, &world.login_code("openid-a", None)).await.ok();
        assert_eq!(again.text("logInWithWechat.me.accountId"), bob.account_id, "the same person in mini-program and app");
    }

    async fn what_is_not_set_up_is_not_offered(app: TestApp) {
        assert_eq!(log_in(&app, "code").await.code(), "NOT_OFFERED");
        let amy = resident(&app, &registered::phone()).await;
        assert_eq!(accept(&amy, &[]).await.code(), "NOT_OFFERED");
        assert!(amy.run("{ myMessageSubscriptions { kind } }", json!({})).await.ok().list("myMessageSubscriptions").is_empty());
    }

    async fn all_processes_share_one_access_token(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, PATIENCE);
        let mut people = Vec::new();
        for at in 0..6 {
            people.push(enter(&app, &world, &format!("openid-{at}")).await);
        }
        let bind_all = join_all(people.iter().map(|who| async { bind(who, &world.phone_code("86", &registered::phone())).await.ok() }));
        bind_all.await;
        assert_eq!(world.tokens(), (1, 1), "six at once fetch one token");
        let amy = enter(&app, &world, "openid-z").await;
        world.expire_token();
        bind(&amy, &world.phone_code("86", &registered::phone())).await.ok();
        assert_eq!(world.tokens(), (2, 2), "42001: fetched anew, and the call made again");
        app.advance_minutes(116);
        let amy = enter(&app, &world, "openid-y").await;
        bind(&amy, &world.phone_code("86", &registered::phone())).await.ok();
        assert_eq!(world.tokens().1, 3, "asked for again before its end");
        let amy = enter(&app, &world, "openid-x").await;
        world.refuse_next("getuserphonenumber", 40_001);
        bind(&amy, &world.phone_code("86", &registered::phone())).await.ok();
        assert_eq!(world.tokens().0, 3, "WeChat insisted on a token that it refuses: a new one was forced");
    }

    async fn a_slow_wechat_is_not_waited_for(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, Duration::from_millis(300));
        world.slow_down("jscode2session", Duration::from_secs(20));
        let began = Instant::now();
        assert_eq!(log_in(&app, &world.login_code("openid-a", None)).await.code(), "UNAVAILABLE");
        assert!(began.elapsed() < Duration::from_secs(5));
    }

    async fn one_tap_is_one_message(app: TestApp) {
        let world = World::start();
        let app = app.with_templates(&world, json!({ "POINTS_EXPIRING": { "id": "tmpl-x", "page": "pages/wallet/index", "fields": { "thing1": "title", "thing2": "body", "time3": "time" } } }));
        let amy = enter(&app, &world, "openid-a").await;
        assert_eq!(accept(&amy, &["NO_SUCH_KIND"]).await.code(), "BAD_INPUT");
        tell(&app, &amy, 1).await;
        assert!(world.sent().is_empty(), "nobody agreed");
        world.tap("openid-a", "tmpl-x");
        let standing = accept(&amy, &["POINTS_EXPIRING"]).await.ok();
        assert_eq!(standing.data("recordSubscriptions"), &json!([{ "kind": "POINTS_EXPIRING", "templateId": "tmpl-x", "credits": 1 }]));
        app.advance_minutes(1);
        tell(&app, &amy, 2).await;
        let sent = world.sent();
        assert_eq!(sent.len(), 1, "one grant, one message");
        let value = |name: &str| sent[0]["data"][name]["value"].as_str().expect("a value").to_owned();
        assert_eq!(value("thing1"), "积分即将过期");
        assert_eq!(value("thing2").chars().count(), 20, "{}", value("thing2"));
        assert_eq!((&sent[0]["touser"], &sent[0]["page"]), (&json!("openid-a"), &json!("pages/wallet/index")));
        assert_eq!(states(&app).await, ["SENT"]);
        let left = amy.run("{ myMessageSubscriptions { credits } }", json!({})).await.ok();
        assert_eq!(left.int("myMessageSubscriptions.0.credits"), 0);

        // Counted here, but WeChat knows of no tap.
        accept(&amy, &["POINTS_EXPIRING"]).await.ok();
        accept(&amy, &["POINTS_EXPIRING"]).await.ok();
        app.advance_minutes(1);
        tell(&app, &amy, 1).await;
        assert_eq!(states(&app).await, ["SENT", "REFUSED"]);
        let left = amy.run("{ myMessageSubscriptions { credits } }", json!({})).await.ok();
        assert_eq!(left.int("myMessageSubscriptions.0.credits"), 0, "43101: nothing is left");
        assert_eq!(amy.run("{ myNotifications(first: 10) { nodes { id } } }", json!({})).await.ok().list("myNotifications.nodes").len(), 4);
    }

    async fn a_message_is_tried_again_while_wechat_is_away(app: TestApp) {
        let world = World::start();
        let app = app.with_templates(&world, json!({ "POINTS_EXPIRING": { "id": "tmpl-x", "fields": { "thing1": "title" } } }));
        let amy = enter(&app, &world, "openid-a").await;
        for _ in 0..3 {
            world.tap("openid-a", "tmpl-x");
            accept(&amy, &["POINTS_EXPIRING"]).await.ok();
        }
        world.refuse_next("send", -1);
        tell(&app, &amy, 1).await;
        assert_eq!(states(&app).await, ["PENDING"]);
        app.advance_minutes(2);
        world.expire_token();
        app.deliver().await;
        assert_eq!(states(&app).await, ["SENT"]);
        world.refuse_next("send", 47_003);
        tell(&app, &amy, 1).await;
        assert_eq!(states(&app).await, ["SENT", "FAILED"], "a bad value is not tried again");
        for _ in 0..5 {
            world.refuse_next("send", -1);
        }
        app.advance_minutes(1);
        tell(&app, &amy, 1).await;
        for _ in 0..5 {
            app.advance_minutes(20);
            app.deliver().await;
        }
        assert_eq!(states(&app).await, ["SENT", "FAILED", "FAILED"], "given up");
        assert_eq!(world.sent().len(), 1);
    }

    async fn texts_are_looked_at_and_pictures_later(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, PATIENCE);
        let amy = enter(&app, &world, "openid-a").await;
        let amy = amy.showing(&bind(&amy, &world.phone_code("86", &registered::phone())).await.ok().text("bindPhone.accessToken"));
        let check = async |who: &Actor, text: &str| send(who, "checkText", "CheckTextInput", "", json!({ "text": text, "scene": "COMMENT" })).await;
        assert_eq!(check(&amy, "今天天气好").await.ok().text("checkText"), "PASS");
        assert_eq!(check(&amy, "违规内容").await.ok().text("checkText"), "RISKY");
        assert_eq!(check(&amy, " ").await.code(), "BAD_INPUT");
        world.forget("openid-a");
        assert_eq!(check(&amy, "今天天气好").await.ok().text("checkText"), "REVIEW", "not seen within two hours");
        let bob = resident(&app, &registered::phone()).await;
        assert_eq!(check(&bob, "今天天气好").await.ok().text("checkText"), "REVIEW", "not from WeChat");

        let wechat = app.app.wechat.clone().expect("WeChat");
        world.see("openid-a");
        let asked = check::ask_image(&app.app.db, &app.app.keys, &wechat, amy.account(), Scene::Post, "https://qicai.example/media/1").await;
        let tx = app.tx().await;
        let early = check::expect(&tx, amy.account(), "med_1", &asked.map_err(|error| error.code).expect("asked")).await;
        assert_eq!(early.map_err(|error| error.code), Ok(None));
        tx.commit().await.map_err(|error| error.code).expect("committed");
        let verdict = async || check::verdict_of(app.app.db.reader(), "med_1").await.map_err(|error| error.code).expect("read");
        assert_eq!(verdict().await, None);
        let event = json!({ "MsgType": "event", "Event": "wxa_media_check", "trace_id": "trace-1", "result": { "suggest": "risky", "label": 20001 } });
        let post = async |token: &str, body: &Value| {
            let mut parts = [token, "1772413200", "nonce"];
            parts.sort_unstable();
            let signature = hex::encode(Sha1::digest(parts.concat()));
            let target = format!("/wechat/events?signature={signature}&timestamp=1772413200&nonce=nonce&echostr=hello");
            http::send(app.address, "POST", &target, &[("content-type", "application/json")], body.to_string().as_bytes()).await.status
        };
        assert_eq!(post("another", &event).await, 403);
        assert_eq!(verdict().await, None, "nobody else decides");
        assert_eq!(post(WEBHOOK_TOKEN, &event).await, 200);
        assert_eq!(verdict().await.as_deref(), Some("RISKY"));
        let mut late = event.clone();
        late["result"]["suggest"] = json!("pass");
        assert_eq!(post(WEBHOOK_TOKEN, &late).await, 200);
        assert_eq!(verdict().await.as_deref(), Some("RISKY"), "a verdict is given once");
        assert_eq!(http::send(app.address, "GET", "/wechat/events?signature=x&timestamp=1&nonce=2&echostr=hello", &[], b"").await.status, 403);
    }

    async fn a_code_to_scan_is_drawn_once(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, PATIENCE);
        let boss = staff(&app, &[Role::Admin]).await;
        let make = async |who: &Actor, page: &str, scene: &str| {
            send(who, "makePageCode", "MakePageCodeInput", "{ mediaType image }", json!({ "page": page, "scene": scene })).await
        };
        let made = make(&boss, "pages/session/index", &boss.volunteer_id).await.ok();
        assert_eq!(made.text("makePageCode.mediaType"), "image/jpeg");
        make(&boss, "pages/session/index", &boss.volunteer_id).await.ok();
        assert_eq!(world.codes_made(), 1);
        assert_eq!(make(&boss, "/pages/session", "x").await.code(), "BAD_INPUT");
        assert_eq!(make(&boss, "pages/session", &"x".repeat(33)).await.code(), "BAD_INPUT");
        world.refuse_next("getwxacodeunlimit", 45_009);
        assert_eq!(make(&boss, "pages/session/index", "x").await.code(), "UNAVAILABLE", "an error in the place of a picture");
        let amy = resident(&app, &registered::phone()).await;
        assert_eq!(make(&amy, "pages/session/index", "x").await.code(), "FORBIDDEN");
    }
}
