//! The id of a request: in the header, in every error, in the log, so that one can be found from the other.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::HttpRequest;
use entity::time::UtcMicros;
use uuid::{Builder, Uuid};

/// Header in which a balancer may hand one in, and in which it goes out.
pub const HEADER: &str = "x-request-id";

/// The id a balancer gave the request when it is short and plain, else a fresh UUID that sorts by `now`.
pub fn of(request: &HttpRequest, now: UtcMicros) -> String {
    let plain = |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let given = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).filter(plain);
    given.map_or_else(|| fresh(now), str::to_owned)
}

/// A fresh id that sorts by `now`. Asking the system for randomness took more of a small request than reading it: a process draws once, and counts.
pub fn fresh(now: UtcMicros) -> String {
    static DRAWN: LazyLock<u128> = LazyLock::new(|| Uuid::now_v7().as_u128());
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let own = DRAWN.wrapping_add(u128::from(COUNT.fetch_add(1, Ordering::Relaxed)));
    let millis = u64::try_from(now.0.div_euclid(1_000)).unwrap_or_default();
    let mut rest = [0; 10];
    rest.copy_from_slice(&own.to_be_bytes()[6..]);
    Builder::from_unix_timestamp_millis(millis, &rest).into_uuid().to_string()
}
