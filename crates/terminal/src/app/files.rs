//! Files that are sent and received.

use std::path::PathBuf;

use super::effect::Effect;
use super::ids::FileId;
use super::line::{Author, File, FileState};
use super::state::App;
use crate::text::clean_line;

impl App {
    /// Offers a file to the other user of the current tab.
    pub(super) fn send_file(&mut self, path: &str) {
        let Some((talk, partner)) = self.current_tab().and_then(|tab| Some((tab.talk()?, tab.partner()?.clone())))
        else {
            return self.complain("You can send files only in a conversation with one user.");
        };
        // The caller of the app chooses the numbers of received files, from the middle of the range
        // upwards. So a sent file never has the number of a received file.
        let id = FileId(self.next_file);
        self.next_file += 1;
        let text = format!("Sending {} to {}. /cancel stops it.", clean_line(path), self.name_of(&partner));
        self.add_file(self.current, &text, File { id, state: FileState::Running { done: 0, total: 0 } });
        self.effects.push(Effect::SendFile { id, talk, to: partner, path: PathBuf::from(path) });
    }

    /// Accepts or refuses the newest offer in the current tab. Returns `false` if the tab has no
    /// offer.
    pub(super) fn answer_offer(&mut self, accept: bool) -> bool {
        let offered = |state| state == FileState::Offered;
        let Some(id) = self.current_tab().and_then(|tab| tab.lines.newest_file(offered)) else { return false };
        let state = if accept { FileState::Running { done: 0, total: 0 } } else { FileState::Ended };
        self.set_file(id, state);
        self.effects.push(if accept { Effect::AcceptFile(id) } else { Effect::DeclineFile(id) });
        if !accept {
            self.note(self.current, "You refused the file.");
        }
        true
    }

    /// Stops the newest transfer of the current tab.
    pub(super) fn cancel_file(&mut self) {
        let running = |state| matches!(state, FileState::Running { .. });
        match self.current_tab().and_then(|tab| tab.lines.newest_file(running)) {
            Some(id) => self.effects.push(Effect::CancelFile(id)),
            None => self.complain("There is no transfer in this tab."),
        }
    }

    pub(super) fn file_progress(&mut self, id: FileId, done: u64, total: u64) {
        self.set_file(id, FileState::Running { done, total });
    }

    pub(super) fn file_ended(&mut self, id: FileId, result: Result<Option<PathBuf>, String>) {
        let Some(tab) = self.set_file(id, FileState::Ended) else { return };
        match result {
            Ok(None) => self.note(tab, "The file was sent."),
            Ok(Some(path)) => self.note(tab, &format!("The file was saved as {}.", path.display())),
            Err(reason) => {
                self.add_line(tab, Author::Problem, &format!("The transfer failed: {reason}."), None);
            }
        }
        self.count_unread(tab);
    }

    /// Sets the state of the file `id`. Returns the index of the tab that shows this file.
    fn set_file(&mut self, id: FileId, state: FileState) -> Option<usize> {
        for (index, tab) in self.tabs.iter_mut().enumerate() {
            if let Some(file) = tab.lines.file_mut(id).and_then(|line| line.file.as_mut()) {
                file.state = state;
                return Some(index);
            }
        }
        None
    }
}
