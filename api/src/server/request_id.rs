//! The id of a request: in the header, in every error, in the log, so that one can be found from the other.

use actix_web::HttpRequest;
use entity::time::UtcMicros;
use uuid::{NoContext, Timestamp, Uuid};

/// Header in which a balancer may hand one in, and in which it goes out.
pub const HEADER: &str = "x-request-id";

/// The id a balancer gave the request when it is short and plain, else a fresh UUID that sorts by `now`.
pub fn of(request: &HttpRequest, now: UtcMicros) -> String {
    let plain = |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let given = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).filter(plain);
    given.map_or_else(|| fresh(now), str::to_owned)
}

/// A fresh id that sorts by `now`.
pub fn fresh(now: UtcMicros) -> String {
    let seconds = u64::try_from(now.seconds()).unwrap_or_default();
    let nanos = u32::try_from(now.0.rem_euclid(UtcMicros::SECOND)).unwrap_or_default() * 1_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanos)).to_string()
}
