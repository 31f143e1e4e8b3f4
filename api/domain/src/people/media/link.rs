//! Links to the files of a picture.
//!
//! A link names the picture and the variant, says until when it holds, and carries a seal over these three; it says nothing of the person it was made
//! for, and whoever has it may look for as long as it holds.

use entity::id::MediaId;
use entity::media::MediaKind;
use entity::time::UtcMicros;
use subtle::ConstantTimeEq;

use crate::error::{Code, Result};
use crate::keys::{Keys, Purpose};

/// How long a link holds that a client asks for, in microseconds.
pub const HOLDS: i64 = 10 * UtcMicros::MINUTE;

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// No side longer than 2,048 pixels.
    Full,
    /// No side longer than 320 pixels.
    Thumb,
}

impl Variant {
    const ALL: [Self; 2] = [Self::Full, Self::Thumb];

    /// As links and stores call it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Thumb => "thumb",
        }
    }
}

/// What a link asks for, as it stands in an address.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The picture.
    pub id: &'a str,
    /// The variant.
    pub variant: &'a str,
    /// Until when, in seconds since 1970.
    pub until: &'a str,
    /// The seal, in hexadecimal.
    pub seal: &'a str,
}

/// The name of a file in the store.
#[must_use]
pub fn object(id: MediaId, variant: Variant) -> String {
    format!("{id}/{}", variant.text())
}

/// As what a file is shown.
#[must_use]
pub const fn media_type(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Jpeg => "image/jpeg",
        MediaKind::Png => "image/png",
    }
}

/// A link, as a path on this host; the caller has made sure that whoever gets it may see the picture.
#[must_use]
pub fn make(keys: &Keys, id: MediaId, variant: Variant, until: UtcMicros) -> String {
    let until = until.0 / UtcMicros::SECOND;
    format!("/media/{id}/{}?exp={until}&sig={}", variant.text(), hex::encode(seal(keys, id, variant, until)))
}

/// What a link leads to.
///
/// # Errors
/// `SIGNATURE_INVALID` for what is no link of ours, `LINK_EXPIRED` for one that has held.
pub fn redeem(keys: &Keys, asked: Asked<'_>, now: UtcMicros) -> Result<(MediaId, Variant)> {
    let read = || {
        let id: MediaId = asked.id.parse().ok()?;
        let variant = Variant::ALL.into_iter().find(|variant| variant.text() == asked.variant)?;
        let until: i64 = asked.until.parse().ok()?;
        let genuine = hex::decode(asked.seal).is_ok_and(|given| bool::from(seal(keys, id, variant, until).as_slice().ct_eq(&given)));
        genuine.then_some((id, variant, until))
    };
    let (id, variant, until) = read().ok_or(Code::SignatureInvalid)?;
    if until <= now.0 / UtcMicros::SECOND { Err(Code::LinkExpired.into()) } else { Ok((id, variant)) }
}

fn seal(keys: &Keys, id: MediaId, variant: Variant, until: i64) -> [u8; 32] {
    keys.hash(Purpose::MediaLink, format!("{id}.{}.{until}", variant.text()).as_bytes())
}

#[cfg(test)]
mod tests {
    use entity::id::MediaId;
    use entity::time::UtcMicros;

    use super::{Asked, HOLDS, Variant, make, redeem};
    use crate::error::Code;
    use crate::keys::Keys;

    #[test]
    fn a_link_holds_for_ten_minutes_and_only_as_it_was_made() {
        let (keys, now) = (Keys::derive(&[7; 32]), UtcMicros(1_790_000_000_000_000));
        let id = MediaId::new(now);
        let link = make(&keys, id, Variant::Thumb, now.plus(HOLDS));
        let (path, query) = link.split_once('?').expect("a query");
        let (until, seal) = query.split_once('&').expect("two parts");
        let own = id.to_string();
        let good = Asked {
            id: &own,
            variant: "thumb",
            until: until.strip_prefix("exp=").expect("a time"),
            seal: seal.strip_prefix("sig=").expect("a seal"),
        };
        assert_eq!(path, format!("/media/{id}/thumb"));
        assert_eq!(redeem(&keys, good, now.plus(HOLDS - UtcMicros::SECOND)).ok(), Some((id, Variant::Thumb)));
        assert_eq!(redeem(&keys, good, now.plus(HOLDS)).err().map(|error| error.code), Some(Code::LinkExpired));
        let (other, later) = (MediaId::new(now).to_string(), (now.0 / UtcMicros::SECOND + 9_999).to_string());
        for bad in [
            Asked { id: &other, ..good },
            Asked { id: "", ..good },
            Asked { variant: "full", ..good },
            Asked { variant: "../full", ..good },
            Asked { until: &later, ..good },
            Asked { seal: "", ..good },
        ] {
            assert_eq!(redeem(&keys, bad, now).err().map(|error| error.code), Some(Code::SignatureInvalid), "{bad:?}");
        }
        assert!(redeem(&Keys::derive(&[8; 32]), good, now).is_err());
    }
}
