//! A tab: a conversation, or the first tab with the notes of the program.

use std::collections::BTreeMap;
use std::time::Duration;

use msnp::Handle;

use super::ids::TalkId;
use super::input::Input;
use super::line::Lines;

/// The time after which a note about typing disappears (docs/protocol/payloads.md section 3).
pub(crate) const TYPING_LASTS: Duration = Duration::from_secs(10);
/// The time after which the app tells the other members again that the user is typing.
pub(crate) const TYPING_AGAIN: Duration = Duration::from_secs(5);

/// A tab.
#[derive(Debug, Default)]
pub(crate) struct Tab {
    /// The conversation. `None` for the first tab.
    pub(crate) with: Option<Partners>,
    pub(crate) lines: Lines,
    /// The number of messages that the user has not seen.
    pub(crate) unread: usize,
    /// The number of rows below the visible ones.
    pub(crate) scroll: usize,
    pub(crate) input: Input,
}

/// The conversation of a tab, and the other users in it.
#[derive(Debug)]
pub(crate) struct Partners {
    pub(crate) talk: TalkId,
    pub(crate) users: Vec<Handle>,
    /// The users who are typing. For each user, the time until which the app assumes that the user
    /// is typing.
    pub(crate) typing: BTreeMap<Handle, Duration>,
    /// The time until which the other users see that the user of this program is typing.
    pub(crate) told_until: Duration,
}

impl Tab {
    /// Returns a tab for a conversation.
    pub(crate) fn new(talk: TalkId, users: Vec<Handle>) -> Self {
        let with = Partners { talk, users, typing: BTreeMap::new(), told_until: Duration::ZERO };
        Self { with: Some(with), ..Self::default() }
    }

    /// Returns the conversation.
    pub(crate) fn talk(&self) -> Option<TalkId> {
        self.with.as_ref().map(|with| with.talk)
    }

    /// Returns the other user, if there is exactly one.
    pub(crate) fn partner(&self) -> Option<&Handle> {
        match self.with.as_ref()?.users.as_slice() {
            [partner] => Some(partner),
            _ => None,
        }
    }

    /// Returns whether the conversation has several other users.
    pub(crate) fn is_crowd(&self) -> bool {
        self.with.as_ref().is_some_and(|with| with.users.len() > 1)
    }
}
