//! Acting for somebody else, for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::people::acting;
use domain::people::session::Device;
use domain::rate::{Person, Verb};
use entity::{acting_relation, acting_step};

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::people::account::{self, ClientKind, SignIn};
use crate::graphql::{ContextExt, connection, id};

/// For whom somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::acting_relation::ActingKind")]
pub enum ActingKind {
    /// 老人: an elder.
    Elder,
    /// 孩子: a child.
    Child,
    /// 其他: somebody else.
    Other,
}

/// How a consent was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::acting_relation::ActingConsent")]
pub enum ActingConsent {
    /// By the person's own invitation.
    Own,
    /// Before staff, who wrote down how.
    Witnessed,
}

/// Somebody who acts for somebody else (代办关系).
#[derive(Description)]
pub struct ActingRelation(acting_relation::Model);

#[Object(use_type_description)]
impl ActingRelation {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The account acted for.
    async fn principal_id(&self) -> ID {
        self.0.principal_id.into()
    }

    /// The account that acts.
    async fn helper_id(&self) -> ID {
        self.0.helper_id.into()
    }

    /// For whom.
    async fn kind(&self) -> ActingKind {
        self.0.kind.into()
    }

    /// How the consent was given.
    async fn consent(&self) -> ActingConsent {
        self.0.consent.into()
    }

    /// What shows the consent; empty for the person's own.
    async fn consent_note(&self) -> &str {
        &self.0.consent_note
    }

    /// The account that wrote it down.
    async fn recorded_by(&self) -> ID {
        self.0.recorded_by.into()
    }

    /// Since when.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// Until when; none while it stands.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at.map(entity::time::UtcMicros::date_time)
    }
}

/// Something done for somebody else (代办记录).
#[derive(Description)]
pub struct ActingStep(acting_step::Model);

#[Object(use_type_description)]
impl ActingStep {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The account it was done for.
    async fn principal_id(&self) -> ID {
        self.0.principal_id.into()
    }

    /// The account that did it.
    async fn helper_id(&self) -> ID {
        self.0.helper_id.into()
    }

    /// The mutations, as the schema names them.
    async fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The request, as in its answer's `requestId`.
    async fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// When.
    async fn happened_at(&self) -> DateTime<Utc> {
        self.0.happened_at.date_time()
    }
}

connection_of!(ActingStepPage, ActingStep, ActingStepNames, "ActingStepConnection", "ActingStepEdge");

/// An invitation to act for me.
#[derive(SimpleObject)]
pub struct HelperInvitation {
    /// What the helper types in; shown once.
    code: String,
    /// Until when it holds.
    expires_at: DateTime<Utc>,
}

/// An invitation to make.
#[derive(InputObject)]
pub struct InviteHelperInput {
    /// What I am to the helper.
    kind: ActingKind,
}

/// An invitation to accept.
#[derive(InputObject)]
pub struct AcceptHelpingInput {
    /// The code of the invitation.
    #[graphql(secret)]
    code: String,
}

/// Two volunteers, one of whom acts for the other.
#[derive(InputObject)]
pub struct RecordHelpingInput {
    /// The volunteer acted for.
    principal_id: ID,
    /// The volunteer who acts.
    helper_id: ID,
    /// For whom.
    kind: ActingKind,
    /// What shows the consent of the person acted for, 1 to 200 characters.
    consent_note: String,
}

/// A relation to end.
#[derive(InputObject)]
pub struct EndHelpingInput {
    /// The relation.
    id: ID,
}

/// Somebody to act for.
#[derive(InputObject)]
pub struct ActForInput {
    /// The relation in which I am the helper.
    relation_id: ID,
    /// What the client calls itself, 1 to 80 characters.
    device: String,
    /// What kind of client it is.
    #[graphql(default_with = "ClientKind::MiniProgram")]
    client: ClientKind,
}

#[derive(Default)]
pub struct ActingQuery;

#[Object]
impl ActingQuery {
    /// For whom I act and who acts for me, newest first, ended ones among them.
    async fn my_acting_relations(&self, ctx: &Context<'_>) -> ApiResult<Vec<ActingRelation>> {
        let actor = ctx.actor()?;
        Ok(acting::list_own(ctx.app().db.reader(), actor).await?.into_iter().map(ActingRelation).collect())
    }

    /// What was done for me by others, and by me for others, newest first.
    async fn my_acting_steps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ActingStepPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let rows = acting::steps(ctx.app().db.reader(), actor, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), ActingStep))
    }
}

#[derive(Default)]
pub struct ActingMutation;

#[Object]
impl ActingMutation {
    /// Invites whoever types the code in to act for me; the code holds for a day.
    async fn invite_helper(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An invitation to make.")] input: InviteHelperInput,
    ) -> ApiResult<HelperInvitation> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let (code, until) = acting::invite(&tx, &ctx.app().keys, actor, input.kind.into()).await?;
        tx.commit().await?;
        Ok(HelperInvitation { code, expires_at: until.date_time() })
    }

    /// Begins to act for whoever made an invitation.
    async fn accept_helping(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An invitation to accept.")] input: AcceptHelpingInput,
    ) -> ApiResult<ActingRelation> {
        let actor = ctx.actor()?;
        ctx.count(Verb::LogIn, Some(Person::Account(actor.account_id))).await?;
        let tx = ctx.app().db.begin().await?;
        let row = acting::accept(&tx, &ctx.app().keys, actor, &input.code).await?;
        tx.commit().await?;
        Ok(ActingRelation(row))
    }

    /// Writes down that one volunteer acts for another, who has consented before me (grid workers, administrators).
    async fn record_helping(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Two volunteers, one of whom acts for the other.")] input: RecordHelpingInput,
    ) -> ApiResult<ActingRelation> {
        let actor = ctx.actor()?;
        let (principal, helper) = (id::parse(&input.principal_id, "principalId")?, id::parse(&input.helper_id, "helperId")?);
        let tx = ctx.app().db.begin().await?;
        let row = acting::record(&tx, actor, principal, helper, input.kind.into(), &input.consent_note).await?;
        tx.commit().await?;
        Ok(ActingRelation(row))
    }

    /// Ends a relation and the sign-ins made by it; again changes nothing (either of the two; grid workers, administrators).
    async fn end_helping(&self, ctx: &Context<'_>, #[graphql(desc = "A relation to end.")] input: EndHelpingInput) -> ApiResult<ActingRelation> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = acting::end(&tx, actor, id).await?;
        tx.commit().await?;
        ctx.app().sessions.forget(row.principal_id);
        Ok(ActingRelation(row))
    }

    /// A sign-in in which I act for somebody else: with their rights as resident and volunteer, and every mutation written down with both of us.
    async fn act_for(&self, ctx: &Context<'_>, #[graphql(desc = "Somebody to act for.")] input: ActForInput) -> ApiResult<SignIn> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        let id = id::parse(&input.relation_id, "relationId")?;
        let device = Device { name: input.device, client: input.client.into() };
        account::answer(ctx, acting::act(&app.db, &app.sessions, actor, id, &device).await?).await
    }
}
