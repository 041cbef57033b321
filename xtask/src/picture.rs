//! Draws the display picture of the helper account as a PNG. The picture shows a swallow. The PNG
//! needs no compression, because four colours take only 2.5 kB.

use std::fs;

use anyhow::{Context, Result};

use crate::shell::root;

const FILE: &str = "crates/swallowtail/src/helper/picture.png";
/// The width and height of the picture, in pixels. Clients use this size for display pictures.
const SIZE: u16 = 96;
/// The outline of the bird, in pixels.
const BIRD: [(i32, i32); 20] = [
    (85, 25),
    (76, 20),
    (68, 25),
    (52, 29),
    (33, 22),
    (10, 8),
    (22, 24),
    (38, 38),
    (45, 45),
    (34, 56),
    (6, 68),
    (26, 67),
    (14, 91),
    (40, 66),
    (52, 55),
    (59, 60),
    (72, 92),
    (72, 70),
    (69, 44),
    (77, 35),
];
/// The colours of the sky and the bird, and two colours between them for pixels that the bird
/// covers in part.
const COLOURS: [[u8; 3]; 4] = [[0x2F, 0x6D, 0xB5], [0x74, 0x9E, 0xCE], [0xBA, 0xCE, 0xE6], [0xFF, 0xFF, 0xFF]];
/// The number of sample points in each row and in each column of a pixel.
const SAMPLES: i32 = 4;

/// Writes the picture.
pub(crate) fn write() -> Result<()> {
    fs::write(root().join(FILE), png()).with_context(|| format!("could not write {FILE}"))
}

/// Returns the picture as a PNG with a palette and two bits for each pixel.
fn png() -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let size = u32::from(SIZE).to_be_bytes();
    chunk(&mut out, b"IHDR", &[&size[..], &size[..], &[2, 3, 0, 0, 0]].concat());
    chunk(&mut out, b"PLTE", &COLOURS.concat());
    chunk(&mut out, b"IDAT", &zlib(&rows()));
    chunk(&mut out, b"IEND", &[]);
    out
}

/// Returns all rows of the picture. Each row begins with a byte that means "no filter". The pixels
/// of the row follow.
fn rows() -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..i32::from(SIZE) {
        rows.push(0);
        for x in (0..i32::from(SIZE)).step_by(4) {
            rows.push((x..x + 4).fold(0, |byte, x| byte << 2 | colour(x, y)));
        }
    }
    rows
}

/// Returns the number of a pixel's colour.
fn colour(x: i32, y: i32) -> u8 {
    let points = (0..SAMPLES * SAMPLES).map(|point| (x, y, point % SAMPLES, point / SAMPLES));
    match points.filter(|point| is_covered(*point)).count() {
        0..=2 => 0,
        3..=7 => 1,
        8..=13 => 2,
        _ => 3,
    }
}

/// Returns whether a point of a pixel is inside the outline. If it is, a line from the point to the
/// right crosses the outline an odd number of times.
fn is_covered((x, y, right, down): (i32, i32, i32, i32)) -> bool {
    // The unit is half of the distance between two samples, so that all coordinates are whole
    // numbers.
    const SCALE: i32 = 2 * SAMPLES;
    let (x, y) = (x * SCALE + 2 * right + 1, y * SCALE + 2 * down + 1);
    let before = BIRD.iter().cycle().skip(BIRD.len() - 1);
    let crossed = BIRD.iter().zip(before).filter(|((x1, y1), (x2, y2))| {
        let (x1, y1, x2, y2) = (x1 * SCALE, y1 * SCALE, x2 * SCALE, y2 * SCALE);
        let is_left = (x - x1) * (y2 - y1) < (x2 - x1) * (y - y1);
        (y1 > y) != (y2 > y) && is_left == (y2 > y1)
    });
    crossed.count() % 2 == 1
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let body = [kind.as_slice(), data].concat();
    out.extend(length.to_be_bytes());
    out.extend(&body);
    out.extend(crc32(&body).to_be_bytes());
}

/// Returns `data` in one block that is not compressed. `data` must be shorter than 64 KiB.
fn zlib(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let head = [&[0x78, 0x01, 0x01][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
    [&head[..], data, &adler32(data).to_be_bytes()].concat()
}

fn adler32(data: &[u8]) -> u32 {
    let (mut low, mut high) = (1u32, 0u32);
    for byte in data {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    high << 16 | low
}

fn crc32(data: &[u8]) -> u32 {
    let shift = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !data.iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_file_in_the_server_is_up_to_date() {
        let file = fs::read(root().join(FILE)).unwrap();
        assert!(file == png(), "run `cargo xtask picture`");
        assert!(file.len() < 4096);
    }

    #[test]
    fn the_checksums_match_the_published_test_values() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }
}
