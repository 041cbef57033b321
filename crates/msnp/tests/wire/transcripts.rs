//! The golden transcripts: what they say a server writes is what the crate reads and writes.
//!
//! Only what a parser needs is understood here: records, escapes, and where the text of a record stands. How the files are
//! played against a server is the matter of `msnp-conformance`.

use std::fs;
use std::path::{Path, PathBuf};

use msnp::frame::Frame;
use msnp::notification::{self as ns, server_payload_length};
use msnp::switchboard as sb;
use msnp::{Dialect, text};

/// A line from a server, with its payload.
struct Told {
    /// File and line, for messages.
    place: String,
    is_switchboard: bool,
    line: Vec<u8>,
    payload: Vec<u8>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/transcripts")
}

/// Every server line of the MSNP connections in the file `name`.
fn told_by_servers(name: &str) -> Vec<Told> {
    let file = fs::read_to_string(folder().join(name)).unwrap();
    let mut told: Vec<Told> = Vec::new();
    for (number, record) in file.lines().enumerate() {
        let mut parts = record.splitn(3, ' ');
        let (Some(who), Some(sign)) = (parts.next(), parts.next()) else {
            continue;
        };
        let text = parts.next().unwrap_or_default();
        match sign {
            _ if who.starts_with(['#', '!']) => {}
            "<" => told.push(Told {
                place: format!("{name}:{}", number + 1),
                is_switchboard: who.starts_with("sb"),
                line: unescape(text),
                payload: Vec::new(),
            }),
            "<|" => told.last_mut().unwrap().payload.extend(unescape(text)),
            _ => {}
        }
    }
    told
}

/// The bytes of a record's text (transcripts/README.md section 2).
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let (escape, after) = rest[at + 1..].split_at(1);
        rest = after;
        match escape {
            "r" => bytes.push(b'\r'),
            "n" => bytes.push(b'\n'),
            "t" => bytes.push(b'\t'),
            "\\" => bytes.push(b'\\'),
            "x" => {
                bytes.push(u8::from_str_radix(&rest[..2], 16).unwrap());
                rest = &rest[2..];
            }
            "R" => {
                let (repeat, after) = rest[1..].split_once('}').unwrap();
                let (count, what) = repeat.split_once(',').unwrap();
                bytes.extend(what.repeat(count.parse().unwrap()).into_bytes());
                rest = after;
            }
            other => panic!("unknown escape {other}"),
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Whether a text has a `{word}` that the server chooses.
fn has_free_part(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair[0] == b'{' && pair[1].is_ascii_lowercase())
}

/// Fails unless the line decodes, and encodes back to the same words and payload.
fn assert_reads_back(told: &Told) {
    let Told { place, line, payload, .. } = told;
    let (line, payload) = (line.as_slice(), payload.as_slice());
    let frame = Frame { line, payload };
    let mut out = Vec::new();
    if told.is_switchboard {
        assert_eq!(sb::server_payload_length(line), Ok(payload.len()), "{place}");
        let command = sb::ServerCommand::decode(frame).unwrap_or_else(|error| panic!("{place}: {error}"));
        command.encode(Dialect::Msnp12, &mut out);
    } else {
        assert_eq!(server_payload_length(line, 4096), Ok(payload.len()), "{place}");
        let command =
            ns::ServerCommand::decode(Dialect::Msnp12, frame).unwrap_or_else(|error| panic!("{place}: {error}"));
        command.encode(Dialect::Msnp12, &mut out);
    }
    let expected = [text::decode_bytes(line), b"\r\n".to_vec(), payload.to_vec()].concat();
    let (out_line, out_payload) = out.split_at(out.len() - payload.len());
    let written = [text::decode_bytes(out_line), out_payload.to_vec()].concat();
    assert_eq!(written.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{place}");
}

#[test]
fn every_line_of_the_literal_sign_in_reads_back() {
    let told = told_by_servers("msnp12-signin-literal.txt");
    told.iter().for_each(assert_reads_back);
    assert!(told.len() > 20, "{} lines", told.len());
}

#[test]
fn every_fixed_server_line_of_the_msnp12_transcripts_reads_back() {
    let mut read = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_msnp12 = name.ends_with("-msnp12.txt") || name.starts_with("msnp12-") || name.starts_with("sb-");
        // Its first half is a conversation of MSNP9.
        if !is_msnp12 || name.starts_with("lists-msnp9") {
            continue;
        }
        for told in told_by_servers(&name) {
            if !has_free_part(&told.line) && !has_free_part(&told.payload) {
                assert_reads_back(&told);
                read += 1;
            }
        }
    }
    assert!(read > 200, "{read} lines");
}
