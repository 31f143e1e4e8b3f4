//! The monthly task list: a month of it, who may say what, the race for a task, and the lights.

use futures_util::future::join;
use serde_json::{Value, json};
use support::listing::with;
use support::registered::send;
use support::{Actor, Answer, TestApp, both};

use crate::community::neighbour;

const LISTS: &str = "{ taskLists { edges { node { id month cutOffOn dueOn state units { name } \
    progress { open claimed returned lapsed withdrawn green yellow red } } } } }";
const TASKS: &str = "query($list: ID, $light: Light, $state: TaskState, $unit: ID) { tasks(taskListId: $list, light: $light, state: $state, unitId: $unit) \
    { edges { node { id title state light } } } }";

pub async fn policy(admin: &Actor, from: &str, day: i32, warn: i32) -> Answer {
    let input = json!({ "effectiveFrom": from, "cutOffDay": day, "warnDays": warn });
    send(admin, "publishTaskListPolicy", "PublishTaskListPolicyInput", "{ version cutOffDay warnDays effectiveFrom }", input).await
}

pub async fn issue(admin: &Actor, id: &str) -> Answer {
    send(admin, "issueTaskList", "IssueTaskListInput", "{ id state units { name } }", json!({ "id": id })).await
}

/// Three needs, two member units with their liaisons, a policy, and the first list, drawn and not yet issued.
async fn drawn(app: &TestApp, admin: &Actor) -> String {
    let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
    policy(admin, "2026-03-03", 10, 5).await.ok();
    for (key, title) in [("a", "陪王奶奶看病"), ("b", "修楼道的灯"), ("c", "教老人用手机")] {
        app.published_need(&amy, &worker, key, json!({ "title": title, "validUntil": "2026-08-01T00:00:00Z" })).await;
    }
    app.set_time("2026-03-10T00:30:00+08:00");
    app.deliver().await;
    admin.run(LISTS, json!({})).await.ok().text("taskLists.edges.0.node.id")
}

pub async fn tasks(who: &Actor, variables: Value) -> Vec<(String, String)> {
    let answer = who.run(TASKS, variables).await.ok();
    let text = |edge: &Value, key: &str| edge["node"][key].as_str().unwrap_or_default().to_owned();
    answer.list("tasks.edges").iter().map(|edge| (text(edge, "id"), text(edge, "light"))).collect()
}

fn lights(of: &[(String, String)]) -> Vec<&str> {
    of.iter().map(|(_, light)| light.as_str()).collect()
}

both! {
    async fn a_month_of_co_building(app: TestApp) {
        let admin = app.admin().await;
        let ((pump, ann), (school, ben)) = (app.member_unit(&admin, "水泵厂").await, app.member_unit(&admin, "实验小学").await);
        let list = drawn(&app, &admin).await;
        let draft = admin.run(LISTS, json!({})).await.ok();
        assert_eq!((draft.text("taskLists.edges.0.node.month"), draft.text("taskLists.edges.0.node.dueOn")), ("2026-03".to_owned(), "2026-04-10".to_owned()));
        assert_eq!((draft.text("taskLists.edges.0.node.state"), draft.int("taskLists.edges.0.node.progress.open")), ("DRAFT".to_owned(), 3));
        assert_eq!(admin.told().await, ["月任务清单已生成"]);
        assert_eq!(ann.run(LISTS, json!({})).await.ok().list("taskLists.edges").len(), 0, "a draft is the administrators'");
        assert!(tasks(&ann, json!({})).await.is_empty());
        app.deliver().await;
        assert_eq!(admin.run(LISTS, json!({})).await.ok().list("taskLists.edges").len(), 1, "one list a month");

        let ids: Vec<String> = tasks(&admin, json!({ "list": list })).await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(ann.on_task("claimTask", json!({ "id": ids[0], "unitId": pump })).await.code(), "NOT_FOUND", "not issued yet");
        let extra = json!({ "taskListId": list, "title": "铺防火通道", "idempotencyKey": "own" });
        let own = admin.on_task("addTask", extra.clone()).await.ok().text("addTask.id");
        assert_eq!(admin.on_task("addTask", extra).await.ok().text("addTask.id"), own, "one key, one task");
        let issued = issue(&admin, &list).await.ok();
        assert_eq!((issued.text("issueTaskList.state"), issued.list("issueTaskList.units").len()), ("ISSUED".to_owned(), 2));
        issue(&admin, &list).await.ok();
        app.deliver().await;
        assert_eq!((ann.told().await, ben.told().await), (vec!["月任务清单已下达".to_owned()], vec!["月任务清单已下达".to_owned()]));

        let claimed = ann.on_task("claimTask", json!({ "id": ids[0], "unitId": pump })).await.ok();
        assert_eq!((claimed.text("claimTask.state"), claimed.text("claimTask.unit.name"), claimed.text("claimTask.light")), ("CLAIMED".to_owned(), "水泵厂".to_owned(), "GREEN".to_owned()));
        ann.on_task("claimTask", json!({ "id": ids[0], "unitId": pump })).await.ok();
        assert_eq!(ben.on_task("claimTask", json!({ "id": ids[0], "unitId": school })).await.code(), "TASK_TAKEN");
        let declined = ben.on_task("declineTask", json!({ "id": ids[1], "unitId": school, "reason": "没有电工" })).await.ok();
        assert_eq!(declined.data("declineTask.declines"), &json!([{ "reason": "没有电工", "unit": { "name": "实验小学" } }]));
        assert_eq!(ann.run("query($id: ID!) { node(id: $id) { ... on Task { declines { reason } } } }", json!({ "id": ids[1] })).await.ok().data("node.declines"), &json!([]), "why is not everybody's to read");
        ben.on_task("claimTask", json!({ "id": ids[2], "unitId": school })).await.ok();
        ben.on_task("claimTask", json!({ "id": own, "unitId": school })).await.ok();

        app.set_time("2026-04-04T09:00:00+08:00");
        app.deliver().await;
        assert_eq!(lights(&tasks(&ann, json!({ "list": list })).await), ["GREEN"; 4]);
        app.set_time("2026-04-05T09:00:00+08:00");
        app.deliver().await;
        app.deliver().await;
        assert_eq!(ann.told().await, ["共建任务即将到期", "月任务清单已下达"], "reminded once");
        let back = json!({ "id": ids[0], "unitId": pump, "result": "两名职工陪同复诊", "minutes": 240, "people": 2 });
        let returned = ann.on_task("returnTask", back.clone()).await.ok();
        assert_eq!((returned.text("returnTask.state"), returned.int("returnTask.minutes"), returned.int("returnTask.people")), ("RETURNED".to_owned(), 240, 2));
        ann.on_task("returnTask", back.clone()).await.ok();
        assert_eq!(ann.on_task("returnTask", with(back, json!({ "minutes": 300 }))).await.code(), "STATE_CHANGED");
        assert_eq!(lights(&tasks(&ann, json!({ "list": list })).await), ["GREEN", "YELLOW", "YELLOW", "YELLOW"]);

        app.set_time("2026-04-11T09:00:00+08:00");
        app.deliver().await;
        let all = admin.run(LISTS, json!({})).await.ok();
        assert_eq!(all.list("taskLists.edges").len(), 2, "the next month's");
        assert_eq!(all.data("taskLists.edges.1.node.progress"), &json!({ "open": 0, "claimed": 2, "returned": 1, "lapsed": 1, "withdrawn": 0, "green": 1, "yellow": 0, "red": 3 }));
        assert_eq!(all.text("taskLists.edges.1.node.state"), "CLOSED");
        assert_eq!(all.int("taskLists.edges.0.node.progress.open"), 2, "a need that a unit is at is not drawn again, one that lapsed or is not closed is");
        assert_eq!(ben.told().await, ["共建任务已逾期", "共建任务已逾期", "共建任务即将到期", "共建任务即将到期", "月任务清单已下达"]);
        let late = json!({ "id": ids[2], "unitId": school, "result": "教了十位老人", "minutes": 600, "people": 5 });
        assert_eq!(ben.on_task("returnTask", late).await.ok().text("returnTask.light"), "YELLOW");
        let given = ben.on_task("declineTask", json!({ "id": own, "unitId": school, "reason": "铺路机坏了" })).await.ok();
        assert_eq!((given.text("declineTask.state"), given.text("declineTask.light")), ("LAPSED".to_owned(), "RED".to_owned()));
        app.deliver().await;
        assert_eq!(admin.told().await.iter().filter(|title| *title == "共建任务有新进展").count(), 7);
    }

    async fn two_units_claim_the_same_task_and_one_gets_it(app: TestApp) {
        let admin = app.admin().await;
        let ((pump, ann), (school, ben)) = (app.member_unit(&admin, "水泵厂").await, app.member_unit(&admin, "实验小学").await);
        let list = drawn(&app, &admin).await;
        for at in 0..6 {
            admin.on_task("addTask", json!({ "taskListId": list, "title": format!("任务{at}"), "idempotencyKey": format!("k{at}") })).await.ok();
        }
        issue(&admin, &list).await.ok();
        for (id, _) in tasks(&ann, json!({ "list": list })).await {
            let claim = |unit: &str| json!({ "id": id, "unitId": unit });
            let (one, two) = join(ann.on_task("claimTask", claim(&pump)), ben.on_task("claimTask", claim(&school))).await;
            let (got, lost) = if one.body.get("errors").is_none() { (one, two) } else { (two, one) };
            assert_eq!((got.ok().text("claimTask.state"), lost.code()), ("CLAIMED".to_owned(), "TASK_TAKEN"));
        }
        let counts = [&pump, &school].map(|unit| tasks(&admin, json!({ "list": list, "unit": unit })));
        let [pumps, schools] = counts;
        assert_eq!(pumps.await.len() + schools.await.len(), 9);
    }

    async fn who_may_say_what(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("王芳").await);
        let (pump, ann) = app.member_unit(&admin, "水泵厂").await;
        let outside = app.unit(&admin, "别的厂").await;
        let eve = app.liaison(&admin, &outside).await;
        assert_eq!(policy(&amy, "2026-03-03", 10, 5).await.code(), "FORBIDDEN");
        assert_eq!(policy(&admin, "2026-03-02", 10, 5).await.code(), "POLICY_DATE");
        assert_eq!(policy(&admin, "2026-03-03", 29, 5).await.field(), "cutOffDay");
        assert_eq!(policy(&admin, "2026-03-03", 10, 28).await.field(), "warnDays");
        let list = drawn(&app, &admin).await;
        assert_eq!(policy(&admin, "2026-03-09", 12, 0).await.code(), "POLICY_DATE");
        assert_eq!(policy(&admin, "2026-03-11", 12, 0).await.ok().int("publishTaskListPolicy.version"), 2);
        let ids: Vec<String> = tasks(&admin, json!({ "list": list })).await.into_iter().map(|(id, _)| id).collect();
        for who in [&amy, &ann] {
            assert_eq!(issue(who, &list).await.code(), "FORBIDDEN");
            assert_eq!(who.on_task("addTask", json!({ "taskListId": list, "title": "x", "idempotencyKey": "x" })).await.code(), "FORBIDDEN");
            assert_eq!(who.on_task("withdrawTask", json!({ "id": ids[0], "reason": "x" })).await.code(), "FORBIDDEN");
        }
        let need = admin.run("query($id: ID!) { node(id: $id) { ... on Task { needId } } }", json!({ "id": ids[0] })).await.ok().text("node.needId");
        let add = async |input: Value| admin.on_task("addTask", with(json!({ "taskListId": list, "idempotencyKey": input.to_string() }), input)).await;
        assert_eq!(add(json!({ "needId": need })).await.code(), "TASK_EXISTS");
        assert_eq!(add(json!({ "needId": need, "title": "x" })).await.field(), "needId");
        assert_eq!(add(json!({ "needId": "need_0000000000000000000001" })).await.field(), "needId");
        assert_eq!(add(json!({})).await.field(), "title");
        assert_eq!(add(json!({ "title": "盯住重点人员" })).await.code(), "WORD_RESERVED");
        assert_eq!(add(json!({ "title": "x", "regionId": "reg_0000000000000000000001" })).await.field(), "regionId");
        assert_eq!(add(json!({ "title": "x", "taskListId": "tkl_0000000000000000000001" })).await.field(), "taskListId");
        assert_eq!(admin.on_task("withdrawTask", json!({ "id": ids[0], "reason": " " })).await.code(), "REASON_REQUIRED");
        issue(&admin, &list).await.ok();

        let claim = json!({ "id": ids[0], "unitId": pump });
        assert_eq!(admin.on_task("claimTask", claim.clone()).await.code(), "FORBIDDEN", "the unit's liaison alone");
        assert_eq!(amy.on_task("claimTask", claim.clone()).await.code(), "FORBIDDEN");
        assert_eq!(eve.on_task("claimTask", claim.clone()).await.code(), "FORBIDDEN");
        assert_eq!(eve.on_task("claimTask", json!({ "id": ids[0], "unitId": outside })).await.code(), "UNIT_NOT_MEMBER");
        assert_eq!(ann.on_task("claimTask", json!({ "id": "task_0000000000000000000001", "unitId": pump })).await.code(), "NOT_FOUND");
        let back = json!({ "id": ids[0], "unitId": pump, "result": "好", "minutes": 60, "people": 1 });
        assert_eq!(ann.on_task("returnTask", back.clone()).await.code(), "STATE_CHANGED", "nobody claimed it");
        ann.on_task("claimTask", claim).await.ok();
        assert_eq!(ann.on_task("declineTask", json!({ "id": ids[1], "unitId": pump, "reason": "" })).await.code(), "REASON_REQUIRED");
        for (field, value) in [("result", json!(" ")), ("minutes", json!(-1)), ("minutes", json!(1_000_001)), ("people", json!(0))] {
            assert_eq!(ann.on_task("returnTask", with(back.clone(), json!({ field: value }))).await.field(), field);
        }
        let given = ann.on_task("declineTask", json!({ "id": ids[0], "unitId": pump, "reason": "人手不够" })).await.ok();
        assert_eq!((given.text("declineTask.state"), given.data("declineTask.unit")), ("OPEN".to_owned(), &Value::Null));
        assert_eq!(admin.on_task("withdrawTask", json!({ "id": ids[0], "reason": "已解决" })).await.ok().data("withdrawTask.light"), &Value::Null);
        admin.on_task("withdrawTask", json!({ "id": ids[0], "reason": "已解决" })).await.ok();
        assert_eq!(ann.on_task("claimTask", json!({ "id": ids[0], "unitId": pump })).await.code(), "STATE_CHANGED");
        assert_eq!(ann.on_task("declineTask", json!({ "id": ids[0], "unitId": pump, "reason": "x" })).await.code(), "STATE_CHANGED");

        let (_, boss) = neighbour(&app).await;
        assert_eq!(boss.run("query($id: ID!) { taskList(id: $id) { id } }", json!({ "id": list })).await.code(), "NOT_FOUND");
        assert_eq!(boss.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": ids[1] })).await.code(), "NOT_FOUND");
        assert_eq!(issue(&boss, &list).await.code(), "NOT_FOUND");
        assert!(tasks(&boss, json!({})).await.is_empty());
        assert_eq!(boss.run(TASKS, json!({ "light": "RED" })).await.field(), "light");
    }

    async fn nothing_is_issued_to_nobody(app: TestApp) {
        let admin = app.admin().await;
        policy(&admin, "2026-03-03", 10, 5).await.ok();
        app.set_time("2026-03-12T09:00:00+08:00");
        app.deliver().await;
        let lists = admin.run(LISTS, json!({})).await.ok();
        let list = lists.text("taskLists.edges.0.node.id");
        assert_eq!(lists.text("taskLists.edges.0.node.cutOffOn"), "2026-03-10", "drawn late, for its day");
        assert_eq!(issue(&admin, &list).await.code(), "TASK_LIST_EMPTY");
        admin.on_task("addTask", json!({ "taskListId": list, "title": "清理菜地", "idempotencyKey": "x" })).await.ok();
        assert_eq!(issue(&admin, &list).await.code(), "ALLIANCE_EMPTY");
        let unit = app.unit(&admin, "水泵厂").await;
        let seat = admin.seat(&unit, "2026-03-01", "2026-03-31").await.ok().text("seatAllianceMember.id");
        let end = send(&admin, "endAllianceTerm", "EndAllianceTermInput", "{ endedOn }", json!({ "id": seat })).await.ok();
        assert_eq!(end.text("endAllianceTerm.endedOn"), "2026-03-12");
        assert_eq!(issue(&admin, &list).await.code(), "ALLIANCE_EMPTY");
        app.set_time("2026-04-11T09:00:00+08:00");
        app.deliver().await;
        assert_eq!(issue(&admin, &list).await.code(), "STATE_CHANGED", "its time is over");
        assert_eq!(admin.on_task("addTask", json!({ "taskListId": list, "title": "x", "idempotencyKey": "y" })).await.code(), "STATE_CHANGED");
    }

    async fn a_light_is_the_same_as_a_field_and_as_a_filter(app: TestApp) {
        let admin = app.admin().await;
        let (pump, ann) = app.member_unit(&admin, "水泵厂").await;
        let list = drawn(&app, &admin).await;
        issue(&admin, &list).await.ok();
        let ids: Vec<String> = tasks(&ann, json!({ "list": list })).await.into_iter().map(|(id, _)| id).collect();
        ann.on_task("claimTask", json!({ "id": ids[0], "unitId": pump })).await.ok();
        ann.on_task("returnTask", json!({ "id": ids[0], "unitId": pump, "result": "好", "minutes": 60, "people": 1 })).await.ok();
        ann.on_task("claimTask", json!({ "id": ids[1], "unitId": pump })).await.ok();
        for (day, expected) in [("2026-03-20", [3, 0, 0]), ("2026-04-10", [1, 1, 1]), ("2026-04-11", [1, 0, 2])] {
            app.set_time(&format!("{day}T09:00:00+08:00"));
            app.deliver().await;
            for (light, count) in ["GREEN", "YELLOW", "RED"].iter().zip(expected) {
                let found = tasks(&ann, json!({ "list": list, "light": light })).await;
                assert_eq!(found.len(), count, "{light} on {day}");
                assert!(found.iter().all(|(_, shown)| shown == light));
            }
        }
        let need = ann.run("query($id: ID!) { node(id: $id) { ... on Task { needId } } }", json!({ "id": ids[2] })).await.ok().text("node.needId");
        admin.step("closeListing", json!({ "id": need, "outcome": "UNRESOLVED", "reply": "已由家属解决" })).await.ok();
        let lists = admin.run(LISTS, json!({})).await.ok();
        let next = lists.text("taskLists.edges.0.node.id");
        assert_eq!(lists.int("taskLists.edges.0.node.progress.open"), 2);
        issue(&admin, &next).await.ok();
        let drawn = ann.run("query($id: ID!) { tasks(taskListId: $id) { edges { node { id needId } } } }", json!({ "id": next })).await.ok();
        let gone = drawn.list("tasks.edges").iter().find(|edge| edge["node"]["needId"] == need).expect("drawn again").clone();
        assert_eq!(ann.on_task("claimTask", json!({ "id": gone["node"]["id"], "unitId": pump })).await.code(), "LISTING_NOT_OPEN");
    }
}
