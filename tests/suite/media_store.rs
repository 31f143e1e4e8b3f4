//! Where pictures lie and who looks at them by itself: a bucket that answers rightly and wrongly, no place at all, and WeChat.

use std::time::Duration;

use domain::store::{Account, Location, S3, Store};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use support::bucket::{self, Bucket, Mood};
use support::outside::{WEBHOOK_TOKEN, World};
use support::registered::{self, send};
use support::{Actor, TestApp, both, http, pictures};

use crate::media::store_of;

const HOST: &str = "https://qicai.example.cn";

/// A resident who came in by WeChat and has bound a phone.
async fn enter(app: &TestApp, world: &World, openid: &str) -> Actor {
    let input = json!({ "code": world.login_code(openid, None), "device": "mini-program" });
    let fields = "{ accessToken me { accountId } }";
    let answer = send(&Actor::stranger(app), "logInWithWechat", "LogInWithWechatInput", fields, input).await.ok();
    let newcomer = Actor::with_token(app, &answer.text("logInWithWechat.accessToken"));
    let bound = json!({ "phoneCode": world.phone_code("86", &registered::phone()) });
    let bound = send(&newcomer, "bindPhone", "BindPhoneInput", fields, bound).await.ok();
    Actor::of(app, openid, bound.text("bindPhone.me.accountId").parse().expect("an id"), None)
}

/// WeChat's word on a picture, as it comes to the webhook.
async fn verdict(app: &TestApp, trace: &str, suggest: &str) {
    let mut parts = [WEBHOOK_TOKEN, "1772413200", "nonce"];
    parts.sort_unstable();
    let signature = hex::encode(Sha1::digest(parts.concat()));
    let target = format!("/wechat/events?signature={signature}&timestamp=1772413200&nonce=nonce");
    let body = json!({ "MsgType": "event", "Event": "wxa_media_check", "trace_id": trace, "result": { "suggest": suggest } });
    let reply = http::send(app.address, "POST", &target, &[("content-type", "application/json")], body.to_string().as_bytes()).await;
    assert_eq!(reply.status, 200);
}

async fn state(who: &Actor, id: &str) -> Value {
    let found = who.run("query($id: ID!) { node(id: $id) { ... on Media { state reason } } }", json!({ "id": id })).await.ok();
    found.data("node.state").clone()
}

both! {
    async fn a_bucket_keeps_pictures_and_every_request_is_signed(app: TestApp) {
        let bucket = Bucket::start();
        let app = app.with_store(Some(store_of(&bucket)));
        let amy = app.member("张小红").await;
        let made = amy.upload(&pictures::jpeg(3_000, 2_000), None).await.ok();
        let id = made.text("uploadMedia.id");
        assert_eq!(bucket.names(), [format!("{id}/full"), format!("{id}/thumb")]);
        let file = amy.fetch(&made.text("uploadMedia.url")).await;
        assert_eq!((file.status, file.header("content-type"), pictures::size_of(&file.body)), (200, "image/jpeg", (2_048, 1_365)));
        assert_eq!(bucket.refused(), 0);
        for (mood, status, code) in [(Mood::Status(403), 503, "UNAVAILABLE"), (Mood::Status(500), 503, "UNAVAILABLE"), (Mood::Status(404), 404, "NOT_FOUND")] {
            bucket.set(mood);
            let reply = amy.fetch(&made.text("uploadMedia.thumb")).await;
            assert_eq!((reply.status, reply.json()["errors"][0]["extensions"]["code"].as_str()), (status, Some(code)), "{mood:?}");
            assert_eq!(amy.upload(&pictures::shade(30, 20, 4), None).await.code(), "UNAVAILABLE", "{mood:?}");
        }
        bucket.set(Mood::Well);
        amy.upload(&pictures::shade(30, 20, 4), None).await.ok();
        assert_eq!(bucket.names().len(), 4);
    }

    async fn a_bucket_that_is_wrong_or_slow_is_not_waited_for(app: TestApp) {
        let bucket = Bucket::start();
        let Location::S3(place) = Location::parse(&bucket.place()).expect("a place") else { panic!("a bucket") };
        let account = |secret: &str| Account { key: bucket::KEY.to_owned(), secret: secret.to_owned() };
        let wrong = S3::open(&place, &account("another")).expect("a store");
        assert!(wrong.inspect().await.expect_err("refused").contains("QICAI_MEDIA_SECRET"));
        assert!(wrong.put("med_1/full", "image/jpeg", vec![1]).await.is_err());
        assert_eq!((bucket.refused(), bucket.names().len()), (2, 0));
        let right = S3::waiting(&place, &account(bucket::SECRET), Duration::from_millis(300)).expect("a store");
        assert!(right.inspect().await.is_ok());
        right.put("med_1/full", "image/jpeg", vec![7; 100_000]).await.map_err(|error| error.code).expect("put");
        assert!(right.get("med_2/full").await.map_err(|error| error.code).expect("asked").is_none());
        right.delete("med_2/full").await.map_err(|error| error.code).expect("nothing to delete is no failure");
        bucket.set(Mood::Slow(Duration::from_secs(20)));
        let amy = app.member("张小红").await;
        let app = app.with_store(Some(std::sync::Arc::new(right)));
        let began = std::time::Instant::now();
        assert_eq!(amy.at(app.address).upload(&pictures::jpeg(20, 20), None).await.code(), "UNAVAILABLE");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    async fn without_a_place_no_pictures_are_taken(app: TestApp) {
        let amy = app.member("张小红").await;
        let link = amy.upload(&pictures::jpeg(20, 20), None).await.ok().text("uploadMedia.url");
        let app = app.with_store(None);
        let amy = amy.at(app.address);
        assert_eq!(amy.upload(&pictures::jpeg(30, 20), None).await.code(), "NOT_OFFERED");
        assert_eq!(amy.fetch(&link).await.status, 404);
    }

    async fn wechat_looks_at_pictures_and_decides_what_is_clear(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, Duration::from_secs(5)).known_as(HOST);
        let amy = enter(&app, &world, "openid-a").await;
        let boss = app.admin().await;
        let mut ids = Vec::new();
        for shade in 0..4 {
            ids.push(amy.upload(&pictures::shade(40, 30, shade), None).await.ok().text("uploadMedia.id"));
            app.advance_minutes(1);
            app.deliver().await;
        }
        let addresses = world.looked_at();
        assert_eq!(addresses.len(), 4, "each once: {addresses:?}");
        let path = addresses[0].strip_prefix(HOST).expect("our host");
        app.advance_minutes(40);
        assert_eq!(amy.fetch(path).await.status, 200, "WeChat may take half an hour");
        verdict(&app, "trace-1", "pass").await;
        verdict(&app, "trace-2", "risky").await;
        verdict(&app, "trace-3", "review").await;
        assert_eq!(send(&boss, "decideMedia", "DecideMediaInput", "{ state }", json!({ "id": ids[3], "decision": "APPROVE" })).await.ok().text("decideMedia.state"), "APPROVED");
        verdict(&app, "trace-4", "risky").await;
        verdict(&app, "trace-1", "risky").await;
        verdict(&app, "trace-99", "pass").await;
        let mut states = Vec::new();
        for id in &ids {
            states.push(state(&amy, id).await);
        }
        assert_eq!(states, ["APPROVED", "REJECTED", "PENDING", "APPROVED"], "people's decisions stand, and a verdict is given once");
        let told = amy.run("query($id: ID!) { node(id: $id) { ... on Media { reason } } }", json!({ "id": ids[1] })).await.ok();
        assert_eq!(told.text("node.reason"), "微信内容安全检测未通过");
    }

    async fn a_verdict_that_comes_before_its_row_decides_when_that_is_written(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, Duration::from_secs(5)).known_as(HOST);
        let amy = enter(&app, &world, "openid-a").await;
        let picture = async |shade: u8| amy.upload(&pictures::shade(40, 30, shade), None).await.ok().text("uploadMedia.id");
        for (at, (word, then)) in [("pass", "APPROVED"), ("risky", "REJECTED"), ("review", "PENDING")].into_iter().enumerate() {
            let id = picture(u8::try_from(at).expect("a few")).await;
            let trace = format!("trace-{}", at + 1);
            // Told twice before anything is written, and once more after: what was said first stands.
            for told in [word, "risky", word] {
                verdict(&app, &trace, told).await;
            }
            assert_eq!(state(&amy, &id).await, "PENDING", "{word}: it is not known whose it is");
            app.advance_minutes(1);
            app.deliver().await;
            assert_eq!((world.looked_at().len(), state(&amy, &id).await), (at + 1, json!(then)), "{word}");
            verdict(&app, &trace, if word == "pass" { "risky" } else { "pass" }).await;
            assert_eq!(state(&amy, &id).await, then, "{word}: a verdict is given once");
        }
        // Of something that is never written nothing stays.
        let kept = async || {
            let row = app.app.db.reader().query_one_raw(domain::db::sql(app.app.db.reader(), "SELECT COUNT(*) FROM wechat_check", [])).await;
            row.expect("read").expect("a count").try_get_by_index::<i64>(0).expect("a number")
        };
        for trace in ["trace-of-nobody", "", &"x".repeat(129)] {
            verdict(&app, trace, "pass").await;
        }
        assert_eq!(kept().await, 4, "an empty or endless one is not kept at all");
        app.advance_minutes(61);
        app.deliver().await;
        assert_eq!(kept().await, 3);
    }

    async fn however_close_verdict_and_row_come_nothing_is_lost(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, Duration::from_secs(5)).known_as(HOST);
        let amy = enter(&app, &world, "openid-a").await;
        let mut ids = Vec::new();
        // Shades far apart: near ones are one picture once they are written anew.
        for shade in (0..160).step_by(20) {
            ids.push(amy.upload(&pictures::shade(40, 30, shade), None).await.ok().text("uploadMedia.id"));
        }
        app.advance_minutes(1);
        let told = async {
            for at in 1..=ids.len() {
                // As soon as WeChat has been asked, so that verdict and row are written side by side.
                while world.looked_at().len() < at {
                    tokio::task::yield_now().await;
                }
                verdict(&app, &format!("trace-{at}"), "pass").await;
            }
        };
        let (_, told) = futures_util::join!(app.deliver(), tokio::time::timeout(Duration::from_secs(30), told));
        told.expect("WeChat is asked about each");
        for id in &ids {
            assert_eq!(state(&amy, id).await, "APPROVED");
        }
    }

    async fn whom_wechat_does_not_know_is_left_to_people(app: TestApp) {
        let world = World::start();
        let app = app.with_wechat(&world, Duration::from_secs(5)).known_as(HOST);
        let (amy, bob) = (enter(&app, &world, "openid-a").await, app.member("李小明").await);
        bob.upload(&pictures::shade(40, 30, 1), None).await.ok();
        world.forget("openid-a");
        amy.upload(&pictures::shade(40, 30, 2), None).await.ok();
        for _ in 0..3 {
            app.deliver().await;
            app.advance_minutes(5);
        }
        assert!(world.looked_at().is_empty(), "neither known nor seen");
        world.see("openid-a");
        world.refuse_next("media_check_async", -1);
        world.refuse_next("media_check_async", 45_009);
        amy.upload(&pictures::shade(40, 30, 3), None).await.ok();
        for _ in 0..4 {
            app.deliver().await;
            app.advance_minutes(5);
        }
        assert_eq!(world.looked_at().len(), 1, "away twice, asked again, answered once");
    }
}
