//! What the door says of itself, for clients: the codes it answers with, and what the sender may still spend.

use async_graphql::{Context, Object, SimpleObject};
use domain::error::Code;
use domain::rate::Standing;

/// A code that an error may carry in `extensions.code` (错误码).
#[derive(SimpleObject)]
pub struct ErrorCode {
    /// The code; never removed or renamed.
    code: &'static str,
    /// What it says in Chinese.
    zh: &'static str,
    /// What it says in English.
    en: &'static str,
    /// Whether the same request may succeed later without being changed.
    retryable: bool,
}

/// The budget of the sender: of the account that is signed in, else of the address (请求配额).
#[derive(SimpleObject)]
pub struct RateLimit {
    /// Points of a full budget.
    limit: u64,
    /// Points left after this request.
    remaining: u64,
    /// What this request cost: an object 1, a page its size times a row, a mutation 10, a count of all rows 10.
    cost: u64,
    /// Seconds until the budget is full again if nothing is spent.
    reset_in: u64,
}

impl From<Standing> for RateLimit {
    fn from(standing: Standing) -> Self {
        let Standing { cost, limit, remaining, reset } = standing;
        Self { limit, remaining, cost, reset_in: reset.as_secs() + u64::from(reset.subsec_nanos() > 0) }
    }
}

#[derive(Default)]
pub struct DoorQuery;

#[Object]
impl DoorQuery {
    /// Every code an error may carry, in the order of the catalogue.
    async fn error_codes(&self) -> Vec<ErrorCode> {
        let codes = Code::ALL.iter().copied();
        codes.map(|code| ErrorCode { code: code.text(), zh: code.zh(), en: code.en(), retryable: code.retryable() }).collect()
    }

    /// What I may still spend.
    async fn rate_limit(&self, ctx: &Context<'_>) -> RateLimit {
        RateLimit::from(*ctx.data_unchecked::<Standing>())
    }
}
