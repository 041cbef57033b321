//! Splits a stream that a test generates. The test chooses the rule for payloads and the positions
//! of the splits.

use std::collections::BTreeSet;

use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use msnp::{ErrorCode, Malformed};
use proptest::sample::Index;

/// A line and its payload.
pub(crate) type Owned = (Vec<u8>, Vec<u8>);

/// Keeps every frame. `length` gives the payload length of each line.
struct Collector<F> {
    length: F,
    frames: Vec<Owned>,
}

impl<F, S> Receiver for Collector<F>
where
    F: FnMut(&[u8]) -> Result<usize, S>,
    S: From<Malformed>,
{
    type Stop = S;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, S> {
        (self.length)(line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, S> {
        self.frames.push((frame.line.to_vec(), frame.payload.to_vec()));
        Ok(Flow::Continue)
    }
}

/// Splits `bytes` at `cuts`, feeds the pieces to a decoder, and returns the frames. Panics if the last frame is
/// incomplete.
pub(crate) fn frames<S: From<Malformed>>(
    rules: LineRules,
    bytes: &[u8],
    cuts: &[Index],
    length: impl FnMut(&[u8]) -> Result<usize, S>,
) -> Result<Vec<Owned>, S> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    let mut decoder = Decoder::new(rules);
    let mut collector = Collector { length, frames: Vec::new() };
    for pair in places.windows(2) {
        decoder.feed(&bytes[pair[0]..pair[1]], &mut collector)?;
    }
    assert!(decoder.is_empty(), "bytes left over: {}", bytes.escape_ascii());
    Ok(collector.frames)
}

/// Returns the line at the beginning of `bytes`, and the bytes after it.
pub(crate) fn first_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n").unwrap();
    (&bytes[..end], &bytes[end + 2..])
}

/// Returns the verb or the code at the start of each line.
pub(crate) fn verbs(lines: impl IntoIterator<Item = Vec<u8>>) -> BTreeSet<String> {
    let verb = |line: Vec<u8>| String::from_utf8(first_line(&line).0[..3].to_vec()).unwrap();
    lines.into_iter().map(verb).collect()
}

/// Panics unless the strategies generated exactly the verbs in `wanted`. The message of the panic
/// shows the differing verbs.
pub(crate) fn assert_made<'v>(wanted: impl IntoIterator<Item = &'v str>, made: &BTreeSet<String>) {
    let wanted: BTreeSet<String> = wanted.into_iter().map(str::to_owned).collect();
    let missing: Vec<_> = wanted.difference(made).collect();
    assert!(missing.is_empty(), "no strategy makes {missing:?}, of {wanted:?}");
    let unknown: Vec<_> = made.difference(&wanted).filter(|word| ErrorCode::parse(word.as_bytes()).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:?} are written and not among the verbs {wanted:?}");
}

/// Panics unless `bytes` are lines as a server must write them: no line end, NUL or tab inside a line, single blanks,
/// and no blank at the end. `payloads` contains the length of the payload after each line.
pub(crate) fn assert_clean_lines(bytes: &[u8], payloads: &[usize]) {
    let mut rest = bytes;
    for payload in payloads {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let line = &rest[..end];
        assert!(!line.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n' | b'\t')), "{}", line.escape_ascii());
        assert!(
            line.split(|byte| *byte == b' ').all(|word| !word.is_empty()),
            "a blank too many: {}",
            line.escape_ascii()
        );
        rest = &rest[end + 2 + payload..];
    }
    assert!(rest.is_empty(), "more than the lines: {}", bytes.escape_ascii());
}
