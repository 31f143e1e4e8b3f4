//! Passwords: argon2id, a bounded number at a time, always outside a transaction.
//!
//! Hashing takes tens of milliseconds and 19 MiB, so it runs on blocking threads behind as many permits as there are processors; who waits longer
//! than a few seconds for a permit is told to come back. An unknown phone costs the same work as a wrong password.
//!
//! Invariant: no password is stored or logged, only its salted hash in PHC form with the parameters it was made with.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Code, Error, Result};
use crate::keys::fill_random;

/// Fewest characters.
pub const LEN_MIN: usize = 8;
/// Most bytes: longer ones only cost work.
pub const LEN_MAX: usize = 128;

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const PERMIT_WAIT: Duration = Duration::from_secs(5);

/// A hash of the same cost that no password fits.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$cWljYWktbm9ib2R5LXNhbA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The place where passwords are hashed and checked.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

impl Passwords {
    /// One permit per processor.
    #[must_use]
    pub fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { permits: Arc::new(Semaphore::new(processors)) }
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// `UNAVAILABLE` when too many wait.
    pub async fn hash(&self, password: String) -> Result<String> {
        let mut salt = [0; 16];
        fill_random(&mut salt)?;
        let permit = self.permit().await?;
        let work = move || {
            let hash: Result<PasswordHash, _> = argon2()?.hash_password_with_salt(password.as_bytes(), &salt);
            drop(permit);
            hash.map(|hash| hash.to_string()).map_err(|error| Error::internal(error.to_string()))
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }

    /// Whether a password fits a hash. Without a hash the work is done all the same, and nothing fits.
    ///
    /// # Errors
    /// `UNAVAILABLE` when too many wait.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let permit = self.permit().await?;
        let work = move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
            let hash = PasswordHash::new(&hash).map_err(|error| Error::internal(error.to_string()))?;
            let fits = argon2()?.verify_password(password.as_bytes(), &hash).is_ok();
            drop(permit);
            Ok(fits && known)
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }

    /// Held by the work itself, so that a client that goes away does not let in more work than there are processors.
    async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        let permit = tokio::time::timeout(PERMIT_WAIT, Arc::clone(&self.permits).acquire_owned()).await;
        permit.map_err(|_| Error::from(Code::Unavailable))?.map_err(Error::internal)
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

/// Checks a new password: 8 characters or more, letters and digits among them.
///
/// # Errors
/// `PASSWORD_WEAK` on `field`; `BAD_INPUT` over 128 bytes.
pub fn check(password: &str, field: &'static str) -> Result<()> {
    if password.len() > LEN_MAX {
        return Err(Error::from(Code::BadInput).on(field).with("max", LEN_MAX));
    }
    let strong = password.chars().count() >= LEN_MIN && password.chars().any(char::is_alphabetic) && password.chars().any(char::is_numeric);
    if strong { Ok(()) } else { Err(Error::from(Code::PasswordWeak).on(field).with("min", LEN_MIN)) }
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::{NOBODY, Passwords, check};
    use crate::error::Code;

    #[test]
    fn a_password_has_letters_and_digits() {
        assert!(check("qicai2026", "password").is_ok() && check("七彩志愿者一二3a", "password").is_ok());
        for weak in ["", "abc1", "12345678", "abcdefgh"] {
            assert_eq!(check(weak, "password").map_err(|error| error.code), Err(Code::PasswordWeak), "{weak}");
        }
        assert_eq!(check(&"a1".repeat(65), "password").map_err(|error| error.code), Err(Code::BadInput));
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_alone_and_nobody_fits_the_empty_place() {
        let passwords = Passwords::new();
        let hash = passwords.hash("qicai2026".to_owned()).await.expect("a hash");
        assert_eq!(hash.split('$').nth(3), NOBODY.split('$').nth(3), "the same cost");
        assert_eq!(passwords.verify("qicai2026".to_owned(), Some(hash.clone())).await.ok(), Some(true));
        assert_eq!(passwords.verify("qicai2027".to_owned(), Some(hash)).await.ok(), Some(false));
        assert_eq!(passwords.verify("qicai2026".to_owned(), None).await.ok(), Some(false));
    }
}
