//! What jsonwebtoken signs and verifies with: Ed25519 by ed25519-dalek, and nothing else.
//!
//! The library's own set of algorithms brings RSA and three more curves, a tenth of all crates of this program and one with an open advisory
//! (RUSTSEC-2023-0071), for tokens that are none here. A token of another algorithm is refused before any of this is asked.
//!
//! Invariant: the mathematics are the kept library's; this file only hands over.

use ed25519_dalek::ed25519::signature::{Error, Signer, Verifier};
use ed25519_dalek::{PUBLIC_KEY_LENGTH, SECRET_KEY_LENGTH, Signature, SigningKey, VerifyingKey};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error as TokenError, ErrorKind};
use jsonwebtoken::jwk::{EllipticCurve, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use sha2::{Digest, Sha256};

/// The fixed beginning of a PKCS#8 document that holds an Ed25519 seed (RFC 8410).
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Ed25519Signer(signing(*algorithm, key)?))),
    verifier_factory: |algorithm, key| Ok(Box::new(Ed25519Verifier(verifying(*algorithm, key)?))),
    key_utils: KeyUtils {
        ed_pub_components_from_private_key: public_of,
        compute_digest: digest,
        // Keys of kinds that are none here.
        ..KeyUtils::new_unimplemented()
    },
};

/// Has the library use this from now on, in the whole process.
pub(super) fn install() {
    // It is refused when it was done before.
    _ = PROVIDER.install_default();
}

/// A seed as the library takes it.
pub(super) fn encoding(seed: &[u8; SECRET_KEY_LENGTH]) -> EncodingKey {
    EncodingKey::from_ed_der(&[&PKCS8_PREFIX[..], seed].concat())
}

struct Ed25519Signer(SigningKey);

impl Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.try_sign(message)?.to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(VerifyingKey);

impl Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        self.0.verify_strict(message, &Signature::from_slice(signature)?)
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

fn signing(algorithm: Algorithm, key: &EncodingKey) -> Result<SigningKey, TokenError> {
    if algorithm != Algorithm::EdDSA {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    seed_of(key.as_bytes()).map(SigningKey::from_bytes)
}

fn verifying(algorithm: Algorithm, key: &DecodingKey) -> Result<VerifyingKey, TokenError> {
    if algorithm != Algorithm::EdDSA {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let bytes: &[u8; PUBLIC_KEY_LENGTH] = key.try_get_as_bytes()?.try_into().map_err(|_| ErrorKind::InvalidEddsaKey)?;
    VerifyingKey::from_bytes(bytes).map_err(|_| ErrorKind::InvalidEddsaKey.into())
}

/// The seed in a PKCS#8 document of exactly the form written here.
fn seed_of(document: &[u8]) -> Result<&[u8; SECRET_KEY_LENGTH], TokenError> {
    let seed = document.strip_prefix(&PKCS8_PREFIX).and_then(|seed| seed.try_into().ok());
    seed.ok_or_else(|| ErrorKind::InvalidEddsaKey.into())
}

fn public_of(document: &[u8], _: &EllipticCurve) -> Result<Vec<u8>, TokenError> {
    Ok(SigningKey::from_bytes(seed_of(document)?).verifying_key().to_bytes().to_vec())
}

fn digest(bytes: &[u8], hash: ThumbprintHash) -> Result<Vec<u8>, TokenError> {
    match hash {
        ThumbprintHash::SHA256 => Ok(Sha256::digest(bytes).to_vec()),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}
