//! The service area for clients.

use async_graphql::Object;

#[derive(Default)]
pub struct ServiceQuery;

#[Object]
impl ServiceQuery {
    /// Placeholder until the area's first field.
    async fn service_ready(&self) -> bool {
        true
    }
}

#[derive(Default)]
pub struct ServiceMutation;

#[Object]
impl ServiceMutation {
    /// Placeholder until the area's first mutation.
    async fn service_touch(&self) -> bool {
        true
    }
}
