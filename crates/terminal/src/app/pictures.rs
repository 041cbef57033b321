//! Display pictures. Decides which pictures to fetch and which to show.

use std::path::PathBuf;

use msnp::Handle;

use super::effect::Effect;
use super::state::{App, Colors};
use crate::picture::Picture;

/// The maximum number of pictures that are kept. Each picture takes less than 40 KiB of memory.
const MAX_PICTURES: usize = 200;

impl App {
    /// Returns the picture of the other user of the current tab.
    pub(crate) fn partner_picture(&self) -> Option<&Picture> {
        self.picture_of(self.current_tab()?.partner()?)
    }

    /// Returns the picture of a user, if it was fetched and can be drawn.
    pub(crate) fn picture_of(&self, handle: &Handle) -> Option<&Picture> {
        if self.settings.colors == Colors::None {
            return None;
        }
        self.pictures.get(handle).and_then(|(_, picture)| picture.as_ref())
    }

    /// Fetches the picture of the other user of a tab, if the picture is not known. Call this only
    /// when the two users are in a session, because without one, fetching would open a session.
    pub(super) fn want_picture(&mut self, tab: usize) {
        let partner = self.tabs.get(tab).and_then(|tab| tab.partner()).cloned();
        if let Some(partner) = partner.filter(|_| self.settings.colors != Colors::None) {
            self.fetch_picture(partner);
        }
    }

    /// Fetches a user's picture, unless the same picture was requested before. Returns whether the
    /// user has a picture.
    fn fetch_picture(&mut self, handle: Handle) -> bool {
        let Some(id) = self.roster.contact(&handle).and_then(|contact| contact.picture.clone()) else { return false };
        let is_known = self.pictures.get(&handle).is_some_and(|(known, _)| *known == id);
        if !is_known {
            if self.pictures.len() >= MAX_PICTURES {
                self.pictures.clear();
            }
            self.pictures.insert(handle.clone(), (id, None));
            self.effects.push(Effect::FetchPicture(handle));
        }
        true
    }

    /// Stores a picture that was requested. `Err` has the reason why there is no picture.
    pub(super) fn picture_fetched(&mut self, handle: &Handle, result: Result<Picture, String>) {
        match result {
            Ok(picture) => {
                if let Some((_, place)) = self.pictures.get_mut(handle) {
                    *place = Some(picture);
                }
            }
            Err(reason) => {
                // The app requests the picture again in the next conversation.
                self.pictures.remove(handle);
                if self.shown_picture.take().is_some_and(|shown| shown == *handle) {
                    self.complain(&format!("No picture: {reason}."));
                }
            }
        }
    }

    /// Sets the user's own picture. Without a path, shows the picture of the other user of the tab.
    pub(super) fn picture_command(&mut self, path: &str) {
        if !path.is_empty() {
            return self.effects.push(Effect::SetPicture(PathBuf::from(path)));
        }
        let Some(partner) = self.current_tab().and_then(|tab| tab.partner()).cloned() else {
            return self.complain(
                "Type the file of your picture, or open a conversation to see the picture of the other user.",
            );
        };
        if self.settings.colors == Colors::None {
            return self.complain("Pictures need colours.");
        }
        if self.fetch_picture(partner.clone()) {
            self.shown_picture = Some(partner);
        } else {
            self.complain(&format!("{} has no picture.", self.name_of(&partner)));
        }
    }
}
