//! What belongs to another community does not exist: every operation of the schema that takes an id is called with ids of a neighbour and with ids
//! that nobody has, and answers both alike.
//!
//! The calls are made from the schema, so an operation that is added is called too. They come from somebody who holds every role at home.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::people::permission::OPEN_MUTATIONS;
use api::rate::Limit;
use api::server::Settings;
use entity::id::{
    AccountId, ActivityId, ActivitySessionId, AdjustmentId, DeviceKeyId, ListingSlotId, LoginSessionId, NeedId, RedemptionId, RegionId,
    ReservationId, ResourceId, RewardId, RoleGrantId, ServiceOfferId, ServiceRecordId, SignUpId, TaxonomyTermId, TeamId, UnitId, VolunteerId,
};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use serde_json::{Value, json};
use support::registered::{send, staff};
use support::{Actor, TestApp, both};

use crate::community::neighbour;
use crate::roles::Sdl;

/// Places that were asked and never said that something is not there, because something else is wrong before an id is looked at.
const EARLIER: &[&str] = &[];

/// An id of this kind that nobody has.
fn invented(prefix: &str, now: UtcMicros) -> Option<String> {
    macro_rules! of {
        ($($name:ident),+) => {
            [$((<$name as entity::id::TypedId>::PREFIX, $name::new(now).to_string())),+].into_iter().collect::<BTreeMap<_, _>>()
        };
    }
    let ids = of!(
        AccountId,
        ActivityId,
        ActivitySessionId,
        AdjustmentId,
        DeviceKeyId,
        ListingSlotId,
        LoginSessionId,
        NeedId,
        RedemptionId,
        RegionId,
        ReservationId,
        ResourceId,
        RewardId,
        RoleGrantId,
        ServiceOfferId,
        ServiceRecordId,
        SignUpId,
        TaxonomyTermId,
        TeamId,
        UnitId,
        VolunteerId
    );
    ids.get(prefix).cloned()
}

/// Things of the neighbour's, made by the one who runs it; one id of each kind.
async fn things(boss: &Actor) -> Vec<String> {
    let home = boss.run("{ myCommunity { id region { id } } me { accountId roles { id } } taxonomy(kind: SERVICE_TYPE) { id code } categories: taxonomy(kind: REWARD_CATEGORY) { code } mySignedInDevices { id } }", json!({})).await.ok();
    let region = home.text("myCommunity.region.id");
    let volunteer =
        send(boss, "registerVolunteer", "RegisterVolunteerInput", "{ id }", json!({ "name": "赵大", "birthDate": "1980-05-04" })).await.ok();
    let volunteer = volunteer.text("registerVolunteer.id");
    let below = send(boss, "createRegion", "CreateRegionInput", "{ id }", json!({ "parentId": region, "name": "东网格", "code": "E" })).await.ok();
    let team = json!({ "name": "邻居队", "regionId": region, "leaderId": volunteer });
    let team = send(boss, "createTeam", "CreateTeamInput", "{ id }", team).await.ok().text("createTeam.id");
    let activity = json!({ "teamId": team, "title": "清扫", "description": "清扫街道", "place": "一号桥", "riskLevel": "LOW", "riskNote": "路滑",
        "serviceType": home.text("taxonomy.0.code") });
    let activity = send(boss, "createActivity", "CreateActivityInput", "{ id }", activity).await.ok().text("createActivity.id");
    send(boss, "publishActivity", "PublishActivityInput", "{ id }", json!({ "id": activity })).await.ok();
    let session = json!({ "activityId": activity, "startsAt": "2026-03-05T01:00:00Z", "endsAt": "2026-03-05T03:00:00Z", "capacity": 5, "idempotencyKey": "neighbour-session-1" });
    let session = send(boss, "scheduleSession", "ScheduleSessionInput", "{ id }", session).await.ok().text("scheduleSession.id");
    let sign_up = json!({ "sessionId": session, "idempotencyKey": "neighbour-sign-up-1" });
    let sign_up = send(boss, "signUp", "SignUpInput", "{ id }", sign_up).await.ok().text("signUp.id");
    let reward = json!({ "title": "大米", "category": home.text("categories.0.code"), "price": 10, "stock": 5, "pickupPlace": "服务中心", "idempotencyKey": "neighbour-reward-1" });
    let reward = send(boss, "createReward", "CreateRewardInput", "{ id }", reward).await.ok().text("createReward.id");
    let device = json!({ "name": "x", "publicKey": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" });
    let device = send(boss, "registerDevice", "RegisterDeviceInput", "{ id }", device).await.ok().text("registerDevice.id");
    vec![
        region,
        below.text("createRegion.id"),
        home.text("me.accountId"),
        home.text("me.roles.0.id"),
        home.text("taxonomy.0.id"),
        home.text("mySignedInDevices.0.id"),
        volunteer,
        team,
        activity,
        session,
        sign_up,
        reward,
        device,
    ]
}

/// An answer without what differs from request to request.
fn bare(mut body: Value, id: &str) -> String {
    if let Some(errors) = body.get_mut("errors").and_then(Value::as_array_mut) {
        for error in errors {
            error["extensions"]["requestId"] = json!(null);
        }
    }
    if let Some(body) = body.as_object_mut() {
        body.remove("extensions");
    }
    body.to_string().replace(id, "ID")
}

both! {
    async fn what_belongs_to_another_community_does_not_exist(app: TestApp) {
        let (_, boss) = neighbour(&app).await;
        let foreign = things(&boss).await;
        // Thousands of calls in a moment are more than anybody has to spend.
        let budget = Limit::new(1_000_000_000, Duration::from_mins(1));
        let door = app.another_door(Settings { development: true, budget, ..Settings::default() });
        let me = staff(&app, &[Role::Admin, Role::GridWorker, Role::RedemptionDesk, Role::Reviewer]).await.at(door);
        let sdl = Sdl::read();
        let (mut asked, mut not_there) = (BTreeSet::new(), BTreeSet::new());
        for (root, of) in [("query", "Query"), ("mutation", "Mutation")] {
            // Whoever registers may choose any community.
            for field in sdl.fields(of).into_iter().filter(|field| !OPEN_MUTATIONS.contains(&field.name.node.as_str())) {
                for place in sdl.places_of_ids(field) {
                    let name = format!("{}.{}", field.name.node, place.join("."));
                    for id in &foreign {
                        let prefix = id.split_once('_').expect("a prefix").0;
                        let none = invented(prefix, app.now()).unwrap_or_else(|| panic!("no other id with the prefix {prefix}"));
                        let ask = async |id: &str| {
                            let (document, variables) = sdl.call_with(root, field, sdl.with_id(field, &place, id));
                            me.run(&document, variables).await
                        };
                        let (theirs, nobodys) = (ask(id).await, ask(&none).await);
                        assert_eq!(bare(theirs.body.clone(), id), bare(nobodys.body.clone(), &none), "{name} tells {id} from an id that nobody has");
                        let code = theirs.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
                        if code == "BAD_ID" {
                            continue;
                        }
                        asked.insert(name.clone());
                        let nothing = theirs.body["data"][field.name.node.as_str()].is_null() && code.is_empty();
                        if code == "NOT_FOUND" || nothing {
                            not_there.insert(name.clone());
                        }
                    }
                }
            }
        }
        assert!(asked.len() > 50, "only {} places were asked", asked.len());
        let silent: Vec<&String> = asked.difference(&not_there).filter(|name| !EARLIER.contains(&name.as_str())).collect();
        assert!(silent.is_empty(), "of {} places these never said that something is not there: {silent:#?}", asked.len());
    }
}
