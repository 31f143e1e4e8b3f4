//! The volunteer's file for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, NaiveDate, Utc};
use domain::error::Code;
use domain::recognition::dossier::{self, NewEntry};
use entity::dossier_entry as rows;
use entity::time::{BusinessDate, UtcMicros};

use crate::connection_of;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::people::volunteer::{self, Volunteer};
use crate::graphql::{ContextExt, connection, id};

/// What an entry of a volunteer's file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::dossier_entry::DossierKind")]
pub enum DossierKind {
    /// Training (培训).
    Training,
    /// Commendation (表彰奖励).
    Commendation,
    /// Evaluation (评价).
    Evaluation,
}

/// An entry of a volunteer's file (志愿者服务档案): training, commendation or evaluation. It is read by the volunteer and by staff who cover them.
#[derive(Description)]
pub struct DossierEntry(pub rows::Model);

#[Object(use_type_description)]
impl DossierEntry {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// In whose file.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Volunteer> {
        Ok(volunteer::node(ctx, &self.0.volunteer_id.into()).await?.ok_or(Code::NotFound)?)
    }

    /// What it is about.
    async fn kind(&self) -> DossierKind {
        self.0.kind.into()
    }

    /// What was taught, the honour, or what was judged.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Who taught, honoured or judged.
    async fn given_by(&self) -> &str {
        &self.0.given_by
    }

    /// When.
    async fn given_on(&self) -> NaiveDate {
        self.0.given_on.naive()
    }

    /// Minutes of a training.
    async fn minutes(&self) -> Option<i64> {
        self.0.minutes
    }

    /// Grade of an evaluation, 1 to 5.
    async fn grade(&self) -> Option<i32> {
        self.0.grade
    }

    /// When it was recorded.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// When it was taken back; null while it stands.
    async fn withdrawn_at(&self) -> Option<DateTime<Utc>> {
        self.0.withdrawn_at.map(UtcMicros::date_time)
    }

    /// Why it was taken back.
    async fn withdraw_reason(&self) -> Option<&str> {
        self.0.withdraw_reason.as_deref()
    }
}

connection_of!(DossierEntryPage, DossierEntry, DossierEntryNames, "DossierEntryConnection", "DossierEntryEdge");

/// An entry to make in a volunteer's file.
#[derive(InputObject)]
pub struct AddDossierEntryInput {
    /// In whose file; not one's own.
    volunteer_id: ID,
    /// What it is about.
    kind: DossierKind,
    /// What was taught, the honour, or what was judged; 1 to 100 characters.
    title: String,
    /// Who taught, honoured or judged; 1 to 60 characters.
    given_by: String,
    /// When; not in the future.
    given_on: NaiveDate,
    /// Minutes, for a training alone.
    minutes: Option<i64>,
    /// 1 to 5, for an evaluation alone.
    grade: Option<i32>,
    /// Names this intention; sending it again gives the same entry.
    idempotency_key: String,
}

/// An entry to take back.
#[derive(InputObject)]
pub struct WithdrawDossierEntryInput {
    /// The entry.
    id: ID,
    /// Why, 1 to 200 characters; the volunteer reads it.
    reason: String,
}

#[derive(Default)]
pub struct DossierQuery;

#[Object]
impl DossierQuery {
    /// The entries of a volunteer's file, newest first: mine, or that of somebody I cover (grid workers, administrators).
    async fn dossier_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose file; mine when left out.")] volunteer_id: Option<ID>,
        #[graphql(desc = "Only of this kind.")] kind: Option<DossierKind>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<DossierEntryPage> {
        let page = connection::args(first, after, last, before)?;
        let volunteer_id = id::parse_opt(volunteer_id.as_ref(), "volunteerId")?;
        let rows = dossier::list(ctx.app().db.reader(), ctx.actor()?, volunteer_id, kind.map(Into::into), &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), DossierEntry))
    }
}

#[derive(Default)]
pub struct DossierMutation;

#[Object]
impl DossierMutation {
    /// Makes an entry in a volunteer's file (grid workers, administrators); not in one's own.
    async fn add_dossier_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An entry to make in a volunteer's file.")] input: AddDossierEntryInput,
    ) -> ApiResult<DossierEntry> {
        let actor = ctx.actor()?;
        let entry = NewEntry {
            volunteer_id: id::parse(&input.volunteer_id, "volunteerId")?,
            kind: input.kind.into(),
            title: input.title,
            given_by: input.given_by,
            given_on: BusinessDate::from_naive(input.given_on),
            minutes: input.minutes,
            grade: input.grade,
        };
        let tx = ctx.app().db.begin().await?;
        let id = dossier::add(&tx, actor, &input.idempotency_key, entry).await?;
        let row = dossier::get(&tx.connection, id).await?;
        tx.commit().await?;
        Ok(DossierEntry(row))
    }

    /// Takes an entry of a volunteer's file back, with a reason (grid workers, administrators).
    async fn withdraw_dossier_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An entry to take back.")] input: WithdrawDossierEntryInput,
    ) -> ApiResult<DossierEntry> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = dossier::withdraw(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(DossierEntry(row))
    }
}

/// The entry behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<DossierEntry>> {
    let row = dossier::get_in(ctx.app().db.reader(), ctx.actor()?, id::parse(id, "id")?).await;
    Ok(found(row)?.map(DossierEntry))
}
