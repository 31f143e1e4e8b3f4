//! `/export/…`: what is held of a person, for that person, under a path that still holds.
//!
//! A path is made by `exportMyData`, carries its own seal and holds for minutes, so that a browser or a mini-program can fetch it without a header. Each fetch
//! is paid for, and nothing keeps a copy on the way.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::error::Code;
use domain::insight::personal::archive;

use super::answer::Fault;
use super::http::reader;
use super::{Door, budget, client};

/// What an export costs: it reads most tables.
const COST: u64 = 1_000;

/// `GET /export/{ticket}`
pub async fn archive(request: HttpRequest, name: web::Path<String>, door: web::Data<Door>) -> HttpResponse {
    match packed(&request, &name, &door).await {
        Ok(bytes) => HttpResponse::Ok()
            .content_type("application/zip")
            .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"my-data.zip\""))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(bytes),
        Err(fault) => reader(&request, &door).refuse(fault).response,
    }
}

async fn packed(request: &HttpRequest, name: &str, door: &Door) -> Result<Vec<u8>, Fault> {
    let from = client::of(request, door.settings.proxies);
    door.app.rates.spend(budget::payer(None, from), door.settings.budget, COST).map_err(budget::refusal)?;
    archive::open(&door.app, name).await.map_err(|error| {
        let status = if error.code == Code::NotFound { StatusCode::NOT_FOUND } else { StatusCode::INTERNAL_SERVER_ERROR };
        if error.code != Code::NotFound {
            tracing::error!(code = error.code.text(), source = ?error.source, "an export was not handed out");
        }
        Fault::status(status, error)
    })
}
