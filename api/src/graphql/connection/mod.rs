//! Relay connections over [`domain::page`].
//!
//! A list field takes `first`, `after`, `last`, `before`, turns them into a checked page with [`args`], asks the area for the rows and hands them to
//! [`of`]. Each noun names its connection and edge types by implementing [`Listed`].

use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::connection::{self, ConnectionNameType, CursorType, EdgeNameType, EmptyFields};
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use domain::error::{Error, Result};
use domain::page::{Cursor, Page, PageArgs, Rows};

mod answer;

/// A page of a list, as Relay describes it. The library describes it in the schema; [`answer`] answers it.
pub struct Connection<N, C> {
    edges: Vec<(Cursor, N)>,
    has_previous: bool,
    has_next: bool,
    names: PhantomData<C>,
}

/// The same page as the library knows it.
type Shape<N, C> = connection::Connection<OpaqueCursor, N, EmptyFields, EmptyFields, C, C>;

impl<N, C> OutputType for Connection<N, C>
where
    N: OutputType,
    C: ConnectionNameType + EdgeNameType,
{
    fn type_name() -> Cow<'static, str> {
        Shape::<N, C>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Shape::<N, C>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _field: &Positioned<Field>) -> ServerResult<Value> {
        let page = answer::Seen {
            names: [<C as ConnectionNameType>::type_name::<N>(), <C as EdgeNameType>::type_name::<N>()],
            has: [self.has_previous, self.has_next],
            edges: self.edges.iter().map(|(cursor, node)| (cursor, node as &dyn answer::Node)).collect(),
        };
        page.answer(ctx).await
    }
}

/// A cursor as the library wants it.
struct OpaqueCursor(Cursor);

impl CursorType for OpaqueCursor {
    type Error = &'static str;

    fn decode_cursor(text: &str) -> Result<Self, Self::Error> {
        Cursor::parse(text).map(Self).map_err(|error| error.code.text())
    }

    fn encode_cursor(&self) -> String {
        self.0.opaque()
    }
}

/// The paging arguments of a list field, checked.
///
/// # Errors
/// `PAGE_SIZE`, `BAD_CURSOR`.
pub fn args(first: Option<i32>, after: Option<String>, last: Option<i32>, before: Option<String>) -> Result<Page, Error> {
    PageArgs { first, after, last, before }.check()
}

/// The connection of a page: `key` is the sort key of a row (0 when the id alone orders the list), `id` its outside id.
pub fn of<M, N, C>(page: Rows<M>, place: impl Fn(&M) -> (i64, String), node: impl Fn(M) -> N) -> Connection<N, C> {
    let edges = page.rows.into_iter().map(|row| {
        let (key, id) = place(&row);
        (Cursor { key, id }, node(row))
    });
    Connection { edges: edges.collect(), has_previous: page.has_previous, has_next: page.has_next, names: PhantomData }
}

/// Names the connection types of a noun: `connection_of!(TeamPage, Team, TeamNames, "TeamConnection", "TeamEdge")`.
#[macro_export]
macro_rules! connection_of {
    ($alias:ident, $node:ty, $names:ident, $connection:literal, $edge:literal) => {
        /// Names of the connection and its edge.
        pub struct $names;

        impl async_graphql::connection::ConnectionNameType for $names {
            fn type_name<T: async_graphql::OutputType>() -> String {
                $connection.to_owned()
            }
        }

        impl async_graphql::connection::EdgeNameType for $names {
            fn type_name<T: async_graphql::OutputType>() -> String {
                $edge.to_owned()
            }
        }

        /// A page of the list.
        pub type $alias = $crate::graphql::connection::Connection<$node, $names>;
    };
}
