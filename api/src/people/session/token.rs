//! Access tokens: signed statements of who is signed in on which device, good for fifteen minutes.
//!
//! A JWT (RFC 9068, `typ: at+jwt`) signed with Ed25519; one algorithm, one key, named by its thumbprint. Expiry is checked against the program's
//! clock, so that a clock turned by hand moves it too.
//!
//! Invariant: what is verified here was signed here, for this audience, and has not run out.

use entity::id::{AccountId, LoginSessionId};
use entity::time::UtcMicros;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::keys::{Keys, fill_random};

/// How long an access token lives, in seconds.
pub const LIFE_SECONDS: i64 = 15 * 60;

const ISSUER: &str = "qicai";
const AUDIENCE: &str = "qicai-api";
const TYPE: &str = "at+jwt";
/// How far the clocks of two processes may lie apart, in seconds.
const LEEWAY_SECONDS: i64 = 5;
/// Longest text looked at.
const TOKEN_LEN_MAX: usize = 2_048;

/// The fixed beginning of a PKCS#8 document that holds an Ed25519 seed (RFC 8410).
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// What a verified token says.
#[derive(Clone, Copy, Debug)]
pub struct Verified {
    /// Who.
    pub account_id: AccountId,
    /// On which device.
    pub login_session_id: LoginSessionId,
    not_before: i64,
    expires: i64,
}

impl Verified {
    /// The moment it runs out, with the leeway for clocks that lie apart.
    #[must_use]
    pub fn until(&self) -> UtcMicros {
        UtcMicros((self.expires + LEEWAY_SECONDS) * UtcMicros::SECOND)
    }

    /// Whether the token holds at `now`.
    ///
    /// # Errors
    /// `TOKEN_EXPIRED`, `TOKEN_INVALID` for one from the future.
    pub fn check(&self, now: UtcMicros) -> Result<(), Code> {
        if now.seconds() >= self.expires + LEEWAY_SECONDS {
            return Err(Code::TokenExpired);
        }
        if self.not_before > now.seconds() + LEEWAY_SECONDS {
            return Err(Code::TokenInvalid);
        }
        Ok(())
    }
}

/// Signs and verifies.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    validation: Validation,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Tokens {
    /// Makes the key pair of the deployment and tries it once.
    ///
    /// # Errors
    /// When the cryptography of this build does not work.
    pub fn try_new(keys: &Keys) -> Result<Self> {
        let seed = keys.token_seed();
        let public = ed25519_dalek::SigningKey::from_bytes(seed).verifying_key();
        let encoding = EncodingKey::from_ed_der(&[&PKCS8_PREFIX[..], seed].concat());
        let thumbprint = Jwk::from_encoding_key(&encoding, Algorithm::EdDSA).and_then(|jwk| jwk.thumbprint(ThumbprintHash::SHA256));
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(thumbprint.map_err(Error::internal)?);
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library knows only the machine's clock; `Verified::check` asks the program's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let tokens = Self { encoding, decoding: DecodingKey::from_ed_der(public.as_bytes()), header, validation };
        let moment = UtcMicros(UtcMicros::DAY);
        let (text, _) = tokens.sign(AccountId::new(moment), LoginSessionId::new(moment), moment)?;
        tokens.verify(&text).map_err(|_| Error::internal("access tokens cannot be verified by this build"))?;
        Ok(tokens)
    }

    /// A token for one device of an account, and when it runs out.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn sign(&self, account_id: AccountId, login_session_id: LoginSessionId, now: UtcMicros) -> Result<(String, UtcMicros)> {
        let mut unique = [0; 16];
        fill_random(&mut unique)?;
        let issued = now.seconds();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: account_id.to_string(),
            sid: login_session_id.to_string(),
            jti: base62::encode(u128::from_be_bytes(unique)),
            iat: issued,
            nbf: issued,
            exp: issued + LIFE_SECONDS,
        };
        let text = jsonwebtoken::encode(&self.header, &claims, &self.encoding).map_err(Error::internal)?;
        Ok((text, UtcMicros(claims.exp * UtcMicros::SECOND)))
    }

    /// Reads a token; whether it has run out is asked of what comes back.
    ///
    /// # Errors
    /// `TOKEN_INVALID` for anything not signed here for this audience.
    pub fn verify(&self, text: &str) -> Result<Verified, Code> {
        if text.len() > TOKEN_LEN_MAX {
            return Err(Code::TokenInvalid);
        }
        let read = jsonwebtoken::decode::<Claims>(text, &self.decoding, &self.validation).map_err(|_| Code::TokenInvalid)?;
        if read.header.typ.as_deref() != Some(TYPE) || read.header.kid != self.header.kid {
            return Err(Code::TokenInvalid);
        }
        Ok(Verified {
            account_id: read.claims.sub.parse().map_err(|_| Code::TokenInvalid)?,
            login_session_id: read.claims.sid.parse().map_err(|_| Code::TokenInvalid)?,
            not_before: read.claims.nbf,
            expires: read.claims.exp,
        })
    }
}

#[cfg(test)]
mod tests {
    use entity::id::{AccountId, LoginSessionId};
    use entity::time::UtcMicros;
    use jsonwebtoken::{Algorithm, EncodingKey, Header};

    use super::{AUDIENCE, Claims, ISSUER, LIFE_SECONDS, PKCS8_PREFIX, TYPE, Tokens};
    use crate::error::Code;
    use crate::keys::Keys;

    const NOW: UtcMicros = UtcMicros(1_790_000_000_000_000);

    fn tokens() -> Tokens {
        Tokens::try_new(&Keys::derive(&[5; 32])).expect("tokens")
    }

    fn claims() -> Claims {
        let (iss, aud) = (ISSUER.to_owned(), AUDIENCE.to_owned());
        let (sub, sid) = (AccountId::new(NOW).to_string(), LoginSessionId::new(NOW).to_string());
        Claims { iss, aud, sub, sid, jti: "1".to_owned(), iat: NOW.seconds(), nbf: NOW.seconds(), exp: NOW.seconds() + LIFE_SECONDS }
    }

    #[test]
    fn a_token_says_who_and_runs_out_by_the_programs_clock() {
        let (account_id, login_session_id) = (AccountId::new(NOW), LoginSessionId::new(NOW));
        let (text, expires_at) = tokens().sign(account_id, login_session_id, NOW).expect("signed");
        let verified = tokens().verify(&text).expect("verified");
        assert_eq!((verified.account_id, verified.login_session_id), (account_id, login_session_id));
        assert_eq!(expires_at, NOW.plus(LIFE_SECONDS * UtcMicros::SECOND));
        assert_eq!(verified.check(NOW), Ok(()));
        assert_eq!(verified.check(expires_at.plus(10 * UtcMicros::SECOND)), Err(Code::TokenExpired));
        assert_eq!(verified.check(NOW.plus(-UtcMicros::MINUTE)), Err(Code::TokenInvalid));
    }

    #[test]
    fn nothing_else_passes() {
        let tokens = tokens();
        let sign = |header: &Header, claims: &Claims, key: &EncodingKey| jsonwebtoken::encode(header, claims, key).expect("signed");
        let strange = EncodingKey::from_ed_der(&[&PKCS8_PREFIX[..], &[9; 32]].concat());
        let untyped = Header { typ: Some("JWT".to_owned()), ..tokens.header.clone() };
        let unnamed = Header { kid: None, ..tokens.header.clone() };
        let shared = Header { alg: Algorithm::HS256, ..tokens.header.clone() };
        let bad = [
            String::new(),
            "a.b.c".to_owned(),
            "x".repeat(5_000),
            sign(&tokens.header, &claims(), &strange),
            sign(&untyped, &claims(), &tokens.encoding),
            sign(&unnamed, &claims(), &tokens.encoding),
            sign(&shared, &claims(), &EncodingKey::from_secret(tokens.decoding.try_get_as_bytes().expect("the public key"))),
            sign(&tokens.header, &Claims { aud: "other".to_owned(), ..claims() }, &tokens.encoding),
            sign(&tokens.header, &Claims { iss: "other".to_owned(), ..claims() }, &tokens.encoding),
            sign(&tokens.header, &Claims { sub: "vol_0".to_owned(), ..claims() }, &tokens.encoding),
        ];
        for text in bad {
            assert_eq!(tokens.verify(&text).map(|_| ()), Err(Code::TokenInvalid), "{text}");
        }
        let good = sign(&tokens.header, &claims(), &tokens.encoding);
        assert!(tokens.verify(&good).is_ok());
        let stripped = format!("{}.{}.", "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0", good.split('.').nth(1).unwrap_or_default());
        assert!(tokens.verify(&stripped).is_err(), "unsigned");
    }

    #[test]
    fn the_type_is_an_access_token() {
        assert_eq!(tokens().header.typ.as_deref(), Some(TYPE));
    }
}
