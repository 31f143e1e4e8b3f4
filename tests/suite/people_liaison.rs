//! A unit's liaison: a role for one unit, which reaches what is the unit's and nothing else.

use entity::role_grant::Role;
use serde_json::json;
use support::listing::{goods, service, with};
use support::registered::send;
use support::{TestApp, both};

use crate::community::neighbour;

both! {
    async fn a_liaison_offers_what_the_unit_has(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("李小明").await);
        let (pump, school) = (app.unit(&admin, "水泵厂").await, app.unit(&admin, "实验小学").await);
        let rice = with(goods(), json!({ "unitId": pump }));
        assert_eq!(amy.offer_resource("rice", rice.clone()).await.code(), "FORBIDDEN", "nobody speaks for it yet");

        let granted = admin.make_liaison(&amy, &pump).await.ok();
        assert_eq!(granted.data("grantRole.unit.name"), &json!("水泵厂"));
        assert_eq!((granted.data("grantRole.region"), granted.data("grantRole.team")), (&json!(null), &json!(null)));
        let roles = amy.run("{ me { roles { role unit { name } } } }", json!({})).await.ok();
        assert!(roles.list("me.roles").contains(&json!({ "role": "UNIT_LIAISON", "unit": { "name": "水泵厂" } })));

        let id = amy.offer_resource("rice", rice).await.ok().text("offerResource.id");
        amy.offer_service("hair", with(service(), json!({ "unitId": pump }))).await.ok();
        assert_eq!(amy.offer_resource("other", with(goods(), json!({ "unitId": school }))).await.code(), "FORBIDDEN", "another unit");
        assert_eq!(amy.step("verifyListing", json!({ "id": id })).await.code(), "FORBIDDEN");
        let mine = amy.run("{ listings(filter: { mine: true }) { edges { node { listing { ... on Resource { id } } } } } }", json!({})).await.ok();
        assert_eq!(mine.list("listings.edges").len(), 2);
        app.publish(&admin, &id).await;
        amy.step("withdrawListing", json!({ "id": id, "reason": "已发完" })).await.ok();

        let end = json!({ "id": granted.text("grantRole.id") });
        assert_eq!(send(&amy, "endRole", "EndRoleInput", "{ id }", end.clone()).await.code(), "FORBIDDEN");
        send(&admin, "endRole", "EndRoleInput", "{ endedAt }", end).await.ok();
        assert_eq!(amy.offer_resource("late", with(goods(), json!({ "unitId": pump }))).await.code(), "FORBIDDEN");
        admin.make_liaison(&amy, &pump).await.ok();
    }

    async fn the_role_is_granted_for_units_alone(app: TestApp) {
        let (admin, amy) = (app.admin().await, app.member("李小明").await);
        let unit = app.unit(&admin, "水泵厂").await;
        let region = app.community.region_id.to_string();
        let grant = async |input: serde_json::Value| {
            let input = with(json!({ "accountId": amy.account_id }), input);
            send(&admin, "grantRole", "GrantRoleInput", "{ id }", input).await
        };
        for (role, place) in [("UNIT_LIAISON", json!({ "regionId": region })), ("GRID_WORKER", json!({ "unitId": unit })), ("ADMIN", json!({ "unitId": unit }))] {
            let refused = grant(with(json!({ "role": role }), place)).await;
            assert_eq!((refused.code(), refused.field()), ("BAD_INPUT", "role"), "{role}");
        }
        assert_eq!(grant(json!({ "role": "UNIT_LIAISON", "unitId": unit, "regionId": region })).await.code(), "BAD_INPUT");
        assert_eq!(grant(json!({ "role": "UNIT_LIAISON" })).await.code(), "BAD_INPUT");
        let nowhere = grant(json!({ "role": "UNIT_LIAISON", "unitId": "unit_0000000000000000000001" })).await;
        assert_eq!((nowhere.code(), nowhere.field()), ("NOT_FOUND", "unitId"));
        assert_eq!(amy.make_liaison(&amy, &unit).await.code(), "FORBIDDEN");
        admin.make_liaison(&amy, &unit).await.ok();
        assert_eq!(admin.make_liaison(&amy, &unit).await.code(), "ALREADY_GRANTED");
        let worker = app.with_role("网格员", Role::GridWorker, app.community.region_id).await;
        assert_eq!(worker.make_liaison(&worker, &unit).await.code(), "FORBIDDEN");
        let (_, boss) = neighbour(&app).await;
        assert_eq!(boss.make_liaison(&boss, &unit).await.code(), "NOT_FOUND");
    }
}
