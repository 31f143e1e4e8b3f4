//! The floor for reading: a bare async-graphql schema behind a bare actix handler, whose one field gives back a text of the asked size. It runs as a
//! process of its own, as the server does.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema};
use tokio::net::TcpStream;

struct Query;

#[Object]
impl Query {
    /// So many characters.
    async fn text(&self, size: usize) -> String {
        "x".repeat(size)
    }
}

type Bare = Schema<Query, EmptyMutation, EmptySubscription>;

async fn answer(schema: web::Data<Bare>, request: web::Json<Request>) -> HttpResponse {
    HttpResponse::Ok().json(schema.execute(request.into_inner()).await)
}

/// Serves the floor until killed.
pub fn serve(address: &str) {
    let address = address.to_owned();
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let server = async move {
        HttpServer::new(move || App::new().app_data(web::Data::new(schema.clone())).route("/graphql", web::post().to(answer)))
            .workers(2)
            .bind(address)?
            .run()
            .await
    };
    actix_web::rt::System::new().block_on(server).expect("the floor serves");
}

/// The running floor.
pub struct Floor {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
}

impl Floor {
    /// Starts it.
    pub async fn start() -> Self {
        let address = support::process::free_address();
        let child = Command::new(std::env::current_exe().expect("this program"))
            .arg(format!("--floor={address}"))
            .stdout(Stdio::null())
            .spawn()
            .expect("the floor starts");
        let floor = Self { address, child };
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        floor
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
