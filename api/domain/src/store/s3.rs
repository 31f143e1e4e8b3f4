//! Files in a store that speaks S3: the clouds' (OSS, COS, OBS, AWS), or `MinIO` and its like.
//!
//! Every request is signed in its address (AWS Signature Version 4) and holds for a minute. The bucket need not be public and should not be.

use std::io;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use http::Method;
use rusty_s3::{Credentials, S3Action, UrlStyle};

use super::{Answer, Object, Store, away};
use crate::web::{Body, Web};

/// How long a signature holds.
const HOLDS: Duration = Duration::from_mins(1);
/// How long the store may take for an answer, and for each part of an object: a request with a picture waits for two of them.
const PATIENCE: Duration = Duration::from_secs(8);

/// A bucket as the settings name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    name: String,
    endpoint: String,
    region: String,
    in_host: bool,
}

/// As whom the store is asked.
#[derive(Clone)]
pub struct Account {
    /// The access key.
    pub key: String,
    /// Its secret.
    pub secret: String,
}

impl Bucket {
    /// Reads `bucket?endpoint=…&region=…&style=…`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, query) = text.split_once('?').unwrap_or((text, ""));
        let mut bucket = Self { name: name.to_owned(), endpoint: String::new(), region: "us-east-1".to_owned(), in_host: false };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match (key.as_ref(), value.as_ref()) {
                ("endpoint", _) => bucket.endpoint = value.into_owned(),
                ("region", _) => bucket.region = value.into_owned(),
                ("style", "path") => bucket.in_host = false,
                ("style", "host") => bucket.in_host = true,
                _ => return Err(format!("QICAI_MEDIA: {key}={value} is not known; a bucket takes endpoint, region and style (path or host)")),
            }
        }
        if name.is_empty() || bucket.endpoint.is_empty() {
            return Err("QICAI_MEDIA must name a bucket and its endpoint: s3://BUCKET?endpoint=https://HOST&region=REGION".to_owned());
        }
        bucket.addressed().map(|_| bucket)
    }

    fn addressed(&self) -> Result<rusty_s3::Bucket, String> {
        let wrong = |reason: &dyn std::fmt::Display| format!("QICAI_MEDIA: the endpoint {} cannot be used: {reason}", self.endpoint);
        let endpoint = self.endpoint.parse().map_err(|error| wrong(&error))?;
        let style = if self.in_host { UrlStyle::VirtualHost } else { UrlStyle::Path };
        rusty_s3::Bucket::new(endpoint, style, self.name.clone(), self.region.clone()).map_err(|error| wrong(&error))
    }
}

/// A bucket that can be asked.
pub struct S3 {
    web: Web,
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
}

impl S3 {
    /// A bucket, asked as `account`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(bucket: &Bucket, account: &Account) -> Result<Self, String> {
        Self::waiting(bucket, account, PATIENCE)
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn waiting(bucket: &Bucket, account: &Account, patience: Duration) -> Result<Self, String> {
        let web = Web::try_new(patience).map_err(|error| format!("the cryptography of this build does not work ({})", error.code.text()))?;
        Ok(Self { web, bucket: bucket.addressed()?, credentials: Credentials::new(account.key.as_str(), account.secret.as_str()) })
    }

    async fn ask(&self, what: &str, method: Method, url: &str, body: Option<Body>) -> crate::error::Result<u16> {
        let reply = self.web.ask(method, url, body).await.map_err(|_| away(what, "no whole answer"))?;
        Ok(reply.status)
    }
}

impl Store for S3 {
    fn put<'a>(&'a self, name: &'a str, media_type: &'a str, bytes: Vec<u8>) -> Answer<'a, ()> {
        async move {
            let mut action = self.bucket.put_object(Some(&self.credentials), name);
            action.headers_mut().insert("content-type", media_type);
            let url = action.sign(HOLDS);
            match self.ask("put", Method::PUT, url.as_str(), Some(Body { media_type: media_type.to_owned(), bytes })).await? {
                200..=299 => Ok(()),
                status => Err(away("put", status)),
            }
        }
        .boxed()
    }

    fn get<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Object>> {
        async move {
            let url = self.bucket.get_object(Some(&self.credentials), name).sign(HOLDS);
            let flow = self.web.flow(url.as_str()).await.map_err(|_| away("get", "no answer"))?;
            match (flow.status, flow.length) {
                (200, Some(length)) => {
                    Ok(Some(Object { length, bytes: flow.bytes.map(|part| part.map_err(|_| io::Error::other("the store broke off"))).boxed() }))
                }
                (404, _) => Ok(None),
                (status, _) => Err(away("get", status)),
            }
        }
        .boxed()
    }

    fn delete<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        async move {
            let url = self.bucket.delete_object(Some(&self.credentials), name).sign(HOLDS);
            match self.ask("delete", Method::DELETE, url.as_str(), None).await? {
                200..=299 | 404 => Ok(()),
                status => Err(away("delete", status)),
            }
        }
        .boxed()
    }

    fn inspect(&self) -> BoxFuture<'_, Result<String, String>> {
        async move {
            let url = self.bucket.head_bucket(Some(&self.credentials)).sign(HOLDS);
            let name = self.bucket.name();
            match self.ask("inspect", Method::HEAD, url.as_str(), None).await.map_err(|_| format!("the store of bucket {name} does not answer"))? {
                200..=299 => Ok(format!("bucket {name} answers")),
                403 => Err(format!("bucket {name} refuses these keys, or the clock of this machine: look at QICAI_MEDIA_KEY and QICAI_MEDIA_SECRET")),
                404 => Err(format!("there is no bucket {name}: make it first")),
                status => Err(format!("bucket {name} answers {status}")),
            }
        }
        .boxed()
    }
}
