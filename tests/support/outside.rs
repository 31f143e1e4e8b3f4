//! The world outside of the program: a WeChat that answers as the documented one does, and a carrier of one-time codes that keeps them.
//!
//! The suite holds a [`World`] and talks to it directly. The judges in `tests/conformance` run it as a program (`fake-outside`) and ask it over HTTP:
//! `POST /fake/login-code`, `/fake/phone-code`, `/fake/tap`, `GET /fake/templates`, `/fake/messages`, `/fake/sms?phone=…`.

use std::collections::{HashMap, HashSet};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use domain::error::Result;
use domain::people::account::phone::Phone;
use domain::people::account::sms::Sms;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

/// The app id of the one mini-program.
pub const APP_ID: &str = "wx5a1b2c3d4e5f6071";
/// Its secret.
pub const APP_SECRET: &str = "0123456789abcdef0123456789abcdef";
/// What it signs its messages to the program with.
pub const WEBHOOK_TOKEN: &str = "webhook-token";

/// The templates of the mini-program.
#[must_use]
pub fn templates() -> Value {
    json!({
        "REDEMPTION_CHANGED": { "id": "tmpl-redemption", "page": "pages/wallet/index", "fields": { "thing1": "title", "thing2": "body", "time3": "time" } },
        "RECORD_CERTIFIED": { "id": "tmpl-record", "page": null, "fields": { "thing1": "body", "date2": "time" } },
    })
}

/// Longest text of a `thing`.
const THING_MAX: usize = 20;
/// Sign-ins of one person within a minute.
const LOGINS_MAX: usize = 100;

/// Codes by phone.
#[derive(Default)]
pub struct Texts(Mutex<HashMap<String, String>>);

impl Texts {
    /// The code last sent to a phone.
    #[must_use]
    pub fn last(&self, phone: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(phone).cloned()
    }

    fn keep(&self, phone: &str, code: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(phone.to_owned(), code.to_owned());
    }
}

impl Sms for Texts {
    fn send<'a>(&'a self, phone: &'a Phone, code: &'a str) -> BoxFuture<'a, Result<()>> {
        self.keep(phone.text(), code);
        async { Ok(()) }.boxed()
    }
}

#[derive(Default)]
struct State {
    /// Who stands behind a code of `wx.login`.
    logins: HashMap<String, (String, Option<String>)>,
    used: HashSet<String>,
    counted: HashMap<String, usize>,
    /// The phone behind a code of the button.
    phones: HashMap<String, (String, String)>,
    token: Option<String>,
    tokens_made: usize,
    token_calls: usize,
    /// What the person agreed to at WeChat: one message each.
    taps: HashMap<(String, String), usize>,
    sent: Vec<Value>,
    /// Calls that are answered with this number, by path, before anything else is looked at.
    refusals: HashMap<String, Vec<i64>>,
    slow: HashMap<String, Duration>,
    seen: HashSet<String>,
    traces: usize,
    /// Addresses of the pictures it was asked to look at.
    looked_at: Vec<String>,
    codes_made: usize,
}

/// A WeChat and a gateway for text messages, behind one address.
#[derive(Clone)]
pub struct World {
    /// Where they are.
    pub address: SocketAddr,
    /// What the gateway carried.
    pub texts: Arc<Texts>,
    state: Arc<Mutex<State>>,
}

impl World {
    /// Opens them on a free port, on a thread of their own.
    #[must_use]
    pub fn start() -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    /// Opens them on a listener.
    #[must_use]
    pub fn listen(listener: TcpListener) -> Self {
        let world = Self { address: listener.local_addr().expect("an address"), texts: Arc::default(), state: Arc::default() };
        let shared = web::Data::new(world.clone());
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || App::new().app_data(shared.clone()).configure(routes)).workers(1).disable_signals();
                server.listen(listener).expect("it listens").run().await.expect("it runs");
            });
        });
        world
    }

    /// The base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What `wx.login` gives to a person.
    #[must_use]
    pub fn login_code(&self, openid: &str, unionid: Option<&str>) -> String {
        let mut state = self.lock();
        let code = format!("login-{}-{}", state.logins.len(), openid);
        state.logins.insert(code.clone(), (openid.to_owned(), unionid.map(str::to_owned)));
        state.seen.insert(openid.to_owned());
        code
    }

    /// What the button `getPhoneNumber` gives.
    #[must_use]
    pub fn phone_code(&self, country: &str, number: &str) -> String {
        let mut state = self.lock();
        let code = format!("phone-{}", state.phones.len());
        state.phones.insert(code.clone(), (country.to_owned(), number.to_owned()));
        code
    }

    /// A person accepts one message of a template.
    pub fn tap(&self, openid: &str, template_id: &str) {
        *self.lock().taps.entry((openid.to_owned(), template_id.to_owned())).or_default() += 1;
    }

    /// What was sent to people.
    #[must_use]
    pub fn sent(&self) -> Vec<Value> {
        self.lock().sent.clone()
    }

    /// The access token runs out before its time.
    pub fn expire_token(&self) {
        self.lock().token = None;
    }

    /// How many access tokens were made, and how often one was asked for.
    #[must_use]
    pub fn tokens(&self) -> (usize, usize) {
        let state = self.lock();
        (state.tokens_made, state.token_calls)
    }

    /// How many codes to scan were drawn.
    #[must_use]
    pub fn codes_made(&self) -> usize {
        self.lock().codes_made
    }

    /// The addresses of the pictures it was asked to look at; the first answer is `trace-1`.
    #[must_use]
    pub fn looked_at(&self) -> Vec<String> {
        self.lock().looked_at.clone()
    }

    /// The next call of a path is answered with a number.
    pub fn refuse_next(&self, path: &str, number: i64) {
        self.lock().refusals.entry(path.to_owned()).or_default().push(number);
    }

    /// Calls of a path take so long from now on.
    pub fn slow_down(&self, path: &str, by: Duration) {
        self.lock().slow.insert(path.to_owned(), by);
    }

    /// A person has been seen just now.
    pub fn see(&self, openid: &str) {
        self.lock().seen.insert(openid.to_owned());
    }

    /// A person has not been seen for two hours.
    pub fn forget(&self, openid: &str) {
        self.lock().seen.remove(openid);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a call is answered before anything else is looked at.
    async fn before(&self, path: &str) -> Option<HttpResponse> {
        let slow = self.lock().slow.get(path).copied();
        if let Some(by) = slow {
            tokio::time::sleep(by).await;
        }
        self.lock().refusals.get_mut(path).filter(|numbers| !numbers.is_empty()).map(|numbers| refused(numbers.remove(0)))
    }

    /// Refuses a token that is not the one in force.
    fn check_token(&self, given: &Query) -> Option<HttpResponse> {
        let token = given.get("access_token").map(String::as_str).unwrap_or_default();
        match &self.lock().token {
            Some(good) if good == token => None,
            None if token.starts_with("fake-") => Some(refused(42_001)),
            _ => Some(refused(40_001)),
        }
    }
}

type Query = web::Query<HashMap<String, String>>;
type Shared = web::Data<World>;

fn refused(number: i64) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "errcode": number, "errmsg": "refused by the fake" }))
}

fn good(mut body: Value) -> HttpResponse {
    body["errcode"] = json!(0);
    body["errmsg"] = json!("ok");
    HttpResponse::Ok().json(body)
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/sns/jscode2session", web::get().to(session))
        .route("/cgi-bin/stable_token", web::post().to(stable_token))
        .route("/wxa/business/getuserphonenumber", web::post().to(phone_number))
        .route("/cgi-bin/message/subscribe/send", web::post().to(send))
        .route("/wxa/msg_sec_check", web::post().to(check_text))
        .route("/wxa/media_check_async", web::post().to(check_media))
        .route("/wxa/getwxacodeunlimit", web::post().to(page_code))
        .route("/sms", web::post().to(sms))
        .route("/fake/{what}", web::to(fake));
}

async fn session(world: Shared, given: Query) -> HttpResponse {
    if let Some(answer) = world.before("jscode2session").await {
        return answer;
    }
    let text = |name: &str| given.get(name).cloned().unwrap_or_default();
    if text("appid") != APP_ID {
        return refused(40_013);
    }
    if text("secret") != APP_SECRET {
        return refused(40_125);
    }
    let code = text("js_code");
    let mut state = world.lock();
    let Some((openid, unionid)) = state.logins.get(&code).cloned() else { return refused(40_029) };
    if !state.used.insert(code) {
        return refused(40_163);
    }
    let count = state.counted.entry(openid.clone()).or_default();
    *count += 1;
    if *count > LOGINS_MAX {
        return refused(45_011);
    }
    // The documented answer has no errcode when all is well.
    let mut body = json!({ "openid": openid, "session_key": "c2Vzc2lvbi1rZXk=" });
    if let Some(unionid) = unionid {
        body["unionid"] = json!(unionid);
    }
    HttpResponse::Ok().json(body)
}

async fn stable_token(world: Shared, body: web::Json<Value>) -> HttpResponse {
    world.lock().token_calls += 1;
    if let Some(answer) = world.before("stable_token").await {
        return answer;
    }
    if body["appid"] != APP_ID || body["secret"] != APP_SECRET {
        return refused(40_125);
    }
    let mut state = world.lock();
    if state.token.is_none() || body["force_refresh"] == true {
        state.tokens_made += 1;
        state.token = Some(format!("fake-{}-{}", state.tokens_made, "t".repeat(500)));
    }
    HttpResponse::Ok().json(json!({ "access_token": state.token, "expires_in": 7200 }))
}

async fn phone_number(world: Shared, given: Query, body: web::Json<Value>) -> HttpResponse {
    if let Some(answer) = world.before("getuserphonenumber").await.or_else(|| world.check_token(&given)) {
        return answer;
    }
    let mut state = world.lock();
    let Some((country, number)) = state.phones.remove(body["code"].as_str().unwrap_or_default()) else { return refused(40_029) };
    good(json!({ "phone_info": { "phoneNumber": number, "purePhoneNumber": number, "countryCode": country } }))
}

async fn send(world: Shared, given: Query, body: web::Json<Value>) -> HttpResponse {
    if let Some(answer) = world.before("send").await.or_else(|| world.check_token(&given)) {
        return answer;
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let fields = body["data"].as_object().cloned().unwrap_or_default();
    let fits = |(name, field): (&String, &Value)| {
        let value = field["value"].as_str().unwrap_or_default();
        !value.is_empty() && (!name.starts_with("thing") || value.chars().count() <= THING_MAX)
    };
    if fields.is_empty() || !fields.iter().all(fits) {
        return refused(47_003);
    }
    let mut state = world.lock();
    match state.taps.get_mut(&(text("touser"), text("template_id"))).filter(|left| **left > 0) {
        Some(left) => *left -= 1,
        None => return refused(43_101),
    }
    state.sent.push(body.into_inner());
    good(json!({}))
}

async fn check_text(world: Shared, given: Query, body: web::Json<Value>) -> HttpResponse {
    if let Some(answer) = world.before("msg_sec_check").await.or_else(|| world.check_token(&given)) {
        return answer;
    }
    if !world.lock().seen.contains(body["openid"].as_str().unwrap_or_default()) {
        return refused(61_010);
    }
    let suggest = if body["content"].as_str().unwrap_or_default().contains("违规") { "risky" } else { "pass" };
    good(json!({ "result": { "suggest": suggest, "label": 100 }, "trace_id": "text" }))
}

async fn check_media(world: Shared, given: Query, body: web::Json<Value>) -> HttpResponse {
    if let Some(answer) = world.before("media_check_async").await.or_else(|| world.check_token(&given)) {
        return answer;
    }
    if !body["media_url"].as_str().unwrap_or_default().starts_with("https://") {
        return refused(40_097);
    }
    if !world.lock().seen.contains(body["openid"].as_str().unwrap_or_default()) {
        return refused(61_010);
    }
    let mut state = world.lock();
    state.looked_at.push(body["media_url"].as_str().unwrap_or_default().to_owned());
    state.traces += 1;
    good(json!({ "trace_id": format!("trace-{}", state.traces) }))
}

async fn page_code(world: Shared, given: Query, body: web::Json<Value>) -> HttpResponse {
    if let Some(answer) = world.before("getwxacodeunlimit").await.or_else(|| world.check_token(&given)) {
        return answer;
    }
    if body["scene"].as_str().is_none_or(|scene| scene.is_empty() || scene.len() > 32) {
        return refused(40_129);
    }
    world.lock().codes_made += 1;
    HttpResponse::Ok().content_type("image/jpeg").body(b"\xff\xd8\xff\xe0 a picture".to_vec())
}

async fn sms(world: Shared, body: web::Json<Value>) -> HttpResponse {
    world.texts.keep(body["phone"].as_str().unwrap_or_default(), body["code"].as_str().unwrap_or_default());
    HttpResponse::NoContent().finish()
}

/// What a judge asks of the world.
async fn fake(world: Shared, what: web::Path<String>, given: Query, body: web::Bytes) -> HttpResponse {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    HttpResponse::Ok().json(match what.as_str() {
        "login-code" => json!({ "code": world.login_code(&text("openid"), body["unionid"].as_str()) }),
        "phone-code" => json!({ "code": world.phone_code("86", &text("phone")) }),
        "tap" => {
            world.tap(&text("openid"), &text("templateId"));
            json!({})
        }
        "templates" => templates(),
        "sms" => json!({ "code": world.texts.last(given.get("phone").map(String::as_str).unwrap_or_default()) }),
        _ => json!(world.sent()),
    })
}
