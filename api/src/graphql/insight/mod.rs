//! The insight area for clients.

use async_graphql::Object;

#[derive(Default)]
pub struct InsightQuery;

#[Object]
impl InsightQuery {
    /// Placeholder until the area's first field.
    async fn insight_ready(&self) -> bool {
        true
    }
}

#[derive(Default)]
pub struct InsightMutation;

#[Object]
impl InsightMutation {
    /// Placeholder until the area's first mutation.
    async fn insight_touch(&self) -> bool {
        true
    }
}
