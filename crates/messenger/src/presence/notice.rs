//! The lines that a watcher receives after a change: the table of docs/protocol/ns.md section 2.

use std::collections::HashMap;

use msnp::Dialect;
use msnp::notification::{PresenceLine, ServerCommand};

use super::endpoint::Endpoint;
use super::seen::Seen;

/// One change of an account's presence. Each line is encoded once per dialect, for all watchers.
pub(super) struct Notice<'a> {
    before: Option<&'a Seen>,
    after: Option<&'a Seen>,
    encoded: HashMap<(Kind, Dialect), Vec<u8>>,
}

/// The lines that a watcher receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// NLN, then UBX if the account has a personal message.
    Arrived,
    /// FLN.
    Left,
    /// NLN: the status, name, capabilities or picture changed.
    Changed,
    /// UBX: the personal message changed.
    Message,
    /// NLN, then UBX: both changed.
    ChangedWithMessage,
}

impl<'a> Notice<'a> {
    /// Creates the notice of a change, from the presence that others saw before and after it.
    pub(super) fn new(before: Option<&'a Seen>, after: Option<&'a Seen>) -> Self {
        Self { before, after, encoded: HashMap::new() }
    }

    /// Returns the lines for a watcher. `allowed_before` and `allowed_after` tell whether the watcher was allowed to
    /// see the account before the change, and whether it is allowed to after the change.
    pub(super) fn kind(&self, allowed_before: bool, allowed_after: bool) -> Option<Kind> {
        let before = self.before.filter(|_| allowed_before);
        let after = self.after.filter(|_| allowed_after);
        match (before, after) {
            (None, None) => None,
            (None, Some(_)) => Some(Kind::Arrived),
            (Some(_), None) => Some(Kind::Left),
            (Some(before), Some(after)) => match (before.line != after.line, before.message != after.message) {
                (false, false) => None,
                (true, false) => Some(Kind::Changed),
                (false, true) => Some(Kind::Message),
                (true, true) => Some(Kind::ChangedWithMessage),
            },
        }
    }

    /// Sends a watcher its lines.
    pub(super) fn send(&mut self, kind: Kind, endpoint: &Endpoint) {
        let dialect = endpoint.client.dialect;
        let (before, after) = (self.before, self.after);
        let bytes = self.encoded.entry((kind, dialect)).or_insert_with(|| encode(kind, dialect, before, after));
        if !bytes.is_empty() {
            endpoint.client.outbox.send(|out| out.extend_from_slice(bytes));
        }
    }
}

fn encode(kind: Kind, dialect: Dialect, before: Option<&Seen>, after: Option<&Seen>) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(seen) = after.or(before) else { return out };
    let handle = || seen.line.handle.clone();
    let lines: Vec<PresenceLine> = match kind {
        Kind::Left => vec![PresenceLine::Offline(handle())],
        Kind::Changed => vec![PresenceLine::Online(seen.line.clone())],
        Kind::Message => vec![PresenceLine::Message(handle(), seen.message.clone())],
        Kind::Arrived if seen.message.is_none() => vec![PresenceLine::Online(seen.line.clone())],
        Kind::Arrived | Kind::ChangedWithMessage => {
            vec![PresenceLine::Online(seen.line.clone()), PresenceLine::Message(handle(), seen.message.clone())]
        }
    };
    for line in lines {
        // Personal messages exist in MSNP11 and later.
        if dialect >= Dialect::Msnp11 || !matches!(line, PresenceLine::Message(..)) {
            ServerCommand::from(line).encode(dialect, &mut out);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use msnp::payload::PersonalMessage;
    use msnp::{Capabilities, DisplayName, Handle, Status};

    use super::*;

    fn seen(status: Status, message: Option<&str>) -> Seen {
        Seen {
            line: msnp::notification::PresenceInfo {
                status,
                handle: Handle::parse("bob@example.com").unwrap(),
                name: DisplayName::new("Bob").unwrap(),
                capabilities: Capabilities(0),
                object: None,
            },
            message: message.map(|text| PersonalMessage::parse(text.as_bytes()).unwrap()),
        }
    }

    #[test]
    fn a_watcher_receives_the_lines_of_the_table() {
        let online = seen(Status::Online, None);
        let busy = seen(Status::Busy, None);
        let talking = seen(Status::Online, Some("<Data/>"));
        let both = seen(Status::Busy, Some("<Data/>"));
        let kind = |before: Option<&Seen>, after: Option<&Seen>, was, is| Notice::new(before, after).kind(was, is);
        assert_eq!(kind(None, Some(&online), true, true), Some(Kind::Arrived));
        assert_eq!(kind(Some(&online), Some(&busy), false, true), Some(Kind::Arrived), "unblocked and changed");
        assert_eq!(kind(Some(&online), None, true, true), Some(Kind::Left));
        assert_eq!(kind(Some(&online), Some(&online), true, false), Some(Kind::Left), "blocked");
        assert_eq!(kind(Some(&online), Some(&busy), true, true), Some(Kind::Changed));
        assert_eq!(kind(Some(&online), Some(&talking), true, true), Some(Kind::Message));
        assert_eq!(kind(Some(&online), Some(&both), true, true), Some(Kind::ChangedWithMessage));
        assert_eq!(kind(Some(&online), Some(&online), true, true), None);
        assert_eq!(kind(Some(&online), Some(&busy), false, false), None);
    }

    #[test]
    fn a_removed_personal_message_is_sent_as_an_empty_one() {
        let (talking, silent) = (seen(Status::Online, Some("<Data/>")), seen(Status::Online, None));
        assert_eq!(encode(Kind::Message, Dialect::Msnp12, Some(&talking), Some(&silent)), b"UBX bob@example.com 0\r\n");
        assert_eq!(encode(Kind::Message, Dialect::Msnp10, Some(&talking), Some(&silent)), b"");
    }
}
