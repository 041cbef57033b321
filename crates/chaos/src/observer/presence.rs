//! The presence of contacts that a client shows.

use std::collections::HashMap;

use msnp::text::decode_bytes;
use msnp_conformance::wire::Unit;

use crate::history::{Action, Shown};

/// The contacts that a client shows as online.
#[derive(Debug, Default)]
pub(super) struct Contacts(HashMap<String, Shown>);

impl Contacts {
    /// Applies a line. If the line is about presence, returns what the client shows from now on.
    pub(super) fn apply(&mut self, unit: &Unit) -> Option<Action> {
        let word = |index| unit.word(index);
        match word(0).as_str() {
            "NLN" => Some(self.online(word(1), word(2), &word(3), (word(4), word(5)))),
            "ILN" => Some(self.online(word(2), word(3), &word(4), (word(5), word(6)))),
            "FLN" => {
                self.0.remove(&word(1));
                Some(Action::Saw { contact: word(1), shown: None })
            }
            "UBX" => {
                let message = String::from_utf8_lossy(&unit.payload).into_owned();
                let shown = self.0.get_mut(&word(1))?;
                shown.message = Some(message).filter(|message| !message.is_empty());
                Some(Action::Saw { contact: word(1), shown: Some(shown.clone()) })
            }
            _ => None,
        }
    }

    /// Forgets a contact. Returns what the client shows from now on.
    pub(super) fn forget(&mut self, contact: String) -> Action {
        self.0.remove(&contact);
        Action::Saw { contact, shown: None }
    }

    fn online(&mut self, status: String, contact: String, name: &str, rest: (String, String)) -> Action {
        // A personal message stays until another personal message arrives. A contact that was
        // offline has no personal message.
        let message = self.0.get(&contact).and_then(|shown| shown.message.clone());
        let shown = Shown { status: with_rest(&status, &rest.0, &rest.1), name: decoded(name), message };
        self.0.insert(contact.clone(), shown.clone());
        Action::Saw { contact, shown: Some(shown) }
    }
}

/// Returns a status with its capabilities and its picture. The form is the same for CHG, NLN and ILN.
pub(super) fn with_rest(status: &str, capabilities: &str, object: &str) -> String {
    let capabilities = if capabilities.is_empty() { "0" } else { capabilities };
    // In CHG, the object 0 means that there is no object.
    let object = if object == "0" { "" } else { object };
    format!("{status} {capabilities} {object}").trim_end().to_owned()
}

/// Returns a name with its escapes decoded.
pub(super) fn decoded(word: &str) -> String {
    String::from_utf8_lossy(&decode_bytes(word.as_bytes())).into_owned()
}
