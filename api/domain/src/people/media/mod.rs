//! Pictures (图片) that people send: looked at, written anew, kept, shown for a while.
//!
//! A picture is *sent* by its owner ([`upload`]), read and written anew without anything but its pixels ([`Bench`]), and kept in a store of files under
//! its id. It is *pending* until somebody who works where its owner lives has decided ([`review`]), or WeChat has ([`check`]); until then only they
//! see it, then everybody of the community. A rejected or deleted one loses its files ([`sweep`]). Files are shown by a [`link`] that holds for minutes
//! and says nothing of whom it was made for.
//!
//! Invariants: what cameras write into pictures (GPS above all) is never kept; a row stands before its files, and files go only after the row says so;
//! the same picture of the same owner is one row while it is not deleted; nobody decides on their own picture.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use entity::id::MediaId;
use entity::media::{self, MediaState, Model};
use picture::{Fault, Made, PIXELS_MAX};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use tokio::sync::Semaphore;

use crate::community::region;
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::store::{Object, Store};

pub mod check;
pub mod link;
pub mod review;
pub mod sweep;
pub mod upload;

pub use link::Variant;

/// Most bytes of a picture that is sent.
pub const BYTES_MAX: usize = 10 << 20;
/// States in which a picture exists for its owner.
const STANDING: [MediaState; 3] = [MediaState::Pending, MediaState::Approved, MediaState::Rejected];
/// How long a picture waits for its turn to be read.
const TURN: Duration = Duration::from_secs(15);
/// Pixels of one part of the room on the bench.
const PART: u64 = 1_000_000;

/// Where pictures are read and written anew: on threads that may wait, and as many at once as together have the pixels of the largest one, so that
/// memory stays bounded whatever is sent.
pub struct Bench {
    room: Arc<Semaphore>,
}

impl Default for Bench {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(usize::try_from(PIXELS_MAX.div_ceil(PART)).unwrap_or(1))) }
    }
}

impl Bench {
    /// Reads what was sent and writes it anew.
    ///
    /// # Errors
    /// `MEDIA_TYPE`, `MEDIA_TOO_LARGE`, `MEDIA_BROKEN` on `file`; `UNAVAILABLE` when too many are waiting.
    pub async fn make(&self, sent: Bytes) -> Result<Made> {
        let head = {
            let sent = sent.clone();
            aside(move || picture::head(&sent)).await?
        };
        let parts = u32::try_from(head.pixels().div_ceil(PART)).unwrap_or(u32::MAX);
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.room).acquire_many_owned(parts));
        let room = turn.await.map_err(|_| Error::from(Code::Unavailable))?.map_err(Error::internal)?;
        aside(move || {
            let made = picture::make(&sent, head);
            // Given back here and not where it is waited for: who waits may be gone long before.
            drop(room);
            made
        })
        .await
    }
}

/// Does work on a thread that may wait. A decoder that panics has been given something that is no picture.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Fault> + Send + 'static) -> Result<T> {
    let outcome = tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a picture could not be read");
        Err(Fault::Broken)
    });
    outcome.map_err(|fault| {
        let error = match fault {
            Fault::Kind => Error::from(Code::MediaType),
            Fault::TooLarge => Error::from(Code::MediaTooLarge).with("maxPixels", PIXELS_MAX),
            Fault::Broken => Error::from(Code::MediaBroken),
        };
        error.on("file")
    })
}

/// The picture behind an id, when it exists for the actor: an own one, one that was approved, or any that the actor may decide on.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: MediaId) -> Result<Model> {
    let missing = || Error::from(Code::NotFound).on("id");
    let row = media::Entity::find_by_id(id).one(connection).await?.filter(|row| STANDING.contains(&row.state)).ok_or_else(missing)?;
    if row.account_id == actor.account_id {
        return Ok(row);
    }
    let place = region::place(connection, row.region_id).await?;
    let open = row.state == MediaState::Approved && actor.sees(&place);
    if open || actor.may(Action::DecideMedia, &place) { Ok(row) } else { Err(missing()) }
}

/// A file of a picture that is shown, with its media type, whoever has the link to it.
///
/// # Errors
/// `NOT_FOUND` for one that is not shown any more; `UNAVAILABLE` when the store is away.
pub async fn show(connection: &impl ConnectionTrait, store: &dyn Store, id: MediaId, variant: Variant) -> Result<(&'static str, Object)> {
    let row = media::Entity::find_by_id(id).one(connection).await?;
    let row = row.filter(|row| matches!(row.state, MediaState::Pending | MediaState::Approved)).ok_or(Code::NotFound)?;
    let object = store.get(&link::object(id, variant)).await?.ok_or(Code::NotFound)?;
    Ok((link::media_type(row.kind), object))
}

/// A page of the actor's own pictures, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list_own(connection: &impl ConnectionTrait, actor: &Actor, page: &Page) -> Result<Rows<Model>> {
    let query = media::Entity::find().filter(media::Column::AccountId.eq(actor.account_id)).filter(media::Column::State.is_in(STANDING));
    let order = ListOrder { key: None, id: media::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, MediaId>(query, order)?.all(connection).await?))
}
