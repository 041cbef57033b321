//! Tests that the crate reads and writes exactly the lines in the golden transcripts.
//!
//! This test reads only what a parser needs: records, escapes, the positions of texts, and the stage of each
//! connection. `msnp-conformance` plays the files against a server.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use msnp::frame::Frame;
use msnp::notification::{self as ns, Stage, server_payload_length, verb};
use msnp::switchboard as sb;
use msnp::{Dialect, Reader, Refusal, text};

/// The transcripts that these tests skip, each with the reason. The tests read back all other
/// transcripts in the folder, which means that they decode and encode every line.
const NOT_READ_BACK: &[(&str, &str)] =
    &[("quirks.txt", "the lines that one client alone receives are read back as those that all others receive")];

/// The content of one record.
#[derive(Clone, PartialEq, Eq)]
enum Event {
    /// The client sends a line.
    Sent,
    /// The server sends a line.
    Told,
    /// The server closes the connection.
    Closed,
}

#[derive(Clone)]
struct Record {
    /// File and line, for error messages.
    place: String,
    connection: String,
    event: Event,
    line: Vec<u8>,
    payload: Vec<u8>,
    /// The value of `{vN}` in the line.
    list_version: u32,
    /// The stage of the connection before this record.
    stage: Stage,
}

impl Record {
    fn is_switchboard(&self) -> bool {
        self.connection.starts_with("sb")
    }

    /// Returns whether the text contains a placeholder `{word}` for a value that the server
    /// chooses. The placeholders that [`fill`] replaces do not count.
    fn has_free_part(&self) -> bool {
        [&self.line, &self.payload]
            .iter()
            .any(|text| text.windows(2).any(|pair| pair[0] == b'{' && pair[1].is_ascii_lowercase()))
    }

    /// Returns the stage after this record.
    fn stage_after(&self) -> Stage {
        let words: Vec<&str> = std::str::from_utf8(&self.line).unwrap_or_default().split(' ').collect();
        match (self.is_switchboard(), &self.event, self.stage, words.as_slice()) {
            (false, Event::Told, Stage::Fresh, ["VER", _, "CVR0"]) => Stage::VersionQuery,
            (false, Event::Told, Stage::Fresh, ["VER", _, dialect, ..]) if *dialect != "0" => {
                Stage::Negotiated(Dialect::from_name(dialect).unwrap())
            }
            (false, Event::Told, Stage::Negotiated(dialect), ["USR", _, "OK", ..]) => Stage::SignedIn(dialect),
            _ => self.stage,
        }
    }
}

/// Returns the dialect of a connection in a stage. Before VER and on switchboards, returns the
/// dialect of the newest client.
fn dialect(stage: Stage) -> Dialect {
    match stage {
        Stage::Fresh | Stage::VersionQuery => Dialect::Msnp12,
        Stage::Negotiated(dialect) | Stage::SignedIn(dialect) => dialect,
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/transcripts")
}

/// Returns the names of all transcripts.
fn files() -> Vec<String> {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".txt")).collect()
}

/// Returns the records of the MSNP connections in the file `name`. HTTP connections have no lines of MSNP.
fn records(name: &str) -> Vec<Record> {
    let file = fs::read_to_string(folder().join(name)).unwrap();
    let mut records: Vec<Record> = Vec::new();
    let mut stages = HashMap::new();
    let mut over_http = HashSet::new();
    for (number, record) in file.lines().enumerate() {
        let mut parts = record.splitn(3, ' ');
        let (Some(who), Some(sign)) = (parts.next(), parts.next()) else {
            continue;
        };
        let text = parts.next().unwrap_or_default();
        let event = match sign {
            _ if who == "!signed-in" => {
                let dialect = text.split(' ').nth(1).and_then(Dialect::from_name).unwrap();
                stages.insert(sign.to_owned(), Stage::SignedIn(dialect));
                continue;
            }
            _ if who.starts_with(['#', '!']) => continue,
            "@" if text == "http" => {
                over_http.insert(who);
                continue;
            }
            _ if over_http.contains(who) && sign != "@" => continue,
            "@" => {
                over_http.remove(who);
                stages.insert(who.to_owned(), Stage::Fresh);
                continue;
            }
            ">|" | "<|" => {
                records.last_mut().unwrap().payload.extend(unescape(text));
                continue;
            }
            ">" => Event::Sent,
            "<" => Event::Told,
            "<!" => Event::Closed,
            _ => continue,
        };
        let stage = stages.get(who).copied().unwrap_or(Stage::Fresh);
        let (text, list_version) = fill(text);
        let record = Record {
            place: format!("{name}:{}", number + 1),
            connection: who.to_owned(),
            event,
            line: unescape(&text),
            payload: Vec::new(),
            list_version,
            stage,
        };
        stages.insert(who.to_owned(), record.stage_after());
        records.push(record);
    }
    records
}

/// Replaces the placeholders for GUIDs, time stamps and list versions with values.
fn fill(text: &str) -> (String, u32) {
    let mut filled = String::new();
    let mut list_version = 0;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let word = after.split_once('}').map(|(word, _)| word).unwrap_or_default();
        let version = word.strip_prefix('v').and_then(|number| number.parse::<u32>().ok());
        let value = match word {
            "list-ts" => "2005-04-23T18:57:44.8130000-07:00".to_owned(),
            "set-ts" => "2005-04-23T18:57:54.2070000-07:00".to_owned(),
            "ver" => "216".to_owned(),
            "g" | "g2" | "g3" | "g4" => "d6deeacd-7849-4de4-93c5-d130915d0042".to_owned(),
            _ if word.starts_with("g-") || word.starts_with("c-") => "c1f9a363-4ee9-4a33-a434-b056a4c55b98".to_owned(),
            _ => match version {
                Some(number) => {
                    list_version = 216 + number;
                    list_version.to_string()
                }
                None => {
                    filled.push('{');
                    rest = after;
                    continue;
                }
            },
        };
        filled.push_str(&value);
        rest = &after[word.len() + 1..];
    }
    filled.push_str(rest);
    (filled, list_version)
}

/// Returns the bytes of a record's text (transcripts/README.md section 2).
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

/// Panics unless `written` equals the record. The escapes in texts may differ.
fn assert_same(record: &Record, written: &[u8]) {
    let Record { place, payload, .. } = record;
    let expected = [text::decode_bytes(&as_kept(record)), b"\r\n".to_vec(), payload.clone()].concat();
    let (line, payload) = written.split_at(written.len() - payload.len());
    let written = [text::decode_bytes(line), payload.to_vec()].concat();
    assert_eq!(written.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{place}");
}

/// Returns the line without the parts that the crate does not keep: the case of addresses, the
/// second half of a ticket, and the word of older dialects after the name of a group. Adds the `0`
/// of older dialects at the end of a REG, because clients can leave out this `0`.
fn as_kept(record: &Record) -> Vec<u8> {
    if record.line.starts_with(b"REG") && dialect(record.stage) < Dialect::Msnp10 && !record.line.ends_with(b" 0") {
        let line = [&record.line, b" 0".as_slice()].concat();
        return as_kept(&Record { line, ..record.clone() });
    }
    let has_old_word = matches!(&record.line[..3], b"ADG" | b"REG") && dialect(record.stage) >= Dialect::Msnp10;
    let line = match record.line.strip_suffix(b" 0") {
        Some(line) if has_old_word => line,
        _ => &record.line,
    };
    let words = line.split(|byte| *byte == b' ').map(|word| match word.windows(3).position(|part| part == b"&p=") {
        Some(at) => word[..at + 3].to_vec(),
        None if word.starts_with(b"N=") => [b"N=", word[2..].to_ascii_lowercase().as_slice()].concat(),
        None if word.contains(&b'@') && !word.contains(&b'=') => word.to_ascii_lowercase(),
        None => word.to_vec(),
    });
    words.collect::<Vec<_>>().join(&b' ')
}

/// Panics unless the server's line decodes and encodes back to the same words and payload.
fn assert_received_reads_back(received: &Record) {
    let Record { place, line, payload, list_version, stage, .. } = received;
    let frame = Frame { line, payload };
    let mut out = Vec::new();
    let dialect = dialect(*stage);
    if received.is_switchboard() {
        assert_eq!(sb::server_payload_length(line), Ok(payload.len()), "{place}");
        let command = sb::ServerCommand::decode(frame).unwrap_or_else(|error| panic!("{place}: {error}"));
        command.encode(dialect, &mut out);
    } else {
        assert_eq!(server_payload_length(line, 4096), Ok(payload.len()), "{place}");
        let command = ns::ServerCommand::decode(dialect, frame).unwrap_or_else(|error| panic!("{place}: {error}"));
        command.encode(Reader { list_version: *list_version, ..dialect.into() }, &mut out);
    }
    assert_same(received, &out);
}

/// Returns what the crate reads from a client's line on a notification connection.
fn understood(sent: &Record) -> Result<ns::ClientCommand, Refusal> {
    let Record { place, line, payload, stage, .. } = sent;
    let length = verb::admit(*stage, line)?;
    assert_eq!(length, payload.len(), "{place}");
    ns::ClientCommand::decode(dialect(*stage), Frame { line, payload })
}

/// Panics unless the client's line decodes and encodes back to the same words and payload. If the records `after` it
/// show a refusal, panics unless the crate refuses the line in the same way.
fn assert_sent_reads_back(sent: &Record, after: &[Record]) {
    let place = &sent.place;
    let mut answers = after.iter().filter(|record| record.connection == sent.connection);
    let mut answer = || answers.next().unwrap_or_else(|| panic!("{place}: refused, and no answer follows"));
    let mut out = Vec::new();
    match understood(sent) {
        Ok(command) => {
            command.encode(dialect(sent.stage), &mut out).unwrap();
            assert_same(sent, &out);
        }
        Err(Refusal::Close(why)) => assert!(answer().event == Event::Closed, "{place}: {why}"),
        Err(Refusal::Answer(trid, code)) => {
            ns::ServerCommand::Error(trid, code).encode(dialect(sent.stage), &mut out);
            assert_same(answer(), &out);
        }
        Err(Refusal::Fatal(trid, code)) => {
            ns::ServerCommand::Error(trid, code).encode(dialect(sent.stage), &mut out);
            assert_same(answer(), &out);
            assert!(answer().event == Event::Closed, "{place}: not closed after {code}");
        }
    }
}

/// Reads back the lines of a transcript, except for the lines with placeholders for values that the
/// server chooses. Returns the number of client lines and the number of server lines that were read
/// back. Skips the client lines on a switchboard.
fn read_back(name: &str) -> (usize, usize) {
    let records = records(name);
    let (mut sent, mut received) = (0, 0);
    for (number, record) in records.iter().enumerate().filter(|(_, record)| !record.has_free_part()) {
        match record.event {
            Event::Told => {
                assert_received_reads_back(record);
                received += 1;
            }
            Event::Sent if !record.is_switchboard() => {
                assert_sent_reads_back(record, &records[number + 1..]);
                sent += 1;
            }
            Event::Sent | Event::Closed => {}
        }
    }
    (sent, received)
}

#[test]
fn every_line_of_the_transcript_msnp12_signin_literal_is_read_back_unchanged() {
    let (sent, received) = read_back("msnp12-signin-literal.txt");
    assert!(sent > 10 && received > 20, "{sent} and {received} lines");
}

#[test]
fn every_transcript_line_without_placeholders_is_unchanged_after_decoding_and_encoding() {
    let (mut all_sent, mut all_received) = (0, 0);
    for name in files().into_iter().filter(|name| NOT_READ_BACK.iter().all(|(other, _)| name != other)) {
        let (sent, received) = read_back(&name);
        all_sent += sent;
        all_received += received;
    }
    assert!(all_sent > 200 && all_received > 300, "{all_sent} and {all_received} lines");
}

#[test]
fn every_transcript_on_the_list_of_exceptions_exists() {
    let files = files();
    for (name, reason) in NOT_READ_BACK {
        assert!(files.iter().any(|file| file == name), "{name} is on the list ({reason}), but not in the folder");
    }
}
