//! The secrets of a deployment, all derived from master secrets of 32 bytes.
//!
//! A master secret has a number. One is *current*: it seals, hashes and signs. Others, given beside it, open what they sealed and find what they hashed,
//! until `qicai reseal` has brought everything under the current one and they may be dropped. A sealed value begins with the number of its secret; a
//! keyed hash does not, but stands in a row with a sealed value, and the two are always made together.
//!
//! Each purpose has its own key (HKDF-SHA-256 with the purpose as info), so that a value made for one purpose means nothing for another. The
//! database never holds a secret key. Losing a master secret makes what it sealed unreadable and signs everybody out; no points are lost, and what
//! was proved stays proved by the public keys that the database keeps.
//!
//! After a change of the current secret: access tokens of any known secret are believed until they run out; blocks of the ledger are signed by a new key,
//! whose public half joins those before it; check-in codes and tickets hold under every known secret; one-time codes that are under way are asked for again.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use hmac::Mac;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

type HmacSha256 = hmac::Hmac<Sha256>;

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
    /// Knowing an identity number again without storing it in clear.
    IdentityIndex,
    /// Paths to evidence that hold for a while.
    EvidencePath,
    /// Links to pictures that hold for a while.
    MediaLink,
}

/// A master secret and its number, from 1 on.
#[derive(Clone)]
pub struct Master {
    /// Which one it is; first byte of what it seals.
    pub number: u8,
    /// The secret.
    pub secret: [u8; 32],
}

/// Keys of one deployment.
#[derive(Clone)]
pub struct Keys {
    /// The current one first.
    rings: Vec<Ring>,
}

/// What is derived from one master secret.
#[derive(Clone)]
struct Ring {
    number: u8,
    phone_index: [u8; 32],
    check_in: [u8; 32],
    pickup: [u8; 32],
    one_time: [u8; 32],
    wechat_index: [u8; 32],
    party_member: [u8; 32],
    identity_index: [u8; 32],
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

impl Ring {
    fn derive(master: &Master) -> Self {
        let source = Hkdf::<Sha256>::new(Some(b"qicai"), &master.secret);
        let key = |purpose: &str| expand(&source, purpose);
        Self {
            number: master.number,
            phone_index: key("phone index 1"),
            check_in: key("check-in code 1"),
            pickup: key("pickup code 1"),
            one_time: key("one-time code 1"),
            wechat_index: key("wechat index 1"),
            party_member: key("party member 1"),
            identity_index: key("identity index 1"),
            evidence: key("evidence path 1"),
            media: key("media link 1"),
            seal: key("seal 1"),
            proof: key("proof 1"),
            source,
        }
    }

    fn hash(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        let key = match purpose {
            Purpose::PhoneIndex => &self.phone_index,
            Purpose::CheckInCode => &self.check_in,
            Purpose::PickupCode => &self.pickup,
            Purpose::OneTimeCode => &self.one_time,
            Purpose::WechatIndex => &self.wechat_index,
            Purpose::PartyMember => &self.party_member,
            Purpose::IdentityIndex => &self.identity_index,
            Purpose::EvidencePath => &self.evidence,
            Purpose::MediaLink => &self.media,
        };
        let mut mac = <HmacSha256 as KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes any key length"));
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.seal.into())
    }
}

impl Keys {
    /// Derives every key from one master secret, number 1.
    #[must_use]
    pub fn derive(master: &[u8; 32]) -> Self {
        Self::of(&Master { number: 1, secret: *master }, &[])
    }

    /// Derives every key from the current master secret, and those that others need from theirs.
    #[must_use]
    pub fn of(current: &Master, others: &[Master]) -> Self {
        Self { rings: std::iter::once(current).chain(others).map(Ring::derive).collect() }
    }

    /// The number of the current secret.
    #[must_use]
    pub fn number(&self) -> u8 {
        self.current().number
    }

    /// The numbers of the known secrets, the current one first.
    pub fn numbers(&self) -> impl Iterator<Item = u8> + '_ {
        self.rings.iter().map(|ring| ring.number)
    }

    /// What tells whether a secret is the one that was known by its number before: each known secret's number and value.
    pub fn check_values(&self) -> impl Iterator<Item = (u8, [u8; 32])> + '_ {
        self.rings.iter().map(|ring| (ring.number, expand(&ring.source, "check 1")))
    }

    /// Seed of the Ed25519 key that signs access tokens under this number, from 1 on.
    #[must_use]
    pub fn token_seed(&self, number: i32) -> [u8; 32] {
        expand(&self.current().source, &format!("access token {number}"))
    }

    /// Seeds of the keys that tokens under this number may have been signed with: the current secret's first.
    #[must_use]
    pub fn token_seeds(&self, number: i32) -> Vec<[u8; 32]> {
        self.rings.iter().map(|ring| expand(&ring.source, &format!("access token {number}"))).collect()
    }

    /// Seed of the Ed25519 key that signs sealed blocks of the ledger.
    #[must_use]
    pub fn proof_seed(&self) -> &[u8; 32] {
        &self.current().proof
    }

    /// HMAC-SHA-256 of `message` under the current key of `purpose`.
    #[must_use]
    pub fn hash(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        self.current().hash(purpose, message)
    }

    /// The same under every known secret, the current one first: what to look for, or to compare with.
    #[must_use]
    pub fn hashes(&self, purpose: Purpose, message: &[u8]) -> Vec<Vec<u8>> {
        self.rings.iter().map(|ring| ring.hash(purpose, message).to_vec()).collect()
    }

    /// Seals a value under the current secret; `place` (table and column) is bound to it, so that it cannot be moved elsewhere.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        fill_random(&mut nonce)?;
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let ring = self.current();
        let sealed = ring.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|error| Error::internal(error.to_string()))?;
        Ok([&[ring.number][..], &nonce, &sealed].concat())
    }

    /// Opens what [`Keys::seal`] sealed for the same place, under any known secret.
    ///
    /// # Errors
    /// When the value was changed, moved, or sealed with an unknown secret.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::internal("a sealed value cannot be opened");
        let (number, rest) = sealed.split_first().ok_or_else(broken)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
        let ring = self.rings.iter().find(|ring| ring.number == *number).ok_or_else(broken)?;
        ring.cipher().decrypt(&Nonce::from(*nonce), Payload { msg: body, aad: place.as_bytes() }).map_err(|_| broken())
    }

    fn current(&self) -> &Ring {
        self.rings.first().unwrap_or_else(|| unreachable!("keys are made with a current secret"))
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
    use super::{Keys, Master, Purpose};

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

    #[test]
    fn an_older_secret_opens_and_finds_and_seals_no_more() {
        let (old, new) = (Master { number: 1, secret: [7; 32] }, Master { number: 2, secret: [8; 32] });
        let (before, after) = (Keys::of(&old, &[]), Keys::of(&new, std::slice::from_ref(&old)));
        let sealed = before.seal("account.phone", b"13800138000").expect("sealed");
        assert_eq!((sealed[0], after.number()), (1, 2));
        assert_eq!(after.open("account.phone", &sealed).expect("opened"), b"13800138000");
        let again = after.seal("account.phone", b"13800138000").expect("sealed");
        assert_eq!(again[0], 2);
        assert!(before.open("account.phone", &again).is_err() && Keys::of(&new, &[]).open("account.phone", &sealed).is_err());
        let hashes = after.hashes(Purpose::PhoneIndex, b"x");
        assert_eq!(hashes[0], after.hash(Purpose::PhoneIndex, b"x"));
        assert_eq!(hashes[1], before.hash(Purpose::PhoneIndex, b"x"));
        assert_ne!(after.check_values().next().map(|(_, value)| value), before.check_values().next().map(|(_, value)| value));
    }
}
