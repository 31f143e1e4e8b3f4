//! Asking other servers over HTTP: WeChat, a gateway for text messages, a store of files.
//!
//! Connections are kept and shared. Every question has one end: an answer of bounded size within the time it was given, or [`Away`]. Nothing here
//! runs inside a transaction, and nothing of an address or a body is logged, since both may hold secrets.

use std::fmt::Display;
use std::io::Cursor;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use serde_json::Value;

use crate::error::{Error, Result};

/// Largest answer that is read, in bytes: a picture of a mini-program code has some 200 KiB.
const ANSWER_MAX: usize = 2 << 20;

/// No whole answer came in time. It has been logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away;

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// The media type, without parameters; empty when none was said.
    pub media_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What is sent along.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// An answer whose body may be long.
pub struct Flow {
    /// Status code.
    pub status: u16,
    /// How long the body is, where that was said.
    pub length: Option<u64>,
    /// The body part by part; after [`Away`] nothing follows.
    pub bytes: BoxStream<'static, Result<Bytes, Away>>,
}

/// Asks other servers. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    client: Client<HttpsConnector<HttpConnector>, Full<Cursor<Vec<u8>>>>,
    patience: Duration,
}

impl Web {
    /// A client that waits this long for a whole answer.
    ///
    /// # Errors
    /// When the cryptography of this build does not work.
    pub fn try_new(patience: Duration) -> Result<Self> {
        let connector = HttpsConnectorBuilder::new().with_provider_and_webpki_roots(ring::default_provider()).map_err(Error::internal)?;
        let connector = connector.https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), patience })
    }

    /// Asks with GET.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn get(&self, url: &str) -> Result<Reply, Away> {
        self.send(Request::builder().method(Method::GET).uri(url).body(Full::default())).await
    }

    /// Sends JSON with POST; `bearer` goes into the `Authorization` header.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn post(&self, url: &str, body: &Value, bearer: Option<&str>) -> Result<Reply, Away> {
        let mut request = Request::builder().method(Method::POST).uri(url).header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Full::new(Cursor::new(body.to_string().into_bytes())))).await
    }

    /// Asks with any method.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn ask(&self, method: Method, url: &str, body: Option<Body>) -> Result<Reply, Away> {
        let request = Request::builder().method(method).uri(url);
        self.send(match body {
            Some(body) => request.header(header::CONTENT_TYPE, body.media_type).body(Full::new(Cursor::new(body.bytes))),
            None => request.body(Full::default()),
        })
        .await
    }

    /// Asks with GET for what may be long: the patience is for the beginning of the answer, and anew for each part of it.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn flow(&self, url: &str) -> Result<Flow, Away> {
        let request = Request::builder().method(Method::GET).uri(url).body(Full::default()).map_err(away)?;
        let response = tokio::time::timeout(self.patience, self.client.request(request)).await.map_err(away)?.map_err(away)?;
        let status = response.status().as_u16();
        let length = response.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
        let patience = self.patience;
        let parts = stream::unfold(Some(response.into_body().into_data_stream()), move |rest| async move {
            let mut rest = rest?;
            match tokio::time::timeout(patience, rest.next()).await {
                Ok(None) => None,
                Ok(Some(Ok(part))) => Some((Ok(part), Some(rest))),
                Ok(Some(Err(error))) => Some((Err(away(error)), None)),
                Err(late) => Some((Err(away(late)), None)),
            }
        });
        Ok(Flow { status, length, bytes: parts.boxed() })
    }

    async fn send(&self, request: Result<Request<Full<Cursor<Vec<u8>>>>, http::Error>) -> Result<Reply, Away> {
        let request = request.map_err(away)?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(away)?;
            let status = response.status().as_u16();
            let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let body = Limited::new(response.into_body(), ANSWER_MAX).collect().await.map_err(away)?;
            Ok(Reply { status, media_type, body: body.to_bytes().to_vec() })
        };
        tokio::time::timeout(self.patience, exchange).await.map_err(away)?
    }
}

fn away(error: impl Display) -> Away {
    tracing::warn!(%error, "another server gave no whole answer");
    Away
}

/// An address with parameters, each escaped.
#[must_use]
pub fn address(base: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("{base}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Away, Web, address};

    #[test]
    fn what_people_type_cannot_change_an_address() {
        assert_eq!(address("http://x/y", &[("js_code", "a&secret=b c")]), "http://x/y?js_code=a%26secret%3Db+c");
    }

    #[tokio::test]
    async fn nobody_there_is_told_as_such() {
        let web = Web::try_new(Duration::from_millis(500)).map_err(|error| error.code).expect("a client");
        assert_eq!(web.get("http://127.0.0.1:1/").await.map(|reply| reply.status), Err(Away));
        assert_eq!(web.get("no address").await.map(|reply| reply.status), Err(Away));
    }
}
