//! The door.

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::{HttpResponse, HttpServer, web};

use crate::app::App;
use crate::graphql::{self, ApiSchema};

/// How the door behaves.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Answers introspection and serves GraphiQL.
    pub development: bool,
    /// Threads that serve requests.
    pub workers: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { development: false, workers: 2 }
    }
}

/// Opens the door on `listeners`.
///
/// # Errors
/// When a listener cannot be used.
pub fn listen(listeners: Vec<TcpListener>, app: App, settings: Settings) -> io::Result<Server> {
    let schema = graphql::builder().data(app).finish();
    let mut server = HttpServer::new(move || actix_web::App::new().app_data(web::Data::new(schema.clone())).route("/graphql", web::post().to(graphql)))
        .workers(settings.workers)
        .disable_signals();
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}

async fn graphql(schema: web::Data<ApiSchema>, body: web::Json<async_graphql::Request>) -> HttpResponse {
    HttpResponse::Ok().json(schema.execute(body.into_inner()).await)
}
