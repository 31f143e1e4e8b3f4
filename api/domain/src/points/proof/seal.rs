//! Sealing: the operations that have no leaf yet become blocks.
//!
//! A *pass* looks for operations without a leaf. What has waited long enough, or fills a block, is sealed community by community. Everything is read and
//! hashed outside a transaction; the transaction writes the block and its leaves and is over. A pass takes [`TAKE`] operations at most, so that sealing a
//! backlog is never a burden for those who redeem; the next pass goes on.
//!
//! A pass looks above a *floor*, below which an earlier one found nothing, and leaves ten minutes of operations above it for commits that come late. The
//! first pass of a process, and one each hour, looks at everything, so that nothing is missed however late it came.
//!
//! Invariant: two processes that seal at once make no fork and seal nothing twice: the number of a block is taken once, and what is sealed is read after
//! the head was, so whatever was sealed in between has taken the number.
//! Invariant: a process that dies half-way leaves nothing: a block and its leaves are one transaction.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use entity::id::{CommunityId, OperationId, ProofBlockId};
use entity::proof_block;
use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;

use super::key::Notary;
use super::{HASH_LEN, LEAVES_MAX, Tree, read, text};
use crate::db::{Db, sql, tuples};
use crate::error::{Error, Result};
use crate::keys::{Keys, fill_random};

/// How long an operation waits for others to share its block, unless the settings say otherwise.
pub const WAIT: Duration = Duration::from_mins(1);
/// Most operations of a pass.
pub const TAKE: usize = 20 * LEAVES_MAX;
/// How late a commit may come to be found by the very next pass, in microseconds.
const LATE: i64 = 10 * UtcMicros::MINUTE;
/// How often a pass looks at everything, in microseconds.
const SWEEP: i64 = UtcMicros::HOUR;

/// Seals; one for each process.
pub struct Sealer {
    notary: Notary,
    wait: i64,
    seen: Mutex<Seen>,
}

/// What passes have seen.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// No operation up to here was without its leaf.
    floor: i64,
    /// When everything was last looked at.
    swept_at: Option<UtcMicros>,
}

/// An operation without a leaf.
struct Waiting {
    id: OperationId,
    since: UtcMicros,
}

/// A block ready to be written.
struct Draft {
    block: proof_block::Model,
    ids: Vec<OperationId>,
    salts: Vec<u8>,
    tree: Tree,
    header: String,
}

impl Sealer {
    /// A sealer that lets an operation wait so long for others to share its block.
    #[must_use]
    pub fn new(keys: &Keys, wait: Duration) -> Self {
        let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        Self { notary: Notary::new(keys), wait, seen: Mutex::new(Seen { floor: i64::MIN, swept_at: None }) }
    }

    /// Seals what is due, up to [`TAKE`] operations; gives how many.
    ///
    /// # Errors
    /// When the database refuses; what was not sealed waits for the next pass.
    pub async fn pass(&self, db: &Db) -> Result<usize> {
        let now = db.now();
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let sweeps = seen.swept_at.is_none_or(|at| at.plus(SWEEP) <= now);
        let (waiting, all) = waiting(db, if sweeps { i64::MIN } else { seen.floor }).await?;
        let lowest = waiting.values().flatten().map(|operation| operation.id.0).min();
        let mut done = 0;
        for (community_id, operations) in waiting {
            let is_due = !all || operations.len() >= LEAVES_MAX || operations.iter().any(|one| one.since.plus(self.wait) <= now);
            for chunk in operations.chunks(LEAVES_MAX).take_while(|_| is_due) {
                let ids: Vec<OperationId> = chunk.iter().map(|one| one.id).collect();
                done += self.seal(db, community_id, ids).await?;
            }
        }
        if all {
            let floor = last_before(db, now.plus(-LATE)).await?.min(lowest.map_or(i64::MAX, |id| id - 1));
            let swept_at = if sweeps { Some(now) } else { seen.swept_at };
            *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen { floor, swept_at };
        }
        Ok(done)
    }

    /// Seals operations of a community as its next block; gives how many, none when another process was first.
    async fn seal(&self, db: &Db, community_id: CommunityId, ids: Vec<OperationId>) -> Result<usize> {
        let head = read::head(db.reader(), community_id).await?;
        // After the head: see the invariants.
        let sealed = read::sealed(db.reader(), &ids).await?;
        let ids: Vec<OperationId> = ids.into_iter().filter(|id| !sealed.contains(id)).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        let draft = self.draft(db, community_id, head, ids).await?;
        let Some(sealed) = self.write(db, &draft).await? else { return Ok(0) };
        // The head leaves the database here too: whoever keeps the log can hold the chain against it.
        let (number, hash) = (draft.block.number, hex::encode(text::hash(&draft.header)));
        tracing::info!(community = %community_id, number, hash, size = sealed, "a block of the ledger was sealed");
        Ok(sealed)
    }

    async fn draft(&self, db: &Db, community_id: CommunityId, head: Option<proof_block::Model>, ids: Vec<OperationId>) -> Result<Draft> {
        let (number, previous_hash) = match head {
            Some(head) => (head.number + 1, text::hash(&text::header(&head)?).to_vec()),
            None => (1, vec![0; HASH_LEN]),
        };
        let mut salts = vec![0; ids.len() * text::SALT_LEN];
        fill_random(&mut salts)?;
        let mut tree = Tree::new();
        let operations = read::operations(db.reader(), read::Which::These(&ids)).await?;
        let ids: Vec<OperationId> = operations.iter().map(|(operation, _)| operation.id).collect();
        for ((operation, entries), salt) in operations.iter().zip(salts.chunks_exact(text::SALT_LEN)) {
            tree.push(text::leaf(operation, entries, salt)?);
        }
        let mut block = proof_block::Model {
            id: ProofBlockId(0),
            community_id,
            number,
            previous_hash,
            root: tree.root().as_bytes().to_vec(),
            size: i32::try_from(ids.len()).map_err(Error::internal)?,
            sealed_at: db.now(),
            key_id: self.notary.id().to_owned(),
            signature: Vec::new(),
        };
        let header = text::header(&block)?;
        block.signature = self.notary.sign(&header).to_vec();
        Ok(Draft { block, ids, salts, tree, header })
    }

    /// Writes a block with its leaves; `None` when its number is taken.
    async fn write(&self, db: &Db, draft: &Draft) -> Result<Option<usize>> {
        let tx = db.begin().await?;
        let statement = "INSERT INTO proof_key (key_id, public_key, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let values = [self.notary.id().into(), self.notary.public().to_vec().into(), tx.now.into()];
        tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?;
        let block = draft.block.clone();
        let statement = "INSERT INTO proof_block (community_id, number, previous_hash, root, size, sealed_at, key_id, signature) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id";
        let values = [
            block.community_id.into(),
            block.number.into(),
            block.previous_hash.into(),
            block.root.into(),
            block.size.into(),
            block.sealed_at.into(),
            block.key_id.into(),
            block.signature.into(),
        ];
        let Some(row) = tx.connection.query_one_raw(sql(&tx.connection, statement, values)).await? else { return Ok(None) };
        let block_id: i64 = row.try_get("", "id")?;
        let mut values = Vec::with_capacity(draft.ids.len() * 5);
        for (at, (id, salt)) in draft.ids.iter().zip(draft.salts.chunks_exact(text::SALT_LEN)).enumerate() {
            let index = i32::try_from(at).map_err(Error::internal)?;
            let path = draft.tree.prove_inclusion(at).as_bytes().to_vec();
            values.extend([(*id).into(), block_id.into(), index.into(), salt.to_vec().into(), path.into()]);
        }
        let statement = format!("INSERT INTO proof_leaf (operation_id, block_id, leaf_index, salt, path) VALUES {}", tuples(draft.ids.len(), 5));
        tx.connection.execute_raw(sql(&tx.connection, &statement, values)).await?;
        tx.commit().await?;
        Ok(Some(draft.ids.len()))
    }
}

/// The operations above `floor` that have no leaf, community by community in order of id, [`TAKE`] at most; and whether these are all.
async fn waiting(db: &Db, floor: i64) -> Result<(BTreeMap<CommunityId, Vec<Waiting>>, bool)> {
    // The floor stands in both places, or the database would go through the leaves from the first one on.
    let statement = "SELECT o.id, o.community_id, o.created_at FROM operation o WHERE o.id > $1 AND NOT EXISTS \
                     (SELECT 1 FROM proof_leaf l WHERE l.operation_id = o.id AND l.operation_id > $1) ORDER BY o.id LIMIT $2";
    let limit = i64::try_from(TAKE).unwrap_or(i64::MAX);
    let rows = db.reader().query_all_raw(sql(db.reader(), statement, [floor.into(), limit.into()])).await?;
    let all = rows.len() < TAKE;
    let mut waiting: BTreeMap<CommunityId, Vec<Waiting>> = BTreeMap::new();
    for row in rows {
        let operation = Waiting { id: OperationId(row.try_get("", "id")?), since: row.try_get("", "created_at")? };
        waiting.entry(row.try_get("", "community_id")?).or_default().push(operation);
    }
    Ok((waiting, all))
}

/// The last operation that was begun before a moment; below all when there is none.
async fn last_before(db: &Db, moment: UtcMicros) -> Result<i64> {
    let statement = "SELECT id FROM operation WHERE created_at <= $1 ORDER BY id DESC LIMIT 1";
    let row = db.reader().query_one_raw(sql(db.reader(), statement, [moment.into()])).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?.unwrap_or(i64::MIN))
}
