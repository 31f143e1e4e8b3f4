//! Which side is up: the one thing that is read of a picture's metadata (EXIF, tag 0x0112).
//!
//! A camera writes the picture as its sensor lies and says beside it how to turn it. The metadata goes, so the pixels are turned.

use crate::Pixels;

/// The tag of the orientation, in the first directory of the metadata.
const TAG: u16 = 0x0112;
/// Most entries of a directory that are looked at.
const ENTRIES_MAX: usize = 512;

/// How to turn a picture upright, as EXIF numbers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// Rows and columns change places first.
    transposed: bool,
    /// Then left and right do.
    mirrored: bool,
    /// Then top and bottom do.
    upside_down: bool,
}

impl Turned {
    fn of(number: u16) -> Self {
        let (transposed, mirrored, upside_down) = match number {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transposed, mirrored, upside_down }
    }
}

/// Reads it from metadata; what cannot be read is upright.
pub fn read(exif: &[u8]) -> Turned {
    find(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif)).map_or_else(Turned::default, Turned::of)
}

fn find(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let two = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let four = tiff.get(4..8)?.try_into().ok()?;
    let directory = usize::try_from(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }).ok()?;
    let entries = usize::from(short(directory)?).min(ENTRIES_MAX);
    let first = directory.checked_add(2)?;
    (0..entries).map(|at| first.saturating_add(at * 12)).find(|at| short(*at) == Some(TAG)).and_then(|at| short(at.checked_add(8)?))
}

/// Turns a picture upright.
pub fn upright(pixels: Pixels, turned: Turned) -> Pixels {
    if turned == Turned::default() {
        return pixels;
    }
    let Pixels { width, height, channels, data } = pixels;
    let (new_width, new_height) = if turned.transposed { (height, width) } else { (width, height) };
    let mut out = Vec::with_capacity(data.len());
    for row in 0..new_height {
        for column in 0..new_width {
            let across = if turned.mirrored { new_width - 1 - column } else { column };
            let down = if turned.upside_down { new_height - 1 - row } else { row };
            let (x, y) = if turned.transposed { (down, across) } else { (across, down) };
            let at = (y * width + x) * channels;
            out.extend_from_slice(&data[at..at + channels]);
        }
    }
    Pixels { width: new_width, height: new_height, channels, data: out }
}

#[cfg(test)]
mod tests {
    use super::{Turned, read, upright};
    use crate::Pixels;

    /// Rows of `abc` and `def` under each number, as they are to be seen.
    #[test]
    fn each_of_the_eight_ways_is_turned_upright() {
        for (number, seen) in [
            (1, "abc def"),
            (2, "cba fed"),
            (3, "fed cba"),
            (4, "def abc"),
            (5, "ad be cf"),
            (6, "da eb fc"),
            (7, "fc eb da"),
            (8, "cf be ad"),
            (9, "abc def"),
        ] {
            let pixels = Pixels { width: 3, height: 2, channels: 1, data: b"abcdef".to_vec() };
            let turned = upright(pixels, Turned::of(number));
            let rows: Vec<&str> = turned.data.chunks(turned.width).map(|row| std::str::from_utf8(row).expect("letters")).collect();
            assert_eq!(rows.join(" "), seen, "{number}");
        }
    }

    #[test]
    fn the_number_is_found_in_either_order_of_bytes() {
        let little = b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x01\0\0\0\0\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        assert_eq!((read(little), read(big)), (Turned::of(6), Turned::of(6)));
        assert_eq!(read(&[b"Exif\0\0", &big[..]].concat()), Turned::of(6));
        for end in 0..18 {
            assert_eq!(read(&big[..end]), Turned::default(), "{end} bytes");
        }
        assert_eq!(read(b"II*\0\xff\xff\xff\xff"), Turned::default());
    }
}
