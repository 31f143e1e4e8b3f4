//! A copy of one's data: everything that is held, readable, and for the person alone.

use serde_json::{Value, json};
use support::listing::goods;
use support::registered::{self, send};
use support::{Actor, Answer, TestApp, both, http};

use crate::personal::{member, serve};

async fn ask(who: &Actor) -> Answer {
    who.run("mutation { exportMyData { path expiresAt } }", json!({})).await
}

/// The document of an archive, which is stored and not compressed.
fn document(archive: &[u8]) -> Value {
    let begins = memchr::memmem::find(archive, b"{\"accountId\":").expect("a document");
    let mut found = serde_json::Deserializer::from_slice(&archive[begins..]).into_iter::<Value>();
    found.next().expect("a document").expect("well formed")
}

fn rows<'a>(document: &'a Value, table: &str) -> &'a [Value] {
    let tables = document["tables"].as_array().expect("tables");
    let found = tables.iter().find(|one| one["name"] == table).unwrap_or_else(|| panic!("no {table}"));
    found["rows"].as_array().expect("rows")
}

both! {
    async fn a_copy_holds_what_is_held_and_says_what_it_means(app: TestApp) {
        let amy = member(&app, "欧阳小敏").await;
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        serve(&app, &leader, &activity, &[&amy], 60).await;
        let contact = json!({ "name": "欧阳小敏", "phone": amy.phone, "address": "桂花巷七号" });
        amy.file_need("need", json!({ "contact": contact })).await.ok();
        let other = member(&app, "李小明").await;
        other.offer_resource("gift", goods()).await.ok();

        let path = ask(&amy).await.ok().text("exportMyData.path");
        let got = http::send(app.address, "GET", &path, &[], b"").await;
        assert_eq!((got.status, got.header("content-type"), got.header("cache-control")), (200, "application/zip", "no-store"));
        let document = document(&got.body);
        assert_eq!((document["format"].as_str(), document["accountId"].as_str()), (Some("qicai.personal.1"), Some(amy.account_id.as_str())));
        let account = &rows(&document, "account")[0];
        assert_eq!(account["phone"], json!(amy.phone), "opened for its owner");
        let person = &rows(&document, "volunteer")[0];
        assert_eq!((&person["name"], &person["birthDate"], &person["id"]), (&json!("欧阳小敏"), &json!("1980-05-04"), &json!(amy.volunteer_id)));
        assert_eq!(rows(&document, "service_record")[0]["minutes"], 60);
        assert!(rows(&document, "service_record")[0]["startedAt"].as_str().is_some_and(|at| at.ends_with("+08:00")));
        assert_eq!(rows(&document, "entry").len(), 1, "the passbook");
        let needs = rows(&document, "listing");
        assert_eq!((needs.len(), &needs[0]["contact"]["address"]), (1, &json!("桂花巷七号")), "what others offer is not in it");
        assert!(!rows(&document, "login_session").is_empty() && !rows(&document, "role_grant").is_empty());
        assert!(document["tables"].as_array().expect("tables").iter().all(|table| !table["title"].as_str().unwrap_or("").is_empty()));

        let text = String::from_utf8_lossy(&got.body).into_owned();
        for part in ["README.txt", "SHA256SUMS", "csv/volunteer.csv", "出生日期", "birthDate:出生日期"] {
            assert!(text.contains(part), "{part}");
        }
        assert!(!text.contains("李小明") && !text.contains(&other.phone), "nobody else");
    }

    async fn a_path_holds_for_ten_minutes_and_for_its_sign_in(app: TestApp) {
        let amy = registered::resident(&app, &registered::phone()).await;
        let path = ask(&amy).await.ok().text("exportMyData.path");
        let get = async |path: &str| http::send(app.address, "GET", path, &[], b"").await.status;
        assert_eq!(get(&path).await, 200);
        let bent = path.replace(".zip", "0.zip");
        assert_eq!((get(&bent).await, get("/export/x.zip").await), (404, 404));
        app.advance_minutes(10);
        assert_eq!(get(&path).await, 404, "over");
        let path = ask(&amy).await.ok().text("exportMyData.path");
        amy.run("mutation { logOut }", json!({})).await.ok();
        assert_eq!(get(&path).await, 404, "signed out");
    }

    async fn a_copy_is_asked_for_by_the_person_alone_and_not_without_end(app: TestApp) {
        assert_eq!(ask(&Actor::stranger(&app)).await.code(), "UNAUTHENTICATED");
        let (mother, daughter) = (member(&app, "张桂英").await, member(&app, "张小红").await);
        let code = send(&mother, "inviteHelper", "InviteHelperInput", "{ code }", json!({ "kind": "ELDER" })).await.ok().text("inviteHelper.code");
        let id = send(&daughter, "acceptHelping", "AcceptHelpingInput", "{ id }", json!({ "code": code })).await.ok().text("acceptHelping.id");
        let input = json!({ "relationId": id, "device": "hers" });
        let acting = mother.showing(&send(&daughter, "actFor", "ActForInput", "{ accessToken }", input).await.ok().text("actFor.accessToken"));
        assert_eq!(ask(&acting).await.code(), "FORBIDDEN");
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers.push(ask(&daughter).await);
        }
        assert_eq!(answers.iter().filter(|answer| answer.body.get("errors").is_none()).count(), 5);
        assert_eq!(answers[5].code(), "RATE_LIMITED");
    }
}
