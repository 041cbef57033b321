//! The commands and answers of each operation in each dialect (docs/protocol/ns.md sections 7 to 10).

use std::collections::BTreeMap;

use super::operation::{GroupRef, Operation, Random, Word};
use super::rules::{AL, Account, BL, FL, Id, RL};

const PHONES: [&str; 3] = ["PHH", "PHW", "PHM"];
/// A GUID that does not exist.
const NO_GUID: &str = "00000000-0000-4000-8000-000000000000";

/// A command without its transaction ID, and the line that answers it.
#[derive(Debug)]
pub(crate) struct Spoken {
    pub(crate) verb: &'static str,
    pub(crate) words: String,
    pub(crate) payload: &'static str,
    /// The expected answer. `<ver>` stands for the new list version (only before MSNP10), `<guid>`
    /// for a GUID that no client has received before, and `<any>` for any word.
    pub(crate) answer: String,
}

/// The GUIDs that were received, by the contact or group that they identify.
#[derive(Debug, Default)]
pub(crate) struct Guids {
    known: BTreeMap<Id, String>,
}

impl Guids {
    pub(crate) fn of(&self, id: Id) -> Option<&String> {
        self.known.get(&id)
    }

    pub(crate) fn is_known(&self, guid: &str) -> bool {
        self.known.values().any(|known| known == guid)
    }

    /// Records a GUID that a client has received.
    pub(crate) fn learn(&mut self, id: Id, guid: &str) {
        if !self.known.contains_key(&id) {
            assert!(!self.is_known(guid), "the GUID {guid} is used twice");
            assert!(is_guid(guid), "{guid} is not a GUID");
            self.known.insert(id, guid.to_owned());
        }
    }
}

/// Returns `None` if a line does not match the template. Otherwise returns the list version in the line, if it has one.
pub(crate) fn answers(line: &str, template: &str, guids: &Guids) -> Option<Option<u32>> {
    let (mut said, mut wanted) = (line.split(' '), template.split(' '));
    let mut version = None;
    loop {
        match (said.next(), wanted.next()) {
            (None, None) => return Some(version),
            (Some(word), Some("<ver>")) => version = Some(word.parse().ok()?),
            (Some(_), Some("<any>")) => {}
            (Some(word), Some(wanted)) => match wanted.strip_suffix("<guid>") {
                Some(start) => {
                    let guid = word.strip_prefix(start)?;
                    if guids.is_known(guid) {
                        return None;
                    }
                }
                None if word == wanted => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

fn is_guid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    let hex = |byte: u8| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    lengths == [8, 4, 4, 4, 12] && word.bytes().all(hex)
}

/// Returns the command with which the client of `who` carries out an operation. Returns `None` if
/// the client has no such command, or does not know a GUID or number that the command needs.
pub(crate) fn speak(
    operation: &Operation,
    who: &str,
    account: &Account,
    guids: &Guids,
    random: &mut Random,
) -> Option<Spoken> {
    let dialect = account.session.as_ref()?.dialect;
    let speaker = Speaker { who, account, guids, old: dialect < 10, dialect };
    let spelled = if random.percent(15) { str::to_uppercase } else { str::to_owned };
    let spelled = |whom: &str| if whom.starts_with("tel:") { whom.to_owned() } else { spelled(whom) };
    if speaker.old { speaker.speak_old(operation, &spelled) } else { speaker.speak_new(operation, &spelled) }
}

struct Speaker<'a> {
    who: &'a str,
    account: &'a Account,
    guids: &'a Guids,
    old: bool,
    dialect: u32,
}

fn say(verb: &'static str, words: impl Into<String>, answer: impl Into<String>) -> Option<Spoken> {
    Some(Spoken { verb, words: words.into(), payload: "", answer: answer.into() })
}

/// Returns a command. The expected answer repeats the words of the command.
fn echo(verb: &'static str, words: &str) -> Option<Spoken> {
    say(verb, words, words)
}

fn list_name(list: u8) -> &'static str {
    match list {
        FL => "FL",
        AL => "AL",
        BL => "BL",
        RL => "RL",
        _ => "PL",
    }
}

impl Speaker<'_> {
    /// Returns the command for an operation in MSNP8 or MSNP9. These dialects identify contacts by
    /// address and groups by number, and every answer has a list version.
    fn speak_old(&self, operation: &Operation, spelled: &dyn Fn(&str) -> String) -> Option<Spoken> {
        match operation {
            Operation::Add { list, whom, nick, group } => {
                let (list, nick) = (list_name(*list), &nick.as_ref()?.sent);
                let group = match group {
                    Some(group) => format!(" {}", self.number(*group)?),
                    None => String::new(),
                };
                let words = format!("{list} {} {nick}{group}", spelled(whom));
                say("ADD", words, format!("{list} <ver> {whom} {nick}{group}"))
            }
            Operation::Remove { list, whom } => {
                let list = list_name(*list);
                say("REM", format!("{list} {}", spelled(whom)), format!("{list} <ver> {whom}"))
            }
            Operation::TakeOutOfGroup { whom, group } => {
                let number = self.number(*group)?;
                say("REM", format!("FL {} {number}", spelled(whom)), format!("FL <ver> {whom} {number}"))
            }
            Operation::NewGroup(Word { sent, .. }) => {
                let number = self.account.lowest_free_number().unwrap_or(0);
                say("ADG", format!("{sent} 0"), format!("<ver> {sent} {number} 0"))
            }
            Operation::RenameGroup(group, Word { sent, .. }) => {
                let number = self.number(*group)?;
                say("REG", format!("{number} {sent} 0"), format!("<ver> {number} {sent} 0"))
            }
            Operation::RemoveGroup(group) => {
                let number = self.number(*group)?;
                say("RMG", format!("{number}"), format!("<ver> {number}"))
            }
            Operation::Name(Word { sent, .. }) => {
                say("REA", format!("{} {sent}", spelled(self.who)), format!("<ver> {} {sent}", self.who))
            }
            Operation::Nickname(whom, nick) => {
                let nick = &nick.as_ref()?.sent;
                say("REA", format!("{} {nick}", spelled(whom)), format!("<ver> {whom} {nick}"))
            }
            Operation::Misfit => echo("SBP", &format!("{NO_GUID} MFN x")),
            _ => self.speak_any(operation),
        }
    }

    /// Returns the command for an operation in MSNP10, MSNP11 or MSNP12. These dialects identify
    /// contacts and groups by GUID.
    fn speak_new(&self, operation: &Operation, spelled: &dyn Fn(&str) -> String) -> Option<Spoken> {
        match operation {
            Operation::Add { list, whom, nick, group } => {
                let name = list_name(*list);
                if *list != FL {
                    return say("ADC", format!("{name} N={}", spelled(whom)), format!("{name} N={whom}"));
                }
                let group = match group {
                    Some(group) => format!(" {}", self.group(*group)?),
                    None => String::new(),
                };
                let nick = nick.as_ref().map(|nick| &nick.sent);
                let sent = nick.map(|nick| format!(" F={nick}")).unwrap_or_default();
                let nick = nick.unwrap_or(whom);
                let words = format!("FL N={}{sent}{group}", spelled(whom));
                say("ADC", words, format!("FL N={whom} F={nick} C=<guid>{group}"))
            }
            Operation::PutInGroup { whom, group } => {
                echo("ADC", &format!("FL C={} {}", self.contact(whom)?, self.group(*group)?))
            }
            Operation::Remove { list: FL, whom } => echo("REM", &format!("FL {}", self.contact(whom)?)),
            Operation::Remove { list, whom } => {
                let list = list_name(*list);
                say("REM", format!("{list} {}", spelled(whom)), format!("{list} {whom}"))
            }
            Operation::TakeOutOfGroup { whom, group } => {
                echo("REM", &format!("FL {} {}", self.contact(whom)?, self.group(*group)?))
            }
            Operation::NewGroup(Word { sent, text }) => {
                // Some clients still send the word 0 at the end of ADG, as in older dialects.
                let zero = if text.len() % 2 == 0 { " 0" } else { "" };
                say("ADG", format!("{sent}{zero}"), format!("{sent} <guid>"))
            }
            Operation::RenameGroup(group, Word { sent, .. }) => echo("REG", &format!("{} {sent}", self.group(*group)?)),
            Operation::RemoveGroup(group) => echo("RMG", self.group(*group)?),
            Operation::Name(Word { sent, .. }) if sent.is_empty() => echo("PRP", "MFN"),
            Operation::Name(Word { sent, .. }) => echo("PRP", &format!("MFN {sent}")),
            Operation::Nickname(whom, nick) => {
                let nick = nick.as_ref().map(|nick| format!(" {}", nick.sent)).unwrap_or_default();
                echo("SBP", &format!("{} MFN{nick}", self.contact(whom)?))
            }
            Operation::Misfit => echo("REA", &format!("{} x", self.who)),
            _ => self.speak_any(operation),
        }
    }

    /// Returns the command for an operation whose command has the same words in every dialect.
    /// Before MSNP10, most of the answers also contain a list version.
    fn speak_any(&self, operation: &Operation) -> Option<Spoken> {
        let versioned = |verb, words: String| {
            let answer = if self.old { format!("<ver> {words}") } else { words.clone() };
            say(verb, words, answer)
        };
        match operation {
            Operation::Prompt(value) => versioned("GTC", (*value).to_owned()),
            Operation::Privacy(value) => versioned("BLP", (*value).to_owned()),
            Operation::Number(place, number) => {
                let number = number.as_ref().map(|number| format!(" {}", number.sent)).unwrap_or_default();
                versioned("PRP", format!("{}{number}", PHONES[*place]))
            }
            Operation::Paging(on) => versioned("PRP", format!("MOB {}", if *on { "Y" } else { "N" })),
            Operation::Status { status, capabilities, object } => {
                let capabilities = capabilities.map(|number| format!(" {number}")).unwrap_or_default();
                let object = object.map(|object| format!(" {object}")).unwrap_or_default();
                let words = format!("{status}{capabilities}{object}");
                // If a CHG contains no capabilities, the server's answer contains the word 0 in
                // their place, but only in MSNP8.
                let zero = if self.dialect == 8 && capabilities.is_empty() { " 0" } else { "" };
                say("CHG", words.as_str(), format!("{words}{zero}"))
            }
            Operation::Message(message) if self.dialect > 10 => {
                Some(Spoken { verb: "UUX", words: message.len().to_string(), payload: message, answer: "0".to_owned() })
            }
            Operation::Call => say("XFR", "SB", "SB <any> CKI <any>"),
            _ => None,
        }
    }

    fn number(&self, group: GroupRef) -> Option<u32> {
        match group {
            GroupRef::Zero => Some(0),
            GroupRef::Known(id) => self.account.groups[&id].number,
            GroupRef::Unknown => self.account.lowest_free_number(),
        }
    }

    fn group(&self, group: GroupRef) -> Option<&str> {
        match group {
            GroupRef::Zero => None,
            GroupRef::Known(id) => self.guids.of(id).map(String::as_str),
            GroupRef::Unknown => Some(NO_GUID),
        }
    }

    fn contact(&self, whom: &str) -> Option<&str> {
        match self.account.entries.get(whom).and_then(|entry| entry.contact) {
            Some(id) => self.guids.of(id).map(String::as_str),
            None => Some(NO_GUID),
        }
    }
}
