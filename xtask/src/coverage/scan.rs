//! Reads the golden transcripts: the verbs that they show, each with its direction, dialect and outcome.
//!
//! This module understands only the part of the format that it needs
//! (docs/protocol/transcripts/README.md). The program that plays the files checks the rest. Set-up
//! steps (`!signed-in`, `!chat`) do not count, although they also send verbs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use msnp::Dialect;

use super::key::{Handling, Key, Sender, Service, is_verb};

/// Everything that the transcripts show.
#[derive(Default)]
pub(super) struct Shown {
    /// The names of the transcripts, without `.txt`.
    pub(super) files: Vec<String>,
    /// The outcomes of each verb in each dialect, with the indices of the files that show them.
    pub(super) outcomes: BTreeMap<(Key, Dialect), BTreeMap<Handling, BTreeSet<usize>>>,
}

/// Reads all transcripts in a folder, except those that contain HTTP (`-http` in the name) and
/// those that the tests do not play (`!static`).
pub(super) fn folder(path: &Path) -> Result<Shown> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path).context("the folder of the transcripts cannot be read")? {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".txt")) {
            files.push((name.to_owned(), fs::read_to_string(&path)?));
        }
    }
    files.sort();
    let mut shown = Shown::default();
    for (name, text) in files {
        if !name.ends_with("-http") && !text.lines().any(|line| line.starts_with("!static")) {
            shown.add(&name, &text);
        }
    }
    Ok(shown)
}

/// One connection of a transcript. The connection ends where the transcript uses the same name for
/// another connection.
struct Connection {
    service: Service,
    /// The dialects that the connection may use. The list contains all dialects if the server has
    /// answered VER with CVR0. The list is empty until the server answers VER.
    dialects: Vec<Dialect>,
    events: Vec<Event>,
}

enum Event {
    Says(Sender, String),
    ServerCloses,
}

/// The state of the parser while it reads one transcript.
#[derive(Default)]
struct Reader<'a> {
    /// The short name of each handle.
    accounts: HashMap<&'a str, &'a str>,
    /// The dialect of each account's last sign-in.
    dialects: HashMap<&'a str, Dialect>,
    /// The names of connections to the dispatch server.
    dispatch: Vec<&'a str>,
    open: HashMap<&'a str, Connection>,
    done: Vec<Connection>,
}

impl Shown {
    /// Adds the lines of one transcript.
    pub(super) fn add(&mut self, name: &str, text: &str) {
        let file = self.files.len();
        self.files.push(name.to_owned());
        let mut reader = Reader::default();
        for line in text.lines() {
            reader.read(line);
        }
        reader.close_all();
        for connection in reader.done {
            for (key, outcome) in connection.outcomes() {
                for dialect in &connection.dialects {
                    let outcomes = self.outcomes.entry((key.clone(), *dialect)).or_default();
                    outcomes.entry(outcome).or_default().insert(file);
                }
            }
        }
    }
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a str) {
        if let Some(directive) = line.strip_prefix('!') {
            return self.directive(&directive.split_whitespace().collect::<Vec<_>>());
        }
        let mut parts = line.splitn(3, ' ');
        let (Some(name), Some(sign), text) = (parts.next(), parts.next(), parts.next().unwrap_or_default()) else {
            return;
        };
        match sign {
            "@" if text == "sb" => self.open(name, Service::Switchboard, Vec::new()),
            "@" if self.dispatch.contains(&name) => self.open(name, Service::Dispatch, Vec::new()),
            "@" => self.open(name, Service::Notification, Vec::new()),
            ">" => self.says(name, Sender::Client, text),
            "<" => self.says(name, Sender::Server, text),
            "<!" => {
                if let Some(connection) = self.open.get_mut(name) {
                    connection.events.push(Event::ServerCloses);
                }
            }
            _ => {}
        }
    }

    fn directive(&mut self, words: &[&'a str]) {
        match words {
            ["account", who, handle, ..] => {
                self.accounts.insert(handle, who);
            }
            ["signed-in", name, who, dialect, ..] => {
                let dialect = Dialect::from_name(dialect);
                self.dialects.extend(dialect.map(|dialect| (*who, dialect)));
                self.open(name, Service::Notification, dialect.into_iter().collect());
            }
            ["chat", _, members @ ..] => {
                for (name, who) in members.iter().filter_map(|member| member.split_once('=')) {
                    let dialect = self.dialects.get(who).copied();
                    self.open(name, Service::Switchboard, dialect.into_iter().collect());
                }
            }
            ["dispatch", name] => self.dispatch.push(name),
            ["part", ..] => self.close_all(),
            _ => {}
        }
    }

    fn open(&mut self, name: &'a str, service: Service, dialects: Vec<Dialect>) {
        let connection = Connection { service, dialects, events: Vec::new() };
        self.done.extend(self.open.insert(name, connection));
    }

    fn close_all(&mut self) {
        self.done.extend(self.open.drain().map(|(_, connection)| connection));
    }

    /// Adds a line. Some lines also determine the dialect of the connection.
    fn says(&mut self, name: &'a str, sender: Sender, text: &'a str) {
        let Some(connection) = self.open.get_mut(name) else { return };
        let words: Vec<&str> = text.split(' ').collect();
        match (connection.service, sender, words.as_slice()) {
            (Service::Switchboard, Sender::Client, ["USR" | "ANS", _, handle, ..]) => {
                let who = self.accounts.get(handle);
                connection.dialects.extend(who.and_then(|who| self.dialects.get(who)));
            }
            (Service::Switchboard, ..) => {}
            (_, Sender::Server, ["VER", _, "CVR0"]) => connection.dialects.extend(Dialect::ALL),
            (_, Sender::Server, ["VER", _, dialect, ..]) => connection.dialects.extend(Dialect::from_name(dialect)),
            (_, Sender::Client, ["USR", _, _, "I", handle]) => {
                if let (Some(who), [dialect]) = (self.accounts.get(handle), connection.dialects.as_slice()) {
                    self.dialects.insert(who, *dialect);
                }
            }
            _ => {}
        }
        connection.events.push(Event::Says(sender, text.to_owned()));
    }
}

impl Connection {
    /// Returns each line with its outcome.
    fn outcomes(&self) -> Vec<(Key, Handling)> {
        let mut outcomes = Vec::new();
        for (index, event) in self.events.iter().enumerate() {
            let Event::Says(sender, line) = event else { continue };
            let verb = line.split(' ').next().unwrap_or_default();
            if is_verb(verb) {
                let key = Key { service: self.service, sender: *sender, verb: verb.to_owned() };
                let outcome = match sender {
                    Sender::Server => Handling::Done,
                    Sender::Client => answer(line, &self.events[index + 1..]),
                };
                outcomes.push((key, outcome));
            }
        }
        outcomes
    }
}

/// Returns the outcome of a command: an error code, a close without an answer, or else success.
fn answer(command: &str, later: &[Event]) -> Handling {
    let mut words = command.split(' ');
    let (verb, trid) = (words.next(), words.next());
    // Closing is the normal outcome of OUT.
    if verb == Some("OUT") {
        return Handling::Done;
    }
    let is_answer = |line: &str| match trid {
        Some(trid) => line.split(' ').nth(1) == Some(trid),
        None => line.starts_with("QNG"),
    };
    let answer = later.iter().find_map(|event| match event {
        Event::Says(Sender::Server, line) if is_answer(line) => Some(line),
        _ => None,
    });
    if let Some(answer) = answer {
        let code = answer.split(' ').next().and_then(|word| word.parse().ok());
        return code.map_or(Handling::Done, Handling::Refused);
    }
    // If the client sends more lines afterwards, this command did not close the connection.
    let end = later.iter().find(|event| matches!(event, Event::ServerCloses | Event::Says(Sender::Client, _)));
    if matches!(end, Some(Event::ServerCloses)) { Handling::Closes } else { Handling::Done }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let mut shown = Shown::default();
        shown.add("t", text);
        let outcomes = shown.outcomes.iter();
        outcomes
            .flat_map(|((key, dialect), outcomes)| {
                outcomes.keys().map(move |outcome| format!("{key} {dialect} {outcome:?}"))
            })
            .collect()
    }

    #[test]
    fn a_transcript_line_counts_for_the_dialect_of_its_connection() {
        let text = "!account al a@b.c p \"A\"\n!part x\nn @ ns\nn > VER 1 MSNP9 CVR0\nn < VER 1 MSNP9\n\
                    n > USR 2 TWN I a@b.c\nn < USR 2 TWN S x\ns @ sb\ns > USR 1 a@b.c {ck}\ns < 911 1\ns <!\n";
        assert_eq!(
            shown(text),
            [
                "ns > USR MSNP9 Done",
                "ns > VER MSNP9 Done",
                "ns < USR MSNP9 Done",
                "ns < VER MSNP9 Done",
                "sb > USR MSNP9 Refused(911)",
            ]
        );
    }

    #[test]
    fn a_closed_connection_counts_as_the_answer_only_to_the_last_command() {
        let text = "!account al a@b.c p \"A\"\n!signed-in n al MSNP8 CHG NLN\nn > XFR 7 SB\nn < 913 7\n\
                    n > PNG\nn < QNG\n\
                    n > IMS 8 ON\nn > ADC 9 x\nn <!\n";
        assert_eq!(
            shown(text),
            [
                "ns > ADC MSNP8 Closes",
                "ns > IMS MSNP8 Done",
                "ns > PNG MSNP8 Done",
                "ns > XFR MSNP8 Refused(913)",
                "ns < QNG MSNP8 Done",
            ]
        );
    }

    #[test]
    fn a_version_query_in_a_transcript_counts_for_every_dialect() {
        assert_eq!(shown("n @ ns\nn > CVQ 1 x\nn < VER 1 CVR0\n").len(), 10);
        assert_eq!(shown("n @ ns\nn > VER 1 FOO\nn < VER 1 0\nn <!\n").len(), 0);
    }
}
