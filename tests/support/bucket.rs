//! A store that speaks S3, as far as the program asks it: one bucket of one account, with signatures checked by the documentation of AWS and not by the
//! crate that makes them. It can be told to answer wrongly.

use std::collections::HashMap;
use std::fmt::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HOST};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use sha2::{Digest, Sha256};

/// Name of the bucket.
pub const NAME: &str = "pictures";
/// Its region.
pub const REGION: &str = "cn-test-1";
/// Who may ask.
pub const KEY: &str = "AKIAQICAI";
/// With this secret.
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// How the store answers wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It does as it is asked.
    Well,
    /// It answers with this status.
    Status(u16),
    /// It takes so long for everything.
    Slow(Duration),
}

struct State {
    objects: HashMap<String, (String, Vec<u8>)>,
    mood: Mood,
    refused: usize,
}

/// A running store.
#[derive(Clone)]
pub struct Bucket {
    /// Where it is.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Bucket {
    /// Opens it on a free port, on a thread of its own.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let state = Arc::new(Mutex::new(State { objects: HashMap::new(), mood: Mood::Well, refused: 0 }));
        let bucket = Self { address: listener.local_addr().expect("an address"), state };
        let shared = web::Data::new(bucket.clone());
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    App::new().app_data(shared.clone()).app_data(web::PayloadConfig::new(32 << 20)).default_service(web::to(answer))
                });
                server.workers(1).disable_signals().listen(listener).expect("it listens").run().await.expect("it runs");
            });
        });
        bucket
    }

    /// As the settings name it.
    #[must_use]
    pub fn place(&self) -> String {
        format!("s3://{NAME}?endpoint=http://{}&region={REGION}", self.address)
    }

    /// From now on it answers so.
    pub fn set(&self, mood: Mood) {
        self.lock().mood = mood;
    }

    /// The names of what it holds.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.lock().objects.keys().cloned().collect();
        names.sort();
        names
    }

    /// How many requests had no right signature.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.lock().refused
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, bucket: web::Data<Bucket>) -> HttpResponse {
    let mood = bucket.lock().mood;
    match mood {
        Mood::Well => {}
        Mood::Status(status) => return HttpResponse::build(StatusCode::from_u16(status).expect("a status")).finish(),
        Mood::Slow(by) => tokio::time::sleep(by).await,
    }
    let mut state = bucket.lock();
    if !is_signed(&request) {
        state.refused += 1;
        return HttpResponse::Forbidden().content_type("application/xml").body("<Error><Code>SignatureDoesNotMatch</Code></Error>");
    }
    let Some(name) = request.path().strip_prefix('/').and_then(|path| path.strip_prefix(NAME)) else { return HttpResponse::NotFound().finish() };
    let name = name.trim_start_matches('/').to_owned();
    match request.method().as_str() {
        "HEAD" if name.is_empty() => HttpResponse::Ok().finish(),
        "PUT" => {
            let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            state.objects.insert(name, (kind, body.to_vec()));
            HttpResponse::Ok().finish()
        }
        "GET" => match state.objects.get(&name) {
            Some((kind, bytes)) => HttpResponse::Ok().content_type(kind.as_str()).body(bytes.clone()),
            None => HttpResponse::NotFound().content_type("application/xml").body("<Error><Code>NoSuchKey</Code></Error>"),
        },
        "DELETE" => {
            state.objects.remove(&name);
            HttpResponse::NoContent().finish()
        }
        _ => HttpResponse::MethodNotAllowed().finish(),
    }
}

/// AWS Signature Version 4 in the query (docs.aws.amazon.com, "Authenticating Requests: Using Query Parameters"), computed from the request alone.
fn is_signed(request: &HttpRequest) -> bool {
    let mut pairs: Vec<(String, String)> = request
        .query_string()
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    pairs.sort();
    let get = |name: &str| pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let (date, signature) = (get("X-Amz-Date"), get("X-Amz-Signature"));
    let day = date.get(..8).unwrap_or_default().to_owned();
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    if get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" || get("X-Amz-Credential") != format!("{KEY}/{scope}").replace('/', "%2F") {
        return false;
    }
    let signed = get("X-Amz-SignedHeaders").replace("%3B", ";");
    if !signed.split(';').any(|name| name == HOST.as_str()) {
        return false;
    }
    let query: Vec<String> = pairs.iter().filter(|(name, _)| name != "X-Amz-Signature").map(|(name, value)| format!("{name}={value}")).collect();
    let mut headers = String::new();
    for name in signed.split(';') {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        writeln!(headers, "{name}:{}", value.trim()).expect("text");
    }
    let canonical = format!("{}\n{}\n{}\n{headers}\n{signed}\nUNSIGNED-PAYLOAD", request.method(), request.path(), query.join("&"));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in [day.as_str(), REGION, "s3", "aws4_request", to_sign.as_str()] {
        key = hmac(&key, part.as_bytes());
    }
    hex::encode(key) == signature
}

/// RFC 2104 with SHA-256; no key here is longer than a block.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |with: u8| (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect::<Vec<u8>>();
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}
