//! Certificates outside of GraphQL: the page that a printed code leads to, and the sheet.
//!
//! `/certificates/NUMBER` says to anybody whether a certificate holds, and names nobody. `/certificates/NUMBER.pdf` gives the sheet to its holder and to
//! who keeps the files, with their token. Both are paid for out of the same budget as questions.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::error::{Code, Error};
use domain::recognition::certificate::{self, Standing, Verified};

use super::answer::Fault;
use super::{Door, budget, client, http, run};
use crate::graphql::Caller;

/// What a look at a number costs.
const LOOK: u64 = 5;
/// What a sheet costs: some ten milliseconds of a processor.
const SHEET: u64 = 100;

/// `GET /certificates/{number}`
pub async fn page(request: HttpRequest, door: web::Data<Door>, number: web::Path<String>) -> HttpResponse {
    match look(&request, &door, &number).await {
        Ok(found) => html(StatusCode::OK, &told(&found)),
        Err(fault) if fault.error.code == Code::NotFound => html(StatusCode::NOT_FOUND, "<h1>查无此证明</h1><p>请核对编号。</p>"),
        Err(fault) => http::reader(&request, &door).refuse(fault).response,
    }
}

async fn look(request: &HttpRequest, door: &Door, number: &str) -> Result<Verified, Fault> {
    let from = client::of(request, door.settings.proxies);
    door.app.rates.spend(budget::payer(None, from), door.settings.budget, LOOK).map_err(budget::refusal)?;
    certificate::verify(door.app.db.reader(), number).await.map_err(fault)
}

fn html(status: StatusCode, body: &str) -> HttpResponse {
    let page = format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>志愿服务记录证明核验</title><body>{body}</body></html>"
    );
    HttpResponse::build(status)
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(page)
}

fn told(found: &Verified) -> String {
    let row = &found.row;
    let standing = match found.standing {
        Standing::Valid => "有效",
        Standing::Outdated => "内容已变更,请以新证明为准",
        Standing::Revoked => "已撤销",
    };
    let lines = [
        ("证明编号", row.number.clone()),
        ("核验结果", standing.to_owned()),
        ("出具单位", found.issuer.clone()),
        ("服务期间", format!("{} 至 {}", row.period_from.naive(), row.period_to.naive())),
        ("服务记录", format!("{} 次,{} 分钟", row.records, row.minutes)),
        ("出具日期", row.issued_at.business_date().naive().to_string()),
        ("校验码", hex::encode(&row.digest[..row.digest.len().min(8)])),
    ];
    let lines: String = lines.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value))).collect();
    format!("<h1>志愿服务记录证明核验</h1><dl>{lines}</dl>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// `GET /certificates/{number}.pdf`
pub async fn sheet(request: HttpRequest, door: web::Data<Door>, number: web::Path<String>) -> HttpResponse {
    match draw(&request, &door, &number).await {
        Ok(bytes) => HttpResponse::Ok()
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((CACHE_CONTROL, "private, no-store"))
            .content_type("application/pdf")
            .body(bytes),
        Err(fault) => http::reader(&request, &door).refuse(fault).response,
    }
}

async fn draw(request: &HttpRequest, door: &Door, number: &str) -> Result<Vec<u8>, Fault> {
    let caller = run::caller(door, request.headers()).await;
    let from = client::of(request, door.settings.proxies);
    door.app.rates.spend(budget::payer(caller.as_ref(), from), door.settings.budget, SHEET).map_err(budget::refusal)?;
    let actor = match caller {
        Some(Caller(Ok(actor))) => actor,
        Some(Caller(Err(code))) => return Err(Fault::status(StatusCode::UNAUTHORIZED, code.into())),
        None => return Err(Fault::status(StatusCode::UNAUTHORIZED, Code::Unauthenticated.into())),
    };
    let row = certificate::get_by_number(door.app.db.reader(), &actor, number).await.map_err(fault)?;
    let url = format!("{}/certificates/{}", base(request, door), row.number);
    let drawn = web::block(move || certificate::sheet(&row, &url)).await;
    drawn.map_err(|error| fault(Error::internal(error)))?.map_err(fault)
}

/// What the addresses of this host begin with: as the settings say, else as the request found it.
fn base(request: &HttpRequest, door: &Door) -> String {
    let asked = || request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    door.settings.public_url.as_deref().map_or_else(|| format!("http://{}", asked()), |url| url.trim_end_matches('/').to_owned())
}

fn fault(error: Error) -> Fault {
    let status = match error.code {
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Fault::status(status, error)
}
