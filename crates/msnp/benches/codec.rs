//! Measures how long the codec takes for typical lines and messages.
//!
//! `cargo bench -p msnp` prints the time of each operation. The groups `copy` and
//! `copy_stream` are the baselines: they copy the same bytes and do nothing else.

#![allow(clippy::unwrap_used, reason = "a failure ends the run")]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use msnp::frame::{Decoder, Flow, Frame, LineRules, Receiver};
use msnp::notification::ServerCommand;
use msnp::switchboard::{Stage, admit};
use msnp::{Dialect, Refusal};

/// Lines from a notification server, in the form of MSNP12.
const LINES: [(&str, &str); 4] = [
    ("LST", "LST N=bob@example.com F=Bob%20B C=8c3c2b27-5cb7-4d4c-8dcb-0c3ebd1fb6ac 11 1"),
    (
        "ILN",
        "ILN 9 NLN bob@example.com Bob%20B 1342177280 %3Cmsnobj%20Creator%3D%22bob%40example.com%22%20Size%3D%2224539%22%20\
         Type%3D%223%22%20Location%3D%22TFR2C.tmp%22%20Friendly%3D%22AAA%3D%22%20\
         SHA1D%3D%22trC8SlFx2sWQxZMIBAWSEnXc8oQ%3D%22%20SHA1C%3D%22U32o6bosZzluJq82eAtMpx5dIEI%3D%22%2F%3E",
    ),
    ("FLN", "FLN bob@example.com"),
    ("RNG", "RNG 11752013 192.0.2.1:1863 CKI 849102291.520491113 bob@example.com Bob%20B"),
];
/// The number of messages in the stream of the group `frames`.
const MESSAGES: usize = 100;

fn main() {
    divan::main();
}

/// The name of a line.
type Name = &'static str;

fn names() -> impl Iterator<Item = Name> {
    LINES.iter().map(|(name, _)| *name)
}

fn frame(name: Name) -> Frame<'static> {
    let (_, line) = LINES.iter().find(|(other, _)| *other == name).unwrap();
    Frame { line: line.as_bytes(), payload: b"" }
}

#[divan::bench(args = names())]
fn decode(bencher: Bencher<'_, '_>, name: Name) {
    let frame = frame(name);
    bencher
        .counter(BytesCount::new(frame.line.len()))
        .bench(|| ServerCommand::decode(Dialect::Msnp12, black_box(frame)).unwrap());
}

#[divan::bench(args = names())]
fn encode(bencher: Bencher<'_, '_>, name: Name) {
    let frame = frame(name);
    let command = ServerCommand::decode(Dialect::Msnp12, frame).unwrap();
    let mut out = Vec::with_capacity(frame.line.len() + 2);
    bencher.counter(BytesCount::new(frame.line.len())).bench_local(|| {
        out.clear();
        black_box(&command).encode(Dialect::Msnp12, &mut out);
        black_box(out.len())
    });
    assert_eq!(out, [frame.line, b"\r\n"].concat());
}

/// Copies the line of the other two groups.
#[divan::bench(args = names())]
fn copy(bencher: Bencher<'_, '_>, name: Name) {
    let line = frame(name).line;
    let mut out = Vec::with_capacity(line.len());
    bencher.counter(BytesCount::new(line.len())).bench_local(|| {
        out.clear();
        out.extend_from_slice(black_box(line));
        black_box(out.len())
    });
}

/// Counts the bytes of all payloads.
struct Payloads(usize);

impl Receiver for Payloads {
    type Stop = Refusal;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Self::Stop> {
        admit(Stage::Joined, line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Flow, Self::Stop> {
        self.0 += frame.payload.len();
        Ok(Flow::Continue)
    }
}

/// The sizes of payloads, in bytes.
const SIZES: [usize; 3] = [100, 300, 1600];

/// Returns a stream of chat messages whose payloads have `size` bytes.
fn stream(size: usize) -> Vec<u8> {
    [format!("MSG 7 N {size}\r\n").into_bytes(), vec![b'x'; size]].concat().repeat(MESSAGES)
}

/// Copies the stream of the group `frames`.
#[divan::bench(args = SIZES)]
fn copy_stream(bencher: Bencher<'_, '_>, size: usize) {
    let stream = stream(size);
    let mut out = Vec::with_capacity(stream.len());
    bencher.counter(BytesCount::new(stream.len())).bench_local(|| {
        out.clear();
        out.extend_from_slice(black_box(&stream));
        black_box(out.len())
    });
}

/// Cuts a stream of chat messages into frames.
#[divan::bench(args = SIZES)]
fn frames(bencher: Bencher<'_, '_>, size: usize) {
    let stream = stream(size);
    bencher.counter(BytesCount::new(stream.len())).bench(|| {
        let mut payloads = Payloads(0);
        let mut decoder = Decoder::new(LineRules::SWITCHBOARD);
        let fed = decoder.feed(black_box(&stream), &mut payloads);
        assert!(fed.is_ok() && payloads.0 == MESSAGES * size);
    });
}
