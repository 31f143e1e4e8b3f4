//! Resources and service offers: who offers what for whom, and who sees it.

use entity::team::TeamColour;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use support::listing::{goods, service, space, with};
use support::{Actor, TestApp, both};

const READ: &str = "query($id: ID!) { node(id: $id) { __typename id ... on Resource { title state form loanDaysMax team { name } unit { name } region { name } seenWhole } \
    ... on ServiceOffer { title state mode hours } } }";

/// A unit with a team that it sponsors, and the team's leader.
async fn sponsored(app: &TestApp, admin: &Actor) -> (String, Actor) {
    let unit = "mutation { createUnit(input: { name: \"水泵厂\", kind: \"COMPANY\" }) { id } }";
    let unit = admin.run(unit, json!({})).await.ok().text("createUnit.id");
    let leader = app.member("厂队长").await;
    let team = "mutation($input: CreateTeamInput!) { createTeam(input: $input) { id } }";
    let input = json!({ "name": "水泵厂志愿队", "colour": "BLUE", "regionId": app.community.region_id.to_string(), "unitId": unit, "description": "", "leaderId": leader.volunteer_id });
    admin.run(team, json!({ "input": input })).await.ok();
    app.app.sessions.forget(leader.account());
    (unit, leader)
}

both! {
    async fn a_person_a_team_and_a_unit_offer_what_they_have(app: TestApp) {
        let (amy, admin, worker) = (app.member("李小明").await, app.admin().await, app.grid_worker().await);
        let (unit, boss) = sponsored(&app, &admin).await;
        let (team_id, leader) = app.led_team("家电维修队").await;
        let team = team_id.to_string();

        let ladder = with(goods(), json!({ "title": "折叠梯", "category": "TOOLS", "form": "EQUIPMENT", "loanDaysMax": 7, "quantity": 1, "measure": "架" }));
        let own = amy.offer_resource("own", ladder).await.ok().text("offerResource.id");
        let hall = with(space(), json!({ "unitId": unit }));
        let units = boss.offer_resource("hall", hall.clone()).await.ok().text("offerResource.id");
        assert_eq!(amy.offer_resource("hall", hall.clone()).await.code(), "FORBIDDEN");
        assert_eq!(leader.offer_resource("hall", hall.clone()).await.code(), "FORBIDDEN", "a leader of another team");
        admin.offer_resource("hall", hall).await.ok();
        let teams = leader.offer_service("repair", with(service(), json!({ "teamId": team, "colour": "BLUE", "mode": "BOOKABLE" }))).await.ok().text("offerService.id");
        assert_eq!(amy.offer_service("repair", with(service(), json!({ "teamId": team }))).await.code(), "FORBIDDEN");
        assert_eq!(amy.offer_service("repair", with(service(), json!({ "teamId": "team_0000000000000000000001" }))).await.code(), "NOT_FOUND");
        assert_eq!(leader.offer_service("two", with(service(), json!({ "teamId": team, "unitId": unit }))).await.field(), "unitId");

        for (id, who) in [(&own, &amy), (&units, &boss), (&teams, &leader)] {
            assert_eq!(worker.run(READ, json!({ "id": id })).await.body["data"]["node"].is_object(), *id == own, "a grid worker sees the drafts of the grid");
            assert_eq!(who.run(READ, json!({ "id": id })).await.ok().text("node.id"), **id);
            assert_eq!(who.step("verifyListing", json!({ "id": id })).await.code(), "FORBIDDEN");
            app.publish(&admin, id).await;
        }
        let seen = worker.run(READ, json!({ "id": units })).await.ok();
        assert_eq!((seen.text("node.unit.name"), seen.data("node.team"), seen.data("node.seenWhole")), ("水泵厂".to_owned(), &Value::Null, &json!(false)));
        let mine = boss.run("{ listings(filter: { mine: true }) { edges { node { listing { ... on Resource { id } } } } } }", json!({})).await.ok();
        assert_eq!(mine.list("listings.edges").len(), 2, "what was offered for the unit, by whomever");
        assert_eq!(amy.step("withdrawListing", json!({ "id": units, "reason": "不借了" })).await.code(), "FORBIDDEN");
        assert_eq!(boss.step("withdrawListing", json!({ "id": units, "reason": "装修" })).await.ok().text("withdrawListing.state"), "WITHDRAWN");
        assert_eq!(amy.run(READ, json!({ "id": units })).await.code(), "NOT_FOUND");
        assert_eq!(admin.step("closeListing", json!({ "id": own, "outcome": "RESOLVED", "reply": "好" })).await.field(), "reply", "only needs are answered");
        assert_eq!(admin.step("closeListing", json!({ "id": own, "outcome": "RESOLVED" })).await.ok().text("closeListing.state"), "CLOSED");
    }

    async fn what_a_resource_and_a_service_must_say(app: TestApp) {
        let amy = app.member("李小明").await;
        let refused = async |changes: Value| amy.offer_resource("x", with(goods(), changes)).await.field().to_owned();
        assert_eq!(refused(json!({ "loanDaysMax": 7 })).await, "loanDaysMax");
        assert_eq!(refused(json!({ "form": "EQUIPMENT" })).await, "loanDaysMax");
        assert_eq!(refused(json!({ "form": "EQUIPMENT", "loanDaysMax": 366 })).await, "loanDaysMax");
        assert_eq!(refused(json!({ "category": "CARE_VISIT" })).await, "category");
        assert_eq!(refused(json!({ "measure": "" })).await, "measure");
        assert_eq!(refused(json!({ "quantity": 1_000_001 })).await, "quantity");
        assert_eq!(refused(json!({ "validFrom": "2026-05-01T00:00:00Z", "validUntil": "2026-04-01T00:00:00Z" })).await, "validUntil");
        assert_eq!(amy.offer_service("x", with(service(), json!({ "hours": "请打 13800005678" }))).await.code(), "CONTACT_IN_TEXT");
        assert_eq!(amy.run("{ resources(filter: { mine: true }) { edges { node { id } } } }", json!({})).await.ok().list("resources.edges").len(), 0);

        let id = amy.offer_resource("x", goods()).await.ok().text("offerResource.id");
        let update = "mutation($input: UpdateResourceInput!) { updateResource(input: $input) { title form loanDaysMax quantity } }";
        let change = json!({ "id": id, "title": "轮椅", "category": "AIDS", "form": "EQUIPMENT", "loanDaysMax": 30, "quantity": 3, "measure": "台" });
        let changed = amy.run(update, json!({ "input": with(goods(), change.clone()) })).await.ok();
        assert_eq!(changed.data("updateResource"), &json!({ "title": "轮椅", "form": "EQUIPMENT", "loanDaysMax": 30, "quantity": 3 }));
        assert_eq!(app.member("王芳").await.run(update, json!({ "input": with(goods(), change.clone()) })).await.code(), "NOT_FOUND");
        app.publish(&app.grid_worker().await, &id).await;
        assert_eq!(amy.run(update, json!({ "input": with(goods(), change) })).await.code(), "STATE_CHANGED");
        let update = "mutation($input: UpdateServiceOfferInput!) { updateServiceOffer(input: $input) { mode hours } }";
        let offer = amy.offer_service("s", service()).await.ok().text("offerService.id");
        let changed = amy.run(update, json!({ "input": with(service(), json!({ "id": offer, "mode": "BOOKABLE", "hours": "周六" })) })).await.ok();
        assert_eq!(changed.data("updateServiceOffer"), &json!({ "mode": "BOOKABLE", "hours": "周六" }));
    }

    async fn listings_of_another_community_do_not_exist(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let rice = app.published_resource(&amy, &worker, "rice", goods()).await;
        let db = app.app.db.writer();
        let rows = entity::region::Entity::find().all(db).await.expect("read");
        let place = rows.into_iter().find(|row| row.code.as_deref() == Some("430103006004")).expect("a neighbour").id;
        let id = entity::id::CommunityId::new(app.now());
        let insert = "INSERT INTO community (id, region_id, name, created_at) VALUES ($1, $2, '黄土岭社区', 0)";
        db.execute_raw(domain::db::sql(db, insert, [id.into(), place.into()])).await.expect("a community");
        let ben = app.member("王芳").await;
        let away = "UPDATE listing SET community_id = $1, region_id = $2, owner_account_id = NULL, owner_team_id = $3, filed_by = $4";
        let team = app.team("外队", Some(TeamColour::Red)).await;
        db.execute_raw(domain::db::sql(db, away, [id.into(), place.into(), team.into(), ben.account().into()])).await.expect("moved");
        for who in [&amy, &worker] {
            assert_eq!(who.run(READ, json!({ "id": rice })).await.code(), "NOT_FOUND");
            assert_eq!(who.reveal(&rice, "看看").await.code(), "NOT_FOUND");
            assert_eq!(who.step("withdrawListing", json!({ "id": rice, "reason": "看看" })).await.code(), "NOT_FOUND");
            assert_eq!(who.step("closeListing", json!({ "id": rice, "outcome": "RESOLVED" })).await.code(), "NOT_FOUND");
            assert_eq!(who.run("{ listings { edges { node { levels } } } }", json!({})).await.ok().list("listings.edges").len(), 0);
        }
    }
}
