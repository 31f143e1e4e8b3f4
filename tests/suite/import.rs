//! Files of regions, grids, units, teams, volunteers and members: taken whole or not at all.

use std::fmt::Write;

use api::command::import::{Report, grids, members, regions, teams, units, volunteers};
use domain::error::Result;
use entity::role_grant::Role;
use entity::{region, unit, volunteer, wallet};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::json;
use support::registered::{phone, resident, send, staff};
use support::{Actor, TestApp, both};

use crate::community::neighbour;

const CODE: &str = "430103006005";

fn good(report: Result<Report>) -> Report {
    report.map_err(|error| error.code).expect("no failure below")
}

fn faults(report: &Report) -> Vec<String> {
    report.faults.iter().map(ToString::to_string).collect()
}

async fn count_regions(app: &TestApp) -> u64 {
    region::Entity::find().count(app.app.db.reader()).await.expect("counted")
}

/// A made-up province of 1 + 14 + 140 + 1,400 + 28,000 divisions, the deepest first.
fn province() -> String {
    let mut lines = vec!["99,测试省,province,".to_owned()];
    for city in 1..=14 {
        lines.push(format!("99{city:02},市{city},city,99"));
        for county in 1..=10 {
            lines.push(format!("99{city:02}{county:02},区{county},county,99{city:02}"));
            for street in 1..=10 {
                let parent = format!("99{city:02}{county:02}{street:03}");
                lines.push(format!("{parent},街道{street},subdistrict,99{city:02}{county:02}"));
                for community in 1..=20 {
                    lines.push(format!("{parent}{community:03},社区{community},community,{parent}"));
                }
            }
        }
    }
    lines.iter().rev().fold("code,name,kind,parent_code\n".to_owned(), |mut file, line| {
        writeln!(file, "{line}").expect("a String");
        file
    })
}

both! {
    async fn a_whole_province_is_taken_at_once_and_a_new_list_renames(app: TestApp) {
        let before = count_regions(&app).await;
        let file = province();
        let began = std::time::Instant::now();
        let report = good(regions::run(&app.app.db, file.as_bytes(), Some(2023), false).await);
        println!("{} rows in {:?}", report.rows, began.elapsed());
        assert_eq!((report.rows, report.added, report.changed), (29_555, 29_555, 0));
        assert_eq!(count_regions(&app).await, before + 29_555);
        let again = good(regions::run(&app.app.db, file.as_bytes(), Some(2023), false).await);
        assert_eq!((again.added, again.changed), (0, 0), "the same list changes nothing");

        let new = "\u{FEFF}parent_code,kind,name,code\n99,city,新市,9901\n9901,county,新区,990199\n";
        let report = good(regions::run(&app.app.db, new.as_bytes(), Some(2024), false).await);
        assert_eq!((report.added, report.changed), (1, 1));
        let city = domain::community::region::find_by_code(app.app.db.reader(), "9901").await.map_err(|error| error.code).expect("read").expect("the city");
        assert_eq!((city.name.as_str(), city.edition), ("新市", 2024));
        let county = domain::community::region::find_by_code(app.app.db.reader(), "990199").await.map_err(|error| error.code).expect("read").expect("the county");
        assert_eq!(county.path, format!("{}{}/", city.path, county.id));
    }

    async fn a_file_with_a_fault_and_a_dry_run_change_nothing(app: TestApp) {
        let before = count_regions(&app).await;
        let good_file = b"code,name,kind,parent_code\n98,\xE7\x9C\x81,province,\n";
        let dry = good(regions::run(&app.app.db, good_file, None, true).await);
        assert_eq!((dry.added, dry.dry_run, dry.is_good()), (1, true, true));
        let bad = "code,name,kind,parent_code\n98,省,province,\n9801,市,city,97\n9702,市,city,97\n430103006005,涂新社区,community,430103\n4301,长沙市,county,43\n";
        let report = good(regions::run(&app.app.db, bad.as_bytes(), None, false).await);
        assert_eq!(
            faults(&report),
            [
                "row 3, column parent_code: 9801 does not begin with 97",
                "row 4, column parent_code: 97 is neither in the file nor in the database, or its row is faulty",
                "row 5, column parent_code: 430103006005 is there below another division, and divisions do not move",
                "row 6, column code: the code of a county has 6 digits",
            ]
        );
        assert_eq!(count_regions(&app).await, before);
    }

    async fn teams_come_with_their_colours_units_and_places(app: TestApp) {
        let admin = staff(&app, &[Role::Admin]).await;
        send(&admin, "createUnit", "CreateUnitInput", "{ id }", json!({ "name": "水泵厂", "kind": "COMPANY" })).await.ok();
        let bad = "name,colour,region_code,unit\n红队,红,,水泵厂\n红队,pink,430103006004,没有厂\n,,,\n";
        let report = good(teams::run(&app.app.db, CODE, bad.as_bytes(), false).await);
        assert_eq!(
            faults(&report),
            [
                "row 3, column colour: must be one of the seven colours (red, orange, yellow, green, cyan, blue, purple; 红橙黄绿青蓝紫) or empty",
                "row 3, column region_code: is no region of the community",
                "row 3, column unit: is no unit of the community",
                "row 3, column name: is the name of another team of the community",
                "row 4, column name: an input value is out of its range or form",
            ]
        );
        let file = "name,colour,region_code,unit,description\n红队,红,,水泵厂,扶贫帮困\n第八队,,A-1,,\n";
        assert_eq!(good(teams::run(&app.app.db, CODE, file.as_bytes(), false).await).added, 2);
        let seen = admin.run("{ teams { edges { node { name colour unit { name } region { code } } } } }", json!({})).await.ok();
        assert_eq!(seen.list("teams.edges").len(), 2);
        let plain = seen.list("teams.edges").iter().find(|edge| edge["node"]["name"] == "第八队").expect("the eighth team");
        assert_eq!(plain["node"], json!({ "name": "第八队", "colour": null, "unit": null, "region": { "code": "430103006005-A-1" } }));
        let nowhere = teams::run(&app.app.db, "990000000000", file.as_bytes(), false).await.map_err(|error| error.code.text());
        assert_eq!(nowhere.err(), Some("NOT_FOUND"));
    }

    async fn volunteers_from_paper_have_numbers_and_wallets_and_cannot_sign_in_yet(app: TestApp) {
        let taken = phone();
        resident(&app, &taken).await;
        let (one, two) = (phone(), phone());
        good(teams::run(&app.app.db, CODE, "name\n绿队\n".as_bytes(), false).await);
        let run = |file: String, dry: bool| {
            let app = &app;
            async move { good(volunteers::run(&app.app.db, &app.app.keys, CODE, file.as_bytes(), dry).await) }
        };
        let head = "name,phone,birth_date,region_code,team\n";
        let bad = format!("{head}张三,{one},1950-02-30,,\n,123,2050-01-01,nowhere,没有队\n李四,{two},1960-01-01,,\n王五,{two},1960-01-01,,\n赵六,{taken},1960-01-01,,\n");
        assert_eq!(
            faults(&run(bad, false).await),
            [
                "row 2, column birth_date: must be a day in the past, written 1975-03-05",
                "row 3, column name: must have 1 to 40 characters in one line",
                "row 3, column phone: must be a mobile number of eleven digits",
                "row 3, column birth_date: must be a day in the past, written 1975-03-05",
                "row 3, column region_code: is no region of the community",
                "row 3, column team: is no team of the community",
                "row 5, column phone: stands in row 4 already",
                "row 6, column phone: the phone is registered already",
            ]
        );
        let file = format!("{head}张三,{one},1950-02-28,A,绿队\n李四,{two},19600101,,\n");
        assert_eq!(run(file.clone(), true).await.added, 2);
        assert_eq!(volunteer::Entity::find().count(app.app.db.reader()).await.expect("counted"), 0);
        assert_eq!(run(file.clone(), false).await.added, 2);
        assert_eq!(run(file, false).await.faults.len(), 2);
        assert_eq!(wallet::Entity::find().count(app.app.db.reader()).await.expect("counted"), 2);
        let input = json!({ "phone": one, "password": "qicai2026", "device": "x" });
        assert_eq!(send(&Actor::stranger(&app), "logIn", "LogInInput", "{ accessToken }", input).await.code(), "LOGIN_FAILED");
        let admin = staff(&app, &[Role::Admin]).await;
        let seen = admin.run("{ volunteers(filter: { search: \"4301030060052600001\" }) { edges { node { number name region { code } teams { name } } } } }", json!({})).await.ok();
        assert_eq!(
            seen.data("volunteers.edges.0.node"),
            &json!({ "number": "4301030060052600001", "name": "张**", "region": { "code": "430103006005-A" }, "teams": [{ "name": "绿队" }] })
        );
    }

    async fn grids_lie_where_the_file_says(app: TestApp) {
        let run = |file: &'static str| {
            let app = &app;
            async move { good(grids::run(&app.app.db, CODE, file.as_bytes(), false).await) }
        };
        let before = count_regions(&app).await;
        let bad = "code,name,parent_code\nB,西片区,\nB-1,第一网格,B\nb,小,\nB-1,又一,B\nC-1,网格,C\nA-1,换地方,B\nX,信访片区,\nD,太深,A-1-1-1\n";
        assert_eq!(
            faults(&run(bad).await),
            [
                "row 4, column code: must have 1 to 20 capitals, digits and -",
                "row 5, column code: B-1 stands in row 3 already",
                "row 6, column parent_code: C is no place of the community, or its row is faulty",
                "row 7, column parent_code: A-1 is there below another place, and places do not move",
                "row 8, column name: must have 1 to 40 characters in one line, without words that classify people",
                "row 9, column parent_code: the community has not defined a level that deep",
            ]
        );
        assert_eq!(count_regions(&app).await, before);
        let circle = run("code,name,parent_code\nE,甲,F\nF,乙,E\n").await;
        assert_eq!(circle.faults.len(), 2, "what lies in itself lies nowhere");
        let file = "parent_code,name,code\nB,第一网格,B-1\n,西片区,430103006005-B\n,新东片区,A\n";
        let report = run(file).await;
        assert_eq!((report.added, report.changed), (2, 1));
        let again = run(file).await;
        assert_eq!((again.added, again.changed), (0, 0), "the same file changes nothing");
        let admin = staff(&app, &[Role::Admin]).await;
        let below = "query($id: ID!) { regions(parentId: $id, descendants: true, first: 50) { nodes { name code levelLabel parent { code } } } }";
        let seen = admin.run(below, json!({ "id": app.community.region_id.to_string() })).await.ok();
        for row in [
            json!({ "name": "新东片区", "code": "430103006005-A", "levelLabel": "片区", "parent": { "code": CODE } }),
            json!({ "name": "第一网格", "code": "430103006005-B-1", "levelLabel": "网格", "parent": { "code": "430103006005-B" } }),
        ] {
            assert!(seen.list("regions.nodes").contains(&row), "{row} {:#}", seen.body);
        }
    }

    async fn units_and_the_members_who_signed_come_from_paper(app: TestApp) {
        let admin = staff(&app, &[Role::Admin]).await;
        let bad = "name,kind\n水泵厂,企业\n水泵厂,COMPANY\n,FACTORY\n";
        assert_eq!(
            faults(&good(units::run(&app.app.db, CODE, bad.as_bytes(), false).await)),
            [
                "row 3, column name: is the name of another unit of the community",
                "row 4, column name: must have 1 to 60 characters in one line, without words that classify people",
                "row 4, column kind: is not in the community's list of kinds: AGENCY, COMPANY, PROPERTY, SCHOOL, SOCIAL_ORGANISATION",
            ]
        );
        assert_eq!(good(units::run(&app.app.db, CODE, "name,kind\n水泵厂,企业\n实验小学,SCHOOL\n".as_bytes(), false).await).added, 2);
        let seen = admin.run("{ units(first: 5) { nodes { id name kind } } }", json!({})).await.ok();
        let kinds: Vec<_> = seen.list("units.nodes").iter().map(|row| (row["name"].clone(), row["kind"].clone())).collect();
        assert_eq!(kinds, [(json!("水泵厂"), json!("COMPANY")), (json!("实验小学"), json!("SCHOOL"))]);
        let pump = seen.text("units.nodes.0.id");
        send(&admin, "checkInUnit", "CheckInUnitInput", "{ id }", json!({ "unitId": pump })).await.ok();

        let (one, two, nobody) = (phone(), phone(), phone());
        let people = format!("name,phone,birth_date,region_code\n张三,{one},1950-02-28,A\n李四,{two},1960-01-01,A-1\n");
        good(volunteers::run(&app.app.db, &app.app.keys, CODE, people.as_bytes(), false).await);
        let run = |file: String, dry: bool| {
            let app = &app;
            async move { good(members::run(&app.app.db, &app.app.keys, CODE, file.as_bytes(), dry).await) }
        };
        let head = "phone,unit,consented_on,region_code\n";
        let bad = format!(
            "{head}{one},水泵厂,2026-03-03,\n123,没有厂,x,nowhere\n{two},实验小学,2026-03-01,\n{nobody},水泵厂,2026-03-01,\n{one},水泵厂,2026-03-01,\n{one},水泵厂,2026-03-01,\n"
        );
        assert_eq!(
            faults(&run(bad, false).await),
            [
                "row 2, column consented_on: must be the day on which the member agreed in writing, as 2026-03-05",
                "row 3, column phone: must be a mobile number of eleven digits",
                "row 3, column unit: is no unit of the community",
                "row 3, column consented_on: must be the day on which the member agreed in writing, as 2026-03-05",
                "row 3, column region_code: is no region of the community",
                "row 4, column unit: the unit has not checked in",
                "row 5, column phone: is no volunteer's of the community",
                "row 7, column phone: stands in row 6 already",
            ]
        );
        let file = format!("{head}{one},水泵厂,2026-03-01,\n{two},水泵厂,20260302,A\n");
        let listed = "query($id: ID!) { memberCheckIns(unitId: $id) { nodes { volunteer { name } region { code } } } }";
        let count = async || admin.run(listed, json!({ "id": pump })).await.ok().list("memberCheckIns.nodes").len();
        assert_eq!((run(file.clone(), true).await.added, count().await), (2, 0));
        assert_eq!((run(file.clone(), false).await.added, count().await), (2, 2));
        let again: Vec<String> = run(file, false).await.faults.iter().map(|fault| fault.reason.clone()).collect();
        assert_eq!(again, ["the person has checked in already"; 2]);
        let seen = admin.run(listed, json!({ "id": pump })).await.ok();
        for (name, code) in [("张**", "430103006005-A"), ("李**", "430103006005-A")] {
            assert!(seen.list("memberCheckIns.nodes").contains(&json!({ "volunteer": { "name": name }, "region": { "code": code } })), "{:#}", seen.body);
        }
    }

    async fn the_demos_files_bring_104_units_1649_members_and_118_grids_and_every_grid_is_paired(app: TestApp) {
        let (code, boss) = neighbour(&app).await;
        let db = &app.app.db;
        let began = std::time::Instant::now();
        assert_eq!(good(grids::run(db, &code, include_bytes!("../../api/assets/demo/grids.csv"), false).await).added, 12 + 118);
        assert_eq!(good(units::run(db, &code, include_bytes!("../../api/assets/demo/units.csv"), false).await).added, 104);
        let named = unit::Entity::find().order_by_asc(unit::Column::Id).all(app.app.db.reader()).await.expect("units");
        for row in &named {
            send(&boss, "checkInUnit", "CheckInUnitInput", "{ id }", json!({ "unitId": row.id.to_string() })).await.ok();
        }
        let (mut people, mut signed) = ("name,phone,birth_date,region_code\n".to_owned(), "phone,unit,consented_on\n".to_owned());
        for (at, row) in named.iter().cycle().take(1_649).enumerate() {
            let phone = 13_600_000_000 + at;
            writeln!(people, "张三,{phone},1970-01-01,P{}G{}", 1 + at % 12, 1 + at % 9).expect("a String");
            writeln!(signed, "{phone},{},2026-03-01", row.name).expect("a String");
        }
        assert_eq!(good(volunteers::run(db, &app.app.keys, &code, people.as_bytes(), false).await).added, 1_649);
        assert_eq!(good(members::run(db, &app.app.keys, &code, signed.as_bytes(), false).await).added, 1_649);
        println!("104 units, 1,649 members and 118 grids in {:?}", began.elapsed());
        let pair = async |mode: &str| {
            let input = json!({ "position": 3, "mode": mode });
            let answer = send(&boss, "pairUnits", "PairUnitsInput", "{ pairs { unit { id } } left { id } }", input).await.ok();
            (answer.list("pairUnits.pairs").len(), answer.list("pairUnits.left").len())
        };
        assert_eq!(pair("ONE_TO_ONE").await, (104, 14));
        assert_eq!(pair("MANY_TO_ONE").await, (14, 0));
        let seen = boss.run("{ pairingCoverage(position: 3) { regions paired units unitsPaired } unpairedRegions(position: 3) { nodes { id } } }", json!({})).await.ok();
        assert_eq!(seen.data("pairingCoverage"), &json!({ "regions": 118, "paired": 118, "units": 104, "unitsPaired": 104 }));
        assert!(seen.list("unpairedRegions.nodes").is_empty());
    }
}
