//! Requests with a file, as `wx.uploadFile` makes them, and pictures to send.

use serde_json::{Value, json};

use crate::http::{self, Reply};
use crate::{Actor, Answer};

/// Everything a document says about a picture.
pub const MEDIA: &str = "id state reason mediaType width height bytes decidedAt url thumb: url(variant: THUMB)";
const BOUNDARY: &str = "----WebKitFormBoundaryA1b2C3d4";

/// The operation that sends a picture; `fields` are read of it.
#[must_use]
pub fn operations(key: Option<&str>) -> Value {
    let document = format!("mutation($input: UploadMediaInput!) {{ uploadMedia(input: $input) {{ {MEDIA} }} }}");
    json!({ "query": document, "variables": { "input": { "file": null, "idempotencyKey": key } } })
}

/// One part of a form; a file has a name of its own.
#[must_use]
pub fn part(name: &str, file: Option<&str>, bytes: &[u8]) -> Vec<u8> {
    let named = file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: image/jpeg")).unwrap_or_default();
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{named}\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

/// A form of parts.
#[must_use]
pub fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

/// The three parts that send a file.
#[must_use]
pub fn parts(operations: &Value, file: &[u8]) -> Vec<Vec<u8>> {
    let map = json!({ "file": ["variables.input.file"] });
    vec![
        part("operations", None, operations.to_string().as_bytes()),
        part("map", None, map.to_string().as_bytes()),
        part("file", Some("IMG_0001.jpg"), file),
    ]
}

impl Actor {
    /// Posts a form to the GraphQL endpoint.
    pub async fn post_form(&self, body: &[u8]) -> Reply {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let authorization = self.token().await.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", kind.as_str()), ("accept", "*/*")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        http::send(self.address, "POST", "/graphql", &headers, body).await
    }

    /// Sends a picture.
    pub async fn upload(&self, file: &[u8], key: Option<&str>) -> Answer {
        let operations = operations(key);
        let reply = self.post_form(&form(&parts(&operations, file))).await;
        Answer::of(&reply, &operations["query"].to_string())
    }

    /// Fetches what a link leads to, without a token.
    pub async fn fetch(&self, link: &str) -> Reply {
        http::send(self.address, "GET", link, &[], b"").await
    }
}
