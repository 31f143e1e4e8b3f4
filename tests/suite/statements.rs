//! The number of statements of a list does not depend on its length: every field of every row that needs no argument, three rows and thirty.

use serde_json::{Value, json};
use support::registered::send;
use support::sdl::Sdl;
use support::{Actor, TestApp, both};

/// Rows of each list.
const ROWS: usize = 30;
/// Objects in objects of a row that are asked for.
const DEPTH: usize = 3;

/// Lists: how they are opened and closed around the fields of a row, the type of a row, and where the rows are in the answer. `N` is how many.
const LISTS: [(&str, &str, &str, &str); 12] = [
    ("{ units(first: N) { nodes", "} }", "Unit", "/data/units/nodes"),
    ("{ unitCheckIns(first: N) { nodes", "} }", "UnitCheckIn", "/data/unitCheckIns/nodes"),
    ("{ allianceMembers(first: N) { nodes", "} }", "AllianceMember", "/data/allianceMembers/nodes"),
    ("{ pairings(first: N) { nodes", "} }", "Pairing", "/data/pairings/nodes"),
    ("{ agreements(first: N) { nodes", "} }", "Agreement", "/data/agreements/nodes"),
    ("{ jointMeetings(first: N) { nodes", "} }", "JointMeeting", "/data/jointMeetings/nodes"),
    ("{ unitVisits(first: N) { nodes", "} }", "UnitVisit", "/data/unitVisits/nodes"),
    ("{ modelUnits(first: N) { nodes", "} }", "ModelUnit", "/data/modelUnits/nodes"),
    ("{ regions(parentId: \"HOME\", descendants: true, first: N) { nodes", "} }", "Region", "/data/regions/nodes"),
    ("{ projects(first: N) { nodes", "} }", "Project", "/data/projects/nodes"),
    ("{ reviewRounds(first: N) { nodes", "} }", "ReviewRound", "/data/reviewRounds/nodes"),
    ("{ reviewQueue { rounds(first: N) { nodes", "} } }", "ReviewRound", "/data/reviewQueue/rounds/nodes"),
];

/// Thirty of everything; gives a reviewer for whom thirty rounds wait.
async fn fill(app: &TestApp, admin: &Actor) -> Actor {
    let works = app.sponsored(admin, "涂新钢厂").await;
    let mut panel = app.reviewers(5).await;
    let area = app.community.below[0].to_string();
    for at in 0..ROWS {
        let unit = app.unit(admin, &format!("第{at}单位")).await;
        let grid = json!({ "parentId": area, "name": format!("第{at}号网格") });
        let grid = send(admin, "createRegion", "CreateRegionInput", "{ id }", grid).await.ok().text("createRegion.id");
        admin.seat(&unit, "2026-01-01", "2031-12-31").await.ok();
        for (mutation, input) in [
            ("checkInUnit", json!({ "unitId": unit })),
            ("pairUnit", json!({ "unitId": unit, "regionId": grid, "kind": "GRID", "mode": "ONE_TO_ONE" })),
            ("awardModelUnit", json!({ "unitId": unit, "year": 2026, "reason": "共建有成效" })),
            (
                "fileAgreement",
                json!({ "title": "共建协议", "summary": "共建", "signedOn": "2026-01-01", "validTo": "2026-12-31", "unitIds": [unit], "idempotencyKey": format!("a{at}") }),
            ),
            (
                "fileUnitVisit",
                json!({ "unitId": unit, "direction": "COMMUNITY_TO_UNIT", "visitedOn": "2026-03-01", "purpose": "走访", "outcome": "", "people": 3, "idempotencyKey": format!("v{at}") }),
            ),
            (
                "callJointMeeting",
                json!({ "title": "联席会", "place": "社区", "startsAt": "2026-03-05T01:00:00Z", "agenda": ["停车难"], "unitIds": [unit], "idempotencyKey": format!("m{at}") }),
            ),
        ] {
            admin.mutate(mutation, input, "id").await.ok();
        }
        let id = works.submitted(&format!("p{at}")).await;
        let round = admin.open_review(&id, json!({})).await;
        panel[0].score(&round, 80, "APPROVE", None).await.ok();
    }
    panel.swap_remove(1)
}

both! {
    async fn a_longer_list_asks_no_more_of_the_database(app: TestApp) {
        let admin = app.admin().await;
        let reviewer = fill(&app, &admin).await;
        let (sdl, home) = (Sdl::read(), app.community.region_id.to_string());
        let mut compared = 0;
        for (open, close, name, path) in LISTS {
            let mut documents = Vec::new();
            sdl.chains(&open.replace("HOME", &home), close, name, DEPTH, &mut documents);
            let sized = |rows: usize| documents.iter().map(|document| document.replacen("first: N", &format!("first: {rows}"), 1)).collect();
            let who = if open.contains("reviewQueue") { &reviewer } else { &admin };
            let (few, many) = (app.counted(who, sized(3)).await, app.counted(who, sized(ROWS)).await);
            for (document, (few, many)) in documents.iter().zip(few.into_iter().zip(many)) {
                for ((answer, count), rows) in [(&few, 3), (&many, ROWS)] {
                    assert!(answer.get("errors").is_none(), "{document} {answer:#}");
                    assert_eq!(answer.pointer(path).and_then(Value::as_array).map(Vec::len), Some(rows), "{document} {answer:#}");
                    assert!(*count > 0, "the statements are heard");
                }
                assert_eq!(few.1, many.1, "statements of 3 and of {ROWS} rows: {document}");
                compared += 1;
            }
        }
        assert!(compared > 60, "{compared} documents");
    }
}
