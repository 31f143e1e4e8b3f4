//! What stories about the three lists say over and over: a need is filed, a resource or a service is offered, verified and published.

use entity::id::ListingId;
use serde_json::{Value, json};

use crate::{Actor, Answer, TestApp};

/// Everything a document says about a listing.
const FIELDS: &str = "id title state quantity remaining done steps { kind note stars }";

/// What a resident says about a need that asks for little.
#[must_use]
pub fn need() -> Value {
    json!({
        "title": "陪老人去医院看病", "description": "周五上午陪同去社区医院复诊", "category": "CARE_VISIT", "place": "1 栋附近", "measure": "人", "quantity": 1,
        "reliefKind": "HARDSHIP", "urgency": "DIFFICULT", "minutes": 120, "riskLevel": "LOW", "riskNote": "老人行动不便,请搀扶",
    })
}

/// What somebody says about fifty bags of rice.
#[must_use]
pub fn goods() -> Value {
    json!({
        "title": "爱心大米", "description": "每份五公斤,自取", "category": "SUPPLIES", "place": "社区服务中心", "measure": "份", "quantity": 50,
        "form": "GOODS",
    })
}

/// What somebody says about a room.
#[must_use]
pub fn space() -> Value {
    json!({
        "title": "党群活动室", "description": "可容纳三十人开会", "category": "VENUE", "place": "社区二楼", "measure": "人", "quantity": 30, "form": "SPACE",
    })
}

/// What somebody says about a service that is there whenever it is asked for.
#[must_use]
pub fn service() -> Value {
    json!({
        "title": "上门理发", "description": "为行动不便的老人理发", "category": "CARE_VISIT", "place": "东片区", "measure": "人", "quantity": 2,
        "mode": "STANDING", "hours": "每周三下午",
    })
}

/// One object laid over another.
#[must_use]
pub fn with(mut base: Value, changes: Value) -> Value {
    if let (Some(base), Value::Object(changes)) = (base.as_object_mut(), changes) {
        base.extend(changes);
    }
    base
}

/// The row behind an outside id of a need, a resource or a service offer.
#[must_use]
pub fn row_id(id: &str) -> ListingId {
    let (_, digits) = id.split_once('_').expect("an id");
    format!("lst_{digits}").parse().expect("an id")
}

impl Actor {
    async fn say(&self, mutation: &str, input_type: &str, input: Value) -> Answer {
        let document = format!("mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {FIELDS} }} }}");
        self.run(&document, json!({ "input": input })).await
    }

    /// Files a need; `changes` overwrite what [`need`] says.
    pub async fn file_need(&self, key: &str, changes: Value) -> Answer {
        self.say("fileNeed", "FileNeedInput", with(with(need(), json!({ "idempotencyKey": key })), changes)).await
    }

    /// Files a need for somebody else, who agreed by word of mouth.
    pub async fn file_on_behalf(&self, key: &str, changes: Value) -> Answer {
        let behalf =
            json!({ "idempotencyKey": key, "channel": "PHONE", "consent": "SPOKEN", "contact": { "name": "王奶奶", "phone": "13911112222" } });
        self.say("fileNeedOnBehalf", "FileNeedOnBehalfInput", with(with(need(), behalf), changes)).await
    }

    /// Offers a resource.
    pub async fn offer_resource(&self, key: &str, resource: Value) -> Answer {
        self.say("offerResource", "OfferResourceInput", with(resource, json!({ "idempotencyKey": key }))).await
    }

    /// Offers a service.
    pub async fn offer_service(&self, key: &str, service: Value) -> Answer {
        self.say("offerService", "OfferServiceInput", with(service, json!({ "idempotencyKey": key }))).await
    }

    /// One of the steps that all listings share, as in `verifyListing`.
    pub async fn step(&self, mutation: &str, input: Value) -> Answer {
        let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let parts = ["Need", "Resource", "ServiceOffer"].map(|kind| format!("... on {kind} {{ {FIELDS} }}")).join(" ");
        let document = format!("mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ __typename {parts} }} }}");
        self.run(&document, json!({ "input": input })).await
    }

    /// Answers a need.
    pub async fn reply_need(&self, id: &str, reply: &str) -> Answer {
        self.say("replyNeed", "ReplyNeedInput", json!({ "id": id, "reply": reply })).await
    }

    /// Rates a need.
    pub async fn rate_need(&self, id: &str, stars: i32) -> Answer {
        self.say("rateNeed", "RateNeedInput", json!({ "id": id, "stars": stars })).await
    }

    /// Opens a contact.
    pub async fn reveal(&self, id: &str, reason: &str) -> Answer {
        let document = "mutation($input: RevealContactInput!) { revealContact(input: $input) { name phone address point { latitude longitude } } }";
        self.run(document, json!({ "input": { "listingId": id, "reason": reason } })).await
    }
}

impl TestApp {
    /// Verifies and publishes a listing.
    pub async fn publish(&self, worker: &Actor, id: &str) {
        worker.step("verifyListing", json!({ "id": id })).await.ok();
        worker.step("publishListing", json!({ "id": id })).await.ok();
        // Rows of one millisecond have no order of their own.
        self.advance(1_000);
    }

    /// A published need of the actor's.
    pub async fn published_need(&self, actor: &Actor, worker: &Actor, key: &str, changes: Value) -> String {
        let id = actor.file_need(key, changes).await.ok().text("fileNeed.id");
        self.publish(worker, &id).await;
        id
    }

    /// Published resource of the actor's.
    pub async fn published_resource(&self, actor: &Actor, worker: &Actor, key: &str, resource: Value) -> String {
        let id = actor.offer_resource(key, resource).await.ok().text("offerResource.id");
        self.publish(worker, &id).await;
        id
    }
}
