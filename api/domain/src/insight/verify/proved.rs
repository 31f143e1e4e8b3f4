//! Sealed operations, recomputed: every leaf from its rows, every root from the leaves, the chain, the signatures.
//!
//! A leaf that no longer leads to its root along the path that was kept when it was sealed names the operation whose rows were changed; the others of
//! the block still lead there.

use std::collections::HashMap;

use entity::id::{CommunityId, OperationId, ProofBlockId};
use entity::{entry, operation, proof_block, proof_leaf};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Check, rule, tell};
use crate::error::Result;
use crate::points::proof::read::{self, Which};
use crate::points::proof::{HASH_LEN, Tree, key, leads_to_root, text};

/// Blocks read at once.
const BLOCKS: u64 = 20;

type Operations = HashMap<OperationId, (operation::Model, Vec<entry::Model>)>;

struct Audit {
    leaves: Check,
    roots: Check,
    chain: Check,
    signatures: Check,
    /// Number and hash of the last block seen of each community.
    heads: HashMap<CommunityId, (i64, Vec<u8>)>,
    keys: HashMap<String, Vec<u8>>,
}

/// Recomputes everything that was sealed.
pub(super) async fn check(connection: &impl ConnectionTrait) -> Result<[Check; 4]> {
    let mut audit = Audit {
        leaves: rule("a sealed operation and its entries are what was sealed"),
        roots: rule("the root of a block is that of its operations"),
        chain: rule("a community's blocks are numbered without gaps, and each names the one before it"),
        signatures: rule("a block is signed with a key that is kept"),
        heads: HashMap::new(),
        keys: read::keys(connection).await?.into_iter().map(|row| (row.key_id, row.public_key)).collect(),
    };
    let mut after = ProofBlockId(i64::MIN);
    loop {
        let query = proof_block::Entity::find().filter(proof_block::Column::Id.gt(after)).order_by_asc(proof_block::Column::Id);
        let blocks = query.limit(BLOCKS).all(connection).await?;
        let Some(last) = blocks.last() else { break };
        after = last.id;
        let ids: Vec<ProofBlockId> = blocks.iter().map(|block| block.id).collect();
        let query = proof_leaf::Entity::find().filter(proof_leaf::Column::BlockId.is_in(ids.iter().copied()));
        let mut leaves: HashMap<ProofBlockId, Vec<proof_leaf::Model>> = HashMap::new();
        for leaf in query.order_by_asc(proof_leaf::Column::LeafIndex).all(connection).await? {
            leaves.entry(leaf.block_id).or_default().push(leaf);
        }
        let operations = read::operations(connection, Which::SealedIn(&ids)).await?;
        let operations: Operations = operations.into_iter().map(|row| (row.0.id, row)).collect();
        for block in blocks {
            audit.link(&block)?;
            audit.content(&block, &leaves.remove(&block.id).unwrap_or_default(), &operations)?;
        }
    }
    let Audit { leaves, roots, chain, signatures, .. } = audit;
    Ok([leaves, roots, chain, signatures])
}

impl Audit {
    /// The place of a block in its chain, and who signed it.
    fn link(&mut self, block: &proof_block::Model) -> Result<()> {
        let header = text::header(block)?;
        let (number, hash) = self.heads.remove(&block.community_id).unwrap_or_else(|| (0, vec![0; HASH_LEN]));
        self.chain.rows += 1;
        if block.number != number + 1 {
            tell(&mut self.chain, name(block), number + 1, block.number);
        } else if block.previous_hash != hash {
            tell(&mut self.chain, name(block), 1, 0);
        }
        self.heads.insert(block.community_id, (block.number, text::hash(&header).to_vec()));
        self.signatures.rows += 1;
        let signed = self
            .keys
            .get(&block.key_id)
            .is_some_and(|public| key::thumbprint(public) == block.key_id && key::is_signed(public, &header, &block.signature));
        if !signed {
            tell(&mut self.signatures, name(block), 1, 0);
        }
        Ok(())
    }

    /// The leaves of a block, and its root.
    fn content(&mut self, block: &proof_block::Model, leaves: &[proof_leaf::Model], operations: &Operations) -> Result<()> {
        let mut tree = Tree::new();
        for leaf in leaves {
            let text = match operations.get(&leaf.operation_id) {
                Some((operation, entries)) => text::leaf(operation, entries, &leaf.salt)?,
                None => String::new(),
            };
            self.leaves.rows += 1;
            if !leads_to_root(&text, leaf.leaf_index, &leaf.path, &block.root, block.size) {
                let subject = format!("operation {} ({}), leaf {} of {}", leaf.operation_id.0, leaf.operation_id, leaf.leaf_index, name(block));
                tell(&mut self.leaves, subject, 1, 0);
            }
            tree.push(text);
        }
        self.roots.rows += 1;
        let found = i64::try_from(leaves.len()).unwrap_or(i64::MAX);
        if found != i64::from(block.size) {
            tell(&mut self.roots, format!("the leaves of {}", name(block)), block.size.into(), found);
        } else if tree.root().as_bytes()[..] != block.root[..] {
            tell(&mut self.roots, name(block), 1, 0);
        }
        Ok(())
    }
}

fn name(block: &proof_block::Model) -> String {
    format!("block {} of {}", block.number, block.community_id)
}
