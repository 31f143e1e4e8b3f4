//! What belongs to another community does not exist: every operation of the schema that takes an id is called with ids of a neighbour and with ids
//! that nobody has, and answers both alike.
//!
//! The calls are made from the schema, so an operation that is added is called too. They come from somebody who holds every role at home.

use std::collections::BTreeSet;
use std::time::Duration;

use api::server::Settings;
use domain::people::permission::OPEN_MUTATIONS;
use domain::people::role::Reach;
use domain::rate::Limit;
use entity::id::{AccountId, RegionId};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use serde_json::{Value, json};
use support::listing::{service, space, with};
use support::registered::send;
use support::review::draft;
use support::{Actor, TestApp, both, pictures, stage};

use crate::community::neighbour;
use crate::roles::{Sdl, somebody};

/// Places that take an id of no community's: of an event, from which the own streams are read on.
const OF_EVENTS: &[&str] = &["leaderboardEvents.after", "notificationEvents.after", "reviewQueueEvents.after"];

/// What else an operation must be told before it looks at the id in this place, where what every input needs is not enough.
fn beside(place: &str, unit: &str, amy: &Actor, home: &str) -> Value {
    match place {
        "commitToProject.input.projectId" => json!({ "unitId": unit }),
        "createProject.input.regionId" => with(draft(), json!({ "unitId": unit })),
        "grantRole.input.accountId" | "grantRole.input.volunteerId" => json!({ "role": "GRID_WORKER", "regionId": home }),
        "grantRole.input.regionId" => json!({ "role": "GRID_WORKER", "accountId": amy.account_id }),
        "grantRole.input.teamId" => json!({ "role": "TEAM_LEADER", "accountId": amy.account_id }),
        "grantRole.input.unitId" => json!({ "role": "UNIT_LIAISON", "accountId": amy.account_id }),
        "linkProject.input.id" => json!({ "listingId": "need_0000000000000000000001" }),
        "proposeMatch.input.needId" => json!({ "volunteerId": amy.volunteer_id }),
        _ => json!({}),
    }
}

/// Whether an answer holds nothing: null, an empty list or page, or a list of nulls.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.iter().all(is_nothing),
        Value::Object(fields) => fields.get("edges").is_some_and(is_nothing),
        _ => false,
    }
}

/// An id of the same kind that nobody has.
fn invented(id: &str, now: UtcMicros) -> String {
    let fresh = AccountId::new(now).to_string();
    let (prefix, digits) = (id.split_once('_').expect("a prefix").0, fresh.split_once('_').expect("digits").1);
    format!("{prefix}_{digits}")
}

/// Things of the neighbour's, made by the one who runs it; one id of each kind.
pub async fn things(app: &TestApp, boss: &Actor, code: &str) -> Vec<String> {
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
    let picture = boss.upload(&pictures::jpeg(8, 8), None).await.ok().text("uploadMedia.id");
    let asked = json!({ "field": "NAME", "wanted": "赵二", "reason": "写错了" });
    let asked = send(boss, "requestCorrection", "RequestCorrectionInput", "{ id }", asked).await.ok().text("requestCorrection.id");
    let mut found = vec![
        picture,
        region.clone(),
        below.text("createRegion.id"),
        home.text("me.accountId"),
        home.text("me.roles.0.id"),
        home.text("taxonomy.0.id"),
        home.text("mySignedInDevices.0.id"),
        volunteer.clone(),
        team,
        activity,
        session,
        sign_up,
        reward,
        device,
        asked,
    ];
    let there: RegionId = region.parse().expect("an id");
    let worker = somebody(app, code).await;
    app.give_role(&worker, Role::GridWorker, Reach::Region(there)).await;
    found.extend(listed(app, boss, &worker, &volunteer).await);
    found.extend(of_units(app, boss, &found[2]).await);
    let project = found.iter().find(|id| id.starts_with("prj_")).expect("a project").clone();
    found.extend(reviewed(app, boss, &project, code, there).await);
    found
}

/// What stands in the neighbour's lists, and a match.
async fn listed(app: &TestApp, boss: &Actor, worker: &Actor, volunteer: &str) -> Vec<String> {
    let need = worker.file_on_behalf("neighbour-need-1", json!({})).await.ok().text("fileNeedOnBehalf.id");
    let room = boss.offer_resource("neighbour-room-1", space()).await.ok().text("offerResource.id");
    let hair = boss.offer_service("neighbour-hair-1", service()).await.ok().text("offerService.id");
    for id in [&need, &room, &hair] {
        app.publish(if *id == need { boss } else { worker }, id).await;
    }
    let slot =
        json!({ "listingId": room, "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z", "idempotencyKey": "neighbour-slot-1" });
    let slot = boss.mutate("addSlot", slot, "id").await.ok().text("addSlot.id");
    let proposed = with(app.span(60, 120), json!({ "needId": need, "volunteerId": volunteer }));
    let proposed = worker.meet("proposeMatch", proposed).await.ok().text("proposeMatch.id");
    vec![need, room, hair, slot, proposed]
}

/// What the neighbour's units have to do with: agreements, meetings, a seat, a project under review.
async fn of_units(app: &TestApp, boss: &Actor, region: &str) -> Vec<String> {
    let unit = app.unit(boss, "邻居水泵厂").await;
    let seat = boss.seat(&unit, "2026-01-01", "2031-12-31").await.ok().text("seatAllianceMember.id");
    let paper =
        json!({ "title": "共建协议", "unitIds": [unit], "signedOn": "2026-01-05", "validTo": "2028-01-04", "idempotencyKey": "neighbour-paper-1" });
    let paper = boss.mutate("fileAgreement", paper, "id").await.ok().text("fileAgreement.id");
    let meeting = json!({ "title": "联席会", "place": "社区二楼", "startsAt": "2026-03-05T01:00:00Z", "agenda": ["停车难"], "idempotencyKey": "neighbour-jm-1" });
    let meeting = boss.mutate("callJointMeeting", meeting, "id").await.ok().text("callJointMeeting.id");
    let pair = json!({ "unitId": unit, "regionId": region, "kind": "GRID", "mode": "ONE_TO_ONE" });
    let pair = boss.mutate("pairUnit", pair, "id").await.ok().text("pairUnit.id");
    let project = with(draft(), json!({ "unitId": unit, "idempotencyKey": "neighbour-project-1" }));
    let project = boss.project("createProject", project).await.ok().text("createProject.id");
    let submitted = boss.project("submitProject", json!({ "id": project })).await.ok();
    vec![unit, seat, paper, meeting, pair, project, submitted.text("submitProject.packs.0.id")]
}

/// What is under review there, and who are of one family.
async fn reviewed(app: &TestApp, boss: &Actor, project: &str, code: &str, there: RegionId) -> Vec<String> {
    let mut reviewers = Vec::new();
    for _ in 0..3 {
        let reviewer = somebody(app, code).await;
        app.give_role(&reviewer, Role::Reviewer, Reach::Region(there)).await;
        reviewers.push(reviewer.account_id);
    }
    let kin = json!({ "accountId": reviewers[0], "otherId": reviewers[1], "relation": "SIBLING" });
    let kin = boss.mutate("recordKinship", kin, "id").await.ok().text("recordKinship.id");
    // Who handed something in does not put it before a panel.
    let another = somebody(app, code).await;
    app.give_role(&another, Role::Admin, Reach::Region(there)).await;
    vec![another.open_review(project, json!({})).await, kin]
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
        let (code, boss) = neighbour(&app).await;
        let boss = Actor::of(&app, "the neighbour's administrator", boss.account(), None);
        let foreign = things(&app, &boss, &code).await;
        // Thousands of calls in a moment are more than anybody has to spend.
        let budget = Limit::new(1_000_000_000, Duration::from_mins(1));
        let door = app.another_door(Settings { development: true, budget, ..Settings::default() });
        let roles = [Role::Resident, Role::Volunteer, Role::Admin, Role::GridWorker, Role::RedemptionDesk, Role::Reviewer, Role::TeamLeader, Role::Auditor];
        let made = stage::people(&app, 1, &roles).await;
        stage::give_points(&app, &made, 100).await;
        let me = stage::speaking(&app, &made[0]).at(door);
        let (amy, newcomer) = (app.member("张小红").await, app.resident("新居民").await.at(door));
        let (unit, home) = (app.unit(&me, "本地水泵厂").await, app.community.region_id.to_string());
        let sdl = Sdl::read();
        let (mut asked, mut not_there, mut told) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for (root, of) in [("query", "Query"), ("mutation", "Mutation")] {
            // Whoever registers may choose any community.
            for field in sdl.fields(of).into_iter().filter(|field| !OPEN_MUTATIONS.contains(&field.name.node.as_str())) {
                for place in sdl.places_of_ids(field) {
                    let name = format!("{}.{}", field.name.node, place.join("."));
                    for id in &foreign {
                        let none = invented(id, app.now());
                        let ask = async |id: &str| {
                            let mut arguments = sdl.with_id(field, &place, id);
                            if let Value::Object(_) = &arguments["input"] {
                                let own = arguments["input"].take();
                                let told = if place.len() == 2 { json!({ &place[1]: own[&place[1]] }) } else { json!({}) };
                                arguments["input"] = with(with(own, beside(&name, &unit, &amy, &home)), told);
                            }
                            let (document, variables) = sdl.call_with(root, field, arguments);
                            // Who is a volunteer already does not become one.
                            let who = if field.name.node == "registerVolunteer" { &newcomer } else { &me };
                            who.run(&document, variables).await
                        };
                        let nobodys = ask(&none).await;
                        if nobodys.body["errors"][0]["extensions"]["code"] == "BAD_ID" {
                            continue;
                        }
                        let theirs = ask(id).await;
                        let (seen, unseen) = (bare(theirs.body.clone(), id), bare(nobodys.body.clone(), &none));
                        if seen != unseen {
                            told.push(format!("{name} tells {id} from an id that nobody has:\n  {seen}\n  {unseen}"));
                        }
                        let code = theirs.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
                        asked.insert(name.clone());
                        let nothing = is_nothing(&theirs.body["data"][field.name.node.as_str()]) && code.is_empty();
                        if code == "NOT_FOUND" || nothing {
                            not_there.insert(name.clone());
                        }
                    }
                }
            }
        }
        assert!(asked.len() > 50, "only {} places were asked", asked.len());
        let silent: Vec<&String> = asked.difference(&not_there).filter(|name| !OF_EVENTS.contains(&name.as_str())).collect();
        assert!(told.is_empty() && silent.is_empty(), "of {} places these never said that something is not there: {silent:#?}\n{}", asked.len(), told.join("\n"));
    }
}
