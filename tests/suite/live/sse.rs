//! Server-sent events.

use api::server::Live;
use support::socket::{Event, Events, until};

use super::ws::door;
use super::*;

fn bearer(token: Option<String>) -> String {
    format!("Bearer {}", token.unwrap_or_default())
}

fn complete() -> Event {
    Event { name: "complete".to_owned(), ..Event::default() }
}

both! {
    async fn a_subscription_is_told_in_events_and_goes_on_after_the_last(app: TestApp) {
        let (_, _, session) = app.cleaning(9).await;
        let [amy, ben, cat] = [app.member("甲一").await, app.member("乙一").await, app.member("丙一").await];
        let way = attendance(&session);
        let start = way.start(&amy).await;
        let authorization = bearer(amy.token().await);
        let headers = [("authorization", authorization.as_str())];
        let mut live = Events::post(app.address, &headers, &json!({ "query": way.live, "variables": { "after": start } })).await;
        assert!(live.head.starts_with("http/1.1 200"), "{}", live.head);
        for header in ["content-type: text/event-stream", "x-accel-buffering: no", "cache-control: no-store"] {
            assert!(live.head.contains(header), "{}", live.head);
        }
        ben.sign_up(&session).await.ok();
        app.deliver().await;
        let first = live.event().await;
        assert_eq!((first.name.as_str(), &first.data["data"]["attendanceChanged"]["seatsTaken"]), ("next", &json!(1)));
        assert_eq!(first.data["data"]["attendanceChanged"]["eventId"], first.id.as_str());
        drop(live);
        cat.sign_up(&session).await.ok();
        app.deliver().await;
        let headers = [headers[0], ("last-event-id", first.id.as_str())];
        let mut again = Events::post(app.address, &headers, &json!({ "query": way.live, "variables": { "after": start } })).await;
        assert_eq!(again.event().await.data["data"]["attendanceChanged"]["seatsTaken"], 2, "the first is not told again");
    }

    async fn other_operations_and_refusals_are_events_too(app: TestApp) {
        let amy = app.member("甲一").await;
        let authorization = bearer(amy.token().await);
        let headers = [("authorization", authorization.as_str())];
        let mut read = Events::send(app.address, "GET", "/graphql?query=%7Bme%7BaccountId%7D%7D", &headers, "").await;
        assert_eq!(read.event().await.data["data"]["me"]["accountId"], amy.account_id.as_str());
        assert_eq!(read.event().await, complete());
        assert_eq!(read.next().await, None);
        let mut write = Events::post(app.address, &headers, &json!({ "query": "mutation { markNotificationsRead(input: {}) { marked } }" })).await;
        assert_eq!(write.event().await.data["data"]["markNotificationsRead"]["marked"], 0);
        let mut by_get = Events::send(app.address, "GET", "/graphql?query=mutation%7BlogOut%7D", &headers, "").await;
        assert_eq!(by_get.event().await.data["errors"][0]["extensions"]["code"], "METHOD_NOT_ALLOWED");
        for (document, code) in [
            ("{ nothing }", "BAD_QUERY"),
            ("{", "BAD_QUERY"),
            ("subscription { a: notificationAdded { eventId } b: notificationAdded { eventId } }", "BAD_QUERY"),
            ("subscription { attendanceChanged(sessionId: \"x\") { eventId } }", "BAD_ID"),
        ] {
            let mut refused = Events::post(app.address, &headers, &json!({ "query": document })).await;
            assert!(refused.head.starts_with("http/1.1 200"), "{}", refused.head);
            let said = refused.event().await;
            assert_eq!((said.name.as_str(), &said.data["errors"][0]["extensions"]["code"]), ("next", &json!(code)), "{document}");
            assert_eq!(refused.event().await, complete());
            assert_eq!(refused.next().await, None);
        }
        let stranger = json!({ "query": "subscription { notificationAdded { eventId } }" });
        assert_eq!(Events::post(app.address, &[], &stranger).await.event().await.data["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        let no_json = Events::send(app.address, "POST", "/graphql", &[("content-type", "text/plain")], "{}").await;
        assert!(no_json.head.starts_with("http/1.1 415"), "{}", no_json.head);
        let elsewhere = Events::send(app.address, "PUT", "/graphql", &[], "").await;
        assert!(elsewhere.head.starts_with("http/1.1 405"), "{}", elsewhere.head);
    }

    async fn a_stream_beats_and_ends_with_its_client_or_its_token(app: TestApp) {
        let quick = door(&app, Live { heartbeat: Duration::from_millis(100), token_time: Duration::from_millis(250), account_max: 2, ..Live::default() });
        let [amy, ben] = [app.member("甲一").await, app.member("乙一").await];
        let follow = json!({ "query": "subscription { notificationAdded { eventId } }" });
        let of_amy = bearer(amy.token().await);
        let mut live = Events::post(quick, &[("authorization", &of_amy)], &follow).await;
        for _ in 0..5 {
            assert_eq!(live.next().await, Some(Event::default()), "a comment");
        }
        assert_eq!(app.app.bus.followed(), 1);
        let second = Events::post(quick, &[("authorization", &of_amy)], &follow).await;
        let third = Events::post(quick, &[("authorization", &of_amy)], &follow).await;
        assert!(third.head.starts_with("http/1.1 429"), "{}", third.head);
        drop((live, second));
        until("nobody follows", || app.app.bus.followed() == 0).await;
        let of_ben = bearer(ben.token().await);
        let mut live = Events::post(quick, &[("authorization", &of_ben)], &follow).await;
        ben.run("mutation { logOut }", json!({})).await.ok();
        assert_eq!(live.event().await.data["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(live.event().await, complete());
        let mut live = Events::post(quick, &[("authorization", &of_amy)], &follow).await;
        app.advance_minutes(16);
        assert_eq!(live.event().await.data["errors"][0]["extensions"]["code"], "TOKEN_EXPIRED");
        assert_eq!(live.event().await, complete());
        assert_eq!(live.next().await, None);
        until("nobody follows", || app.app.bus.followed() == 0).await;
    }
}
