//! Where files lie that the database does not hold: behind one trait, in a directory or in a store that speaks S3.
//!
//! An *object* has a name of letters, digits, `_` and one `/`, made by this program and never by a client, and is written whole or not at all. Writing
//! one again, or deleting one that is not there, is no failure. Nothing here runs inside a transaction: rows say what is wanted, and are right
//! whatever becomes of the object.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::error::{Code, Error, Result};

mod directory;
mod s3;

pub use directory::Directory;
pub use s3::{Account, S3};

/// An object on its way out.
pub struct Object {
    /// How long it is, in bytes.
    pub length: u64,
    /// The bytes, in order.
    pub bytes: BoxStream<'static, io::Result<Bytes>>,
}

/// What a store gives.
pub type Answer<'a, T> = BoxFuture<'a, Result<T>>;

/// Keeps objects by name. Whatever it does not do is `UNAVAILABLE`, and has been logged.
pub trait Store: Send + Sync {
    /// Keeps an object.
    fn put<'a>(&'a self, name: &'a str, media_type: &'a str, bytes: Vec<u8>) -> Answer<'a, ()>;
    /// Gives an object; nothing when there is none by that name.
    fn get<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Object>>;
    /// Forgets an object.
    fn delete<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;
    /// Whether it can be used, for the operator: what was found, or a sentence about what is wrong.
    fn inspect(&self) -> BoxFuture<'_, std::result::Result<String, String>>;
}

/// Where the settings say that files lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Nowhere.
    Nowhere,
    /// In a directory of this machine.
    Directory(PathBuf),
    /// In a store that speaks S3.
    S3(s3::Bucket),
}

impl Location {
    /// Reads `off`, `dir:/path` or `s3://bucket?endpoint=https://…&region=…&style=host`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        if text == "off" {
            Ok(Self::Nowhere)
        } else if let Some(path) = text.strip_prefix("dir:").filter(|path| !path.is_empty()) {
            Ok(Self::Directory(PathBuf::from(path)))
        } else if let Some(rest) = text.strip_prefix("s3://") {
            s3::Bucket::parse(rest).map(Self::S3)
        } else {
            Err("QICAI_MEDIA must be off, dir:/PATH, or s3://BUCKET?endpoint=https://HOST&region=REGION".to_owned())
        }
    }

    /// The store there; none where there is no place.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(self, account: Option<Account>) -> std::result::Result<Option<Arc<dyn Store>>, String> {
        Ok(match self {
            Self::Nowhere => None,
            Self::Directory(path) => Some(Arc::new(Directory::new(path))),
            Self::S3(bucket) => {
                let account =
                    account.ok_or_else(|| "QICAI_MEDIA names a bucket; QICAI_MEDIA_KEY and QICAI_MEDIA_SECRET must say as whom".to_owned())?;
                Some(Arc::new(S3::open(&bucket, &account)?))
            }
        })
    }
}

/// What is told of a store that did not do as it was asked.
fn away(what: &str, reason: impl std::fmt::Display) -> Error {
    tracing::warn!(what, %reason, "the store of files did not do as it was asked");
    Code::Unavailable.into()
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn a_place_is_read_or_refused_with_a_reason() {
        assert_eq!(Location::parse("off"), Ok(Location::Nowhere));
        assert_eq!(Location::parse("dir:/srv/media"), Ok(Location::Directory("/srv/media".into())));
        assert!(matches!(Location::parse("s3://pictures?endpoint=https://oss.example.cn&region=cn-hangzhou&style=host"), Ok(Location::S3(_))));
        for wrong in
            ["", "dir:", "/srv/media", "s3://", "s3://pictures", "s3://pictures?endpoint=ftp://x&region=y", "s3://p?endpoint=http://x&style=odd"]
        {
            assert!(Location::parse(wrong).is_err(), "{wrong}");
        }
    }
}
