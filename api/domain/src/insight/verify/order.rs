//! The order in Redis, compared with the totals place by place.

use super::{Check, Difference, TOLD_MAX};
use crate::app::App;
use crate::error::{Code, Result};
use crate::points::leaderboard::Order;
use crate::points::leaderboard::audit::{self, Misplaced};

pub(super) async fn check(app: &App, order: &Order) -> Result<Check> {
    let audit = audit::compare(&app.db, order).await?.ok_or(Code::Unavailable)?;
    let told = |misplaced: &Misplaced| Difference {
        subject: format!("{} place {}", misplaced.set, misplaced.place),
        expected: misplaced.expected,
        found: misplaced.found,
    };
    Ok(Check {
        rule: "the order in Redis is the order of the totals",
        rows: audit.places,
        differences: audit.differences,
        first: audit.first.iter().take(TOLD_MAX).map(told).collect(),
    })
}
