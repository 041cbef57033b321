//! Finds the user that a word means.

use msnp::Handle;

use super::state::App;
use crate::text::clean_line;

impl App {
    /// Returns the user whose address is `who`, or the contact whose name is `who`. If `who` is
    /// empty, returns the other user of the current conversation.
    ///
    /// # Errors
    /// Returns a sentence that says what is wrong with `who`.
    pub(super) fn resolve(&self, who: &str) -> Result<Handle, String> {
        if who.is_empty() {
            let partner = self.current_tab().and_then(|tab| tab.partner());
            return partner.cloned().ok_or_else(|| "Type an address, or the name of a contact.".to_owned());
        }
        if who.contains('@') {
            return Handle::parse(who).map_err(|error| format!("{} is not valid: {error}.", clean_line(who)));
        }
        let wanted = who.to_lowercase();
        let mut named = self.roster.contacts.iter().filter(|contact| contact.name.to_lowercase() == wanted);
        match (named.next(), named.next()) {
            (Some(contact), None) => Ok(contact.handle.clone()),
            (Some(_), Some(_)) => Err(format!("Several contacts have the name {who}. Use an address.")),
            (None, _) => Err(format!("No contact has the name {}.", clean_line(who))),
        }
    }
}
