//! Telephone numbers: what an account is known by.
//!
//! Invariant: a number is stored only as a keyed hash (to look it up) and sealed (to show its ends to its owner), never in clear.

use std::fmt;

use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose};
use crate::sealed::PHONE;

/// A mainland mobile number: eleven digits, the first 1, the second 3 to 9.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a number.
    ///
    /// # Errors
    /// `BAD_INPUT` on `field`.
    pub fn parse(text: &str, field: &'static str) -> Result<Self> {
        let bytes = text.as_bytes();
        let fits = bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]) && bytes.iter().all(u8::is_ascii_digit);
        if fits { Ok(Self(text.to_owned())) } else { Err(Error::from(Code::BadInput).on(field)) }
    }

    /// The keyed hash that finds it.
    #[must_use]
    pub fn index(&self, keys: &Keys) -> Vec<u8> {
        keys.hash(Purpose::PhoneIndex, self.0.as_bytes()).to_vec()
    }

    /// The same under every known secret: what to look for.
    #[must_use]
    pub fn indexes(&self, keys: &Keys) -> Vec<Vec<u8>> {
        keys.hashes(Purpose::PhoneIndex, self.0.as_bytes())
    }

    /// The number, sealed.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn seal(&self, keys: &Keys) -> Result<Vec<u8>> {
        keys.seal(PHONE, self.0.as_bytes())
    }

    /// Opens a sealed number.
    ///
    /// # Errors
    /// When it was sealed with another key, or changed.
    pub fn open(keys: &Keys, sealed: &[u8]) -> Result<Self> {
        let plain = keys.open(PHONE, sealed)?;
        Self::parse(&String::from_utf8(plain).map_err(Error::internal)?, "phone")
    }

    /// The number in clear, for who may know it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// As it may be shown: `138****5678` (GB/T 35273-2020 7.2).
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[7..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::Phone;
    use crate::keys::Keys;

    #[test]
    fn only_mainland_mobile_numbers_pass() {
        assert_eq!(Phone::parse("13800005678", "phone").map(|phone| phone.masked()).ok().as_deref(), Some("138****5678"));
        for bad in ["", "1380000567", "138000056789", "12800005678", "23800005678", "1380000567a", "1380000567\u{663}", "+8613800005678"] {
            assert!(Phone::parse(bad, "phone").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_sealed_number_opens_and_its_hash_is_stable() {
        let keys = Keys::derive(&[3; 32]);
        let phone = Phone::parse("13912345678", "phone").expect("a phone");
        assert_eq!(Phone::open(&keys, &phone.seal(&keys).expect("sealed")).ok(), Some(phone.clone()));
        assert_eq!(phone.index(&keys), phone.index(&keys));
        assert_ne!(phone.index(&keys), phone.index(&Keys::derive(&[4; 32])));
    }
}
