//! Evidence packs (评审材料包): what is judged on, frozen when it is handed in.
//!
//! A pack is a list of numbered documents, each with its SHA-256, the same for every reviewer. Its *manifest* is that list as `sha256sum` writes it, and
//! the hash of the manifest is the hash of the pack. It is handed out as one ZIP archive with the manifest in it, under a path that holds for ten
//! minutes ([`Ticket`]); `sha256sum -c SHA256SUMS` checks the unpacked archive without this program.
//!
//! Invariant: rows of a pack are never changed (the tables refuse it), and an archive is only handed out when every hash still fits. A pack about somebody
//! who has left is erased as a whole, documents and hashes alike, and handed out no more.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use entity::evidence_item;
use entity::evidence_pack::{self, Model};
use entity::id::{AccountId, CommunityId, EvidencePackId};
use entity::review_round::SubjectKind;
use entity::time::UtcMicros;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zip::write::SimpleFileOptions;

use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose, sha256};
use crate::tx::Tx;

/// Name of the manifest in the archive.
pub const MANIFEST: &str = "SHA256SUMS";
/// How long a path to an archive holds.
const TICKET_TIME: i64 = 10 * UtcMicros::MINUTE;
/// Most documents of a pack.
const ITEMS_MAX: usize = 99;

/// A document to freeze.
#[derive(Clone, Debug)]
pub struct Document {
    /// Name without number, in characters that every system takes: `proposal.md`.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// The document.
    pub content: Vec<u8>,
}

impl Document {
    /// A text in Markdown.
    #[must_use]
    pub fn markdown(name: &str, text: String) -> Self {
        Self { name: format!("{name}.md"), media_type: "text/markdown; charset=utf-8", content: text.into_bytes() }
    }
}

/// Freezes documents as the next pack of a subject. The caller holds the lock of the subject.
///
/// # Errors
/// When the database refuses.
pub async fn freeze(
    tx: &Tx,
    community_id: CommunityId,
    kind: SubjectKind,
    subject_id: Uuid,
    by: AccountId,
    documents: Vec<Document>,
) -> Result<Model> {
    if documents.is_empty() || documents.len() > ITEMS_MAX {
        return Err(Error::internal("a pack holds 1 to 99 documents"));
    }
    let id = EvidencePackId::new(tx.now);
    let items: Vec<evidence_item::Model> = (1..).zip(documents).map(|(position, document)| item(id, position, document)).collect();
    let last = evidence_pack::Entity::find()
        .filter(evidence_pack::Column::SubjectKind.eq(kind))
        .filter(evidence_pack::Column::SubjectId.eq(subject_id))
        .order_by_desc(evidence_pack::Column::Number)
        .one(&tx.connection)
        .await?;
    let pack = Model {
        id,
        community_id,
        subject_kind: kind,
        subject_id,
        number: last.map_or(1, |last| last.number + 1),
        sha256: sha256(manifest(items.iter().map(|item| (item.sha256.as_slice(), item.name.as_str()))).as_bytes()).to_vec(),
        frozen_by: by,
        frozen_at: tx.now,
    };
    evidence_pack::Entity::insert(pack.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    for item in items {
        evidence_item::Entity::insert(item.into_active_model()).exec_without_returning(&tx.connection).await?;
    }
    Ok(pack)
}

fn item(pack_id: EvidencePackId, position: i32, document: Document) -> evidence_item::Model {
    evidence_item::Model {
        pack_id,
        position,
        name: format!("{position:02}-{}", document.name),
        media_type: document.media_type.to_owned(),
        size: i64::try_from(document.content.len()).unwrap_or(i64::MAX),
        sha256: sha256(&document.content).to_vec(),
        content: document.content,
    }
}

/// The list of hashes and names as `sha256sum` writes it.
fn manifest<'a>(items: impl Iterator<Item = (&'a [u8], &'a str)>) -> String {
    items.fold(String::new(), |mut text, (hash, name)| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}  {name}", hex::encode(hash));
        text
    })
}

/// A line of a pack's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 1, 2, 3 …
    pub position: i32,
    /// Name in the archive.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of the document.
    pub sha256: Vec<u8>,
}

/// The lists of several packs, without their documents.
///
/// # Errors
/// When the database cannot be read.
pub async fn lines_of(connection: &impl ConnectionTrait, ids: &[EvidencePackId]) -> Result<HashMap<EvidencePackId, Vec<Line>>> {
    use evidence_item::Column::{MediaType, Name, PackId, Position, Sha256, Size};
    let rows: Vec<(EvidencePackId, i32, String, String, i64, Vec<u8>)> = evidence_item::Entity::find()
        .select_only()
        .columns([PackId, Position, Name, MediaType, Size, Sha256])
        .filter(PackId.is_in(ids.iter().copied()))
        .order_by_asc(Position)
        .into_tuple()
        .all(connection)
        .await?;
    let mut lists: HashMap<EvidencePackId, Vec<Line>> = HashMap::new();
    for (pack_id, position, name, media_type, size, sha256) in rows {
        lists.entry(pack_id).or_default().push(Line { position, name, media_type, size, sha256 });
    }
    Ok(lists)
}

/// Several packs by their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn packs(connection: &impl ConnectionTrait, ids: &[EvidencePackId]) -> Result<HashMap<EvidencePackId, Model>> {
    let rows = evidence_pack::Entity::find().filter(evidence_pack::Column::Id.is_in(ids.iter().copied())).all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Every pack of a subject, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_subject(connection: &impl ConnectionTrait, kind: SubjectKind, subject_id: Uuid) -> Result<Vec<Model>> {
    let query = evidence_pack::Entity::find().filter(evidence_pack::Column::SubjectKind.eq(kind));
    Ok(query.filter(evidence_pack::Column::SubjectId.eq(subject_id)).order_by_asc(evidence_pack::Column::Number).all(connection).await?)
}

/// How many packs there are, and those of which some hash does not fit any more.
///
/// # Errors
/// When the database cannot be read.
pub async fn audit(connection: &impl ConnectionTrait) -> Result<(i64, Vec<EvidencePackId>)> {
    let (mut count, mut broken, mut last) = (0, Vec::new(), None);
    loop {
        let mut query = evidence_pack::Entity::find().order_by_asc(evidence_pack::Column::Id);
        if let Some(id) = last {
            query = query.filter(evidence_pack::Column::Id.gt::<EvidencePackId>(id));
        }
        // One at a time: a pack may be large.
        let Some(pack) = query.one(connection).await? else { return Ok((count, broken)) };
        count += 1;
        last = Some(pack.id);
        if !fits(&pack, &items(connection, pack.id).await?) {
            broken.push(pack.id);
        }
    }
}

async fn items(connection: &impl ConnectionTrait, id: EvidencePackId) -> Result<Vec<evidence_item::Model>> {
    let query = evidence_item::Entity::find().filter(evidence_item::Column::PackId.eq(id));
    Ok(query.order_by_asc(evidence_item::Column::Position).all(connection).await?)
}

/// Whether what a pack held was erased, because the person it is about is gone.
#[must_use]
pub fn is_erased(pack: &Model) -> bool {
    pack.sha256.is_empty()
}

fn fits(pack: &Model, items: &[evidence_item::Model]) -> bool {
    if is_erased(pack) {
        return items.iter().all(|item| item.content.is_empty() && item.sha256.is_empty());
    }
    let listed = manifest(items.iter().map(|item| (item.sha256.as_slice(), item.name.as_str())));
    sha256(listed.as_bytes()).as_slice() == pack.sha256 && items.iter().all(|item| sha256(&item.content).as_slice() == item.sha256)
}

/// Leave to fetch the archive of a pack for a while: whoever has the path, as long as it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The last part of the path.
    pub name: String,
    /// Until when it holds.
    pub until: UtcMicros,
}

/// What the path ends with, under every known secret.
fn marks(keys: &Keys, pack_id: EvidencePackId, until: i64) -> Vec<Vec<u8>> {
    keys.hashes(Purpose::EvidencePath, format!("{pack_id}.{until}").as_bytes())
}

/// A ticket for a pack; the caller has made sure that whoever gets it may read the pack.
#[must_use]
pub fn ticket(keys: &Keys, pack_id: EvidencePackId, now: UtcMicros) -> Ticket {
    let until = now.plus(TICKET_TIME);
    Ticket { name: format!("{pack_id}.{}.{}.zip", until.0, marks(keys, pack_id, until.0).first().map(hex::encode).unwrap_or_default()), until }
}

/// An archive on its way out.
pub struct Archive {
    /// Name of the file.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The archive that a ticket is for.
///
/// # Errors
/// `NOT_FOUND` for what is no ticket or holds no longer; `EVIDENCE_BROKEN` when a hash does not fit.
pub async fn archive(connection: &impl ConnectionTrait, keys: &Keys, name: &str, now: UtcMicros) -> Result<Archive> {
    let pack_id = redeem(keys, name, now).ok_or(Code::NotFound)?;
    let pack = evidence_pack::Entity::find_by_id(pack_id).one(connection).await?.filter(|pack| !is_erased(pack)).ok_or(Code::NotFound)?;
    let items = items(connection, pack_id).await?;
    if !fits(&pack, &items) {
        return Err(Code::EvidenceBroken.into());
    }
    Ok(Archive { name: format!("{pack_id}.zip"), bytes: packed(&items).map_err(Error::internal)? })
}

fn redeem(keys: &Keys, name: &str, now: UtcMicros) -> Option<EvidencePackId> {
    let mut parts = name.strip_suffix(".zip")?.split('.');
    let (id, until, mac) = (parts.next()?.parse::<EvidencePackId>().ok()?, parts.next()?.parse::<i64>().ok()?, hex::decode(parts.next()?).ok()?);
    let genuine = marks(keys, id, until).iter().any(|mark| bool::from(mark.ct_eq(&mac)));
    (genuine && parts.next().is_none() && until > now.0).then_some(id)
}

/// The documents and their manifest in one archive, the same bytes every time. Stored, not compressed: a pack is a few texts.
fn packed(items: &[evidence_item::Model]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored).unix_permissions(0o644);
    let listed = manifest(items.iter().map(|item| (item.sha256.as_slice(), item.name.as_str())));
    writer.start_file(MANIFEST, options)?;
    writer.write_all(listed.as_bytes())?;
    for item in items {
        writer.start_file(item.name.as_str(), options)?;
        writer.write_all(&item.content)?;
    }
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use entity::id::EvidencePackId;
    use entity::time::UtcMicros;

    use super::{redeem, ticket};
    use crate::keys::Keys;

    #[test]
    fn a_ticket_holds_for_ten_minutes_and_only_as_it_was_made() {
        let (keys, now) = (Keys::derive(&[7; 32]), UtcMicros(1_790_000_000_000_000));
        let id = EvidencePackId::new(now);
        let made = ticket(&keys, id, now);
        assert_eq!(redeem(&keys, &made.name, now.plus(9 * UtcMicros::MINUTE)), Some(id));
        assert_eq!(redeem(&keys, &made.name, now.plus(10 * UtcMicros::MINUTE)), None);
        assert_eq!(redeem(&Keys::derive(&[8; 32]), &made.name, now), None);
        let later = made.name.replace(&made.until.0.to_string(), &made.until.plus(1).0.to_string());
        let other = made.name.replace(&id.to_string(), &EvidencePackId::new(now).to_string());
        for bad in ["", ".zip", "x.zip", later.as_str(), other.as_str(), &made.name.replace(".zip", ""), &made.name.replace(".zip", ".x.zip")] {
            assert_eq!(redeem(&keys, bad, now), None, "{bad}");
        }
    }
}
