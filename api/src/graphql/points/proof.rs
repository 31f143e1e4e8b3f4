//! Proof for clients: of a line of the passbook, the chain of a community, the keys.

use std::collections::HashMap;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Description, ID, Object};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::app::App;
use domain::error::Error;
use domain::points::proof::{HASH_LEN, key, read, text};
use entity::id::OperationId;
use entity::{proof_block, proof_key};
use sea_orm::DatabaseConnection;

use crate::connection_of;
use crate::graphql::ContextExt;
use crate::graphql::community::loader::BATCH_DELAY;
use crate::graphql::connection::{args, of};
use crate::graphql::error::ApiResult;
use crate::graphql::id::parse;

/// A sealed block of a community's operations. Its `header` is the JSON object (RFC 8785: names in order, no white space)
/// `{"community","format":"qicai.block.1","keyId","number","previousHash","root","sealedAt","size"}` of these very values, `sealedAt` in microseconds since
/// 1970 UTC. Keep the newest header or hash that you have seen: the chain behind it can then never be changed without your seeing it.
#[derive(Description)]
pub struct ProofBlock(pub proof_block::Model);

#[Object(use_type_description)]
impl ProofBlock {
    /// The community.
    async fn community_id(&self) -> ID {
        self.0.community_id.into()
    }

    /// Place in the community's chain, from 1, without gaps.
    async fn number(&self) -> i64 {
        self.0.number
    }

    /// Hash of the block before, 64 hexadecimal digits; zeros for the first.
    async fn previous_hash(&self) -> String {
        hex::encode(&self.0.previous_hash)
    }

    /// Root of the Merkle tree (RFC 6962, SHA-256) over the block's operations, 64 hexadecimal digits.
    async fn root(&self) -> String {
        hex::encode(&self.0.root)
    }

    /// How many operations it holds, 1 to 256.
    async fn size(&self) -> i32 {
        self.0.size
    }

    /// When it was sealed, to the microsecond.
    async fn sealed_at(&self) -> DateTime<Utc> {
        self.0.sealed_at.date_time()
    }

    /// The key that signed it, one of `proofKeys`.
    async fn key_id(&self) -> &str {
        &self.0.key_id
    }

    /// Ed25519 signature over the bytes of `header`, base64.
    async fn signature(&self) -> String {
        STANDARD.encode(&self.0.signature)
    }

    /// The text that is hashed and signed.
    async fn header(&self) -> ApiResult<String> {
        Ok(text::header(&self.0)?)
    }

    /// SHA-256 of `header`, 64 hexadecimal digits; the next block names it.
    async fn hash(&self) -> ApiResult<String> {
        Ok(hex::encode(text::hash(&text::header(&self.0)?)))
    }
}

connection_of!(ProofBlockPage, ProofBlock, ProofBlockNames, "ProofBlockConnection", "ProofBlockEdge");

/// What shows that an operation of the ledger is what was sealed (存证). To check it: `leaf` is a JSON object (RFC 8785) of the operation with its entries;
/// SHA-256 of a byte 0 and the leaf's bytes, led up along `path` as RFC 6962 §2.1.1 has it, must be the block's `root`; the block's signature must fit its
/// header and key; and the block must stand in the chain that `proofBlocks` gives everybody.
#[derive(Description)]
pub struct Proof(pub read::Proof);

#[Object(use_type_description)]
impl Proof {
    /// The operation with its entries as one text, of format `qicai.operation.1`: ids as in this schema, times in microseconds since 1970 UTC, days as
    /// yyyymmdd; key and reason as SHA-256 of the salt's bytes and the text.
    async fn leaf(&self) -> &str {
        &self.0.leaf
    }

    /// Place among the leaves of the block, from 0.
    async fn leaf_index(&self) -> i32 {
        self.0.leaf_index
    }

    /// The audit path: hashes from the leaf up, 64 hexadecimal digits each, 8 at most.
    async fn path(&self) -> Vec<String> {
        self.0.path.chunks(HASH_LEN).map(hex::encode).collect()
    }

    /// The block.
    async fn block(&self) -> ProofBlock {
        ProofBlock(self.0.block.clone())
    }
}

/// A public key that blocks were signed with, as a JSON Web Key (RFC 7517, RFC 8037).
#[derive(Description)]
pub struct ProofKey(pub proof_key::Model);

#[Object(use_type_description)]
impl ProofKey {
    /// Its name: the thumbprint (RFC 7638).
    async fn kid(&self) -> &str {
        &self.0.key_id
    }

    /// Kind of key: `OKP`.
    async fn kty(&self) -> &'static str {
        "OKP"
    }

    /// Curve: `Ed25519`.
    async fn crv(&self) -> &'static str {
        "Ed25519"
    }

    /// Algorithm: `EdDSA`.
    async fn alg(&self) -> &'static str {
        "EdDSA"
    }

    /// What it is for: `sig`.
    #[graphql(name = "use")]
    async fn purpose(&self) -> &'static str {
        "sig"
    }

    /// The public key, base64url.
    async fn x(&self) -> String {
        key::jwk_x(&self.0.public_key)
    }
}

/// Proofs by operation, in one batch a list.
pub struct ProofLoader(DatabaseConnection);

impl ProofLoader {
    /// A loader for one request.
    #[must_use]
    pub fn new(app: &App) -> DataLoader<Self> {
        DataLoader::new(Self(app.db.reader().clone()), tokio::spawn).delay(BATCH_DELAY)
    }
}

impl Loader<OperationId> for ProofLoader {
    type Value = read::Proof;
    type Error = Error;

    async fn load(&self, keys: &[OperationId]) -> Result<HashMap<OperationId, read::Proof>, Error> {
        read::of_operations(&self.0, keys).await
    }
}

#[derive(Default)]
pub struct ProofQuery;

#[Object]
impl ProofQuery {
    /// The public keys of sealed blocks, oldest first; for everybody, signed in or not.
    async fn proof_keys(&self, ctx: &Context<'_>) -> ApiResult<Vec<ProofKey>> {
        Ok(read::keys(ctx.app().db.reader()).await?.into_iter().map(ProofKey).collect())
    }

    /// The sealed blocks of a community, newest first; for everybody, signed in or not, so that many can keep the heads.
    async fn proof_blocks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The community.")] community_id: ID,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ProofBlockPage> {
        let page = args(first, after, last, before)?;
        let community_id = parse(&community_id, "communityId")?;
        let rows = read::blocks(ctx.app().db.reader(), community_id, &page).await?;
        Ok(of(rows, |row| (row.number, row.id.to_string()), ProofBlock))
    }
}
