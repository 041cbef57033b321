//! The roster as the app shows it. Its texts are safe to draw.

use msnp::{Guid, Handle, Status};
use msnp_client::machine;

use crate::text::clean_line;

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) handle: Handle,
    pub(crate) name: String,
    /// The status of the contact. `None` means offline.
    pub(crate) status: Option<Status>,
    /// The personal message. Empty if there is none.
    pub(crate) message: String,
    pub(crate) is_blocked: bool,
    pub(crate) groups: Vec<Guid>,
    /// The MSNObject that identifies the display picture, if the contact has one.
    pub(crate) picture: Option<String>,
}

/// A user who added this account as a contact, and waits until the user of the program accepts or
/// refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) handle: Handle,
    pub(crate) name: String,
}

/// The roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    /// The account's own name.
    pub(crate) name: Option<String>,
    /// The account's own status. `None` means offline.
    pub(crate) status: Option<Status>,
    /// The contacts, in the order of their names.
    pub(crate) contacts: Vec<Contact>,
    pub(crate) requests: Vec<Request>,
    /// The groups, in the order of their names.
    pub(crate) groups: Vec<(Guid, String)>,
}

impl Roster {
    /// Copies from the roster of the client everything that the app shows.
    pub(crate) fn of(roster: &machine::Roster) -> Self {
        let mut contacts: Vec<_> = roster.contacts().map(Contact::of).collect();
        contacts.sort_by_cached_key(|contact| (contact.name.to_lowercase(), contact.handle.clone()));
        let request =
            |entry: &machine::Entry| Request { handle: entry.handle.clone(), name: clean_line(entry.name().as_str()) };
        let mut groups: Vec<_> = roster.groups().map(|(guid, name)| (guid, clean_line(name))).collect();
        groups.sort_by_cached_key(|(_, name)| name.to_lowercase());
        Self {
            name: roster.me.name.as_ref().map(|name| clean_line(name.as_str())),
            status: roster.me.status,
            contacts,
            requests: roster.pending().map(request).collect(),
            groups,
        }
    }

    /// Returns the contact whose address is `handle`.
    pub(crate) fn contact(&self, handle: &Handle) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.handle == *handle)
    }

    /// Returns the group whose name is `name`, in upper or lower case.
    pub(crate) fn group(&self, name: &str) -> Option<Guid> {
        let name = name.to_lowercase();
        self.groups.iter().find(|(_, there)| there.to_lowercase() == name).map(|(guid, _)| *guid)
    }
}

impl Contact {
    fn of(entry: &machine::Entry) -> Self {
        let message = entry.personal_message.as_ref().map(|message| clean_line(&message.text()));
        Self {
            handle: entry.handle.clone(),
            name: clean_line(entry.name().as_str()),
            status: entry.status(),
            message: message.unwrap_or_default(),
            is_blocked: entry.is_blocked(),
            groups: entry.groups.iter().copied().collect(),
            picture: entry
                .presence
                .as_ref()
                .and_then(|presence| presence.picture.as_ref())
                .map(|picture| picture.as_str().to_owned()),
        }
    }
}
