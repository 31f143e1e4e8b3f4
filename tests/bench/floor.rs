//! The floor for reading: a bare async-graphql schema behind a bare actix handler, without limits, cost, token, log or numbers. Its fields give back
//! what they have: a text of the asked size, the fields of a budget, the shape of a leaderboard. It runs as a process of its own, as the server does.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use async_graphql::{EmptyMutation, EmptySubscription, ID, Object, Request, Schema, SimpleObject};
use tokio::net::TcpStream;

struct Query;

/// The shape of a budget.
#[derive(SimpleObject)]
struct RateLimit {
    limit: u64,
    remaining: u64,
    cost: u64,
    reset_in: u64,
}

/// The shape of a place on a leaderboard.
#[derive(SimpleObject)]
struct Entry {
    rank: i64,
    member: ID,
    name: String,
    value: i64,
    me: bool,
}

impl Entry {
    fn list(count: i64) -> Vec<Self> {
        let entry = |rank| Self { rank, member: ID("vol_031IJbz9LyikvSD9GiSVuY".to_owned()), name: "韩**".to_owned(), value: 831, me: false };
        (1..=count).map(entry).collect()
    }
}

/// The shape of a leaderboard.
#[derive(SimpleObject)]
struct Leaderboard {
    entries: Vec<Entry>,
    me: Option<Entry>,
    neighbours: Vec<Entry>,
    total: i64,
}

#[Object]
impl Query {
    /// A budget.
    async fn rate_limit(&self) -> RateLimit {
        RateLimit { limit: 1_000_000_000, remaining: 999_999_999, cost: 1, reset_in: 1 }
    }

    /// A leaderboard that is always the same; its arguments are text for whatever they are.
    async fn leaderboard(&self, first: i64) -> Leaderboard {
        Leaderboard { entries: Entry::list(first), me: Entry::list(1).pop(), neighbours: Entry::list(5), total: 2_000 }
    }

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
