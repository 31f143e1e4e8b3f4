//! The budget: what a sender may spend on requests (请求配额).
//!
//! Every operation has a cost in points ([`cost`](super::cost)); an account, or an address without one, has a budget that refills. Signed-in people
//! do not pay for their neighbours behind the same address.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, RETRY_AFTER};
use async_graphql::{Name, Value, indexmap};
use domain::error::Error;
use domain::rate::{Key, Standing, Wait};

use super::answer::Fault;
use crate::graphql::{Caller, Client};

/// Whose budget pays.
pub fn payer(caller: Option<&Caller>, client: Client) -> Key {
    match caller {
        Some(Caller(Ok(actor))) => Key::Account(actor.account_id),
        _ => Key::Address(client.network()),
    }
}

/// The refusal of what the budget does not pay.
pub fn refusal(wait: Wait) -> Fault {
    Fault::status(StatusCode::TOO_MANY_REQUESTS, Error::from(wait)).header(RETRY_AFTER, wait.seconds())
}

/// What an answer says of the cost and of what is left.
pub fn extension(standing: &Standing) -> Value {
    static NAMES: LazyLock<[Name; 3]> = LazyLock::new(|| ["requested", "limit", "remaining"].map(Name::new));
    let values = [standing.cost, standing.limit, standing.remaining];
    Value::Object(NAMES.iter().cloned().zip(values.map(Value::from)).collect::<indexmap::IndexMap<_, _>>())
}

/// The same for whoever reads only headers.
pub fn headers(standing: &Standing) -> [(HeaderName, u64); 4] {
    [
        (HeaderName::from_static("x-ratelimit-cost"), standing.cost),
        (HeaderName::from_static("x-ratelimit-limit"), standing.limit),
        (HeaderName::from_static("x-ratelimit-remaining"), standing.remaining),
        (HeaderName::from_static("x-ratelimit-reset"), standing.reset.as_secs()),
    ]
}
