//! The audit log for clients.

use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::insight::audit::read::{self, Entry, Filter};
use domain::insight::audit::{retention, text};
use entity::audit_link;
use entity::id::has_form;

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, connection, id};

/// A line of the audit log (审计日志): what somebody was about to do, and what became of it.
#[derive(Description)]
pub struct AuditLine(Entry);

#[Object(use_type_description)]
impl AuditLine {
    /// Id.
    async fn id(&self) -> ID {
        self.0.line.id.into()
    }

    /// The account it was done with; null for a sign-in that was refused.
    async fn account_id(&self) -> Option<ID> {
        self.0.line.account_id.map(Into::into)
    }

    /// The account that acted for its owner (代办人); null where nobody did.
    async fn helper_id(&self) -> Option<ID> {
        self.0.line.helper_id.map(Into::into)
    }

    /// The signed-in device; null for a sign-in that was refused.
    async fn login_session_id(&self) -> Option<ID> {
        self.0.line.login_session_id.map(Into::into)
    }

    /// What was done: the field, as the schema names it.
    async fn operation(&self) -> &str {
        &self.0.line.operation
    }

    /// With what: the ids found in its input, 64 at most.
    async fn object_ids(&self) -> Vec<ID> {
        text::objects(&self.0.line).map(Into::into).collect()
    }

    /// How many more ids there were.
    async fn objects_left_out(&self) -> i32 {
        self.0.line.objects_left_out
    }

    /// The reason that was given for a change of the rules, 200 characters of it at most; null for acts about people, whose reasons are in their own rows.
    async fn reason(&self) -> Option<&str> {
        self.0.line.reason.as_deref()
    }

    /// The request, as in its answer's `requestId`.
    async fn request_id(&self) -> &str {
        &self.0.line.request_id
    }

    /// When it was begun.
    async fn begun_at(&self) -> DateTime<Utc> {
        self.0.line.begun_at.date_time()
    }

    /// `OK`, or the code it was refused with; null while it runs, and for good when it was cut off.
    async fn result(&self) -> Option<&str> {
        self.0.outcome.as_ref().map(|outcome| outcome.result.as_str())
    }

    /// When it ended; null as `result` is.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.outcome.as_ref().map(|outcome| outcome.ended_at.date_time())
    }

    /// Where the line stands in the hash chain; null for the first seconds.
    async fn begun_link(&self) -> Option<AuditLink> {
        self.0.begun.as_ref().map(AuditLink::of)
    }

    /// Where its outcome stands in the hash chain; null for the first seconds.
    async fn ended_link(&self) -> Option<AuditLink> {
        self.0.ended.as_ref().map(AuditLink::of)
    }
}

/// A link of the hash chain (哈希链). Who keeps one sees any change of what stands before it.
#[derive(SimpleObject)]
pub struct AuditLink {
    /// Its place in the chain, from 1.
    number: i64,
    /// SHA-256 over the row and the hash before, in hexadecimal.
    hash: String,
}

impl AuditLink {
    fn of(row: &audit_link::Model) -> Self {
        Self { number: row.number, hash: hex::encode(&row.hash) }
    }
}

connection_of!(AuditLinePage, AuditLine, AuditLineNames, "AuditLineConnection", "AuditLineEdge");

/// Which lines of the audit log are wanted: those that fit everything that is given.
#[derive(InputObject, Default)]
pub struct AuditFilter {
    /// Done with this account, or by it for somebody else.
    account_id: Option<ID>,
    /// Of this field of the schema, as `grantRole`.
    operation: Option<String>,
    /// With this object, of whatever kind; readings of this log that searched for it only when `operation` is `auditLog`.
    object_id: Option<ID>,
    /// That ended so: `OK`, or a code of the catalogue.
    result: Option<String>,
    /// Begun at this moment or later.
    from: Option<DateTime<Utc>>,
    /// Begun before this moment.
    to: Option<DateTime<Utc>>,
    /// Instead of a community's lines those of nobody: sign-ins that were refused, in the whole deployment.
    #[graphql(default = false)]
    of_nobody: bool,
}

/// For how long the audit log is to be kept.
#[derive(InputObject)]
pub struct LengthenAuditRetentionInput {
    /// Days, not less than now and 3,660 at most.
    days: i32,
}

#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// What was done in a community by its people and staff, and refused, newest first (auditors). Reading it is a line of its own.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this community; mine when left out.")] community_id: Option<ID>,
        #[graphql(desc = "Only lines that fit.")] filter: Option<AuditFilter>,
        #[graphql(desc = "This many from the front, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<AuditLinePage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let (community_id, filter) = (id::parse_opt(community_id.as_ref(), "communityId")?, wanted(filter.unwrap_or_default())?);
        let rows = read::list(ctx.app().db.reader(), actor, community_id, &filter, &page).await?;
        Ok(connection::of(rows, |entry| (entry.line.begun_at.0, entry.line.id.to_string()), AuditLine))
    }

    /// How many days the lines of my community's audit log are kept.
    async fn audit_retention_days(&self, ctx: &Context<'_>) -> ApiResult<i32> {
        Ok(retention::days(ctx.app().db.reader(), ctx.actor()?.community_id).await?)
    }
}

#[derive(Default)]
pub struct AuditMutation;

#[Object]
impl AuditMutation {
    /// Keeps the lines of my community's audit log for longer, and gives for how many days; it is never shortened (administrators).
    async fn lengthen_audit_retention(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For how long the audit log is to be kept.")] input: LengthenAuditRetentionInput,
    ) -> ApiResult<i32> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let days = retention::lengthen(&tx, actor, input.days).await?;
        tx.commit().await?;
        Ok(days)
    }
}

fn wanted(filter: AuditFilter) -> Result<Filter, Error> {
    let object_id = filter.object_id.map(|id| id.to_string());
    if object_id.as_ref().is_some_and(|id| !has_form(id)) {
        return Err(Error::from(Code::BadId).on("objectId"));
    }
    Ok(Filter {
        account_id: id::parse_opt(filter.account_id.as_ref(), "accountId")?,
        operation: filter.operation,
        object_id,
        result: filter.result,
        from: filter.from.map(Into::into),
        to: filter.to.map(Into::into),
        of_nobody: filter.of_nobody,
    })
}
