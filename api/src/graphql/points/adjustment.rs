//! Adjustments for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::idempotency;
use domain::points::adjustment;
use entity::adjustment as rows;
use entity::id::{AdjustmentId, VolunteerId};

use crate::connection_of;
use crate::graphql::ContextExt;
use crate::graphql::connection::{args, of};
use crate::graphql::error::{ApiResult, found};
use crate::graphql::id::parse;

/// How far an adjustment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::adjustment::AdjustmentState")]
pub enum AdjustmentState {
    /// Waits for a second person.
    Proposed,
    /// In the ledger.
    Posted,
    /// Refused, or taken back by its proposer.
    Rejected,
    /// Nobody decided within 14 days.
    Lapsed,
}

/// A correction of points by hand (积分调整), proposed by one person and posted by another.
#[derive(Description)]
pub struct Adjustment(pub rows::Model);

#[Object(use_type_description)]
impl Adjustment {
    /// Id.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Whose points.
    async fn volunteer_id(&self) -> ID {
        self.0.volunteer_id.into()
    }

    /// Points to add (positive) or take (negative).
    async fn delta(&self) -> i64 {
        self.0.delta
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// How far it is.
    async fn state(&self) -> AdjustmentState {
        self.0.state.into()
    }

    /// Account that proposed it.
    async fn proposer_id(&self) -> ID {
        self.0.proposer_id.into()
    }

    /// Account that decided.
    async fn decider_id(&self) -> Option<ID> {
        self.0.decider_id.map(Into::into)
    }

    /// Why so decided.
    async fn decision_reason(&self) -> Option<&str> {
        self.0.decision_reason.as_deref()
    }

    /// The posting, once posted.
    async fn operation_id(&self) -> Option<ID> {
        self.0.operation_id.map(Into::into)
    }

    /// When it was proposed.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// It can be decided before this moment.
    async fn lapses_at(&self) -> DateTime<Utc> {
        self.0.lapses_at.date_time()
    }
}

connection_of!(AdjustmentPage, Adjustment, AdjustmentNames, "AdjustmentConnection", "AdjustmentEdge");

/// A correction to propose.
#[derive(InputObject)]
pub struct ProposeAdjustmentInput {
    /// Whose points.
    volunteer_id: ID,
    /// Points to add (positive) or take (negative), at most 100000 either way.
    delta: i64,
    /// Why, 1 to 500 characters; the member reads it in the passbook.
    reason: String,
    /// Names this intention; sending it again gives the same proposal.
    idempotency_key: String,
}

/// A decision on a proposed correction.
#[derive(InputObject)]
pub struct DecideAdjustmentInput {
    /// The proposal.
    id: ID,
    /// Post it (true, not by its proposer) or reject it (false).
    approve: bool,
    /// Why; required to reject.
    reason: Option<String>,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

#[derive(Default)]
pub struct AdjustmentQuery;

#[Object]
impl AdjustmentQuery {
    /// Corrections of my community, newest first (administrators and grid workers).
    async fn adjustments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this state.")] state: Option<AdjustmentState>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<AdjustmentPage> {
        let page = args(first, after, last, before)?;
        let rows = adjustment::list(ctx.app().db.reader(), ctx.actor()?, state.map(Into::into), &page).await?;
        Ok(of(rows, |row| (0, row.id.to_string()), Adjustment))
    }
}

#[derive(Default)]
pub struct AdjustmentMutation;

#[Object]
impl AdjustmentMutation {
    /// Proposes a correction of a member's points; another person must post it.
    async fn propose_adjustment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A correction to propose.")] input: ProposeAdjustmentInput,
    ) -> ApiResult<Adjustment> {
        let actor = ctx.actor()?;
        let volunteer_id: VolunteerId = parse(&input.volunteer_id, "volunteerId")?;
        let tx = ctx.app().db.begin().await?;
        let request = (volunteer_id, input.delta, &input.reason);
        let proposed = adjustment::propose(&tx, actor, volunteer_id, input.delta, &input.reason);
        let id = idempotency::once(&tx, actor.account_id, "proposeAdjustment", &input.idempotency_key, &request, proposed).await?;
        let row = adjustment::get(&tx.connection, actor, id).await?;
        tx.commit().await?;
        Ok(Adjustment(row))
    }

    /// Posts or rejects a proposed correction (administrators).
    async fn decide_adjustment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A decision on a proposed correction.")] input: DecideAdjustmentInput,
    ) -> ApiResult<Adjustment> {
        let actor = ctx.actor()?;
        let id: AdjustmentId = parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let decided = adjustment::decide(&tx, actor, id, input.approve, input.reason.as_deref());
        let request = (id, input.approve, &input.reason);
        let id = idempotency::once(&tx, actor.account_id, "decideAdjustment", &input.idempotency_key, &request, decided).await?;
        let row = adjustment::get(&tx.connection, actor, id).await?;
        tx.commit().await?;
        ctx.app().wake.notify_one();
        Ok(Adjustment(row))
    }
}

/// The correction behind an id, when it exists for the actor.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Adjustment>> {
    let row = adjustment::get(ctx.app().db.reader(), ctx.actor()?, parse(id, "id")?).await;
    Ok(found(row)?.map(Adjustment))
}
