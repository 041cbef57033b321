//! The lines that a watcher receives after a change: the table of docs/protocol/ns.md section 2.

use std::collections::HashMap;
use std::sync::Arc;

use msnp::notification::{PresenceLine, ServerCommand};
use msnp::{Dialect, TrId};

use super::endpoint::Endpoint;
use super::seen::Seen;
use crate::net::PresenceLines;

/// One change of an account's presence. Each line is encoded once per dialect, for all watchers.
pub(super) struct Notice<'a> {
    before: Option<&'a Seen>,
    after: Option<&'a Seen>,
    encoded: HashMap<(Kind, Dialect), PresenceLines>,
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
    /// NLN, then UBX: the personal message and something that NLN shows both changed.
    ChangedWithMessage,
}

impl<'a> Notice<'a> {
    /// Creates the notice of a change. `before` and `after` are the presence that others see before
    /// and after the change.
    pub(super) fn new(before: Option<&'a Seen>, after: Option<&'a Seen>) -> Self {
        Self { before, after, encoded: HashMap::new() }
    }

    /// Returns the lines for a watcher. `allowed_before` and `allowed_after` tell whether the
    /// watcher was allowed to see the account before the change, and whether the watcher is allowed
    /// to see it after the change.
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

    /// Sends the watcher at `endpoint` the lines for a change of this kind.
    pub(super) fn send(&mut self, kind: Kind, endpoint: &Endpoint) {
        let Some(seen) = self.after.or(self.before) else { return };
        let dialect = endpoint.client.dialect;
        let lines = self.encoded.entry((kind, dialect)).or_insert_with(|| lines(kind, dialect, seen));
        endpoint.present(&seen.line.handle, lines);
    }
}

/// Returns the lines that show an account for the first time, in the answer to the command `trid`.
pub(super) fn introduction(seen: &Seen, trid: TrId, dialect: Dialect) -> PresenceLines {
    let status = encode(PresenceLine::Initial(trid, seen.line.clone()), dialect);
    let message = seen.message.as_ref().and_then(|_| message(seen, dialect));
    // `arrives` is false, because the watcher may have received an NLN of this account already.
    PresenceLines { arrives: false, left: None, status: Some(status), message }
}

fn lines(kind: Kind, dialect: Dialect, seen: &Seen) -> PresenceLines {
    let left = || encode(PresenceLine::Offline(seen.line.handle.clone()), dialect);
    let status = || encode(PresenceLine::Online(seen.line.clone()), dialect);
    let (left, status, message) = match kind {
        Kind::Left => (Some(left()), None, None),
        Kind::Changed => (None, Some(status()), None),
        Kind::Message => (None, None, message(seen, dialect)),
        Kind::Arrived if seen.message.is_none() => (None, Some(status()), None),
        Kind::Arrived | Kind::ChangedWithMessage => (None, Some(status()), message(seen, dialect)),
    };
    PresenceLines { arrives: kind == Kind::Arrived, left, status, message }
}

/// Returns UBX. Returns `None` for a dialect before MSNP11, because these dialects have no personal
/// messages.
fn message(seen: &Seen, dialect: Dialect) -> Option<Arc<[u8]>> {
    let line = || PresenceLine::Message(seen.line.handle.clone(), seen.message.clone());
    (dialect >= Dialect::Msnp11).then(|| encode(line(), dialect))
}

fn encode(line: PresenceLine, dialect: Dialect) -> Arc<[u8]> {
    let mut out = Vec::new();
    ServerCommand::from(line).encode(dialect, &mut out);
    out.into()
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
    fn each_change_of_presence_or_visibility_causes_the_expected_kind_of_notice() {
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
        let kind = |before, after| Notice::new(Some(before), Some(after)).kind(true, true);
        assert_eq!(kind(&talking, &silent), Some(Kind::Message));
        let message = |dialect| lines(Kind::Message, dialect, &silent).message;
        assert_eq!(message(Dialect::Msnp12).as_deref(), Some(&b"UBX bob@example.com 0\r\n"[..]));
        assert_eq!(message(Dialect::Msnp10), None);
    }
}
