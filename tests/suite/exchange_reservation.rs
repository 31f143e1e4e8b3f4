//! Promises: the last one goes to one, ten are never eleven, a key is a promise.

use domain::error::Code;
use domain::exchange::listing::{Outcome, close};
use domain::exchange::reservation::{self, Claim};
use domain::insight::verify;
use entity::id::{ListingSlotId, ReservationId};
use entity::reservation::ReservationState;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::json;
use support::listing::{goods, row_id, service, space, with};
use support::{Actor, TestApp, both};
use uuid::Uuid;

async fn reserve(app: &TestApp, key: &str, id: &str, quantity: i64) -> Result<ReservationId, Code> {
    let claim = Claim { listing_id: row_id(id), slot_id: None, quantity, cause_id: Uuid::from_u128(7) };
    take(app, key, claim).await
}

async fn take(app: &TestApp, key: &str, claim: Claim) -> Result<ReservationId, Code> {
    let tx = app.tx().await;
    let row = reservation::reserve(&tx, key, claim).await.map_err(|error| error.code)?;
    tx.commit().await.map_err(|error| error.code)?;
    Ok(row.id)
}

async fn release(app: &TestApp, id: ReservationId) -> Result<ReservationState, Code> {
    let tx = app.tx().await;
    let row = reservation::release(&tx, id).await.map_err(|error| error.code)?;
    tx.commit().await.map_err(|error| error.code)?;
    Ok(row.state)
}

async fn give(app: &TestApp, id: ReservationId) -> Result<ReservationState, Code> {
    let tx = app.tx().await;
    let row = reservation::give(&tx, id).await.map_err(|error| error.code)?;
    tx.commit().await.map_err(|error| error.code)?;
    Ok(row.state)
}

async fn seen(who: &Actor, id: &str) -> (String, i64, i64) {
    let read = "query($id: ID!) { node(id: $id) { ... on Need { state remaining done } ... on Resource { state remaining done } ... on ServiceOffer { state remaining done } } }";
    let answer = who.run(read, json!({ "id": id })).await.ok();
    (answer.text("node.state"), answer.int("node.remaining"), answer.int("node.done"))
}

async fn slot(who: &Actor, id: &str, key: &str, hour: u32, capacity: i32) -> support::Answer {
    let input = json!({ "listingId": id, "startsAt": format!("2026-03-10T{hour:02}:00:00+08:00"), "endsAt": format!("2026-03-10T{:02}:00:00+08:00", hour + 1), "capacity": capacity, "idempotencyKey": key });
    who.run("mutation($input: AddSlotInput!) { addSlot(input: $input) { id capacity remaining } }", json!({ "input": input })).await
}

both! {
    async fn ten_claimed_as_six_and_six_give_six_and_a_coded_refusal(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let rice = app.published_resource(&amy, &worker, "rice", with(goods(), json!({ "quantity": 10 }))).await;
        let outcomes = join_all([reserve(&app, "one", &rice, 6), reserve(&app, "two", &rice, 6)]).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().find_map(|outcome| outcome.as_ref().err().copied()), Some(Code::QuantityInsufficient));
        assert_eq!(seen(&worker, &rice).await, ("PARTLY_MATCHED".to_owned(), 4, 0));

        let tx = app.tx().await;
        let claim = |quantity| Claim { listing_id: row_id(&rice), slot_id: None, quantity, cause_id: Uuid::from_u128(9) };
        let refused = reservation::reserve(&tx, "three", claim(6)).await.map_err(|error| (error.code, error.params)).expect_err("too many");
        assert_eq!(refused, (Code::QuantityInsufficient, vec![("left", "4".to_owned())]));
        reservation::reserve(&tx, "three", claim(4)).await.map_err(|error| error.code).expect("a refusal leaves the transaction and the key usable");
        tx.commit().await.map_err(|error| error.code).expect("committed");
        assert_eq!(seen(&worker, &rice).await, ("MATCHED".to_owned(), 0, 0));
        assert_eq!(reserve(&app, "four", &rice, 1).await, Err(Code::QuantityInsufficient));
    }

    async fn fifty_race_for_ten(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let rice = app.published_resource(&amy, &worker, "rice", with(goods(), json!({ "quantity": 10 }))).await;
        let keys: Vec<String> = (0..50).map(|at| format!("key-{at}")).collect();
        let outcomes = join_all(keys.iter().map(|key| reserve(&app, key, &rice, 1))).await;
        let got: Vec<ReservationId> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
        assert_eq!(got.len(), 10);
        assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(|code| *code == Code::QuantityInsufficient));
        join_all(got.iter().take(4).flat_map(|id| [release(&app, *id), release(&app, *id)])).await;
        assert_eq!(seen(&worker, &rice).await, ("PARTLY_MATCHED".to_owned(), 4, 0), "letting go twice frees once");
        assert!(verify::run(&app.app).await.map_err(|error| error.code).expect("checked").is_clean());
        app.app.db.writer().execute_unprepared("UPDATE listing SET reserved = 9").await.expect("tampered with");
        let report = verify::run(&app.app).await.map_err(|error| error.code).expect("checked");
        let wrong: Vec<_> = report.checks.iter().filter(|check| check.differences > 0).map(|check| (check.first[0].expected, check.first[0].found)).collect();
        assert_eq!(wrong, [(6, 9)]);
    }

    async fn one_key_is_one_promise(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let rice = app.published_resource(&amy, &worker, "rice", goods()).await;
        let outcomes = join_all((0..20).map(|_| reserve(&app, "one", &rice, 3))).await;
        let ids: std::collections::HashSet<_> = outcomes.into_iter().map(|outcome| outcome.expect("the first answer")).collect();
        assert_eq!((ids.len(), seen(&worker, &rice).await.1), (1, 47));
        assert_eq!(reserve(&app, "one", &rice, 4).await, Err(Code::IdempotencyMismatch));
        assert_eq!(reserve(&app, "", &rice, 4).await, Err(Code::BadInput));
        assert_eq!(reserve(&app, "zero", &rice, 0).await, Err(Code::BadInput));
    }

    async fn what_is_promised_is_given_and_the_last_of_it_resolves_a_need(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let need = app.published_need(&amy, &worker, "two", json!({ "quantity": 2 })).await;
        let first = reserve(&app, "a", &need, 1).await.expect("promised");
        assert_eq!(amy.step("withdrawListing", json!({ "id": need, "reason": "不用了" })).await.code(), "LISTING_RESERVED");
        assert_eq!(worker.step("closeListing", json!({ "id": need, "outcome": "RESOLVED", "reply": "好" })).await.code(), "LISTING_RESERVED");
        let second = reserve(&app, "b", &need, 1).await.expect("promised");
        assert_eq!(seen(&amy, &need).await, ("MATCHED".to_owned(), 0, 0));
        assert_eq!(give(&app, first).await, Ok(ReservationState::Done));
        assert_eq!(give(&app, first).await, Ok(ReservationState::Done), "given once");
        assert_eq!(release(&app, first).await, Err(Code::StateChanged), "what was given is not let go");
        assert_eq!(release(&app, second).await, Ok(ReservationState::Released));
        assert_eq!(give(&app, second).await, Err(Code::StateChanged));
        assert_eq!(seen(&amy, &need).await, ("PARTLY_MATCHED".to_owned(), 1, 1), "who withdraws reopens the need");
        let third = reserve(&app, "c", &need, 1).await.expect("promised");
        give(&app, third).await.expect("given");
        assert_eq!(seen(&amy, &need).await, ("FULFILLED".to_owned(), 0, 2));
        let rated = amy.rate_need(&need, 5).await.ok();
        let kinds: Vec<&str> = rated.list("rateNeed.steps").iter().filter_map(|step| step["kind"].as_str()).collect();
        assert_eq!(kinds, ["FILED", "VERIFIED", "PUBLISHED", "RESOLVED", "RATED"]);
    }

    async fn only_what_is_open_can_be_promised(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let draft = amy.file_need("draft", json!({})).await.ok().text("fileNeed.id");
        assert_eq!(reserve(&app, "a", &draft, 1).await, Err(Code::ListingNotOpen));
        let need = app.published_need(&amy, &worker, "open", json!({ "quantity": 3 })).await;
        let held = reserve(&app, "b", &need, 1).await.expect("promised");
        app.advance_days(31);
        assert_eq!(reserve(&app, "c", &need, 1).await, Err(Code::ListingNotOpen), "run out, though nobody has noticed yet");
        app.deliver().await;
        assert_eq!(seen(&amy, &need).await.0, "PARTLY_MATCHED", "what is promised is waited for");
        release(&app, held).await.expect("let go");
        app.deliver().await;
        assert_eq!(seen(&amy, &need).await.0, "EXPIRED");
    }

    async fn closing_and_promising_at_once_never_both_happen(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let staff = support::stage::people(&app, 1, support::stage::ALL_ROUND).await;
        for round in 0..6 {
            let rice = app.published_resource(&amy, &worker, &format!("rice{round}"), goods()).await;
            let closing = async {
                let tx = app.tx().await;
                close(&tx, &staff[0], row_id(&rice), None, Outcome::Unresolved, None).await.map_err(|error| error.code)?;
                tx.commit().await.map_err(|error| error.code)
            };
            let key = format!("key{round}");
            let (closed, promised) = futures_util::future::join(closing, reserve(&app, &key, &rice, 1)).await;
            match (closed, promised) {
                (Ok(()), refused) => assert_eq!(refused, Err(Code::ListingNotOpen)),
                (refused, Ok(_)) => assert_eq!(refused, Err(Code::ListingReserved)),
                both => panic!("{both:?}"),
            }
        }
    }

    async fn slots_fill_up_one_by_one(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let room = app.published_resource(&amy, &worker, "room", space()).await;
        let first = slot(&amy, &room, "s1", 9, 2).await.ok().text("addSlot.id");
        assert_eq!(slot(&amy, &room, "s2", 9, 2).await.code(), "SLOT_EXISTS");
        assert_eq!(slot(&app.member("王芳").await, &room, "s3", 10, 2).await.code(), "FORBIDDEN");
        assert_eq!(slot(&amy, &room, "s4", 10, 0).await.field(), "capacity");
        let slot_id: ListingSlotId = first.parse().expect("an id");
        let claim = |slot_id| Claim { listing_id: row_id(&room), slot_id, quantity: 1, cause_id: Uuid::from_u128(7) };
        assert_eq!(take(&app, "none", claim(None)).await, Err(Code::SlotRequired));
        let keys: Vec<String> = (0..9).map(|at| format!("slot-{at}")).collect();
        let outcomes = join_all(keys.iter().map(|key| take(&app, key, claim(Some(slot_id))))).await;
        let got: Vec<ReservationId> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
        assert_eq!(got.len(), 2);
        assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(|code| *code == Code::SlotFull));
        let closing = "mutation($id: ID!) { closeSlot(input: { id: $id }) { closed remaining } }";
        assert_eq!(amy.run(closing, json!({ "id": first })).await.code(), "LISTING_RESERVED");
        assert_eq!(amy.step("withdrawListing", json!({ "id": room, "reason": "装修" })).await.code(), "LISTING_RESERVED");
        for id in got {
            release(&app, id).await.expect("let go");
        }
        let read = "query($id: ID!) { resource(id: $id) { form state slots { id remaining capacity } } }";
        let answer = worker.run(read, json!({ "id": room })).await.ok();
        assert_eq!(answer.data("resource.slots"), &json!([{ "id": first, "remaining": 2, "capacity": 2 }]));
        assert_eq!(amy.run(closing, json!({ "id": first })).await.ok().data("closeSlot.closed"), &json!(true));
        assert_eq!(take(&app, "late", claim(Some(slot_id))).await, Err(Code::ListingNotOpen));
    }

    async fn a_standing_service_has_a_capacity_and_no_slots(app: TestApp) {
        let (amy, worker) = (app.member("李小明").await, app.grid_worker().await);
        let id = amy.offer_service("hair", service()).await.ok().text("offerService.id");
        app.publish(&worker, &id).await;
        assert_eq!(slot(&amy, &id, "s", 9, 1).await.code(), "SLOT_REQUIRED");
        let slot_id: ListingSlotId = "slt_0000000000000000000001".parse().expect("an id");
        let claim = Claim { listing_id: row_id(&id), slot_id: Some(slot_id), quantity: 1, cause_id: Uuid::from_u128(7) };
        assert_eq!(take(&app, "x", claim).await, Err(Code::SlotRequired));
        let held = reserve(&app, "a", &id, 2).await.expect("promised");
        assert_eq!(reserve(&app, "b", &id, 1).await, Err(Code::QuantityInsufficient));
        release(&app, held).await.expect("let go");
        assert_eq!(seen(&worker, &id).await, ("PUBLISHED".to_owned(), 2, 0));
        assert_eq!(release(&app, "rsv_0000000000000000000001".parse().expect("an id")).await, Err(Code::NotFound));
    }
}
