//! Pairing: 104 units and 118 grids, and every refusal of a pair.

use futures_util::future::join;
use serde_json::{Value, json};
use support::listing::with;
use support::registered::send;
use support::{Actor, Answer, TestApp, both};

use crate::community::neighbour;

const COVERAGE: &str = "query($at: Int!) { pairingCoverage(position: $at) { regions paired unpaired units unitsPaired } }";

async fn grid(admin: &Actor, parent: &str, name: &str) -> String {
    let input = json!({ "parentId": parent, "name": name });
    send(admin, "createRegion", "CreateRegionInput", "{ id }", input).await.ok().text("createRegion.id")
}

async fn pair(who: &Actor, unit: &str, region: &str, changes: Value) -> Answer {
    let input = with(json!({ "unitId": unit, "regionId": region, "kind": "GRID", "mode": "ONE_TO_ONE" }), changes);
    send(who, "pairUnit", "PairUnitInput", "{ id kind name mode unit { name } region { id } endedAt }", input).await
}

async fn pair_all(who: &Actor, mode: &str) -> Answer {
    let fields = "{ pairs { unit { id } region { id } } left { id } }";
    send(who, "pairUnits", "PairUnitsInput", fields, json!({ "position": 3, "mode": mode })).await
}

async fn coverage(who: &Actor) -> Value {
    who.run(COVERAGE, json!({ "at": 3 })).await.ok().data("pairingCoverage").clone()
}

/// Every id of the grids without a unit, page by page.
async fn unpaired(who: &Actor) -> Vec<String> {
    let document = "query($after: String) { unpairedRegions(position: 3, first: 10, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }";
    let (mut ids, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = who.run(document, json!({ "after": after })).await.ok();
        ids.extend(page.list("unpairedRegions.edges").iter().filter_map(|edge| edge["node"]["id"].as_str().map(ToOwned::to_owned)));
        if page.data("unpairedRegions.pageInfo.hasNextPage") != &json!(true) {
            return ids;
        }
        after = page.data("unpairedRegions.pageInfo.endCursor").clone();
    }
}

both! {
    async fn a_hundred_and_four_units_cover_a_hundred_and_eighteen_grids_by_n_plus_one_alone(app: TestApp) {
        let admin = app.admin().await;
        let area = app.community.below[0].to_string();
        // One grid is there already.
        for at in 1..118 {
            grid(&admin, &area, &format!("第{at}号网格")).await;
        }
        for at in 0..104 {
            let unit = app.unit(&admin, &format!("第{at}单位")).await;
            send(&admin, "checkInUnit", "CheckInUnitInput", "{ id }", json!({ "unitId": unit })).await.ok();
        }
        assert_eq!(coverage(&admin).await, json!({ "regions": 118, "paired": 0, "unpaired": 118, "units": 104, "unitsPaired": 0 }));
        let plan = "{ pairingPlan(position: 3, mode: ONE_TO_ONE) { pairs { unit { id } region { id } } left { id } } }";
        let planned = admin.run(plan, json!({})).await.ok();
        assert_eq!((planned.list("pairingPlan.pairs").len(), planned.list("pairingPlan.left").len()), (104, 14));
        assert_eq!(coverage(&admin).await["paired"], 0, "a plan writes nothing");

        let one = pair_all(&admin, "ONE_TO_ONE").await.ok();
        assert_eq!(one.data("pairUnits"), planned.data("pairingPlan"), "what was planned is what is done");
        assert_eq!(coverage(&admin).await, json!({ "regions": 118, "paired": 104, "unpaired": 14, "units": 104, "unitsPaired": 104 }));
        let over = unpaired(&admin).await;
        let left: Vec<&str> = one.list("pairUnits.left").iter().filter_map(|row| row["id"].as_str()).collect();
        assert_eq!((over.len(), &over.iter().map(String::as_str).collect::<Vec<_>>()), (14, &left));
        let again = pair_all(&admin, "ONE_TO_ONE").await.ok();
        assert_eq!((again.list("pairUnits.pairs").len(), again.list("pairUnits.left").len()), (0, 14), "1+1 has nobody left");

        let many = pair_all(&admin, "MANY_TO_ONE").await.ok();
        assert_eq!((many.list("pairUnits.pairs").len(), many.list("pairUnits.left").len()), (14, 0));
        assert_eq!(coverage(&admin).await, json!({ "regions": 118, "paired": 118, "unpaired": 0, "units": 104, "unitsPaired": 104 }));
        assert!(unpaired(&admin).await.is_empty());
        assert_eq!(pair_all(&admin, "MANY_TO_ONE").await.ok().list("pairUnits.pairs").len(), 0);
    }

    async fn what_is_paired_with_what(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("李小明").await);
        let (pump, school) = (app.unit(&admin, "水泵厂").await, app.unit(&admin, "实验小学").await);
        let (area, first) = (app.community.below[0].to_string(), app.community.below[1].to_string());
        let (second, home) = (grid(&admin, &area, "第二网格").await, app.community.region_id.to_string());
        let refused = async |unit: &str, region: &str, changes: Value| {
            let answer = pair(&admin, unit, region, changes).await;
            (answer.code().to_owned(), answer.field().to_owned())
        };
        let is = |code: &str, field: &str| (code.to_owned(), field.to_owned());
        assert_eq!(pair(&amy, &pump, &first, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(refused("unit_0000000000000000000001", &first, json!({})).await, is("NOT_FOUND", "unitId"));
        assert_eq!(refused(&pump, "reg_0000000000000000000001", json!({})).await, is("NOT_FOUND", "regionId"));
        assert_eq!(refused(&pump, &home, json!({})).await, is("BAD_INPUT", "regionId"));
        assert_eq!(refused(&pump, &first, json!({ "name": "幸福巷" })).await, is("BAD_INPUT", "name"));
        assert_eq!(refused(&pump, &first, json!({ "kind": "LANE" })).await, is("BAD_INPUT", "name"));
        assert_eq!(refused(&pump, &first, json!({ "kind": "LANE", "name": "上访巷" })).await, is("WORD_RESERVED", "name"));

        let made = pair(&admin, &pump, &first, json!({})).await.ok();
        assert_eq!((made.text("pairUnit.kind"), made.data("pairUnit.name")), ("GRID".to_owned(), &Value::Null));
        assert_eq!(refused(&pump, &first, json!({ "mode": "MANY_TO_ONE" })).await.0, "ALREADY_PAIRED", "they are paired");
        assert_eq!(refused(&pump, &second, json!({})).await.0, "ALREADY_PAIRED", "the unit has a 1+1 partner");
        assert_eq!(refused(&school, &first, json!({})).await.0, "ALREADY_PAIRED", "the grid has a 1+1 partner");
        pair(&admin, &pump, &second, json!({ "mode": "MANY_TO_ONE" })).await.ok();
        pair(&admin, &school, &first, json!({ "mode": "MANY_TO_ONE" })).await.ok();
        let lane = json!({ "kind": "LANE", "name": "幸福巷", "mode": "MANY_TO_ONE" });
        pair(&admin, &school, &home, lane.clone()).await.ok();
        assert_eq!(refused(&school, &home, lane).await.0, "ALREADY_PAIRED");
        assert_eq!(coverage(&admin).await["paired"], 2, "a lane covers no grid");

        let of = "query($unit: ID, $region: ID) { pairings(unitId: $unit, regionId: $region) { edges { node { id name kind unit { name } } } } }";
        assert_eq!(amy.run(of, json!({ "unit": pump })).await.ok().list("pairings.edges").len(), 2);
        assert_eq!(amy.run(of, json!({ "region": first })).await.ok().list("pairings.edges").len(), 2);
        let end = async |who: &Actor, reason: &str| send(who, "endPairing", "EndPairingInput", "{ endedAt endReason }", json!({ "id": made.text("pairUnit.id"), "reason": reason })).await;
        assert_eq!(end(&amy, "x").await.code(), "FORBIDDEN");
        assert_eq!(end(&admin, " ").await.code(), "REASON_REQUIRED");
        let ended = end(&admin, "单位搬迁").await.ok();
        assert_eq!(end(&admin, "又一次").await.ok().data("endPairing"), ended.data("endPairing"), "again changes nothing");
        pair(&admin, &school, &second, json!({})).await.ok();
        pair(&admin, &pump, &first, json!({})).await.ok();

        for document in [COVERAGE, "query($at: Int!) { unpairedRegions(position: $at) { edges { cursor } } }"] {
            assert_eq!(amy.run(document, json!({ "at": 3 })).await.code(), "FORBIDDEN");
            assert_eq!(admin.run(document, json!({ "at": 1 })).await.field(), "position");
        }
        let (_, boss) = neighbour(&app).await;
        assert_eq!(pair(&boss, &pump, &first, json!({})).await.code(), "NOT_FOUND");
        assert_eq!(boss.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": made.text("pairUnit.id") })).await.code(), "NOT_FOUND");
        assert_eq!(pair_all(&amy, "MANY_TO_ONE").await.code(), "FORBIDDEN");
    }

    async fn two_units_race_for_one_grid_and_one_gets_it(app: TestApp) {
        let admin = app.admin().await;
        let area = app.community.below[0].to_string();
        for round in 0..5 {
            let grid = grid(&admin, &area, &format!("竞争{round}")).await;
            let (one, two) = (app.unit(&admin, &format!("甲{round}")).await, app.unit(&admin, &format!("乙{round}")).await);
            let (one, two) = join(pair(&admin, &one, &grid, json!({})), pair(&admin, &two, &grid, json!({}))).await;
            let (got, lost) = if one.body.get("errors").is_none() { (one, two) } else { (two, one) };
            got.ok();
            assert_eq!(lost.code(), "ALREADY_PAIRED");
        }
    }
}
