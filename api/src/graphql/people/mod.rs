//! The people area for clients.

use async_graphql::Object;

#[derive(Default)]
pub struct PeopleQuery;

#[Object]
impl PeopleQuery {
    /// Placeholder until the area's first field.
    async fn people_ready(&self) -> bool {
        true
    }
}

#[derive(Default)]
pub struct PeopleMutation;

#[Object]
impl PeopleMutation {
    /// Placeholder until the area's first mutation.
    async fn people_touch(&self) -> bool {
        true
    }
}
