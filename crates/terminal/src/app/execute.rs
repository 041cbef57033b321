//! Carries out typed lines.

use msnp_client::machine::Edit;

use super::command::{Typed, parse};
use super::effect::Effect;
use super::line::{Author, Delivery};
use super::state::App;
use super::tab::Tab;
use crate::text::clean_line;

impl App {
    /// Carries out a line: sends a text to the current conversation, or runs a command. Returns
    /// `false` if the line could not be used and should therefore stay in the input.
    pub(super) fn execute(&mut self, line: &str) -> bool {
        match parse(line) {
            Typed::Blank => true,
            Typed::Text(text) => self.send_text(text),
            Typed::Command(name, rest) => {
                self.command(name, rest);
                true
            }
            Typed::Unknown(name) => {
                let name = clean_line(name);
                self.complain(&format!(
                    "Unknown command {name}; nothing was sent. F1 lists the commands. //text sends /text."
                ));
                false
            }
        }
    }

    fn send_text(&mut self, text: &str) -> bool {
        let Some(talk) = self.current_tab().and_then(Tab::talk) else {
            self.complain("This tab has no conversation. Choose a contact in the list, or type /chat ADDRESS.");
            return false;
        };
        let name = self.my_name();
        let line = self.add_line(self.current, Author::Me(name), text, Some(Delivery::Pending));
        if let Some(with) = self.current_tab_mut().and_then(|tab| tab.with.as_mut()) {
            with.told_until = std::time::Duration::ZERO;
        }
        if let Some(tab) = self.current_tab_mut() {
            tab.scroll = 0;
        }
        self.effects.push(Effect::Send { talk, line, text: text.to_owned() });
        true
    }

    fn command(&mut self, name: &str, rest: &str) {
        match name {
            "/chat" => self.chat(rest),
            "/close" => self.close_tab(self.current),
            "/nudge" => self.nudge(),
            "/invite" => self.invite(rest),
            "/send" => self.send_file(rest),
            "/accept" => self.accept(rest),
            "/decline" => self.decline(rest),
            "/cancel" => self.cancel_file(),
            "/search" => self.open_search(rest),
            "/add" => self.add_contact(rest),
            "/remove" => self.edit_user(rest, "Remove", Edit::RemoveContact),
            "/block" => self.edit_user(rest, "Block", Edit::Block),
            "/unblock" => self.edit_user(rest, "Unblock", Edit::Unblock),
            "/nick" => self.set_nickname(rest),
            "/group new" => self.group_new(rest),
            "/group delete" => self.group_delete(rest),
            "/group rename" => self.group_rename(rest),
            "/group add" => self.group_member(rest, Edit::AddToGroup),
            "/group remove" => self.group_member(rest, Edit::RemoveFromGroup),
            "/status" => self.set_status(rest),
            "/name" => self.set_name(rest),
            "/message" => self.set_message(rest),
            "/picture" => self.picture_command(rest),
            "/bell" => self.settings.bell = self.switch(rest, self.settings.bell, "The bell"),
            "/emoji" => self.settings.emoji = self.switch(rest, self.settings.emoji, "Emoji"),
            "/help" => self.help = Some(0),
            "/quit" => self.effects.push(Effect::Quit),
            // Every command in the table has a branch above. A test runs all of them.
            other => self.complain(&format!("{other} does nothing yet.")),
        }
    }

    fn chat(&mut self, who: &str) {
        match self.resolve(who) {
            Ok(handle) => self.effects.push(Effect::Open(handle)),
            Err(error) => self.complain(&error),
        }
    }

    /// Closes a tab and leaves its conversation.
    pub(super) fn close_tab(&mut self, tab: usize) {
        let Some(talk) = self.tabs.get(tab).and_then(Tab::talk) else {
            return self.complain("The home tab stays open. /quit leaves the program.");
        };
        self.tabs.remove(tab);
        self.effects.push(Effect::Leave(talk));
        let next = if self.current >= tab { self.current.saturating_sub(1) } else { self.current };
        self.show_tab(next);
    }

    pub(super) fn nudge(&mut self) {
        let Some(talk) = self.current_tab().and_then(Tab::talk) else {
            return self.complain("This tab has no conversation to nudge.");
        };
        let line = self.add_line(self.current, Author::Note, "You sent a nudge.", Some(Delivery::Pending));
        self.start_shaking();
        self.effects.push(Effect::Nudge { talk, line });
    }

    fn invite(&mut self, who: &str) {
        let Some(talk) = self.current_tab().and_then(Tab::talk) else {
            return self.complain("This tab has no conversation. Open one first.");
        };
        if who.is_empty() {
            return self.complain("Type an address, or the name of a contact.");
        }
        match self.resolve(who) {
            Ok(handle) => {
                self.note(self.current, &format!("You invited {}.", self.name_of(&handle)));
                self.effects.push(Effect::Invite { talk, handle });
            }
            Err(error) => self.complain(&error),
        }
    }

    fn accept(&mut self, who: &str) {
        if who.is_empty() && self.answer_offer(true) {
            return;
        }
        match self.requester(who) {
            Some(who) => self.accept_request(&who),
            None => self.complain("There is nothing to accept here."),
        }
    }

    fn decline(&mut self, who: &str) {
        if who.is_empty() && self.answer_offer(false) {
            return;
        }
        match self.requester(who) {
            Some(who) => self.edit_user(&who, "Refuse and block", Edit::Block),
            None => self.complain("There is nothing to decline here."),
        }
    }

    /// Returns the address of the user who sent the request that `who` means. If `who` is empty and
    /// there is only one request, returns the address of that user.
    fn requester(&self, who: &str) -> Option<String> {
        if !who.is_empty() {
            return Some(who.to_owned());
        }
        match self.roster.requests.as_slice() {
            [request] => Some(request.handle.to_string()),
            _ => None,
        }
    }

    /// Accepts a request, and adds the user as a contact in return.
    pub(super) fn accept_request(&mut self, who: &str) {
        let Ok(handle) = self.resolve(who) else { return self.complain("Use the address of the request.") };
        let name = self.name_of(&handle);
        self.edit(Edit::Accept(handle.clone()), format!("Accept {name}"));
        if self.roster.contact(&handle).is_none() {
            self.edit(Edit::AddContact(handle), format!("Add {name}"));
        }
    }

    /// Returns the new value of the setting `what`, which is on or off. `now` is the old value.
    /// `rest` is `on`, `off`, or empty to reverse the old value.
    fn switch(&mut self, rest: &str, now: bool, what: &str) -> bool {
        let new = match rest {
            "on" => true,
            "off" => false,
            "" => !now,
            _ => {
                self.complain("Type on or off.");
                return now;
            }
        };
        self.notify(&format!("{what}: {}.", if new { "on" } else { "off" }));
        new
    }
}
