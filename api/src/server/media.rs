//! `/media/…`: files of pictures, for whoever has a link that still holds.
//!
//! A link is made by GraphQL for somebody who may see the picture, and carries its own seal, so that an `<image>` can fetch it without a header. The type
//! is what the program has written, a browser is told to believe it, and to do nothing with it but to show it.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, body::SizedStream, web};
use domain::error::{Code, Error, Result};
use domain::people::media::link::{self, Asked};
use domain::people::media::show;
use domain::store::Object;
use serde::Deserialize;

use super::Door;
use super::answer::Fault;
use super::http::reader;

/// The seal of a link.
#[derive(Deserialize)]
pub struct Sealed {
    #[serde(default)]
    exp: String,
    #[serde(default)]
    sig: String,
}

/// `GET /media/{id}/{variant}?exp=…&sig=…`
pub async fn file(request: HttpRequest, path: web::Path<(String, String)>, sealed: web::Query<Sealed>, door: web::Data<Door>) -> HttpResponse {
    match fetch(&door, &path, &sealed).await {
        Ok((media_type, object)) => HttpResponse::Ok()
            .content_type(media_type)
            .insert_header((CONTENT_DISPOSITION, "inline"))
            .insert_header((CACHE_CONTROL, format!("private, max-age={}", link::HOLDS / entity::time::UtcMicros::SECOND)))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"))
            .body(SizedStream::new(object.length, object.bytes)),
        Err(error) => {
            let status = match error.code {
                Code::SignatureInvalid | Code::LinkExpired => StatusCode::FORBIDDEN,
                Code::NotFound | Code::NotOffered => StatusCode::NOT_FOUND,
                Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            if let Some(source) = &error.source {
                tracing::error!(code = error.code.text(), %source, "a picture was not handed out");
            }
            reader(&request, &door).refuse(Fault::status(status, error)).response
        }
    }
}

async fn fetch(door: &Door, (id, variant): &(String, String), sealed: &Sealed) -> Result<(&'static str, Object)> {
    let app = &door.app;
    let store = app.store.as_deref().ok_or_else(|| Error::from(Code::NotOffered))?;
    let asked = Asked { id, variant, until: &sealed.exp, seal: &sealed.sig };
    let (id, variant) = link::redeem(&app.keys, asked, app.db.now())?;
    show(app.db.reader(), store, id, variant).await
}
