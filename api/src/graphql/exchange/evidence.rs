//! Evidence packs for clients.

use async_graphql::{Context, Description, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::exchange::review::evidence;
use entity::evidence_pack as rows;

use crate::graphql::ContextExt;
use crate::graphql::error::ApiResult;
use crate::graphql::exchange::loader;
use crate::graphql::exchange::review_loader::LinesOf;

/// A numbered document of an evidence pack.
#[derive(SimpleObject)]
pub struct EvidenceItem {
    /// 1, 2, 3 …
    position: i32,
    /// Name in the archive.
    name: String,
    /// Media type.
    media_type: String,
    /// Bytes.
    size: i64,
    /// SHA-256 of the document, in hexadecimal digits.
    sha256: String,
}

/// Where an archive can be fetched for a while.
#[derive(SimpleObject)]
pub struct EvidenceArchive {
    /// Path on this server, without any header: a ZIP archive with the documents and their list `SHA256SUMS`, which `sha256sum -c` checks.
    path: String,
    /// Until when the path holds.
    expires_at: DateTime<Utc>,
}

/// Evidence as it stood when it was handed in (评审材料包): the same for every reviewer, and never changed.
#[derive(Description)]
pub struct EvidencePack(pub rows::Model);

#[Object(use_type_description)]
impl EvidencePack {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// 1, 2, 3 … of its subject.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// SHA-256 of the list of hashes (`SHA256SUMS` in the archive), in hexadecimal digits: names the whole pack.
    async fn sha256(&self) -> String {
        hex::encode(&self.0.sha256)
    }

    /// When it was frozen.
    async fn frozen_at(&self) -> DateTime<Utc> {
        self.0.frozen_at.date_time()
    }

    /// The documents, by number.
    async fn items(&self, ctx: &Context<'_>) -> ApiResult<Vec<EvidenceItem>> {
        let lines = loader::of(ctx).load_one(LinesOf(self.0.id)).await?.unwrap_or_default();
        let item = |line: evidence::Line| EvidenceItem {
            position: line.position,
            name: line.name,
            media_type: line.media_type,
            size: line.size,
            sha256: hex::encode(line.sha256),
        };
        Ok(lines.into_iter().map(item).collect())
    }

    /// A path to the whole pack as one archive; it holds for ten minutes.
    async fn archive(&self, ctx: &Context<'_>) -> EvidenceArchive {
        let app = ctx.app();
        let ticket = evidence::ticket(&app.keys, self.0.id, app.db.now());
        EvidenceArchive { path: format!("/evidence/{}", ticket.name), expires_at: ticket.until.date_time() }
    }
}
