//! The state of the app, and the methods that all other modules of the app share.

use std::collections::BTreeMap;
use std::time::Duration;

use msnp::Handle;

use super::contacts::Contacts;
use super::effect::Effect;
use super::ids::TalkId;
use super::input::Input;
use super::palette::Palette;
use super::roster::Roster;
use super::search::Search;
use super::tab::Tab;
use super::time::Time;
use crate::picture::Picture;

/// The time after a sign-in during which the app does not announce status changes of contacts.
pub(super) const SETTLES: Duration = Duration::from_secs(5);

/// The settings of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// True to ring the bell of the terminal for nudges and messages.
    pub(crate) bell: bool,
    /// True to draw emoticons as emoji.
    pub(crate) emoji: bool,
    pub(crate) colors: Colors,
}

/// The colours that the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// The terminal has no colours, or the user does not want any. Pictures are not drawn.
    None,
    /// 256 colours.
    Indexed,
    /// All colours of 24 bits.
    True,
}

/// The initial values of the app.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) me: Handle,
    /// The columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    pub(crate) settings: Settings,
}

/// The part of the screen that receives the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    /// The contact list.
    Contacts,
    /// The input line of the current tab.
    Input,
}

/// The state of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Signed in.
    Online,
    /// Signed out, for this reason. `retry` is the time of the next attempt, counted from the start
    /// of the program.
    Offline { reason: String, retry: Option<Duration> },
}

/// A short message at the lower edge of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) is_problem: bool,
    pub(super) until: Duration,
}

/// The state of the messenger.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) me: Handle,
    pub(crate) settings: Settings,
    pub(crate) link: Link,
    /// The time until which the app does not announce status changes, because they belong to the
    /// sign-in.
    pub(super) settled_at: Duration,
    pub(crate) roster: Roster,
    /// The account's own personal message. Empty if this program has not set one.
    pub(crate) message: String,
    pub(crate) contacts: Contacts,
    /// The display pictures that were requested. Each entry has the MSNObject that identified the
    /// picture at the time of the request, and the picture. The picture is `None` until it arrives.
    pub(super) pictures: BTreeMap<Handle, (String, Option<Picture>)>,
    /// The user whose picture is shown in front of everything.
    pub(crate) shown_picture: Option<Handle>,
    /// The tabs. The first one is the home tab.
    pub(crate) tabs: Vec<Tab>,
    pub(crate) current: usize,
    pub(crate) focus: Focus,
    pub(crate) palette: Option<Palette>,
    pub(crate) search: Option<Search>,
    /// The index of the first visible line of the help. `None` if the help is closed.
    pub(crate) help: Option<usize>,
    pub(crate) notice: Option<Notice>,
    /// The time until which the window shakes.
    pub(super) shake_until: Duration,
    /// The time from which the bell may ring again.
    pub(super) rings_at: Duration,
    pub(crate) time: Time,
    pub(super) size: (u16, u16),
    pub(super) history: Vec<String>,
    /// While the user recalls sent lines: the place in the history, and the line that was being
    /// typed before.
    pub(super) recalled: Option<(usize, Input)>,
    pub(super) next_line: u64,
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
            settled_at: SETTLES,
            roster: Roster::default(),
            message: String::new(),
            contacts: Contacts::default(),
            pictures: BTreeMap::new(),
            shown_picture: None,
            tabs: vec![Tab::default()],
            current: 0,
            focus: Focus::Contacts,
            palette: None,
            search: None,
            help: None,
            notice: None,
            shake_until: Duration::ZERO,
            rings_at: Duration::ZERO,
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

    /// Returns the effects that the caller must carry out, in order.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Adds an effect that is not the result of a key.
    pub(crate) fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
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

    /// Shows a tab, and gives the focus to the input line of the tab.
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
}
