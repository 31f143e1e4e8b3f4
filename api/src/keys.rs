//! The secrets of a deployment, all derived from one master secret of 32 bytes.
//!
//! Each purpose has its own key (HKDF-SHA-256 with the purpose as info), so that a value made for one purpose means nothing for another. The
//! database never holds a secret key. Losing the master secret makes sealed phones unreadable and signs everybody out; no points are lost, and what
//! was proved stays proved by the public keys that the database keeps.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use hmac::Mac;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

type HmacSha256 = hmac::Hmac<Sha256>;

/// First byte of a sealed value: which key sealed it.
const SEAL_KEY_ID: u8 = 1;
const NONCE_LEN: usize = 12;

/// What a keyed hash is made for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Looking up a phone without storing it in clear.
    PhoneIndex,
    /// Rotating check-in codes.
    CheckInCode,
    /// Pickup codes of redemptions.
    PickupCode,
    /// One-time codes sent to phones, and invitations: what is short enough to be found by trying.
    OneTimeCode,
    /// Looking up somebody by the ids that WeChat gives.
    WechatIndex,
    /// Finding a person's Party membership without storing who it is.
    PartyMember,
    /// Paths to evidence that hold for a while.
    EvidencePath,
    /// Links to pictures that hold for a while.
    MediaLink,
}

/// Keys of one deployment.
#[derive(Clone)]
pub struct Keys {
    phone_index: [u8; 32],
    check_in: [u8; 32],
    pickup: [u8; 32],
    one_time: [u8; 32],
    wechat_index: [u8; 32],
    party_member: [u8; 32],
    evidence: [u8; 32],
    media: [u8; 32],
    seal: [u8; 32],
    source: Hkdf<Sha256>,
    proof: [u8; 32],
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Keys(..)")
    }
}

impl Keys {
    /// Derives every key from the master secret.
    #[must_use]
    pub fn derive(master: &[u8; 32]) -> Self {
        let source = Hkdf::<Sha256>::new(Some(b"qicai"), master);
        let key = |purpose: &str| expand(&source, purpose);
        Self {
            phone_index: key("phone index 1"),
            check_in: key("check-in code 1"),
            pickup: key("pickup code 1"),
            one_time: key("one-time code 1"),
            wechat_index: key("wechat index 1"),
            party_member: key("party member 1"),
            evidence: key("evidence path 1"),
            media: key("media link 1"),
            seal: key("seal 1"),
            proof: key("proof 1"),
            source,
        }
    }

    /// Seed of the Ed25519 key that signs access tokens under this number, from 1 on.
    #[must_use]
    pub fn token_seed(&self, number: i32) -> [u8; 32] {
        expand(&self.source, &format!("access token {number}"))
    }

    /// Seed of the Ed25519 key that signs sealed blocks of the ledger.
    #[must_use]
    pub fn proof_seed(&self) -> &[u8; 32] {
        &self.proof
    }

    /// HMAC-SHA-256 of `message` under the key of `purpose`.
    #[must_use]
    pub fn hash(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        let key = match purpose {
            Purpose::PhoneIndex => &self.phone_index,
            Purpose::CheckInCode => &self.check_in,
            Purpose::PickupCode => &self.pickup,
            Purpose::OneTimeCode => &self.one_time,
            Purpose::WechatIndex => &self.wechat_index,
            Purpose::PartyMember => &self.party_member,
            Purpose::EvidencePath => &self.evidence,
            Purpose::MediaLink => &self.media,
        };
        let mut mac = <HmacSha256 as KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes any key length"));
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// Seals a value; `place` (table and column) is bound to it, so that it cannot be moved elsewhere.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        fill_random(&mut nonce)?;
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|error| Error::internal(error.to_string()))?;
        Ok([&[SEAL_KEY_ID][..], &nonce, &sealed].concat())
    }

    /// Opens what [`Keys::seal`] sealed for the same place.
    ///
    /// # Errors
    /// When the value was changed, moved, or sealed with another key.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::internal("a sealed value cannot be opened");
        let (id, rest) = sealed.split_first().ok_or_else(broken)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
        if *id != SEAL_KEY_ID {
            return Err(broken());
        }
        self.cipher().decrypt(&Nonce::from(*nonce), Payload { msg: body, aad: place.as_bytes() }).map_err(|_| broken())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.seal.into())
    }
}

/// The key of one purpose.
fn expand(source: &Hkdf<Sha256>, purpose: &str) -> [u8; 32] {
    let mut out = [0; 32];
    source.expand(purpose.as_bytes(), &mut out).unwrap_or_else(|_| unreachable!("32 bytes are within what HKDF gives"));
    out
}

/// SHA-256, for request hashes and stored tokens.
#[must_use]
pub fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// Fills `out` from the system's random source.
///
/// # Errors
/// When there is none.
pub fn fill_random(out: &mut [u8]) -> Result<()> {
    getrandom::fill(out).map_err(|error| Error::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{Keys, Purpose};

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_unchanged() {
        let keys = Keys::derive(&[7; 32]);
        let sealed = keys.seal("account.phone", b"13800138000").expect("sealed");
        assert_eq!(keys.open("account.phone", &sealed).expect("opened"), b"13800138000");
        assert!(keys.open("account.email", &sealed).is_err());
        assert!(Keys::derive(&[8; 32]).open("account.phone", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(keys.open("account.phone", &bent).is_err(), "byte {at}");
        }
        assert_ne!(keys.hash(Purpose::PickupCode, b"x"), keys.hash(Purpose::CheckInCode, b"x"));
    }
}
