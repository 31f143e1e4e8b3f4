//! Access tokens: signed statements of who is signed in on which device, good for fifteen minutes.
//!
//! A JWT (RFC 9068, `typ: at+jwt`) signed with Ed25519; one algorithm, and the key named by its thumbprint ([`token_key`](super::token_key) says which
//! key signs when). Expiry is checked against the program's clock, so that a clock turned by hand moves it too.
//!
//! Invariant: what is verified here was signed here, for this audience, has not run out, and was signed by a key that signs now or did so no longer
//! ago than a token lives.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use entity::id::{AccountId, LoginSessionId};
use entity::time::UtcMicros;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, fill_random};
use crate::people::session::token_crypto;
use crate::people::session::token_key::{self, Turn};

/// How long an access token lives, in seconds.
pub const LIFE_SECONDS: i64 = 15 * 60;

const ISSUER: &str = "qicai";
const AUDIENCE: &str = "qicai-api";
const TYPE: &str = "at+jwt";
/// How far the clocks of two processes may lie apart, in seconds.
const LEEWAY_SECONDS: i64 = 5;
/// Longest text looked at.
const TOKEN_LEN_MAX: usize = 2_048;
/// How often an unknown key makes this process look for newer ones.
const LOOK: Duration = Duration::from_secs(1);

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not signed here for this audience.
    Invalid,
    /// It names a key that this process does not know.
    UnknownKey,
}

/// What a verified token says.
#[derive(Clone, Copy, Debug)]
pub struct Verified {
    /// Who.
    pub account_id: AccountId,
    /// On which device.
    pub login_session_id: LoginSessionId,
    not_before: i64,
    expires: i64,
    /// When its key is believed no longer.
    key_until: Option<UtcMicros>,
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
    /// `TOKEN_EXPIRED`; `TOKEN_INVALID` for one from the future or of a key that was replaced longer ago than a token lives.
    pub fn check(&self, now: UtcMicros) -> Result<(), Code> {
        if now.seconds() >= self.expires + LEEWAY_SECONDS {
            return Err(Code::TokenExpired);
        }
        if self.not_before > now.seconds() + LEEWAY_SECONDS || self.key_until.is_some_and(|until| now >= until) {
            return Err(Code::TokenInvalid);
        }
        Ok(())
    }
}

/// Signs and verifies.
pub struct Tokens {
    keys: Keys,
    /// Those of the current secret, which sign.
    ring: RwLock<Arc<Vec<Signer>>>,
    /// Those of other known secrets, which are only believed.
    others: RwLock<Arc<Vec<Signer>>>,
    looked_at: Mutex<Option<Instant>>,
    validation: Validation,
}

/// One key and its turn.
struct Signer {
    turn: Turn,
    /// When it is believed no longer: a token's life after the next key began to sign.
    until: Option<UtcMicros>,
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    public: Jwk,
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

impl Signer {
    fn try_new(seed: &[u8; 32], turn: Turn, next: Option<Turn>) -> Result<Self> {
        let public = ed25519_dalek::SigningKey::from_bytes(seed).verifying_key();
        let encoding = token_crypto::encoding(seed);
        let mut jwk = Jwk::from_encoding_key(&encoding, Algorithm::EdDSA).map_err(Error::internal)?;
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).map_err(Error::internal)?;
        jwk.common.key_id = Some(thumbprint.clone());
        jwk.common.key_algorithm = Some(KeyAlgorithm::EdDSA);
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(thumbprint);
        let until = next.map(|next| next.signs_from.plus((LIFE_SECONDS + 2 * LEEWAY_SECONDS) * UtcMicros::SECOND));
        Ok(Self { turn, until, encoding, decoding: DecodingKey::from_ed_der(public.as_bytes()), header, public: jwk })
    }
}

impl Tokens {
    /// Makes the first key of the deployment and tries it once.
    ///
    /// # Errors
    /// When the cryptography of this build does not work.
    pub fn try_new(keys: &Keys) -> Result<Self> {
        token_crypto::install();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library knows only the machine's clock; `Verified::check` asks the program's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let tokens = Self { keys: keys.clone(), ring: RwLock::default(), others: RwLock::default(), looked_at: Mutex::default(), validation };
        tokens.set(&[])?;
        let moment = UtcMicros(UtcMicros::DAY);
        let (text, _) = tokens.sign(AccountId::new(moment), LoginSessionId::new(moment), moment)?;
        tokens.verify(&text).map_err(|_| Error::internal("access tokens cannot be verified by this build"))?;
        Ok(tokens)
    }

    /// Takes the turns of the keys, in their order; the first key needs none.
    ///
    /// # Errors
    /// When the cryptography of this build does not work.
    pub fn set(&self, turns: &[Turn]) -> Result<()> {
        let first = [Turn::FIRST];
        let turns = if turns.is_empty() { &first[..] } else { turns };
        let (mut ring, mut others) = (Vec::with_capacity(turns.len()), Vec::new());
        for (at, turn) in turns.iter().enumerate() {
            let next = turns.get(at + 1).copied();
            let mut seeds = self.keys.token_seeds(turn.number).into_iter();
            let current = seeds.next().ok_or_else(|| Error::internal("keys without a current secret"))?;
            ring.push(Signer::try_new(&current, *turn, next)?);
            others.extend(seeds.map(|seed| Signer::try_new(&seed, *turn, next)).collect::<Result<Vec<_>>>()?);
        }
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        *self.others.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(others);
        Ok(())
    }

    /// Reads from the database which keys there are.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn reload(&self, db: &Db) -> Result<()> {
        self.set(&token_key::list(db.reader()).await?)
    }

    /// Whether so much time has passed that newer keys may be looked for again.
    #[must_use]
    pub fn may_look_again(&self) -> bool {
        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        let may = looked_at.is_none_or(|at| at.elapsed() >= LOOK);
        if may {
            *looked_at = Some(Instant::now());
        }
        may
    }

    /// The public keys that tokens may be signed with now or soon (RFC 7517).
    #[must_use]
    pub fn public_keys(&self, now: UtcMicros) -> JwkSet {
        let believed = |signer: &&Signer| signer.until.is_none_or(|until| now < until);
        JwkSet { keys: self.ring().iter().chain(self.others().iter()).filter(believed).map(|signer| signer.public.clone()).collect() }
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
        let ring = self.ring();
        let signer = ring.iter().rev().find(|signer| signer.turn.signs_from <= now).or(ring.first());
        let signer = signer.ok_or_else(|| Error::internal("there is no key to sign with"))?;
        let text = jsonwebtoken::encode(&signer.header, &claims, &signer.encoding).map_err(Error::internal)?;
        Ok((text, UtcMicros(claims.exp * UtcMicros::SECOND)))
    }

    /// Reads a token; whether it has run out is asked of what comes back.
    ///
    /// # Errors
    /// Why it is none.
    pub fn verify(&self, text: &str) -> Result<Verified, Fault> {
        if text.len() > TOKEN_LEN_MAX {
            return Err(Fault::Invalid);
        }
        let header = jsonwebtoken::decode_header(text).map_err(|_| Fault::Invalid)?;
        if header.typ.as_deref() != Some(TYPE) || header.kid.is_none() {
            return Err(Fault::Invalid);
        }
        let (ring, others) = (self.ring(), self.others());
        let signer = ring.iter().chain(others.iter()).find(|signer| signer.header.kid == header.kid).ok_or(Fault::UnknownKey)?;
        let read = jsonwebtoken::decode::<Claims>(text, &signer.decoding, &self.validation).map_err(|_| Fault::Invalid)?;
        Ok(Verified {
            account_id: read.claims.sub.parse().map_err(|_| Fault::Invalid)?,
            login_session_id: read.claims.sid.parse().map_err(|_| Fault::Invalid)?,
            not_before: read.claims.nbf,
            expires: read.claims.exp,
            key_until: signer.until,
        })
    }

    fn ring(&self) -> Arc<Vec<Signer>> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn others(&self) -> Arc<Vec<Signer>> {
        Arc::clone(&self.others.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use entity::id::{AccountId, LoginSessionId};
    use entity::time::UtcMicros;
    use hmac::{Hmac, KeyInit, Mac};
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use sha2::Sha256;

    use super::{AUDIENCE, Claims, Fault, ISSUER, LIFE_SECONDS, Tokens};
    use crate::error::Code;
    use crate::keys::Keys;
    use crate::people::session::token_crypto::encoding;
    use crate::people::session::token_key::Turn;

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

    /// A token signed with HMAC, and our public key for the shared secret.
    fn shared(header: &Header, secret: &[u8]) -> String {
        let part = |json: Vec<u8>| BASE64_URL_SAFE_NO_PAD.encode(json);
        let header = Header { alg: Algorithm::HS256, ..header.clone() };
        let text = format!("{}.{}", part(serde_json::to_vec(&header).expect("json")), part(serde_json::to_vec(&claims()).expect("json")));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key");
        mac.update(text.as_bytes());
        format!("{text}.{}", part(mac.finalize().into_bytes().to_vec()))
    }

    #[test]
    fn nothing_else_passes() {
        let tokens = tokens();
        let ring = tokens.ring();
        let signer = ring.first().expect("a key");
        let sign = |header: &Header, claims: &Claims, key: &EncodingKey| jsonwebtoken::encode(header, claims, key).expect("signed");
        let strange = encoding(&[9; 32]);
        let untyped = Header { typ: Some("JWT".to_owned()), ..signer.header.clone() };
        let unnamed = Header { kid: None, ..signer.header.clone() };
        let bad = [
            String::new(),
            "a.b.c".to_owned(),
            "x".repeat(5_000),
            sign(&signer.header, &claims(), &strange),
            sign(&untyped, &claims(), &signer.encoding),
            sign(&unnamed, &claims(), &signer.encoding),
            shared(&signer.header, signer.decoding.try_get_as_bytes().expect("the public key")),
            sign(&signer.header, &Claims { aud: "other".to_owned(), ..claims() }, &signer.encoding),
            sign(&signer.header, &Claims { iss: "other".to_owned(), ..claims() }, &signer.encoding),
            sign(&signer.header, &Claims { sub: "vol_0".to_owned(), ..claims() }, &signer.encoding),
        ];
        for text in bad {
            assert_eq!(tokens.verify(&text).map(|_| ()), Err(Fault::Invalid), "{text}");
        }
        let foreign = Header { kid: Some("another".to_owned()), ..signer.header.clone() };
        assert_eq!(tokens.verify(&sign(&foreign, &claims(), &signer.encoding)).map(|_| ()), Err(Fault::UnknownKey));
        let good = sign(&signer.header, &claims(), &signer.encoding);
        assert!(tokens.verify(&good).is_ok());
        let stripped = format!("{}.{}.", "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0", good.split('.').nth(1).unwrap_or_default());
        assert!(tokens.verify(&stripped).is_err(), "unsigned");
    }

    #[test]
    fn a_key_that_was_replaced_is_believed_as_long_as_its_tokens_live() {
        let tokens = tokens();
        let sign = |at: UtcMicros| tokens.sign(AccountId::new(at), LoginSessionId::new(at), at).expect("signed").0;
        let before = sign(NOW);
        let next = Turn { number: 2, signs_from: NOW.plus(UtcMicros::MINUTE) };
        tokens.set(&[Turn::FIRST, next]).expect("two keys");
        assert_eq!(tokens.public_keys(NOW).keys.len(), 2, "known before it signs");
        let after = sign(next.signs_from);
        let key = |text: &str| jsonwebtoken::decode_header(text).expect("a header").kid;
        assert_eq!(key(&sign(NOW)), key(&before));
        assert_ne!(key(&after), key(&before));
        assert_eq!(tokens.verify(&before).expect("verified").check(NOW.plus(10 * UtcMicros::MINUTE)), Ok(()));
        // Somebody who keeps the old key signs with it long after.
        let late = NOW.plus(UtcMicros::HOUR);
        let late_claims = Claims { iat: late.seconds(), nbf: late.seconds(), exp: late.seconds() + LIFE_SECONDS, ..claims() };
        let ring = tokens.ring();
        let forged = jsonwebtoken::encode(&ring[0].header, &late_claims, &ring[0].encoding).expect("signed");
        assert_eq!(tokens.verify(&forged).expect("a known key").check(late), Err(Code::TokenInvalid));
        assert_eq!(tokens.public_keys(late).keys.len(), 1);
    }
}
