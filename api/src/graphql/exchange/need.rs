//! Needs for clients.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, InputObject, MergedObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::exchange::listing::{self, Detail, Entry, Sight};
use domain::exchange::need::{self, Behalf, NeedDraft, Window};
use domain::exchange::search;
use entity::id::NeedId;
use entity::listing::ListingKind;
use entity::{need as rows, need_window};

use crate::connection_of;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::exchange::listing::{IntakeChannel, ListingFields};
use crate::graphql::exchange::listing_input::ListingInput;
use crate::graphql::exchange::need_match::NeedMatchFields;
use crate::graphql::exchange::search::ListingFilter;
use crate::graphql::service::activity::RiskLevel;
use crate::graphql::{ContextExt, connection, id};

/// How urgent a need is (急难愁盼), the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::need::Urgency")]
pub enum Urgency {
    /// 急: cannot wait.
    Urgent,
    /// 难: cannot be done without help.
    Difficult,
    /// 愁: worries somebody.
    Worrying,
    /// 盼: would make somebody glad.
    LongedFor,
}

/// How somebody agreed to a need being filed for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::need::ConsentKind")]
pub enum ConsentKind {
    /// By word of mouth.
    Spoken,
    /// In writing.
    Written,
    /// A family member agreed for them.
    Family,
}

/// A time in which a need may be met.
#[derive(SimpleObject)]
pub struct NeedWindow {
    /// From.
    starts_at: DateTime<Utc>,
    /// Until.
    ends_at: DateTime<Utc>,
}

/// The consent to a need being filed by somebody else.
#[derive(SimpleObject)]
pub struct Consent {
    /// How the person agreed.
    kind: ConsentKind,
    /// What shows it.
    note: Option<String>,
    /// When it was noted.
    noted_at: DateTime<Utc>,
}

/// Something somebody wants done (需求). Nobody served is charged.
#[derive(MergedObject)]
pub struct Need(ListingFields, NeedFields, NeedMatchFields);

impl Need {
    /// For interfaces.
    pub(in crate::graphql) async fn id(&self, ctx: &Context<'_>) -> async_graphql::Result<ID> {
        self.0.id(ctx).await
    }
}

impl From<Entry> for Need {
    fn from(entry: Entry) -> Self {
        let entry = Arc::new(entry);
        Self(ListingFields(Arc::clone(&entry)), NeedFields(Arc::clone(&entry)), NeedMatchFields(entry))
    }
}

/// What is particular to a need.
#[derive(Description)]
pub struct NeedFields(Arc<Entry>);

impl NeedFields {
    fn parts(&self) -> ApiResult<(&rows::Model, &[need_window::Model])> {
        match &self.0.detail {
            Detail::Need(row, windows) => Ok((row, windows)),
            Detail::Resource(_) | Detail::ServiceOffer(_) => Err(domain::error::Error::internal("a need without its part").into()),
        }
    }

    fn whole(&self) -> bool {
        self.0.sight == Sight::Whole
    }
}

#[Object(use_type_description)]
impl NeedFields {
    /// Code of the `RELIEF_KIND` list (四解).
    async fn relief_kind(&self) -> ApiResult<&str> {
        Ok(&self.parts()?.0.relief_kind)
    }

    /// How urgent it is.
    async fn urgency(&self) -> ApiResult<Urgency> {
        Ok(self.parts()?.0.urgency.into())
    }

    /// How long it takes.
    async fn minutes(&self) -> ApiResult<i32> {
        Ok(self.parts()?.0.minutes)
    }

    /// When it may be met, soonest first; any time while it holds, when empty.
    async fn windows(&self) -> ApiResult<Vec<NeedWindow>> {
        let windows = self.parts()?.1.iter();
        Ok(windows.map(|row| NeedWindow { starts_at: row.starts_at.date_time(), ends_at: row.ends_at.date_time() }).collect())
    }

    /// Codes of the SKILL list that a helper must have to be suggested.
    async fn skills(&self) -> ApiResult<Vec<String>> {
        Ok(listing::codes(&self.parts()?.0.skills))
    }

    /// Codes of the QUALIFICATION list that a helper must hold.
    async fn qualifications(&self) -> ApiResult<Vec<String>> {
        Ok(listing::codes(&self.parts()?.0.qualifications))
    }

    /// Youngest age of a helper; 0 for no limit.
    async fn min_age(&self) -> ApiResult<i32> {
        Ok(self.parts()?.0.min_age)
    }

    /// How risky it is.
    async fn risk_level(&self) -> ApiResult<RiskLevel> {
        Ok(self.parts()?.0.risk_level.into())
    }

    /// The risks, truthfully; show it before somebody accepts (Volunteer Service Regulations art. 12).
    async fn risk_note(&self) -> ApiResult<&str> {
        Ok(&self.parts()?.0.risk_note)
    }

    /// Accident insurance, where there is one.
    async fn insurance_ref(&self) -> Option<ApiResult<String>> {
        nullable(self.parts().map(|(row, _)| row.insurance_ref.clone()))
    }

    /// The person served; null but for those who see the whole of it.
    async fn recipient_id(&self) -> Option<ApiResult<ID>> {
        nullable(self.parts().map(|(row, _)| self.whole().then_some(row.recipient_id.into())))
    }

    /// The consent of the person served, when somebody else filed it; null but for those who see the whole of it.
    async fn consent(&self) -> Option<ApiResult<Consent>> {
        let consent = |row: &rows::Model| {
            let (kind, at) = row.consent.zip(row.consent_at).filter(|_| self.whole())?;
            Some(Consent { kind: kind.into(), note: row.consent_note.clone(), noted_at: at.date_time() })
        };
        nullable(self.parts().map(|(row, _)| consent(row)))
    }
}

connection_of!(NeedPage, Need, NeedNames, "NeedConnection", "NeedEdge");

/// A time in which a need may be met.
#[derive(InputObject)]
pub struct NeedWindowInput {
    /// From.
    starts_at: DateTime<Utc>,
    /// Until, at most 31 days later and within the validity.
    ends_at: DateTime<Utc>,
}

/// What somebody wants done.
#[derive(InputObject)]
pub struct NeedInput {
    #[graphql(flatten)]
    listing: ListingInput,
    /// Code of the `RELIEF_KIND` list (四解).
    relief_kind: String,
    /// How urgent it is.
    urgency: Urgency,
    /// How long it takes, 15 to 1440.
    minutes: i32,
    /// When it may be met, up to 30 times apart from each other; any time while it holds, when left out.
    #[graphql(default)]
    windows: Vec<NeedWindowInput>,
    /// Codes of the SKILL list that a helper must have to be suggested. up to 10.
    #[graphql(default)]
    skills: Vec<String>,
    /// Codes of the QUALIFICATION list that a helper must hold, up to 10.
    #[graphql(default)]
    qualifications: Vec<String>,
    /// Youngest age of a helper, 0 to 120.
    #[graphql(default = 0)]
    min_age: i32,
    /// How risky it is.
    risk_level: RiskLevel,
    /// The risks, truthfully, 1 to 1000 characters (Volunteer Service Regulations art. 12).
    risk_note: String,
    /// Accident insurance; needed to verify a need of high risk (art. 17).
    insurance_ref: Option<String>,
}

impl NeedInput {
    fn draft(self) -> ApiResult<NeedDraft> {
        let window = |window: NeedWindowInput| Window { starts_at: window.starts_at.into(), ends_at: window.ends_at.into() };
        Ok(NeedDraft {
            draft: self.listing.draft()?,
            relief_kind: self.relief_kind,
            urgency: self.urgency.into(),
            minutes: self.minutes,
            windows: self.windows.into_iter().map(window).collect(),
            skills: self.skills,
            qualifications: self.qualifications,
            min_age: self.min_age,
            risk_level: self.risk_level.into(),
            risk_note: self.risk_note,
            insurance_ref: self.insurance_ref,
        })
    }
}

/// A need to file.
#[derive(InputObject)]
pub struct FileNeedInput {
    #[graphql(flatten)]
    need: NeedInput,
    /// Names this intention; sending it again gives the same need.
    idempotency_key: String,
}

/// A need to file for somebody else. `contact.name` is needed.
#[derive(InputObject)]
pub struct FileNeedOnBehalfInput {
    #[graphql(flatten)]
    need: NeedInput,
    /// How it came in: PHONE or PAPER.
    channel: IntakeChannel,
    /// The person served, when known from an earlier need; otherwise they are known again by the telephone in `contact`.
    recipient_id: Option<ID>,
    /// How the person agreed.
    consent: ConsentKind,
    /// What shows the consent, up to 200 characters; needed unless it was spoken.
    consent_note: Option<String>,
    /// Names this intention; sending it again gives the same need.
    idempotency_key: String,
}

/// A draft of a need, written anew.
#[derive(InputObject)]
pub struct UpdateNeedInput {
    /// The need; its state is DRAFT.
    id: ID,
    #[graphql(flatten)]
    need: NeedInput,
}

/// An answer to a need.
#[derive(InputObject)]
pub struct ReplyNeedInput {
    /// The need.
    id: ID,
    /// The answer, 1 to 500 characters; its author is told.
    reply: String,
}

/// What the person served says of how a need was met.
#[derive(InputObject)]
pub struct RateNeedInput {
    /// The need; its state is FULFILLED or CLOSED.
    id: ID,
    /// 1 to 5; four and five count as satisfied.
    stars: i32,
    /// What was said, up to 200 characters.
    note: Option<String>,
}

#[derive(Default)]
pub struct NeedQuery;

#[Object]
impl NeedQuery {
    /// Needs of my community that exist for me: open ones, newest first, unless asked otherwise.
    async fn needs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these, in this order.", default_with = "ListingFilter::default()")] filter: ListingFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<NeedPage> {
        let page = connection::args(first, after, last, before)?;
        let filter = filter.of(ListingKind::Need)?;
        let rows = search::find(ctx.app().db.reader(), ctx.actor()?, &filter, &page).await?;
        Ok(connection::of(rows, super::search::place, |hit| hit.entry.into()))
    }

    /// One need.
    async fn need(&self, ctx: &Context<'_>, #[graphql(desc = "The need.")] id: ID) -> ApiResult<Need> {
        let id = id::parse::<NeedId>(&id, "id")?;
        Ok(listing::get(ctx.app().db.reader(), ctx.actor()?, id.into(), Some(ListingKind::Need)).await?.into())
    }
}

#[derive(Default)]
pub struct NeedMutation;

#[Object]
impl NeedMutation {
    /// Files a need of mine. It is a draft until somebody in charge has verified it.
    async fn file_need(&self, ctx: &Context<'_>, #[graphql(desc = "A need to file.")] input: FileNeedInput) -> ApiResult<Need> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let new = input.need.draft()?;
        let tx = app.db.begin().await?;
        let id = need::file(&tx, &app.keys, actor, &input.idempotency_key, new).await?;
        let entry = listing::get(&tx.connection, actor, id, None).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Files a need for somebody who telephoned or wrote, with their consent (grid workers and administrators of the place).
    async fn file_need_on_behalf(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A need to file for somebody else.")] input: FileNeedOnBehalfInput,
    ) -> ApiResult<Need> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let behalf = Behalf {
            channel: input.channel.into(),
            recipient_id: id::parse_opt(input.recipient_id.as_ref(), "recipientId")?,
            consent: input.consent.into(),
            consent_note: input.consent_note,
        };
        let new = input.need.draft()?;
        let tx = app.db.begin().await?;
        let id = need::file_on_behalf(&tx, &app.keys, actor, &input.idempotency_key, behalf, new).await?;
        let entry = listing::get(&tx.connection, actor, id, None).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Writes a draft anew: its author, or who is in charge and completes it.
    async fn update_need(&self, ctx: &Context<'_>, #[graphql(desc = "A draft of a need, written anew.")] input: UpdateNeedInput) -> ApiResult<Need> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<NeedId>(&input.id, "id")?;
        let new = input.need.draft()?;
        let tx = app.db.begin().await?;
        let entry = need::update(&tx, &app.keys, actor, id.into(), new.draft.region_id, new).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Answers a need, as often as there is something to say; its author is told (grid workers and administrators of the place).
    async fn reply_need(&self, ctx: &Context<'_>, #[graphql(desc = "An answer to a need.")] input: ReplyNeedInput) -> ApiResult<Need> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<NeedId>(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = need::reply(&tx, actor, id.into(), &input.reply).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(entry.into())
    }

    /// Rates how my need was met, once; the grid worker writes down what somebody said for whom a need was filed.
    async fn rate_need(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the person served says of how a need was met.")] input: RateNeedInput,
    ) -> ApiResult<Need> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<NeedId>(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = need::rate(&tx, actor, id.into(), input.stars, input.note.as_deref()).await?;
        tx.commit().await?;
        Ok(entry.into())
    }
}

/// The need behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Need>> {
    let id = id::parse::<NeedId>(id, "id")?;
    let entry = listing::get(ctx.app().db.reader(), ctx.actor()?, id.into(), Some(ListingKind::Need)).await;
    Ok(found(entry)?.map(Into::into))
}
