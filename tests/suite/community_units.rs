//! Co-building with units: seats, agreements, check-in and feedback, joint meetings, visits, model units.

use entity::time::UtcMicros;
use futures_util::future::join;
use serde_json::{Value, json};
use support::listing::with;
use support::registered::send;
use support::serving::text;
use support::{Actor, Answer, TestApp, both};

use crate::community::neighbour;

async fn file_agreement(who: &Actor, units: &[&str], changes: Value) -> Answer {
    let input = json!({ "title": "党建共建协议", "summary": "组织联建、活动联办、服务联动", "signedOn": "2026-03-01", "validTo": "2027-02-28", "unitIds": units, "idempotencyKey": "agr" });
    let fields = "{ id title inForce endedOn units { name } }";
    send(who, "fileAgreement", "FileAgreementInput", fields, with(input, changes)).await
}

async fn check_in(who: &Actor, unit: &str) -> Answer {
    let input = json!({ "unitId": unit, "services": "义诊、法律咨询" });
    send(who, "checkInUnit", "CheckInUnitInput", "{ id services endedAt unit { name } }", input).await
}

async fn join_unit(who: &Actor, unit: &str, changes: Value) -> Answer {
    let input = with(json!({ "unitId": unit, "consent": true }), changes);
    send(who, "checkInMember", "CheckInMemberInput", "{ id unit { name } region { id } volunteer { id } }", input).await
}

async fn call(who: &Actor, changes: Value) -> Answer {
    let input = json!({ "title": "三月联席会", "place": "社区二楼", "startsAt": "2026-03-05T01:00:00Z", "agenda": ["停车难", "电梯加装"], "idempotencyKey": "jm" });
    let fields = "{ id state agenda units { attended unit { name } } }";
    send(who, "callJointMeeting", "CallJointMeetingInput", fields, with(input, changes)).await
}

both! {
    async fn seats_are_held_for_a_term(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("李小明").await);
        let unit = app.unit(&admin, "水泵厂").await;
        assert_eq!(amy.seat(&unit, "2026-01-01", "2026-12-31").await.code(), "FORBIDDEN");
        assert_eq!(admin.seat("unit_0000000000000000000001", "2026-01-01", "2026-12-31").await.field(), "unitId");
        assert_eq!(admin.seat(&unit, "2026-01-02", "2026-01-01").await.field(), "termTo");
        assert_eq!(admin.seat(&unit, "2026-01-01", "2032-01-01").await.field(), "termTo", "six years at most");
        let seat = admin.seat(&unit, "2026-01-01", "2026-12-31").await.ok();
        assert_eq!((seat.text("seatAllianceMember.unit.name"), seat.data("seatAllianceMember.mine")), ("水泵厂".to_owned(), &json!(false)));
        for (from, to) in [("2026-12-31", "2027-12-31"), ("2025-01-01", "2026-01-01"), ("2026-05-01", "2026-06-01"), ("2025-01-01", "2028-01-01")] {
            assert_eq!(admin.seat(&unit, from, to).await.code(), "TERM_OVERLAP", "{from} to {to}");
        }
        admin.seat(&unit, "2027-01-01", "2027-12-31").await.ok();
        let end = async |who: &Actor, id: &str| send(who, "endAllianceTerm", "EndAllianceTermInput", "{ endedOn }", json!({ "id": id })).await;
        assert_eq!(end(&amy, &seat.text("seatAllianceMember.id")).await.code(), "FORBIDDEN");
        assert_eq!(end(&admin, &seat.text("seatAllianceMember.id")).await.ok().text("endAllianceTerm.endedOn"), "2026-03-02");
        let sits = "query($on: NaiveDate, $past: Boolean!) { allianceMembers(on: $on, withPast: $past) { edges { node { seat partyOrganisation unit { name } } } } }";
        for (on, past, count) in [(Value::Null, false, 0), (json!("2026-02-01"), false, 1), (json!("2027-05-01"), false, 1), (Value::Null, true, 2)] {
            assert_eq!(amy.run(sits, json!({ "on": on, "past": past })).await.ok().list("allianceMembers.edges").len(), count, "{on} {past}");
        }
        admin.seat(&unit, "2026-03-02", "2026-12-31").await.ok();
        let (one, two) = join(admin.seat(&unit, "2028-01-01", "2028-12-31"), admin.seat(&unit, "2028-06-01", "2029-05-31")).await;
        let codes: Vec<bool> = [&one, &two].iter().map(|answer| answer.body.get("errors").is_none()).collect();
        assert_eq!(codes.iter().filter(|fine| **fine).count(), 1, "two terms at once do not overlap either");
        let (_, boss) = neighbour(&app).await;
        assert_eq!(end(&boss, &seat.text("seatAllianceMember.id")).await.code(), "NOT_FOUND");
        assert_eq!(boss.seat(&unit, "2030-01-01", "2030-12-31").await.code(), "NOT_FOUND");
    }

    async fn an_agreement_has_parties_and_dates(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("李小明").await);
        let (pump, school) = (app.unit(&admin, "水泵厂").await, app.unit(&admin, "实验小学").await);
        assert_eq!(file_agreement(&amy, &[&pump], json!({})).await.code(), "FORBIDDEN");
        for (units, changes, field) in [
            (vec![], json!({}), "unitIds"),
            (vec!["unit_0000000000000000000001"], json!({}), "unitIds"),
            (vec![pump.as_str()], json!({ "validTo": "2026-02-28" }), "validTo"),
            (vec![pump.as_str()], json!({ "validTo": "2036-03-01" }), "validTo"),
            (vec![pump.as_str()], json!({ "title": " " }), "title"),
        ] {
            assert_eq!(file_agreement(&admin, &units, changes).await.field(), field);
        }
        let made = file_agreement(&admin, &[&pump, &school, &pump], json!({})).await.ok();
        assert_eq!((made.data("fileAgreement.inForce"), made.list("fileAgreement.units").len()), (&json!(true), 2));
        let id = made.text("fileAgreement.id");
        assert_eq!(file_agreement(&admin, &[&pump, &school, &pump], json!({})).await.ok().text("fileAgreement.id"), id);
        assert_eq!(file_agreement(&admin, &[&pump], json!({})).await.code(), "IDEMPOTENCY_MISMATCH");
        let old = json!({ "signedOn": "2024-01-01", "validTo": "2024-12-31", "idempotencyKey": "old" });
        let old = file_agreement(&admin, &[&school], old).await.ok().text("fileAgreement.id");
        let of = "query($unit: ID, $on: NaiveDate) { agreements(unitId: $unit, on: $on) { edges { node { id } } } }";
        for (variables, count) in [(json!({}), 2), (json!({ "unit": pump }), 1), (json!({ "unit": school, "on": "2024-05-01" }), 1), (json!({ "on": "2025-05-01" }), 0)] {
            assert_eq!(amy.run(of, variables.clone()).await.ok().list("agreements.edges").len(), count, "{variables}");
        }
        let end = async |who: &Actor, id: &str, reason: &str| send(who, "endAgreement", "EndAgreementInput", "{ inForce endedOn endReason }", json!({ "id": id, "reason": reason })).await;
        assert_eq!(end(&amy, &id, "x").await.code(), "FORBIDDEN");
        assert_eq!(end(&admin, &id, "").await.code(), "REASON_REQUIRED");
        assert_eq!(end(&admin, &old, "x").await.code(), "STATE_CHANGED");
        assert_eq!(end(&admin, &id, "单位搬迁").await.ok().data("endAgreement"), &json!({ "inForce": false, "endedOn": "2026-03-02", "endReason": "单位搬迁" }));
        assert_eq!(end(&admin, &id, "再次").await.ok().text("endAgreement.endReason"), "单位搬迁");
        let (_, boss) = neighbour(&app).await;
        assert_eq!(end(&boss, &id, "x").await.code(), "NOT_FOUND");
        assert_eq!(file_agreement(&boss, &[&pump], json!({})).await.code(), "NOT_FOUND");
    }

    async fn a_unit_and_its_members_check_in(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("李小明").await);
        let unit = app.unit(&admin, "水泵厂").await;
        let ann = app.liaison(&admin, &unit).await;
        assert_eq!(check_in(&amy, &unit).await.code(), "FORBIDDEN");
        assert_eq!(join_unit(&amy, &unit, json!({})).await.code(), "UNIT_NOT_CHECKED_IN");
        let id = check_in(&ann, &unit).await.ok().text("checkInUnit.id");
        assert_eq!(check_in(&admin, &unit).await.code(), "ALREADY_CHECKED_IN");
        assert_eq!(join_unit(&amy, &unit, json!({ "consent": false })).await.code(), "CONSENT_MISSING");
        assert_eq!(join_unit(&amy, &unit, json!({ "regionId": "reg_0000000000000000000001" })).await.field(), "regionId");
        assert_eq!(join_unit(&app.resident("某人").await, &unit, json!({})).await.code(), "NOT_VOLUNTEER");
        let mine = join_unit(&amy, &unit, json!({})).await.ok();
        assert_eq!(mine.text("checkInMember.region.id"), app.community.below[1].to_string(), "the home grid");
        assert_eq!(join_unit(&amy, &unit, json!({})).await.code(), "ALREADY_CHECKED_IN");
        assert_eq!(amy.run("{ myMemberCheckIn { unit { name } } }", json!({})).await.ok().text("myMemberCheckIn.unit.name"), "水泵厂");
        let members = "query($id: ID!) { memberCheckIns(unitId: $id) { edges { node { volunteer { id name } } } } }";
        for who in [&ann, &admin] {
            assert_eq!(who.run(members, json!({ "id": unit })).await.ok().text("memberCheckIns.edges.0.node.volunteer.id"), amy.volunteer_id);
        }
        for who in [&amy, &app.grid_worker().await] {
            assert_eq!(who.run(members, json!({ "id": unit })).await.code(), "FORBIDDEN", "sensitive");
        }
        let gone = "mutation { withdrawMemberCheckIn }";
        assert_eq!(amy.run(gone, json!({})).await.ok().data("withdrawMemberCheckIn"), &json!(true));
        assert_eq!(amy.run(gone, json!({})).await.ok().data("withdrawMemberCheckIn"), &json!(false));
        assert_eq!(ann.run(members, json!({ "id": unit })).await.ok().list("memberCheckIns.edges").len(), 0);
        join_unit(&amy, &unit, json!({})).await.ok();
        let out = async |who: &Actor| send(who, "checkOutUnit", "CheckOutUnitInput", "{ endedAt }", json!({ "id": id })).await;
        assert_eq!(out(&amy).await.code(), "FORBIDDEN");
        out(&ann).await.ok();
        out(&ann).await.ok();
        assert_eq!(amy.run("{ myMemberCheckIn { id } unitCheckIns { edges { cursor } } }", json!({})).await.ok().body["data"], json!({ "myMemberCheckIn": null, "unitCheckIns": { "edges": [] } }));
        check_in(&admin, &unit).await.ok();
    }

    async fn a_year_is_fed_back_to_the_unit_once(app: TestApp) {
        let admin = app.admin().await;
        let unit = app.unit(&admin, "水泵厂").await;
        let ann = app.liaison(&admin, &unit).await;
        check_in(&ann, &unit).await.ok();
        let (amy, ben) = (app.member("李小明").await, app.member("王芳").await);
        join_unit(&amy, &unit, json!({})).await.ok();
        join_unit(&ben, &unit, json!({})).await.ok();
        let give = async |who: &Actor, changes: Value| {
            let input = with(json!({ "unitId": unit, "year": 2026, "comment": "感谢贵单位" }), changes);
            send(who, "giveUnitFeedback", "GiveUnitFeedbackInput", "{ year members records minutes tasks comment unit { name } }", input).await
        };
        assert_eq!(give(&ann, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(give(&admin, json!({ "year": 2027 })).await.field(), "year");
        assert_eq!(give(&admin, json!({ "unitId": "unit_0000000000000000000001" })).await.field(), "unitId");
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let activity = app.activity(&leader, team_id, json!({})).await;
        let session = app.session(&leader, &activity, 10, 120, 9).await;
        app.advance_minutes(130);
        let (from, to) = (text(app.now().plus(-120 * UtcMicros::MINUTE)), text(app.now()));
        let roll = json!([{ "volunteerId": amy.volunteer_id, "checkedInAt": from, "checkedOutAt": to }]);
        leader.call_roll(&session, "roll", roll).await.ok();
        let given = give(&admin, json!({})).await.ok();
        assert_eq!(given.data("giveUnitFeedback"), &json!({ "year": 2026, "members": 2, "records": 1, "minutes": 120, "tasks": 0, "comment": "感谢贵单位", "unit": { "name": "水泵厂" } }));
        assert_eq!(give(&admin, json!({ "comment": "再一次" })).await.code(), "FEEDBACK_GIVEN");
        assert_eq!(give(&admin, json!({ "year": 2025 })).await.ok().int("giveUnitFeedback.minutes"), 0, "of that year alone");
        app.deliver().await;
        assert_eq!(ann.told().await, ["年度反馈", "年度反馈"]);
        let read = "query($id: ID!) { unitFeedback(unitId: $id) { edges { node { year members } } } }";
        assert_eq!(ann.run(read, json!({ "id": unit })).await.ok().list("unitFeedback.edges").len(), 2);
        assert_eq!(amy.run(read, json!({ "id": unit })).await.code(), "FORBIDDEN");
    }

    async fn a_joint_meeting_decides_and_is_followed_up(app: TestApp) {
        let admin = app.admin().await;
        assert_eq!(call(&admin, json!({})).await.code(), "ALLIANCE_EMPTY");
        let ((pump, ann), (school, ben)) = (app.member_unit(&admin, "水泵厂").await, app.member_unit(&admin, "实验小学").await);
        let outside = app.unit(&admin, "别的厂").await;
        assert_eq!(call(&ann, json!({})).await.code(), "FORBIDDEN");
        for (changes, field) in [
            (json!({ "agenda": [] }), "agenda"),
            (json!({ "agenda": [" "] }), "agenda"),
            (json!({ "startsAt": "2026-03-01T01:00:00Z" }), "startsAt"),
            (json!({ "unitIds": ["unit_0000000000000000000001"] }), "unitIds"),
        ] {
            assert_eq!(call(&admin, changes).await.field(), field);
        }
        let called = call(&admin, json!({})).await.ok();
        assert_eq!((called.data("callJointMeeting.agenda"), called.list("callJointMeeting.units").len()), (&json!(["停车难", "电梯加装"]), 2));
        let id = called.text("callJointMeeting.id");
        assert_eq!(call(&admin, json!({})).await.ok().text("callJointMeeting.id"), id);
        app.deliver().await;
        assert_eq!((ann.told().await, ben.told().await), (vec!["党建联席会通知".to_owned()], vec!["党建联席会通知".to_owned()]));

        let record = async |who: &Actor, changes: Value| {
            let input = json!({ "id": id, "summary": "各单位发言,达成一致", "attendedUnitIds": [pump], "decisions": [
                { "title": "腾出 18 个停车位", "unitId": pump, "dueOn": "2026-04-01" }, { "title": "征求居民意见", "dueOn": "2026-03-20" }] });
            let fields = "{ state summary units { attended unit { name } } decisions { id title overdue unit { name } } }";
            send(who, "recordJointMeeting", "RecordJointMeetingInput", fields, with(input, changes)).await
        };
        assert_eq!(record(&admin, json!({})).await.code(), "STATE_CHANGED", "it has not begun");
        app.set_time("2026-03-05T11:00:00+08:00");
        assert_eq!(record(&ann, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(record(&admin, json!({ "summary": "" })).await.field(), "summary");
        assert_eq!(record(&admin, json!({ "attendedUnitIds": [outside] })).await.field(), "attendedUnitIds");
        assert_eq!(record(&admin, json!({ "decisions": [{ "title": "x", "unitId": outside, "dueOn": "2026-04-01" }] })).await.code(), "NOT_FOUND");
        assert_eq!(record(&admin, json!({ "decisions": [{ "title": "x", "dueOn": "2026-03-04" }] })).await.field(), "decisions");
        let held = record(&admin, json!({})).await.ok();
        assert_eq!((held.text("recordJointMeeting.state"), held.list("recordJointMeeting.decisions").len()), ("HELD".to_owned(), 2));
        assert!(held.list("recordJointMeeting.units").contains(&json!({ "attended": true, "unit": { "name": "水泵厂" } })));
        assert!(held.list("recordJointMeeting.units").contains(&json!({ "attended": false, "unit": { "name": "实验小学" } })));
        assert_eq!(record(&admin, json!({})).await.code(), "STATE_CHANGED", "recorded once");

        let (parking, asking) = (held.text("recordJointMeeting.decisions.0.id"), held.text("recordJointMeeting.decisions.1.id"));
        let follow = async |who: &Actor, id: &str, text: &str, done: bool| {
            let input = json!({ "id": id, "text": text, "done": done });
            send(who, "followUpDecision", "FollowUpDecisionInput", "{ followUp doneAt overdue }", input).await
        };
        assert_eq!(follow(&ben, &parking, "好", true).await.code(), "FORBIDDEN", "another unit's");
        assert_eq!(follow(&ann, &asking, "好", true).await.code(), "FORBIDDEN", "the community's own");
        assert_eq!(follow(&ann, &parking, " ", false).await.field(), "text");
        assert_eq!(follow(&ann, &parking, "围墙已退四米", false).await.ok().data("followUpDecision.doneAt"), &Value::Null);
        let open = "{ joint_decisions: jointDecisions(openOnly: true) { edges { node { overdue title } } } }";
        app.set_time("2026-04-02T09:00:00+08:00");
        let late = ann.run(open, json!({})).await.ok();
        assert!(late.list("joint_decisions.edges").iter().all(|edge| edge["node"]["overdue"] == true) && late.list("joint_decisions.edges").len() == 2);
        follow(&ann, &parking, "十八个车位已启用", true).await.ok();
        assert_eq!(follow(&ann, &parking, "再说", false).await.code(), "STATE_CHANGED");
        follow(&admin, &asking, "已公示", true).await.ok();
        assert_eq!(ann.run(open, json!({})).await.ok().list("joint_decisions.edges").len(), 0);

        let next = call(&admin, json!({ "startsAt": "2026-05-05T01:00:00Z", "idempotencyKey": "next", "unitIds": [school] })).await.ok().text("callJointMeeting.id");
        let cancel = async |who: &Actor, id: &str, reason: &str| send(who, "cancelJointMeeting", "CancelJointMeetingInput", "{ state summary }", json!({ "id": id, "reason": reason })).await;
        assert_eq!(cancel(&ann, &next, "x").await.code(), "FORBIDDEN");
        assert_eq!(cancel(&admin, &next, "").await.code(), "REASON_REQUIRED");
        assert_eq!(cancel(&admin, &next, "台风").await.ok().text("cancelJointMeeting.state"), "CANCELLED");
        assert_eq!(cancel(&admin, &id, "台风").await.code(), "STATE_CHANGED");
        app.deliver().await;
        assert_eq!(ben.told().await, ["党建联席会已取消", "党建联席会通知", "党建联席会通知"]);
        let (_, boss) = neighbour(&app).await;
        assert_eq!(cancel(&boss, &next, "x").await.code(), "NOT_FOUND");
        assert_eq!(follow(&boss, &asking, "x", true).await.code(), "NOT_FOUND");
    }

    async fn visits_go_both_ways_and_models_are_held_up(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("李小明").await);
        let unit = app.unit(&admin, "水泵厂").await;
        let ann = app.liaison(&admin, &unit).await;
        let visit = async |who: &Actor, changes: Value| {
            let input = json!({ "unitId": unit, "direction": "COMMUNITY_TO_UNIT", "visitedOn": "2026-03-01", "purpose": "了解用工需求", "people": 3, "idempotencyKey": "v" });
            send(who, "fileUnitVisit", "FileUnitVisitInput", "{ id direction people unit { name } }", with(input, changes)).await
        };
        assert_eq!(visit(&amy, json!({})).await.code(), "FORBIDDEN");
        for (changes, field) in [(json!({ "visitedOn": "2026-03-03" }), "visitedOn"), (json!({ "visitedOn": "2025-02-28" }), "visitedOn"), (json!({ "people": 0 }), "people"), (json!({ "purpose": "" }), "purpose")] {
            assert_eq!(visit(&admin, changes).await.field(), field);
        }
        let id = visit(&admin, json!({})).await.ok().text("fileUnitVisit.id");
        assert_eq!(visit(&admin, json!({})).await.ok().text("fileUnitVisit.id"), id);
        visit(&ann, json!({ "direction": "UNIT_TO_COMMUNITY", "purpose": "慰问高龄老人" })).await.ok();
        let seen = "query($way: VisitDirection) { unitVisits(direction: $way) { edges { node { purpose } } } }";
        assert_eq!(amy.run(seen, json!({})).await.ok().list("unitVisits.edges").len(), 2);
        assert_eq!(amy.run(seen, json!({ "way": "UNIT_TO_COMMUNITY" })).await.ok().text("unitVisits.edges.0.node.purpose"), "慰问高龄老人");

        let award = async |who: &Actor, year: i32, reason: &str| send(who, "awardModelUnit", "AwardModelUnitInput", "{ id year reason unit { name } }", json!({ "unitId": unit, "year": year, "reason": reason })).await;
        assert_eq!(award(&ann, 2025, "全年认领任务二十项").await.code(), "FORBIDDEN");
        assert_eq!(award(&admin, 2027, "x").await.field(), "year");
        assert_eq!(award(&admin, 2025, "").await.code(), "REASON_REQUIRED");
        let model = award(&admin, 2025, "全年认领任务二十项").await.ok().text("awardModelUnit.id");
        assert_eq!(award(&admin, 2025, "又一次").await.code(), "ALREADY_MODEL_UNIT");
        let revoke = async |who: &Actor, reason: &str| send(who, "revokeModelUnit", "RevokeModelUnitInput", "{ revokedAt }", json!({ "id": model, "reason": reason })).await;
        assert_eq!(amy.run("{ modelUnits(year: 2025) { edges { node { reason unit { name } } } } }", json!({})).await.ok().list("modelUnits.edges").len(), 1);
        assert_eq!(revoke(&ann, "x").await.code(), "FORBIDDEN");
        assert_eq!(revoke(&admin, "").await.code(), "REASON_REQUIRED");
        revoke(&admin, "数字有误").await.ok();
        revoke(&admin, "数字有误").await.ok();
        assert_eq!(amy.run("{ modelUnits { edges { cursor } } }", json!({})).await.ok().list("modelUnits.edges").len(), 0);
        award(&admin, 2025, "核实后重授").await.ok();
        let node = "query($id: ID!) { node(id: $id) { __typename } }";
        let (_, boss) = neighbour(&app).await;
        for (id, kind) in [(&id, "UnitVisit"), (&model, "ModelUnit")] {
            assert_eq!(amy.run(node, json!({ "id": id })).await.ok().text("node.__typename"), kind);
            assert_eq!(boss.run(node, json!({ "id": id })).await.code(), "NOT_FOUND");
        }
    }
}
