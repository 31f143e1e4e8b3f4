//! Stories about the bus itself: gaps, and followers who are slow.

use domain::bus::{Batch, Draft, log};
use entity::id::ChangeId;

use super::*;

async fn write(app: &TestApp, channel: &str, payload: usize) -> Batch {
    let tx = app.tx().await;
    let draft = Draft { channel: channel.to_owned(), payload: payload.to_string() };
    let batch = log::append(&tx, vec![draft]).await.map_err(|error| error.code).expect("written").expect("a batch");
    tx.commit().await.map_err(|error| error.code).expect("committed");
    batch
}

async fn hear(follower: &mut domain::bus::Follower) -> String {
    let change =
        tokio::time::timeout(Duration::from_secs(10), follower.next()).await.expect("in time").map_err(|error| error.code).expect("a change");
    change.payload.clone()
}

both! {
    async fn a_slow_follower_reads_what_it_was_too_slow_for(app: TestApp) {
        let bus = &app.app.bus;
        let mut follower = bus.follow(&app.app.db, "a".to_owned(), None).await.map_err(|error| error.code).expect("followed");
        for at in 0..200 {
            bus.publish(write(&app, if at % 2 == 0 { "a" } else { "b" }, at).await);
        }
        for at in (0..200).step_by(2) {
            assert_eq!(hear(&mut follower).await, at.to_string());
        }
        drop(follower);
        assert_eq!(bus.followed(), 0);
    }

    async fn a_lost_message_makes_a_change_late_not_lost(app: TestApp) {
        let own = app.app.clone();
        tokio::spawn(async move { own.bus.run(&own.db, std::future::pending()).await });
        let bus = &app.app.bus;
        let mut follower = bus.follow(&app.app.db, "a".to_owned(), Some(ChangeId(0))).await.map_err(|error| error.code).expect("followed");
        let began = Instant::now();
        let (first, _lost, third) = (write(&app, "a", 1).await, write(&app, "a", 2).await, write(&app, "a", 3).await);
        bus.publish(first.clone());
        bus.publish(third.clone());
        bus.publish(third);
        bus.publish(first);
        for at in 1..=3 {
            assert_eq!(hear(&mut follower).await, at.to_string(), "each once and in order");
        }
        assert!(began.elapsed() < Duration::from_millis(1_900), "the gap is seen at once: {:?}", began.elapsed());
        let lost = write(&app, "a", 4).await;
        assert_eq!(lost.changes.len(), 1);
        assert_eq!(hear(&mut follower).await, "4", "and the table is read every few seconds");
    }
}
