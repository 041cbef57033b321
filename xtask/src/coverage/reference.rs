//! Reads docs/protocol/verbs.txt, which lists every verb of the reference.

use anyhow::{Context, Result, ensure};
use msnp::Dialect;

use super::key::{Handling, Key, Sender, Service, is_verb, number};

/// The path of the file with the verbs, from the root of the repository.
pub(super) const VERBS: &str = "docs/protocol/verbs.txt";

/// All verbs, in the order of the file.
pub(super) struct Reference {
    pub(super) entries: Vec<Entry>,
    /// The verbs that no transcript shows, each with the reason.
    pub(super) unshown: Vec<(Key, String)>,
}

/// A line of docs/protocol/verbs.txt: a verb, the dialects in which it exists, and its handling in
/// these dialects.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    since: u8,
    until: Option<u8>,
    pub(super) handling: Handling,
    pub(super) note: String,
}

impl Entry {
    /// Returns the dialects in words, such as `10 to 12`.
    pub(super) fn dialects(&self) -> String {
        match self.until {
            Some(until) if until == self.since => self.since.to_string(),
            Some(until) => format!("{} to {until}", self.since),
            None => format!("{} on", self.since),
        }
    }

    fn has(&self, dialect: Dialect) -> bool {
        let number = number(dialect);
        self.since <= number && self.until.is_none_or(|until| number <= until)
    }

    fn parse(line: &str) -> Result<Self> {
        let (line, note) = line.split_once(':').unwrap_or((line, ""));
        let words: Vec<&str> = line.split_whitespace().collect();
        let [service, sender, verb, dialects, handling] = words[..] else {
            anyhow::bail!("expected five words and a note");
        };
        let key = parse_key(service, sender, verb)?;
        let (since, until) = dialects.split_once('-').unwrap_or((dialects, dialects));
        let number = |word: &str| word.parse::<u8>().with_context(|| format!("`{word}` is not a dialect"));
        let until = (!until.is_empty()).then(|| number(until)).transpose()?;
        let handling = match (key.sender, handling) {
            (Sender::Client, "done") | (Sender::Server, "sent") => Handling::Done,
            (Sender::Client, "closes") => Handling::Closes,
            (Sender::Server, "never") => Handling::Never,
            (Sender::Client, code) => {
                Handling::Refused(code.parse().context("expected done, closes or an error code")?)
            }
            (Sender::Server, _) => anyhow::bail!("expected sent or never"),
        };
        Ok(Self { key, since: number(since)?, until, handling, note: note.trim().to_owned() })
    }
}

fn parse_key(service: &str, sender: &str, verb: &str) -> Result<Key> {
    let service = match service {
        "ns" => Service::Notification,
        "ds" => Service::Dispatch,
        "sb" => Service::Switchboard,
        _ => anyhow::bail!("`{service}` is not a service"),
    };
    let sender = match sender {
        ">" => Sender::Client,
        "<" => Sender::Server,
        _ => anyhow::bail!("`{sender}` is not a direction"),
    };
    ensure!(is_verb(verb), "`{verb}` is not a verb");
    Ok(Key { service, sender, verb: verb.to_owned() })
}

/// Parses the text after `unshown`: a verb, and the reason why no transcript shows it.
fn parse_unshown(text: &str) -> Result<(Key, String)> {
    let (key, reason) = text.split_once(':').context("an unshown verb needs a reason")?;
    let words: Vec<&str> = key.split_whitespace().collect();
    let [service, sender, verb] = words[..] else {
        anyhow::bail!("expected three words and a reason");
    };
    Ok((parse_key(service, sender, verb)?, reason.trim().to_owned()))
}

impl Reference {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut unshown = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.is_empty()) {
            let place = || format!("verbs.txt:{}", index + 1);
            if let Some(text) = line.strip_prefix("unshown ") {
                unshown.push(parse_unshown(text).with_context(place)?);
                continue;
            }
            let entry = Entry::parse(line).with_context(place)?;
            let twice = |other: &Entry| {
                other.key == entry.key && Dialect::ALL.iter().any(|dialect| other.has(*dialect) && entry.has(*dialect))
            };
            ensure!(
                !entries.iter().any(twice),
                "{}: {} is already listed for one of these dialects",
                place(),
                entry.key
            );
            entries.push(entry);
        }
        Ok(Self { entries, unshown })
    }

    /// Returns how the reference handles a verb in a dialect, or `None` if the verb does not exist there.
    pub(super) fn handling(&self, key: &Key, dialect: Dialect) -> Option<Handling> {
        let entry = self.entries.iter().find(|entry| entry.key == *key && entry.has(dialect));
        entry.map(|entry| entry.handling)
    }

    /// Returns the expected handling of a verb in a dialect. A client verb that does not exist there closes the connection.
    pub(super) fn expected(&self, key: &Key, dialect: Dialect) -> Option<Handling> {
        let closes = (key.sender == Sender::Client).then_some(Handling::Closes);
        self.handling(key, dialect).or(closes)
    }

    /// Returns whether a verb exists in a dialect that the server supports.
    pub(super) fn is_here(&self, key: &Key) -> bool {
        Dialect::ALL.iter().any(|dialect| self.handling(key, *dialect).is_some())
    }

    /// Returns the reason why no transcript shows a verb, if docs/protocol/verbs.txt gives a
    /// reason.
    pub(super) fn unshown(&self, key: &Key) -> Option<&str> {
        self.unshown.iter().find(|(other, _)| other == key).map(|(_, reason)| reason.as_str())
    }

    /// Returns whether a verb exists in any dialect.
    pub(super) fn knows(&self, key: &Key) -> bool {
        self.entries.iter().any(|entry| entry.key == *key)
    }

    /// Returns each verb of a service and direction, with its entries.
    pub(super) fn verbs(&self, service: Service, sender: Sender) -> Vec<(&Key, Vec<&Entry>)> {
        let mut verbs: Vec<(&Key, Vec<&Entry>)> = Vec::new();
        for entry in self.entries.iter().filter(|entry| (entry.key.service, entry.key.sender) == (service, sender)) {
            match verbs.iter_mut().find(|(key, _)| **key == entry.key) {
                Some((_, entries)) => entries.push(entry),
                None => verbs.push((&entry.key, vec![entry])),
            }
        }
        verbs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_verb_say_how_each_dialect_handles_it() {
        let reference =
            Reference::parse("# x\n\nns > PAG 5-8 800 : no pages\nns > PAG 9- 715\nns < GCF 11-12 sent\n").unwrap();
        let handling = |sender, verb: &str, dialect| {
            let key = Key { service: Service::Notification, sender, verb: verb.to_owned() };
            reference.handling(&key, dialect)
        };
        assert_eq!(handling(Sender::Client, "PAG", Dialect::Msnp8), Some(Handling::Refused(800)));
        assert_eq!(handling(Sender::Client, "PAG", Dialect::Msnp12), Some(Handling::Refused(715)));
        assert_eq!(handling(Sender::Server, "GCF", Dialect::Msnp10), None);
        assert_eq!(handling(Sender::Client, "GCF", Dialect::Msnp11), None);
    }

    #[test]
    fn the_error_for_an_invalid_line_gives_the_line_number() {
        for line in [
            "ns > PAG 8",
            "xx > PAG 8 done",
            "ns > pag 8 done",
            "ns > PAG x done",
            "ns < PAG 8 done",
            "unshown ns > PAG",
            "unshown PAG : a reason",
        ] {
            let error = Reference::parse(&format!("# head\n{line}")).err().unwrap();
            assert!(format!("{error:#}").starts_with("verbs.txt:2"), "{line}: {error:#}");
        }
        assert!(Reference::parse("ns > PAG 5-8 800\nns > PAG 8- 715\n").is_err(), "dialect 8 appears twice");
    }
}
