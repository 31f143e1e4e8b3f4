//! `/.well-known/jwks.json`: the public keys that access tokens are signed with (RFC 7517), for whoever wants to check one without asking us.

use actix_web::{HttpResponse, web};

use super::Door;

/// `GET /.well-known/jwks.json`
pub async fn keys(door: web::Data<Door>) -> HttpResponse {
    let keys = door.app.sessions.tokens().public_keys(door.app.db.now());
    // Shorter than a key is known before it signs.
    HttpResponse::Ok().insert_header(("cache-control", "public, max-age=30")).json(keys)
}
