//! Activities for clients: writing, publishing and calling them off.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use domain::service::activity::{self, Change, Edit, Offer};

use crate::graphql::error::ApiResult;
use crate::graphql::service::activity::{Activity, RiskLevel};
use crate::graphql::{ContextExt, id};

/// On which day of each month an activity repeats.
#[derive(InputObject, Clone, Copy)]
pub struct MonthlyInput {
    /// Day of the month, 1 to 28, so that every month has it.
    day: i32,
    /// Minute of the day it starts, 0 to 1439, in China's time.
    start_minute: i32,
    /// Length in minutes, 15 to 1440.
    minutes: i32,
    /// Seats of each session.
    capacity: i32,
}

impl From<MonthlyInput> for activity::Monthly {
    fn from(input: MonthlyInput) -> Self {
        Self { day: input.day, start_minute: input.start_minute, minutes: input.minutes, capacity: input.capacity }
    }
}

/// An activity to draft.
#[derive(InputObject)]
pub struct CreateActivityInput {
    /// The team that runs it.
    team_id: ID,
    /// The region its service counts for; the team's when left out.
    region_id: Option<ID>,
    /// Title, 1 to 60 characters.
    title: String,
    /// What is done, 1 to 2000 characters.
    description: String,
    /// Code of the `SERVICE_TYPE` list.
    service_type: String,
    /// Code of the OCCASION list.
    occasion: Option<String>,
    /// Where to come, 1 to 200 characters.
    place: String,
    /// How risky it is.
    risk_level: RiskLevel,
    /// The risks, truthfully, 1 to 1000 characters (Volunteer Service Regulations art. 12).
    risk_note: String,
    /// Accident insurance; needed to publish an activity of high risk (art. 17).
    insurance_ref: Option<String>,
    /// Youngest age, 0 to 120.
    #[graphql(default = 0)]
    min_age: i32,
    /// Codes of the QUALIFICATION list that a volunteer must hold.
    #[graphql(default)]
    qualifications: Vec<String>,
    /// Repetition.
    monthly: Option<MonthlyInput>,
}

/// What to change of an activity; what is left out stays. After publication only description, place, riskNote, insuranceRef and occasion may change.
#[derive(InputObject)]
pub struct UpdateActivityInput {
    /// The activity.
    id: ID,
    /// The region its service counts for.
    region_id: Option<ID>,
    /// Title.
    title: Option<String>,
    /// What is done.
    description: Option<String>,
    /// Code of the `SERVICE_TYPE` list.
    service_type: Option<String>,
    /// Code of the OCCASION list; null takes it away.
    occasion: MaybeUndefined<String>,
    /// Where to come.
    place: Option<String>,
    /// How risky it is.
    risk_level: Option<RiskLevel>,
    /// The risks.
    risk_note: Option<String>,
    /// Accident insurance; null takes it away.
    insurance_ref: MaybeUndefined<String>,
    /// Youngest age.
    min_age: Option<i32>,
    /// Codes of the QUALIFICATION list.
    qualifications: Option<Vec<String>>,
    /// Repetition; null takes it away.
    monthly: MaybeUndefined<MonthlyInput>,
}

/// An activity to publish.
#[derive(InputObject)]
pub struct PublishActivityInput {
    /// The activity.
    id: ID,
}

/// An activity to call off.
#[derive(InputObject)]
pub struct CancelActivityInput {
    /// The activity.
    id: ID,
    /// Why, 1 to 200 characters; everybody signed up reads it.
    reason: String,
}

/// Left out, null, or a value.
fn edit<T, U: From<T>>(value: MaybeUndefined<T>) -> Edit<U> {
    match value {
        MaybeUndefined::Undefined => Edit::Keep,
        MaybeUndefined::Null => Edit::Clear,
        MaybeUndefined::Value(value) => Edit::To(value.into()),
    }
}

#[derive(Default)]
pub struct ActivityMutation;

#[Object]
impl ActivityMutation {
    /// Drafts an activity for a team (its leaders, administrators).
    async fn create_activity(&self, ctx: &Context<'_>, #[graphql(desc = "An activity to draft.")] input: CreateActivityInput) -> ApiResult<Activity> {
        let actor = ctx.actor()?;
        let offer = Offer {
            team_id: id::parse(&input.team_id, "teamId")?,
            region_id: id::parse_opt(input.region_id.as_ref(), "regionId")?,
            title: input.title,
            description: input.description,
            service_type: input.service_type,
            occasion: input.occasion,
            place: input.place,
            risk_level: input.risk_level.into(),
            risk_note: input.risk_note,
            insurance_ref: input.insurance_ref,
            min_age: input.min_age,
            qualifications: input.qualifications,
            monthly: input.monthly.map(Into::into),
        };
        let tx = ctx.app().db.begin().await?;
        let row = activity::create(&tx, actor, offer).await?;
        tx.commit().await?;
        Ok(Activity(row))
    }

    /// Changes an activity (its team's leaders, administrators).
    async fn update_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "What to change of an activity; what is left out stays. After publication only description, place, riskNote, insuranceRef and occasion may change."
        )]
        input: UpdateActivityInput,
    ) -> ApiResult<Activity> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let change = Change {
            region_id: id::parse_opt(input.region_id.as_ref(), "regionId")?,
            title: input.title,
            description: input.description,
            service_type: input.service_type,
            occasion: edit(input.occasion),
            place: input.place,
            risk_level: input.risk_level.map(Into::into),
            risk_note: input.risk_note,
            insurance_ref: edit(input.insurance_ref),
            min_age: input.min_age,
            qualifications: input.qualifications,
            monthly: edit(input.monthly),
        };
        let tx = ctx.app().db.begin().await?;
        let row = activity::update(&tx, actor, id, change).await?;
        tx.commit().await?;
        Ok(Activity(row))
    }

    /// Opens a draft to volunteers; a monthly activity gets its sessions of the next three months.
    async fn publish_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An activity to publish.")] input: PublishActivityInput,
    ) -> ApiResult<Activity> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = activity::publish(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(Activity(row))
    }

    /// Calls an activity off with its sessions to come; everybody signed up is told. Sending it again changes nothing.
    async fn cancel_activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An activity to call off.")] input: CancelActivityInput,
    ) -> ApiResult<Activity> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = activity::cancel(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(Activity(row))
    }
}
