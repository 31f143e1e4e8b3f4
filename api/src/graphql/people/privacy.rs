//! What is kept masked and sealed, for clients: looks behind the mask, identity numbers, notes about health.

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::{DateTime, NaiveDate, Utc};
use domain::people::sensitive;
use domain::people::unmasking::{self, Unmasked};
use domain::rate::{Person, Verb};
use entity::unmasking as rows;

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, connection, id};

/// A volunteer without a mask (完整信息); do not keep it longer than the task takes.
#[derive(Description)]
pub struct UnmaskedVolunteer(Unmasked);

#[Object(use_type_description)]
impl UnmaskedVolunteer {
    /// Id of the volunteer.
    async fn id(&self) -> ID {
        self.0.row.id.into()
    }

    /// Public volunteer number.
    async fn number(&self) -> &str {
        &self.0.row.number
    }

    /// The whole name.
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// Telephone, where there is one.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_ref().map(|phone| phone.text())
    }

    /// Birth date.
    async fn birth_date(&self) -> NaiveDate {
        self.0.row.birth_date.naive()
    }

    /// The note about health (健康说明): for the leader of a session the person is signed up to, where there is one.
    async fn health_note(&self) -> Option<&str> {
        self.0.health_note.as_deref()
    }
}

/// A look at my whole name and telephone (查看记录); never changed.
#[derive(Description)]
pub struct Unmasking(rows::Model);

#[Object(use_type_description)]
impl Unmasking {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Account that looked.
    async fn account_id(&self) -> ID {
        self.0.account_id.into()
    }

    /// What for.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Whether my note about health was shown too.
    async fn health_note(&self) -> bool {
        self.0.health_note
    }

    /// When.
    async fn looked_at(&self) -> DateTime<Utc> {
        self.0.looked_at.date_time()
    }
}

connection_of!(UnmaskingPage, Unmasking, UnmaskingNames, "UnmaskingConnection", "UnmaskingEdge");

/// People to see without a mask.
#[derive(InputObject)]
pub struct UnmaskVolunteersInput {
    /// The volunteers, 1 to 100; all of them or none.
    ids: Vec<ID>,
    /// What for, 1 to 200 characters; each of them can read it.
    reason: String,
}

/// The number of my identity card.
#[derive(InputObject)]
pub struct SetMyIdentityNumberInput {
    /// Eighteen characters (GB 11643-1999); the birth date in it must be mine.
    #[graphql(secret)]
    number: String,
}

/// A note about my health.
#[derive(InputObject)]
pub struct SetMyHealthNoteInput {
    /// What a leader should know in an emergency, 1 to 500 characters.
    #[graphql(secret)]
    note: String,
}

#[derive(Default)]
pub struct PrivacyQuery;

#[Object]
impl PrivacyQuery {
    /// Who looked at my whole name and telephone, and why, newest first.
    async fn my_unmaskings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<UnmaskingPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = unmasking::looks_at_me(ctx.app().db.reader(), ctx.actor()?, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Unmasking))
    }

    /// My identity number with its ends alone, as 4301**********1234; null when none is kept.
    async fn my_identity_number(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        let app = ctx.app();
        let kept = sensitive::own_identity(app.db.reader(), &app.keys, ctx.actor()?).await?;
        Ok(kept.map(|number| number.masked()))
    }

    /// My note about health; null when none is kept.
    async fn my_health_note(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        let app = ctx.app();
        Ok(sensitive::own_health(app.db.reader(), &app.keys, ctx.actor()?).await?)
    }
}

#[derive(Default)]
pub struct PrivacyMutation;

#[Object]
impl PrivacyMutation {
    /// Shows whole names and telephones, in the order asked for, and writes it down for good: leaders for the members of their teams and who is signed up to
    /// their sessions, grid workers and administrators for who lives where they work.
    async fn unmask_volunteers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "People to see without a mask.")] input: UnmaskVolunteersInput,
    ) -> ApiResult<Vec<UnmaskedVolunteer>> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let ids = input.ids.iter().map(|text| id::parse(text, "ids")).collect::<Result<Vec<_>, _>>()?;
        let tx = app.db.begin().await?;
        let shown = unmasking::unmask(&tx, &app.keys, actor, &ids, &input.reason).await?;
        tx.commit().await?;
        Ok(shown.into_iter().map(UnmaskedVolunteer).collect())
    }

    /// Keeps the number of my identity card, sealed; gives it with its ends alone. Needs my consent IDENTITY_DOCUMENT, and goes with it.
    async fn set_my_identity_number(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of my identity card.")] input: SetMyIdentityNumberInput,
    ) -> ApiResult<String> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        ctx.count(Verb::Identity, Some(Person::Account(actor.account_id))).await?;
        let tx = app.db.begin().await?;
        let kept = sensitive::set_identity(&tx, &app.keys, actor, &input.number).await?;
        tx.commit().await?;
        Ok(kept.masked())
    }

    /// Keeps a note about my health, sealed, instead of the last. Needs my consent HEALTH_NOTE, and goes with it.
    async fn set_my_health_note(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A note about my health.")] input: SetMyHealthNoteInput,
    ) -> ApiResult<String> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let tx = app.db.begin().await?;
        let kept = sensitive::set_health(&tx, &app.keys, actor, &input.note).await?;
        tx.commit().await?;
        Ok(kept)
    }
}
