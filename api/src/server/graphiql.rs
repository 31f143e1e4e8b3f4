//! GraphiQL in development, out of this program alone: no other host is ever asked.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};

use super::{Door, http};

const PAGE: &str = include_str!("../../assets/graphiql/index.html");

/// A file of the page.
struct Asset {
    name: &'static str,
    kind: &'static str,
    compressed: bool,
    bytes: &'static [u8],
}

const ASSETS: &[Asset] = &[
    Asset { name: "react.min.js", kind: SCRIPT, compressed: true, bytes: include_bytes!("../../assets/graphiql/react.min.js.gz") },
    Asset { name: "react-dom.min.js", kind: SCRIPT, compressed: true, bytes: include_bytes!("../../assets/graphiql/react-dom.min.js.gz") },
    Asset { name: "graphiql.min.js", kind: SCRIPT, compressed: true, bytes: include_bytes!("../../assets/graphiql/graphiql.min.js.gz") },
    Asset { name: "graphiql.min.css", kind: STYLE, compressed: true, bytes: include_bytes!("../../assets/graphiql/graphiql.min.css.gz") },
    Asset { name: "start.js", kind: SCRIPT, compressed: false, bytes: include_bytes!("../../assets/graphiql/start.js") },
    Asset { name: "page.css", kind: STYLE, compressed: false, bytes: include_bytes!("../../assets/graphiql/page.css") },
];

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The page. Its policy lets the browser load nothing from elsewhere.
pub fn page() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
        ))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(PAGE)
}

/// A file the page asks for.
pub async fn file(request: HttpRequest, door: web::Data<Door>, name: web::Path<String>) -> HttpResponse {
    let found = ASSETS.iter().find(|asset| asset.name == name.as_str()).filter(|_| door.settings.development);
    let Some(asset) = found else { return http::no_such_path(request, door).await };
    let mut response = HttpResponse::Ok();
    response.content_type(asset.kind).insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff")).insert_header((CACHE_CONTROL, "public, max-age=86400"));
    if asset.compressed {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    response.body(asset.bytes)
}
