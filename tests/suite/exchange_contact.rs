//! Name, telephone and exact place: for whom they are opened, and who reads that they were.

use domain::exchange::contact;
use entity::role_grant::Role;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use support::listing::row_id;
use support::{Actor, TestApp, both};
use uuid::Uuid;

const LOOKS: &str = "query($id: ID!) { contactLooks(listingId: $id, first: 10) { edges { node { accountId standing reason } } } }";

fn door() -> Value {
    json!({ "contact": { "address": "1 栋 1 单元 501", "point": { "latitude": 28.112_345, "longitude": 112.987_654 } } })
}

async fn accept(app: &TestApp, who: &Actor, id: &str, cause: u128) {
    let tx = app.tx().await;
    contact::admit(&tx, row_id(id), who.account(), Uuid::from_u128(cause)).await.map_err(|error| error.code).expect("admitted");
    tx.commit().await.map_err(|error| error.code).expect("committed");
}

both! {
    async fn a_contact_is_opened_for_few_and_every_look_is_written_down(app: TestApp) {
        let (amy, ben, worker, admin) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await, app.admin().await);
        let id = app.published_need(&amy, &worker, "tap", door()).await;
        for stranger in [&ben, &admin, &app.desk().await, &app.with_role("评审", Role::Reviewer, app.community.region_id).await] {
            assert_eq!(stranger.reveal(&id, "想看看").await.code(), "FORBIDDEN", "{}", stranger.name);
        }
        let below = app.with_role("楼栋长", Role::GridWorker, app.community.below[2]).await;
        assert_eq!(below.reveal(&id, "想看看").await.code(), "FORBIDDEN", "another grid's worker");
        assert_eq!(worker.reveal(&id, " ").await.code(), "REASON_REQUIRED");
        let seen = worker.reveal(&id, "上门核实").await.ok();
        assert_eq!((seen.text("revealContact.phone"), seen.text("revealContact.address").as_str()), (amy.phone.clone(), "1 栋 1 单元 501"));

        accept(&app, &ben, &id, 7).await;
        assert_eq!(ben.reveal(&id, "周五陪诊").await.ok().data("revealContact.point"), &json!({ "latitude": 28.112_345, "longitude": 112.987_654 }));
        let whole = ben.run("query($id: ID!) { need(id: $id) { seenWhole } }", json!({ "id": id })).await.ok();
        assert_eq!(whole.data("need.seenWhole"), &json!(true));
        let tx = app.tx().await;
        contact::dismiss(&tx, row_id(&id), None, Uuid::from_u128(7)).await.map_err(|error| error.code).expect("dismissed");
        tx.commit().await.map_err(|error| error.code).expect("committed");
        assert_eq!(ben.reveal(&id, "再看一次").await.code(), "FORBIDDEN", "who withdrew knows it no longer");
        amy.reveal(&id, "看看我留的电话").await.ok();

        let looks = amy.run(LOOKS, json!({ "id": id })).await.ok();
        let read: Vec<(&str, &str)> = looks.list("contactLooks.edges").iter().map(|edge| (edge["node"]["standing"].as_str().unwrap_or_default(), edge["node"]["accountId"].as_str().unwrap_or_default())).collect();
        assert_eq!(read, [("OWNER", amy.account_id.as_str()), ("PARTY", ben.account_id.as_str()), ("GRID_WORKER", worker.account_id.as_str())], "refused looks open nothing");
        assert_eq!(admin.run(LOOKS, json!({ "id": id })).await.ok().list("contactLooks.edges").len(), 3);
        assert_eq!(ben.run(LOOKS, json!({ "id": id })).await.code(), "FORBIDDEN");
    }

    async fn nothing_of_a_contact_shows_or_stands_in_the_database_in_clear(app: TestApp) {
        let (amy, ben, worker) = (app.member("李小明").await, app.member("王芳").await, app.grid_worker().await);
        let id = app.published_need(&amy, &worker, "tap", door()).await;
        let read = "query($id: ID!) { need(id: $id) { title description place cell { latitude longitude } hasContact steps { kind note } } }";
        let seen = ben.run(read, json!({ "id": id })).await.ok();
        assert_eq!(seen.data("need.cell"), &json!({ "latitude": 28.112, "longitude": 112.988 }));
        assert_eq!(seen.data("need.hasContact"), &json!(true));
        for secret in [amy.phone.as_str(), "501", "28.112345"] {
            assert!(!seen.body.to_string().contains(secret), "{secret}");
        }
        let row = entity::listing::Entity::find_by_id(row_id(&id)).one(app.app.db.reader()).await.expect("read").expect("a row");
        let sealed = row.contact_sealed.clone().expect("a sealed contact");
        let holds = |secret: &str| sealed.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!holds(&amy.phone) && !holds("单元"), "sealed");
        assert_eq!((row.latitude, row.longitude), (Some(28_112_000), Some(112_988_000)), "rounded");
        let update = "mutation($input: UpdateNeedInput!) { updateNeed(input: $input) { hasContact } }";
        let draft = amy.file_need("other", door()).await.ok().text("fileNeed.id");
        let input = support::listing::with(support::listing::need(), json!({ "id": draft }));
        amy.run(update, json!({ "input": input })).await.ok();
        assert_eq!(amy.reveal(&draft, "看看").await.ok().text("revealContact.address"), "1 栋 1 单元 501", "what is not given anew stays");
    }

    async fn a_look_cannot_be_taken_back(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let id = app.published_need(&amy, &worker, "tap", door()).await;
        worker.reveal(&id, "上门核实").await.ok();
        let db = app.app.db.writer();
        for statement in ["DELETE FROM contact_look", "UPDATE contact_look SET reason = '别的原因'", "UPDATE contact_look SET looked_at = 0", "UPDATE listing_step SET happened_at = 0", "DELETE FROM listing_step"] {
            assert!(db.execute_unprepared(statement).await.is_err(), "{statement}");
        }
        assert_eq!(amy.run(LOOKS, json!({ "id": id })).await.ok().list("contactLooks.edges").len(), 1);
    }
}
