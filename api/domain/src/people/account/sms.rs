//! Text messages (短信) with one-time codes, behind one trait: a gateway of the operator's, the log of a developer, or nothing.
//!
//! Invariant: a code is written into a log only by [`Log`], which exists in development alone, and never with the whole phone.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::error::{Code, Result};
use crate::people::account::phone::Phone;
use crate::web::Web;

/// Whoever carries a code to a phone.
pub trait Sms: Send + Sync {
    /// Sends a code.
    ///
    /// # Errors
    /// `UNAVAILABLE` when it could not be handed over, `NOT_OFFERED` without a carrier.
    fn send<'a>(&'a self, phone: &'a Phone, code: &'a str) -> BoxFuture<'a, Result<()>>;
}

/// No carrier: codes are not offered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Off;

impl Sms for Off {
    fn send<'a>(&'a self, _: &'a Phone, _: &'a str) -> BoxFuture<'a, Result<()>> {
        async { Err(Code::NotOffered.into()) }.boxed()
    }
}

/// The log, for the people who build on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log;

impl Sms for Log {
    fn send<'a>(&'a self, phone: &'a Phone, code: &'a str) -> BoxFuture<'a, Result<()>> {
        tracing::warn!(phone = phone.masked(), code, "a one-time code, shown because this is development");
        async { Ok(()) }.boxed()
    }
}

/// A gateway that takes `{"phone", "code", "text"}` by POST with a bearer token and answers 2xx when it will send it.
pub struct Gateway {
    /// Asks it.
    pub web: Web,
    /// Its address.
    pub url: String,
    /// Its token.
    pub token: Option<String>,
}

impl Sms for Gateway {
    fn send<'a>(&'a self, phone: &'a Phone, code: &'a str) -> BoxFuture<'a, Result<()>> {
        async move {
            let text = format!("验证码 {code},5 分钟内有效。请勿告诉他人。");
            let body = json!({ "phone": phone.text(), "code": code, "text": text });
            let reply = self.web.post(&self.url, &body, self.token.as_deref()).await.map_err(|_| Code::Unavailable)?;
            if (200..300).contains(&reply.status) {
                return Ok(());
            }
            tracing::error!(status = reply.status, "the gateway for text messages refuses");
            Err(Code::Unavailable.into())
        }
        .boxed()
    }
}
