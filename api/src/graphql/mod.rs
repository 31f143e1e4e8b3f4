//! The GraphQL face: the only place that knows async-graphql.
//!
//! One file per noun, in the areas' folders. A resolver reads the actor, opens a transaction, calls one verb, commits, and turns the row into an
//! object; it holds no rule. Words: *node* is anything with a prefixed id, *connection* a paged list.

use std::sync::Arc;

use async_graphql::{Context, MergedObject, MergedSubscription, Schema, SchemaBuilder};

use crate::app::App;
use crate::error::Code;
use crate::people::permission::Actor;

pub mod community;
pub mod connection;
pub mod error;
pub mod id;
pub mod insight;
pub mod loader;
pub mod node;
pub mod people;
pub mod points;
pub mod service;

use error::ApiResult;

/// Root of every read.
#[derive(MergedObject, Default)]
pub struct Query(node::NodeQuery, community::CommunityQuery, people::PeopleQuery, service::ServiceQuery, points::PointsQuery, insight::InsightQuery);

/// Root of every write. Mutations of one request run one after another.
#[derive(MergedObject, Default)]
pub struct Mutation(community::CommunityMutation, people::PeopleMutation, service::ServiceMutation, points::PointsMutation, insight::InsightMutation);

/// Root of everything that is told live.
#[derive(MergedSubscription, Default)]
pub struct Subscription(insight::InsightSubscription);

/// The schema of the program.
pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// The schema, before data is given to it.
#[must_use]
pub fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default()).disable_suggestions().limit_depth(16).limit_complexity(5_000)
}

/// The schema as sorted SDL.
#[must_use]
pub fn sdl() -> String {
    use async_graphql::SDLExportOptions;
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items().use_space_ident().indent_width(2);
    builder().finish().sdl_with_options(options)
}

/// What a resolver asks its context.
pub trait ContextExt {
    /// The running program.
    fn app(&self) -> &App;

    /// Who is asking.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a token; the code of the token's fault with a bad one.
    fn actor(&self) -> ApiResult<&Arc<Actor>>;
}

/// The token of a request, put into its data by the server beside [`Caller`], so that a subscription can ask again whether it still holds.
pub struct AccessToken(pub String);

/// The outcome of reading a request's token, put into its data by the server.
pub struct Caller(pub Result<Arc<Actor>, Code>);

impl ContextExt for Context<'_> {
    fn app(&self) -> &App {
        self.data_unchecked::<App>()
    }

    fn actor(&self) -> ApiResult<&Arc<Actor>> {
        match self.data_opt::<Caller>() {
            Some(Caller(Ok(actor))) => Ok(actor),
            Some(Caller(Err(code))) => Err((*code).into()),
            None => Err(Code::Unauthenticated.into()),
        }
    }
}
