//! Bytes to frames: a line and the payload that it announces (docs/protocol/framing.md sections 1, 4 and 6).
//!
//! The caller feeds the bytes from the socket to a [`Decoder`], in chunks of any size. The decoder
//! passes complete frames to a [`Receiver`]. For each line, before any byte of its payload has
//! arrived, the receiver decides whether the command is allowed now and how long the payload is.
//! Because of this decision, a peer cannot use more memory than one line and one payload need. The
//! stream sets the limit for the line, and the command sets the limit for the payload.

use std::fmt;

use memchr::memchr;

use crate::Malformed;

/// The rules for the lines of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRules {
    /// The longest line in bytes, including its line end.
    pub max_line: usize,
    /// True if all control characters except tab are refused. Otherwise, only NUL is refused.
    pub strict_controls: bool,
}

impl LineRules {
    /// The rules of notification and dispatch connections (framing.md section 6).
    pub const NOTIFICATION: Self = Self { max_line: 8192, strict_controls: false };
    /// The rules of a switchboard (sb.md section 8).
    pub const SWITCHBOARD: Self = Self { max_line: 1024, strict_controls: true };

    fn check(self, line: &[u8]) -> Result<(), Malformed> {
        let bad = |byte: &u8| match byte {
            0 => true,
            b'\t' => false,
            _ => self.strict_controls && (*byte < 0x20 || *byte == 0x7F),
        };
        if line.iter().any(bad) { Err(Malformed::ControlCharacter) } else { Ok(()) }
    }
}

/// One command as received: its line without the line end, and its payload (empty for commands that have none).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The line, without its line end.
    pub line: &'a [u8],
    /// The payload, which has exactly as many bytes as the line announced.
    pub payload: &'a [u8],
}

/// Shows only the verb and the sizes, because lines carry tickets and cookies, and payloads carry
/// private messages.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = self.line.get(..3).unwrap_or(self.line).escape_ascii();
        write!(f, "Frame({verb}, line of {}, payload of {} bytes)", self.line.len(), self.payload.len())
    }
}

/// A receiver's answer to a frame, which says whether the receiver can accept another frame now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Continue with the next frame.
    Continue,
    /// Pause. The decoder keeps the remaining bytes until the next [`Decoder::feed`], whose chunk may be empty.
    Pause,
}

/// The receiver of a stream's frames.
pub trait Receiver {
    /// The reason why the receiver ends the stream. An invalid line also ends the stream.
    type Stop: From<Malformed>;

    /// Returns the length of the payload after `line`. The decoder calls this function once for
    /// each line, in order.
    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Self::Stop>;

    /// Receives a complete frame.
    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Self::Stop>;
}

/// The part of a frame that a decoder waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// The decoder waits for the first byte of a line.
    Nothing,
    /// The decoder waits for the rest of a line.
    Line,
    /// The decoder waits for the rest of a payload.
    Payload,
}

/// Cuts a stream of bytes into frames. Holds memory only while a frame is incomplete.
#[derive(Debug)]
pub struct Decoder {
    rules: LineRules,
    /// Bytes received but not used yet: an incomplete frame, or the frames left over after a pause.
    tail: Vec<u8>,
    progress: Progress,
}

/// The progress of the search for a line end in the frame at the start of the tail. Because of this
/// state, the decoder searches no byte twice.
#[derive(Clone, Copy, Debug)]
enum Progress {
    /// The first `scanned` bytes contain no line end.
    Line { scanned: usize },
    /// The line is complete and admitted. The whole frame has `total` bytes.
    Payload { line: usize, line_end: usize, total: usize },
}

const FRESH: Progress = Progress::Line { scanned: 0 };

impl Decoder {
    /// Creates a decoder for the start of a stream.
    #[must_use]
    pub const fn new(rules: LineRules) -> Self {
        Self { rules, tail: Vec::new(), progress: FRESH }
    }

    /// Returns the part of a frame that the decoder waits for. During a pause, returns the state
    /// before the pause.
    #[must_use]
    pub const fn pending(&self) -> Pending {
        match self.progress {
            Progress::Payload { .. } => Pending::Payload,
            Progress::Line { .. } if self.tail.is_empty() => Pending::Nothing,
            Progress::Line { .. } => Pending::Line,
        }
    }

    /// Returns whether the decoder holds bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tail.is_empty()
    }

    /// Accepts `chunk` and passes on every frame that is now complete, until the receiver pauses.
    ///
    /// # Errors
    /// The receiver's reason to stop, or a [`Malformed`] line. The decoder cannot be used afterwards.
    pub fn feed<R: Receiver>(&mut self, chunk: &[u8], receiver: &mut R) -> Result<(), R::Stop> {
        if self.tail.is_empty() {
            let used = self.cut(chunk, receiver)?;
            self.tail.extend_from_slice(&chunk[used..]);
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.tail);
        bytes.extend_from_slice(chunk);
        let used = self.cut(&bytes, receiver)?;
        if used < bytes.len() {
            bytes.drain(..used);
            self.tail = bytes;
        }
        Ok(())
    }

    /// Passes on the frames in `bytes` and returns the number of bytes used.
    fn cut<R: Receiver>(&mut self, bytes: &[u8], receiver: &mut R) -> Result<usize, R::Stop> {
        let mut used = 0;
        loop {
            let rest = &bytes[used..];
            let (line, line_end, total) = match self.progress {
                Progress::Payload { line, line_end, total } => (line, line_end, total),
                Progress::Line { scanned } => {
                    let Some(line_end) = self.line_end(rest, scanned)? else {
                        return Ok(used);
                    };
                    let line = line_length(&rest[..line_end]);
                    if line == 0 {
                        used += line_end;
                        self.progress = FRESH;
                        continue;
                    }
                    self.rules.check(&rest[..line])?;
                    let payload = receiver.payload_length(&rest[..line])?;
                    (line, line_end, line_end.checked_add(payload).ok_or(Malformed::PayloadLength)?)
                }
            };
            if rest.len() < total {
                self.progress = Progress::Payload { line, line_end, total };
                return Ok(used);
            }
            used += total;
            self.progress = FRESH;
            let frame = Frame { line: &rest[..line], payload: &rest[line_end..total] };
            if receiver.receive(frame)? == Flow::Pause {
                return Ok(used);
            }
        }
    }

    /// Returns the length of the first line of `bytes`, including its line end.
    fn line_end(&mut self, bytes: &[u8], scanned: usize) -> Result<Option<usize>, Malformed> {
        let end = memchr(b'\n', &bytes[scanned..]).map(|at| scanned + at + 1);
        if end.unwrap_or(bytes.len()) > self.rules.max_line {
            return Err(Malformed::LineTooLong);
        }
        self.progress = Progress::Line { scanned: bytes.len() };
        Ok(end)
    }
}

/// Returns the length of a line without its LF, and without the CR directly before the LF.
fn line_length(line: &[u8]) -> usize {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line).len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Frames = Vec<(Vec<u8>, Vec<u8>)>;

    /// Accepts every line. The last word of a line that begins with `P` is the length of its payload.
    #[derive(Default)]
    struct Collector {
        frames: Frames,
        pause_each: bool,
    }

    impl Receiver for Collector {
        type Stop = Malformed;

        fn payload_length(&mut self, line: &[u8]) -> Result<usize, Malformed> {
            if line[0] != b'P' {
                return Ok(0);
            }
            let word = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
            let length = crate::word::number(word).ok_or(Malformed::PayloadLength)?;
            Ok(length as usize)
        }

        fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Malformed> {
            self.frames.push((frame.line.to_vec(), frame.payload.to_vec()));
            Ok(if self.pause_each { Flow::Pause } else { Flow::Continue })
        }
    }

    fn decode(chunks: &[&[u8]]) -> Result<Frames, Malformed> {
        let mut decoder = Decoder::new(LineRules::SWITCHBOARD);
        let mut collector = Collector::default();
        for chunk in chunks {
            decoder.feed(chunk, &mut collector)?;
        }
        Ok(collector.frames)
    }

    #[test]
    fn a_payload_is_not_split_into_lines() {
        let frames = decode(&[b"P 1 9\r\na\r\nOUT\r\nbOUT\r\n"]).unwrap();
        assert_eq!(frames, [(b"P 1 9".to_vec(), b"a\r\nOUT\r\nb".to_vec()), (b"OUT".to_vec(), vec![])]);
    }

    #[test]
    fn an_lf_without_a_cr_ends_a_line_but_a_cr_without_an_lf_does_not() {
        assert_eq!(decode(&[b"A\nB\r\n"]).unwrap().len(), 2);
        assert_eq!(decode(&[b"A\rB\n"]), Err(Malformed::ControlCharacter));
    }

    #[test]
    fn empty_lines_are_skipped() {
        assert_eq!(decode(&[b"\r\n\nA\r\n\r\n"]).unwrap(), [(b"A".to_vec(), vec![])]);
    }

    #[test]
    fn a_line_of_the_maximum_length_is_accepted_and_a_longer_line_is_refused() {
        let line = |len: usize| [vec![b'A'; len - 2], b"\r\n".to_vec()].concat();
        assert!(decode(&[&line(1024)]).is_ok());
        assert_eq!(decode(&[&line(1025)]), Err(Malformed::LineTooLong));
        assert_eq!(decode(&[&[b'A'; 1025]]), Err(Malformed::LineTooLong), "without a line end");
    }

    #[test]
    fn frames_after_a_pause_are_kept_for_the_next_call_to_feed() {
        let mut decoder = Decoder::new(LineRules::NOTIFICATION);
        let mut collector = Collector { pause_each: true, ..Collector::default() };
        decoder.feed(b"A\r\nB\r\nC", &mut collector).unwrap();
        assert_eq!(collector.frames.len(), 1);
        decoder.feed(b"", &mut collector).unwrap();
        assert_eq!(collector.frames.len(), 2);
        assert!(!decoder.is_empty());
        decoder.feed(b"\r\n", &mut collector).unwrap();
        assert_eq!(collector.frames.len(), 3);
        assert!(decoder.is_empty());
    }

    #[test]
    fn an_incomplete_line_is_distinguished_from_an_incomplete_payload() {
        let mut decoder = Decoder::new(LineRules::NOTIFICATION);
        let mut collector = Collector::default();
        for (chunk, pending) in
            [("", Pending::Nothing), ("P 3", Pending::Line), ("\n", Pending::Payload), ("abc", Pending::Nothing)]
        {
            decoder.feed(chunk.as_bytes(), &mut collector).unwrap();
            assert_eq!(decoder.pending(), pending, "{chunk:?}");
        }
    }

    /// A line, and a payload if the line announces one.
    fn frame() -> impl Strategy<Value = String> {
        prop_oneof!["[A-O]{3}( [a-z]{1,5}){0,3}\r?\n", "P[a-z]{0,3} 4\r\n[ -~\r\n]{4}"]
    }

    proptest! {
        #[test]
        fn the_frames_are_the_same_wherever_the_input_is_split(
            input in proptest::collection::vec(frame(), 0..8),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let bytes = input.concat().into_bytes();
            let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            let chunks: Vec<_> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(decode(&chunks), decode(&[&bytes]));
        }

        #[test]
        fn the_decoder_never_panics_whatever_bytes_it_gets(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
        ) {
            let chunks: Vec<_> = chunks.iter().map(Vec::as_slice).collect();
            let _ = decode(&chunks);
        }
    }
}
