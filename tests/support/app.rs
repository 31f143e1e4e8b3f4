//! The program under test, whole: its database, its door on a free port, and its clock.

use std::future::Future;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use api::server::{self, Settings};
use chrono::{DateTime, Utc};
use domain::app::App;
use domain::db::Db;
use domain::due::due_work;
use domain::keys::Keys;
use domain::people::session::Sessions;
use domain::people::wechat::Wechat;
use domain::people::wechat::http::Http;
use domain::relay::Relay;
use domain::store::{Directory, Store};
use domain::tx::Clock;
use domain::web::Web;
use entity::time::UtcMicros;

use crate::database::{self, Backend};
use crate::outside::{self, Texts, World};
use crate::seed::{self, Community};
use crate::servers::servers;

/// The master secret of every program under test.
pub const SECRET: [u8; 32] = [7; 32];

/// A running program.
pub struct TestApp {
    /// What the program holds; for looking behind the door.
    pub app: App,
    /// Where its door is.
    pub address: SocketAddr,
    /// On which database it runs.
    pub backend: Backend,
    /// The community everybody lives in.
    pub community: Community,
    /// URL of its database, for a second process.
    pub database_url: String,
    /// URL of its Redis, on PostgreSQL.
    pub redis_url: Option<String>,
    /// What was sent to phones.
    pub texts: Arc<Texts>,
    name: String,
    door: ServerHandle,
}

impl TestApp {
    /// A program on a fresh database, its clock standing at 2026-03-02 09:00 in China.
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, (backend == Backend::Postgres).then(|| servers().redis.clone())).await
    }

    /// The same with a Redis of the caller's choice.
    pub async fn start_with(backend: Backend, redis_url: Option<String>) -> Self {
        let (database_url, name) = database::fresh(backend).await;
        Self::open(backend, database_url, redis_url, name, Clock::manual(database::begins_at())).await
    }

    /// A program on a database that holds the community already.
    pub async fn open(backend: Backend, database_url: String, redis_url: Option<String>, name: String, clock: Clock) -> Self {
        let db = Db::connect(&database_url, 8, clock).await.map_err(|error| error.code).expect("the database opens");
        let mut app = assemble(db, redis_url.as_deref().map(|url| (url, name.as_str())));
        let texts = Arc::new(Texts::default());
        app.sms = Arc::clone(&texts) as _;
        app.store = Some(Arc::new(Directory::new(media(&name))));
        let community = seed::find(&app).await;
        let (address, door) = open_door(&app, Settings { development: true, ..Settings::default() });
        Self { app, address, backend, community, database_url, redis_url, texts, name, door }
    }

    /// A second door to the same program, with other settings.
    #[must_use]
    pub fn another_door(&self, settings: Settings) -> SocketAddr {
        open_door(&self.app, settings).0
    }

    /// The same program with other keys, behind another door; whoever spoke before goes on speaking with the tokens they have.
    pub fn turn_keys(&mut self, keys: Keys) {
        self.app.sessions = Arc::new(Sessions::try_new(&keys).map_err(|error| error.code).expect("keys of tokens"));
        self.app.keys = Arc::new(keys);
        self.address = self.another_door(Settings { development: true, ..Settings::default() });
    }

    /// The same program with a WeChat that it waits for so long, behind another door.
    #[must_use]
    pub fn with_wechat(self, world: &World, patience: Duration) -> Self {
        self.with(world, patience, outside::templates())
    }

    /// The same program with a WeChat that has these templates, behind another door.
    #[must_use]
    pub fn with_templates(self, world: &World, templates: serde_json::Value) -> Self {
        self.with(world, Duration::from_secs(5), templates)
    }

    fn with(mut self, world: &World, patience: Duration, templates: serde_json::Value) -> Self {
        let web = Web::try_new(patience).map_err(|error| error.code).expect("a client");
        let api = Http::new(web, &world.url(), outside::APP_ID.to_owned(), outside::APP_SECRET.to_owned());
        let templates = serde_json::from_value(templates).expect("templates");
        let wechat = Wechat::new(outside::APP_ID.to_owned(), Some(outside::WEBHOOK_TOKEN.to_owned()), templates, Arc::new(api));
        self.app.wechat = Some(Arc::new(wechat));
        self.address = self.another_door(Settings { development: true, ..Settings::default() });
        self
    }

    /// The same program with another store of pictures, or none, behind another door.
    #[must_use]
    pub fn with_store(mut self, store: Option<Arc<dyn Store>>) -> Self {
        self.app.store = store;
        self.address = self.another_door(Settings { development: true, ..Settings::default() });
        self
    }

    /// The same program known by an address from outside, behind another door.
    #[must_use]
    pub fn known_as(mut self, host: &str) -> Self {
        self.app.public_url = Some(Arc::from(host));
        self.address = self.another_door(Settings { development: true, ..Settings::default() });
        self
    }

    /// What its keys in Redis begin with.
    #[must_use]
    pub fn redis_prefix(&self) -> String {
        self.name.clone()
    }

    /// The time by the program's clock.
    #[must_use]
    pub fn now(&self) -> UtcMicros {
        self.app.db.now()
    }

    /// Turns the clock forward by so many microseconds; write `3 * DAY`, see [`UtcMicros`].
    pub fn advance(&self, micros: i64) {
        self.app.db.clock().set(self.now().plus(micros));
    }

    /// Turns the clock forward by days.
    pub fn advance_days(&self, days: i64) {
        self.advance(days * UtcMicros::DAY);
    }

    /// Turns the clock forward by hours.
    pub fn advance_hours(&self, hours: i64) {
        self.advance(hours * UtcMicros::HOUR);
    }

    /// Turns the clock forward by minutes.
    pub fn advance_minutes(&self, minutes: i64) {
        self.advance(minutes * UtcMicros::MINUTE);
    }

    /// Sets the clock, as in `2026-03-28T09:00:00+08:00`.
    pub fn set_time(&self, text: &str) {
        self.app.db.clock().set(moment(text));
    }

    /// Lets everything happen that follows a commit or is due by now: events are delivered, offers and codes run out, points expire.
    pub async fn deliver(&self) {
        let relay = Relay::new().map_err(|error| error.code).expect("a relay");
        due_work(&self.app).await.map_err(|error| format!("{error:?}")).expect("due work is done");
        relay.drain(&self.app).await.map_err(|error| format!("{error:?}")).expect("events are delivered");
        while self.app.outside_work().await.map_err(|error| format!("{error:?}")).expect("the outside work is done") > 0 {}
    }

    /// What closes and removes everything after a story that ended well; a failed one leaves its database until the process ends.
    pub fn clean_up(&self) -> impl Future<Output = ()> + use<> {
        let (app, door, backend, name) = (self.app.clone(), self.door.clone(), self.backend, self.name.clone());
        async move {
            door.stop(false).await;
            app.db.close().await.map_err(|error| error.code).expect("the database closes");
            database::remove(backend, &name).await;
            if let Err(error) = std::fs::remove_dir_all(media(&name)) {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            }
        }
    }
}

/// Where the pictures of a program lie.
fn media(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{name}.media"))
}

/// Puts a program together on an open database; `redis` is a URL and a prefix of the program's own.
#[must_use]
pub fn assemble(db: Db, redis: Option<(&str, &str)>) -> App {
    App::assemble(db, Arc::new(Keys::derive(&SECRET)), redis).map_err(|error| error.code).expect("the program is put together")
}

/// The moment a text names.
#[must_use]
pub fn moment(text: &str) -> UtcMicros {
    let time: DateTime<Utc> = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    time.into()
}

fn open_door(app: &App, settings: Settings) -> (SocketAddr, ServerHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = server::listen(vec![listener], app.clone(), Arc::default(), Settings { workers: 1, ..settings }).expect("the door opens");
    let handle = server.handle();
    tokio::spawn(server);
    (address, handle)
}
