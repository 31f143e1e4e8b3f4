//! Sending a picture, and taking it back.
//!
//! The row comes first, with a time at which its files are swept; then the files, outside of any transaction; then the row says that they are there. A
//! process that dies on the way leaves a row that the same picture, sent again, goes on with, and that is swept otherwise.

use bytes::Bytes;
use entity::id::{MediaId, RegionId};
use entity::media::{self, MediaKind, MediaState, Model};
use entity::time::UtcMicros;
use futures_util::future::try_join;
use picture::{Kind, Made};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{BYTES_MAX, Bench, STANDING, Variant, link};
use crate::community::tenant;
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::keys::sha256;
use crate::people::permission::{Action, Actor};
use crate::store::Store;
use crate::tx::Tx;

/// How long files may take to be written before they are swept, in microseconds.
pub const STORING_MICROS: i64 = UtcMicros::HOUR;

/// Where a picture goes.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// The rows.
    pub db: &'a Db,
    /// The files.
    pub store: &'a dyn Store,
    /// Where it is written anew.
    pub bench: &'a Bench,
    /// Whether WeChat is to be asked about it.
    pub checked: bool,
}

/// Keeps a picture; the same one again gives what there is already.
///
/// # Errors
/// `MEDIA_TOO_LARGE`, `MEDIA_TYPE`, `MEDIA_BROKEN` on `file`; `IDEMPOTENCY_MISMATCH`; `STATE_CHANGED` for the key of one that was deleted;
/// `UNAVAILABLE` when the store is away.
pub async fn upload(way: Way<'_>, actor: &Actor, key: Option<&str>, sent: Bytes) -> Result<Model> {
    actor.require(Action::UploadMedia, &actor.home())?;
    if sent.len() > BYTES_MAX {
        return Err(Error::from(Code::MediaTooLarge).on("file").with("max", BYTES_MAX));
    }
    let hash = sha256(&sent).to_vec();
    let known = find(way.db.reader(), actor, &hash).await?.is_some_and(|row| row.state != MediaState::Storing);
    let made = if known { None } else { Some(way.bench.make(sent).await?) };
    // The same picture sent twice at once is written down once, and the second finds the first.
    let row = match claim(way.db, actor, key, &hash, made.as_ref()).await {
        Err(error) if error.code == Code::Conflict => claim(way.db, actor, key, &hash, made.as_ref()).await,
        outcome => outcome,
    }?;
    match (row.state, made) {
        (MediaState::Deleted, _) => Err(Code::StateChanged.into()),
        (MediaState::Storing, Some(made)) => store(way, row.id, made).await,
        (MediaState::Storing, None) => Err(Code::Conflict.into()),
        _ => Ok(row),
    }
}

/// Takes an own picture back; its files go.
///
/// # Errors
/// `NOT_FOUND` for one that is not the actor's, or was taken back before.
pub async fn delete(tx: &Tx, actor: &Actor, id: MediaId) -> Result<Model> {
    actor.require(Action::DeleteMedia, &actor.home())?;
    let gone = media::Entity::update_many()
        .col_expr(media::Column::State, Expr::value(MediaState::Deleted))
        .col_expr(media::Column::PurgeAt, Expr::value(tx.now))
        .col_expr(media::Column::CheckAt, Expr::value(Option::<UtcMicros>::None))
        .filter(media::Column::Id.eq(id))
        .filter(media::Column::AccountId.eq(actor.account_id))
        .filter(media::Column::State.is_in(STANDING))
        .exec(&tx.connection)
        .await?;
    if gone.rows_affected == 0 {
        return Err(Error::from(Code::NotFound).on("id"));
    }
    read(&tx.connection, id).await
}

async fn find(connection: &impl ConnectionTrait, actor: &Actor, hash: &[u8]) -> Result<Option<Model>> {
    let query = media::Entity::find().filter(media::Column::AccountId.eq(actor.account_id)).filter(media::Column::Sha256.eq(hash));
    Ok(query.filter(media::Column::State.ne(MediaState::Deleted)).one(connection).await?)
}

async fn read(connection: &impl ConnectionTrait, id: MediaId) -> Result<Model> {
    media::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// The row of a picture, with its key: the one there is, or a new one that waits for its files.
async fn claim(db: &Db, actor: &Actor, key: Option<&str>, hash: &[u8], made: Option<&Made>) -> Result<Model> {
    let tx = db.begin().await?;
    let id = match key {
        Some(key) => idempotency::once(&tx, actor.account_id, "uploadMedia", key, &hex::encode(hash), enter(&tx, actor, hash, made)).await?,
        None => enter(&tx, actor, hash, made).await?,
    };
    let row = read(&tx.connection, id).await?;
    tx.commit().await?;
    Ok(row)
}

async fn enter(tx: &Tx, actor: &Actor, hash: &[u8], made: Option<&Made>) -> Result<MediaId> {
    let until = tx.now.plus(STORING_MICROS);
    if let Some(row) = find(&tx.connection, actor, hash).await? {
        // Somebody began; the time to end in begins anew.
        media::Entity::update_many()
            .col_expr(media::Column::PurgeAt, Expr::value(until))
            .filter(media::Column::Id.eq(row.id))
            .filter(media::Column::State.eq(MediaState::Storing))
            .exec(&tx.connection)
            .await?;
        return Ok(row.id);
    }
    // It was there a moment ago, and its owner has just taken it back.
    let made = made.ok_or_else(|| Error::from(Code::Conflict))?;
    let size = |length: u32| i32::try_from(length).map_err(Error::internal);
    let row = Model {
        id: MediaId::new(tx.now),
        community_id: actor.community_id,
        region_id: region_of(tx, actor).await?,
        account_id: actor.account_id,
        sha256: hash.to_vec(),
        kind: match made.kind {
            Kind::Jpeg => MediaKind::Jpeg,
            Kind::Png => MediaKind::Png,
        },
        bytes: i64::try_from(made.full.len()).map_err(Error::internal)?,
        width: size(made.width)?,
        height: size(made.height)?,
        state: MediaState::Storing,
        created_at: tx.now,
        decided_at: None,
        decided_by: None,
        reason: None,
        check_at: None,
        check_tries: 0,
        purge_at: Some(until),
    };
    let id = row.id;
    media::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(id)
}

/// Where the owner lives: known of a volunteer, the community of anybody else.
async fn region_of(tx: &Tx, actor: &Actor) -> Result<RegionId> {
    match actor.volunteer {
        Some(volunteer) => Ok(volunteer.region_id),
        None => Ok(tenant::get(&tx.connection, actor.community_id).await?.region.id),
    }
}

/// Writes the files of a picture, then says that they are there.
async fn store(way: Way<'_>, id: MediaId, made: Made) -> Result<Model> {
    let media_type = link::media_type(match made.kind {
        Kind::Jpeg => MediaKind::Jpeg,
        Kind::Png => MediaKind::Png,
    });
    let (full, thumb) = (link::object(id, Variant::Full), link::object(id, Variant::Thumb));
    try_join(way.store.put(&full, media_type, made.full), way.store.put(&thumb, media_type, made.thumb)).await?;
    let now = way.db.now();
    media::Entity::update_many()
        .col_expr(media::Column::State, Expr::value(MediaState::Pending))
        .col_expr(media::Column::PurgeAt, Expr::value(Option::<UtcMicros>::None))
        .col_expr(media::Column::CheckAt, Expr::value(way.checked.then_some(now)))
        .filter(media::Column::Id.eq(id))
        .filter(media::Column::State.eq(MediaState::Storing))
        .exec(way.db.writer())
        .await?;
    let row = read(way.db.writer(), id).await?;
    if row.state != MediaState::Deleted {
        return Ok(row);
    }
    // Swept, or taken back by its owner when a twin of this request was done with it: what was written just now is to go as well.
    media::Entity::update_many().col_expr(media::Column::PurgeAt, Expr::value(now)).filter(media::Column::Id.eq(id)).exec(way.db.writer()).await?;
    Err(Code::Conflict.into())
}
