//! The key that signs blocks, and the public keys that check them.
//!
//! A deployment signs with one Ed25519 key, derived from its master secret for this purpose alone and named by its thumbprint (RFC 7638). The public
//! half is kept in the database from its first block on, so that a chain can still be checked after the secret has changed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::keys::{Keys, sha256};

/// Signs the blocks of a deployment.
pub struct Notary {
    key: SigningKey,
    id: String,
}

impl Notary {
    /// The notary of a deployment.
    #[must_use]
    pub fn new(keys: &Keys) -> Self {
        let key = SigningKey::from_bytes(keys.proof_seed());
        let id = thumbprint(key.verifying_key().as_bytes());
        Self { key, id }
    }

    /// The name of its key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Signs the header of a block.
    #[must_use]
    pub fn sign(&self, header: &str) -> [u8; 64] {
        self.key.sign(header.as_bytes()).to_bytes()
    }
}

/// The `x` of a public key's JWK.
#[must_use]
pub fn jwk_x(public: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(public)
}

/// The thumbprint of a public key: SHA-256 of the required members of its JWK, names in order (RFC 7638, RFC 8037).
#[must_use]
pub fn thumbprint(public: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(sha256(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, jwk_x(public)).as_bytes()))
}

/// Whether a signature over a header was made with the private half of this key.
#[must_use]
pub fn is_signed(public: &[u8], header: &str, signature: &[u8]) -> bool {
    let key = <[u8; 32]>::try_from(public).ok().and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let signature = Signature::from_slice(signature).ok();
    key.zip(signature).is_some_and(|(key, signature)| key.verify_strict(header.as_bytes(), &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{Notary, is_signed, jwk_x, thumbprint};
    use crate::keys::Keys;

    /// The key of RFC 8037, appendix A.
    #[test]
    fn a_key_is_named_by_its_thumbprint() {
        let public = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").expect("hexadecimal");
        assert_eq!(jwk_x(&public), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_signature_holds_for_its_header_and_key_alone() {
        let (notary, other) = (Notary::new(&Keys::derive(&[1; 32])), Notary::new(&Keys::derive(&[2; 32])));
        let signature = notary.sign("header");
        assert!(is_signed(&notary.public(), "header", &signature));
        assert!(!is_signed(&notary.public(), "another", &signature));
        assert!(!is_signed(&other.public(), "header", &signature));
        assert!(!is_signed(&notary.public(), "header", &signature[1..]));
        assert!(!is_signed(&[0; 3], "header", &signature));
    }
}
