//! A load of HTTP requests over kept connections, each client waiting for its answer before it asks again.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a load measured.
pub struct Measured {
    /// Answers a second.
    pub per_second: f64,
    /// Half of the answers came within this.
    pub median: Duration,
    /// All but one in a hundred came within this.
    pub p99: Duration,
    /// Bytes of the last body.
    pub body: usize,
}

/// Sends what `request` makes of a running number, from `clients` clients for `span`; every answer must hold `needle`.
pub async fn run(address: SocketAddr, clients: usize, span: Duration, needle: &str, request: impl Fn(u64) -> (String, String)) -> Measured {
    let number = AtomicU64::new(0);
    let until = Instant::now() + span;
    let began = Instant::now();
    let all = join_all((0..clients).map(|_| async {
        let mut client = Client::connect(address).await;
        let mut took = Vec::new();
        let mut body = 0;
        while Instant::now() < until {
            let (token, text) = request(number.fetch_add(1, Ordering::Relaxed));
            let since = Instant::now();
            let answer = client.post(&token, &text).await;
            took.push(since.elapsed());
            body = answer.len();
            assert!(memchr::memmem::find(answer, needle.as_bytes()).is_some(), "{}", String::from_utf8_lossy(answer));
        }
        (took, body)
    }))
    .await;
    let elapsed = began.elapsed().as_secs_f64();
    let body = all[0].1;
    let mut took: Vec<Duration> = all.into_iter().flat_map(|(took, _)| took).collect();
    took.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "counts of a run of seconds")]
    let per_second = took.len() as f64 / elapsed;
    Measured { per_second, median: took[took.len() / 2], p99: took[took.len() * 99 / 100], body }
}

/// One kept connection.
pub struct Client {
    stream: TcpStream,
    address: SocketAddr,
    received: Vec<u8>,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("an option");
        Self { stream, address, received: Vec::with_capacity(64 * 1024) }
    }

    /// Sends one GraphQL request and gives the body of its answer.
    pub async fn post(&mut self, token: &str, body: &str) -> &[u8] {
        let authorization = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\naccept: application/json\r\n{authorization}content-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        self.stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await.expect("sent");
        self.received.clear();
        loop {
            if let Some(at) = memchr::memmem::find(&self.received, b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.received[..at]).to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).and_then(|text| text.trim().parse::<usize>().ok());
                let end = at + 4 + length.expect("a length");
                if self.received.len() >= end {
                    return &self.received[at + 4..end];
                }
            }
            assert_ne!(self.stream.read_buf(&mut self.received).await.expect("an answer"), 0, "the server hung up");
        }
    }
}
