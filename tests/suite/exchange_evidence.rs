//! Evidence packs: frozen, the same for everybody, fetched as one archive, checked by programs that are not ours, and broken by a single byte.

use std::path::{Path, PathBuf};
use std::process::Command;

use domain::insight::verify;
use sea_orm::ConnectionTrait;
use serde_json::json;
use support::review::draft;
use support::{Actor, Backend, TestApp, both, http, listing::with};

const PACKS: &str = "query($id: ID!) { project(id: $id) { packs { number sha256 items { position name size sha256 } archive { path expiresAt } } } }";

/// Runs a program in a directory; gives whether it was content, and what it said.
fn run(program: &str, arguments: &[&str], directory: &Path) -> (bool, String) {
    let output = Command::new(program).args(arguments).current_dir(directory).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn fresh_directory(app: &TestApp, name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("qicai-evidence-{}-{:?}-{name}", std::process::id(), app.backend));
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
}

async fn fetch(who: &Actor, path: &str) -> http::Reply {
    http::send(who.address, "GET", path, &[], b"").await
}

/// Paths and hashes of the packs of a project, oldest first.
async fn packs(who: &Actor, id: &str) -> Vec<(String, String)> {
    let answer = who.run(PACKS, json!({ "id": id })).await.ok();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    answer.list("project.packs").iter().map(|pack| (text(&pack["archive"]["path"]), text(&pack["sha256"]))).collect()
}

both! {
    async fn the_archive_of_a_pack_is_checked_by_other_programs(app: TestApp) {
        let admin = app.admin().await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        let panel = app.reviewers(3).await;
        let id = works.submitted("k").await;
        let round = admin.open_review(&id, json!({})).await;
        let read = "query($id: ID!) { reviewRound(id: $id) { pack { sha256 items { name sha256 } archive { path } } } }";
        let seen = panel[0].run(read, json!({ "id": round })).await.ok();
        let path = seen.text("reviewRound.pack.archive.path");
        let reply = fetch(&panel[0], &path).await;
        assert_eq!((reply.status, reply.header("content-type"), reply.header("cache-control")), (200, "application/zip", "no-store"));

        let directory = fresh_directory(&app, "pack");
        std::fs::write(directory.join("pack.zip"), &reply.body).expect("written");
        assert!(run("unzip", &["-o", "-q", "pack.zip"], &directory).0, "unzip takes it");
        let (fits, said) = run("sha256sum", &["-c", "SHA256SUMS"], &directory);
        assert!(fits, "{said}");
        assert_eq!(said.lines().count(), seen.list("reviewRound.pack.items").len());
        let (_, manifest) = run("sha256sum", &["SHA256SUMS"], &directory);
        assert_eq!(manifest.split_whitespace().next(), seen.data("reviewRound.pack.sha256").as_str(), "the pack is named by its list");
        let proposal = std::fs::read_to_string(directory.join("01-proposal.md")).expect("the proposal");
        assert!(proposal.contains("银发理发日") && proposal.contains("涂新钢厂"), "{proposal}");
        std::fs::write(directory.join("01-proposal.md"), proposal.replace("60", "61")).expect("written");
        assert!(!run("sha256sum", &["-c", "SHA256SUMS"], &directory).0, "a changed document is found");
        std::fs::remove_dir_all(&directory).expect("removed");

        let second = panel[1].run(read, json!({ "id": round })).await.ok();
        assert_eq!(second.data("reviewRound.pack.sha256"), seen.data("reviewRound.pack.sha256"), "the same for every reviewer");
        assert_eq!(fetch(&panel[1], &second.text("reviewRound.pack.archive.path")).await.body, reply.body, "to the byte");
        for bad in [path.replace(".zip", ""), path.replace("evp_", "prj_"), format!("{}x.zip", path.trim_end_matches(".zip")), "/evidence/x.zip".to_owned()] {
            assert_eq!(fetch(&admin, &bad).await.status, 404, "{bad}");
        }
        app.advance_minutes(10);
        let late = fetch(&panel[0], &path).await;
        assert_eq!((late.status, &late.json()["errors"][0]["extensions"]["code"]), (404, &json!("NOT_FOUND")), "a path holds for ten minutes");
        assert_eq!(app.member("路人").await.run(PACKS, json!({ "id": id })).await.code(), "NOT_FOUND");
    }

    async fn the_pack_of_an_old_round_never_changes(app: TestApp) {
        let admin = app.admin().await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        let panel = app.reviewers(3).await;
        let id = works.submitted("k").await;
        let first = packs(&works.leader, &id).await;
        let before = fetch(&works.leader, &first[0].0).await.body;
        let round = admin.open_review(&id, json!({})).await;
        for who in &panel {
            who.score(&round, 60, "RETURN", Some("预算须细化")).await.ok();
        }
        admin.review("publishReview", json!({ "roundId": round })).await.ok();
        works.leader.project("updateProject", with(draft(), json!({ "id": id, "budget": "剪刀十把八百元,耗材一千二百元" }))).await.ok();
        works.leader.project("submitProject", json!({ "id": id })).await.ok();
        let both = packs(&works.leader, &id).await;
        assert_eq!(both.len(), 2, "handing in again makes a new pack");
        assert_eq!(both[0].1, first[0].1);
        assert_ne!(both[0].1, both[1].1);
        assert_eq!(fetch(&works.leader, &both[0].0).await.body, before, "the old one is what it was, to the byte");
        let old = panel[0].run("query($id: ID!) { reviewRound(id: $id) { pack { number } } }", json!({ "id": round })).await.ok();
        assert_eq!(old.int("reviewRound.pack.number"), 1, "the old round keeps its own");
    }

    async fn one_changed_byte_is_found(app: TestApp) {
        let admin = app.admin().await;
        let works = app.sponsored(&admin, "涂新钢厂").await;
        let id = works.submitted("k").await;
        let writer = app.app.db.writer();
        let (change, unlock) = match app.backend {
            Backend::Sqlite => ("UPDATE evidence_item SET content = x'58' || substr(content, 2) WHERE position = 4", "DROP TRIGGER evidence_item_no_UPDATE"),
            Backend::Postgres => ("UPDATE evidence_item SET content = set_byte(content, 0, 88) WHERE position = 4", "DROP TRIGGER evidence_item_append_only ON evidence_item"),
        };
        assert!(writer.execute_unprepared(change).await.is_err(), "the table refuses a change");
        let clean = verify::run(&app.app).await.map_err(|error| format!("{error:?}")).expect("verified");
        assert!(clean.is_clean(), "{clean}");
        writer.execute_unprepared(unlock).await.expect("unlocked");
        writer.execute_unprepared(change).await.expect("changed");
        let reply = fetch(&works.leader, &packs(&works.leader, &id).await[0].0).await;
        assert_eq!((reply.status, &reply.json()["errors"][0]["extensions"]["code"]), (500, &json!("EVIDENCE_BROKEN")));
        let report = verify::run(&app.app).await.map_err(|error| format!("{error:?}")).expect("verified");
        assert!(!report.is_clean() && report.to_string().contains("evp_"), "{report}");
    }
}
