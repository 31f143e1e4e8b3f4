//! WeChat (微信), behind one trait.
//!
//! [`Api`] is what WeChat documents, call by call; [`http`] is the real one, at an address that can be set. [`Wechat`] adds what every call needs: the
//! access token that all processes share ([`token`]), one more try when WeChat says that it has run out, and codes instead of numbers.
//! [`login`] and [`bind`] bring people in, [`message`] sends what they agreed to receive, [`check`] has texts and pictures looked at, [`page_code`]
//! makes codes to scan.
//!
//! Invariant: a session key never leaves [`http`]; openids are stored sealed, and found by a keyed hash. No call is made inside a transaction.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Deserialize;

use crate::db::Db;
use crate::error::{Code, Result};
use crate::keys::Keys;

pub mod bind;
pub mod check;
pub mod format;
pub mod http;
pub mod login;
pub mod message;
pub mod page_code;
pub mod token;

/// Why WeChat gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It answered with this number (errcode).
    Refused(i64),
    /// It gave no answer that can be read.
    Away,
}

/// What a call gives.
pub type Answer<'a, T> = BoxFuture<'a, std::result::Result<T, Fault>>;

/// Who somebody is to a mini-program.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Who to this mini-program.
    pub openid: String,
    /// Who to every application of the same owner, where they are joined.
    pub unionid: Option<String>,
}

/// An access token.
#[derive(Clone)]
pub struct FreshToken {
    /// The token, of 512 characters and more.
    pub token: String,
    /// How long it holds, in seconds.
    pub seconds: i64,
}

/// A message to one person.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To whom.
    pub openid: String,
    /// By which template.
    pub template_id: String,
    /// The page it opens, where it opens one.
    pub page: Option<String>,
    /// Its fields, formatted.
    pub fields: Vec<(String, String)>,
}

/// What WeChat thinks of a text or a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to be seen.
    Pass,
    /// Somebody should look.
    Review,
    /// Not to be shown.
    Risky,
}

impl Verdict {
    /// What WeChat's `suggest` means; an unknown word is for people to look at.
    #[must_use]
    pub fn of(suggest: &str) -> Self {
        match suggest {
            "pass" => Self::Pass,
            "risky" => Self::Risky,
            _ => Self::Review,
        }
    }

    /// What a table keeps; nothing while it was not given.
    #[must_use]
    pub fn kept(text: &str) -> Option<Self> {
        [Self::Pass, Self::Review, Self::Risky].into_iter().find(|verdict| verdict.text() == text)
    }

    /// As the table keeps it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Review => "REVIEW",
            Self::Risky => "RISKY",
        }
    }
}

/// A picture that came back.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What WeChat offers to servers, as it documents it.
pub trait Api: Send + Sync {
    /// `jscode2session`: who stands behind a code of `wx.login`.
    fn person<'a>(&'a self, code: &'a str) -> Answer<'a, Person>;
    /// `stable_token`: the access token, or a new one at once when `force` is set.
    fn token(&self, force: bool) -> Answer<'_, FreshToken>;
    /// `getuserphonenumber`: the phone behind a code of the button, with its country code.
    fn phone<'a>(&'a self, token: String, code: &'a str) -> Answer<'a, (String, String)>;
    /// `message/subscribe/send`.
    fn send<'a>(&'a self, token: String, letter: &'a Letter) -> Answer<'a, ()>;
    /// `msg_sec_check`: what to think of a text.
    fn check_text<'a>(&'a self, token: String, openid: &'a str, scene: i32, text: &'a str) -> Answer<'a, Verdict>;
    /// `media_check_async`: gives the trace id under which the answer will come.
    fn check_image<'a>(&'a self, token: String, openid: &'a str, scene: i32, url: &'a str) -> Answer<'a, String>;
    /// `getwxacodeunlimit`: a code that opens a page.
    fn page_code<'a>(&'a self, token: String, page: &'a str, scene: &'a str) -> Answer<'a, Image>;
}

/// How messages of one kind look in WeChat.
#[derive(Clone, Debug, Deserialize)]
pub struct Template {
    /// Id of the template.
    pub id: String,
    /// The page that opens, where one does.
    pub page: Option<String>,
    /// Which of our words goes into which of its fields, as `thing1` to `title`.
    pub fields: HashMap<String, format::Word>,
}

/// Templates by the kind of message, as `REDEMPTION_CHANGED`.
pub type Templates = HashMap<String, Template>;

/// WeChat as this deployment uses it.
pub struct Wechat {
    /// The mini-program.
    pub app_id: String,
    /// What WeChat signs its messages to us with; none where it sends none.
    pub webhook_token: Option<String>,
    /// Templates of messages.
    pub templates: Templates,
    api: Arc<dyn Api>,
}

impl Wechat {
    /// WeChat behind `api`.
    #[must_use]
    pub fn new(app_id: String, webhook_token: Option<String>, templates: Templates, api: Arc<dyn Api>) -> Self {
        Self { app_id, webhook_token, templates, api }
    }

    /// Makes a call with the shared access token, and once more with another when WeChat no longer takes that one.
    async fn call<'a, T>(&'a self, db: &Db, keys: &Keys, ask: impl Fn(&'a dyn Api, String) -> Answer<'a, T>) -> Result<T, Fault> {
        let held = token::get(db, keys, self).await.map_err(|_| Fault::Away)?;
        match ask(self.api.as_ref(), held.token.clone()).await {
            Err(Fault::Refused(40_001 | 40_014 | 42_001)) => {
                let next = token::replace(db, keys, self, &held).await.map_err(|_| Fault::Away)?;
                ask(self.api.as_ref(), next.token).await
            }
            answer => answer,
        }
    }
}

/// What a client is told of a fault.
#[must_use]
pub fn code_of(fault: Fault) -> Code {
    match fault {
        Fault::Refused(40_029 | 40_163 | 41_008) => Code::WechatCodeInvalid,
        Fault::Refused(45_011) => Code::RateLimited,
        Fault::Refused(40_226 | 87_014) => Code::WechatRefused,
        Fault::Refused(-1 | 45_009) | Fault::Away => Code::Unavailable,
        Fault::Refused(number) => {
            tracing::error!(number, "WeChat refuses what should be in order");
            Code::Unavailable
        }
    }
}
