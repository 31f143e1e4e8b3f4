//! From pixels to the bytes that are kept.

use jpeg_encoder::{ColorType, Encoder};
use resize::px::PixelFormat;
use resize::{Resizer, Type};

use crate::{Fault, Pixels};

/// Of a JPEG, out of 100: what differs from the original cannot be seen at arm's length.
const QUALITY: u8 = 85;

/// Pixels of so many bytes, the last of which is alpha where their number is even. What shines through counts for as much less: its colour must not
/// bleed into what can be seen.
struct Bytes<const CHANNELS: usize>;

impl<const CHANNELS: usize> Bytes<CHANNELS> {
    const ALPHA: bool = CHANNELS.is_multiple_of(2);
}

impl<const CHANNELS: usize> PixelFormat for Bytes<CHANNELS>
where
    [u8; CHANNELS]: Default,
{
    type InputPixel = [u8; CHANNELS];
    type OutputPixel = [u8; CHANNELS];
    type Accumulator = [f32; CHANNELS];

    fn new() -> Self::Accumulator {
        [0.0; CHANNELS]
    }

    fn add(&self, sum: &mut Self::Accumulator, pixel: Self::InputPixel, weight: f32) {
        let colour = if Self::ALPHA { weight * f32::from(pixel[CHANNELS - 1]) / 255.0 } else { weight };
        for (at, (sum, byte)) in sum.iter_mut().zip(pixel).enumerate() {
            *sum += f32::from(byte) * if Self::ALPHA && at + 1 == CHANNELS { weight } else { colour };
        }
    }

    fn add_acc(sum: &mut Self::Accumulator, part: Self::Accumulator, weight: f32) {
        for (sum, part) in sum.iter_mut().zip(part) {
            *sum += part * weight;
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number between 0 and 255 after rounding")]
    fn into_pixel(&self, sum: Self::Accumulator) -> Self::OutputPixel {
        let alpha = sum[CHANNELS - 1];
        let seen = if Self::ALPHA && alpha > 0.5 { 255.0 / alpha } else { 1.0 };
        std::array::from_fn(|at| {
            let value = if Self::ALPHA && at + 1 == CHANNELS { alpha } else { sum[at] * seen };
            value.round().clamp(0.0, 255.0) as u8
        })
    }
}

fn resized<const CHANNELS: usize>(pixels: &Pixels, width: usize, height: usize) -> Result<Vec<u8>, Fault>
where
    [u8; CHANNELS]: Default,
{
    let mut data = vec![0; width * height * CHANNELS];
    let mut resizer = Resizer::new(pixels.width, pixels.height, width, height, Bytes::<CHANNELS>, Type::Catrom).map_err(|_| Fault::Broken)?;
    resizer.resize(pixels.data.as_chunks().0, data.as_chunks_mut().0).map_err(|_| Fault::Broken)?;
    Ok(data)
}

/// The same picture with no side longer than `side`; one that is small enough is left as it is.
pub fn fit(pixels: Pixels, side: usize) -> Result<Pixels, Fault> {
    let longest = pixels.width.max(pixels.height);
    if longest <= side {
        return Ok(pixels);
    }
    let scaled = |length: usize| ((length * side + longest / 2) / longest).max(1);
    let (width, height) = (scaled(pixels.width), scaled(pixels.height));
    let data = match pixels.channels {
        1 => resized::<1>(&pixels, width, height)?,
        2 => resized::<2>(&pixels, width, height)?,
        3 => resized::<3>(&pixels, width, height)?,
        _ => resized::<4>(&pixels, width, height)?,
    };
    Ok(Pixels { width, height, channels: pixels.channels, data })
}

/// The bytes of a picture no side of which is longer than a JPEG can say.
pub fn write(pixels: &Pixels) -> Result<Vec<u8>, Fault> {
    if pixels.has_alpha() { png(pixels) } else { jpeg(pixels) }
}

fn jpeg(pixels: &Pixels) -> Result<Vec<u8>, Fault> {
    let side = |length: usize| u16::try_from(length).map_err(|_| Fault::TooLarge);
    let colours = if pixels.channels == 1 { ColorType::Luma } else { ColorType::Rgb };
    let mut out = Vec::new();
    Encoder::new(&mut out, QUALITY).encode(&pixels.data, side(pixels.width)?, side(pixels.height)?, colours).map_err(|_| Fault::Broken)?;
    Ok(out)
}

/// The bytes of a picture as PNG, whatever its channels.
pub fn png(pixels: &Pixels) -> Result<Vec<u8>, Fault> {
    let side = |length: usize| u32::try_from(length).map_err(|_| Fault::TooLarge);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side(pixels.width)?, side(pixels.height)?);
    encoder.set_color(match pixels.channels {
        1 => png::ColorType::Grayscale,
        2 => png::ColorType::GrayscaleAlpha,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    });
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|_| Fault::Broken)?;
    writer.write_image_data(&pixels.data).map_err(|_| Fault::Broken)?;
    writer.finish().map_err(|_| Fault::Broken)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::fit;
    use crate::Pixels;

    #[test]
    fn the_colour_of_what_cannot_be_seen_does_not_bleed() {
        // Red that is there beside green that is not.
        let data = (0..64).flat_map(|at| if at % 2 == 0 { [200, 0, 0, 255] } else { [0, 255, 0, 0] }).collect();
        let small = fit(Pixels { width: 8, height: 8, channels: 4, data }, 4).expect("made");
        for pixel in small.data.chunks_exact(4) {
            assert!(pixel[0].abs_diff(200) <= 2 && pixel[1] == 0, "{pixel:?}");
        }
        assert!(small.data.chunks_exact(4).any(|pixel| pixel[3] < 255));
    }
}
