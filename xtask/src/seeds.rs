//! Generates seeds for fuzzing from the lines of clients and servers in the golden transcripts, from the messages in the
//! reference, and from examples of peer-to-peer messages.

mod p2p;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::shell::root;

const FOLDER: &str = "fuzz/seeds";
/// The first bytes of each seed of `frames`. They choose the rules and the lengths of the chunks.
const FRAMES_HEAD: &[u8] = &[0, 3, 1, 40, 7, 250, 2, 11];
/// The text that replaces values that a server chooses. It is valid as a GUID and as a word.
const CHOSEN: &str = "c1f9a363-4ee9-4a33-a434-b056a4c55b98";

/// The number of bytes in a seed of `conversations` that decide the choices of the simulation, such
/// as the actions of the clients. A simulation of the usual length needs no more bytes.
const CHOICES: u16 = 300;
/// The factor of a linear congruential generator of 64 bits.
const FACTOR: u64 = 6_364_136_223_846_793_005;

/// The bytes of each seed, by target and name.
type Seeds = BTreeMap<(&'static str, String), Vec<u8>>;

/// Writes all seeds and removes the old ones.
pub(crate) fn write() -> Result<()> {
    let folder = root().join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).context("could not remove the old seeds")?;
    }
    for ((target, name), bytes) in all()? {
        fs::create_dir_all(folder.join(target))?;
        fs::write(folder.join(target).join(name), bytes)?;
    }
    Ok(())
}

/// Returns all seeds.
fn all() -> Result<Seeds> {
    let mut seeds = of_transcripts()?;
    let page = fs::read_to_string(root().join("docs/protocol/payloads.md"))
        .context("docs/protocol/payloads.md cannot be read")?;
    collect_examples(&page, &mut seeds);
    let examples = p2p::examples()?.into_iter();
    seeds.extend(examples.map(|(target, name, bytes)| ((target, name.to_owned()), bytes)));
    Ok(seeds)
}

/// Returns the seeds from all transcripts.
fn of_transcripts() -> Result<Seeds> {
    let mut seeds = Seeds::new();
    for entry in fs::read_dir(root().join("docs/protocol/transcripts"))
        .context("the folder of the transcripts cannot be read")?
    {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".txt")) {
            collect(name, &fs::read_to_string(&path)?, &mut seeds);
        }
    }
    let streams: Vec<_> = seeds.iter().filter(|((target, _), _)| *target == "server_lines").collect();
    let frames: Vec<_> =
        streams.iter().map(|((_, name), bytes)| (name.clone(), [FRAMES_HEAD, bytes].concat())).collect();
    let scripts: Vec<_> = streams.iter().map(|((_, name), bytes)| (name.clone(), script(name, bytes))).collect();
    seeds.extend(frames.into_iter().map(|(name, bytes)| (("frames", name), bytes)));
    seeds.extend(scripts.into_iter().map(|(name, bytes)| (("sdk_machine", name), bytes)));
    let of_clients =
        seeds.iter().filter(|((target, _), _)| matches!(*target, "notification_commands" | "switchboard_commands"));
    let conversations: Vec<_> =
        of_clients.map(|((_, name), bytes)| (name.clone(), conversation(name, bytes))).collect();
    seeds.extend(conversations.into_iter().map(|(name, bytes)| (("conversations", name), bytes)));
    Ok(seeds)
}

/// Returns the input of `conversations` in which a client that follows no rules sends these lines.
/// The name of the seed decides what the other clients do.
fn conversation(name: &str, lines: &[u8]) -> Vec<u8> {
    let mut state = name.bytes().fold(0, |state: u64, byte| state.wrapping_mul(FACTOR).wrapping_add(byte.into()));
    let choices = (0..CHOICES).map(|_| {
        state = state.wrapping_mul(FACTOR).wrapping_add(1);
        state.to_be_bytes()[0]
    });
    CHOICES.to_be_bytes().into_iter().chain(choices).chain(lines.iter().copied()).collect()
}

/// Returns the script for `sdk_machine` in which a server sends these lines. Before the lines of a
/// switchboard, the client sends a message and receives the address of a switchboard.
fn script(name: &str, lines: &[u8]) -> Vec<u8> {
    let mut script = Vec::new();
    let mut add = |kind: u8, bytes: &[u8]| {
        for piece in bytes.chunks(255) {
            script.extend([kind, u8::try_from(piece.len()).unwrap_or(u8::MAX)]);
            script.extend(piece);
        }
    };
    if name.contains("-sb-") {
        add(7, b"hi");
        add(0, b"XFR 7 SB 192.0.2.1:1864 CKI cookie\r\n");
        add(3, lines);
    } else {
        add(0, lines);
    }
    script
}

/// Adds the seeds of one transcript. A payload belongs to the same seed as the line before it.
fn collect(file: &str, text: &str, seeds: &mut Seeds) {
    let mut last = None;
    for record in text.lines().filter(|line| !line.starts_with(['#', '!'])) {
        let mut parts = record.splitn(3, ' ');
        let (Some(who), Some(sign), text) = (parts.next(), parts.next(), parts.next().unwrap_or_default()) else {
            continue;
        };
        let bytes = unescape(&without_choices(text));
        if let Some((_, object)) = text.split_once("%3Cmsnobj").filter(|_| text.starts_with("CHG")) {
            seeds.insert(("msn_objects", format!("{file}-{who}")), format!("%3Cmsnobj{object}").into());
        }
        match sign {
            ">" | "<" if file.ends_with("-http") => {
                last = (sign == ">").then(|| ("rst", format!("{file}-{who}")));
                if let Some(value) = text.strip_prefix("Authorization: ") {
                    seeds.insert(("http_head", format!("{file}-{who}")), value.into());
                }
                // Adds the query, with a fixed session name instead of the name that a server
                // chooses.
                if let Some((_, query)) = text.split_once("gateway.dll?") {
                    let query = without_choices(query).replace(CHOSEN, "1132637400.29018").replace(" HTTP/1.1", "");
                    let number = query.len();
                    seeds.insert(("http_head", format!("{file}-query-{number}")), query.into());
                }
            }
            ">" | "<" => {
                let key = (target(who, sign), format!("{file}-{who}-{}", stage(who, text)));
                seeds.entry(key.clone()).or_default().extend([&bytes, b"\r\n".as_slice()].concat());
                last = Some(key);
            }
            ">|" | "<|" => {
                if let Some(key) = last.as_ref().filter(|(target, name)| *target != "rst" || name.starts_with("rst")) {
                    seeds.entry(key.clone()).or_default().extend(bytes);
                }
            }
            _ => {}
        }
    }
}

/// Adds the seeds of the page about payloads. They are the messages of the page (the code blocks
/// that begin with `MSG`) and its MSNObjects.
fn collect_examples(page: &str, seeds: &mut Seeds) {
    let messages = page.split("```\n").filter(|block| block.starts_with("MSG "));
    for (number, block) in messages.enumerate() {
        let message = block.replace('\n', "");
        if let Some((_, payload)) = message.split_once("\\r\\n") {
            seeds.insert(("mime_messages", format!("payloads-{number:02}")), unescape(payload));
        }
    }
    for (number, object) in page.split("<msnobj ").skip(1).enumerate() {
        if let Some((attributes, _)) = object.split_once("/>") {
            seeds.insert(("msn_objects", format!("payloads-{number}")), format!("<msnobj {attributes}/>").into());
        }
    }
}

fn target(who: &str, sign: &str) -> &'static str {
    match (sign, who.starts_with("sb")) {
        ("<", _) => "server_lines",
        (_, true) => "switchboard_commands",
        (_, false) => "notification_commands",
    }
}

/// Returns the stage in which a line is sent. A line of another stage would end the stream, so each stage has its own
/// seed.
fn stage(who: &str, line: &str) -> &'static str {
    match (line.get(..3), who.starts_with("sb")) {
        (Some("VER"), false) => "0-fresh",
        (Some("CVR" | "USR"), false) | (Some("USR" | "ANS"), true) => "1-signing-in",
        _ => "2-signed-in",
    }
}

/// Replaces every `{word}` of a text with [`CHOSEN`].
fn without_choices(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((word, after)) if word.starts_with(|first: char| first.is_ascii_lowercase()) => {
                out.push_str(CHOSEN);
                rest = after;
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

/// Returns the bytes that a text in a transcript stands for (transcripts/README.md section 2). Does
/// not expand repetitions, so that the seeds stay short.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let hex = after.strip_prefix('x').and_then(|digits| u8::from_str_radix(digits.get(..2)?, 16).ok());
        let (byte, length) = match (after.as_bytes().first(), hex) {
            (_, Some(byte)) => (byte, 3),
            (Some(b'r'), _) => (b'\r', 1),
            (Some(b'n'), _) => (b'\n', 1),
            (Some(b't'), _) => (b'\t', 1),
            _ => (b'\\', usize::from(after.starts_with('\\'))),
        };
        bytes.push(byte);
        rest = &after[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_seeds_are_up_to_date() {
        let mut unknown = BTreeSet::new();
        for target in fs::read_dir(root().join(FOLDER)).unwrap() {
            let files = fs::read_dir(target.unwrap().path()).unwrap();
            unknown.extend(files.map(|file| file.unwrap().path()));
        }
        let mut old = BTreeSet::new();
        for ((target, name), bytes) in all().unwrap() {
            let path = root().join(FOLDER).join(target).join(name);
            if !unknown.remove(&path) || fs::read(&path).unwrap() != bytes {
                old.insert(path);
            }
        }
        old.extend(unknown);
        assert!(old.is_empty(), "run `cargo xtask seeds`: {old:?}");
    }

    #[test]
    fn the_examples_in_the_reference_become_seeds() {
        let mut seeds = Seeds::new();
        let page = "text `<msnobj A=\"b\"/>`\n```\nMSG 1 U 5\\r\\n\nA: b\\r\\n\n\\tc\n```\n\n```\nINVITE\\r\\n\n```\n";
        collect_examples(page, &mut seeds);
        let expected = [
            (("mime_messages", "payloads-00".to_owned()), b"A: b\r\n\tc".to_vec()),
            (("msn_objects", "payloads-0".to_owned()), b"<msnobj A=\"b\"/>".to_vec()),
        ];
        assert_eq!(seeds, Seeds::from(expected));
    }

    #[test]
    fn each_stage_of_a_stream_has_its_own_seed() {
        let mut seeds = Seeds::new();
        collect("t", "!x\na > VER 1 MSNP12\na > UUX 2 {len}\na >| \\x41{0}\\r\na < UUX 2 0\n", &mut seeds);
        let seed = |target, name: &str| seeds.get(&(target, name.to_owned())).map(Vec::as_slice);
        assert_eq!(seed("notification_commands", "t-a-0-fresh"), Some(b"VER 1 MSNP12\r\n".as_slice()));
        let uux = format!("UUX 2 {CHOSEN}\r\nA{{0}}\r");
        assert_eq!(seed("notification_commands", "t-a-2-signed-in"), Some(uux.as_bytes()));
        assert_eq!(seed("server_lines", "t-a-2-signed-in"), Some(b"UUX 2 0\r\n".as_slice()));
    }
}
