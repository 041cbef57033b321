//! The state, and the steps that all of its parts share.

use std::time::Duration;

use msnp::Handle;

use super::contacts::Contacts;
use super::effect::Effect;
use super::event::TalkId;
use super::input::Input;
use super::layout::{Areas, inside};
use super::line::{Author, Delivery, File, Line, LineId};
use super::palette::Palette;
use super::roster::Roster;
use super::rows::rows;
use super::search::Search;
use super::tab::Tab;
use super::time::Time;
use crate::text::{clean, clean_line};

/// The time for which a notice is shown.
const NOTICE_LASTS: Duration = Duration::from_secs(6);
/// The time for which the window shakes after a nudge.
const SHAKE_LASTS: Duration = Duration::from_millis(600);
/// The time between two frames while something moves.
const FRAME: Duration = Duration::from_millis(50);
/// The most sent lines that the arrow keys bring back.
const MAX_HISTORY: usize = 100;

/// The settings of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Ring the bell of the terminal for nudges and messages.
    pub(crate) bell: bool,
    /// Draw emoticons as emoji.
    pub(crate) emoji: bool,
    /// Use colours.
    pub(crate) color: bool,
}

/// What the app starts with.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) me: Handle,
    /// The columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    pub(crate) settings: Settings,
}

/// The part of the screen that keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    /// The contact list.
    Contacts,
    /// The line of the current tab.
    Input,
}

/// The state of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Signed in.
    Online,
    /// Signed out, for this reason. The next attempt is at `retry`, in the time since the start.
    Offline { reason: String, retry: Option<Duration> },
}

/// A short message at the lower edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) is_problem: bool,
    until: Duration,
}

/// The state of the messenger.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) me: Handle,
    pub(crate) settings: Settings,
    pub(crate) link: Link,
    /// The time until which changes of presence are not news, because they belong to the sign-in.
    pub(super) settled_at: Duration,
    pub(crate) roster: Roster,
    /// The account's own personal message, as far as this program has set it.
    pub(crate) message: String,
    pub(crate) contacts: Contacts,
    /// The tabs. The first one is the home tab.
    pub(crate) tabs: Vec<Tab>,
    pub(crate) current: usize,
    pub(crate) focus: Focus,
    pub(crate) palette: Option<Palette>,
    pub(crate) search: Option<Search>,
    /// The first visible line of the help, if it is open.
    pub(crate) help: Option<usize>,
    pub(crate) notice: Option<Notice>,
    /// The time until which the window shakes.
    shake_until: Duration,
    pub(crate) time: Time,
    size: (u16, u16),
    pub(super) history: Vec<String>,
    /// The place in the history, and the line that was being typed before.
    pub(super) recalled: Option<(usize, Input)>,
    next_line: u64,
    pub(super) next_file: u64,
    pub(super) effects: Vec<Effect>,
}

impl App {
    /// Returns the state after the sign-in.
    pub(crate) fn new(start: Start) -> Self {
        let mut app = Self {
            me: start.me,
            settings: start.settings,
            link: Link::Online,
            settled_at: super::events::SETTLES,
            roster: Roster::default(),
            message: String::new(),
            contacts: Contacts::default(),
            tabs: vec![Tab::default()],
            current: 0,
            focus: Focus::Contacts,
            palette: None,
            search: None,
            help: None,
            notice: None,
            shake_until: Duration::ZERO,
            time: Time::default(),
            size: start.size,
            history: Vec::new(),
            recalled: None,
            next_line: 0,
            next_file: 0,
            effects: Vec::new(),
        };
        app.resize(start.size.0, start.size.1);
        app
    }

    /// Sets the time. Call it before every other change.
    pub(crate) fn tick(&mut self, time: Time) {
        self.time = time;
        let now = self.time.since_start;
        if self.notice.as_ref().is_some_and(|notice| notice.until <= now) {
            self.notice = None;
        }
        for with in self.tabs.iter_mut().filter_map(|tab| tab.with.as_mut()) {
            with.typing.retain(|_, until| *until > now);
        }
    }

    /// Returns the time until the screen changes by itself. `None` if it does not.
    pub(crate) fn next_change(&self) -> Option<Duration> {
        let now = self.time.since_start;
        let left = |until: Duration| until.saturating_sub(now);
        let shake = self.is_shaking().then_some(FRAME);
        let notice = self.notice.as_ref().map(|notice| left(notice.until));
        let typing = self.tabs.get(self.current).and_then(|tab| tab.with.as_ref());
        let typing = typing.and_then(|with| with.typing.values().min()).map(|until| left(*until));
        let countdown = matches!(self.link, Link::Offline { retry: Some(_), .. }).then_some(Duration::from_secs(1));
        [shake, notice, typing, countdown].into_iter().flatten().min()
    }

    /// Returns what the app wants to be done, in this order.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Wants something to be done that no key asked for.
    pub(crate) fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Returns whether a message waits for its result.
    pub(crate) fn is_delivering(&self) -> bool {
        let is_pending = |line: &Line| line.delivery == Some(Delivery::Pending);
        self.tabs.iter().any(|tab| tab.lines.iter().any(is_pending))
    }

    pub(crate) fn areas(&self) -> Areas {
        Areas::of(self.size.0, self.size.1, self.focus == Focus::Contacts)
    }

    /// Sets the size of the terminal.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        self.keep_in_view();
    }

    /// Makes the contact list anew, and keeps what is selected visible.
    pub(super) fn rebuild_contacts(&mut self) {
        self.contacts.rebuild(&self.roster);
        self.keep_in_view();
    }

    pub(super) fn keep_in_view(&mut self) {
        let height = inside(self.areas().contacts).height;
        self.contacts.scroll_to_selected(height.into());
        let highest = self.rows_of(self.current).saturating_sub(self.talk_height());
        if let Some(tab) = self.tabs.get_mut(self.current) {
            tab.scroll = tab.scroll.min(highest);
        }
    }

    /// Returns the rows of the conversation that are visible at once.
    pub(super) fn talk_height(&self) -> usize {
        inside(self.areas().talk).height.into()
    }

    /// Returns the columns of the conversation, also while the contact list covers it.
    fn talk_width(&self) -> usize {
        inside(Areas::of(self.size.0, self.size.1, false).talk).width.into()
    }

    /// Returns the number of rows of all lines of a tab.
    fn rows_of(&self, tab: usize) -> usize {
        let Some(tab) = self.tabs.get(tab).filter(|tab| tab.scroll > 0) else { return 0 };
        tab.lines.iter().map(|line| rows(line, self.talk_width(), self.settings.emoji).len()).sum()
    }

    /// Scrolls the current tab up by this many rows, or down if it is negative.
    pub(super) fn scroll_by(&mut self, up: isize) {
        if let Some(tab) = self.tabs.get_mut(self.current) {
            tab.scroll = tab.scroll.saturating_add_signed(up);
        }
        self.keep_in_view();
    }

    /// Returns whether the window shakes.
    pub(crate) fn is_shaking(&self) -> bool {
        self.time.since_start < self.shake_until
    }

    /// Returns by how many columns the window is off its place.
    pub(crate) fn shake(&self) -> i16 {
        let left = self.shake_until.saturating_sub(self.time.since_start);
        match left.as_millis() / FRAME.as_millis() % 4 {
            _ if left.is_zero() => 0,
            0 => -1,
            1 => 2,
            2 => 1,
            _ => -2,
        }
    }

    /// Starts to shake the window. A window that shakes already is not shaken for longer.
    pub(super) fn start_shaking(&mut self) {
        if !self.is_shaking() {
            self.shake_until = self.time.since_start + SHAKE_LASTS;
        }
    }

    pub(super) fn ring(&mut self) {
        if self.settings.bell && !self.effects.contains(&Effect::Bell) {
            self.effects.push(Effect::Bell);
        }
    }

    /// Shows a notice for some seconds.
    pub(super) fn notify(&mut self, text: &str) {
        self.show_notice(text, false);
    }

    /// Shows a notice about a fault.
    pub(super) fn complain(&mut self, text: &str) {
        self.show_notice(text, true);
    }

    fn show_notice(&mut self, text: &str, is_problem: bool) {
        let until = self.time.since_start + NOTICE_LASTS;
        self.notice = Some(Notice { text: clean_line(text), is_problem, until });
    }

    /// Adds a line to a tab, and returns its number. The text is made safe.
    pub(super) fn add_line(&mut self, tab: usize, author: Author, text: &str, delivery: Option<Delivery>) -> LineId {
        self.add(tab, author, text, delivery, None)
    }

    /// Adds a line about a file.
    pub(super) fn add_file(&mut self, tab: usize, text: &str, file: File) {
        self.add(tab, Author::Note, text, None, Some(file));
    }

    fn add(
        &mut self,
        tab: usize,
        author: Author,
        text: &str,
        delivery: Option<Delivery>,
        file: Option<File>,
    ) -> LineId {
        let id = LineId(self.next_line);
        self.next_line += 1;
        let line = Line { id, clock: self.time.clock.clone(), author, text: clean(text), delivery, file };
        let (columns, emoji) = (self.talk_width(), self.settings.emoji);
        if let Some(tab) = self.tabs.get_mut(tab) {
            // Somebody who reads older lines keeps seeing them.
            if tab.scroll > 0 {
                tab.scroll += rows(&line, columns, emoji).len();
            }
            tab.lines.push(line);
        }
        id
    }

    /// Adds a note to a tab.
    pub(super) fn note(&mut self, tab: usize, text: &str) {
        self.add_line(tab, Author::Note, text, None);
    }

    /// Counts a message that the user does not see.
    pub(super) fn count_unread(&mut self, tab: usize) {
        if tab != self.current
            && let Some(tab) = self.tabs.get_mut(tab)
        {
            tab.unread += 1;
        }
    }

    /// Returns the number of the tab with a conversation.
    pub(super) fn tab_of(&self, talk: TalkId) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.talk() == Some(talk))
    }

    pub(crate) fn current_tab(&self) -> Option<&Tab> {
        self.tabs.get(self.current)
    }

    pub(super) fn current_tab_mut(&mut self) -> Option<&mut Tab> {
        self.tabs.get_mut(self.current)
    }

    /// Shows a tab, and gives the focus to its line.
    pub(super) fn show_tab(&mut self, tab: usize) {
        if tab >= self.tabs.len() {
            return;
        }
        self.current = tab;
        self.focus = Focus::Input;
        self.search = None;
        self.recalled = None;
        if let Some(tab) = self.current_tab_mut() {
            tab.unread = 0;
        }
        self.keep_in_view();
    }

    /// Returns the name of a user: the contact's, or the one used in a conversation, or the address.
    pub(crate) fn name_of(&self, handle: &Handle) -> String {
        if *handle == self.me {
            return self.my_name();
        }
        if let Some(contact) = self.roster.contact(handle) {
            return contact.name.clone();
        }
        let seen = self.tabs.iter().filter_map(|tab| tab.with.as_ref()).find_map(|with| with.names.get(handle));
        seen.cloned().unwrap_or_else(|| clean_line(handle.as_str()))
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

    /// Remembers a sent line for the arrow keys.
    pub(super) fn remember(&mut self, line: &str) {
        if self.history.last().is_some_and(|last| last == line) {
            return;
        }
        if self.history.len() == MAX_HISTORY {
            self.history.remove(0);
        }
        self.history.push(line.to_owned());
    }
}
