//! The GraphQL face: the only place that knows async-graphql.
//!
//! One file per noun, in the areas' folders. A resolver reads the actor, opens a transaction, calls one verb, commits, and turns the row into an
//! object; it holds no rule. Words: *node* is anything with a prefixed id, *connection* a paged list.

use std::net::IpAddr;
use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{Context, MergedSubscription, Request, Schema, SchemaBuilder, ServerError, ValidationMode, ValidationResult, async_trait};
use bytes::Bytes;
use domain::app::App;
use domain::error::{Code, Error};
use domain::people::permission::Actor;
use domain::rate::{Key, Network, Person, Verb};
use tokio::sync::OwnedSemaphorePermit;

pub mod at_hand;
pub mod audited;
pub mod community;
pub mod connection;
mod description;
pub mod door;
pub mod error;
pub mod exchange;
pub mod id;
pub mod insight;
pub mod lean;
pub mod loader;
pub mod node;
pub mod people;
pub mod points;
pub mod recognition;
mod root;
pub mod service;

use error::ApiResult;
use lean::{Interfaces, Keep, Lean, Types};
use root::{Parts, root};

root! {
    "Root of every read." Query, resolve_container, audited::of_query:
    Parts::with::<door::DoorQuery>, Parts::with::<node::NodeQuery>, community::queries, people::queries, service::queries, exchange::queries,
    recognition::queries, points::queries, insight::queries
}

root! {
    "Root of every write. Mutations of one request run one after another." Mutation, resolve_container_serial, audited::of_mutation:
    community::mutations, people::mutations, service::mutations, exchange::mutations, recognition::mutations, points::mutations, insight::mutations
}

/// Root of everything that is told live.
#[derive(MergedSubscription, Default)]
pub struct Subscription(insight::InsightSubscription);

/// The schema of the program, with all that can be said of it.
pub type WholeSchema = Schema<Query, Mutation, Subscription>;

/// The schema that runs documents.
pub type ApiSchema = Schema<Query, Mutation, Lean<Interfaces>>;

/// Levels of a document; the question for the whole schema that tools ask has fifteen.
const DEPTH_MAX: usize = 16;

/// The schema, before data is given to it.
#[must_use]
pub fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    let schema = Schema::build(Query::default(), Mutation::default(), Subscription::default());
    description::describe(schema).disable_suggestions()
}

fn lean<K: Keep>() -> SchemaBuilder<Query, Mutation, Lean<K>> {
    Schema::build(Query::default(), Mutation::default(), Lean::default()).disable_suggestions()
}

/// The schema that runs documents which a [`Judge`] found good, and does not judge them again.
#[must_use]
pub fn runner(app: App) -> ApiSchema {
    lean().validation_mode(ValidationMode::Fast).data(app).finish()
}

/// The schema that answers questions about itself.
#[must_use]
pub fn described(app: App) -> WholeSchema {
    builder().validation_mode(ValidationMode::Fast).data(app).finish()
}

/// Says what is wrong with a document, and runs nothing.
pub struct Judge(Schema<Query, Mutation, Lean<Types>>);

impl Default for Judge {
    fn default() -> Self {
        Self(lean().limit_depth(DEPTH_MAX).extension(NothingRuns).finish())
    }
}

impl Judge {
    /// What is wrong with the document of a request; nothing when it is good, whatever its variables.
    pub async fn judge(&self, request: Request) -> Vec<ServerError> {
        self.0.execute(request).await.errors
    }
}

/// Ends every request after it was judged.
struct NothingRuns;

impl ExtensionFactory for NothingRuns {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for NothingRuns {
    async fn validation(&self, ctx: &ExtensionContext<'_>, next: NextValidation<'_>) -> Result<ValidationResult, Vec<ServerError>> {
        next.run(ctx).await?;
        // No fault, and yet no leave to go on: the answer is then empty.
        Err(Vec::new())
    }
}

/// The schema as sorted SDL.
#[must_use]
pub fn sdl() -> String {
    use async_graphql::SDLExportOptions;
    let options =
        SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items().include_specified_by().use_space_ident().indent_width(2);
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

    /// Counts a dear verb against where it comes from, and against whom it is about where that is known.
    ///
    /// # Errors
    /// `RATE_LIMITED` with the seconds to wait.
    fn count(&self, verb: Verb, about: Option<Person>) -> impl Future<Output = ApiResult<()>> + Send;
}

/// The token of a request, put into its data by the server beside [`Caller`], so that a subscription can ask again whether it still holds.
pub struct AccessToken(pub String);

/// The file of a request, put into its data by the server.
pub struct SentFile {
    /// What was sent.
    pub bytes: Bytes,
    /// The place it takes among the files that the server holds.
    pub place: Arc<OwnedSemaphorePermit>,
}

/// The outcome of reading a request's token, put into its data by the server.
#[derive(Clone)]
pub struct Caller(pub Result<Arc<Actor>, Code>);

/// Where a request comes from, put into its data by the server.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub IpAddr);

impl Client {
    /// The part of the address space that stands for the sender.
    #[must_use]
    pub fn network(self) -> Network {
        self.0.into()
    }
}

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

    async fn count(&self, verb: Verb, about: Option<Person>) -> ApiResult<()> {
        let rates = &self.app().rates;
        if let Some(client) = self.data_opt::<Client>() {
            rates.take(Key::VerbFrom(verb, client.network()), verb.from_one_address()).await.map_err(Error::from)?;
        }
        if let Some(about) = about {
            rates.take(Key::VerbAbout(verb, about), verb.about_one_person()).await.map_err(Error::from)?;
        }
        Ok(())
    }
}
