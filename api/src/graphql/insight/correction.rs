//! Corrections for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::insight::personal::correction::{self, NewCorrection};
use entity::correction as rows;

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, connection, id};

/// What is to be put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::correction::CorrectionField")]
pub enum CorrectionField {
    /// 姓名: my name.
    Name,
    /// 出生日期: my birth date.
    BirthDate,
    /// 所在网格: where I live.
    Region,
    /// 服务内容: what a service record says was done.
    RecordContent,
    /// 服务时长: the minutes of a service record.
    RecordMinutes,
}

/// What became of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::correction::CorrectionState")]
pub enum CorrectionState {
    /// 待处理: it waits for staff.
    Open,
    /// 已同意: it was granted; of a profile it is put right already, a record is revoked and filed anew.
    Granted,
    /// 未同意: it was refused, with a reason.
    Refused,
    /// 已撤回: whoever asked took it back.
    Withdrawn,
}

/// How staff decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CorrectionDecision {
    /// 同意.
    Granted,
    /// 不同意.
    Refused,
}

/// Something a volunteer asks to have put right (更正申请).
#[derive(Description)]
pub struct Correction(pub rows::Model);

#[Object(use_type_description)]
impl Correction {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The volunteer who asks.
    async fn volunteer_id(&self) -> ID {
        self.0.volunteer_id.into()
    }

    /// What is to be put right.
    async fn field(&self) -> CorrectionField {
        self.0.field.into()
    }

    /// The service record it is about.
    async fn record_id(&self) -> Option<ID> {
        self.0.record_id.map(Into::into)
    }

    /// What is to stand there; none once it is no longer kept.
    async fn wanted(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        Ok(correction::open(&ctx.app().keys, &self.0)?.map(|request| request.wanted))
    }

    /// Why; none once it is no longer kept.
    async fn reason(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        Ok(correction::open(&ctx.app().keys, &self.0)?.map(|request| request.reason))
    }

    /// What became of it.
    async fn state(&self) -> CorrectionState {
        self.0.state.into()
    }

    /// Why it was decided so.
    async fn decision(&self) -> Option<&str> {
        self.0.decision.as_deref()
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// Until when it is to be decided, in working days of the community (更正办理期限).
    async fn due_at(&self) -> DateTime<Utc> {
        self.0.due_at.date_time()
    }

    /// When it was decided or taken back.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at.map(entity::time::UtcMicros::date_time)
    }
}

connection_of!(CorrectionPage, Correction, CorrectionNames, "CorrectionConnection", "CorrectionEdge");

/// Something to have put right.
#[derive(InputObject)]
pub struct RequestCorrectionInput {
    /// What.
    field: CorrectionField,
    /// Of which of my service records, for what a record says.
    record_id: Option<ID>,
    /// What is to stand there: a name, a day as `2001-02-03`, the id of a region, a text of up to 200 characters, minutes.
    wanted: String,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// A correction to take back.
#[derive(InputObject)]
pub struct WithdrawCorrectionInput {
    /// The correction.
    id: ID,
}

/// A decision on a correction.
#[derive(InputObject)]
pub struct DecideCorrectionInput {
    /// The correction.
    id: ID,
    /// How.
    decision: CorrectionDecision,
    /// Why, 1 to 200 characters.
    reason: String,
}

#[derive(Default)]
pub struct CorrectionQuery;

#[Object]
impl CorrectionQuery {
    /// What I asked to have put right, newest first.
    async fn my_corrections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<CorrectionPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let rows = correction::list_own(ctx.app().db.reader(), actor, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Correction))
    }

    /// What the people in my care asked to have put right, newest first (grid workers, administrators).
    async fn corrections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this state.")] state: Option<CorrectionState>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<CorrectionPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let rows = correction::list(ctx.app().db.reader(), actor, state.map(Into::into), &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Correction))
    }
}

#[derive(Default)]
pub struct CorrectionMutation;

#[Object]
impl CorrectionMutation {
    /// Asks to have something about me put right. What I may change myself (`updateMyProfile`) needs no asking.
    async fn request_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Something to have put right.")] input: RequestCorrectionInput,
    ) -> ApiResult<Correction> {
        let actor = ctx.actor()?;
        let record_id = input.record_id.as_ref().map(|id| id::parse(id, "recordId")).transpose()?;
        let asked = NewCorrection { field: input.field.into(), record_id, wanted: input.wanted, reason: input.reason };
        let tx = ctx.app().db.begin().await?;
        let row = correction::request(&tx, &ctx.app().keys, actor, asked).await?;
        tx.commit().await?;
        Ok(Correction(row))
    }

    /// Takes back what I asked for; again changes nothing.
    async fn withdraw_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A correction to take back.")] input: WithdrawCorrectionInput,
    ) -> ApiResult<Correction> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = correction::withdraw(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(Correction(row))
    }

    /// Decides on a correction (grid workers, administrators); of a profile, what is granted is put right at once. Nobody decides on their own.
    async fn decide_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A decision on a correction.")] input: DecideCorrectionInput,
    ) -> ApiResult<Correction> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let app = ctx.app();
        let tx = app.db.begin().await?;
        let grant = input.decision == CorrectionDecision::Granted;
        let (row, owner) = correction::decide(&tx, &app.keys, actor, id, grant, &input.reason).await?;
        tx.commit().await?;
        if let Some(account_id) = owner {
            app.sessions.forget(account_id);
        }
        app.wake.notify_one();
        Ok(Correction(row))
    }
}
