//! GraphQL over WebSocket: the protocol `graphql-transport-ws` at `/graphql/ws`, several operations on one connection.
//!
//! A client opens the socket, says `connection_init` with its token as `{"authorization": "Bearer …"}` (or sends the header with the upgrade), waits
//! for `connection_ack`, and subscribes; queries and mutations work as well. [`protocol`] knows the messages, [`connection`] one socket's life.
//!
//! | close code | why |
//! | --- | --- |
//! | 1001 | the program stops; come back to another process |
//! | 1008 | nothing was heard for the time of two pings |
//! | 1009 | a frame of more than 64 KiB, or a message of more than 256 KiB in several frames |
//! | 1013 | too many connections of this process, account or address; try again later |
//! | 4400 | a message that is none of the protocol, or is binary |
//! | 4401 | `subscribe` before `connection_ack` |
//! | 4403 | the token is not valid, has run out, or its session was ended |
//! | 4406 | the client does not speak `graphql-transport-ws` |
//! | 4408 | no `connection_init` in time |
//! | 4409 | a second operation with the id of one that runs |
//! | 4429 | a second `connection_init` |
//!
//! The Origin of the page is not asked for: a token is never sent by a browser of its own accord, as a cookie would be, so a socket that another site
//! opens speaks for nobody.

use actix_web::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::error::Code;

use super::answer::Fault;
use super::live::{Holder, Place};
use super::{Door, client, http, run};

mod connection;
mod protocol;

use connection::Connection;

/// The one protocol spoken.
const PROTOCOL: &str = "graphql-transport-ws";
/// Largest frame, in bytes.
const FRAME_MAX: usize = 64 * 1024;
/// Largest message of several frames, in bytes.
const MESSAGE_MAX: usize = 256 * 1024;

/// `GET /graphql/ws`
pub async fn open(request: HttpRequest, body: web::Payload, door: web::Data<Door>) -> HttpResponse {
    let reader = http::reader(&request, &door);
    let Ok((response, session, messages)) = actix_ws::handle_with_protocols(&request, body, &[PROTOCOL]) else {
        return reader.refuse(Fault::bad(Code::BadRequest.into()).because("this address takes WebSockets only")).response;
    };
    let spoken = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let spoken = spoken.map(str::trim).any(|name| name == PROTOCOL);
    let authorization = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let token = authorization.map(|text| run::token_in(text).unwrap_or_default().into());
    let holder = Holder { token, client: client::of(&request, door.settings.proxies) };
    let place = Place::take(&door, None, holder.client);
    let messages = messages.max_frame_size(FRAME_MAX).aggregate_continuations().max_continuation_size(MESSAGE_MAX);
    let connection = Connection::new(door, reader, holder, session);
    actix_web::rt::spawn(connection.live(messages, spoken, place));
    response
}
