//! Finds the rows that the palette shows for a typed text.

use super::command::{COMMANDS, Rest, Spec};
use super::contacts::matches;
use super::palette::{Action, Item, MAX_ITEMS};
use super::state::App;
use super::statuses::{WORDS, status_name};

impl App {
    /// Returns the rows of the palette.
    pub(crate) fn palette_items(&self) -> Vec<Item> {
        let Some(palette) = &self.palette else { return Vec::new() };
        let text = palette.input.text();
        let mut items = match text.strip_prefix('/') {
            Some(after) if after.starts_with('/') => Vec::new(),
            Some(_) => self.for_command(text),
            None => self.for_words(text),
        };
        items.truncate(MAX_ITEMS);
        items
    }

    /// Returns the rows for a typed text that begins with a slash: commands, or values that can
    /// follow the typed command.
    fn for_command(&self, text: &str) -> Vec<Item> {
        let longest = |spec: &&Spec| spec.name.len();
        let with_rest =
            COMMANDS.iter().filter(|spec| text.strip_prefix(spec.name).is_some_and(|rest| rest.starts_with(' ')));
        if let Some(spec) = with_rest.max_by_key(longest) {
            let rest = text.get(spec.name.len()..).unwrap_or_default().trim_start();
            let bare = (rest.is_empty() && spec.is_optional()).then(|| bare_item(spec));
            return bare.into_iter().chain(self.for_rest(spec, rest)).collect();
        }
        let begun = COMMANDS.iter().filter(|spec| spec.name.starts_with(text.trim_end()));
        begun
            .map(|spec| if spec.name == text && spec.is_optional() { bare_item(spec) } else { command_item(spec) })
            .collect()
    }

    /// Returns a row for each value that can complete `rest`, the text after the name of the
    /// command.
    fn for_rest(&self, spec: &Spec, rest: &str) -> Vec<Item> {
        let line = |word: &str| format!("{} {word}", spec.name);
        // If the command needs a second word after the contact or group, the line is not complete
        // yet.
        let needs_more = spec.usage.contains(' ');
        let item = |word: &str, detail: &str| Item {
            label: word.to_owned(),
            detail: detail.to_owned(),
            action: if needs_more { Action::Fill(line(word) + " ") } else { Action::Run(line(word)) },
        };
        let lower = rest.to_lowercase();
        match spec.rest {
            Rest::Nothing | Rest::Text => Vec::new(),
            Rest::Contact => {
                let found = self.roster.contacts.iter().filter(|contact| matches(contact, rest));
                found.map(|contact| item(contact.handle.as_str(), &contact.name)).collect()
            }
            Rest::Request => {
                let found = self.roster.requests.iter().filter(|request| request.handle.as_str().contains(&lower));
                found.map(|request| item(request.handle.as_str(), &request.name)).collect()
            }
            Rest::Status => {
                let found = WORDS.iter().filter(|(word, _)| word.starts_with(&lower));
                found.map(|(word, status)| item(word, status_name(Some(*status)))).collect()
            }
            Rest::Switch => {
                ["on", "off"].into_iter().filter(|word| word.starts_with(&lower)).map(|word| item(word, "")).collect()
            }
            Rest::Group => {
                let found = self.roster.groups.iter().filter(|(_, name)| name.to_lowercase().starts_with(&lower));
                let quoted = |name: &str| if needs_more { format!("\"{name}\"") } else { name.to_owned() };
                let is_new = spec.name == "/group new";
                found.filter(|_| !is_new).map(|(_, name)| item(&quoted(name), "")).collect()
            }
        }
    }

    /// Returns a row for each tab, contact and command that contains the typed text. A contact
    /// contains the text if its name or address does. A command contains the text if its name or
    /// description does.
    fn for_words(&self, text: &str) -> Vec<Item> {
        let lower = text.to_lowercase();
        let tabs =
            self.tab_names().into_iter().enumerate().filter(|(_, (name, _))| name.to_lowercase().contains(&lower));
        let tabs = tabs.map(|(tab, (name, unread))| Item {
            label: name,
            detail: if unread == 0 { "tab".to_owned() } else { format!("tab, {unread} unread") },
            action: Action::Tab(tab),
        });
        let has_tab = |handle| self.tabs.iter().any(|tab| tab.partner() == Some(handle));
        let contacts =
            self.roster.contacts.iter().filter(|contact| matches(contact, text) && !has_tab(&contact.handle));
        let contacts = contacts.map(|contact| Item {
            label: contact.name.clone(),
            detail: format!("{}, {}", contact.handle, status_name(contact.status)),
            action: Action::Run(format!("/chat {}", contact.handle)),
        });
        let commands = COMMANDS
            .iter()
            .filter(|spec| spec.name.contains(&lower) || spec.summary.to_lowercase().contains(&lower))
            .map(command_item);
        tabs.chain(contacts).chain(commands).collect()
    }
}

fn command_item(spec: &Spec) -> Item {
    let action = match spec.rest {
        Rest::Nothing => Action::Run(spec.name.to_owned()),
        _ => Action::Fill(format!("{} ", spec.name)),
    };
    Item { label: format!("{} {}", spec.name, spec.usage).trim().to_owned(), detail: spec.summary.to_owned(), action }
}

/// Returns the row for a command to which the user adds nothing.
fn bare_item(spec: &Spec) -> Item {
    Item { label: spec.name.to_owned(), detail: spec.summary.to_owned(), action: Action::Run(spec.name.to_owned()) }
}
