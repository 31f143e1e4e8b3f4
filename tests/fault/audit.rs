//! The audit log while the server is killed: administrators grant and end roles, and three processes put what is written into chains at once.
//!
//! Whatever was acknowledged has its line with its outcome, whatever took effect has its line, and a line without an outcome is of an act that nobody was
//! told about. The chains are whole: every row linked once, no number twice, no fork.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use domain::app::App;
use domain::insight::verify;
use entity::audit_link::AuditPart;
use entity::id::{AccountId, AuditLineId};
use entity::role_grant::Role;
use entity::{audit_line, audit_link, audit_outcome, role_grant};
use futures_util::future::{join, join_all};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use support::process::Process;
use support::servers::Guard;
use support::{Backend, TestApp, http, stage};

/// Grants and ends of one run.
const ACTS: usize = 240;
const CLIENTS: usize = 8;
const GRANT: &str = "mutation($input: GrantRoleInput!) { grantRole(input: $input) { id } }";
const END: &str = "mutation($input: EndRoleInput!) { endRole(input: $input) { id } }";

/// What is going on.
struct Office {
    app: TestApp,
    server: tokio::sync::Mutex<Process>,
    /// How many acts were done, answered or not.
    done: AtomicUsize,
    lost_answers: AtomicUsize,
    /// What was answered: the field and the code, by the id of the request.
    told: Mutex<HashMap<String, (&'static str, String)>>,
    /// Whether everybody has ended.
    over: AtomicBool,
}

/// Runs it on a database.
pub async fn run(backend: Backend, servers: Option<&Guard>) {
    let (app, url, redis) = crate::shared(backend, servers, "audit").await;
    let staff = stage::people(&app, CLIENTS, stage::ALL_ROUND).await;
    let holders = stage::people(&app, CLIENTS, stage::MEMBER).await;
    let server = tokio::sync::Mutex::new(Process::start(&url, redis.as_deref()).await);
    let (done, lost_answers, told, over) = Default::default();
    let office = Office { app, server, done, lost_answers, told, over };
    let others = [office.app.another_process(None).await, office.app.another_process(None).await];
    let work = async {
        let clients = staff.iter().zip(&holders).map(|(boss, holder)| office.client(stage::speaking(&office.app, boss), holder.account_id));
        join(join_all(clients), office.kill_three_times()).await;
        office.over.store(true, Ordering::SeqCst);
    };
    join(work, office.chain_beside(&others)).await;
    office.server.lock().await.kill();
    chain_rest(&office.app.app).await;
    office.read_the_log().await;
    office.read_the_chains().await;
    // Whoever granted and ended is among the staff.
    let staff: BTreeSet<AccountId> = staff.iter().map(|boss| boss.account_id).collect();
    office.compare_with_the_books(&staff).await;
}

/// Links what is left; another process may take a turn away.
async fn chain_rest(app: &App) {
    let mut quiet = 0;
    while quiet < 2 {
        let linked = app.chainer.pass(&app.db).await.map_err(|error| format!("{error:?}")).expect("a pass");
        quiet = if linked == 0 { quiet + 1 } else { 0 };
    }
}

impl Office {
    /// Grants a role and ends it again, over and over; what is not answered is asked again, as a person would.
    async fn client(&self, boss: support::Actor, holder: AccountId) {
        let token = boss.token().await.expect("a token");
        let place = self.app.community.region_id.to_string();
        while self.done.load(Ordering::SeqCst) < ACTS {
            let grant = json!({ "role": "GRID_WORKER", "accountId": holder.to_string(), "regionId": place });
            self.until_answered(&token, ("grantRole", GRANT), &grant).await;
            let live = role_grant::Entity::find()
                .filter(role_grant::Column::AccountId.eq(holder))
                .filter(role_grant::Column::Role.eq(Role::GridWorker))
                .filter(role_grant::Column::EndedAt.is_null());
            let live = live.one(self.app.app.db.reader()).await.expect("read").expect("a grant");
            self.until_answered(&token, ("endRole", END), &json!({ "id": live.id.to_string() })).await;
        }
    }

    async fn until_answered(&self, token: &str, (field, document): (&'static str, &str), input: &serde_json::Value) {
        let body = json!({ "query": document, "variables": { "input": input } }).to_string();
        let address = self.server.lock().await.address;
        for _ in 0..2_000 {
            self.done.fetch_add(1, Ordering::SeqCst);
            if let Some(reply) = http::try_post(address, "/graphql", token, body.as_bytes()).await {
                let answer = reply.json();
                let extensions = &answer["errors"][0]["extensions"];
                if extensions["retryable"] != true {
                    let code = extensions["code"].as_str().unwrap_or("OK").to_owned();
                    assert!(["OK", "ALREADY_GRANTED"].contains(&code.as_str()), "{answer:#}");
                    self.told.lock().expect("whole").insert(reply.header("x-request-id").to_owned(), (field, code));
                    return;
                }
            }
            self.lost_answers.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never answered: {body}");
    }

    async fn kill_three_times(&self) {
        for quarter in 1..=3 {
            while self.done.load(Ordering::SeqCst) < quarter * ACTS / 4 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let mut server = self.server.lock().await;
            server.kill();
            server.restart().await;
        }
    }

    /// Two more processes that chain as fast as they can. One that loses a turn finds nothing linked; one whose turn the database refuses comes again.
    async fn chain_beside(&self, others: &[App; 2]) {
        while !self.over.load(Ordering::SeqCst) {
            let passes = join_all(others.iter().map(|app| app.chainer.pass(&app.db))).await;
            if passes.iter().all(|linked| matches!(linked, Ok(0) | Err(_))) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// Every acknowledged act has its line and its outcome, and no line without an outcome was acknowledged.
    async fn read_the_log(&self) {
        let told = self.told.lock().expect("whole").clone();
        let lost = self.lost_answers.load(Ordering::SeqCst);
        assert!(lost > 0, "nobody noticed that anything was killed");
        assert!(told.len() > ACTS / 2, "too little happened: {}", told.len());
        let db = self.app.app.db.reader();
        let lines = audit_line::Entity::find().all(db).await.expect("read");
        let outcomes = audit_outcome::Entity::find().all(db).await.expect("read");
        let ended: HashMap<AuditLineId, &str> = outcomes.iter().map(|row| (row.line_id, row.result.as_str())).collect();
        let open = lines.iter().filter(|line| !ended.contains_key(&line.id)).collect::<Vec<_>>();
        println!("{} acknowledged, {lost} answers lost, {} lines, {} without an outcome", told.len(), lines.len(), open.len());
        assert!(open.iter().all(|line| !told.contains_key(&line.request_id)), "acknowledged without an outcome: {open:?}");
        assert_eq!(ended.len(), outcomes.len(), "one outcome each");
        assert!(ended.keys().all(|id| lines.iter().any(|line| line.id == *id)), "an outcome of nothing");
        let mut written: HashMap<&str, Vec<&audit_line::Model>> = HashMap::new();
        for line in &lines {
            written.entry(&line.request_id).or_default().push(line);
        }
        for (request, (field, code)) in &told {
            let of_request = written.get(request.as_str()).map_or(&[][..], Vec::as_slice);
            let [line] = of_request else { panic!("{} lines of one act: {field} {request}", of_request.len()) };
            assert_eq!((line.operation.as_str(), ended.get(&line.id)), (*field, Some(&code.as_str())), "{request}");
        }
    }

    /// The links of each chain are numbered from one on without a gap, there is one for each row, and each follows from the one before.
    async fn read_the_chains(&self) {
        let db = self.app.app.db.reader();
        let links = audit_link::Entity::find().all(db).await.expect("read");
        let linked: BTreeSet<_> = links.iter().map(|link| (link.line_id, link.part == AuditPart::Begun)).collect();
        assert_eq!(linked.len(), links.len(), "no row twice");
        let lines = audit_line::Entity::find().all(db).await.expect("read").into_iter().map(|row| (row.id, true));
        let outcomes = audit_outcome::Entity::find().all(db).await.expect("read").into_iter().map(|row| (row.line_id, false));
        assert_eq!(linked, lines.chain(outcomes).collect(), "every row, and nothing else");
        let mut chains: BTreeMap<_, Vec<i64>> = BTreeMap::new();
        for link in &links {
            chains.entry(link.chain).or_default().push(link.number);
        }
        for (chain, mut numbers) in chains {
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=i64::try_from(numbers.len()).expect("a few")).collect::<Vec<_>>(), "{chain}");
        }
        let report = verify::run(&self.app.app).await.map_err(|error| format!("{error:?}")).expect("a report");
        let of_log: Vec<_> = report.checks.iter().filter(|check| check.rule.contains("audit log")).collect();
        assert!(of_log.len() == 2 && of_log.iter().all(|check| check.rows > 0 && check.differences == 0), "{report}");
    }

    /// What stands in the books was written down before, and what was written down as done stands in the books.
    async fn compare_with_the_books(&self, staff: &BTreeSet<AccountId>) {
        let db = self.app.app.db.reader();
        let grants = role_grant::Entity::find().filter(role_grant::Column::Role.eq(Role::GridWorker)).all(db).await.expect("read");
        let lines = audit_line::Entity::find().all(db).await.expect("read");
        let outcomes = audit_outcome::Entity::find().all(db).await.expect("read");
        let ended: HashMap<AuditLineId, String> = outcomes.into_iter().map(|row| (row.line_id, row.result)).collect();
        // How many acts with an object were done by somebody, and how many may have been.
        let of = |operation: &str, by: AccountId, object: &str| {
            let own = lines.iter().filter(|line| line.operation == operation && line.account_id == Some(by));
            let own: Vec<_> = own.filter(|line| line.objects.split(' ').any(|id| id == object)).map(|line| ended.get(&line.id)).collect();
            let done = own.iter().filter(|result| result.is_some_and(|result| result == "OK")).count();
            (done, done + own.iter().filter(|result| result.is_none()).count())
        };
        let mut made: BTreeMap<(AccountId, AccountId), usize> = BTreeMap::new();
        for grant in &grants {
            let by = grant.granted_by.filter(|by| staff.contains(by)).expect("one of the staff");
            *made.entry((by, grant.account_id)).or_default() += 1;
            let Some(ended_by) = grant.ended_by else { continue };
            let (_, most) = of("endRole", ended_by, &grant.id.to_string());
            assert!(most > 0, "nobody wrote down that {} was ended", grant.id);
        }
        assert_eq!(made.len(), CLIENTS, "everybody did something");
        for ((by, holder), rows) in made {
            let (least, most) = of("grantRole", by, &holder.to_string());
            assert!((least..=most).contains(&rows), "{rows} grants by {by}, of which the log knows {least} to {most}");
        }
    }
}
