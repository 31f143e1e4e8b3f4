//! Stories about Redis itself.

use domain::link::Link;

use super::*;

/// Sends Redis one command and gives the first line of its answer.
fn redis(app: &TestApp, command: &[&[u8]]) -> String {
    let url = app.redis_url.as_deref().expect("a Redis");
    let address = url.trim_start_matches("redis://").split('/').next().expect("an address");
    let mut socket = TcpStream::connect(address).expect("Redis answers");
    let mut request = format!("*{}\r\n", command.len()).into_bytes();
    for part in command {
        request.extend(format!("${}\r\n", part.len()).into_bytes());
        request.extend_from_slice(part);
        request.extend(b"\r\n");
    }
    socket.write_all(&request).expect("sent");
    let mut answer = [0; 4096];
    let length = socket.read(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer[..length]).lines().next().unwrap_or_default().to_owned()
}

fn story<F: Future<Output = ()>>(story: impl FnOnce(TestApp) -> F) {
    support::run(Backend::Postgres, story);
}

fn everyone() -> Board {
    board(BoardSubject::Volunteer, BoardPeriod::All, None)
}

/// The sorted set of that board.
fn key(app: &TestApp) -> Vec<u8> {
    format!("{}{{lb:{}:}}:VOLUNTEER:ALL:0:POINTS", app.redis_prefix(), app.community.region_id.0.simple()).into_bytes()
}

async fn puts_a_stranger_first(app: &TestApp, who: &Actor) -> bool {
    standing(&app.app, who, everyone()).await.entries.first().is_some_and(|entry| entry.value > 1_000)
}

/// Puts somebody first in Redis alone, to see who answers.
async fn tamper(app: &TestApp, who: &Actor) {
    let me = who.volunteer.expect("a volunteer").id.0;
    redis(app, &[b"ZADD", &key(app), b"900000000000000", me.as_bytes()]);
    assert!(puts_a_stranger_first(app, who).await, "Redis answers");
}

#[test]
fn a_rebuild_restores_the_same_ranks() {
    story(async |app| {
        let (_, members, _) = crowd(&app).await;
        let before = everything(&app.app, &app.community, &members[1]).await;
        tamper(&app, &members[1]).await;
        assert!(!wrong(&app).await.is_empty(), "verify compares Redis, too");
        let relay = Relay::new().expect("a relay");
        let rebuilt = relay.rebuild(&app.app).await.expect("rebuilt").expect("with Redis");
        assert!(rebuilt.boards > 0 && rebuilt.places > 0);
        same(&everything(&app.app, &app.community, &members[1]).await, &before);
        clean(&app).await;
    });
}

#[test]
fn a_board_that_fills_its_last_batch_is_rebuilt() {
    story(async |app| {
        let (_, members, _) = crowd(&app).await;
        let db = app.app.db.writer();
        // Rows are read by two thousand; the board gets exactly so many.
        let strangers = "INSERT INTO leaderboard_score (board_id, member_id, points, minutes, points_score, minutes_score) \
                         SELECT id, gen_random_uuid(), 0, 0, 0, 0 FROM leaderboard_board, \
                         generate_series(1, 2000 - (SELECT COUNT(*) FROM leaderboard_score s WHERE s.board_id = leaderboard_board.id)) \
                         WHERE subject = 'VOLUNTEER' AND period = 'ALL'";
        db.execute_unprepared(strangers).await.expect("a full batch");
        let relay = Relay::new().expect("a relay");
        let rebuilding = tokio::time::timeout(std::time::Duration::from_secs(20), relay.rebuild(&app.app));
        let rebuilt = rebuilding.await.expect("it ends").expect("rebuilt").expect("with Redis");
        assert!(rebuilt.places > 0);
        assert_eq!(standing(&app.app, &members[0], everyone()).await.total, 8);
    });
}

#[test]
fn a_flushed_redis_is_not_believed_and_filled_again() {
    support::run_with_own_redis(async |app| {
        let (team, members, _) = crowd(&app).await;
        let before = everything(&app.app, &app.community, &members[1]).await;
        redis(&app, &[b"FLUSHALL"]);
        same(&everything(&app.app, &app.community, &members[1]).await, &before);
        certify(&app, &team, &members[1], 60).await;
        app.deliver().await;
        assert_ne!(redis(&app, &[b"ZCARD", &key(&app)]), ":0", "filled whole, not only with what is new");
        assert_eq!(redis(&app, &[b"ZCARD", &key(&app)]), ":8");
        tamper(&app, &members[1]).await;
        redis(&app, &[b"FLUSHALL"]);
        assert!(!puts_a_stranger_first(&app, &members[1]).await);
        app.deliver().await;
        clean(&app).await;
    });
}

#[test]
fn a_lost_family_is_filled_whole() {
    story(async |app| {
        let (team, members, _) = crowd(&app).await;
        let meta = format!("{}{{lb:{}:}}:meta", app.redis_prefix(), app.community.region_id.0.simple());
        redis(&app, &[b"UNLINK", meta.as_bytes(), &key(&app)]);
        assert_eq!(standing(&app.app, &members[0], everyone()).await.total, 8, "answered from the tables");
        certify(&app, &team, &members[0], 60).await;
        app.deliver().await;
        assert_eq!(redis(&app, &[b"ZCARD", &key(&app)]), ":8");
        clean(&app).await;
    });
}

#[test]
fn a_stale_epoch_is_refused() {
    story(async |app| {
        let (team, members, _) = crowd(&app).await;
        let (old, new) = (lease::new_holder().expect("a name"), Relay::new().expect("a relay"));
        let tx = app.app.db.begin().await.expect("a transaction");
        let stale = lease::take(&tx, old).await.expect("asked").expect("a lease");
        tx.commit().await.expect("committed");
        certify(&app, &team, &members[0], 60).await;
        app.advance(lease::LASTS);
        assert_eq!(new.pass(&app.app).await.ok(), Some(1));
        let order = app.app.order.as_deref().expect("an order");
        let written = push::catch_up(&app.app.db, order, stale, false).await.ok();
        assert_eq!(written, Some(Written::Fenced(stale.epoch + 1)));
        assert_eq!(push::outgrow(&app.app.db, stale, stale.epoch + 1).await.ok(), Some(None), "and cannot start another epoch");
        clean_now(&app).await;
    });
}

#[test]
fn a_database_from_a_backup_takes_over_from_the_order_of_later_days() {
    story(async |app| {
        let (_, members, _) = crowd(&app).await;
        let before = everything(&app.app, &app.community, &members[1]).await;
        // Redis has seen epochs that this database does not remember.
        let sentinel = format!("{}lb:sentinel", app.redis_prefix());
        redis(&app, &[b"HSET", sentinel.as_bytes(), b"epoch", b"900"]);
        tamper(&app, &members[1]).await;
        app.deliver().await;
        same(&everything(&app.app, &app.community, &members[1]).await, &before);
        clean(&app).await;
    });
}

#[test]
fn totals_that_changed_without_redis_are_not_hidden_by_it() {
    story(async |app| {
        let (team, members, _) = crowd(&app).await;
        certify(&app, &team, &members[0], 600).await;
        let relay = Relay::new().expect("a relay");
        relay.drain(&without_redis(&app.app)).await.expect("delivered");
        let order = Order::new(app.app.link.clone().expect("a Redis"));
        let restarted = App { order: Some(std::sync::Arc::new(order)), ..app.app.clone() };
        assert_eq!(standing(&restarted, &members[0], everyone()).await.me.map(|me| me.rank), Some(1));
        app.deliver().await;
        clean(&app).await;
    });
}

#[test]
fn while_redis_is_away_answers_come_from_the_tables_and_nothing_is_lost() {
    story(async |app| {
        let (team, members, _) = crowd(&app).await;
        let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let order = Order::new(std::sync::Arc::new(Link::open(&format!("redis://{gone}"), &app.redis_prefix()).expect("a link")));
        let cut_off = App { order: Some(std::sync::Arc::new(order)), ..app.app.clone() };
        certify(&app, &team, &members[8], 600).await;
        Relay::new().expect("a relay").drain(&cut_off).await.expect("delivered");
        let began = std::time::Instant::now();
        for _ in 0..20 {
            assert_eq!(standing(&cut_off, &members[8], everyone()).await.me.map(|me| me.rank), Some(1));
        }
        assert!(began.elapsed().as_secs() < 2, "a request does not wait for a Redis that is away: {:?}", began.elapsed());
        app.deliver().await;
        assert_eq!(standing(&app.app, &members[8], everyone()).await.me.map(|me| me.rank), Some(1));
        clean(&app).await;
    });
}
