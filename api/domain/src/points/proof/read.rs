//! What was sealed, as it is read: proofs of operations, the chain of a community, the keys.
//!
//! A leaf is written anew from its rows whenever it is asked for, so a proof holds only as long as the rows are what they were.

use std::collections::{HashMap, HashSet};

use entity::id::{CommunityId, OperationId, ProofBlockId};
use entity::{community, entry, operation, proof_block, proof_key, proof_leaf};
use sea_orm::sea_query::{Query, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::text;
use crate::error::{Code, Result};
use crate::page::{ListOrder, Page, Rows};

/// The proof of an operation.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The leaf, as its rows stand now.
    pub leaf: String,
    /// Its place among the leaves, from 0.
    pub leaf_index: i32,
    /// The audit path: hashes one after another, from the leaf up.
    pub path: Vec<u8>,
    /// The block.
    pub block: proof_block::Model,
}

/// Which operations to read.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// By their ids.
    These(&'a [OperationId]),
    /// Those sealed in some blocks.
    SealedIn(&'a [ProofBlockId]),
}

impl Which<'_> {
    fn holds(self, column: impl ColumnTrait) -> SimpleExpr {
        match self {
            Self::These(ids) => column.is_in(ids.iter().copied()),
            Self::SealedIn(blocks) => {
                let sealed = proof_leaf::Column::BlockId.is_in(blocks.iter().copied());
                column.in_subquery(Query::select().column(proof_leaf::Column::OperationId).from(proof_leaf::Entity).and_where(sealed).to_owned())
            }
        }
    }
}

/// Operations with their entries, both in order of id.
///
/// # Errors
/// When the database cannot be read.
pub async fn operations(connection: &impl ConnectionTrait, which: Which<'_>) -> Result<Vec<(operation::Model, Vec<entry::Model>)>> {
    let query = operation::Entity::find().filter(which.holds(operation::Column::Id)).order_by_asc(operation::Column::Id);
    let operations = query.all(connection).await?;
    let query = entry::Entity::find().filter(which.holds(entry::Column::OperationId)).order_by_asc(entry::Column::Id);
    let mut entries: HashMap<OperationId, Vec<entry::Model>> = HashMap::new();
    for row in query.all(connection).await? {
        entries.entry(row.operation_id).or_default().push(row);
    }
    Ok(operations.into_iter().map(|row| (entries.remove(&row.id).unwrap_or_default(), row)).map(|(entries, row)| (row, entries)).collect())
}

/// Which of some operations are sealed.
///
/// # Errors
/// When the database cannot be read.
pub async fn sealed(connection: &impl ConnectionTrait, ids: &[OperationId]) -> Result<HashSet<OperationId>> {
    let query = proof_leaf::Entity::find().select_only().column(proof_leaf::Column::OperationId);
    let found = query.filter(proof_leaf::Column::OperationId.is_in(ids.iter().copied())).into_tuple::<i64>().all(connection).await?;
    Ok(found.into_iter().map(OperationId).collect())
}

/// The newest block of a community.
///
/// # Errors
/// When the database cannot be read.
pub async fn head(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<Option<proof_block::Model>> {
    let query = proof_block::Entity::find().filter(proof_block::Column::CommunityId.eq(community_id));
    Ok(query.order_by_desc(proof_block::Column::Number).one(connection).await?)
}

/// The proofs of operations; those not sealed yet are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_operations(connection: &impl ConnectionTrait, ids: &[OperationId]) -> Result<HashMap<OperationId, Proof>> {
    let query = proof_leaf::Entity::find().filter(proof_leaf::Column::OperationId.is_in(ids.iter().copied()));
    let leaves: HashMap<OperationId, proof_leaf::Model> = query.all(connection).await?.into_iter().map(|row| (row.operation_id, row)).collect();
    if leaves.is_empty() {
        return Ok(HashMap::new());
    }
    let query = proof_block::Entity::find().filter(proof_block::Column::Id.is_in(leaves.values().map(|leaf| leaf.block_id)));
    let blocks: HashMap<ProofBlockId, proof_block::Model> = query.all(connection).await?.into_iter().map(|row| (row.id, row)).collect();
    let sealed: Vec<OperationId> = leaves.keys().copied().collect();
    let mut proofs = HashMap::with_capacity(leaves.len());
    for (operation, entries) in operations(connection, Which::These(&sealed)).await? {
        let leaf = &leaves[&operation.id];
        let Some(block) = blocks.get(&leaf.block_id).cloned() else { continue };
        let text = text::leaf(&operation, &entries, &leaf.salt)?;
        proofs.insert(operation.id, Proof { leaf: text, leaf_index: leaf.leaf_index, path: leaf.path.clone(), block });
    }
    Ok(proofs)
}

/// A page of a community's chain, newest first. Anybody may read it: it tells no more than how many operations there were when.
///
/// # Errors
/// `NOT_FOUND` for a community that does not exist, `BAD_CURSOR`.
pub async fn blocks(connection: &impl ConnectionTrait, community_id: CommunityId, page: &Page) -> Result<Rows<proof_block::Model>> {
    if community::Entity::find_by_id(community_id).one(connection).await?.is_none() {
        return Err(Code::NotFound.into());
    }
    let query = proof_block::Entity::find().filter(proof_block::Column::CommunityId.eq(community_id));
    let order = ListOrder { key: Some(proof_block::Column::Number), id: proof_block::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, ProofBlockId>(query, order)?.all(connection).await?))
}

/// Every key that blocks were signed with, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn keys(connection: &impl ConnectionTrait) -> Result<Vec<proof_key::Model>> {
    let query = proof_key::Entity::find().order_by_asc(proof_key::Column::CreatedAt);
    Ok(query.order_by_asc(proof_key::Column::KeyId).all(connection).await?)
}
