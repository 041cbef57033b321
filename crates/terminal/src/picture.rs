//! Display pictures: decoded with limits, and made small enough for a terminal.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbaImage};
use thiserror::Error;

/// The largest picture of another user, in bytes. Official clients send at most some 30 KiB.
const MAX_BYTES: usize = 100 * 1024;
/// The largest picture of another user, in pixels each way. Official clients use 96.
const MAX_PIXELS: u32 = 512;
/// The largest file for the user's own picture, in bytes. The user can trust this file, so the
/// limit only protects the memory.
pub(crate) const MAX_OWN_BYTES: usize = 10 * 1024 * 1024;
const MAX_OWN_PIXELS: u32 = 8192;
/// The maximum memory that decoding may take, in bytes.
const MAX_MEMORY: u64 = 4 * 1024 * 1024;
const MAX_OWN_MEMORY: u64 = 300 * 1024 * 1024;
/// The size of a picture on the screen: this many columns, and half as many rows.
pub(crate) const SIDE: u32 = 24;
/// The width and height of the user's own picture, in pixels, as in official clients. Pictures of
/// other users are scaled down to this size if they are larger.
const OWN_SIDE: u32 = 96;

/// A picture for the screen. Each row of the terminal shows two rows of pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Picture {
    /// The rows of pixels. The bytes of a pixel are red, green and blue.
    pub(crate) rows: Vec<Vec<[u8; 3]>>,
    /// The same picture with more pixels than `rows`, for terminals that can draw pixels.
    pub(crate) image: RgbaImage,
}

/// The reason why a picture cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum BadPicture {
    #[error("the picture is too large")]
    TooLarge,
    #[error("the picture is not a valid PNG, JPEG or GIF image")]
    Invalid,
}

impl Picture {
    /// Decodes the picture of another user.
    pub(crate) fn decode(data: &[u8]) -> Result<Self, BadPicture> {
        if data.len() > MAX_BYTES {
            return Err(BadPicture::TooLarge);
        }
        let image = decode(data, MAX_PIXELS, MAX_MEMORY)?.thumbnail(OWN_SIDE, OWN_SIDE);
        let small = image.thumbnail(SIDE, SIDE).into_rgba8();
        let rows = small.rows().map(|row| row.map(|pixel| over_black(pixel.0)).collect()).collect();
        Ok(Self { rows, image: image.into_rgba8() })
    }
}

/// Returns the user's own picture as other clients expect it: a small PNG image.
pub(crate) fn own_picture(file: &[u8]) -> Result<Vec<u8>, BadPicture> {
    if file.len() > MAX_OWN_BYTES {
        return Err(BadPicture::TooLarge);
    }
    let image = decode(file, MAX_OWN_PIXELS, MAX_OWN_MEMORY)?.thumbnail(OWN_SIDE, OWN_SIDE).into_rgba8();
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).map_err(|_| BadPicture::Invalid)?;
    Ok(png.into_inner())
}

/// Decodes an image. Of a GIF, decodes only the first frame. Checks the limits before it decodes
/// any pixel.
fn decode(data: &[u8], pixels: u32, memory: u64) -> Result<DynamicImage, BadPicture> {
    let mut reader = ImageReader::new(Cursor::new(data)).with_guessed_format().map_err(|_| BadPicture::Invalid)?;
    let known = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif];
    if !reader.format().is_some_and(|format| known.contains(&format)) {
        return Err(BadPicture::Invalid);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(pixels);
    limits.max_image_height = Some(pixels);
    limits.max_alloc = Some(memory);
    reader.limits(limits);
    reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => BadPicture::TooLarge,
        _ => BadPicture::Invalid,
    })
}

fn over_black([red, green, blue, alpha]: [u8; 4]) -> [u8; 3] {
    // The product of two bytes, divided by 255, fits in a byte.
    [red, green, blue].map(|part| u8::try_from(u16::from(part) * u16::from(alpha) / 255).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use image::Rgba;
    use proptest::prelude::*;

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let image = RgbaImage::from_pixel(width, height, Rgba([200, 100, 50, 128]));
        let mut png = Cursor::new(Vec::new());
        image.write_to(&mut png, ImageFormat::Png).unwrap();
        png.into_inner()
    }

    #[test]
    fn a_picture_is_scaled_down_and_keeps_its_proportions() {
        let picture = Picture::decode(&png(96, 48)).unwrap();
        assert_eq!((picture.rows.len(), picture.rows[0].len()), (12, 24));
        assert_eq!(picture.rows[5][5], [100, 50, 25]);
    }

    #[test]
    fn a_picture_that_is_too_large_or_in_an_unsupported_format_is_refused() {
        for (data, expected) in [
            (png(513, 1), BadPicture::TooLarge),
            (vec![0; MAX_BYTES + 1], BadPicture::TooLarge),
            (b"BM000000000000000000000000000".to_vec(), BadPicture::Invalid),
            (b"\x89PNG\r\n\x1a\n".to_vec(), BadPicture::Invalid),
            (Vec::new(), BadPicture::Invalid),
        ] {
            assert_eq!(Picture::decode(&data), Err(expected));
        }
    }

    #[test]
    fn the_users_own_picture_becomes_a_small_png() {
        let own = own_picture(&png(1000, 700)).unwrap();
        let image = image::load_from_memory(&own).unwrap();
        assert_eq!((image.width(), image.height()), (96, 67));
        assert!(Picture::decode(&own).is_ok());
    }

    proptest! {
        #[test]
        fn the_decoder_never_panics_whatever_data_it_gets(
            mut data in prop::sample::select(vec![png(20, 20), b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0".to_vec(), vec![0xFF, 0xD8, 0xFF]]),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            more in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            for (place, byte) in changes {
                let place = place.index(data.len());
                data[place] = byte;
            }
            data.extend(more);
            let _ = Picture::decode(&data);
        }
    }
}
