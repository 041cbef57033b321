//! What an account says of itself, and what others see of that.

use std::sync::{Arc, Weak};

use msnp::notification::PresenceInfo;
use msnp::payload::PersonalMessage;
use msnp::{Capabilities, MsnObject, Status};
use swallowtail_store::roster::Roster;

/// What the client said of itself; forgotten when it signs out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// The status of the last CHG; none before the first.
    pub status: Option<Status>,
    /// The capabilities of the last CHG.
    pub capabilities: Capabilities,
    /// The display picture of the last CHG.
    pub object: Option<MsnObject>,
    /// The personal message of the last UUX.
    pub message: Option<PersonalMessage>,
}

/// A time during which an account can be seen. It ends when the account signs out, signs in elsewhere or hides.
#[derive(Debug, Default)]
pub(super) struct Appearance(Arc<()>);

/// Tells whether an [`Appearance`] has ended. The default is a watch of one that has.
#[derive(Clone, Debug, Default)]
pub struct AppearanceWatch(Weak<()>);

impl Appearance {
    pub(super) fn watch(&self) -> AppearanceWatch {
        AppearanceWatch(Arc::downgrade(&self.0))
    }
}

impl AppearanceWatch {
    /// Returns whether the account has been offline, as others see it, since this was created.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// What others see of an account that is online.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What ILN and NLN say.
    pub line: PresenceInfo,
    /// What UBX says.
    pub message: Option<PersonalMessage>,
}

impl Presence {
    /// Returns what others see of the account that `roster` belongs to, if they may see anything: it is past its first
    /// CHG and not hidden.
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
