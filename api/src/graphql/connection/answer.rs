//! How a page is answered: once for all nouns.
//!
//! The library makes the code that answers a list anew for each type it is a list of, which for the pages of this schema was a tenth of the program. Here
//! a node is asked through [`Node`], and everything around it is the same code.

use async_graphql::parser::types::Field;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use domain::page::Cursor;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join_all};

use crate::graphql::at_hand::{merged, wanted};

/// What stands in a page, whatever its type.
pub(super) trait Node: Send + Sync {
    /// Its fields that are wanted.
    fn answer<'a>(&'a self, ctx: &'a ContextSelectionSet<'a>, field: &'a Positioned<Field>) -> BoxFuture<'a, ServerResult<Value>>;
}

impl<T: OutputType> Node for T {
    fn answer<'a>(&'a self, ctx: &'a ContextSelectionSet<'a>, field: &'a Positioned<Field>) -> BoxFuture<'a, ServerResult<Value>> {
        self.resolve(ctx, field).boxed()
    }
}

/// A page of a list.
pub(super) struct Seen<'a> {
    /// Names of the connection's type and of its edges' type.
    pub names: [String; 2],
    /// Whether something stands before the page, and after it.
    pub has: [bool; 2],
    /// The nodes, each behind its cursor.
    pub edges: Vec<(&'a Cursor, &'a dyn Node)>,
}

impl Seen<'_> {
    /// The fields of the page that are wanted, at the same time, so that what they load is loaded together.
    pub async fn answer(&self, ctx: &ContextSelectionSet<'_>) -> ServerResult<Value> {
        let wanted = wanted(ctx);
        let values = try_join_all(wanted.iter().map(|field| self.field(ctx, field).boxed())).await?;
        Ok(merged(wanted.iter().zip(values)))
    }

    async fn field(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let inner = ctx.with_field(field);
        let inner = inner.with_selection_set(&field.node.selection_set);
        match field.node.name.node.as_str() {
            "pageInfo" => Ok(self.info(&inner)),
            "nodes" => list(self.edges.iter().enumerate().map(|(at, (_, node))| self.node(&inner, at, *node, field).boxed())).await,
            "edges" => list((0..self.edges.len()).map(|at| self.edge(&inner, at).boxed())).await,
            _ => Ok(Value::from(self.names[0].as_str())),
        }
    }

    async fn node(&self, ctx: &ContextSelectionSet<'_>, at: usize, node: &dyn Node, field: &Positioned<Field>) -> ServerResult<Value> {
        node.answer(&ctx.with_index(at), field).await
    }

    async fn edge(&self, ctx: &ContextSelectionSet<'_>, at: usize) -> ServerResult<Value> {
        let (cursor, node) = &self.edges[at];
        let ctx = ctx.with_index(at);
        let wanted = wanted(&ctx);
        let mut values = Vec::with_capacity(wanted.len());
        for field in &wanted {
            let value = match field.node.name.node.as_str() {
                "cursor" => Value::from(cursor.opaque()),
                "node" => {
                    let inner = ctx.with_field(field);
                    node.answer(&inner.with_selection_set(&field.node.selection_set), field).await?
                }
                _ => Value::from(self.names[1].as_str()),
            };
            values.push(value);
        }
        Ok(merged(wanted.iter().zip(values)))
    }

    fn info(&self, ctx: &ContextSelectionSet<'_>) -> Value {
        let cursor = |edge: Option<&(&Cursor, _)>| edge.map_or(Value::Null, |(cursor, _)| Value::from(cursor.opaque()));
        let wanted = wanted(ctx);
        merged(wanted.iter().map(|field| {
            let value = match field.node.name.node.as_str() {
                "hasPreviousPage" => Value::Boolean(self.has[0]),
                "hasNextPage" => Value::Boolean(self.has[1]),
                "startCursor" => cursor(self.edges.first()),
                "endCursor" => cursor(self.edges.last()),
                _ => Value::from("PageInfo"),
            };
            (field, value)
        }))
    }
}

async fn list<'a>(items: impl Iterator<Item = BoxFuture<'a, ServerResult<Value>>>) -> ServerResult<Value> {
    Ok(Value::List(try_join_all(items).await?))
}
