//! Merit of Party members, as it is written.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::NaiveDate;
use domain::recognition::merit::entry::{self, Occurrence};
use domain::recognition::merit::scheme::{self, Grade, Item, NewScheme};
use domain::recognition::merit::{account, appeal};
use entity::time::BusinessDate;

use crate::graphql::error::ApiResult;
use crate::graphql::recognition::merit::{MeritAppeal, MeritEntry, MeritRecorder, MeritScheme, shown};
use crate::graphql::recognition::party_member::PartyMemberClass;
use crate::graphql::{ContextExt, id};

/// From how many points on a year is called what.
#[derive(InputObject)]
pub struct MeritGradeInput {
    /// What it is called, 1 to 20 characters, as 优秀.
    label: String,
    /// From this many points on; the lowest grade starts at 0.
    from: i64,
}

/// What brings or costs merit.
#[derive(InputObject)]
pub struct MeritItemInput {
    /// Code: capitals, digits and `_`, 1 to 30 characters. Limits count a code over the whole year, whatever the version.
    code: String,
    /// What it is, 1 to 60 characters.
    label: String,
    /// Points each time, up to 10,000; negative for a deduction.
    points: i64,
    /// Most points of a year by it, either way.
    annual_max: i64,
    /// For which kinds of members; all when empty.
    member_classes: Vec<PartyMemberClass>,
    /// Who may record it; a deduction is never claimed by the member.
    recorder: MeritRecorder,
}

/// Rules to publish.
#[derive(InputObject)]
pub struct PublishMeritSchemeInput {
    /// This year or the next.
    year: i32,
    /// Most points of a year.
    annual_max: i64,
    /// What sums are called, 1 to 10 grades.
    grades: Vec<MeritGradeInput>,
    /// What brings or costs points, 1 to 100 items.
    items: Vec<MeritItemInput>,
}

/// Merit or a deduction to record.
#[derive(InputObject)]
pub struct RecordMeritInput {
    /// Whose; not one's own.
    member_id: ID,
    /// Code of an item of the year's rules.
    item_code: String,
    /// When it happened; not in the future.
    occurred_on: NaiveDate,
    /// A remark, up to 200 characters.
    note: Option<String>,
    /// Names this intention; sending it again gives the same entry.
    idempotency_key: String,
}

/// Merit I claim.
#[derive(InputObject)]
pub struct ClaimMeritInput {
    /// Code of an item that members claim.
    item_code: String,
    /// When it happened; not in the future.
    occurred_on: NaiveDate,
    /// What I did, up to 200 characters. The same item, day and remark is claimed once, which stands for a key.
    note: Option<String>,
}

/// A decision on a claim.
#[derive(InputObject)]
pub struct DecideMeritClaimInput {
    /// The entry.
    id: ID,
    /// Let it count (true) or refuse it (false).
    approve: bool,
    /// Why; required to refuse.
    reason: Option<String>,
}

/// An appeal to file.
#[derive(InputObject)]
pub struct AppealMeritInput {
    /// Against which entry of mine.
    entry_id: ID,
    /// Why I disagree, 1 to 200 characters.
    reason: String,
}

/// A decision on an appeal.
#[derive(InputObject)]
pub struct DecideMeritAppealInput {
    /// The appeal.
    id: ID,
    /// Put the entry right (true) or let it stand (false).
    uphold: bool,
    /// Why, 1 to 200 characters; the member reads it.
    reason: String,
}

/// A year to close.
#[derive(InputObject)]
pub struct CloseMeritYearInput {
    /// The year; from its December on.
    year: i32,
}

fn read_scheme(input: PublishMeritSchemeInput) -> NewScheme {
    NewScheme {
        year: input.year,
        annual_max: input.annual_max,
        grades: input.grades.into_iter().map(|grade| Grade { label: grade.label, from: grade.from }).collect(),
        items: input
            .items
            .into_iter()
            .map(|item| Item {
                code: item.code,
                label: item.label,
                points: item.points,
                annual_max: item.annual_max,
                classes: item.member_classes.into_iter().map(Into::into).collect(),
                recorder: item.recorder.into(),
            })
            .collect(),
    }
}

#[derive(Default)]
pub struct MeritMutation;

#[Object]
impl MeritMutation {
    /// Publishes the next version of a year's rules of merit (party workers of the whole community).
    async fn publish_merit_scheme(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rules to publish.")] input: PublishMeritSchemeInput,
    ) -> ApiResult<MeritScheme> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let scheme = scheme::publish(&tx, actor, read_scheme(input)).await?;
        tx.commit().await?;
        shown(scheme)
    }

    /// Records merit or a deduction (party workers); not one's own. Limits of the item and the year hold.
    async fn record_merit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Merit or a deduction to record.")] input: RecordMeritInput,
    ) -> ApiResult<MeritEntry> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let member_id = id::parse(&input.member_id, "memberId")?;
        let occurrence = Occurrence { item_code: input.item_code, occurred_on: BusinessDate::from_naive(input.occurred_on), note: input.note };
        let tx = app.db.begin().await?;
        let id = entry::record(&tx, &app.keys, actor, &input.idempotency_key, member_id, occurrence).await?;
        let row = entry::get(&tx.connection, id).await?;
        tx.commit().await?;
        Ok(MeritEntry(row))
    }

    /// Claims merit for me, where the rules let members do so; a party worker decides.
    async fn claim_merit(&self, ctx: &Context<'_>, #[graphql(desc = "Merit I claim.")] input: ClaimMeritInput) -> ApiResult<MeritEntry> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let occurrence = Occurrence { item_code: input.item_code, occurred_on: BusinessDate::from_naive(input.occurred_on), note: input.note };
        let tx = app.db.begin().await?;
        let row = entry::claim(&tx, &app.keys, actor, occurrence).await?;
        tx.commit().await?;
        Ok(MeritEntry(row))
    }

    /// Lets a claim count or refuses it (party workers); not one's own.
    async fn decide_merit_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A decision on a claim.")] input: DecideMeritClaimInput,
    ) -> ApiResult<MeritEntry> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = entry::decide(&tx, &app.keys, actor, id, input.approve, input.reason.as_deref()).await?;
        tx.commit().await?;
        Ok(MeritEntry(row))
    }

    /// Appeals against an entry of mine, once.
    async fn appeal_merit(&self, ctx: &Context<'_>, #[graphql(desc = "An appeal to file.")] input: AppealMeritInput) -> ApiResult<MeritAppeal> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.entry_id, "entryId")?;
        let tx = app.db.begin().await?;
        let row = appeal::file(&tx, &app.keys, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(MeritAppeal(row))
    }

    /// Decides on an appeal (party workers who had no part in the entry).
    async fn decide_merit_appeal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A decision on an appeal.")] input: DecideMeritAppealInput,
    ) -> ApiResult<MeritAppeal> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = appeal::decide(&tx, &app.keys, actor, id, input.uphold, &input.reason).await?;
        tx.commit().await?;
        Ok(MeritAppeal(row))
    }

    /// Closes a year and grades it (party workers of the whole community); gives how many members were graded.
    async fn close_merit_year(&self, ctx: &Context<'_>, #[graphql(desc = "A year to close.")] input: CloseMeritYearInput) -> ApiResult<u64> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let graded = account::close_year(&tx, actor, input.year).await?;
        tx.commit().await?;
        Ok(graded)
    }
}
