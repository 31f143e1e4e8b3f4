//! Attacks on access and refresh tokens: each is refused with its code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::keys::Keys;
use domain::people::session::token_key::SIGNS_MICROS;
use ed25519_dalek::{Signer, SigningKey};
use entity::time::UtcMicros;
use futures_util::future::join_all;
use serde_json::{Value, json};
use support::app::SECRET;
use support::registered::{self, PASSWORD, resident, send};
use support::{Actor, TestApp, both, http};

const ME: &str = "{ me { accountId } }";

/// Header and claims of a token.
fn parts(token: &str) -> (Value, Value) {
    let part = |at: usize| {
        let text = token.split('.').nth(at).expect("a part");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64")).expect("JSON")
    };
    (part(0), part(1))
}

/// A token of these parts, signed with a key of the deployment or any other.
fn signed(header: &Value, claims: &Value, seed: &[u8; 32]) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = SigningKey::from_bytes(seed).sign(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn changed(value: &Value, name: &str, to: Value) -> Value {
    let mut value = value.clone();
    value[name] = to;
    value
}

async fn sign_in(app: &TestApp, phone: &str) -> (String, String) {
    let input = json!({ "phone": phone, "password": PASSWORD, "device": "x" });
    let answer = send(&Actor::stranger(app), "logIn", "LogInInput", "{ accessToken refreshToken }", input).await.ok();
    (answer.text("logIn.accessToken"), answer.text("logIn.refreshToken"))
}

both! {
    async fn a_token_that_was_not_made_here_is_refused(app: TestApp) {
        let amy = resident(&app, &registered::phone()).await;
        let eve = resident(&app, &registered::phone()).await;
        let token = amy.token().await.expect("a token");
        let (header, claims) = parts(&token);
        let key = Keys::derive(&SECRET).token_seed(1);
        let ask = async |token: &str| Actor::with_token(&app, token).run(ME, json!({})).await;
        ask(&signed(&header, &claims, &key)).await.ok();

        let none = signed(&changed(&header, "alg", json!("none")), &claims, &key);
        let bare = format!("{}.", none.rsplit_once('.').expect("a signature").0);
        let (head, rest) = token.split_once('.').expect("parts");
        let (_, signature) = rest.split_once('.').expect("parts");
        let edited = changed(&changed(&claims, "roles", json!(["ADMIN"])), "sub", json!(eve.account_id));
        let edited = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(edited.to_string()));
        for (what, text) in [
            ("alg none", none),
            ("no signature", bare),
            ("alg none in capitals", signed(&changed(&header, "alg", json!("NONE")), &claims, &key)),
            ("another algorithm", signed(&changed(&header, "alg", json!("HS256")), &claims, &key)),
            ("a foreign kid", signed(&changed(&header, "kid", json!("foreign")), &claims, &key)),
            ("a foreign key", signed(&header, &claims, &[9; 32])),
            ("a key of the next number", signed(&header, &claims, &Keys::derive(&SECRET).token_seed(2))),
            ("another audience", signed(&header, &changed(&claims, "aud", json!("other")), &key)),
            ("another issuer", signed(&header, &changed(&claims, "iss", json!("other")), &key)),
            ("another type", signed(&changed(&header, "typ", json!("JWT")), &claims, &key)),
            ("from the future", signed(&header, &changed(&claims, "nbf", json!(app.now().seconds() + 3_600)), &key)),
            ("claims edited", edited),
        ] {
            assert_eq!(ask(&text).await.code(), "TOKEN_INVALID", "{what}");
        }
        let expired = changed(&claims, "exp", json!(app.now().seconds() - 60));
        assert_eq!(ask(&signed(&header, &expired, &key)).await.code(), "TOKEN_EXPIRED");
        // Even signed by us, a token says who and nothing of what they may do; and a session belongs to one account.
        let bold = changed(&claims, "roles", json!(["ADMIN"]));
        let bold = Actor::with_token(&app, &signed(&header, &bold, &key));
        assert_eq!(bold.run("{ volunteers { edges { node { id } } } }", json!({})).await.code(), "FORBIDDEN");
        let other = changed(&claims, "sub", json!(eve.account_id));
        assert_eq!(ask(&signed(&header, &other, &key)).await.code(), "UNAUTHENTICATED");
    }

    async fn keys_take_turns_and_an_old_one_is_believed_as_long_as_its_tokens_live(app: TestApp) {
        app.deliver().await;
        let phone = registered::phone();
        resident(&app, &phone).await;
        let other = app.another_process(app.redis_url.as_deref()).await;
        app.advance(SIGNS_MICROS);
        app.deliver().await;
        let (old, _) = sign_in(&app, &phone).await;
        let keys = async || {
            let reply = http::send(app.address, "GET", "/.well-known/jwks.json", &[], b"").await;
            assert_eq!(reply.status, 200);
            reply.json()["keys"].as_array().expect("keys").clone()
        };
        let shown = keys().await;
        assert_eq!(shown.len(), 2, "the next key is known before it signs");
        assert!(shown.iter().all(|key| key["kty"] == "OKP" && key["crv"] == "Ed25519" && key["kid"].is_string() && key.get("d").is_none()), "{shown:?}");
        assert_eq!(parts(&old).0["kid"], shown[0]["kid"]);
        app.advance_minutes(1);
        let (new, _) = sign_in(&app, &phone).await;
        assert_eq!(parts(&new).0["kid"], shown[1]["kid"]);
        Actor::with_token(&app, &old).run(ME, json!({})).await.ok();
        other.sessions.actor(&other.db, &new).await.expect("another process learns of the new key when it meets it");

        app.advance_minutes(20);
        assert_eq!(Actor::with_token(&app, &old).run(ME, json!({})).await.code(), "TOKEN_EXPIRED");
        let (header, claims) = parts(&old);
        let now = app.now().seconds();
        let kept = [("iat", now), ("nbf", now), ("exp", now + 900)].iter().fold(claims, |claims, (name, at)| changed(&claims, name, json!(at)));
        let forged = signed(&header, &kept, &Keys::derive(&SECRET).token_seed(1));
        assert_eq!(Actor::with_token(&app, &forged).run(ME, json!({})).await.code(), "TOKEN_INVALID", "the old key no longer signs");
        assert_eq!(keys().await.len(), 1);
    }

    async fn one_refresh_token_used_at_two_processes_has_one_successor(app: TestApp) {
        let phone = registered::phone();
        resident(&app, &phone).await;
        let (_, first) = sign_in(&app, &phone).await;
        let other = app.another_process(app.redis_url.as_deref()).await;
        let refresh = |there: domain::app::App| {
            let first = first.clone();
            async move { domain::people::session::refresh::refresh(&there.db, &there.keys, &there.sessions, &first, "a-request").await.map_err(|error| error.code) }
        };
        let answers = join_all((0..8).map(|at| refresh(if at % 2 == 0 { app.app.clone() } else { other.clone() }))).await;
        let mut next: Vec<String> = answers.into_iter().map(|answer| answer.expect("tokens").refresh_token).collect();
        next.dedup();
        assert_eq!(next.len(), 1);
        app.advance(11 * UtcMicros::SECOND);
        assert!(refresh(other.clone()).await.is_err(), "reuse after the grace");
        let input = json!({ "refreshToken": next[0] });
        assert_eq!(send(&Actor::stranger(&app), "refreshTokens", "RefreshTokensInput", "{ accessToken }", input).await.code(), "TOKEN_INVALID");
    }

    async fn who_came_before_the_parent_gets_nothing(app: TestApp) {
        let phone = registered::phone();
        resident(&app, &phone).await;
        let (_, first) = sign_in(&app, &phone).await;
        let refresh = async |token: &str| send(&Actor::stranger(&app), "refreshTokens", "RefreshTokensInput", "{ refreshToken }", json!({ "refreshToken": token })).await;
        let second = refresh(&first).await.ok().text("refreshTokens.refreshToken");
        let third = refresh(&second).await.ok().text("refreshTokens.refreshToken");
        assert_eq!(refresh(&first).await.code(), "TOKEN_INVALID", "within the grace, but its successor was used");
        assert_eq!(refresh(&third).await.code(), "TOKEN_INVALID", "and the family has ended");
    }
}
