//! Pictures as telephones send them, made by encoders and not by the program under test.

use jpeg_encoder::{ColorType, Encoder};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

/// Where a picture was taken, as its metadata says it: nobody must find these letters in what is kept.
pub const SECRET_PLACE: &[u8] = b"N28.11.33 E112.59.02 Tuxin";

/// A JPEG of `width` by `height`: its left half light, its right half dark, so that it can be seen whether it lies or stands.
#[must_use]
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    encoded(width, height, 0, None)
}

/// The same in another shade, so that it is another picture.
#[must_use]
pub fn shade(width: u16, height: u16, shade: u8) -> Vec<u8> {
    encoded(width, height, shade, None)
}

/// A JPEG with metadata: how the camera was held (EXIF's number), a GPS directory and a remark.
#[must_use]
pub fn from_a_camera(width: u16, height: u16, orientation: u8) -> Vec<u8> {
    encoded(width, height, 0, Some(orientation))
}

fn encoded(width: u16, height: u16, shade: u8, orientation: Option<u8>) -> Vec<u8> {
    let row = (0..width).flat_map(|column| if column < width / 2 { [240 - shade, 230, 220] } else { [20 + shade, 30, 40] });
    let row: Vec<u8> = row.collect();
    let pixels = row.repeat(height.into());
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 90);
    if let Some(orientation) = orientation {
        encoder.add_app_segment(1, exif(orientation)).expect("metadata");
        encoder.add_app_segment(13, [b"Photoshop 3.0\0", SECRET_PLACE].concat()).expect("metadata");
    }
    encoder.encode(&pixels, width, height, ColorType::Rgb).expect("a picture");
    out
}

/// EXIF with an orientation, a camera and a GPS directory that holds where it was.
fn exif(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let length = u32::try_from(SECRET_PLACE.len()).expect("short");
    // The first directory has three entries and lies at 8, the second one entry, and then the text.
    let (gps, text) = (8 + 2 + 3 * 12 + 4, 8 + 2 + 3 * 12 + 4 + 2 + 12 + 4);
    let tiff = [
        b"II*\0\x08\0\0\0".to_vec(),
        3_u16.to_le_bytes().to_vec(),
        entry(0x0110, 2, length, text),
        entry(0x0112, 3, 1, orientation.into()),
        entry(0x8825, 4, 1, gps),
        0_u32.to_le_bytes().to_vec(),
        1_u16.to_le_bytes().to_vec(),
        entry(0x001c, 7, length, text),
        0_u32.to_le_bytes().to_vec(),
        SECRET_PLACE.to_vec(),
    ];
    [b"Exif\0\0".to_vec(), tiff.concat()].concat()
}

/// A PNG with a clear half.
#[must_use]
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let row = (0..width).flat_map(|column| [200, 30, 30, if column < width / 2 { 0 } else { 255 }]);
    let row: Vec<u8> = row.collect();
    let rows = usize::try_from(height).expect("a size");
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("Location".to_owned(), String::from_utf8_lossy(SECRET_PLACE).into_owned()).expect("a remark");
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&row.repeat(rows)).expect("pixels");
    writer.finish().expect("an end");
    out
}

/// The beginning of a PNG that declares 50,000 by 50,000 pixels.
#[must_use]
pub fn bomb() -> Vec<u8> {
    let head =
        [b"\x89PNG\r\n\x1a\n".to_vec(), hex::decode("0000000d49484452").expect("hex"), hex::decode("0000c3500000c3500802000000").expect("hex")];
    [head.concat(), 0xc4cd_aa9d_u32.to_be_bytes().to_vec(), hex::decode("0000000049454e44ae426082").expect("hex")].concat()
}

/// A lossless WebP.
#[must_use]
pub fn webp(width: u32, height: u32) -> Vec<u8> {
    let pixels = usize::try_from(width * height).expect("a size");
    let mut out = Vec::new();
    image_webp::WebPEncoder::new(&mut out).encode(&[30, 60, 90].repeat(pixels), width, height, image_webp::ColorType::Rgb8).expect("a picture");
    out
}

/// How light a JPEG is, from 0 to 255, in the middle of its left, right, upper and lower edge.
#[must_use]
pub fn edges(jpeg: &[u8]) -> [u8; 4] {
    let mut decoder = JpegDecoder::new(ZCursor::new(jpeg));
    let pixels = decoder.decode().expect("a picture");
    let (width, height) = decoder.dimensions().expect("a size");
    [(0, height / 2), (width - 1, height / 2), (width / 2, 0), (width / 2, height - 1)].map(|(x, y)| pixels[(y * width + x) * 3])
}

/// Whether some bytes stand in others.
#[must_use]
pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Size of a JPEG, by its frame header; with an independent look at the markers.
#[must_use]
pub fn size_of(jpeg: &[u8]) -> (u32, u32) {
    let mut at = 2;
    loop {
        let (marker, length) = (jpeg[at + 1], usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])));
        if matches!(marker, 0xc0..=0xc2) {
            let side = |place: usize| u32::from(u16::from_be_bytes([jpeg[place], jpeg[place + 1]]));
            return (side(at + 7), side(at + 5));
        }
        at += 2 + length;
    }
}

/// The markers of a JPEG before its pixels, as their second bytes.
#[must_use]
pub fn markers(jpeg: &[u8]) -> Vec<u8> {
    let (mut at, mut found) = (2, Vec::new());
    while jpeg[at + 1] != 0xda {
        found.push(jpeg[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    found
}
