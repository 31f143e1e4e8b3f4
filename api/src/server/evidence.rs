//! `/evidence/…`: archives of evidence packs, for whoever has a path that still holds.
//!
//! A path is made by GraphQL for somebody who may read the pack, carries its own seal and holds for minutes, so that a browser or a mini-program can
//! fetch it without a header. Nothing keeps a copy on the way.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::error::Code;
use domain::exchange::review::evidence;

use super::Door;
use super::answer::Fault;
use super::http::reader;

/// `GET /evidence/{ticket}`
pub async fn archive(request: HttpRequest, name: web::Path<String>, door: web::Data<Door>) -> HttpResponse {
    let app = &door.app;
    match evidence::archive(app.db.reader(), &app.keys, &name, app.db.now()).await {
        Ok(archive) => HttpResponse::Ok()
            .content_type("application/zip")
            .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", archive.name)))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(archive.bytes),
        Err(error) => {
            let status = if error.code == Code::NotFound { StatusCode::NOT_FOUND } else { StatusCode::INTERNAL_SERVER_ERROR };
            if error.code != Code::NotFound {
                tracing::error!(code = error.code.text(), source = ?error.source, "an evidence archive was not handed out");
            }
            reader(&request, &door).refuse(Fault::status(status, error)).response
        }
    }
}
