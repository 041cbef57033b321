//! A client that only knows what the server has sent. If the client cannot parse a line, or a line
//! contains nothing new, the test reports a difference.

use std::collections::{BTreeSet, VecDeque};

use super::rules::{AL, BL, FL, PL, RL};
use super::view::{Kept, Line, Seen, View, phone};
use crate::support::TestServer;
use crate::support::wire::{Frame, Wire};

/// The number of last lines of a connection that the report of a difference shows.
const LOG: usize = 40;

/// The state of a client's lists that SYN compares: the list version, or the time stamps of lists and settings.
pub(crate) type Stamps = Vec<String>;

pub(crate) struct Client {
    pub(crate) handle: String,
    pub(crate) dialect: u32,
    pub(crate) view: View,
    /// The state that the client would send in SYN.
    pub(crate) stamps: Stamps,
    pub(crate) log: VecDeque<String>,
    /// The list versions in the lines that the client received since the last check of versions.
    pub(crate) versions: Vec<u32>,
    /// True if SYN was answered. Before that, the client ignores lines about its lists.
    pub(crate) synced: bool,
    /// True if the first CHG was answered.
    present: bool,
    wire: Wire,
    trid: u32,
}

impl Client {
    /// Signs in. Sends all commands of the sign-in in one write. `kept` is the state that the
    /// client kept when it last signed out.
    pub(crate) async fn sign_in(
        server: &TestServer,
        handle: &str,
        name: &str,
        dialect: u32,
        kept: Option<(Kept, Stamps)>,
    ) -> Self {
        let ticket = server.ticket(handle.split('@').next().unwrap()).await;
        let (kept, stamps) = kept.unwrap_or_else(|| (Kept::default(), zero(dialect)));
        let mut client = Self {
            handle: handle.to_owned(),
            dialect,
            view: View { kept, ..View::default() },
            stamps,
            log: VecDeque::new(),
            versions: Vec::new(),
            synced: false,
            present: false,
            wire: Wire::dial(server.notification()).await,
            trid: 4,
        };
        // The offer also contains an older dialect, so that the server does not take it for the
        // offer of a particular client program.
        let offer = format!("MSNP{dialect} MSNP{}", dialect - 1);
        client
            .send(format!(
                "VER 1 {offer} CVR0\r\nCVR 2 0x0409 winnt 5.1 i386 MODEL 1.0 MSMSGS {handle}\r\n\
                 USR 3 TWN I {handle}\r\nUSR 4 TWN S {ticket}\r\nPNG\r\n"
            ))
            .await;
        let lines = client.until_pong().await;
        let starts = [&format!("VER 1 MSNP{dialect}"), "CVR 2 1.0 1.0 1.0 ", "USR 3 TWN S "];
        for (line, start) in lines.iter().zip(starts) {
            assert!(line.line.starts_with(start), "{start} is not {line}");
        }
        let name = if dialect < 10 { format!(" {}", escape(name)) } else { String::new() };
        assert_eq!(lines[3].line, format!("USR 4 OK {handle}{name} 1 0"));
        let rest: Vec<&str> = lines[4..].iter().map(|line| line.word(0)).collect();
        assert_eq!(rest, if dialect > 10 { &["SBS", "MSG"][..] } else { &["MSG"] });
        if dialect < 10 {
            client.view.kept.name = decode(lines[3].word(4));
        }
        client
    }

    async fn send(&mut self, bytes: String) {
        for line in bytes.lines().filter(|line| *line != "PNG" && !line.contains(" TWN S ")) {
            self.note(format!("C: {line}"));
        }
        self.wire.send(bytes).await;
    }

    fn note(&mut self, line: String) {
        self.log.push_back(line);
        if self.log.len() > LOG {
            self.log.pop_front();
        }
    }

    /// Sends a command, followed by a ping. Returns its transaction ID.
    pub(crate) async fn command(&mut self, verb: &str, words: &str, payload: &str) -> u32 {
        self.trid += 1;
        let trid = self.trid;
        let gap = if words.is_empty() { "" } else { " " };
        self.send(format!("{verb} {trid}{gap}{words}\r\n{payload}PNG\r\n")).await;
        trid
    }

    /// Sends OUT. Returns all lines that the server sends before it closes the connection.
    pub(crate) async fn leave(&mut self) -> Vec<Frame> {
        self.send("OUT\r\n".to_owned()).await;
        self.until_closed().await
    }

    pub(crate) async fn ping(&mut self) {
        self.send("PNG\r\n".to_owned()).await;
    }

    /// Receives all lines up to QNG, the answer to a ping that was already sent. Returns the lines
    /// before QNG, except challenges, which may come at any time.
    pub(crate) async fn until_pong(&mut self) -> Vec<Frame> {
        let pong = if self.dialect < 9 { "QNG" } else { "QNG 50" };
        let mut frames = Vec::new();
        loop {
            let frame = self.wire.next().await.unwrap_or_else(|| panic!("{} was closed after {frames:?}", self.handle));
            match frame.word(0) {
                "QNG" => break assert_eq!(frame.line, pong),
                "CHL" => {}
                _ => {
                    self.note(format!("S: {frame}"));
                    frames.push(frame);
                }
            }
        }
        frames
    }

    pub(crate) async fn until_closed(&mut self) -> Vec<Frame> {
        let mut frames = self.wire.until_closed().await;
        frames.retain(|frame| frame.word(0) != "CHL");
        frames.iter().for_each(|frame| self.note(format!("S: {frame}")));
        frames
    }

    pub(crate) fn reset(self) -> (Kept, Stamps) {
        self.wire.reset();
        (self.view.kept, self.stamps)
    }

    /// Applies the answer to an operation.
    pub(crate) fn answered(&mut self, frame: &Frame) {
        let words = self.without_version(frame);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[0] {
            "CHG" => self.present = true,
            // Before MSNP10, the user's own name comes from USR OK, not from SYN.
            "REA" if words[2] == self.handle => self.view.kept.name = decode(words[3]),
            _ if self.synced => self.keep(&words),
            _ => {}
        }
    }

    /// Returns the words of a line. Leaves out the list version, which only clients with a dialect
    /// before MSNP10 receive.
    fn without_version(&mut self, frame: &Frame) -> Vec<String> {
        let mut words: Vec<String> = frame.line.split(' ').map(str::to_owned).collect();
        let place = match words[0].as_str() {
            _ if self.dialect > 9 => return words,
            "ADD" | "REM" => 3,
            "GTC" | "BLP" | "PRP" | "REA" | "ADG" | "REG" | "RMG" => 2,
            "BPR" => 1,
            _ => return words,
        };
        let version = words.remove(place);
        self.versions.push(version.parse().unwrap_or_else(|_| panic!("{frame} has no version")));
        if self.synced {
            self.stamps = vec![version];
        }
        words
    }

    /// Applies an answer or an unsolicited line to the lists that the client keeps.
    fn keep(&mut self, words: &[&str]) {
        let old = self.dialect < 10;
        let kept = &mut self.view.kept;
        match *words {
            ["ADC", "0", "RL", who, name] => kept.watched_by(prefixed(who, "N="), decode(prefixed(name, "F=")), old),
            ["ADD", "0", "RL", who, name] if old => kept.watched_by(who, decode(name), old),
            ["REM", "0", "RL", who] => kept.take_off(who, RL | PL),
            ["ADC", _, "FL", guid, group] if guid.starts_with("C=") => {
                let who = kept.handle_of(prefixed(guid, "C="));
                kept.entries.get_mut(&who).unwrap().groups.insert(group.to_owned());
            }
            ["ADC", _, "FL", who, nick, guid, ref groups @ ..] => {
                let line = kept.entries.entry(prefixed(who, "N=").to_owned()).or_default();
                line.lists |= FL;
                line.nick = decode(prefixed(nick, "F="));
                line.guid = Some(prefixed(guid, "C=").to_owned());
                line.groups.extend(groups.iter().map(|group| (*group).to_owned()));
            }
            ["ADC", _, "RL", who] => kept.settle(prefixed(who, "N=")),
            ["ADC", _, list, who] => put_on(kept, prefixed(who, "N="), list, prefixed(who, "N=")),
            ["ADD", _, "FL", who, nick, ref groups @ ..] => {
                let line = kept.entries.entry(who.to_owned()).or_default();
                if line.lists & FL == 0 {
                    line.lists |= FL;
                    line.nick = decode(nick);
                    if groups.is_empty() {
                        line.groups.insert("0".to_owned());
                    }
                }
                line.groups.extend(groups.iter().map(|group| (*group).to_owned()));
            }
            ["ADD", _, list, who, nick] => put_on(kept, who, list, &decode(nick)),
            ["REM", _, "FL", who] => self.forget(who),
            ["REM", _, "FL", who, group] => {
                let who = if old { who.to_owned() } else { kept.handle_of(who) };
                let line = kept.entries.get_mut(&who).unwrap();
                line.groups.remove(group);
                if old && line.groups.is_empty() {
                    self.forget(&who);
                }
            }
            ["REM", _, "PL", who] => kept.settle(who),
            ["REM", _, list, who] => kept.take_off(who, if list == "AL" { AL } else { BL }),
            ["ADG", _, name, group, ..] => _ = kept.groups.insert(group.to_owned(), decode(name)),
            ["REG", _, group, name, ..] => _ = kept.groups.insert(group.to_owned(), decode(name)),
            ["RMG", _, group] => {
                kept.groups.remove(group);
                for line in kept.entries.values_mut() {
                    if line.groups.remove(group) && old && line.groups.is_empty() {
                        line.groups.insert("0".to_owned());
                    }
                }
            }
            ["GTC", _, value] => value.clone_into(&mut kept.prompt),
            ["BLP", _, value] => value.clone_into(&mut kept.privacy),
            ["PRP", _, "MFN", name] => kept.name = decode(name),
            ["PRP", _, "MOB", value] => kept.paging = value == "Y",
            ["PRP", _, property, ref number @ ..] => {
                kept.phones[phone(property)] = number.first().map(|number| decode(number));
            }
            ["REA", _, who, nick] => kept.entries.get_mut(who).unwrap().nick = decode(nick),
            ["SBP", _, guid, "MFN", ref nick @ ..] => {
                let who = kept.handle_of(guid);
                let nick = nick.first().map_or_else(|| who.clone(), |nick| decode(nick));
                kept.entries.get_mut(&who).unwrap().nick = nick;
            }
            ["BPR", who, property, ref number @ ..] => {
                kept.set_number(who, property, number.first().map(|number| decode(number)));
            }
            ["UUX" | "XFR", ..] => {}
            _ => panic!("{} does not understand {words:?}", self.handle),
        }
    }

    /// Removes a contact from FL and from the screen.
    fn forget(&mut self, who: &str) {
        let who = if self.dialect < 10 { who.to_owned() } else { self.view.kept.handle_of(who) };
        let line = self.view.kept.entries.get_mut(&who).unwrap();
        line.guid = None;
        line.groups.clear();
        self.view.kept.take_off(&who, FL);
        self.view.kept.numbers.remove(&who);
        self.view.online.remove(&who);
    }

    /// Removes a contact from the online contacts that the client shows, because the contact is no
    /// longer on FL. If the client has not requested its lists, [`Self::answered`] does not remove
    /// the contact.
    pub(crate) fn contact_left(&mut self, who: &str) {
        self.view.online.remove(who);
    }

    /// Handles an unsolicited line, or a line that follows the answer to the command `trid`.
    pub(crate) fn unsolicited(&mut self, frame: &Frame, trid: Option<u32>) {
        let before = self.view.clone();
        let verb = frame.word(0).to_owned();
        let words = self.without_version(frame);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[0] {
            "ILN" => {
                assert_eq!(words[1].parse().ok(), trid, "{frame} belongs to another command");
                self.see(&words[2..], false);
            }
            "NLN" => self.see(&words[1..], true),
            "FLN" => _ = self.view.online.remove(words[1]),
            "UBX" => {
                assert!(self.dialect > 10, "UBX came with MSNP11");
                assert_eq!(words.len(), 3);
                let message = String::from_utf8(frame.payload.clone()).unwrap();
                let seen =
                    self.view.online.get_mut(words[1]).unwrap_or_else(|| panic!("{frame} is about an offline contact"));
                seen.message = Some(message).filter(|message| !message.is_empty());
            }
            // The client may already know the telephone number in this line, so the line need not
            // change what the client shows.
            "BPR" if self.synced => return self.keep(&words),
            "BPR" => return assert!(self.present, "{frame} before the first CHG"),
            "ADC" | "ADD" | "REM" => {
                assert!(self.synced, "{frame} before SYN");
                assert_eq!(words[1..3], ["0", "RL"], "{frame} is not an unsolicited line");
                self.keep(&words);
            }
            _ => panic!("{frame} was not expected"),
        }
        let quiet = ["NLN", "ILN", "FLN", "UBX"].contains(&verb.as_str());
        assert!(self.present || !quiet, "{frame} before the first CHG");
        // MSNP8 clients show no pictures. If only the picture has changed, the line contains
        // nothing new for such a client.
        let unseen = verb == "NLN" && self.dialect == 8;
        assert!(unseen || self.view != before, "{} receives nothing new in {frame}", self.handle);
    }

    /// Handles a presence line: `status handle name capabilities [object]`.
    fn see(&mut self, words: &[&str], again: bool) {
        let (object, rest) = match *words {
            [_, _, _, _] => (None, words),
            [_, _, _, _, object] if self.dialect > 8 => (Some(object.to_owned()), &words[..4]),
            _ => panic!("{words:?} is not a presence line of MSNP{}", self.dialect),
        };
        let seen = self.view.online.entry(rest[1].to_owned()).or_default();
        let message = seen.message.take().filter(|_| again);
        *seen = Seen {
            status: rest[0].to_owned(),
            name: decode(rest[2]),
            capabilities: rest[3].to_owned(),
            object,
            message,
        };
    }

    /// Handles the answer to SYN. If the client's copy is `current`, the answer contains only the
    /// stamps. Otherwise it contains all lists and settings.
    pub(crate) fn synchronized(&mut self, frames: &[Frame], trid: u32, current: bool) {
        let words: Vec<&str> = frames[0].line.split(' ').collect();
        assert_eq!(words[..2], ["SYN", &trid.to_string()], "an answer to SYN");
        let stamps = zero(self.dialect).len();
        self.stamps = words[2..2 + stamps].iter().map(|stamp| (*stamp).to_owned()).collect();
        self.synced = true;
        if current {
            assert_eq!(
                (words.len(), frames.len()),
                (2 + stamps, 1),
                "the answer contains more than the stamps: {frames:?}"
            );
            return;
        }
        let counts: Vec<usize> = words[2 + stamps..].iter().map(|count| count.parse().unwrap()).collect();
        let kept = self.burst(&frames[1..]);
        assert_eq!(counts, [kept.entries.len(), kept.groups.len()], "the counts of {}", frames[0]);
        self.view.kept = kept;
    }

    fn burst(&self, frames: &[Frame]) -> Kept {
        let mut kept = Kept::default();
        if self.dialect < 10 {
            kept.name.clone_from(&self.view.kept.name);
        }
        let mut last = String::new();
        let mut stage = 0;
        for frame in frames {
            let words: Vec<&str> = frame.line.split(' ').collect();
            let now = ["GTC", "BLP", "PRP", "LSG", "LST", "BPR"].iter().position(|verb| *verb == words[0]);
            let now = now.unwrap_or_else(|| panic!("{frame} in the burst")).min(4);
            assert!(stage <= now, "{frame} is too late in the burst");
            stage = now;
            match words[..] {
                ["GTC", value] => value.clone_into(&mut kept.prompt),
                ["BLP", value] => value.clone_into(&mut kept.privacy),
                ["PRP", "MFN", name] if self.dialect > 9 => kept.name = decode(name),
                ["PRP", "MOB", "Y"] => kept.paging = true,
                ["PRP", property, number] => kept.phones[phone(property)] = Some(decode(number)),
                ["LSG", number, name, "0"] if self.dialect < 10 => {
                    assert!(number == "0" || !kept.groups.is_empty(), "group 0 comes first");
                    assert_eq!(kept.groups.insert(number.to_owned(), decode(name)), None);
                }
                ["LSG", name, guid] if self.dialect > 9 => {
                    assert_eq!(kept.groups.insert(guid.to_owned(), decode(name)), None);
                }
                ["LST", ref rest @ ..] => {
                    let (who, line) = if self.dialect < 10 { old_line(rest) } else { new_line(rest, self.dialect) };
                    last.clone_from(&who);
                    assert_eq!(kept.entries.insert(who, line), None);
                }
                ["BPR", property, number] => kept.set_number(&last, property, Some(decode(number))),
                _ => panic!("{frame} in the burst"),
            }
        }
        kept
    }
}

/// Returns the state that a client without a copy of its lists sends in SYN.
pub(crate) fn zero(dialect: u32) -> Stamps {
    vec!["0".to_owned(); if dialect < 10 { 1 } else { 2 }]
}

/// Parses an entry of a dialect before MSNP10: `handle nick bits [n,n...]`.
fn old_line(words: &[&str]) -> (String, Line) {
    let lists: u8 = words[2].parse().unwrap();
    let groups = match words[3..] {
        [] if lists & FL == 0 => BTreeSet::new(),
        [groups] if lists & FL != 0 => groups.split(',').map(str::to_owned).collect(),
        _ => panic!("{words:?} is not an entry"),
    };
    (words[0].to_owned(), Line { lists, nick: decode(words[1]), guid: None, groups })
}

/// Parses an entry of MSNP10 or later: `N=handle F=nick [C=guid] bits [network] [guid,guid...]`.
fn new_line(words: &[&str], dialect: u32) -> (String, Line) {
    let (who, nick) = (prefixed(words[0], "N="), prefixed(words[1], "F="));
    let guid = words[2].strip_prefix("C=").map(str::to_owned);
    let rest = &words[if guid.is_some() { 3 } else { 2 }..];
    let lists: u8 = rest[0].parse().unwrap();
    assert_eq!(lists & FL != 0, guid.is_some(), "{words:?}");
    let groups = match (dialect, &rest[1..]) {
        (12, [network, groups @ ..]) => {
            assert_eq!(*network, if who.starts_with("tel:") { "4" } else { "1" });
            groups
        }
        (12, []) => panic!("{words:?} has no network"),
        (_, groups) => groups,
    };
    assert!(groups.len() < 2 && (groups.is_empty() || guid.is_some()), "{words:?}");
    let groups = groups.iter().flat_map(|groups| groups.split(',')).map(str::to_owned).collect();
    (who.to_owned(), Line { lists, nick: decode(nick), guid, groups })
}

/// Adds an address to AL or BL. Sets the nickname only if the entry is new.
fn put_on(kept: &mut Kept, who: &str, list: &str, nick: &str) {
    let line = kept.entries.entry(who.to_owned()).or_insert_with(|| Line { nick: nick.to_owned(), ..Line::default() });
    line.lists |= if list == "AL" { AL } else { BL };
    kept.settle(who);
}

fn prefixed<'a>(word: &'a str, prefix: &str) -> &'a str {
    word.strip_prefix(prefix).unwrap_or_else(|| panic!("{word} has no {prefix}"))
}

/// Encodes a text as the server does.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace(' ', "%20")
}

fn decode(word: &str) -> String {
    let (bytes, mut text, mut at) = (word.as_bytes(), Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) if *byte == b'%' => {
                text.push(decoded);
                at += 3;
            }
            _ => {
                text.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(text).unwrap()
}
