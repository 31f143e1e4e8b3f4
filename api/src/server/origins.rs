//! Which other sites' pages may ask (CORS).
//!
//! Tokens travel in a header that only a client's own code can set, and there are no cookies, so a foreign page has no authority to borrow. The list
//! keeps it from asking in the name of its reader's address.

use actix_cors::Cors;
use actix_web::http::Method;

use super::Settings;

/// What a page may send beside what every page may.
const TAKEN: [&str; 8] =
    ["accept", "accept-language", "apollo-require-preflight", "authorization", "cache-control", "content-type", "last-event-id", "x-request-id"];
/// What a page may read beside what every page may.
const SHOWN: [&str; 6] = ["retry-after", "x-ratelimit-cost", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id"];
/// Seconds a browser remembers the permission.
const REMEMBERED: usize = 3_600;

/// Whether any page may ask. Where none may, nothing is said of it, which a browser takes for no.
pub fn any(settings: &Settings) -> bool {
    settings.development || !settings.origins.is_empty()
}

/// The rule of a door.
pub fn rule(settings: &Settings) -> Cors {
    let rule = Cors::default().allowed_methods([Method::GET, Method::POST]).allowed_headers(TAKEN).expose_headers(SHOWN).max_age(REMEMBERED);
    if settings.development {
        return rule.allow_any_origin();
    }
    settings.origins.iter().fold(rule, |rule, origin| rule.allowed_origin(origin))
}
