//! A small HTTP/1.1 client that can also say what a decent one would not.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, decoded when it was chunked.
    pub body: Vec<u8>,
}

impl Reply {
    /// The header `name` (lower case), or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}), status {}: {}", self.status, self.text()))
    }
}

/// Sends one request on a connection of its own.
pub async fn send(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let start = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    let mut head = headers.iter().fold(start, |head, (name, value)| head + name + ": " + value + "\r\n");
    if !body.is_empty() || method == "POST" {
        head = head + "content-length: " + &body.len().to_string() + "\r\n";
    }
    head.push_str("\r\n");
    send_raw(address, &[head.as_bytes(), body].concat(), Duration::from_mins(1)).await
}

/// Sends one request to a server that may be killed meanwhile; nothing when no whole reply came back.
pub async fn try_post(address: SocketAddr, target: &str, token: &str, body: &[u8]) -> Option<Reply> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let length = body.len();
        let head = format!(
            "POST {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             authorization: Bearer {token}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat()).await.ok()?;
        let mut received = Vec::new();
        let mut part = vec![0; 64 * 1024];
        while !complete(&received) {
            match stream.read(&mut part).await.ok()? {
                0 => return None,
                count => received.extend_from_slice(&part[..count]),
            }
        }
        Some(parse(&received))
    };
    tokio::time::timeout(Duration::from_secs(20), exchange).await.ok().flatten()
}

/// Sends bytes as they are and reads the one reply. A server may answer before it has read everything, so both go on at once.
pub async fn send_raw(address: SocketAddr, bytes: &[u8], patience: Duration) -> Reply {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("an option");
    let (mut from, mut to) = stream.into_split();
    let read = async {
        let mut received = Vec::new();
        let mut part = vec![0; 64 * 1024];
        loop {
            match from.read(&mut part).await {
                Ok(0) | Err(_) => return received,
                Ok(count) => received.extend_from_slice(&part[..count]),
            }
            if complete(&received) {
                return received;
            }
        }
    };
    let write = async {
        // The server may close while we speak.
        let _ = to.write_all(bytes).await;
        std::future::pending::<()>().await;
    };
    let received = tokio::time::timeout(patience, async {
        tokio::select! { received = read => received, () = write => Vec::new() }
    });
    parse(&received.await.expect("the server answers in time"))
}

fn head_end(received: &[u8]) -> Option<usize> {
    received.windows(4).position(|four| four == b"\r\n\r\n")
}

fn complete(received: &[u8]) -> bool {
    let Some(end) = head_end(received) else { return false };
    let head = String::from_utf8_lossy(&received[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).and_then(|text| text.trim().parse::<usize>().ok());
    length.is_some_and(|length| received.len() >= end + 4 + length)
}

fn parse(received: &[u8]) -> Reply {
    let end = head_end(received).unwrap_or_else(|| panic!("no reply, only {:?}", String::from_utf8_lossy(received)));
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).expect("a status line");
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value.eq_ignore_ascii_case("chunked"));
    let rest = &received[end + 4..];
    let body = if chunked { dechunk(rest) } else { rest.to_vec() };
    Reply { status, headers, body }
}

fn dechunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(String::from_utf8_lossy(&rest[..at]).trim(), 16).expect("a chunk size");
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[at + 2..at + 2 + size]);
        rest = &rest[at + 4 + size..];
    }
    body
}
