//! Handles what happens in conversations.

use msnp::Handle;

use super::event::{Talk, TalkEvent};
use super::line::{Author, File, FileState};
use super::rows::size;
use super::state::App;
use super::tab::{TYPING_LASTS, Tab};
use crate::text::clean_line;

/// The maximum number of tabs. If a new conversation needs another tab, the app removes an old tab,
/// if possible one without unread messages and without a typed text. So a flood of conversations
/// cannot fill the memory.
const MAX_TABS: usize = 100;

impl App {
    pub(super) fn talk_event(&mut self, talk: Talk, event: TalkEvent) {
        let is_news = matches!(
            event,
            TalkEvent::Text { .. } | TalkEvent::Nudge(_) | TalkEvent::Other { .. } | TalkEvent::FileOffered { .. }
        );
        let is_content = is_news || matches!(event, TalkEvent::Opened);
        let is_together = is_news || matches!(event, TalkEvent::Joined(_));
        let Some(tab) = self.find_tab(talk, is_content) else { return };
        if is_together {
            self.want_picture(tab);
        }
        match event {
            TalkEvent::Opened => self.show_tab(tab),
            TalkEvent::Joined(handle) => self.joined(tab, &handle),
            TalkEvent::Left(handle) => self.left(tab, &handle),
            TalkEvent::Quiet => self.quiet(tab),
            TalkEvent::Text { from, text } => {
                let name = self.sender(&from);
                self.add_line(tab, Author::Other(name), &text, None);
            }
            TalkEvent::Nudge(from) => {
                let name = self.sender(&from);
                self.note(tab, &format!("{name} sent you a nudge!"));
                self.start_shaking();
            }
            TalkEvent::Typing(handle) => self.typing(tab, handle),
            TalkEvent::Other { from, what } => {
                let name = self.sender(&from);
                self.note(tab, &format!("{name} sent {what}, which this program cannot show."));
            }
            TalkEvent::FileOffered { from, id, name, size: bytes } => {
                let who = self.name_of(&from);
                let text = format!(
                    "{who} wants to send you {} ({}). Type /accept or /decline.",
                    clean_line(&name),
                    size(bytes)
                );
                self.add_file(tab, &text, File { id, state: FileState::Offered });
            }
        }
        if is_news {
            self.count_unread(tab);
            self.ring();
        }
    }

    /// Returns the tab of a conversation. There is only one tab for conversations with a single
    /// user, even if that user opens another session. If the event has content, such as a text, the
    /// tab then uses the new session. Without content, the tab keeps the old session, because the
    /// new session may still become a conversation of several users, which has a tab of its own.
    fn find_tab(&mut self, talk: Talk, is_content: bool) -> Option<usize> {
        let alone = || match talk.users.as_slice() {
            [partner] => self.tabs.iter().position(|tab| tab.partner() == Some(partner)),
            _ => None,
        };
        let there = self.tab_of(talk.id).or_else(alone);
        let index = match there {
            Some(index) => index,
            None if is_content || talk.users.len() > 1 => {
                self.make_room();
                self.tabs.push(Tab::new(talk.id, talk.users.clone()));
                self.tabs.len() - 1
            }
            None => return None,
        };
        let with = self.tabs.get_mut(index)?.with.as_mut()?;
        if with.talk != talk.id && !is_content {
            return Some(index);
        }
        with.talk = talk.id;
        if !talk.users.is_empty() {
            with.users = talk.users;
        }
        Some(index)
    }

    fn make_room(&mut self) {
        if self.tabs.len() < MAX_TABS {
            return;
        }
        let is_idle = |(index, tab): &(usize, &Tab)| {
            *index > 0 && *index != self.current && tab.unread == 0 && tab.input.is_empty()
        };
        let idle = self.tabs.iter().enumerate().find(is_idle).map(|(index, _)| index);
        // If no tab is idle, the oldest tab that is not shown is removed.
        let oldest = idle.unwrap_or(if self.current == 1 { 2 } else { 1 });
        self.tabs.remove(oldest);
        if self.current > oldest {
            self.current -= 1;
        }
    }

    /// Returns the name of a sender. Also notes that the sender has stopped typing.
    fn sender(&mut self, from: &Handle) -> String {
        self.stop_typing(from);
        self.name_of(from)
    }

    fn joined(&mut self, tab: usize, handle: &Handle) {
        if self.tabs.get(tab).is_some_and(Tab::is_crowd) {
            let text = format!("{} joined the conversation.", self.name_of(handle));
            self.note(tab, &text);
        }
    }

    fn left(&mut self, tab: usize, handle: &Handle) {
        self.stop_typing(handle);
        let Some(there) = self.tabs.get(tab) else { return };
        let was_crowd = there.is_crowd() || there.partner().is_some_and(|partner| partner != handle);
        if was_crowd {
            let text = format!("{} left the conversation.", self.name_of(handle));
            self.add_line(tab, Author::Left(handle.clone()), &text, None);
        }
    }

    /// Handles the end of a session. Just before this event, all users left the session, but only
    /// because the session ended. So this function removes the notes about users who left. If there
    /// were several such notes, it adds one note about the end of the session.
    fn quiet(&mut self, tab: usize) {
        let Some(there) = self.tabs.get_mut(tab) else { return };
        if there.lines.take_left() > 1 {
            self.note(tab, "The session ended. The next message opens another one.");
        }
    }

    fn typing(&mut self, tab: usize, handle: Handle) {
        let until = self.time.since_start + TYPING_LASTS;
        let with = self.tabs.get_mut(tab).and_then(|tab| tab.with.as_mut());
        if let Some(with) = with.filter(|with| with.users.contains(&handle)) {
            with.typing.insert(handle, until);
        }
    }

    /// Forgets that a user is typing.
    pub(super) fn stop_typing(&mut self, handle: &Handle) {
        for with in self.tabs.iter_mut().filter_map(|tab| tab.with.as_mut()) {
            with.typing.remove(handle);
        }
    }

    /// Returns a sentence about who is typing in the current tab.
    pub(crate) fn typing_note(&self) -> Option<String> {
        let typing = &self.current_tab()?.with.as_ref()?.typing;
        let names: Vec<_> = typing.keys().map(|handle| self.name_of(handle)).collect();
        match names.as_slice() {
            [] => None,
            [name] => Some(format!("{name} is typing…")),
            [one, two] => Some(format!("{one} and {two} are typing…")),
            names => Some(format!("{} people are typing…", names.len())),
        }
    }
}
