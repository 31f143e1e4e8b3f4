//! WeChat over HTTP, as documented at developers.weixin.qq.com.
//!
//! Every answer is JSON with `errcode` (0 or absent when all is well), but for a code to scan, which is a picture or such JSON.

use futures_util::FutureExt;
use serde_json::{Map, Value, json};

use super::{Answer, Api, Fault, FreshToken, Image, Letter, Person, Verdict};
use crate::web::{Away, Reply, Web, address};

/// Where WeChat is.
pub const BASE: &str = "https://api.weixin.qq.com";

/// The real WeChat, or whatever answers like it at another address.
pub struct Http {
    web: Web,
    base: String,
    app_id: String,
    secret: String,
}

impl Http {
    /// A mini-program's access to the WeChat at `base`.
    #[must_use]
    pub fn new(web: Web, base: &str, app_id: String, secret: String) -> Self {
        Self { web, base: base.trim_end_matches('/').to_owned(), app_id, secret }
    }

    fn url(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        address(&format!("{}{path}", self.base), parameters)
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Result<Reply, Fault> {
        self.web.post(&self.url(path, &[("access_token", token)]), body, None).await.map_err(Fault::from)
    }
}

impl From<Away> for Fault {
    fn from(_: Away) -> Self {
        Self::Away
    }
}

impl Api for Http {
    fn person<'a>(&'a self, code: &'a str) -> Answer<'a, Person> {
        async move {
            let parameters = [("appid", self.app_id.as_str()), ("secret", &self.secret), ("js_code", code), ("grant_type", "authorization_code")];
            let said = read(&self.web.get(&self.url("/sns/jscode2session", &parameters)).await?)?;
            // The session key that comes along is dropped here.
            Ok(Person { openid: text(&said, "openid")?, unionid: text(&said, "unionid").ok() })
        }
        .boxed()
    }

    fn token(&self, force: bool) -> Answer<'_, FreshToken> {
        async move {
            let body = json!({ "grant_type": "client_credential", "appid": self.app_id, "secret": self.secret, "force_refresh": force });
            let said = read(&self.web.post(&self.url("/cgi-bin/stable_token", &[]), &body, None).await?)?;
            let seconds = said.get("expires_in").and_then(Value::as_i64).ok_or(Fault::Away)?;
            Ok(FreshToken { token: text(&said, "access_token")?, seconds })
        }
        .boxed()
    }

    fn phone<'a>(&'a self, token: String, code: &'a str) -> Answer<'a, (String, String)> {
        async move {
            let said = read(&self.post("/wxa/business/getuserphonenumber", &token, &json!({ "code": code })).await?)?;
            let info = said.get("phone_info").and_then(Value::as_object).ok_or(Fault::Away)?;
            Ok((text(info, "countryCode")?, text(info, "purePhoneNumber")?))
        }
        .boxed()
    }

    fn send<'a>(&'a self, token: String, letter: &'a Letter) -> Answer<'a, ()> {
        async move {
            let data: Map<String, Value> = letter.fields.iter().map(|(name, value)| (name.clone(), json!({ "value": value }))).collect();
            let mut body = json!({ "touser": letter.openid, "template_id": letter.template_id, "data": data, "lang": "zh_CN" });
            if let Some(page) = &letter.page {
                body["page"] = json!(page);
            }
            read(&self.post("/cgi-bin/message/subscribe/send", &token, &body).await?).map(drop)
        }
        .boxed()
    }

    fn check_text<'a>(&'a self, token: String, openid: &'a str, scene: i32, text: &'a str) -> Answer<'a, Verdict> {
        async move {
            let body = json!({ "version": 2, "openid": openid, "scene": scene, "content": text });
            let said = read(&self.post("/wxa/msg_sec_check", &token, &body).await?)?;
            let suggest = said.get("result").and_then(|result| result.get("suggest")).and_then(Value::as_str).ok_or(Fault::Away)?;
            Ok(Verdict::of(suggest))
        }
        .boxed()
    }

    fn check_image<'a>(&'a self, token: String, openid: &'a str, scene: i32, url: &'a str) -> Answer<'a, String> {
        async move {
            let body = json!({ "version": 2, "openid": openid, "scene": scene, "media_type": 2, "media_url": url });
            text(&read(&self.post("/wxa/media_check_async", &token, &body).await?)?, "trace_id")
        }
        .boxed()
    }

    fn page_code<'a>(&'a self, token: String, page: &'a str, scene: &'a str) -> Answer<'a, Image> {
        async move {
            let body = json!({ "scene": scene, "page": page, "check_path": false });
            let reply = self.post("/wxa/getwxacodeunlimit", &token, &body).await?;
            let picture = reply.body.starts_with(b"\x89PNG") || reply.body.starts_with(b"\xff\xd8\xff");
            if !picture {
                return read(&reply).and(Err(Fault::Away));
            }
            let media_type = if reply.body.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
            Ok(Image { media_type: media_type.to_owned(), bytes: reply.body })
        }
        .boxed()
    }
}

/// The object of an answer, unless it holds an `errcode`.
fn read(reply: &Reply) -> Result<Map<String, Value>, Fault> {
    let Ok(Value::Object(said)) = serde_json::from_slice(&reply.body) else {
        tracing::warn!(status = reply.status, "WeChat answered what cannot be read");
        return Err(Fault::Away);
    };
    match said.get("errcode").and_then(Value::as_i64) {
        None | Some(0) => Ok(said),
        Some(number) => Err(Fault::Refused(number)),
    }
}

fn text(said: &Map<String, Value>, name: &str) -> Result<String, Fault> {
    let found = said.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    found.map(str::to_owned).ok_or(Fault::Away)
}
