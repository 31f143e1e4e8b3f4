//! What is handed on after a commit: an event that cannot be read stops nothing and is not lost.

use domain::event::Event;
use domain::outbox;
use entity::time::BusinessDate;
use sea_orm::ConnectionTrait;
use serde_json::json;
use support::{Actor, TestApp, both};

fn warning(who: &Actor, day: u32) -> Event {
    let expires_on = BusinessDate::from_naive(chrono::NaiveDate::from_ymd_opt(2026, 12, day).expect("a day"));
    Event::PointsExpiring { account_id: who.account(), points: 5, expires_on, days: 30 }
}

async fn told(who: &Actor) -> usize {
    who.run("{ myNotifications { edges { node { id } } } }", json!({})).await.ok().list("myNotifications.edges").len()
}

both! {
    async fn an_event_of_a_newer_program_waits_for_it_and_stops_nothing(app: TestApp) {
        let amy = app.member("李小明").await;
        let db = app.app.db.writer();
        let unreadable = "INSERT INTO outbox (topic, payload, created_at) VALUES ('points', '{\"event\":\"of_the_future\"}', 1)";
        db.execute_unprepared(unreadable).await.expect("filed");
        let tx = app.tx().await;
        outbox::record(&tx, &warning(&amy, 30)).await.expect("filed");
        tx.commit().await.expect("committed");
        app.deliver().await;
        assert_eq!(told(&amy).await, 1, "what came after it is delivered");
        assert_eq!(outbox::set_aside(db).await.ok(), Some(1));

        let readable = outbox::payload(&warning(&amy, 31)).expect("text");
        db.execute_unprepared(&format!("UPDATE outbox SET payload = '{readable}'")).await.expect("the newer program's reading");
        app.deliver().await;
        assert_eq!(told(&amy).await, 2);
        assert_eq!(outbox::set_aside(db).await.ok(), Some(0));
    }
}
