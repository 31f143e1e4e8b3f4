//! The region tree, units, word lists and nodes, as administrators and residents see them.

use api::command::open_community::{self, Administrator};
use domain::community::tenant::Opening;
use entity::role_grant::Role;
use serde_json::{Value, json};
use support::registered::{PASSWORD, phone, resident, send, staff, volunteer};
use support::{Actor, TestApp, both};

/// A second community, with somebody who runs it.
pub async fn neighbour(app: &TestApp) -> (String, Actor) {
    let code = "430103006004";
    let administrator = Administrator { phone: phone(), password: PASSWORD.to_owned() };
    let opening = Opening { region_code: code.to_owned(), name: None, labels: Vec::new() };
    let input = json!({ "phone": administrator.phone, "password": PASSWORD, "device": "x" });
    open_community::run(&app.app.db, &app.app.keys, &opening, administrator).await.map_err(|error| error.code).expect("opened");
    let signed_in = send(&Actor::stranger(app), "logIn", "LogInInput", "{ accessToken me { accountId roles { role } } }", input).await.ok();
    let mut boss = Actor::with_token(app, &signed_in.text("logIn.accessToken"));
    boss.account_id = signed_in.text("logIn.me.accountId");
    (code.to_owned(), boss)
}

async fn create(who: &Actor, parent_id: &str, name: &str, code: Option<&str>) -> support::Answer {
    let input = json!({ "parentId": parent_id, "name": name, "code": code });
    send(who, "createRegion", "CreateRegionInput", "{ id code levelLabel depth parent { id } }", input).await
}

both! {
    async fn four_and_five_tiers_are_both_just_words(app: TestApp) {
        let (_, boss) = neighbour(&app).await;
        let home = boss.run("{ regions { edges { node { id code levelLabel } } } }", json!({})).await.ok();
        assert_eq!(home.list("regions.edges").len(), 1);
        assert_eq!(home.text("regions.edges.0.node.levelLabel"), "社区");
        let mut parent = home.text("regions.edges.0.node.id");
        for (at, label) in ["网格", "小区", "楼栋"].iter().enumerate() {
            let made = create(&boss, &parent, &format!("第{at}处"), Some(&format!("L{at}"))).await.ok();
            assert_eq!(made.text("createRegion.levelLabel"), *label);
            assert_eq!(made.text("createRegion.code"), format!("430103006004-L{at}"));
            parent = made.text("createRegion.id");
        }
        let deep = create(&boss, &parent, "一单元", None).await;
        assert_eq!((deep.code(), deep.field()), ("REGION_LEVEL", "parentId"));

        let set = |labels: &'static [&'static str]| send(&boss, "setRegionLevels", "SetRegionLevelsInput", "{ levels { position label } }", json!({ "labels": labels }));
        assert_eq!(set(&["镇", "社区", "片区"]).await.code(), "REGION_LEVEL", "regions exist below");
        assert_eq!(set(&["镇"]).await.code(), "BAD_INPUT");
        assert_eq!(set(&["镇", "社区", "上访户"]).await.code(), "WORD_RESERVED");
        let five = set(&["镇", "社区", "片区", "网格", "楼栋", "中心户"]).await.ok();
        assert_eq!(five.list("setRegionLevels.levels").len(), 6);
        assert_eq!(create(&boss, &parent, "王家", None).await.ok().text("createRegion.levelLabel"), "中心户");
        assert_eq!(create(&boss, &parent, "李家", Some("L0")).await.code(), "CODE_TAKEN");
        let top = home.text("regions.edges.0.node.id");
        let all = boss.run("query($id: ID!) { regions(parentId: $id, descendants: true) { edges { node { name } } } }", json!({ "id": top })).await.ok();
        assert_eq!(all.list("regions.edges").len(), 4);
        let children = boss.run("query($id: ID!) { regions(parentId: $id) { edges { node { name } } } }", json!({ "id": top })).await.ok();
        assert_eq!(children.list("regions.edges").len(), 1);
    }

    async fn a_community_is_opened_once(app: TestApp) {
        let (code, boss) = neighbour(&app).await;
        let again = Opening { region_code: code, name: None, labels: Vec::new() };
        let administrator = || Administrator { phone: phone(), password: PASSWORD.to_owned() };
        let app = &app;
        let open = |opening: Opening| async move {
            open_community::run(&app.app.db, &app.app.keys, &opening, administrator()).await.map_err(|error| error.code.text())
        };
        assert_eq!(open(again).await.err(), Some("CODE_TAKEN"));
        let street = Opening { region_code: "430103006".to_owned(), name: None, labels: Vec::new() };
        assert_eq!(open(street).await.err(), Some("BAD_INPUT"));
        let nowhere = Opening { region_code: "990000000000".to_owned(), name: None, labels: Vec::new() };
        assert_eq!(open(nowhere).await.err(), Some("NOT_FOUND"));
        let words = boss.run("{ taxonomy { code } me { roles { role } } myCommunity { name } }", json!({})).await.ok();
        assert!(words.list("taxonomy").len() > 20);
        assert!(words.list("me.roles").iter().any(|grant| grant["role"] == "ADMIN"));
    }

    async fn another_communitys_rows_are_not_there(app: TestApp) {
        let (_, boss) = neighbour(&app).await;
        let amy = volunteer(&app, "张小红").await;
        let admin = staff(&app, &[Role::Admin]).await;
        let unit = send(&admin, "createUnit", "CreateUnitInput", "{ id kind }", json!({ "name": "长沙水泵厂", "kind": "COMPANY" })).await.ok().text("createUnit.id");
        let region_id = app.community.region_id.to_string();
        let team = json!({ "name": "红队", "colour": "RED", "regionId": region_id, "unitId": unit });
        let team = send(&admin, "createTeam", "CreateTeamInput", "{ id }", team).await.ok().text("createTeam.id");
        let term = admin.run("{ taxonomy { id } }", json!({})).await.ok().text("taxonomy.0.id");
        let node = "query($id: ID!) { node(id: $id) { __typename id } }";
        for (id, kind) in [(&region_id, "Region"), (&unit, "Unit"), (&team, "Team"), (&term, "TaxonomyTerm"), (&amy.volunteer_id, "Volunteer")] {
            assert_eq!(amy.run(node, json!({ "id": id })).await.ok().data("node"), &json!({ "__typename": kind, "id": id }));
            assert_eq!(boss.run(node, json!({ "id": id })).await.code(), "NOT_FOUND", "{kind}");
        }
        for (query, id) in [("region", &region_id), ("team", &team), ("volunteer", &amy.volunteer_id)] {
            let document = format!("query($id: ID!) {{ {query}(id: $id) {{ id }} }}");
            assert_eq!(boss.run(&document, json!({ "id": id })).await.code(), "NOT_FOUND", "{query}");
        }
        let own = boss.run("{ myCommunity { region { id parent { id } } } }", json!({})).await.ok();
        let ids = json!({ "ids": [region_id, own.text("myCommunity.region.id"), team, own.text("myCommunity.region.parent.id")] });
        let nodes = boss.run("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids).await.ok();
        let there: Vec<bool> = nodes.list("nodes").iter().map(Value::is_object).collect();
        assert_eq!(there, [false, true, false, true]);
        for bad in ["", "vol_", "zzz_0000000000000000000001", "acc_0000000000000000000001"] {
            assert_eq!(boss.run(node, json!({ "id": bad })).await.code(), "BAD_ID", "{bad}");
        }

        assert_eq!(create(&boss, &region_id, "他人之地", None).await.code(), "NOT_FOUND");
        assert_eq!(create(&boss, &own.text("myCommunity.region.parent.id"), "x", None).await.code(), "NOT_FOUND");
        let foreign = json!({ "volunteerId": amy.volunteer_id, "state": "SUSPENDED", "reason": "x" });
        assert_eq!(send(&boss, "setVolunteerState", "SetVolunteerStateInput", "{ id }", foreign).await.code(), "NOT_FOUND");
        assert_eq!(send(&boss, "joinTeam", "JoinTeamInput", "{ id }", json!({ "teamId": team })).await.code(), "NOT_VOLUNTEER");
        let role = json!({ "role": "ADMIN", "accountId": amy.account_id, "regionId": own.text("myCommunity.region.id") });
        assert_eq!(send(&boss, "grantRole", "GrantRoleInput", "{ id }", role).await.code(), "NOT_FOUND");
        assert_eq!(boss.run("{ volunteers { edges { node { id } } } teams { edges { node { id } } } units { edges { node { id } } } }", json!({})).await.ok().body["data"], json!({ "volunteers": { "edges": [] }, "teams": { "edges": [] }, "units": { "edges": [] } }));
    }

    async fn residents_change_nothing_of_the_territory(app: TestApp) {
        let amy = resident(&app, &phone()).await;
        let region_id = app.community.region_id.to_string();
        assert_eq!(create(&amy, &region_id, "新网格", None).await.code(), "FORBIDDEN");
        assert_eq!(send(&amy, "setRegionLevels", "SetRegionLevelsInput", "{ id }", json!({ "labels": ["镇", "社区"] })).await.code(), "FORBIDDEN");
        assert_eq!(send(&amy, "createUnit", "CreateUnitInput", "{ id }", json!({ "name": "x", "kind": "COMPANY" })).await.code(), "FORBIDDEN");
        assert_eq!(amy.run("{ regions(first: 0) { edges { cursor } } }", json!({})).await.code(), "PAGE_SIZE");
    }
}
