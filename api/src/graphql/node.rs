//! `node` and `nodes`: anything by its id.

use async_graphql::Object;

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Placeholder until nodes exist.
    async fn node_ready(&self) -> bool {
        true
    }
}
