//! The commands that change the account and its lists.

use msnp::payload::PersonalMessage;
use msnp::{DisplayName, Guid, Handle, Text};
use msnp_client::machine::Edit;

use super::command::split_word;
use super::effect::Effect;
use super::state::App;
use super::statuses::{WORDS, status_name, status_of};

impl App {
    pub(super) fn edit(&mut self, edit: Edit, about: impl Into<String>) {
        self.effects.push(Effect::Edit { edit, about: about.into() });
    }

    /// Carries out an edit about one user.
    pub(super) fn edit_user(&mut self, who: &str, about: &str, edit: impl FnOnce(Handle) -> Edit) {
        match self.resolve(who) {
            Ok(handle) => {
                let about = format!("{about} {}", self.name_of(&handle));
                self.edit(edit(handle), about);
            }
            Err(error) => self.complain(&error),
        }
    }

    pub(super) fn add_contact(&mut self, address: &str) {
        match Handle::parse(address) {
            Ok(handle) => self.edit(Edit::AddContact(handle.clone()), format!("Add {handle}")),
            Err(error) => self.complain(&format!("{address} is not valid: {error}.")),
        }
    }

    pub(super) fn set_status(&mut self, word: &str) {
        match status_of(word) {
            Some(status) => self.edit(Edit::Status(status), format!("Status {}", status_name(Some(status)))),
            None => {
                let words: Vec<_> = WORDS.iter().map(|(word, _)| *word).collect();
                self.complain(&format!("A status is one of: {}.", words.join(", ")));
            }
        }
    }

    pub(super) fn set_name(&mut self, name: &str) {
        match DisplayName::new(name) {
            Some(name) => self.edit(Edit::Name(name), "Name"),
            None => self.complain("A name must have 1 to 387 bytes."),
        }
    }

    pub(super) fn set_message(&mut self, text: &str) {
        let message = if text.is_empty() { None } else { PersonalMessage::of_text(text) };
        if message.is_none() && !text.is_empty() {
            return self.complain("The personal message is too long.");
        }
        text.clone_into(&mut self.message);
        self.edit(Edit::PersonalMessage(message), "Personal message");
    }

    pub(super) fn set_nickname(&mut self, rest: &str) {
        let (who, name) = split_word(rest);
        match DisplayName::new(name) {
            Some(name) => self.edit_user(who, "Name of", |handle| Edit::Nickname(handle, name)),
            None => self.complain("Type a contact and the new name: /nick bob@example.com Bobby"),
        }
    }

    pub(super) fn group_new(&mut self, name: &str) {
        if name.is_empty() {
            return self.complain("Type the name of the group: /group new Friends");
        }
        self.edit(Edit::AddGroup(Text::encode(name)), format!("New group {name}"));
    }

    pub(super) fn group_delete(&mut self, name: &str) {
        if let Some(group) = self.group(name) {
            self.edit(Edit::DeleteGroup(group), format!("Delete group {name}"));
        }
    }

    pub(super) fn group_rename(&mut self, rest: &str) {
        let (old, new) = split_word(rest);
        if new.is_empty() {
            return self.complain("Type the old and the new name: /group rename \"Old friends\" Friends");
        }
        if let Some(group) = self.group(old) {
            self.edit(Edit::RenameGroup(group, Text::encode(split_word_or_all(new))), format!("Rename group {old}"));
        }
    }

    pub(super) fn group_member(&mut self, rest: &str, edit: fn(Handle, Guid) -> Edit) {
        let (who, name) = split_word(rest);
        if let Some(group) = self.group(split_word_or_all(name)) {
            self.edit_user(who, "Group of", |handle| edit(handle, group));
        }
    }

    /// Returns the group whose name is `name`. If there is no such group, shows a notice that says
    /// so.
    fn group(&mut self, name: &str) -> Option<Guid> {
        let group = self.roster.group(name);
        if group.is_none() {
            let names: Vec<_> = self.roster.groups.iter().map(|(_, name)| name.as_str()).collect();
            let there = if names.is_empty() { "There are no groups.".to_owned() } else { names.join(", ") };
            self.complain(&format!("There is no group {name:?}. {there}"));
        }
        group
    }
}

/// Returns a text without the quotation marks around it.
fn split_word_or_all(text: &str) -> &str {
    match split_word(text) {
        (word, "") => word,
        _ => text,
    }
}
