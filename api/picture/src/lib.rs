//! Pictures (图片) as they are kept: read, turned upright, made small, and written anew, so that nothing is left of what was sent but its pixels.
//!
//! Words: what was *sent* is a JPEG, PNG or WebP, told by its content and never by its name; its [`Head`] says how large it declares itself, before
//! anything is decoded; what is [`Made`] of it is a JPEG, or a PNG where something shines through, and a smaller one of the same kind to show in lists.
//! Where it was taken, with what and by whom is in neither: metadata is read for one thing, which side is up, and written never.
//!
//! A package of its own, so that it is optimised where the rest of the program is not: decoders are made anew where they are used.
//!
//! Invariants: nothing larger than [`PIXELS_MAX`] is decoded; whatever the bytes, there is a picture or a [`Fault`].

mod decode;
mod encode;
mod orientation;

pub use decode::{Format, Head};

/// Most pixels of a picture that is read: those of a good telephone's camera.
pub const PIXELS_MAX: u64 = 40_000_000;
/// Longest side of a picture that is kept, in pixels.
pub const SIDE_MAX: usize = 2_048;
/// Longest side of the smaller one.
pub const THUMB_SIDE: usize = 320;

/// Why there is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no JPEG, PNG or WebP, or it moves.
    Kind,
    /// It declares more than [`PIXELS_MAX`] pixels.
    TooLarge,
    /// It is none inside, or breaks off.
    Broken,
}

/// As what a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Opaque.
    Jpeg,
    /// With something that shines through.
    Png,
}

/// A picture written anew.
#[derive(Clone, Debug)]
pub struct Made {
    /// As what both are written.
    pub kind: Kind,
    /// The picture.
    pub full: Vec<u8>,
    /// The smaller one.
    pub thumb: Vec<u8>,
    /// Width of the picture, in pixels, as it is seen upright.
    pub width: u32,
    /// Height of the picture.
    pub height: u32,
}

/// Pixels in rows, each of 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGB and alpha) bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pixels {
    width: usize,
    height: usize,
    channels: usize,
    data: Vec<u8>,
}

/// What the bytes say they are, without decoding them.
///
/// # Errors
/// [`Fault`].
pub fn head(sent: &[u8]) -> Result<Head, Fault> {
    decode::head(sent)
}

/// Reads a picture whose head was read, and writes it anew: upright, no side longer than [`SIDE_MAX`].
///
/// # Errors
/// [`Fault::Broken`].
pub fn make(sent: &[u8], head: Head) -> Result<Made, Fault> {
    let (pixels, turned) = decode::decode(sent, head)?;
    let full = orientation::upright(encode::fit(pixels.without_idle_alpha(), SIDE_MAX)?, turned);
    let thumb = encode::fit(full.clone(), THUMB_SIDE)?;
    let side = |length: usize| u32::try_from(length).map_err(|_| Fault::TooLarge);
    Ok(Made { kind: full.kind(), width: side(full.width)?, height: side(full.height)?, thumb: encode::write(&thumb)?, full: encode::write(&full)? })
}

impl Pixels {
    fn has_alpha(&self) -> bool {
        self.channels.is_multiple_of(2)
    }

    fn kind(&self) -> Kind {
        if self.has_alpha() { Kind::Png } else { Kind::Jpeg }
    }

    /// The same without an alpha channel through which nothing shines.
    fn without_idle_alpha(mut self) -> Self {
        if !self.has_alpha() || self.data.chunks_exact(self.channels).any(|pixel| pixel[self.channels - 1] != u8::MAX) {
            return self;
        }
        let colours = self.channels - 1;
        for at in 0..self.width * self.height {
            for colour in 0..colours {
                self.data[at * colours + colour] = self.data[at * self.channels + colour];
            }
        }
        self.data.truncate(self.width * self.height * colours);
        self.channels = colours;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Kind, Pixels, encode, head, make};

    fn png(width: usize, height: usize, channels: usize, alpha: u8) -> Vec<u8> {
        let pixel = |at: usize| {
            (0..channels)
                .map(move |channel| if channels.is_multiple_of(2) && channel + 1 == channels { alpha } else { u8::try_from(at % 251).unwrap_or(0) })
        };
        let pixels = Pixels { width, height, channels, data: (0..width * height).flat_map(pixel).collect() };
        encode::png(&pixels).expect("a picture")
    }

    #[test]
    fn a_picture_is_a_jpeg_unless_something_shines_through() {
        for (channels, alpha, kind) in
            [(1, 255, Kind::Jpeg), (3, 255, Kind::Jpeg), (2, 255, Kind::Jpeg), (4, 255, Kind::Jpeg), (2, 90, Kind::Png), (4, 0, Kind::Png)]
        {
            let sent = png(900, 3, channels, alpha);
            let made = make(&sent, head(&sent).expect("a head")).expect("made");
            assert_eq!((made.kind, made.width, made.height), (kind, 900, 3), "{channels} channels");
            let thumb = head(&made.thumb).expect("a head");
            assert_eq!((thumb.width, thumb.height), (320, 1), "no side is lost");
        }
    }

    #[test]
    fn no_side_is_longer_than_it_may_be() {
        let sent = png(4_096, 1_024, 3, 0);
        let made = make(&sent, head(&sent).expect("a head")).expect("made");
        assert_eq!((made.width, made.height), (2_048, 512));
    }

    #[test]
    fn whatever_the_bytes_there_is_a_picture_or_a_fault() {
        let whole = png(40, 30, 3, 0);
        let jpeg = make(&whole, head(&whole).expect("a head")).expect("made").full;
        for sent in [whole, jpeg] {
            // Nobody misses the last check sum.
            for end in 0..sent.len() - 4 {
                let made = head(&sent[..end]).and_then(|head| make(&sent[..end], head));
                assert!(made.is_err(), "{end} of {} bytes", sent.len());
            }
            for at in 0..sent.len() {
                let mut bent = sent.clone();
                bent[at] ^= 0x55;
                // Both are well; a panic is not.
                let _ = head(&bent).and_then(|head| make(&bent, head));
            }
        }
        for nothing in [&b""[..], b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"RIFF\x04\0\0\0WAVE", b"\x89PNG"] {
            assert_eq!(head(nothing).err(), Some(Fault::Kind), "{}", String::from_utf8_lossy(nothing));
        }
    }

    #[test]
    fn a_picture_that_declares_too_much_is_not_decoded() {
        let mut bomb = png(1, 1, 3, 0);
        bomb[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
        bomb[29..33].copy_from_slice(&0xc4cd_aa9d_u32.to_be_bytes());
        assert_eq!(head(&bomb).err(), Some(Fault::TooLarge));
    }
}
