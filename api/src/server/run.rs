//! From the parameters of a request to what the schema answers: the same for every way a request comes in.
//!
//! A request passes in this order: document (limits, parsing, judging; see [`documents`](super::documents)), operation, variables, token, cost and
//! budget, execution. The first thing that is wrong is answered, and nothing after it happens.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection};
use async_graphql::{Positioned, Request, Response};
use domain::error::{Code, Error};
use domain::people::acting;
use domain::people::permission::{Actor, ActsFor};
use domain::rate::Standing;
use futures_util::{FutureExt, Stream};

use super::answer::Fault;
use super::documents::{Document, Operation};
use super::params::Params;
use super::{Door, budget, cost, variables};
use crate::graphql::audited::Trail;
use crate::graphql::{AccessToken, Caller, Client, SentFile, loader};

/// Time in which a request must be done.
const RUN_TIME: Duration = Duration::from_secs(30);
/// What one request may cost.
pub const COST_MAX: u64 = 10_000;

/// A request that is sound and paid for.
pub struct Prepared {
    /// What it cost, and how the budget stands after it.
    pub standing: Standing,
    /// Whether it asks for the schema itself.
    introspects: bool,
    /// Whether it may write lines of the audit log, which name the request.
    leaves_trail: bool,
    request: Request,
    /// What is to be done for somebody else, to be written down before it is.
    for_another: Option<(Arc<Actor>, ActsFor, String)>,
}

/// Who sends a request.
#[derive(Clone)]
pub struct Sender {
    /// Who asks, when the request says so.
    pub caller: Option<Caller>,
    /// Where it comes from.
    pub client: Client,
}

/// An operation that was found in its document, before anything is known of its sender.
pub struct Chosen {
    document: Arc<Document>,
    params: Params,
    /// What its answers are counted and logged by.
    pub operation: Operation,
    /// Whether it reads, writes or listens.
    pub kind: OperationType,
    cost: u64,
    /// What came with it.
    file: Option<SentFile>,
}

impl Chosen {
    /// The same with a file.
    #[must_use]
    pub fn carrying(self, file: SentFile) -> Self {
        Self { file: Some(file), ..self }
    }

    /// The names of what stands at its root, fragments with three dots before them.
    pub fn fields(&self) -> Vec<String> {
        let Ok((_, operation)) = operation(&self.document.parsed, self.params.operation_name.as_deref()) else { return Vec::new() };
        let name = |item: &Positioned<Selection>| match &item.node {
            Selection::Field(field) => field.node.name.node.to_string(),
            Selection::FragmentSpread(spread) => format!("...{}", spread.node.fragment_name.node),
            Selection::InlineFragment(_) => "...".to_owned(),
        };
        operation.selection_set.node.items.iter().map(name).collect()
    }
}

/// Finds the document and operation of a request and checks its variables.
///
/// # Errors
/// What is wrong with them; `QUERY_TOO_COMPLEX` when the operation costs more than [`COST_MAX`].
pub async fn choose(door: &Door, mut params: Params) -> Result<Chosen, Fault> {
    let document = door.documents.find(&params, door.app.link.as_deref()).await?;
    if document.introspects && !door.settings.development {
        return Err(Fault::document(Code::BadQuery.into()).because("introspection is switched off"));
    }
    let (name, operation) = operation(&document.parsed, params.operation_name.as_deref())?;
    let given = params.variables.take().unwrap_or_default();
    variables::check(&door.shape, operation, &given)?;
    if operation.ty == OperationType::Subscription {
        check_one_field(operation)?;
    }
    let cost = cost::of(&door.shape, &document.parsed, operation, &given);
    if cost > COST_MAX {
        let error = Error::from(Code::QueryTooComplex).with("limit", "cost").with("max", COST_MAX).with("cost", cost);
        return Err(Fault::document(error));
    }
    let (operation, kind) = (Operation::of(&document, name), operation.ty);
    params.variables = Some(given);
    Ok(Chosen { document, params, operation, kind, cost, file: None })
}

/// Takes what the operation costs out of its sender's budget.
///
/// # Errors
/// 429 `RATE_LIMITED`.
pub fn pay(door: &Door, chosen: Chosen, sender: Sender) -> Result<Prepared, Fault> {
    let for_another = for_another(&chosen, sender.caller.as_ref());
    let Chosen { document, params, cost, kind, file, .. } = chosen;
    let standing = door.app.rates.spend(budget::payer(sender.caller.as_ref(), sender.client), door.settings.budget, cost).map_err(budget::refusal)?;
    let mut request = Request::new(String::new()).variables(params.variables.unwrap_or_default());
    if let Some(name) = params.operation_name {
        request = request.operation_name(name);
    }
    request.set_parsed_query(document.parsed.clone());
    if let Some(caller) = sender.caller {
        request = request.data(caller);
    }
    if let Some(file) = file {
        request = request.data(file);
    }
    let request = loader::attach(request.data(sender.client).data(standing));
    let leaves_trail = kind == OperationType::Mutation || document.reads_audit_log;
    Ok(Prepared { standing, introspects: document.introspects, leaves_trail, request, for_another })
}

/// Runs a query or mutation.
///
/// # Errors
/// 503 `UNAVAILABLE` when it takes too long, 500 `INTERNAL` when it panics.
pub async fn execute(door: &Door, prepared: Prepared, request_id: &str) -> Result<Response, Fault> {
    let standing = prepared.standing;
    if let Some((actor, acts, operation)) = &prepared.for_another {
        acting::note(&door.app.db, actor, *acts, operation, request_id).await.map_err(Fault::document)?;
    }
    let request = if prepared.leaves_trail { prepared.request.data(Trail::new(request_id)) } else { prepared.request };
    // Boxed, since what wraps it would move some kilobytes each.
    let running = match door.described.as_ref().filter(|_| prepared.introspects) {
        Some(described) => described.execute(request).boxed(),
        None => door.schema.execute(request).boxed(),
    };
    let running = AssertUnwindSafe(running).catch_unwind();
    match tokio::time::timeout(RUN_TIME, running).await {
        Ok(Ok(response)) => Ok(response.extension("cost", budget::extension(&standing))),
        Ok(Err(_)) => {
            tracing::error!("a request panicked");
            Err(Fault::status(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal.into()))
        }
        Err(_) => Err(Fault::status(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable.into())),
    }
}

/// The mutations of an operation that somebody sends who acts for somebody else.
fn for_another(chosen: &Chosen, caller: Option<&Caller>) -> Option<(Arc<Actor>, ActsFor, String)> {
    let Some(Caller(Ok(actor))) = caller else { return None };
    let acts = actor.acts_for.filter(|_| chosen.kind == OperationType::Mutation)?;
    Some((Arc::clone(actor), acts, chosen.fields().join(" ").chars().take(200).collect()))
}

/// Runs a subscription.
pub fn stream(door: &Door, prepared: Prepared) -> impl Stream<Item = Response> + Send + use<> {
    door.schema.execute_stream(prepared.request)
}

impl Prepared {
    /// Adds the token of the sender, for a subscription to ask again whether it still holds.
    #[must_use]
    pub fn holding(mut self, token: Option<&str>) -> Self {
        if let Some(token) = token {
            self.request = self.request.data(AccessToken(token.to_owned()));
        }
        self
    }
}

/// A subscription has exactly one field at its root (GraphQL §5.2.3.1), written there and not in a fragment: the library would run several at once,
/// and nothing for a fragment.
fn check_one_field(operation: &OperationDefinition) -> Result<(), Fault> {
    match operation.selection_set.node.items.as_slice() {
        [only] if matches!(&only.node, Selection::Field(field) if !field.node.name.node.starts_with("__")) => Ok(()),
        items => {
            let fault =
                Fault::document(Code::BadQuery.into()).because("a subscription must have exactly one field at its root, outside of fragments");
            Err(fault.at(items.iter().map(|item| item.pos)))
        }
    }
}

/// Who asks, when the headers say so. A bad token is told only where an actor is needed, so that signing in works beside it.
pub async fn caller(door: &Door, headers: &HeaderMap) -> Option<Caller> {
    let value = headers.get(actix_web::http::header::AUTHORIZATION)?.to_str().ok();
    Some(caller_of(door, value.unwrap_or_default()).await)
}

/// Who stands behind `Bearer …`.
pub async fn caller_of(door: &Door, authorization: &str) -> Caller {
    match token_in(authorization) {
        Some(token) => Caller(door.app.sessions.actor(&door.app.db, token).await),
        None => Caller(Err(Code::TokenInvalid)),
    }
}

/// The token in `Bearer …`.
pub fn token_in(authorization: &str) -> Option<&str> {
    authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim())
}

/// The operation that will run, with its name.
fn operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Result<(Option<&'a str>, &'a OperationDefinition), Fault> {
    let mut operations = document.operations.iter();
    let (found, missing) = match name {
        Some(name) => (operations.find(|(own, _)| own.is_some_and(|own| own == name)), format!("Unknown operation named \"{name}\"")),
        None => (operations.next().filter(|_| operations.next().is_none()), "Operation name required in request".to_owned()),
    };
    let (name, operation) = found.ok_or_else(|| Fault::document(Code::BadQuery.into()).because(missing))?;
    Ok((name.map(async_graphql::Name::as_str), &operation.node))
}
