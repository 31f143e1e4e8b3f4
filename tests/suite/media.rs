//! Pictures as people send them: read, written anew, decided on, shown for a while.

use std::sync::Arc;

use entity::role_grant::Role;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::bucket::{self, Bucket, Mood};
use support::form::{MEDIA, form, operations, part, parts};
use support::registered::send;
use support::{Actor, Answer, TestApp, both, pictures};

/// A store in a fake bucket.
pub fn store_of(bucket: &Bucket) -> Arc<dyn domain::store::Store> {
    let account = domain::store::Account { key: bucket::KEY.to_owned(), secret: bucket::SECRET.to_owned() };
    domain::store::Location::parse(&bucket.place()).expect("a place").open(Some(account)).expect("a store").expect("a store")
}

async fn decide(who: &Actor, id: &str, decision: &str, reason: Option<&str>) -> Answer {
    let input = json!({ "id": id, "decision": decision, "reason": reason });
    send(who, "decideMedia", "DecideMediaInput", &format!("{{ {MEDIA} }}"), input).await
}

async fn delete(who: &Actor, id: &str) -> Answer {
    send(who, "deleteMedia", "DeleteMediaInput", "{ id state url }", json!({ "id": id })).await
}

async fn seen(who: &Actor, id: &str) -> Answer {
    who.run(&format!("query($id: ID!) {{ node(id: $id) {{ ... on Media {{ {MEDIA} }} }} }}"), json!({ "id": id })).await
}

async fn waiting(who: &Actor) -> Answer {
    who.run("{ mediaToReview(first: 10) { nodes { id } } }", json!({})).await
}

async fn own(who: &Actor) -> Vec<Value> {
    who.run("{ myMedia(first: 50) { nodes { id state } } }", json!({})).await.ok().list("myMedia.nodes").to_vec()
}

/// The states of all rows, oldest first.
async fn rows(app: &TestApp) -> Vec<String> {
    let rows = app.app.db.reader().query_all_raw(domain::db::sql(app.app.db.reader(), "SELECT state FROM media ORDER BY id", [])).await;
    rows.expect("read").iter().map(|row| row.try_get("", "state").expect("text")).collect()
}

both! {
    async fn nothing_is_left_of_a_picture_but_its_pixels(app: TestApp) {
        let amy = app.member("张小红").await;
        // Held upright: the sensor's left is the top.
        let sent = pictures::from_a_camera(400, 300, 6);
        assert!(pictures::holds(&sent, pictures::SECRET_PLACE));
        let made = amy.upload(&sent, None).await.ok();
        assert_eq!((made.text("uploadMedia.state"), made.text("uploadMedia.mediaType")), ("PENDING".to_owned(), "image/jpeg".to_owned()));
        assert_eq!((made.int("uploadMedia.width"), made.int("uploadMedia.height")), (300, 400), "turned upright");
        for (link, size) in [("uploadMedia.url", (300, 400)), ("uploadMedia.thumb", (240, 320))] {
            let file = amy.fetch(&made.text(link)).await;
            assert_eq!((file.status, file.header("content-type")), (200, "image/jpeg"));
            assert_eq!((file.header("x-content-type-options"), file.header("content-disposition")), ("nosniff", "inline"));
            assert_eq!(file.header("cache-control"), "private, max-age=600");
            assert!(file.header("content-security-policy").starts_with("default-src 'none'"));
            assert_eq!(file.header("content-length"), file.body.len().to_string());
            assert_eq!(pictures::size_of(&file.body), size);
            for part in [pictures::SECRET_PLACE, b"Exif", b"Photoshop"] {
                assert!(!pictures::holds(&file.body, part), "{link} holds {}", String::from_utf8_lossy(part));
            }
            assert!(pictures::markers(&file.body).iter().all(|marker| !matches!(marker, 0xe1..=0xef | 0xfe)), "no metadata of any kind");
            let [left, right, top, bottom] = pictures::edges(&file.body);
            assert!(top > 200 && bottom < 60 && left.abs_diff(right) < 10, "{:?}", [left, right, top, bottom]);
        }
        let again = amy.upload(&sent, None).await.ok();
        assert_eq!(again.text("uploadMedia.id"), made.text("uploadMedia.id"), "the same picture is the same");
        let bob = app.member("李小明").await;
        assert_ne!(bob.upload(&sent, None).await.ok().text("uploadMedia.id"), made.text("uploadMedia.id"), "but of another's");
        assert_eq!(own(&amy).await.len(), 1);
    }

    async fn each_kind_is_kept_as_it_can_be_shown(app: TestApp) {
        let amy = app.member("张小红").await;
        let large = amy.upload(&pictures::jpeg(3_000, 1_000), None).await.ok();
        assert_eq!((large.int("uploadMedia.width"), large.int("uploadMedia.height")), (2_048, 683));
        assert_eq!(amy.fetch(&large.text("uploadMedia.url")).await.body.len(), usize::try_from(large.int("uploadMedia.bytes")).expect("a length"));
        let clear = amy.upload(&pictures::png(64, 40), None).await.ok();
        assert_eq!(clear.text("uploadMedia.mediaType"), "image/png");
        let file = amy.fetch(&clear.text("uploadMedia.url")).await;
        assert_eq!((file.header("content-type"), &file.body[1..4]), ("image/png", &b"PNG"[..]));
        assert!(!pictures::holds(&file.body, pictures::SECRET_PLACE) && !pictures::holds(&file.body, b"tEXt"));
        let webp = amy.upload(&pictures::webp(30, 20), None).await.ok();
        assert_eq!((webp.text("uploadMedia.mediaType"), webp.int("uploadMedia.width")), ("image/jpeg".to_owned(), 30));
    }

    async fn what_is_no_picture_is_refused(app: TestApp) {
        let amy = app.member("张小红").await;
        let whole = pictures::jpeg(200, 100);
        let page = [&b"<html><script>alert(1)</script>"[..], &whole].concat();
        let wrong: [(&str, &[u8]); 8] = [
            ("MEDIA_TYPE", b""),
            ("MEDIA_TYPE", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
            ("MEDIA_TYPE", &page),
            ("MEDIA_TYPE", b"GIF89a\x01\0\x01\0\0\0\0;"),
            ("MEDIA_TYPE", b"%PDF-1.7"),
            ("MEDIA_BROKEN", &whole[..whole.len() / 2]),
            ("MEDIA_BROKEN", b"\xff\xd8\xff\xe0 no picture at all"),
            ("MEDIA_TOO_LARGE", &pictures::bomb()),
        ];
        for (code, bytes) in wrong {
            let answer = amy.upload(bytes, None).await;
            assert_eq!((answer.code(), answer.field()), (code, "file"), "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(20)]));
        }
        let mut padded = whole.clone();
        padded.resize(10 * 1024 * 1024 + 1, 0);
        let answer = amy.upload(&padded, None).await;
        assert_eq!((answer.status, answer.code()), (413, "MEDIA_TOO_LARGE"));
        padded.truncate(10 * 1024 * 1024);
        amy.upload(&padded, None).await.ok();
        padded.resize(11 * 1024 * 1024, 0);
        let answer = amy.upload(&padded, None).await;
        assert_eq!((answer.status, answer.code()), (413, "MEDIA_TOO_LARGE"), "before it is read");
        // What is a page as well as a picture comes out as a picture.
        let both = [&whole[..2], &[0xff, 0xfe, 0, 33], b"<script>alert(document.domain)</", &whole[2..]].concat();
        let made = amy.upload(&both, None).await.ok();
        assert!(!pictures::holds(&amy.fetch(&made.text("uploadMedia.url")).await.body, b"script"));
        assert_eq!(own(&amy).await.len(), 2, "nothing is left of what was refused");
        assert_eq!(rows(&app).await.len(), 2);
    }

    async fn a_form_is_taken_as_a_telephone_sends_it_and_no_other(app: TestApp) {
        let amy = app.member("张小红").await;
        let (picture, asked) = (pictures::jpeg(20, 20), operations(None));
        let good = parts(&asked, &picture);
        let [operation, map, file] = [good[0].clone(), good[1].clone(), good[2].clone()];
        let refused = async |who: &Actor, what: &str, status: u16, code: &str, body: Vec<u8>| {
            let reply = who.post_form(&body).await;
            let found = reply.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
            assert_eq!((reply.status, found.as_str()), (status, code), "{what}: {}", reply.text());
            assert!(reply.json().get("data").is_none(), "{what} has data");
        };
        refused(&Actor::stranger(&app), "no token", 401, "UNAUTHENTICATED", form(&good)).await;
        refused(&Actor::with_token(&app, "x"), "a bad token", 401, "TOKEN_INVALID", form(&good)).await;
        let nowhere = part("map", None, br#"{"file":["variables.input.nowhere"]}"#);
        let many = part("map", None, br#"{"file":["variables.input.file","variables.input.idempotencyKey"]}"#);
        let document = |text: &str| part("operations", None, json!({ "query": text, "variables": { "input": { "file": null } } }).to_string().as_bytes());
        let other = document("mutation($input: UploadMediaInput!) { markNotificationsRead(input: { ids: [] }) { __typename } uploadMedia(input: $input) { id } }");
        let twice = document("mutation($input: UploadMediaInput!) { a: uploadMedia(input: $input) { id } b: uploadMedia(input: $input) { id } }");
        let hidden = document("mutation($input: UploadMediaInput!) { ...a } fragment a on Mutation { uploadMedia(input: $input) { id } }");
        let query = part("operations", None, json!({ "query": "{ me { phone } }", "variables": { "input": { "file": null } } }).to_string().as_bytes());
        let batch = part("operations", None, format!("[{asked}]").as_bytes());
        for (what, code, sent) in [
            ("two files", "BAD_REQUEST", vec![operation.clone(), map.clone(), file.clone(), part("more", Some("x"), b"x")]),
            ("no map", "BAD_REQUEST", vec![operation.clone(), file.clone()]),
            ("no operations", "BAD_REQUEST", vec![map.clone(), file.clone()]),
            ("no file", "BAD_REQUEST", vec![operation.clone(), map.clone()]),
            ("operations twice", "BAD_REQUEST", vec![operation.clone(), operation.clone(), map.clone(), file.clone()]),
            ("a map to nowhere", "BAD_REQUEST", vec![operation.clone(), nowhere, file.clone()]),
            ("a map to two places", "BAD_REQUEST", vec![operation.clone(), many, file.clone()]),
            ("another part than the map names", "BAD_REQUEST", vec![operation.clone(), map.clone(), part("other", Some("x"), &picture)]),
            ("another mutation beside", "BAD_REQUEST", vec![other, map.clone(), file.clone()]),
            ("the mutation twice", "BAD_REQUEST", vec![twice, map.clone(), file.clone()]),
            ("the mutation in a fragment", "BAD_REQUEST", vec![hidden, map.clone(), file.clone()]),
            ("a query", "BAD_REQUEST", vec![query, map.clone(), file.clone()]),
            ("a batch", "BAD_REQUEST", vec![batch, map.clone(), file.clone()]),
        ] {
            refused(&amy, what, 400, code, form(&sent)).await;
        }
        refused(&amy, "a long map", 413, "PAYLOAD_TOO_LARGE", form(&[operation.clone(), part("map", None, &vec![b' '; 70_000]), file.clone()])).await;
        let cut = form(&good);
        refused(&amy, "a form that breaks off", 400, "BAD_REQUEST", cut[..cut.len() - 60].to_vec()).await;
        for text in ["x", "#__graphql_file__:0"] {
            let plain = amy.run(asked["query"].as_str().expect("text"), json!({ "input": { "file": text } })).await;
            assert_eq!((plain.code(), plain.field()), ("BAD_INPUT", "file"), "no file");
        }
        assert!(own(&amy).await.is_empty());
        let reply = amy.post_form(&form(&[file, operation, map])).await;
        Answer::of(&reply, "the file first").ok();
    }

    async fn a_picture_is_seen_by_few_until_it_is_approved(app: TestApp) {
        let (amy, bob) = (app.member("张小红").await, app.member("李小明").await);
        let (worker, elsewhere) = (app.grid_worker().await, app.with_role("邻格网格员", Role::GridWorker, app.community.below[3]).await);
        let id = amy.upload(&pictures::jpeg(20, 20), None).await.ok().text("uploadMedia.id");
        seen(&amy, &id).await.ok();
        assert_eq!(seen(&bob, &id).await.code(), "NOT_FOUND");
        assert_eq!(seen(&elsewhere, &id).await.code(), "NOT_FOUND", "who works elsewhere");
        assert_eq!(waiting(&bob).await.code(), "FORBIDDEN");
        assert!(waiting(&elsewhere).await.ok().list("mediaToReview.nodes").is_empty());
        assert_eq!(waiting(&worker).await.ok().list("mediaToReview.nodes"), [json!({ "id": id })]);
        for (who, code) in [(&amy, "FORBIDDEN"), (&bob, "NOT_FOUND"), (&elsewhere, "NOT_FOUND")] {
            assert_eq!(decide(who, &id, "APPROVE", None).await.code(), code, "{}", who.name);
        }
        let approved = decide(&worker, &id, "APPROVE", None).await.ok();
        assert_eq!(approved.text("decideMedia.state"), "APPROVED");
        assert_eq!(decide(&worker, &id, "APPROVE", None).await.code(), "STATE_CHANGED");
        assert!(waiting(&worker).await.ok().list("mediaToReview.nodes").is_empty());
        assert_eq!(decide(&bob, &id, "REJECT", Some("不喜欢")).await.code(), "FORBIDDEN");
        let link = seen(&bob, &id).await.ok().text("node.url");
        assert_eq!(bob.fetch(&link).await.status, 200);

        assert_eq!(decide(&worker, &id, "REJECT", Some(" ")).await.code(), "REASON_REQUIRED");
        let rejected = decide(&worker, &id, "REJECT", Some("拍到了他人门牌")).await.ok();
        assert_eq!((rejected.text("decideMedia.state"), rejected.data("decideMedia.url")), ("REJECTED".to_owned(), &json!(null)));
        assert_eq!(bob.fetch(&link).await.json()["errors"][0]["extensions"]["code"], "NOT_FOUND", "a link that was given out leads nowhere");
        assert_eq!(seen(&bob, &id).await.code(), "NOT_FOUND");
        assert_eq!(seen(&amy, &id).await.ok().text("node.reason"), "拍到了他人门牌", "the owner is told why");
        assert_eq!(decide(&worker, &id, "APPROVE", None).await.code(), "STATE_CHANGED", "the files are gone");
        assert_eq!(amy.upload(&pictures::jpeg(20, 20), None).await.ok().text("uploadMedia.state"), "REJECTED", "nor does it come back by being sent again");

        let own_id = worker.upload(&pictures::jpeg(30, 20), None).await.ok().text("uploadMedia.id");
        assert_eq!(decide(&worker, &own_id, "APPROVE", None).await.code(), "SELF_DEALING");
        assert!(waiting(&worker).await.ok().list("mediaToReview.nodes").is_empty());
    }

    async fn files_go_with_their_picture(app: TestApp) {
        let bucket = Bucket::start();
        let app = app.with_store(Some(store_of(&bucket)));
        let (amy, bob, boss) = (app.member("张小红").await, app.member("李小明").await, app.admin().await);
        let sent = pictures::jpeg(20, 20);
        let id = amy.upload(&sent, None).await.ok().text("uploadMedia.id");
        let other = amy.upload(&pictures::jpeg(30, 20), None).await.ok().text("uploadMedia.id");
        assert_eq!(bucket.names().len(), 4);
        assert_eq!(delete(&bob, &id).await.code(), "NOT_FOUND");
        assert_eq!(delete(&amy, &id).await.ok().text("deleteMedia.state"), "DELETED");
        assert_eq!(delete(&amy, &id).await.code(), "NOT_FOUND");
        assert_eq!(seen(&amy, &id).await.code(), "NOT_FOUND");
        decide(&boss, &other, "REJECT", Some("模糊")).await.ok();
        bucket.set(Mood::Status(500));
        app.deliver().await;
        assert_eq!(bucket.names().len(), 4, "the store is away");
        bucket.set(Mood::Well);
        app.advance_minutes(2);
        app.deliver().await;
        assert!(bucket.names().is_empty(), "{:?}", bucket.names());
        assert_eq!(rows(&app).await, ["DELETED", "REJECTED"], "the rows stay");
        let again = amy.upload(&sent, None).await.ok().text("uploadMedia.id");
        assert_ne!(again, id, "what was deleted is sent anew");
        assert_eq!(bucket.names(), [format!("{again}/full"), format!("{again}/thumb")]);
    }

    async fn a_link_holds_for_ten_minutes_and_as_it_was_made(app: TestApp) {
        let (amy, bob) = (app.member("张小红").await, app.member("李小明").await);
        let link = amy.upload(&pictures::jpeg(20, 20), None).await.ok().text("uploadMedia.url");
        let other = bob.upload(&pictures::jpeg(20, 20), None).await.ok().text("uploadMedia.url");
        let (path, query) = link.split_once('?').expect("a query");
        let (theirs, _) = other.split_once('?').expect("a query");
        assert!(!link.contains(&amy.account_id) && !link.contains(&amy.volunteer_id), "it says nothing of a person");
        let code = async |link: &str| {
            let reply = amy.fetch(link).await;
            let code = if reply.status == 200 { String::new() } else { reply.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned() };
            (reply.status, code)
        };
        let forged = [path.to_owned(), format!("{theirs}?{query}"), format!("{}?{query}", path.replace("/full", "/thumb")), link.replace("exp=", "exp=9"), format!("{link}00")];
        for forged in forged {
            assert_eq!(code(&forged).await, (403, "SIGNATURE_INVALID".to_owned()), "{forged}");
        }
        assert_eq!(code("/media/../../etc/passwd").await.0, 404);
        app.advance(9 * 60 * 1_000_000);
        assert_eq!(code(&link).await.0, 200);
        app.advance_minutes(1);
        assert_eq!(code(&link).await, (403, "LINK_EXPIRED".to_owned()));
    }

    async fn one_tap_is_one_picture(app: TestApp) {
        let amy = app.member("张小红").await;
        let (one, other) = (pictures::shade(40, 30, 1), pictures::shade(40, 30, 9));
        let first = amy.upload(&one, Some("tap-1")).await.ok().text("uploadMedia.id");
        assert_eq!(amy.upload(&one, Some("tap-1")).await.ok().text("uploadMedia.id"), first, "the answer was lost");
        assert_eq!(amy.upload(&other, Some("tap-1")).await.code(), "IDEMPOTENCY_MISMATCH");
        assert_eq!(amy.upload(b"no picture", Some("tap-2")).await.code(), "MEDIA_TYPE");
        let kept = amy.upload(&other, Some("tap-2")).await.ok().text("uploadMedia.id");
        assert_ne!(kept, first, "a refused try leaves its key");
        delete(&amy, &kept).await.ok();
        assert_eq!(amy.upload(&other, Some("tap-2")).await.code(), "STATE_CHANGED");
        let third = pictures::shade(40, 30, 17);
        let answers = join_all((0..4).map(|_| amy.upload(&third, None))).await;
        let mut ids: Vec<String> = answers.into_iter().map(|answer| answer.ok().text("uploadMedia.id")).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "four at once are one");
        let mut taken = 0;
        while amy.upload(&one, None).await.body.get("errors").is_none() {
            taken += 1;
            assert!(taken < 70, "nobody counts");
        }
        assert_eq!(amy.upload(&one, None).await.code(), "RATE_LIMITED");
    }

    async fn what_a_process_that_died_has_left_is_gone_on_with_or_swept(app: TestApp) {
        let bucket = Bucket::start();
        let app = app.with_store(Some(store_of(&bucket)));
        let amy = app.member("张小红").await;
        let (one, other) = (pictures::shade(40, 30, 1), pictures::shade(40, 30, 9));
        bucket.set(Mood::Status(500));
        for sent in [&one, &other] {
            let answer = amy.upload(sent, Some(&format!("tap {}", sent.len()))).await;
            assert_eq!(answer.code(), "UNAVAILABLE");
        }
        assert_eq!(rows(&app).await, ["STORING", "STORING"]);
        assert!(own(&amy).await.is_empty(), "they are nobody's pictures yet");
        bucket.set(Mood::Well);
        app.advance_minutes(50);
        amy.upload(&one, Some(&format!("tap {}", one.len()))).await.ok();
        assert_eq!(rows(&app).await, ["PENDING", "STORING"], "the same picture goes on");
        // A part of the other was written before the process died.
        let id: entity::id::MediaId = {
            let statement = "SELECT id FROM media WHERE state = 'STORING'";
            let row = app.app.db.reader().query_one_raw(domain::db::sql(app.app.db.reader(), statement, [])).await.expect("read").expect("a row");
            row.try_get("", "id").expect("an id")
        };
        app.app.store.as_ref().expect("a store").put(&format!("{id}/full"), "image/jpeg", vec![1]).await.map_err(|error| error.code).expect("put");
        app.deliver().await;
        assert_eq!(bucket.names().len(), 3, "it may still be at work");
        app.advance_minutes(11);
        app.deliver().await;
        assert_eq!((rows(&app).await, bucket.names().len()), (vec!["PENDING".to_owned(), "DELETED".to_owned()], 2), "swept");
        amy.upload(&other, None).await.ok();
        assert_eq!((rows(&app).await.len(), bucket.names().len()), (3, 4), "and may be sent anew");
    }
}
