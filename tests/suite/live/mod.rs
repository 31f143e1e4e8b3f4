//! What is told live: subscriptions, their polling twins, and the bus between processes.

use std::time::{Duration, Instant};

use domain::relay::Relay;
use entity::time::UtcMicros;
use futures_util::future::join_all;
use serde_json::{Value, json};
use support::live::Follower;
use support::serving::text;
use support::{Actor, TestApp, both};

mod bus;
mod sse;
mod ws;

const NOTIFICATION: &str = "eventId notification { id kind title body createdAt readAt }";
const ATTENDANCE: &str = "eventId state capacity seatsTaken waitlisted checkedIn checkedOut";
const REVIEW: &str = "eventId kind";
const BOARD: &str = "metric: POINTS, period: ALL";

/// A subscription and its twin, as documents.
struct Way {
    live: String,
    twin: String,
    field: &'static str,
}

fn way(live: &str, field: &'static str, arguments: &str, selection: &str) -> Way {
    Way {
        live: format!("subscription($after: ID) {{ {live}({arguments} after: $after) {{ {selection} }} }}"),
        twin: format!(
            "query($after: ID) {{ {field}({arguments} after: $after, first: 100) {{ events {{ {selection} }} lastEventId hasMore missed }} }}"
        ),
        field,
    }
}

fn notifications() -> Way {
    way("notificationAdded", "notificationEvents", "", NOTIFICATION)
}

fn attendance(session: &str) -> Way {
    way("attendanceChanged", "attendanceEvents", &format!("sessionId: \"{session}\","), ATTENDANCE)
}

fn review() -> Way {
    way("reviewQueueChanged", "reviewQueueEvents", "", REVIEW)
}

fn board() -> Way {
    way("leaderboardChanged", "leaderboardEvents", &format!("{BOARD},"), "eventId")
}

impl Way {
    /// Asks the twin.
    async fn ask(&self, who: &Actor, after: Option<&str>) -> Value {
        who.run(&self.twin, json!({ "after": after })).await.ok().data(self.field).clone()
    }

    /// Where to begin.
    async fn start(&self, who: &Actor) -> String {
        let page = self.ask(who, None).await;
        assert_eq!((&page["events"], &page["hasMore"], &page["missed"]), (&json!([]), &json!(false), &json!(false)));
        page["lastEventId"].as_str().expect("an id").to_owned()
    }

    async fn follow(&self, app: &TestApp, who: &Actor, after: &str) -> Follower {
        Follower::begin(&app.app, who, &self.live, json!({ "after": after })).await
    }
}

/// Insists that the subscription and the twin tell the same, and gives the events.
async fn same(way: &Way, app: &TestApp, who: &Actor, after: &str, live: &mut Follower, count: usize) -> Vec<Value> {
    let page = way.ask(who, Some(after)).await;
    let twin = page["events"].as_array().expect("events").clone();
    assert_eq!(twin.len(), count, "{page:#}");
    let mut heard = Vec::new();
    for _ in 0..count {
        heard.push(live.event().await);
    }
    assert_eq!(heard, twin);
    let mut later = way.follow(app, who, after).await;
    for event in &heard {
        assert_eq!(&later.event().await, event, "who begins later hears the same");
    }
    let rest = way.ask(who, page["lastEventId"].as_str()).await;
    assert_eq!((&rest["events"], &rest["missed"]), (&json!([]), &json!(false)));
    heard
}

/// Service of yesterday, entered by the member.
async fn backfill(app: &TestApp, who: &Actor, team: &str, key: &str, hours_ago: i64) -> String {
    let from = app.now().plus(-hours_ago * UtcMicros::HOUR);
    let input = json!({
        "teamId": team, "serviceType": "ENVIRONMENT", "startedAt": text(from), "endedAt": text(from.plus(UtcMicros::HOUR)),
        "content": "清理小广告", "reason": "当天没有网络", "idempotencyKey": key,
    });
    let document = "mutation($input: RequestBackfillInput!) { requestBackfill(input: $input) { id } }";
    who.run(document, json!({ "input": input })).await.ok().text("requestBackfill.id")
}

both! {
    async fn a_session_is_followed_as_people_come_and_go(app: TestApp) {
        let (leader, _, session) = app.cleaning(1).await;
        let [amy, ben] = [app.member("甲一").await, app.member("乙一").await];
        let (people, mine) = (attendance(&session), notifications());
        let (start, own) = (people.start(&amy).await, mine.start(&ben).await);
        let mut live = people.follow(&app, &amy, &start).await;
        let mut messages = mine.follow(&app, &ben, &own).await;
        let seat = amy.sign_up(&session).await.ok().text("signUp.id");
        app.deliver().await;
        let queued = ben.sign_up(&session).await.ok().text("signUp.id");
        app.deliver().await;
        amy.withdraw(&seat, "生病").await.ok();
        app.deliver().await;
        ben.accept(&queued).await.ok();
        app.deliver().await;
        let first = same(&people, &app, &amy, &start, &mut live, 4).await;
        let told = same(&mine, &app, &ben, &own, &mut messages, 1).await;
        assert_eq!((&told[0]["notification"]["kind"], &told[0]["notification"]["readAt"]), (&json!("SEAT_OFFERED"), &Value::Null));
        let listed = ben.run("{ myNotifications { edges { node { id title body } } } }", json!({})).await.ok();
        for field in ["id", "title", "body"] {
            assert_eq!(listed.data(&format!("myNotifications.edges.0.node.{field}")), &told[0]["notification"][field]);
        }
        app.advance_minutes(70);
        let came = app.now();
        let after = first.last().and_then(|event| event["eventId"].as_str()).expect("an id").to_owned();
        let mut live = people.follow(&app, &amy, &after).await;
        let entry = json!([{ "volunteerId": ben.volunteer_id, "checkedInAt": text(came), "checkedOutAt": null }]);
        leader.call_roll(&session, "in", entry).await.ok();
        app.deliver().await;
        app.advance_minutes(10);
        let entry = json!([{ "volunteerId": ben.volunteer_id, "checkedInAt": null, "checkedOutAt": text(app.now()) }]);
        leader.call_roll(&session, "out", entry).await.ok();
        app.deliver().await;
        let mut events = first;
        events.extend(same(&people, &app, &amy, &after, &mut live, 2).await);
        let counts: Vec<Value> = events.iter().map(|event| json!([event["seatsTaken"], event["waitlisted"], event["checkedIn"], event["checkedOut"]])).collect();
        assert_eq!(json!(counts), json!([[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0], [1, 0, 1, 1]]));
        assert!(events.iter().all(|event| event["state"] == "OPEN" && event["capacity"] == 1));

        // Closing tells, too, and what lies below the session is there for its leader.
        let after = events.last().map(|event| event["eventId"].clone()).expect("events");
        let deep = "subscription($id: ID!, $after: ID) { attendanceChanged(sessionId: $id, after: $after) { state session { signUps { edges { node { state } } } } } }";
        app.advance_hours(5);
        app.deliver().await;
        let mut live = Follower::begin(&app.app, &leader, deep, json!({ "id": session, "after": after })).await;
        let closed = live.event().await;
        assert_eq!((&closed["state"], closed["session"]["signUps"]["edges"].as_array().map(Vec::len)), (&json!("CLOSED"), Some(2)));
        let mut live = Follower::begin(&app.app, &amy, deep, json!({ "id": session, "after": after })).await;
        assert_eq!(live.next().await.expect("an event")["errors"][0]["extensions"]["code"], "FORBIDDEN", "who else came is not told to members");
    }

    async fn a_session_called_off_is_told_to_everybody(app: TestApp) {
        let (leader, _, session) = app.cleaning(3).await;
        let amy = app.member("甲一").await;
        amy.sign_up(&session).await.ok();
        app.deliver().await;
        let (people, mine) = (attendance(&session), notifications());
        let (start, own) = (people.start(&leader).await, mine.start(&amy).await);
        let (mut live, mut messages) = (people.follow(&app, &leader, &start).await, mine.follow(&app, &amy, &own).await);
        let input = json!({ "id": session, "reason": "下雨" });
        leader.run("mutation($input: CancelSessionInput!) { cancelSession(input: $input) { id } }", json!({ "input": input })).await.ok();
        app.deliver().await;
        assert_eq!(same(&people, &app, &leader, &start, &mut live, 1).await[0]["state"], "CANCELLED");
        assert_eq!(same(&mine, &app, &amy, &own, &mut messages, 1).await[0]["notification"]["kind"], "SESSION_CANCELLED");
    }

    async fn reviewers_learn_what_waits_for_them(app: TestApp) {
        let (team_id, leader) = app.led_team("绿色家园队").await;
        let (amy, admin) = (app.member("李小明").await, app.admin().await);
        app.join(&amy, team_id).await;
        let queue = review();
        let start = queue.start(&admin).await;
        let (mut live, mut of_leader) = (queue.follow(&app, &admin, &start).await, queue.follow(&app, &leader, &start).await);
        let first = backfill(&app, &amy, &team_id.to_string(), "one", 30).await;
        backfill(&app, &amy, &team_id.to_string(), "two", 28).await;
        app.deliver().await;
        let waiting = "{ reviewQueue { records offlineCheckIns adjustments total } }";
        assert_eq!(admin.run(waiting, json!({})).await.ok().data("reviewQueue"), &json!({ "records": 2, "offlineCheckIns": 0, "adjustments": 0, "total": 2 }));
        admin.decide_record(&first, false, Some("没有照片")).await.ok();
        app.deliver().await;
        let input = json!({ "volunteerId": amy.volunteer_id, "delta": 5, "reason": "漏记", "idempotencyKey": "five" });
        admin.run("mutation($input: ProposeAdjustmentInput!) { proposeAdjustment(input: $input) { id } }", json!({ "input": input })).await.ok();
        app.deliver().await;
        assert_eq!(admin.run(waiting, json!({})).await.ok().data("reviewQueue"), &json!({ "records": 1, "offlineCheckIns": 0, "adjustments": 1, "total": 2 }));
        let mut kinds = Vec::new();
        for _ in 0..3 {
            kinds.push(live.event().await["kind"].clone());
        }
        assert_eq!(json!(kinds), json!(["RECORD", "RECORD", "ADJUSTMENT"]), "two back-fills of one pass are one change");
        of_leader.silence().await;
        let start = queue.start(&admin).await;
        app.advance_days(15);
        app.deliver().await;
        assert_eq!(queue.ask(&admin, Some(&start)).await["events"][0]["kind"], "ADJUSTMENT", "nobody decided in time");
        let document = "subscription($after: ID) { reviewQueueChanged(after: $after) { waiting { total } } }";
        let mut counted = Follower::begin(&app.app, &admin, document, json!({ "after": queue.start(&admin).await })).await;
        backfill(&app, &amy, &team_id.to_string(), "three", 20).await;
        app.deliver().await;
        assert_eq!(counted.event().await["waiting"]["total"], 2);
    }

    async fn a_leaderboard_is_told_at_most_once_a_second_and_never_left_behind(app: TestApp) {
        let (leader, _, session) = app.cleaning(5).await;
        let [amy, ben, cat] = [app.member("甲一").await, app.member("乙一").await, app.member("丙一").await];
        app.advance_minutes(170);
        let begun = app.now().plus(-2 * UtcMicros::HOUR);
        let served = async |who: &Actor, minutes: i64| {
            let to = begun.plus(UtcMicros::MINUTE * (10 + minutes));
            let entry = json!([{ "volunteerId": who.volunteer_id, "checkedInAt": text(begun.plus(10 * UtcMicros::MINUTE)), "checkedOutAt": text(to) }]);
            leader.call_roll(&session, &who.volunteer_id, entry).await.ok();
            app.deliver().await;
        };
        let way = board();
        let start = way.start(&amy).await;
        let document = format!("subscription($after: ID) {{ leaderboardChanged({BOARD}, after: $after) {{ eventId leaderboard(first: 3) {{ total me {{ rank }} }} }} }}");
        let mut live = Follower::begin(&app.app, &amy, &document, json!({ "after": start })).await;
        served(&amy, 60).await;
        assert_eq!(live.event().await["leaderboard"], json!({ "total": 1, "me": { "rank": 1 } }));
        served(&ben, 90).await;
        served(&cat, 30).await;
        live.silence().await;
        app.deliver().await;
        live.silence().await;
        app.advance(UtcMicros::SECOND);
        app.deliver().await;
        assert_eq!(live.event().await["leaderboard"], json!({ "total": 3, "me": { "rank": 2 } }), "both that waited, as one");
        app.advance_minutes(1);
        app.deliver().await;
        live.silence().await;
        assert_eq!(way.ask(&amy, Some(&start)).await["events"].as_array().map(Vec::len), Some(2));
    }

    async fn nobody_follows_what_they_may_not_read(app: TestApp) {
        let (leader, team_id, session) = app.cleaning(2).await;
        let (amy, stranger) = (app.member("甲一").await, Actor::stranger(&app));
        let (_, boss) = crate::community::neighbour(&app).await;
        let ways = [notifications(), attendance(&session), review(), board()];
        for way in &ways {
            assert_eq!(stranger.run(&way.twin, json!({})).await.code(), "UNAUTHENTICATED", "{}", way.field);
            assert_eq!(way.follow(&app, &stranger, "x").await.refusal().await, "UNAUTHENTICATED", "{}", way.field);
            if way.field != "reviewQueueEvents" {
                assert_eq!(amy.run(&way.twin, json!({ "after": "evt_x" })).await.code(), "BAD_INPUT", "{}", way.field);
                assert_eq!(way.follow(&app, &amy, "vol_0000000000000000000001").await.refusal().await, "BAD_INPUT");
            }
        }
        assert_eq!(amy.run(&review().twin, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(review().follow(&app, &amy, "x").await.refusal().await, "FORBIDDEN");
        let nowhere = attendance("occ_0000000000000000000001");
        assert_eq!(amy.run(&nowhere.twin, json!({})).await.code(), "NOT_FOUND");
        assert_eq!(nowhere.follow(&app, &amy, "x").await.refusal().await, "NOT_FOUND");
        assert_eq!(boss.run(&attendance(&session).twin, json!({})).await.code(), "NOT_FOUND", "of another community");
        assert_eq!(attendance(&session).follow(&app, &boss, "x").await.refusal().await, "NOT_FOUND");
        let start = review().start(&boss).await;
        let mut elsewhere = review().follow(&app, &boss, &start).await;
        app.join(&amy, team_id).await;
        backfill(&app, &amy, &team_id.to_string(), "one", 30).await;
        app.deliver().await;
        elsewhere.silence().await;
        assert_eq!(review().ask(&boss, Some(&start)).await["events"], json!([]));
        assert_eq!(review().ask(&leader, Some(&start)).await["events"], json!([]), "leaders do not decide on records");
    }

    async fn whoever_loses_the_right_hears_why_and_nothing_more(app: TestApp) {
        let (leader, team_id, session) = app.cleaning(9).await;
        let [amy, ben, cat, dan] = [app.member("甲一").await, app.member("乙一").await, app.member("丙一").await, app.member("丁一").await];
        let people = attendance(&session);
        let start = people.start(&leader).await;
        let (mut of_leader, mut of_ben, mut of_cat) =
            (people.follow(&app, &leader, &start).await, people.follow(&app, &ben, &start).await, people.follow(&app, &cat, &start).await);
        amy.sign_up(&session).await.ok();
        app.deliver().await;
        for follower in [&mut of_leader, &mut of_ben, &mut of_cat] {
            assert_eq!(follower.event().await["seatsTaken"], 1);
        }
        ben.run("mutation { logOut }", json!({})).await.ok();
        let tx = app.tx().await;
        domain::people::role::end_over_team(&tx, leader.account(), team_id).await.map_err(|error| error.code).expect("ended");
        tx.commit().await.map_err(|error| error.code).expect("committed");
        app.app.sessions.forget(leader.account());
        dan.sign_up(&session).await.ok();
        app.deliver().await;
        assert_eq!(of_leader.refusal().await, "FORBIDDEN");
        assert_eq!(of_ben.refusal().await, "UNAUTHENTICATED");
        assert_eq!(of_cat.event().await["seatsTaken"], 2);
        app.advance_minutes(16);
        ben.sign_up_with(&session, "later", true).await.ok();
        app.deliver().await;
        assert_eq!(of_cat.refusal().await, "TOKEN_EXPIRED");
        assert_eq!(app.app.bus.followed(), 0, "nobody is left behind");
    }

    async fn what_is_older_than_a_day_is_gone_and_said_to_be(app: TestApp) {
        let (leader, team_id, session) = app.cleaning(9).await;
        let activity = app.activity(&leader, team_id, json!({ "title": "后天的活动" })).await;
        let later = app.session(&leader, &activity, 3 * 24 * 60, 60, 5).await;
        let (amy, way) = (app.member("甲一").await, attendance(&later));
        let first = way.start(&amy).await;
        amy.sign_up(&session).await.ok();
        app.deliver().await;
        let second = way.start(&amy).await;
        amy.sign_up(&later).await.ok();
        app.deliver().await;
        assert_eq!(way.ask(&amy, Some(&first)).await["events"].as_array().map(Vec::len), Some(1));
        app.advance_hours(25);
        app.deliver().await;
        for old in [&first, &second, &"evt_0000000000000000000zzz".to_owned()] {
            let page = way.ask(&amy, Some(old)).await;
            assert_eq!((&page["missed"], &page["events"]), (&json!(true), &json!([])), "{old}");
            assert_eq!(way.follow(&app, &amy, old).await.refusal().await, "EVENTS_MISSED");
        }
        let now = way.start(&amy).await;
        app.deliver().await;
        app.member("乙一").await.sign_up(&later).await.ok();
        app.deliver().await;
        let page = way.ask(&amy, Some(&now)).await;
        assert_eq!((&page["missed"], page["events"].as_array().map(Vec::len)), (&json!(false), Some(1)));
        assert_eq!(way.follow(&app, &amy, &now).await.event().await["seatsTaken"], 2);
    }

    async fn who_goes_on_after_the_last_event_misses_none_while_many_sign_up(app: TestApp) {
        let (leader, _, session) = app.cleaning(60).await;
        let members = join_all((0..30).map(|at| { let app = &app; async move { app.member(&format!("队员{at}")).await } })).await;
        let way = attendance(&session);
        let start = way.start(&leader).await;
        let (stop, mut stopped) = tokio::sync::watch::channel(());
        let relaying = {
            let app = app.app.clone();
            tokio::spawn(async move {
                let relay = Relay::new().map_err(|error| error.code).expect("a relay");
                relay.run(&app, async { let _ = stopped.changed().await; }).await;
            })
        };
        let signing = join_all(members.iter().enumerate().map(|(at, member)| {
            let session = &session;
            async move {
                tokio::time::sleep(Duration::from_millis(60 * at as u64)).await;
                member.sign_up(session).await.ok();
            }
        }));
        let (mut after, mut heard) = (start.clone(), Vec::new());
        let following = async {
            loop {
                // Two events, then the network is gone.
                let mut live = way.follow(&app, &leader, &after).await;
                for _ in 0..2 {
                    let event = live.event().await;
                    event["eventId"].as_str().expect("an id").clone_into(&mut after);
                    heard.push(event.clone());
                    if event["seatsTaken"] == 30 {
                        return;
                    }
                }
            }
        };
        tokio::join!(signing, following);
        let page = way.ask(&leader, Some(&start)).await;
        assert_eq!(&json!(heard), &page["events"]);
        assert!(heard.len() > 5, "one pass did not take all: {}", heard.len());
        drop(stop);
        relaying.await.expect("the relay ends");
    }

    async fn another_process_hears_it_too(app: TestApp) {
        let (leader, _, session) = app.cleaning(9).await;
        let [amy, ben] = [app.member("甲一").await, app.member("乙一").await];
        let other = app.another_process(app.redis_url.as_deref()).await;
        let deaf = app.another_process(app.redis_url.as_deref().map(|_| "redis://127.0.0.1:1")).await;
        let own = app.app.clone();
        tokio::spawn(async move { own.bus.run(&own.db, std::future::pending()).await });
        // Time to begin to listen to Redis.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let way = attendance(&session);
        let start = way.start(&leader).await;
        let mut here = Follower::begin(&other, &leader, &way.live, json!({ "after": start })).await;
        let mut there = Follower::begin(&deaf, &leader, &way.live, json!({ "after": start })).await;
        for _ in 0..100 {
            if other.bus.followed() == 1 && deaf.bus.followed() == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        for (taken, member) in [(1, &amy), (2, &ben)] {
            let began = Instant::now();
            member.sign_up(&session).await.ok();
            app.deliver().await;
            assert_eq!(here.event().await["seatsTaken"], taken);
            if app.redis_url.is_some() {
                assert!(began.elapsed() < Duration::from_millis(1_500), "through Redis, not from the table: {:?}", began.elapsed());
            }
            assert_eq!(there.event().await["seatsTaken"], taken, "whoever does not hear it reads it");
        }
    }
}
