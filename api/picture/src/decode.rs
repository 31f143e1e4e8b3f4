//! From the bytes that were sent to pixels.
//!
//! The signature decides which decoder is asked, and the decoder whether it is one. Sizes are read before anything is decoded; a WebP says its size in
//! two places, and both must say the same.

use std::io::Cursor;

use image_webp::WebPDecoder;
use png::{ColorType, Decoder, Limits, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::orientation::{self, Turned};
use crate::{Fault, PIXELS_MAX, Pixels};

/// What a decoder may take for anything but pixels, in bytes.
const ASIDE_MAX: usize = 32 << 20;
/// Scans of a progressive JPEG: cameras write some ten, and each costs a pass over all of it.
const SCANS_MAX: usize = 32;

/// What was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG
    Jpeg,
    /// PNG
    Png,
    /// WebP that stands still.
    Webp,
}

/// What a picture says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What it is.
    pub format: Format,
    /// Width in pixels, 1 or more.
    pub width: u32,
    /// Height in pixels, 1 or more.
    pub height: u32,
}

impl Head {
    /// How many pixels, at most [`PIXELS_MAX`].
    #[must_use]
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

pub fn head(sent: &[u8]) -> Result<Head, Fault> {
    let (format, (width, height)) = if sent.starts_with(b"\xff\xd8\xff") {
        let mut decoder = jpeg(sent);
        decoder.decode_headers().map_err(broken)?;
        (Format::Jpeg, decoder.dimensions().ok_or(Fault::Broken)?)
    } else if sent.starts_with(b"\x89PNG\r\n\x1a\n") {
        let mut decoder = Decoder::new_with_limits(Cursor::new(sent), Limits { bytes: ASIDE_MAX });
        let info = decoder.read_header_info().map_err(broken)?;
        (Format::Png, (size(info.width)?, size(info.height)?))
    } else if sent.starts_with(b"RIFF") && sent.get(8..12) == Some(b"WEBP") {
        let decoder = WebPDecoder::new(Cursor::new(sent)).map_err(broken)?;
        if decoder.is_animated() {
            return Err(Fault::Kind);
        }
        let (width, height) = decoder.dimensions();
        if lossy_size(sent).is_some_and(|inside| inside != (width, height)) {
            return Err(Fault::Broken);
        }
        (Format::Webp, (size(width)?, size(height)?))
    } else {
        return Err(Fault::Kind);
    };
    let side = |length: usize| u32::try_from(length).map_err(|_| Fault::TooLarge);
    let head = Head { format, width: side(width)?, height: side(height)? };
    match head.pixels() {
        0 => Err(Fault::Broken),
        1..=PIXELS_MAX => Ok(head),
        _ => Err(Fault::TooLarge),
    }
}

pub fn decode(sent: &[u8], head: Head) -> Result<(Pixels, Turned), Fault> {
    let (pixels, exif) = match head.format {
        Format::Jpeg => of_jpeg(sent)?,
        Format::Png => of_png(sent)?,
        Format::Webp => of_webp(sent)?,
    };
    // A decoder that read another size than it announced would break what follows.
    let fits = pixels.data.len() == pixels.width * pixels.height * pixels.channels && (pixels.width as u64 * pixels.height as u64) <= PIXELS_MAX;
    if !fits || pixels.data.is_empty() {
        return Err(Fault::Broken);
    }
    Ok((pixels, exif.map_or(Turned::default(), |exif| orientation::read(&exif))))
}

fn of_jpeg(sent: &[u8]) -> Result<(Pixels, Option<Vec<u8>>), Fault> {
    if !jpeg_ends(sent) {
        return Err(Fault::Broken);
    }
    let mut decoder = jpeg(sent);
    decoder.decode_headers().map_err(broken)?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (out, channels) = if grey { (ColorSpace::Luma, 1) } else { (ColorSpace::RGB, 3) };
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(out));
    let data = decoder.decode().map_err(broken)?;
    let (width, height) = decoder.dimensions().ok_or(Fault::Broken)?;
    Ok((Pixels { width, height, channels, data }, decoder.exif().cloned()))
}

fn jpeg(sent: &[u8]) -> JpegDecoder<ZCursor<&[u8]>> {
    let options = DecoderOptions::default().set_max_width(usize::from(u16::MAX)).set_max_height(usize::from(u16::MAX)).jpeg_set_max_scans(SCANS_MAX);
    JpegDecoder::new_with_options(ZCursor::new(sent), options)
}

/// Whether a JPEG comes to its end: the decoder fills what is missing with grey. Segments are stepped over by their lengths, since a small picture in one
/// of them has an end too; in what follows the start of a scan an end can only be the end.
fn jpeg_ends(sent: &[u8]) -> bool {
    let mut at = 2;
    while let Some([0xff, marker]) = sent.get(at..at + 2) {
        match marker {
            // Filling.
            0xff => at += 1,
            // What has no length.
            0x01 | 0xd0..=0xd8 => at += 2,
            0xd9 => return false,
            0xda => return sent[at..].windows(2).any(|two| two == [0xff, 0xd9]),
            _ => match sent.get(at + 2..at + 4) {
                Some(&[high, low]) => at += 2 + usize::from(u16::from_be_bytes([high, low])),
                _ => return false,
            },
        }
    }
    // Some cameras leave bytes between segments, which the decoder steps over.
    sent.get(at..).is_some_and(|rest| rest.windows(2).any(|two| two == [0xff, 0xd9]))
}

fn of_png(sent: &[u8]) -> Result<(Pixels, Option<Vec<u8>>), Fault> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(sent), Limits { bytes: ASIDE_MAX });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(broken)?;
    let mut data = vec![0; reader.output_buffer_size().ok_or(Fault::Broken)?];
    let frame = reader.next_frame(&mut data).map_err(broken)?;
    data.truncate(frame.buffer_size());
    let channels = match frame.color_type {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
        ColorType::Indexed => return Err(Fault::Broken),
    };
    let exif = reader.info().exif_metadata.as_ref().map(|exif| exif.to_vec());
    Ok((Pixels { width: size(frame.width)?, height: size(frame.height)?, channels, data }, exif))
}

fn of_webp(sent: &[u8]) -> Result<(Pixels, Option<Vec<u8>>), Fault> {
    let mut decoder = WebPDecoder::new(Cursor::new(sent)).map_err(broken)?;
    decoder.set_memory_limit(ASIDE_MAX);
    let (width, height) = decoder.dimensions();
    let mut data = vec![0; decoder.output_buffer_size().ok_or(Fault::Broken)?];
    decoder.read_image(&mut data).map_err(broken)?;
    let exif = decoder.exif_metadata().ok().flatten();
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    Ok((Pixels { width: size(width)?, height: size(height)?, channels, data }, exif))
}

/// The size that the lossy picture inside a WebP gives itself, for which its decoder makes room before it compares.
fn lossy_size(sent: &[u8]) -> Option<(u32, u32)> {
    let mut at = 12;
    loop {
        let name = sent.get(at..at + 4)?;
        let length = usize::try_from(u32::from_le_bytes(sent.get(at + 4..at + 8)?.try_into().ok()?)).ok()?;
        if name == b"VP8 " {
            let side = |place: usize| sent.get(place..place + 2).map(|two| u32::from(u16::from_le_bytes([two[0], two[1]]) & 0x3fff));
            return side(at + 14).zip(side(at + 16));
        }
        at = at.checked_add(8)?.checked_add(length)?.checked_add(length % 2)?;
    }
}

fn size(length: u32) -> Result<usize, Fault> {
    usize::try_from(length).map_err(|_| Fault::TooLarge)
}

/// What a decoder says of hostile bytes is of no use to anybody.
fn broken(_: impl std::fmt::Debug) -> Fault {
    Fault::Broken
}
