//! A real WebSocket client, and a client of server-sent events, both of which can also say what a decent one would not.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longest wait for something that must come.
const PATIENCE: Duration = Duration::from_secs(15);

/// An open socket.
pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a socket that speaks the protocol.
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_with(address, &[("sec-websocket-protocol", "graphql-transport-ws")]).await
    }

    /// Opens a socket with these headers.
    pub async fn open_with(address: SocketAddr, headers: &[(&'static str, &str)]) -> Self {
        let mut request = format!("ws://{address}/graphql/ws").into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
        }
        let (stream, _) = tokio_tungstenite::connect_async(request).await.expect("a socket");
        Self(stream)
    }

    /// Opens a socket for the bearer of a token, acknowledged.
    pub async fn of(address: SocketAddr, token: Option<&str>) -> Self {
        let mut socket = Self::open(address).await;
        let payload = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
        socket.say(&json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// Says something.
    pub async fn say(&mut self, message: &Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Begins an operation.
    pub async fn subscribe(&mut self, id: &str, document: &str, variables: Value) {
        self.say(&json!({ "type": "subscribe", "id": id, "payload": { "query": document, "variables": variables } })).await;
    }

    /// Sends a frame of any kind.
    pub async fn send(&mut self, message: Message) {
        // The server may have closed already; what it said is heard next.
        let _ = self.0.send(message).await;
    }

    /// The next message of the protocol.
    pub async fn hear(&mut self) -> Value {
        loop {
            match self.frame().await {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?} instead of a message"),
            }
        }
    }

    /// The next message of the protocol, or nothing when the server closes instead.
    pub async fn hear_or_close(&mut self) -> Option<Value> {
        loop {
            match self.frame().await {
                Message::Text(text) => return Some(serde_json::from_str(&text).expect("JSON")),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// The code and reason with which the server closes.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(reason) = self.frame().await {
                let reason = reason.expect("a reason");
                return (reason.code.into(), reason.reason.to_string());
            }
        }
    }

    async fn frame(&mut self) -> Message {
        let frame = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something is said in time");
        frame.expect("the socket is open").unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A stream of server-sent events.
pub struct Events {
    /// Head of the reply, in lower case.
    pub head: String,
    reader: BufReader<TcpStream>,
}

/// One event; a comment has neither name nor data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `next` or `complete`.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its data as JSON; null when it has none.
    pub data: Value,
}

impl Events {
    /// Asks for a stream by POST.
    pub async fn post(address: SocketAddr, headers: &[(&str, &str)], body: &Value) -> Self {
        let headers = [&[("content-type", "application/json")], headers].concat();
        Self::send(address, "POST", "/graphql", &headers, &body.to_string()).await
    }

    /// Asks for a stream.
    pub async fn send(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.expect("the server listens");
        let mut request = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n");
        for (name, value) in headers {
            request.extend([*name, ": ", *value, "\r\n"]);
        }
        if method == "POST" {
            request.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
        }
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.expect("sent");
        let mut events = Self { head: String::new(), reader: BufReader::new(stream) };
        loop {
            match events.line().await.expect("a head") {
                line if line.is_empty() => return events,
                line => events.head += &(line.to_lowercase() + "\n"),
            }
        }
    }

    /// The next event or comment; nothing at the end.
    pub async fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            // Sizes of chunks stand on lines of their own and look like nothing else here.
            let line = self.line().await?;
            match line.split_once(':') {
                Some(("event", name)) => name.trim().clone_into(&mut event.name),
                Some(("id", id)) => id.trim().clone_into(&mut event.id),
                Some(("data", data)) if !data.trim().is_empty() => event.data = serde_json::from_str(data).expect("JSON"),
                Some(("", _)) => return Some(Event::default()),
                None if line.is_empty() && !event.name.is_empty() => return Some(event),
                None if line == "0" => return None,
                _ => {}
            }
        }
    }

    /// The next event that is no comment.
    pub async fn event(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event != Event::default() {
                return event;
            }
        }
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, self.reader.read_line(&mut line)).await.expect("something is said in time");
        match read {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
        }
    }
}

/// Waits until something is so.
pub async fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("in ten seconds it did not come to be that {what}");
}
