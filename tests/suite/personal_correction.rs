//! Corrections: asked for by the person, decided by staff of the place, in time.

use entity::role_grant::Role;
use serde_json::json;
use support::registered::{self, send};
use support::{Actor, Answer, TestApp, both};

use crate::personal::{member, serve};

const FIELDS: &str = "{ id field wanted reason state decision dueAt recordId }";

async fn ask(who: &Actor, field: &str, wanted: &str, record: Option<&str>) -> Answer {
    let input = json!({ "field": field, "wanted": wanted, "reason": "登记时写错了", "recordId": record });
    send(who, "requestCorrection", "RequestCorrectionInput", FIELDS, input).await
}

async fn decide(who: &Actor, id: &str, decision: &str, reason: &str) -> Answer {
    let input = json!({ "id": id, "decision": decision, "reason": reason });
    send(who, "decideCorrection", "DecideCorrectionInput", FIELDS, input).await
}

async fn name(who: &Actor) -> String {
    who.run("{ me { volunteer { name } } }", json!({})).await.ok().text("me.volunteer.name")
}

async fn told(who: &Actor, kind: &str) -> usize {
    let told = who.run("{ myNotifications(first: 50) { edges { node { kind } } } }", json!({})).await.ok();
    told.list("myNotifications.edges").iter().filter(|edge| edge["node"]["kind"] == kind).count()
}

both! {
    async fn a_name_is_put_right_by_somebody_else(app: TestApp) {
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        let amy = member(&app, "欧阳晓敏").await;
        let asked = ask(&amy, "NAME", "欧阳小敏", None).await.ok();
        let id = asked.text("requestCorrection.id");
        assert_eq!(asked.text("requestCorrection.wanted"), "欧阳小敏");
        assert_eq!(asked.text("requestCorrection.dueAt"), "2026-03-23T16:00:00+00:00", "fifteen working days after Monday, 2 March");
        assert_eq!(ask(&amy, "NAME", "欧阳敏", None).await.code(), "ALREADY_REQUESTED");
        assert_eq!(decide(&amy, &id, "GRANTED", "好").await.code(), "FORBIDDEN");
        assert_eq!(decide(&worker, &id, "GRANTED", " ").await.code(), "REASON_REQUIRED");
        let seen = worker.run("{ corrections(first: 5, state: OPEN) { edges { node { id wanted reason } } } }", json!({})).await.ok();
        assert_eq!(seen.data("corrections.edges"), &json!([{ "node": { "id": id, "wanted": "欧阳小敏", "reason": "登记时写错了" } }]));
        assert_eq!(amy.run("{ corrections(first: 5) { edges { node { id } } } }", json!({})).await.code(), "FORBIDDEN");

        decide(&worker, &id, "GRANTED", "已核对身份证").await.ok();
        assert_eq!(name(&amy).await, "欧阳小敏");
        assert_eq!(decide(&worker, &id, "REFUSED", "再看看").await.code(), "STATE_CHANGED");
        app.deliver().await;
        assert_eq!(told(&amy, "CORRECTION").await, 1);
        let mine = amy.run("{ myCorrections(first: 5) { edges { node { state decision } } } }", json!({})).await.ok();
        assert_eq!(mine.data("myCorrections.edges.0.node"), &json!({ "state": "GRANTED", "decision": "已核对身份证" }));
        ask(&amy, "NAME", "欧阳敏", None).await.ok();
    }

    async fn what_does_not_fit_is_not_asked_for(app: TestApp) {
        let (amy, ben) = (member(&app, "欧阳小敏").await, member(&app, "李小明").await);
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        serve(&app, &leader, &activity, &[&ben], 60).await;
        let of_ben = ben.records().await[0]["id"].as_str().expect("an id").to_owned();
        let bad: [(&str, &str, Option<&str>, &str, &str); 8] = [
            ("NAME", "", None, "BAD_INPUT", "wanted"),
            ("BIRTH_DATE", "1980年5月", None, "BAD_INPUT", "wanted"),
            ("BIRTH_DATE", "2999-01-01", None, "BAD_INPUT", "wanted"),
            ("REGION", "reg_0000000000000000000001", None, "NOT_FOUND", "wanted"),
            ("REGION", "somewhere", None, "BAD_ID", "wanted"),
            ("RECORD_MINUTES", "2000", Some(&of_ben), "BAD_INPUT", "wanted"),
            ("RECORD_MINUTES", "60", None, "BAD_INPUT", "recordId"),
            ("RECORD_MINUTES", "60", Some(&of_ben), "NOT_FOUND", "recordId"),
        ];
        for (field, wanted, record, code, at) in bad {
            let answer = ask(&amy, field, wanted, record).await;
            assert_eq!((answer.code(), answer.field()), (code, at), "{field} {wanted}");
        }
        assert_eq!(ask(&registered::resident(&app, &registered::phone()).await, "NAME", "某某", None).await.code(), "NOT_VOLUNTEER");
    }

    async fn a_record_is_marked_and_not_written_over(app: TestApp) {
        let boss = app.admin().await;
        let amy = member(&app, "欧阳小敏").await;
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        serve(&app, &leader, &activity, &[&amy], 60).await;
        let record = amy.records().await[0]["id"].as_str().expect("an id").to_owned();
        let id = ask(&amy, "RECORD_MINUTES", "90", Some(&record)).await.ok().text("requestCorrection.id");
        decide(&boss, &id, "GRANTED", "签退登记早了半小时,将撤销后补录").await.ok();
        assert_eq!(amy.records().await[0]["minutes"], 60, "proof is revoked and filed anew, not changed");
    }

    async fn nobody_decides_their_own_and_what_is_taken_back_is_over(app: TestApp) {
        let boss = app.admin().await;
        let other = app.admin().await;
        let id = ask(&boss, "BIRTH_DATE", "1985-06-16", None).await.ok().text("requestCorrection.id");
        assert_eq!(decide(&boss, &id, "GRANTED", "自己核对过").await.code(), "SELF_DEALING");
        let back = async |who: &Actor| send(who, "withdrawCorrection", "WithdrawCorrectionInput", FIELDS, json!({ "id": id })).await;
        assert_eq!(back(&other).await.code(), "NOT_FOUND");
        assert_eq!(back(&boss).await.ok().text("withdrawCorrection.state"), "WITHDRAWN");
        assert_eq!(back(&boss).await.ok().text("withdrawCorrection.state"), "WITHDRAWN", "again changes nothing");
        assert_eq!(decide(&other, &id, "GRANTED", "好").await.code(), "STATE_CHANGED");
    }

    async fn staff_are_reminded_once_before_the_time_is_over(app: TestApp) {
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        let amy = member(&app, "欧阳小敏").await;
        ask(&amy, "NAME", "欧阳晓敏", None).await.ok();
        app.set_time("2026-03-20T12:00:00Z");
        app.deliver().await;
        assert_eq!(told(&worker, "CORRECTION").await, 0, "more than three days left");
        app.set_time("2026-03-20T17:00:00Z");
        app.deliver().await;
        app.deliver().await;
        assert_eq!((told(&worker, "CORRECTION").await, told(&amy, "CORRECTION").await), (1, 0));
    }

    async fn two_decide_at_once_and_one_counts(app: TestApp) {
        let (boss, other) = (app.admin().await, app.admin().await);
        let amy = member(&app, "欧阳小敏").await;
        let id = ask(&amy, "NAME", "欧阳晓敏", None).await.ok().text("requestCorrection.id");
        let (one, two) = futures_util::join!(decide(&boss, &id, "GRANTED", "属实"), decide(&other, &id, "REFUSED", "不符"));
        let refused: Vec<&str> = [&one, &two].into_iter().filter(|answer| answer.body.get("errors").is_some()).map(Answer::code).collect();
        assert_eq!(refused, ["STATE_CHANGED"]);
        let granted = one.body.get("errors").is_none();
        assert_eq!(name(&amy).await, if granted { "欧阳晓敏" } else { "欧阳小敏" });
    }
}
