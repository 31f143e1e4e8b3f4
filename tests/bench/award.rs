//! Certifying a roll-call of two hundred: one statement of the ledger.

use std::time::{Duration, Instant};

use domain::points::ledger::{self, AwardBatch, AwardLine};
use entity::id::{ServiceRecordId, VolunteerId};
use entity::time::BusinessDate;
use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use support::TestApp;
use support::servers::Guard;

use crate::stock::{self, id};
use crate::{RUN, report};

/// People of one roll-call.
const PEOPLE: u64 = 200;

/// Measures and prints.
pub async fn run() {
    let servers = Guard::start(&["all", "--durable"]);
    let app = stock::fill(&servers).await;
    println!("\naward: PostgreSQL with fsync, {PEOPLE} awards a statement and transaction");
    // On empty tables PostgreSQL keeps plans that read them whole; a community that has been running for a day has none of those.
    rounds(&app, 0, RUN / 4).await;
    app.app.db.writer().execute_unprepared("VACUUM ANALYZE").await.expect("analysed");
    for at_once in [1, 4] {
        let began = Instant::now();
        let counts = join_all((0..at_once).map(|lane| rounds(&app, lane, RUN / 2))).await;
        let awards = f64::from(counts.iter().sum::<u32>()) * f64::from(u32::try_from(PEOPLE).expect("few"));
        report(&format!("awards a second, {at_once} roll-call(s) at once (bar 20000)"), awards / began.elapsed().as_secs_f64(), "awards/s");
    }
}

/// Awards to the people of one lane, again and again for `span`; gives how often.
async fn rounds(app: &TestApp, lane: u64, span: Duration) -> u32 {
    let began = Instant::now();
    let mut rounds = 0;
    while began.elapsed() < span {
        let tx = app.tx().await;
        let line = |n| AwardLine {
            record_id: ServiceRecordId::new(tx.now),
            volunteer_id: VolunteerId(id(2, lane * PEOPLE + n)),
            points: 20,
            expires_on: BusinessDate(20_271_231),
            business_date: BusinessDate(20_261_121),
            policy_version: 1,
        };
        let lines: Vec<AwardLine> = (1..=PEOPLE).map(line).collect();
        let batch = AwardBatch { community_id: app.community.id, actor_id: None, now: tx.now };
        let posted = ledger::award(&tx, batch, &lines).await.map_err(|error| format!("{error:?}")).expect("awarded");
        tx.commit().await.expect("committed");
        assert_eq!(posted.len(), lines.len());
        rounds += 1;
    }
    rounds
}
