//! Handles what happens to the account.

use std::time::Duration;

use msnp::{Handle, Status};

use super::event::{AppEvent, NotDelivered};
use super::ids::LineId;
use super::line::{Author, Delivery};
use super::state::{App, Link, SETTLES};
use super::statuses::status_name;
use crate::text::clean_line;

impl App {
    /// Handles something that happened. An event never changes the current tab, the focus or the
    /// line that is being typed, unless the user asked for the change.
    pub(crate) fn handle_event(&mut self, event: AppEvent) {
        match event {
            AppEvent::SignedIn => self.signed_in(),
            AppEvent::SignedOut { reason, retry } => self.signed_out(&reason, retry),
            AppEvent::Roster(roster) => {
                self.roster = *roster;
                self.rebuild_contacts();
            }
            AppEvent::Presence { handle, before, now } => self.presence(&handle, before, now),
            AppEvent::Request(handle) => self.request(&handle),
            AppEvent::Talk(talk, event) => self.talk_event(talk, event),
            AppEvent::Delivered(line, result) => self.delivered(line, result),
            AppEvent::Edited { about, result } => self.edited(&about, result),
            AppEvent::FileProgress { id, done, total } => self.file_progress(id, done, total),
            AppEvent::FileEnded { id, result } => self.file_ended(id, result),
            AppEvent::Picture { handle, result } => self.picture_fetched(&handle, result),
            AppEvent::Announcement(text) => {
                let text = format!("Announcement: {text}");
                self.news(&text);
            }
            AppEvent::Shutdown(minutes) => {
                let unit = if minutes == 1 { "minute" } else { "minutes" };
                self.news(&format!("The server will stop in {minutes} {unit}."));
            }
        }
    }

    /// Adds a note to the home tab, and shows it as a notice.
    fn news(&mut self, text: &str) {
        self.note(0, text);
        self.count_unread(0);
        self.notify(text);
    }

    fn signed_in(&mut self) {
        self.settled_at = self.time.since_start + SETTLES;
        self.link = Link::Online;
        self.note(0, "Signed in again.");
        self.notify("Signed in again.");
    }

    fn signed_out(&mut self, reason: &str, retry: Option<Duration>) {
        let reason = clean_line(reason);
        if self.link == Link::Online || retry.is_none() {
            let end = if retry.is_none() { " Press Ctrl-R to sign in again." } else { "" };
            self.add_line(0, Author::Problem, &format!("Signed out: {reason}.{end}"), None);
        }
        let retry = retry.map(|retry| self.time.since_start + retry);
        self.link = Link::Offline { reason, retry };
        // The status row now shows the reason in the place of a notice.
        self.notice = None;
        for with in self.tabs.iter_mut().filter_map(|tab| tab.with.as_mut()) {
            with.typing.clear();
        }
    }

    fn presence(&mut self, handle: &Handle, before: Option<Status>, now: Option<Status>) {
        if before.is_some() == now.is_some() {
            return;
        }
        if now.is_none() {
            self.stop_typing(handle);
        }
        if self.time.since_start < self.settled_at || self.link != Link::Online {
            return;
        }
        let text = format!("{} is {}.", self.name_of(handle), status_name(now));
        self.notify(&text);
        if let Some(tab) = self.tabs.iter().position(|tab| tab.partner() == Some(handle)) {
            self.note(tab, &text);
        }
    }

    fn request(&mut self, handle: &Handle) {
        let is_pending = self.roster.requests.iter().any(|request| request.handle == *handle);
        let who = clean_line(handle.as_str());
        if is_pending {
            self.note(0, &format!("{who} added you. Accept with /accept {who}, or refuse with /decline {who}."));
            self.count_unread(0);
            self.notify(&format!("{who} wants to be your contact. The request is in the list."));
        } else {
            self.note(0, &format!("{who} added you."));
        }
        self.ring();
    }

    fn delivered(&mut self, line: LineId, result: Result<(), NotDelivered>) {
        let Some(line) = self.tabs.iter_mut().find_map(|tab| tab.lines.get_mut(line)) else { return };
        line.delivery = Some(match result {
            Ok(()) => Delivery::Delivered,
            Err(NotDelivered::Refused(reason)) => Delivery::Failed(clean_line(&reason)),
            Err(NotDelivered::Unknown) => Delivery::Unknown,
        });
    }

    fn edited(&mut self, about: &str, result: Result<(), String>) {
        match result {
            Ok(()) => self.notify(&format!("{about}: done.")),
            Err(reason) => {
                let text = format!("{about}: {reason}.");
                self.add_line(0, Author::Problem, &text, None);
                self.complain(&text);
            }
        }
    }
}
