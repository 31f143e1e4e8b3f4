//! The door: what it lets in, and how it refuses. Every refusal has its documented code, nothing internal leaks, and the program lives on.

use std::time::{Duration, Instant};

use api::server::Settings;
use serde_json::{Value, json};
use support::http::{self, Reply};
use support::{Actor, TestApp, both};

type Headers<'a> = &'a [(&'a str, &'a str)];

const JSON: (&str, &str) = ("content-type", "application/json");
const STRICT: (&str, &str) = ("accept", "application/graphql-response+json");

/// Numbered texts in a row.
fn each(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect::<Vec<_>>().concat()
}

/// Sends a body to the GraphQL endpoint.
async fn post(app: &TestApp, headers: Headers<'_>, body: &str) -> Reply {
    http::send(app.address, "POST", "/graphql", headers, body.as_bytes()).await
}

/// Sends a document, asking for statuses that tell.
async fn ask(app: &TestApp, document: &str) -> Reply {
    post(app, &[JSON, STRICT], &json!({ "query": document }).to_string()).await
}

/// Checks that a reply is a coded refusal that gives nothing away, and gives its code.
fn refusal(reply: &Reply) -> String {
    let text = reply.text();
    for inside in ["sqlx", "sea_orm", "panicked", "SELECT ", "src/", ".rs:", "postgres", "stack"] {
        assert!(!text.contains(inside), "{inside} leaked: {text}");
    }
    let body = reply.json();
    assert!(body.get("data").is_none(), "{text}");
    let errors = body["errors"].as_array().expect("errors");
    for error in errors {
        assert_eq!(error["extensions"]["requestId"].as_str(), Some(reply.header("x-request-id")), "{text}");
        assert!(error["extensions"]["retryable"].is_boolean(), "{text}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{text}");
    }
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    errors[0]["extensions"]["code"].as_str().expect("a code").to_owned()
}

both! {
    async fn malformed_requests_are_refused_one_by_one(app: TestApp) {
        let plain = ("content-type", "text/plain");
        let german = ("content-type", "application/json; charset=latin1");
        let good = r#"{"query":"{ __typename }"}"#;
        let table: &[(Headers<'_>, &str, u16, &str)] = &[
            (&[JSON], "{\"query\":", 400, "BAD_REQUEST"),
            (&[JSON], "", 400, "BAD_REQUEST"),
            (&[JSON], "\"text\"", 400, "BAD_REQUEST"),
            (&[JSON], r#"[{"query":"{ __typename }"}]"#, 400, "BAD_REQUEST"),
            (&[JSON], r#"{"variables":{}}"#, 400, "BAD_REQUEST"),
            (&[JSON], r#"{"query":7}"#, 400, "BAD_REQUEST"),
            (&[JSON], r#"{"query":"{ __typename }","variables":[]}"#, 400, "BAD_REQUEST"),
            (&[JSON], r#"{"query":"{ __typename }","operationName":{}}"#, 400, "BAD_REQUEST"),
            (&[JSON], r#"{"query":"{ __typename }","extensions":"x"}"#, 400, "BAD_REQUEST"),
            (&[], good, 415, "UNSUPPORTED_MEDIA_TYPE"),
            (&[plain], good, 415, "UNSUPPORTED_MEDIA_TYPE"),
            (&[german], good, 415, "UNSUPPORTED_MEDIA_TYPE"),
            (&[JSON, ("content-encoding", "gzip")], good, 415, "UNSUPPORTED_MEDIA_TYPE"),
            (&[JSON, ("accept", "image/png")], good, 406, "NOT_ACCEPTABLE"),
        ];
        for (headers, body, status, code) in table {
            let reply = post(&app, headers, body).await;
            assert_eq!((reply.status, refusal(&reply).as_str()), (*status, *code), "{headers:?} {body}");
        }
        let reply = post(&app, &[JSON], r#"{"query":"{ __typename }","variables":[]}"#).await;
        assert_eq!(reply.json()["errors"][0]["extensions"]["field"], "variables");
        for headers in [&[JSON][..], &[("content-type", "application/json; charset=UTF-8")]] {
            assert_eq!(post(&app, headers, good).await.json()["data"]["__typename"], "Query");
        }
    }

    async fn wrong_documents_and_variables_are_refused_before_they_run(app: TestApp) {
        let table = [
            ("{ nothingLikeThis }", "BAD_QUERY"),
            ("{ taxonomy { code ", "BAD_QUERY"),
            ("", "BAD_QUERY"),
            ("{ taxonomy(kind: FOO) { code } }", "BAD_INPUT"),
            ("query($id: ID!) { node(id: $id) { id } }", "BAD_INPUT"),
            ("query a { __typename } query b { __typename }", "BAD_QUERY"),
            ("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }", "BAD_QUERY"),
            ("subscription { anything }", "BAD_QUERY"),
        ];
        for (document, code) in table {
            let reply = ask(&app, document).await;
            assert_eq!((reply.status, refusal(&reply).as_str()), (400, code), "{document}");
            let tolerant = post(&app, &[JSON], &json!({ "query": document }).to_string()).await;
            assert_eq!((tolerant.status, refusal(&tolerant).as_str()), (200, code), "application/json never hides behind a proxy's status");
        }
        let reply = ask(&app, "{ taxonomy(kind: FOO) { code } }").await;
        assert_eq!(reply.json()["errors"][0]["extensions"]["field"], "kind");
        let fields = each(50, |at| format!("no{at} "));
        assert_eq!(ask(&app, &format!("{{ taxonomy {{ {fields} }} }}")).await.json()["errors"].as_array().map(Vec::len), Some(20));
    }

    async fn a_page_of_minus_one_is_refused(app: TestApp) {
        let amy = app.member("amy").await;
        for first in [-1, 0, 101, i32::MIN] {
            let answer = amy.run("query($first: Int) { myRedemptions(first: $first) { edges { cursor } } }", json!({ "first": first })).await;
            assert_eq!(answer.code(), "PAGE_SIZE", "{first}");
        }
    }

    async fn costly_documents_are_refused_at_once(app: TestApp) {
        let bomb = each(25, |at| format!("fragment f{at} on Query {{ ...f{0} ...f{0} }} ", at + 1));
        let aliases = each(20_000, |at| format!("a{at}:x "));
        let few_aliases = each(150, |at| format!("a{at}: label "));
        let directives = "@include(if: true) ".repeat(1_000);
        let table = [
            format!("{{ taxonomy(kind: {}{}) {{ code }} }}", "[".repeat(5_000), "]".repeat(5_000)),
            format!("{{ ...f0 }} {bomb} fragment f25 on Query {{ __typename }}"),
            format!("{{ {aliases} }}"),
            format!("{{ taxonomy {{ {few_aliases} }} }}"),
            format!("{{ {} }}", "__typename ".repeat(500)),
            format!("{{ __typename {directives} }}"),
            format!("query {directives} {{ __typename }}"),
            format!("{}{}", "{ taxonomy ".repeat(40), "}".repeat(40)),
        ];
        for document in table {
            let since = Instant::now();
            let reply = ask(&app, &document).await;
            assert_eq!((reply.status, refusal(&reply).as_str()), (400, "QUERY_TOO_COMPLEX"), "{document:.60}");
            assert!(since.elapsed() < Duration::from_secs(1), "{document:.60} took {:?}", since.elapsed());
        }
        let alive = ask(&app, "{ __typename }").await;
        assert_eq!((alive.status, alive.json()["data"]["__typename"].as_str()), (200, Some("Query")));
    }

    async fn a_large_body_is_refused_without_reading_it(app: TestApp) {
        let since = Instant::now();
        let reply = post(&app, &[JSON], &format!("{{\"query\":\"{}\"}}", "x".repeat(10 << 20))).await;
        assert_eq!((reply.status, refusal(&reply).as_str()), (413, "PAYLOAD_TOO_LARGE"));
        assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
        // Without a length, what arrives is counted.
        let mut chunked = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for _ in 0..20 {
            chunked.extend_from_slice(b"8000\r\n");
            chunked.extend(std::iter::repeat_n(b' ', 0x8000));
            chunked.extend_from_slice(b"\r\n");
        }
        let reply = http::send_raw(app.address, &chunked, Duration::from_secs(5)).await;
        assert_eq!((reply.status, refusal(&reply).as_str()), (413, "PAYLOAD_TOO_LARGE"));
    }

    async fn a_body_that_does_not_come_is_not_waited_for(app: TestApp) {
        let hasty = app.another_door(Settings { body_time: Duration::from_millis(100), ..Settings::default() });
        let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"query\":";
        let reply = http::send_raw(hasty, head.as_bytes(), Duration::from_secs(5)).await;
        assert_eq!((reply.status, refusal(&reply).as_str()), (408, "BAD_REQUEST"));
    }

    async fn get_is_for_queries(app: TestApp) {
        let get = async |target: &str| http::send(app.address, "GET", target, &[], b"").await;
        let answered = get("/graphql?query=query+A%28%24x%3A+Boolean%21%29%7B...+%40include%28if%3A+%24x%29%7B__typename%7D%7D&variables=%7B%22x%22%3Atrue%7D&operationName=A").await;
        assert_eq!(answered.json()["data"]["__typename"], "Query", "{}", answered.text());
        let mutation = get("/graphql?query=mutation+%7B__typename%7D").await;
        assert_eq!((mutation.status, refusal(&mutation).as_str(), mutation.header("allow")), (405, "METHOD_NOT_ALLOWED", "POST"));
        for (target, status) in [("/graphql", 400), ("/graphql?query=%7B__typename%7D&variables=7", 400), ("/nowhere", 404), ("/graphql/", 404)] {
            let reply = get(target).await;
            assert_eq!(reply.status, status, "{target}");
            refusal(&reply);
        }
        let put = http::send(app.address, "PUT", "/graphql", &[JSON], b"{}").await;
        assert_eq!((put.status, refusal(&put).as_str(), put.header("allow")), (405, "METHOD_NOT_ALLOWED", "GET, POST"));
    }

    async fn bad_tokens_have_their_codes_and_open_no_field(app: TestApp) {
        let amy = app.member("amy").await;
        let token = amy.token().await.expect("a token");
        let (head, rest) = token.split_once('.').expect("a JWT");
        let (payload, signature) = rest.split_once('.').expect("a JWT");
        // {"alg":"none","typ":"at+jwt"}
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
        let bent = format!("{head}.{payload}.{}{}", if signature.starts_with('A') { "B" } else { "A" }, &signature[1..]);
        let asks = "{ taxonomy { code } }";
        for forged in ["abc", "a.b.c", &format!("{none}.{payload}."), &format!("{none}.{payload}.{signature}"), &bent, &format!("{head}.{payload}.")] {
            assert_eq!(Actor::with_token(&app, forged).run(asks, json!({})).await.code(), "TOKEN_INVALID", "{forged}");
        }
        assert!(Actor::with_token(&app, &token).run(asks, json!({})).await.ok().list("taxonomy").len() > 10);
        app.advance_hours(2);
        assert_eq!(Actor::with_token(&app, &token).run(asks, json!({})).await.code(), "TOKEN_EXPIRED");
        assert_eq!(Actor::stranger(&app).run(asks, json!({})).await.code(), "UNAUTHENTICATED");
        let basic = post(&app, &[JSON, ("authorization", "Basic YTpi")], &json!({ "query": asks }).to_string()).await;
        assert_eq!(basic.json()["errors"][0]["extensions"]["code"], "TOKEN_INVALID");
        amy.run(asks, json!({})).await.ok();
    }

    async fn a_request_can_be_found_by_its_id_and_reads_in_its_language(app: TestApp) {
        let body = json!({ "query": "{ taxonomy { code } }" }).to_string();
        let english = post(&app, &[JSON, ("x-request-id", "balancer-00017"), ("accept-language", "en-GB,zh;q=0.2")], &body).await;
        assert_eq!(english.header("x-request-id"), "balancer-00017");
        let error = &english.json()["errors"][0];
        assert_eq!((&error["message"], &error["extensions"]["requestId"]), (&json!("sign in first"), &json!("balancer-00017")));
        assert_eq!(error["path"], json!(["taxonomy"]));
        let chinese = post(&app, &[JSON, ("x-request-id", "<script>alert(1)</script>")], &body).await;
        assert_eq!(chinese.json()["errors"][0]["message"], "请先登录");
        assert_eq!(chinese.header("x-request-id").len(), 36, "a header that is no id is replaced");
    }

    async fn production_keeps_the_schema_to_itself(app: TestApp) {
        let closed = app.another_door(Settings { development: false, workers: 1, ..Settings::default() });
        let browser = ("accept", "text/html,application/xhtml+xml");
        for document in ["{ __schema { types { name } } }", "{ ...a } fragment a on Query { __type(name: \"Query\") { name } }"] {
            let reply = http::send(closed, "POST", "/graphql", &[JSON, STRICT], json!({ "query": document }).to_string().as_bytes()).await;
            assert_eq!((reply.status, refusal(&reply).as_str()), (400, "BAD_QUERY"), "{document}");
            assert_eq!(ask(&app, document).await.status, 200, "development answers");
        }
        assert_eq!(http::send(closed, "GET", "/graphql", &[browser], b"").await.status, 406);
        assert_eq!(http::send(closed, "GET", "/graphiql/start.js", &[], b"").await.status, 404);
        let page = http::send(app.address, "GET", "/graphql", &[browser], b"").await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(!page.text().contains("//"), "the page names another host");
        let names: Vec<String> = page.text().split('"').filter(|text| text.starts_with("/graphiql/")).map(str::to_owned).collect();
        assert_eq!(names.len(), 6);
        for name in names {
            let file = http::send(app.address, "GET", &name, &[], b"").await;
            assert!(file.status == 200 && !file.body.is_empty(), "{name}");
        }
    }

    async fn a_balancer_learns_how_the_program_is(app: TestApp) {
        assert_eq!(http::send(app.address, "GET", "/livez", &[], b"").await.json(), json!({ "status": "alive" }));
        let ready = http::send(app.address, "GET", "/readyz", &[], b"").await;
        let redis = if app.redis_url.is_some() { Value::Bool(true) } else { Value::Null };
        assert_eq!((ready.status, ready.json()), (200, json!({ "status": "ready", "database": true, "schema": true, "redis": redis })));
    }
}
