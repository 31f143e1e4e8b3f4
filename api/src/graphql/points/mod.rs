//! The points area for clients.

use async_graphql::Object;

#[derive(Default)]
pub struct PointsQuery;

#[Object]
impl PointsQuery {
    /// Placeholder until the area's first field.
    async fn points_ready(&self) -> bool {
        true
    }
}

#[derive(Default)]
pub struct PointsMutation;

#[Object]
impl PointsMutation {
    /// Placeholder until the area's first mutation.
    async fn points_touch(&self) -> bool {
        true
    }
}
