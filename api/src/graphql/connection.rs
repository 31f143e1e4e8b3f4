//! Relay connections over [`crate::page`].
//!
//! A list field takes `first`, `after`, `last`, `before`, turns them into a checked page with [`args`], asks the area for the rows and hands them to
//! [`of`]. Each noun names its connection and edge types by implementing [`Listed`].

use async_graphql::connection::{Connection, ConnectionNameType, CursorType, Edge, EdgeNameType, EmptyFields};
use async_graphql::{ObjectType, OutputType};

use crate::error::{Error, Result};
use crate::page::{Cursor, Page, PageArgs, Rows};

/// A cursor as the library wants it.
pub struct OpaqueCursor(Cursor);

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
pub fn of<M, N, C, E>(
    page: Rows<M>,
    place: impl Fn(&M) -> (i64, String),
    node: impl Fn(M) -> N,
) -> Connection<OpaqueCursor, N, EmptyFields, EmptyFields, C, E>
where
    N: OutputType + ObjectType,
    C: ConnectionNameType,
    E: EdgeNameType,
{
    let mut connection = Connection::new(page.has_previous, page.has_next);
    connection.edges.extend(page.rows.into_iter().map(|row| {
        let (key, id) = place(&row);
        Edge::new(OpaqueCursor(Cursor { key, id }), node(row))
    }));
    connection
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
        pub type $alias = async_graphql::connection::Connection<
            $crate::graphql::connection::OpaqueCursor,
            $node,
            async_graphql::connection::EmptyFields,
            async_graphql::connection::EmptyFields,
            $names,
            $names,
        >;
    };
}
