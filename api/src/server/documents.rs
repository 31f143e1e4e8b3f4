//! Documents: parsed, measured and judged once, then kept at hand.
//!
//! A document arrives as text, by the hash of a text sent before (*automatic persisted query*), or by the id of one that was put into the program's
//! *manifest* when a client was built (*trusted document*). A text that was found good is kept, so that the same text is neither parsed nor judged
//! again; what is judged with every request is its variables.
//!
//! Hashes are shared by all processes through Redis; without it a client that asks another process sends its text once more.
//!
//! Invariant: only documents that are good are kept, under the hash of their own text.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::http::StatusCode;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Name, Request};
use domain::error::{Code, Error};
use domain::link::Link;
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::answer::Fault;
use super::metrics::{Metrics, Tally};
use super::params::Params;
use super::shape::Shape;
use super::{limits, usage};
use crate::graphql::Judge;

/// Bytes of text kept at hand, of parsed documents and of hashes each.
const KEPT: u64 = 8 * 1024 * 1024;
/// How long Redis keeps a text nobody asked for.
const SHARED: Duration = Duration::from_hours(24);

/// Characters of an operation's name that are logged and counted by.
const NAME_SHOWN: usize = 80;

/// A SHA-256.
type Hash = [u8; 32];

/// A document that is good.
pub struct Document {
    /// Its parts.
    pub parsed: ExecutableDocument,
    /// Whether it asks for the schema itself.
    pub introspects: bool,
    /// Whether it reads the audit log.
    pub reads_audit_log: bool,
    operations: Vec<Named>,
}

/// An operation of a document that has a name.
struct Named {
    name: Name,
    /// The name as it is told to an operator.
    short: String,
    tally: OnceLock<Tally>,
}

/// An operation of a document that was chosen to run: what its answers are counted and logged by.
#[derive(Clone)]
pub struct Operation {
    document: Arc<Document>,
    /// None for the one operation without a name.
    at: Option<usize>,
}

impl Operation {
    /// The operation of a document by its name.
    pub fn of(document: &Arc<Document>, name: Option<&str>) -> Self {
        let at = document.operations.iter().position(|own| Some(own.name.as_str()) == name);
        Self { document: Arc::clone(document), at }
    }

    fn named(&self) -> Option<&Named> {
        self.document.operations.get(self.at?)
    }

    /// Its name, 80 characters of it at most.
    pub fn name(&self) -> Option<&str> {
        Some(&self.named()?.short)
    }

    /// Where its answers are counted.
    pub fn tally(&self, metrics: &Metrics) -> Option<&Tally> {
        let named = self.named()?;
        Some(named.tally.get_or_init(|| metrics.tally(&named.short)))
    }
}

/// The documents a process has at hand.
pub struct Documents {
    judge: Judge,
    shape: Arc<Shape>,
    good: Cache<Arc<str>, Arc<Document>>,
    by_hash: Cache<Hash, Arc<str>>,
    trusted: HashMap<Hash, Trusted>,
    only_trusted: bool,
}

/// A document of the manifest: judged when it is first asked for, and never let go.
struct Trusted {
    text: Arc<str>,
    good: OnceLock<Arc<Document>>,
}

impl Documents {
    /// `trusted` are the documents of the manifest; with `only_trusted` no others are taken.
    pub fn new(judge: Judge, shape: Arc<Shape>, trusted: &Manifest, only_trusted: bool) -> Self {
        fn kept<K: std::hash::Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>(weigh: fn(&K, &V) -> u32) -> Cache<K, V> {
            Cache::builder().max_capacity(KEPT).weigher(weigh).build()
        }
        Self {
            judge,
            shape,
            good: kept(|text: &Arc<str>, _| weight(text)),
            by_hash: kept(|_, text: &Arc<str>| weight(text)),
            trusted: trusted.0.iter().map(|text| (hash(text), Trusted { text: Arc::clone(text), good: OnceLock::new() })).collect(),
            only_trusted,
        }
    }

    /// The document a request names.
    ///
    /// # Errors
    /// `PERSISTED_QUERY_NOT_FOUND` for a hash nobody has sent the text of, `PERSISTED_QUERY_MISMATCH` when text and hash differ, `NOT_TRUSTED` for a
    /// document that is not in the manifest where only those are taken; whatever is wrong with the document itself.
    pub async fn find(&self, params: &Params, link: Option<&Link>) -> Result<Arc<Document>, Fault> {
        let named = named(params)?;
        let not_trusted = || Fault::status(StatusCode::FORBIDDEN, Code::NotTrusted.into());
        match (&params.query, named) {
            (_, Some(hash)) if self.trusted.contains_key(&hash) => self.trusted(&self.trusted[&hash]).await,
            (Some(text), _) if self.only_trusted => match self.trusted.get(&hash(text)) {
                Some(trusted) => self.trusted(trusted).await,
                None => Err(not_trusted()),
            },
            (None, Some(_)) if self.only_trusted => Err(not_trusted()),
            (Some(text), None) => self.judged(text).await,
            (Some(text), Some(named)) => Box::pin(self.keep(text, named, link)).await,
            (None, Some(named)) => {
                let Some(text) = Box::pin(self.remembered(&named, link)).await else {
                    return Err(Fault::document(Code::PersistedQueryNotFound.into()));
                };
                self.judged(&text).await
            }
            (None, None) => Err(Fault::bad(Error::from(Code::BadRequest).on("query")).because("query must be a string")),
        }
    }

    async fn trusted(&self, trusted: &Trusted) -> Result<Arc<Document>, Fault> {
        if let Some(good) = trusted.good.get() {
            return Ok(Arc::clone(good));
        }
        let document = Box::pin(self.judge(&trusted.text)).await?;
        Ok(Arc::clone(trusted.good.get_or_init(|| document)))
    }

    /// Keeps a text under its hash once it was found good.
    async fn keep(&self, text: &str, named: Hash, link: Option<&Link>) -> Result<Arc<Document>, Fault> {
        if self.by_hash.get(&named).is_some_and(|kept| *kept == *text) {
            return self.judged(text).await;
        }
        if hash(text) != named {
            return Err(Fault::bad(Code::PersistedQueryMismatch.into()));
        }
        let document = self.judged(text).await?;
        self.by_hash.insert(named, Arc::from(text));
        if let Some(link) = link {
            let mut command = redis::cmd("SET");
            command.arg(shared_key(link, &named)).arg(text).arg("EX").arg(SHARED.as_secs());
            // Away is no failure: another process then asks for the text again.
            let _: Result<(), _> = link.ask(&command).await;
        }
        Ok(document)
    }

    /// The text of a hash, from this process or another.
    async fn remembered(&self, named: &Hash, link: Option<&Link>) -> Option<Arc<str>> {
        if let Some(text) = self.by_hash.get(named) {
            return Some(text);
        }
        let link = link?;
        let mut command = redis::cmd("GETEX");
        command.arg(shared_key(link, named)).arg("EX").arg(SHARED.as_secs());
        let text: String = link.ask::<Option<String>>(&command).await.ok()??;
        let text: Arc<str> = text.into();
        // Redis is not believed blindly: whoever can write there must not choose what runs under a hash.
        (hash(&text) == *named).then(|| {
            self.by_hash.insert(*named, Arc::clone(&text));
            text
        })
    }

    /// The parsed document of a text that is good.
    async fn judged(&self, text: &str) -> Result<Arc<Document>, Fault> {
        if let Some(document) = self.good.get(text) {
            return Ok(document);
        }
        let document = Box::pin(self.judge(text)).await?;
        self.good.insert(Arc::from(text), Arc::clone(&document));
        Ok(document)
    }

    async fn judge(&self, text: &str) -> Result<Arc<Document>, Fault> {
        let parsed = limits::parse(text)?;
        let mut request = Request::new(String::new());
        request.set_parsed_query(parsed.clone());
        let errors = self.judge.judge(request).await;
        if !errors.is_empty() {
            return Err(Fault::invalid(errors));
        }
        usage::check(&self.shape, &parsed)?;
        let names = parsed.operations.iter().filter_map(|(name, _)| name.cloned());
        let operations = names.map(|name| Named { short: name.chars().take(NAME_SHOWN).collect(), name, tally: OnceLock::new() }).collect();
        Ok(Arc::new(Document { introspects: limits::introspects(&parsed), reads_audit_log: limits::reads_audit_log(&parsed), operations, parsed }))
    }
}

/// Texts of trusted documents.
#[derive(Clone, Debug, Default)]
pub struct Manifest(Vec<Arc<str>>);

impl Manifest {
    /// Reads a manifest: a JSON object from hash to text, as graphql-codegen writes it (`persisted-documents.json`).
    ///
    /// # Errors
    /// A sentence for the operator: no such file, no such form, or a hash that is not its text's.
    pub fn read(path: &Path) -> Result<Self, String> {
        let told = |what: String| format!("{}: {what}", path.display());
        let bytes = std::fs::read(path).map_err(|error| told(error.to_string()))?;
        let entries: HashMap<String, String> =
            serde_json::from_slice(&bytes).map_err(|error| told(format!("is not a JSON object from hash to document: {error}")))?;
        let checked = entries.into_iter().map(|(id, text)| {
            if from_hex(id.strip_prefix("sha256:").unwrap_or(&id)) == Some(hash(&text)) {
                Ok(text.into())
            } else {
                Err(told(format!("{id} is not the SHA-256 of its document; write the manifest with hashAlgorithm \"sha256\"")))
            }
        });
        checked.collect::<Result<_, _>>().map(Self)
    }

    /// What is wrong with the documents that do not fit the schema.
    pub async fn misfits(&self) -> Vec<String> {
        let judge = Judge::default();
        let mut misfits = Vec::new();
        for text in &self.0 {
            misfits.extend(judge.judge(Request::new(&**text)).await.into_iter().map(|error| error.message));
        }
        misfits
    }
}

/// The hash a request names, in either way of saying it.
fn named(params: &Params) -> Result<Option<Hash>, Fault> {
    let unreadable = |field| Fault::bad(Error::from(Code::BadRequest).on(field));
    if let Some(id) = &params.document_id {
        let hash = id.strip_prefix("sha256:").and_then(from_hex);
        return hash.map(Some).ok_or_else(|| unreadable("documentId").because("documentId must be sha256: and 64 hexadecimal digits"));
    }
    let Some(persisted) = params.extensions.as_ref().and_then(|extensions| extensions.persisted_query.as_ref()) else { return Ok(None) };
    if persisted.version != 1 {
        return Err(unreadable("extensions").because("persistedQuery.version must be 1"));
    }
    let hash = from_hex(&persisted.sha256_hash);
    hash.map(Some).ok_or_else(|| unreadable("extensions").because("persistedQuery.sha256Hash must be 64 hexadecimal digits"))
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

fn from_hex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    hex::decode_to_slice(text, &mut hash).ok().map(|()| hash)
}

fn shared_key(link: &Link, hash: &Hash) -> String {
    format!("{}document:{}", link.prefix(), hex::encode(hash))
}

fn weight(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}
