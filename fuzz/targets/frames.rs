//! Checks that a stream gives the same frames and the same result in chunks of any size.
//!
//! The first byte selects the rules. The next seven bytes are the lengths of the chunks. After the
//! seventh chunk, the lengths repeat.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msnp::Malformed;
use msnp::frame::{Decoder, Flow, Frame, LineRules, Pending, Receiver};

/// Collects every frame. If the last word of a line is a number below 1000, this number is the
/// length of a payload. A length above 500 is an error.
struct Collector {
    frames: Vec<(Vec<u8>, Vec<u8>)>,
    flow: Flow,
}

impl Receiver for Collector {
    type Stop = Malformed;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Malformed> {
        let length = msnp::word::Words::new(line).last().and_then(msnp::word::number).unwrap_or(0);
        match length {
            0..=500 => Ok(length as usize),
            501..=999 => Err(Malformed::PayloadLength),
            _ => Ok(0),
        }
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Malformed> {
        self.frames.push((frame.line.to_vec(), frame.payload.to_vec()));
        Ok(self.flow)
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((head, stream)) = input.split_first_chunk::<8>() else {
        return;
    };
    let rules = if head[0] & 1 == 0 { LineRules::NOTIFICATION } else { LineRules::SWITCHBOARD };

    let mut whole = Collector { frames: Vec::new(), flow: Flow::Continue };
    let mut decoder = Decoder::new(rules);
    let end = decoder.feed(stream, &mut whole);
    let pending = decoder.pending();

    let mut parts = Collector { frames: Vec::new(), flow: if head[0] & 2 == 0 { Flow::Continue } else { Flow::Pause } };
    let mut decoder = Decoder::new(rules);
    let parts_end = feed_in_chunks(&mut decoder, stream, &head[1..], &mut parts);

    assert_eq!(whole.frames, parts.frames);
    assert_eq!(end, parts_end);
    if end.is_ok() {
        assert_eq!(pending, decoder.pending());
        assert_eq!(pending == Pending::Nothing, decoder.is_empty());
    }
});

/// Feeds `stream` to the decoder in chunks of these lengths. The collector can pause the decoder
/// after each frame, so this function continues until no more frames arrive.
fn feed_in_chunks(
    decoder: &mut Decoder,
    mut stream: &[u8],
    lengths: &[u8],
    collector: &mut Collector,
) -> Result<(), Malformed> {
    let mut lengths = lengths.iter().cycle();
    while !stream.is_empty() {
        let length = lengths.next().map_or(1, |length| usize::from(*length).clamp(1, stream.len()));
        let (chunk, rest) = stream.split_at(length);
        stream = rest;
        decoder.feed(chunk, collector)?;
        loop {
            let before = collector.frames.len();
            decoder.feed(b"", collector)?;
            if collector.frames.len() == before {
                break;
            }
        }
    }
    Ok(())
}
