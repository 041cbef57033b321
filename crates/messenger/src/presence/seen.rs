//! The presence that a client sets for its account, and the part of it that others see.

use std::sync::{Arc, Weak};

use msnp::notification::PresenceInfo;
use msnp::payload::PersonalMessage;
use msnp::{Capabilities, MsnObject, Status};
use swallowtail_store::roster::Roster;

/// The presence that the client has set. This presence is reset at sign-out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// The status of the last CHG, or `None` before the first CHG.
    pub status: Option<Status>,
    /// The capabilities of the last CHG.
    pub capabilities: Capabilities,
    /// The display picture of the last CHG.
    pub object: Option<MsnObject>,
    /// The personal message of the last UUX.
    pub message: Option<PersonalMessage>,
}

/// A period during which others see an account online. The period ends when the account signs out,
/// signs in elsewhere or becomes hidden.
#[derive(Debug, Default)]
pub(super) struct Appearance(Arc<()>);

/// Reports whether an `Appearance` has ended. The default value watches an `Appearance` that has already ended.
#[derive(Clone, Debug, Default)]
pub struct AppearanceWatch(Weak<()>);

impl Appearance {
    pub(super) fn watch(&self) -> AppearanceWatch {
        AppearanceWatch(Arc::downgrade(&self.0))
    }
}

impl AppearanceWatch {
    /// Returns whether the account has appeared offline to others at any time since this watch was
    /// created.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// The presence of an online account, as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The status, address, name, capabilities and picture, which the server sends in ILN and NLN.
    pub line: PresenceInfo,
    /// The personal message, which the server sends in UBX.
    pub message: Option<PersonalMessage>,
}

impl Presence {
    /// Returns the number of bytes of the picture and the personal message, which are the parts of
    /// the presence that may be long.
    #[must_use]
    pub fn size(&self) -> usize {
        let object = self.object.as_ref().map_or(0, |object| object.as_str().len());
        object + self.message.as_ref().map_or(0, |message| message.as_bytes().len())
    }

    /// Returns the presence that others see of the account that owns `roster`. Returns `None` if the account is hidden
    /// or has not sent its first CHG.
    pub(super) fn seen(&self, roster: &Roster) -> Option<Seen> {
        let status = self.status.filter(|status| *status != Status::Hidden)?;
        let line = PresenceInfo {
            status,
            handle: roster.owner.clone(),
            name: roster.name.clone(),
            capabilities: self.capabilities,
            object: self.object.clone(),
        };
        Some(Seen { line, message: self.message.clone() })
    }
}
