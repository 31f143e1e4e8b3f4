//! GraphQL over WebSocket, with a real client.

use api::server::{Live, Settings};
use futures_util::SinkExt;
use support::process::Process;
use support::socket::{Socket, until};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::*;

/// A door whose open connections behave as told.
pub fn door(app: &TestApp, live: Live) -> std::net::SocketAddr {
    app.another_door(Settings { development: true, live, ..Settings::default() })
}

/// A pong as heavy as a frame may be.
fn heavy_ping() -> Value {
    json!({ "type": "ping", "payload": { "x": "x".repeat(60_000) } })
}

both! {
    async fn queries_mutations_and_subscriptions_share_a_socket(app: TestApp) {
        let (_, _, session) = app.cleaning(5).await;
        let amy = app.member("李小明").await;
        let mut socket = Socket::of(app.address, amy.token().await.as_deref()).await;
        let way = attendance(&session);
        socket.subscribe("live", &way.live, json!({ "after": way.start(&amy).await })).await;
        socket.subscribe("read", "{ me { accountId } }", json!({})).await;
        let read = socket.hear().await;
        assert_eq!((&read["type"], &read["id"]), (&json!("next"), &json!("read")));
        assert_eq!(read["payload"]["data"]["me"]["accountId"], amy.account_id.as_str());
        assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "read" }));
        let input = json!({ "sessionId": session, "idempotencyKey": "k", "waitlist": true });
        socket.subscribe("write", support::serving::SIGN_UP, json!({ "input": input })).await;
        assert_eq!(socket.hear().await["payload"]["data"]["signUp"]["state"], "CONFIRMED");
        assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "write" }));
        app.deliver().await;
        let told = socket.hear().await;
        assert_eq!((&told["id"], &told["payload"]["data"]["attendanceChanged"]["seatsTaken"]), (&json!("live"), &json!(1)));

        socket.say(&json!({ "type": "ping", "payload": { "a": 1 } })).await;
        assert_eq!(socket.hear().await, json!({ "type": "pong", "payload": { "a": 1 } }));
        socket.subscribe("wrong", "{ nothing }", json!({})).await;
        let wrong = socket.hear().await;
        assert_eq!((&wrong["type"], &wrong["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("BAD_QUERY")));
        socket.subscribe("refused", "{ session(id: \"occ_0000000000000000000001\") { id } }", json!({})).await;
        let refused = socket.hear().await;
        assert_eq!((&refused["type"], &refused["payload"]["errors"][0]["extensions"]["code"]), (&json!("next"), &json!("NOT_FOUND")));
        assert!(refused["payload"]["errors"][0]["extensions"]["requestId"].is_string());
        assert_eq!(socket.hear().await["type"], "complete");
        for document in [
            "subscription { notificationAdded { eventId } reviewQueueChanged { eventId } }",
            "subscription { ...f } fragment f on Subscription { notificationAdded { eventId } }",
            "subscription { ... on Subscription { notificationAdded { eventId } } }",
            "subscription { __typename }",
        ] {
            socket.subscribe("odd", document, json!({})).await;
            let odd = socket.hear().await;
            assert_eq!((&odd["type"], &odd["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("BAD_QUERY")), "{document}");
        }
        assert_eq!(app.app.bus.followed(), 1);
        let numbers = support::http::send(app.address, "GET", "/metrics", &[], b"").await.text();
        assert!(numbers.contains("qicai_connections_open 1\n") && numbers.contains("qicai_channels_followed 1\n"), "{numbers}");
        socket.say(&json!({ "type": "complete", "id": "live" })).await;
        until("nobody follows", || app.app.bus.followed() == 0).await;
        socket.subscribe("live", &way.live, json!({})).await;
        until("somebody follows", || app.app.bus.followed() == 1).await;
        drop(socket);
        until("nobody follows", || app.app.bus.followed() == 0).await;
    }

    async fn every_way_to_misuse_the_protocol_has_its_close_code(app: TestApp) {
        let init = json!({ "type": "connection_init" });
        let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": "subscription { notificationAdded { eventId } }" } });
        let amy = app.member("李小明").await;
        let token = format!("Bearer {}", amy.token().await.unwrap_or_default());
        let known = json!({ "type": "connection_init", "payload": { "Authorization": token } });
        let bad = |token: Value| json!({ "type": "connection_init", "payload": { "authorization": token } });
        let forged = format!("{token}x");
        let text = |value: &Value| Message::text(value.to_string());
        let table = [
            (4400, vec![Message::text("{")]),
            (4400, vec![Message::text("{\"type\":\"start\"}")]),
            (4400, vec![Message::binary(vec![1, 2])]),
            (4400, vec![text(&init), text(&json!({ "type": "subscribe", "id": "1" }))]),
            (4401, vec![text(&subscribe)]),
            (4403, vec![text(&bad(json!("Bearer nonsense")))]),
            (4403, vec![text(&bad(json!(forged)))]),
            (4403, vec![text(&bad(json!("Basic x")))]),
            (4403, vec![text(&bad(json!(7)))]),
            (4409, vec![text(&known), text(&subscribe), text(&subscribe)]),
            (4429, vec![text(&init), text(&init)]),
            (1009, vec![Message::text("x".repeat(70_000))]),
        ];
        for (code, messages) in table {
            let mut socket = Socket::open(app.address).await;
            for message in &messages {
                socket.send(message.clone()).await;
            }
            assert_eq!(socket.closed().await.0, code, "{messages:?}");
        }
        assert_eq!(Socket::open_with(app.address, &[]).await.closed().await.0, 4406);
        let hasty = door(&app, Live { init_time: Duration::from_millis(100), ..Live::default() });
        assert_eq!(Socket::open(hasty).await.closed().await.0, 4408);
        let mut late = Socket::of(hasty, None).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        late.say(&json!({ "type": "ping" })).await;
        assert_eq!(late.hear().await, json!({ "type": "pong" }), "who was acknowledged in time stays");
        let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("authorization", token.as_str())];
        let mut by_header = Socket::open_with(app.address, &headers).await;
        by_header.say(&init).await;
        by_header.hear().await;
        by_header.subscribe("1", "{ me { accountId } }", json!({})).await;
        assert_eq!(by_header.hear().await["payload"]["data"]["me"]["accountId"], amy.account_id.as_str());
        let plain = support::http::send(app.address, "GET", "/graphql/ws", &[], b"").await;
        assert_eq!((plain.status, plain.json()["errors"][0]["extensions"]["code"].clone()), (400, json!("BAD_REQUEST")));
    }

    async fn messages_in_pieces_are_put_together_up_to_a_limit(app: TestApp) {
        let mut socket = Socket::of(app.address, None).await;
        let whole = json!({ "type": "ping", "payload": { "x": "x".repeat(150_000) } }).to_string();
        let pieces: Vec<&[u8]> = whole.as_bytes().chunks(50_000).collect();
        for (at, piece) in pieces.iter().enumerate() {
            let opcode = if at == 0 { Data::Text } else { Data::Continue };
            socket.send(Message::Frame(Frame::message(piece.to_vec(), OpCode::Data(opcode), at + 1 == pieces.len()))).await;
        }
        assert_eq!(socket.hear().await["payload"]["x"].as_str().map(str::len), Some(150_000));
        for at in 0..6 {
            let opcode = if at == 0 { Data::Text } else { Data::Continue };
            socket.send(Message::Frame(Frame::message(vec![b'x'; 50_000], OpCode::Data(opcode), false))).await;
        }
        assert_eq!(socket.closed().await.0, 1009);
    }

    async fn a_thousand_sockets_that_say_nothing_are_let_go(app: TestApp) {
        let hasty = door(&app, Live { init_time: Duration::from_secs(3), ..Live::default() });
        let mut sockets = Vec::new();
        for _ in 0..10 {
            sockets.extend(join_all((0..100).map(|_| Socket::open(hasty))).await);
        }
        assert_eq!(Socket::open(hasty).await.closed().await.0, 1013, "one too many from this address");
        let codes = join_all(sockets.iter_mut().map(Socket::closed)).await;
        assert!(codes.iter().all(|(code, _)| *code == 4408));
        drop(sockets);
        Socket::of(hasty, None).await;
    }

    async fn a_socket_ends_with_its_token(app: TestApp) {
        let watchful = door(&app, Live { token_time: Duration::from_millis(100), ..Live::default() });
        let [amy, ben] = [app.member("甲一").await, app.member("乙一").await];
        let mut of_amy = Socket::of(watchful, amy.token().await.as_deref()).await;
        let mut of_ben = Socket::of(watchful, ben.token().await.as_deref()).await;
        let mut of_nobody = Socket::of(watchful, None).await;
        ben.run("mutation { logOut }", json!({})).await.ok();
        assert_eq!(of_ben.closed().await, (4403, "UNAUTHENTICATED".to_owned()));
        app.advance_minutes(16);
        assert_eq!(of_amy.closed().await, (4403, "TOKEN_EXPIRED".to_owned()));
        of_nobody.say(&json!({ "type": "ping" })).await;
        assert_eq!(of_nobody.hear().await, json!({ "type": "pong" }));
    }

    async fn nobody_takes_more_than_their_share(app: TestApp) {
        let narrow = door(&app, Live { operations_max: 2, account_max: 2, connections_max: 4, ..Live::default() });
        let amy = app.member("甲一").await;
        let token = amy.token().await;
        let mut first = Socket::of(narrow, token.as_deref()).await;
        let document = "subscription { notificationAdded { eventId } }";
        for id in ["1", "2", "3"] {
            first.subscribe(id, document, json!({})).await;
        }
        let refused = first.hear().await;
        assert_eq!((&refused["id"], &refused["type"]), (&json!("3"), &json!("error")));
        assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
        first.say(&json!({ "type": "complete", "id": "1" })).await;
        first.subscribe("4", "{ errorCodes { code } }", json!({})).await;
        assert_eq!(first.hear().await["type"], "next");
        let second = Socket::of(narrow, token.as_deref()).await;
        let mut third = Socket::open(narrow).await;
        third.say(&json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {}", token.clone().unwrap_or_default()) } })).await;
        assert_eq!(third.closed().await.0, 1013, "a third of the same account");
        let strangers = [Socket::of(narrow, None).await, Socket::of(narrow, None).await];
        assert_eq!(Socket::open(narrow).await.closed().await.0, 1013, "a fifth of the process");
        drop((second, strangers));
        let mut again = None;
        for _ in 0..100 {
            let mut socket = Socket::open(narrow).await;
            socket.say(&json!({ "type": "connection_init" })).await;
            again = socket.hear_or_close().await;
            if again.is_some() {
                break;
            }
            // The server has not seen yet that the others went.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(again, Some(json!({ "type": "connection_ack" })), "places come free");
    }

    async fn a_stream_that_tells_more_than_its_budget_pays_for_ends(app: TestApp) {
        let (_, _, session) = app.cleaning(9).await;
        let amy = app.member("甲一").await;
        let way = attendance(&session);
        let start = way.start(&amy).await;
        let budget = domain::rate::Limit::new(8, Duration::from_hours(1));
        let poor = app.another_door(Settings { development: true, budget, ..Settings::default() });
        let mut socket = Socket::of(poor, amy.token().await.as_deref()).await;
        socket.subscribe("1", "subscription($id: ID!, $after: ID) { attendanceChanged(sessionId: $id, after: $after) { eventId session { id } } }", json!({ "id": session, "after": start })).await;
        let mut told = 0;
        loop {
            app.member("路人").await.sign_up(&session).await.ok();
            app.deliver().await;
            let heard = socket.hear().await;
            if heard["type"] == "error" {
                assert_eq!(heard["payload"][0]["extensions"]["code"], "RATE_LIMITED");
                break;
            }
            told += 1;
        }
        assert!((1..8).contains(&told), "{told}");
    }

    async fn who_neither_speaks_nor_listens_is_let_go(app: TestApp) {
        let strict = door(&app, Live { ping_time: Duration::from_millis(150), write_time: Duration::from_millis(300), ..Live::default() });
        let amy = app.member("甲一").await;
        let token = amy.token().await;
        let follow = "subscription { notificationAdded { eventId } }";
        // Reading answers pings.
        let mut lively = Socket::of(strict, token.as_deref()).await;
        let alive = tokio::time::timeout(Duration::from_secs(1), lively.hear()).await;
        assert!(alive.is_err(), "{alive:?}");
        lively.subscribe("1", follow, json!({})).await;
        until("somebody follows", || app.app.bus.followed() == 1).await;
        // Now it is silent.
        until("nobody follows", || app.app.bus.followed() == 0).await;
        assert_eq!(lively.closed().await.0, 1008);

        let patient = door(&app, Live { write_time: Duration::from_millis(300), ..Live::default() });
        let mut deaf = Socket::of(patient, token.as_deref()).await;
        deaf.subscribe("1", follow, json!({})).await;
        until("somebody follows", || app.app.bus.followed() == 1).await;
        let flood = async {
            // Answers pile up until they fill every buffer on the way.
            loop {
                if deaf.0.send(Message::text(heavy_ping().to_string())).await.is_err() {
                    return std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            () = flood => {}
            () = until("nobody follows", || app.app.bus.followed() == 0) => {}
        }
    }

    async fn a_program_told_to_stop_closes_its_sockets_at_once(app: TestApp) {
        let process = Process::start(&app.database_url, app.redis_url.as_deref()).await;
        let mut sockets = Vec::new();
        for _ in 0..20 {
            sockets.push(Socket::of(process.address, None).await);
        }
        sockets.push(Socket::open(process.address).await);
        let began = Instant::now();
        let told = std::process::Command::new("kill").args(["-TERM", &process.id().to_string()]).status().expect("kill");
        assert!(told.success());
        for socket in &mut sockets {
            assert_eq!(socket.closed().await.0, 1001);
        }
        drop(sockets);
        until("the program has ended", || !std::path::Path::new(&format!("/proc/{}/fd/0", process.id())).exists()).await;
        assert!(began.elapsed() < Duration::from_secs(4), "it waited for sockets: {:?}", began.elapsed());
    }
}
