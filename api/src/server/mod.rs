//! The door: HTTP on actix-web.
//!
//! [`http`] takes a request apart ([`params`]) and answers it; [`run`] brings it from its parameters to its answer. [`documents`] keeps documents at
//! hand that [`limits`], the schema and [`usage`] found good, [`variables`] judges values and [`cost`] prices by the [`shape`] of the schema,
//! [`budget`] says who pays, [`metrics`] counts. [`sse`] and [`ws`] are the two ways on which a connection stays open, over what they share in
//! [`live`]. [`answer`] turns every failure into a coded error, [`accept`] reads what the client wants back and [`client`] where it is, [`origins`]
//! says whose pages may ask, [`certificate`] shows what a printed code leads to, [`evidence`] hands out archives, [`media`] pictures, which come in by [`upload`], [`export`] what is held of a person, [`health`] tells a balancer how the
//! program is, [`jwks`] shows the keys of tokens, [`wechat`] hears what WeChat tells, [`graphiql`] serves the query page in development.
//!
//! Invariant: every answer of the door that is not a page or a stream is JSON, carries a request id, and holds nothing internal.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::Condition;
use actix_web::{HttpServer, web};
use domain::app::App;
use domain::rate::Limit;

use self::documents::Documents;
use self::metrics::Metrics;
use self::shape::Shape;
use crate::graphql;

mod accept;
mod answer;
mod budget;
mod certificate;
mod client;
mod cost;
mod documents;
mod evidence;
mod export;
mod graphiql;
mod health;
mod http;
mod jwks;
mod limits;
mod live;
mod media;
mod metrics;
mod origins;
mod params;
mod request_id;
mod run;
mod shape;
mod sse;
mod upload;
mod usage;
mod variables;
mod wechat;
mod ws;

pub use documents::Manifest;
pub use health::Health;
pub use live::Live;

/// Seconds that running requests get to finish after the program is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// How the door behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Answers introspection and serves GraphiQL.
    pub development: bool,
    /// Threads that serve requests.
    pub workers: usize,
    /// Time in which a body must have arrived.
    pub body_time: Duration,
    /// Time in which a body with a file must have arrived.
    pub upload_time: Duration,
    /// What a sender may spend on requests, in points of cost.
    pub budget: Limit,
    /// How many balancers in front append to `X-Forwarded-For`; with none the header is not believed.
    pub proxies: u8,
    /// Origins whose pages may ask; in development every page may.
    pub origins: Vec<String>,
    /// What addresses of this host begin with, for printed codes; what the request was sent to when nothing is said.
    pub public_url: Option<String>,
    /// What `/metrics` is shown for; without one only in development.
    pub metrics_token: Option<String>,
    /// Documents that clients were built with.
    pub trusted: Manifest,
    /// Takes no other documents.
    pub only_trusted: bool,
    /// How connections that stay open behave.
    pub live: Live,
}

/// What a sender may spend when nothing else is said: 30,000 points a minute, all at once if need be.
pub const BUDGET: Limit = Limit::new(30_000, Duration::from_mins(1));

impl Default for Settings {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            development: false,
            workers,
            body_time: Duration::from_secs(10),
            upload_time: upload::TIME,
            budget: BUDGET,
            proxies: 0,
            origins: Vec::new(),
            public_url: None,
            metrics_token: None,
            trusted: Manifest::default(),
            only_trusted: false,
            live: Live::default(),
        }
    }
}

/// What every worker shares.
struct Door {
    app: App,
    schema: graphql::ApiSchema,
    /// Answers questions about the schema, in development.
    described: Option<graphql::WholeSchema>,
    shape: Arc<Shape>,
    documents: Documents,
    metrics: Metrics,
    settings: Settings,
    places: live::Places,
    uploads: upload::Room,
    health: Arc<Health>,
}

/// Opens the door on `listeners`. The server runs when awaited; stop it through its handle.
///
/// # Errors
/// When a listener cannot be used.
pub fn listen(listeners: Vec<TcpListener>, app: App, health: Arc<Health>, settings: Settings) -> io::Result<Server> {
    // In this order, so that each takes the memory that making the one before it left.
    let shape = Arc::new(Shape::of_program()?);
    let schema = graphql::runner(app.clone());
    let described = settings.development.then(|| graphql::described(app.clone()));
    let documents = Documents::new(graphql::Judge::default(), Arc::clone(&shape), &settings.trusted, settings.only_trusted);
    let workers = settings.workers;
    let door = web::Data::new(Door {
        app,
        schema,
        described,
        shape,
        documents,
        metrics: Metrics::default(),
        settings,
        places: live::Places::default(),
        uploads: upload::Room::default(),
        health,
    });
    let mut server = HttpServer::new(move || {
        actix_web::App::new()
            .wrap(Condition::new(origins::any(&door.settings), origins::rule(&door.settings)))
            .app_data(door.clone())
            .configure(routes)
    })
    .workers(workers)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .client_request_timeout(Duration::from_secs(5));
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/graphql").to(http::graphql))
        .route("/graphql/ws", web::get().to(ws::open))
        .route("/graphiql/{file}", web::get().to(graphiql::file))
        .route("/certificates/{number}.pdf", web::get().to(certificate::sheet))
        .route("/certificates/{number}", web::get().to(certificate::page))
        .route("/media/{id}/{variant}", web::get().to(media::file))
        .route("/evidence/{ticket}", web::get().to(evidence::archive))
        .route("/export/{ticket}", web::get().to(export::archive))
        .route("/metrics", web::get().to(metrics::page))
        .route("/livez", web::get().to(health::live))
        .route("/readyz", web::get().to(health::ready))
        .route("/.well-known/jwks.json", web::get().to(jwks::keys))
        .service(web::resource("/wechat/events").app_data(web::PayloadConfig::new(64 << 10)).get(wechat::prove).post(wechat::told))
        .default_service(web::to(http::no_such_path));
}
