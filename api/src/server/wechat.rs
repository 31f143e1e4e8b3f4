//! `/wechat/events`: what WeChat tells us by itself.
//!
//! GET proves to WeChat that the address is ours; POST brings the verdict on a picture, as JSON in plain mode. Both must be signed with the token of the
//! settings; the answer is made at once, since WeChat waits five seconds.

use actix_web::{HttpResponse, web};
use domain::people::media;
use domain::people::wechat::{Verdict, Wechat, check};
use serde::Deserialize;

use super::Door;

/// How WeChat signs.
#[derive(Deserialize)]
pub struct Signed {
    signature: String,
    timestamp: String,
    nonce: String,
    echostr: Option<String>,
}

/// A message, as far as it is read.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Event", default)]
    name: String,
    #[serde(default)]
    trace_id: String,
    result: Option<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(default)]
    suggest: String,
}

/// `GET /wechat/events`
pub async fn prove(signed: web::Query<Signed>, door: web::Data<Door>) -> HttpResponse {
    if wechat(&door, &signed).is_none() {
        return HttpResponse::Forbidden().finish();
    }
    // What is echoed is text and nothing else, whatever it says.
    let echo = signed.into_inner().echostr.unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").insert_header(("x-content-type-options", "nosniff")).body(echo)
}

/// `POST /wechat/events`
pub async fn told(signed: web::Query<Signed>, body: web::Bytes, door: web::Data<Door>) -> HttpResponse {
    if wechat(&door, &signed).is_none() {
        return HttpResponse::Forbidden().finish();
    }
    if let Ok(event) = serde_json::from_slice::<Event>(&body)
        && event.name == "wxa_media_check"
        && let Some(outcome) = event.result
        && let Err(error) = media::check::heard(&door.app.db, &event.trace_id, Verdict::of(&outcome.suggest)).await
    {
        tracing::error!(code = error.code.text(), source = ?error.source, "a verdict of WeChat was not kept");
        // Without "success" within five seconds WeChat tells it again, three times at most.
        return HttpResponse::ServiceUnavailable().finish();
    }
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("success")
}

/// WeChat, when it is in the settings with a token and the signature is right.
fn wechat<'a>(door: &'a Door, signed: &Signed) -> Option<&'a Wechat> {
    let wechat = door.app.wechat.as_deref()?;
    let token = wechat.webhook_token.as_deref()?;
    check::is_signed(token, &signed.timestamp, &signed.nonce, &signed.signature).then_some(wechat)
}
