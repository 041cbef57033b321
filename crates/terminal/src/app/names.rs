//! The names of users and tabs.

use msnp::Handle;

use super::state::App;
use super::tab::Tab;
use crate::text::clean_line;

impl App {
    /// Returns the name of a contact, or the address of any other user. A stranger can choose any name, even that of a
    /// contact, so the names of strangers are not shown.
    pub(crate) fn name_of(&self, handle: &Handle) -> String {
        if *handle == self.me {
            return self.my_name();
        }
        match self.roster.contact(handle) {
            Some(contact) => contact.name.clone(),
            None => clean_line(handle.as_str()),
        }
    }

    /// Returns the account's own name.
    pub(crate) fn my_name(&self) -> String {
        self.roster.name.clone().unwrap_or_else(|| clean_line(self.me.as_str()))
    }

    /// Returns the name of a tab.
    pub(crate) fn tab_name(&self, tab: &Tab) -> String {
        let Some(with) = &tab.with else { return "Home".to_owned() };
        let names: Vec<_> = with.users.iter().map(|user| self.name_of(user)).collect();
        if names.is_empty() { "Nobody".to_owned() } else { names.join(", ") }
    }

    /// Returns the names and unread counts of all tabs.
    pub(crate) fn tab_names(&self) -> Vec<(String, usize)> {
        self.tabs.iter().map(|tab| (self.tab_name(tab), tab.unread)).collect()
    }

    /// Returns the number of unread messages from a contact.
    pub(crate) fn unread_from(&self, handle: &Handle) -> usize {
        self.tabs.iter().filter(|tab| tab.partner() == Some(handle)).map(|tab| tab.unread).sum()
    }
}
