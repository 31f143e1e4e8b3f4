//! The lines of the audit log around the fields of a root: written here and nowhere else, whatever the noun.
//!
//! Which fields are audited is learnt once, when the schema is made, and stands beside the part that has the field; a field that is not audited is asked
//! as if there were no log. What a request must carry for it is its [`Trail`].

use std::sync::{Mutex, PoisonError};

use async_graphql::{Context, ServerError, ServerResult, Value};
use domain::audit::{self, Act, Objects, Who};
use domain::error::{Code, Error};
use domain::people::permission::{Action, Actor, SIGN_INS};
use futures_util::future::BoxFuture;

use super::error::{ApiError, code_of};
use super::{Caller, ContextExt};

/// How a field of a root is audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    /// Not at all.
    Nothing,
    /// A line before it runs, the outcome after.
    Act,
    /// Line and outcome once it is known whose sign-in it is.
    SignIn,
}

/// How a mutation is audited.
pub(super) fn of_mutation(name: &str) -> Watch {
    let audited = |action: &Action| action.field() == name && action.is_audited();
    if SIGN_INS.contains(&name) {
        Watch::SignIn
    } else if Action::ALL.iter().any(audited) {
        Watch::Act
    } else {
        Watch::Nothing
    }
}

/// How a read is audited: only that of the log itself.
pub(super) fn of_query(name: &str) -> Watch {
    if is_audited_read(name) { Watch::Act } else { Watch::Nothing }
}

/// Whether reading this field of the root of reads is audited.
#[must_use]
pub fn is_audited_read(name: &str) -> bool {
    name == Action::ReadAuditLog.field()
}

/// What a request tells the audit log, put into its data by the server.
#[derive(Debug)]
pub struct Trail {
    request_id: String,
    /// Who was signed in by the field that runs.
    signed_in: Mutex<Option<Who>>,
}

impl Trail {
    /// The trail of a request.
    #[must_use]
    pub fn new(request_id: &str) -> Self {
        Self { request_id: request_id.to_owned(), signed_in: Mutex::default() }
    }

    /// The id of the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Says who was signed in, or that nobody was yet.
    fn set(&self, who: Option<Who>) -> Option<Who> {
        std::mem::replace(&mut *self.signed_in.lock().unwrap_or_else(PoisonError::into_inner), who)
    }
}

/// The id of the request that runs; empty where there is no door.
pub(super) fn request_id<'a>(ctx: &Context<'a>) -> &'a str {
    trail(ctx).map_or("", Trail::request_id)
}

/// Says that a field has signed somebody in.
pub(super) fn signed_in(ctx: &Context<'_>, actor: &Actor) {
    if let Some(trail) = trail(ctx) {
        trail.set(Some(who(actor)));
    }
}

/// Asks a field, with its lines around it.
pub(super) async fn watch(ctx: &Context<'_>, how: Watch, field: BoxFuture<'_, ServerResult<Option<Value>>>) -> ServerResult<Option<Value>> {
    match how {
        Watch::Nothing => field.await,
        Watch::Act => act(ctx, field).await,
        Watch::SignIn => sign_in(ctx, field).await,
    }
}

async fn act(ctx: &Context<'_>, field: BoxFuture<'_, ServerResult<Option<Value>>>) -> ServerResult<Option<Value>> {
    // Without a token nobody acts: the field itself refuses, and there is nobody to write of.
    let Some(Caller(Ok(actor))) = ctx.data_opt::<Caller>() else { return field.await };
    let db = &ctx.app().db;
    let (objects, reason) = told(ctx);
    let name = ctx.item.node.name.node.as_str();
    let reason = reason.filter(|_| Action::ALL.iter().any(|action| action.field() == name && action.is_about_rules()));
    let act = Act { who: Some(who(actor)), operation: name, objects, reason: reason.as_deref(), request_id: request_id(ctx), begun_at: db.now() };
    let begun = audit::begin(db, act).await.map_err(|error| refusal(ctx, error))?;
    let answer = field.await;
    if let Err(error) = audit::end(db, begun, result(&answer)).await {
        // What was done is done, and its line stands; it lacks the outcome.
        tracing::error!(code = error.code.text(), source = ?error.source, "an outcome is missing in the audit log");
    }
    answer
}

async fn sign_in(ctx: &Context<'_>, field: BoxFuture<'_, ServerResult<Option<Value>>>) -> ServerResult<Option<Value>> {
    let db = &ctx.app().db;
    let begun_at = db.now();
    trail(ctx).map(|trail| trail.set(None));
    let answer = field.await;
    let result = result(&answer);
    if result == Code::RateLimited.text() {
        // Turned away at the door: nothing was tried, and a flood does not fill the log.
        return answer;
    }
    // Of a refused one nothing is kept that tells whose it was to be, or whether there is such a person.
    let who = trail(ctx).and_then(|trail| trail.set(None)).filter(|_| result == audit::OK);
    let operation = ctx.item.node.name.node.as_str();
    let act = Act { who, operation, objects: Objects::default(), reason: None, request_id: request_id(ctx), begun_at };
    let written = async {
        let tx = db.begin().await?;
        audit::record(&tx.connection, act, result, tx.now).await?;
        tx.commit().await
    };
    match written.await {
        Ok(()) => answer,
        // Its tokens are in this answer and nowhere else, so without a line nobody is signed in.
        Err(error) => answer.and_then(|_| Err(refusal(ctx, error))),
    }
}

fn trail<'a>(ctx: &Context<'a>) -> Option<&'a Trail> {
    ctx.data_opt::<Trail>()
}

fn who(actor: &Actor) -> Who {
    Who {
        community_id: actor.community_id,
        account_id: actor.account_id,
        helper_id: actor.acts_for.map(|acts| acts.helper_id),
        login_session_id: actor.login_session_id,
    }
}

/// How a field ended. A failure further down is one of reading what was done.
fn result(answer: &ServerResult<Option<Value>>) -> &'static str {
    match answer {
        Err(error) if error.path.len() <= 1 => code_of(error).unwrap_or(Code::BadInput).text(),
        Ok(_) | Err(_) => audit::OK,
    }
}

fn refusal(ctx: &Context<'_>, error: Error) -> ServerError {
    ctx.set_error_path(async_graphql::Error::from(ApiError(error)).into_server_error(ctx.item.pos))
}

/// The ids in the arguments of a field, and the reason that stands in its input.
fn told(ctx: &Context<'_>) -> (Objects, Option<String>) {
    let (mut objects, mut reason) = (Objects::default(), None);
    for (name, value) in ctx.field().arguments().unwrap_or_default() {
        collect(&name, &value, &mut objects);
        if let Value::Object(fields) = &value
            && let Some(Value::String(text)) = fields.get("reason")
        {
            reason = Some(text.clone());
        }
    }
    (objects, reason)
}

fn collect(name: &str, value: &Value, objects: &mut Objects) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| collect(name, value, objects)),
        Value::List(values) => values.iter().for_each(|value| collect(name, value, objects)),
        Value::String(text) if holds_ids(name) => objects.push(text),
        _ => {}
    }
}

/// Whether a field of an input holds ids, by its name.
fn holds_ids(name: &str) -> bool {
    matches!(name, "id" | "ids") || name.ends_with("Id") || name.ends_with("Ids")
}

#[cfg(test)]
mod tests {
    use super::{Watch, holds_ids, of_mutation, of_query};

    #[test]
    fn offices_and_sign_ins_are_watched_and_everyday_acts_are_not() {
        for name in ["grantRole", "revokeRecord", "changePassword", "cancelRedemption", "updateMyProfile", "lengthenAuditRetention"] {
            assert_eq!(of_mutation(name), Watch::Act, "{name}");
        }
        for name in ["logIn", "register", "setPassword", "logInWithCode", "logInWithWechat"] {
            assert_eq!(of_mutation(name), Watch::SignIn, "{name}");
        }
        for name in ["signUp", "checkIn", "redeemReward", "markNotificationsRead", "refreshTokens", "requestPhoneCode", "declarePartyMembership"] {
            assert_eq!(of_mutation(name), Watch::Nothing, "{name}");
        }
        assert_eq!((of_query("auditLog"), of_query("volunteers")), (Watch::Act, Watch::Nothing));
    }

    #[test]
    fn fields_of_ids_are_known_by_their_names() {
        assert!(["id", "ids", "volunteerId", "unitIds"].into_iter().all(holds_ids));
        assert!(["phone", "name", "reason", "idempotencyKey", "paid"].into_iter().all(|name| !holds_ids(name)));
    }
}
