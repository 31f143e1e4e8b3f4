//! The door: HTTP on actix-web.
//!
//! [`http`] takes a request apart and answers it, [`limits`] turns away documents that would cost too much before anything runs, [`answer`] turns
//! every failure into a coded error, [`accept`] reads what the client wants back, [`health`] tells a balancer how the program is,
//! [`graphiql`] serves the query page in development.
//!
//! Invariant: every answer of the door that is not a page is JSON, carries a request id, and holds nothing internal.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{HttpServer, web};

use crate::app::App;
use crate::graphql;

mod accept;
mod answer;
mod graphiql;
mod health;
mod http;
mod limits;
mod request_id;

pub use health::Health;

/// Seconds that running requests get to finish after the program is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// How the door behaves.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Answers introspection and serves GraphiQL.
    pub development: bool,
    /// Threads that serve requests.
    pub workers: usize,
    /// Time in which a body must have arrived.
    pub body_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { development: false, workers, body_time: Duration::from_secs(10) }
    }
}

/// What every worker shares.
struct Door {
    app: App,
    schema: graphql::ApiSchema,
    settings: Settings,
    health: Arc<Health>,
}

/// Opens the door on `listeners`. The server runs when awaited; stop it through its handle.
///
/// # Errors
/// When a listener cannot be used.
pub fn listen(listeners: Vec<TcpListener>, app: App, health: Arc<Health>, settings: Settings) -> io::Result<Server> {
    let schema = graphql::builder().data(app.clone()).finish();
    let door = web::Data::new(Door { app, schema, settings, health });
    let workers = settings.workers;
    let mut server = HttpServer::new(move || actix_web::App::new().app_data(door.clone()).configure(routes))
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
        .route("/graphiql/{file}", web::get().to(graphiql::file))
        .route("/livez", web::get().to(health::live))
        .route("/readyz", web::get().to(health::ready))
        .default_service(web::to(http::no_such_path));
}
