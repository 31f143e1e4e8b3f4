//! Joint meetings for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use domain::community::joint_meeting::{self, NewDecision, NewMeeting, Protocol, decision};
use entity::id::{JointDecisionId, JointMeetingId};
use entity::time::{BusinessDate, UtcMicros};
use entity::{joint_decision, joint_meeting as rows};

use crate::connection_of;
use crate::graphql::community::co_building::{AgendaOf, CalledTo, DecisionsOf};
use crate::graphql::community::loader;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::{ContextExt, connection, id};

/// How far a joint meeting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::joint_meeting::JointMeetingState")]
pub enum JointMeetingState {
    /// Units have been called.
    Called,
    /// It was held, and is recorded.
    Held,
    /// It was called off.
    Cancelled,
}

/// A unit that was called to a joint meeting.
#[derive(SimpleObject)]
pub struct JointMeetingUnit {
    /// The unit.
    unit: Option<Unit>,
    /// Whether it came.
    attended: bool,
}

/// A joint meeting of the alliance (党建联席会).
#[derive(Description)]
pub struct JointMeeting(pub rows::Model);

#[Object(use_type_description)]
impl JointMeeting {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Where.
    async fn place(&self) -> &str {
        &self.0.place
    }

    /// When it begins.
    async fn starts_at(&self) -> DateTime<Utc> {
        self.0.starts_at.date_time()
    }

    /// How far it is.
    async fn state(&self) -> JointMeetingState {
        self.0.state.into()
    }

    /// What was said; of one that was called off, why.
    async fn summary(&self) -> Option<&str> {
        self.0.summary.as_deref()
    }

    /// When it was recorded or called off.
    async fn settled_at(&self) -> Option<DateTime<Utc>> {
        self.0.settled_at.map(UtcMicros::date_time)
    }

    /// What is to be talked about (议题), in order.
    async fn agenda(&self, ctx: &Context<'_>) -> ApiResult<Vec<String>> {
        Ok(loader::of(ctx).load_one(AgendaOf(self.0.id)).await?.unwrap_or_default())
    }

    /// The units that were called, and whether they came.
    async fn units(&self, ctx: &Context<'_>) -> ApiResult<Vec<JointMeetingUnit>> {
        let called = loader::of(ctx).load_one(CalledTo(self.0.id)).await?.unwrap_or_default();
        let mut units = loader::of(ctx).load_many(called.iter().map(|row| row.unit_id)).await?;
        Ok(called.into_iter().map(|row| JointMeetingUnit { unit: units.remove(&row.unit_id).map(Unit), attended: row.attended }).collect())
    }

    /// What was decided (议定事项).
    async fn decisions(&self, ctx: &Context<'_>) -> ApiResult<Vec<JointDecision>> {
        let rows = loader::of(ctx).load_one(DecisionsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(JointDecision).collect())
    }
}

connection_of!(JointMeetingPage, JointMeeting, JointMeetingNames, "JointMeetingConnection", "JointMeetingEdge");

/// A decision of a joint meeting (议定事项), and what became of it.
#[derive(Description)]
pub struct JointDecision(pub joint_decision::Model);

#[Object(use_type_description)]
impl JointDecision {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What was decided.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The unit that sees to it; none for the community.
    async fn unit(&self, ctx: &Context<'_>) -> Option<ApiResult<Unit>> {
        nullable(loader::of(ctx).load_one(self.0.unit_id?).await.map(|row| row.map(Unit)))
    }

    /// Last day.
    async fn due_on(&self) -> NaiveDate {
        self.0.due_on.naive()
    }

    /// Whether that day is over and it is not done.
    async fn overdue(&self, ctx: &Context<'_>) -> bool {
        self.0.done_at.is_none() && ctx.app().db.now().business_date() > self.0.due_on
    }

    /// How far it is.
    async fn follow_up(&self) -> Option<&str> {
        self.0.follow_up.as_deref()
    }

    /// When that was written.
    async fn followed_up_at(&self) -> Option<DateTime<Utc>> {
        self.0.followed_up_at.map(UtcMicros::date_time)
    }

    /// When it was done.
    async fn done_at(&self) -> Option<DateTime<Utc>> {
        self.0.done_at.map(UtcMicros::date_time)
    }
}

connection_of!(JointDecisionPage, JointDecision, JointDecisionNames, "JointDecisionConnection", "JointDecisionEdge");

/// A joint meeting to call.
#[derive(InputObject)]
pub struct CallJointMeetingInput {
    /// Title, 1 to 60 characters.
    title: String,
    /// Where, 1 to 60 characters.
    place: String,
    /// When, in the future.
    starts_at: DateTime<Utc>,
    /// What is to be talked about: 1 to 20 items of 1 to 100 characters.
    agenda: Vec<String>,
    /// The units to call; those that sit in the alliance on the day when left out.
    #[graphql(default)]
    unit_ids: Vec<ID>,
    /// Names this intention; sending it again gives the same meeting.
    idempotency_key: String,
}

/// A decision to write down.
#[derive(InputObject)]
pub struct JointDecisionInput {
    /// What was decided, 1 to 200 characters.
    title: String,
    /// The unit that sees to it, which was called; the community when left out.
    unit_id: Option<ID>,
    /// Last day: today or later.
    due_on: NaiveDate,
}

/// How a joint meeting went.
#[derive(InputObject)]
pub struct RecordJointMeetingInput {
    /// The meeting; it has begun.
    id: ID,
    /// What was said, 1 to 5000 characters.
    summary: String,
    /// The units that came, of those that were called.
    #[graphql(default)]
    attended_unit_ids: Vec<ID>,
    /// What was decided, up to 20.
    #[graphql(default)]
    decisions: Vec<JointDecisionInput>,
}

/// A joint meeting to call off.
#[derive(InputObject)]
pub struct CancelJointMeetingInput {
    /// The meeting.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// How far a decision is.
#[derive(InputObject)]
pub struct FollowUpDecisionInput {
    /// The decision; it is not done.
    id: ID,
    /// How far it is, 1 to 500 characters.
    text: String,
    /// Whether it is done.
    #[graphql(default)]
    done: bool,
}

#[derive(Default)]
pub struct JointMeetingQuery;

#[Object]
impl JointMeetingQuery {
    /// Joint meetings of my community, newest first.
    async fn joint_meetings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this state.")] state: Option<JointMeetingState>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<JointMeetingPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let rows = joint_meeting::list(ctx.app().db.reader(), actor.community_id, state.map(Into::into), &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), JointMeeting))
    }

    /// Decisions of joint meetings, newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn joint_decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those this unit sees to.")] unit_id: Option<ID>,
        #[graphql(desc = "Only those that are not done.", default = false)] open_only: bool,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<JointDecisionPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let unit_id = id::parse_opt(unit_id.as_ref(), "unitId")?;
        let rows = decision::list(ctx.app().db.reader(), actor.community_id, unit_id, open_only, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), JointDecision))
    }
}

#[derive(Default)]
pub struct JointMeetingMutation;

#[Object]
impl JointMeetingMutation {
    /// Calls units to a joint meeting; their liaisons get a message (administrators).
    async fn call_joint_meeting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A joint meeting to call.")] input: CallJointMeetingInput,
    ) -> ApiResult<JointMeeting> {
        let actor = ctx.actor()?;
        let new = NewMeeting {
            title: input.title,
            place: input.place,
            starts_at: input.starts_at.into(),
            agenda: input.agenda,
            unit_ids: input.unit_ids.iter().map(|id| id::parse(id, "unitIds")).collect::<Result<_, _>>()?,
        };
        let tx = ctx.app().db.begin().await?;
        let id = joint_meeting::call(&tx, actor, &input.idempotency_key, &new).await?;
        let row = joint_meeting::get_in(&tx.connection, actor, id).await?;
        tx.commit().await?;
        Ok(JointMeeting(row))
    }

    /// Records how a joint meeting went, who came and what was decided (administrators).
    async fn record_joint_meeting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How a joint meeting went.")] input: RecordJointMeetingInput,
    ) -> ApiResult<JointMeeting> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let decision = |new: JointDecisionInput| -> Result<NewDecision, domain::error::Error> {
            let unit_id = id::parse_opt(new.unit_id.as_ref(), "decisions")?;
            Ok(NewDecision { title: new.title, unit_id, due_on: BusinessDate::from_naive(new.due_on) })
        };
        let protocol = Protocol {
            summary: input.summary,
            attended: input.attended_unit_ids.iter().map(|id| id::parse(id, "attendedUnitIds")).collect::<Result<_, _>>()?,
            decisions: input.decisions.into_iter().map(decision).collect::<Result<_, _>>()?,
        };
        let tx = ctx.app().db.begin().await?;
        let row = joint_meeting::record(&tx, actor, id, &protocol).await?;
        tx.commit().await?;
        Ok(JointMeeting(row))
    }

    /// Calls a joint meeting off; the liaisons of its units get a message (administrators).
    async fn cancel_joint_meeting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A joint meeting to call off.")] input: CancelJointMeetingInput,
    ) -> ApiResult<JointMeeting> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = joint_meeting::cancel(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(JointMeeting(row))
    }

    /// Says how far a decision is (the liaison of the unit that sees to it, administrators).
    async fn follow_up_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far a decision is.")] input: FollowUpDecisionInput,
    ) -> ApiResult<JointDecision> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = decision::follow_up(&tx, actor, id, &input.text, input.done).await?;
        tx.commit().await?;
        Ok(JointDecision(row))
    }
}

/// The meeting behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<JointMeeting>> {
    let id = id::parse::<JointMeetingId>(id, "id")?;
    Ok(found(joint_meeting::get_in(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(JointMeeting))
}

/// The decision behind an id, for `node`.
pub(crate) async fn decision_node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<JointDecision>> {
    let id = id::parse::<JointDecisionId>(id, "id")?;
    Ok(found(joint_meeting::decision_in(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(JointDecision))
}
