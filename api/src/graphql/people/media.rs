//! Pictures for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, InputValueError, InputValueResult, Object, Scalar, ScalarType, Value};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::people::media::upload::{self, Way};
use domain::people::media::{self, link, review};
use domain::rate::{Person, Verb};
use domain::store::Store;
use entity::media as rows;

use crate::connection_of;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::{ContextExt, SentFile, connection, id};

/// That a file came along; the file itself travels beside the variables, as [`SentFile`].
pub struct Upload;

/// The one file of a `multipart/form-data` request (文件). The variable is null in `operations`, and `map` leads from the file's part to it:
/// `{"file": ["variables.input.file"]}`.
#[Scalar(name = "Upload", specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            // The name of the file's part.
            Value::String(_) => Ok(Self),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

/// How far a picture is (审核状态).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MediaState {
    /// 待审核: seen by me and by those who decide.
    Pending,
    /// 已通过: seen by everybody of the community.
    Approved,
    /// 未通过: the files are gone.
    Rejected,
    /// 已删除: the files are gone.
    Deleted,
}

impl From<rows::MediaState> for MediaState {
    fn from(state: rows::MediaState) -> Self {
        match state {
            rows::MediaState::Pending => Self::Pending,
            rows::MediaState::Approved => Self::Approved,
            rows::MediaState::Rejected => Self::Rejected,
            rows::MediaState::Storing | rows::MediaState::Deleted => Self::Deleted,
        }
    }
}

/// Which of a picture's two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "link::Variant")]
pub enum MediaVariant {
    /// 原图: no side longer than 2,048 pixels.
    Full,
    /// 缩略图: no side longer than 320 pixels, for lists.
    Thumb,
}

/// What becomes of a picture (审核结论).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "review::Decision")]
pub enum MediaDecision {
    /// 通过
    Approve,
    /// 不通过
    Reject,
}

/// A picture (图片), written anew without place, camera or date: a JPEG, or a PNG where something shines through.
#[derive(Description)]
pub struct Media(rows::Model);

#[Object(use_type_description)]
impl Media {
    /// Id.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// How far it is.
    async fn state(&self) -> MediaState {
        self.0.state.into()
    }

    /// Why it was rejected; null otherwise.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// `image/jpeg` or `image/png`.
    async fn media_type(&self) -> &str {
        link::media_type(self.0.kind)
    }

    /// Width of the larger file in pixels, upright.
    async fn width(&self) -> i32 {
        self.0.width
    }

    /// Height of the larger file in pixels, upright.
    async fn height(&self) -> i32 {
        self.0.height
    }

    /// Length of the larger file in bytes.
    async fn bytes(&self) -> i32 {
        i32::try_from(self.0.bytes).unwrap_or(i32::MAX)
    }

    /// Where to get a file, as a path on this host: a link that needs no token, holds for ten minutes and says nothing of me. Null when the files are
    /// gone.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which file.", default_with = "MediaVariant::Full")] variant: MediaVariant,
    ) -> Option<String> {
        let app = ctx.app();
        let shown = matches!(self.0.state, rows::MediaState::Pending | rows::MediaState::Approved);
        shown.then(|| link::make(&app.keys, self.0.id, variant.into(), app.db.now().plus(link::HOLDS)))
    }

    /// When it was sent.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// When it was decided on; null while it is pending.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at.map(entity::time::UtcMicros::date_time)
    }
}

connection_of!(MediaPage, Media, MediaNames, "MediaConnection", "MediaEdge");

/// A picture to send.
#[derive(InputObject)]
pub struct UploadMediaInput {
    /// JPEG, PNG or WebP, at most 10 MiB and 40 million pixels.
    file: Upload,
    /// One key for one confirmed tap. The same picture again is the same `Media` with or without one.
    idempotency_key: Option<String>,
}

/// A picture to take back.
#[derive(InputObject)]
pub struct DeleteMediaInput {
    /// The picture.
    id: ID,
}

/// A decision on a picture.
#[derive(InputObject)]
pub struct DecideMediaInput {
    /// The picture.
    id: ID,
    /// What becomes of it.
    decision: MediaDecision,
    /// Why, at most 200 characters; needed to reject.
    reason: Option<String>,
}

/// For `node`.
///
/// # Errors
/// `BAD_ID`, `UNAUTHENTICATED`.
pub async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Media>> {
    let id = id::parse(id, "id")?;
    Ok(found(media::get(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(Media))
}

#[derive(Default)]
pub struct MediaQuery;

#[Object]
impl MediaQuery {
    /// My pictures, newest first, rejected ones among them.
    async fn my_media(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<MediaPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = media::list_own(ctx.app().db.reader(), ctx.actor()?, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Media))
    }

    /// Pictures of others that wait for my decision, the one that waits longest first (grid workers, administrators).
    async fn media_to_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<MediaPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = review::list(ctx.app().db.reader(), ctx.actor()?, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Media))
    }
}

#[derive(Default)]
pub struct MediaMutation;

#[Object]
impl MediaMutation {
    /// Sends a picture: a `multipart/form-data` request with a token, as `wx.uploadFile` makes it, and this mutation alone in it. The same picture of
    /// mine again gives the one I have.
    async fn upload_media(&self, ctx: &Context<'_>, #[graphql(desc = "A picture to send.")] input: UploadMediaInput) -> ApiResult<Media> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        let store: &dyn Store = app.store.as_deref().ok_or(Code::NotOffered)?;
        let Some(file) = ctx.data_opt::<SentFile>() else { return Err(Error::from(Code::BadInput).on("file").into()) };
        ctx.count(Verb::Upload, Some(Person::Account(actor.account_id))).await?;
        let way = Way { db: &app.db, store, bench: &app.bench, checked: app.judge_of_pictures().is_some() };
        Ok(Media(upload::upload(way, actor, input.idempotency_key.as_deref(), file.bytes.clone()).await?))
    }

    /// Takes a picture of mine back; its files go.
    async fn delete_media(&self, ctx: &Context<'_>, #[graphql(desc = "A picture to take back.")] input: DeleteMediaInput) -> ApiResult<Media> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = upload::delete(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(Media(row))
    }

    /// Decides on a picture of somebody else; an approved one may still be rejected, and a rejected one loses its files (grid workers, administrators).
    async fn decide_media(&self, ctx: &Context<'_>, #[graphql(desc = "A decision on a picture.")] input: DecideMediaInput) -> ApiResult<Media> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = review::decide(&tx, actor, id, input.decision.into(), input.reason.as_deref().unwrap_or_default()).await?;
        tx.commit().await?;
        Ok(Media(row))
    }
}
