//! States that last for a moment: notices, shaking, notes about typing.

use std::time::Duration;

use super::effect::Effect;
use super::state::{App, Link, Notice};
use super::time::Time;
use crate::text::clean_line;

/// The time for which a notice is shown.
const NOTICE_LASTS: Duration = Duration::from_secs(6);
/// The time for which the window shakes after a nudge.
const SHAKE_LASTS: Duration = Duration::from_millis(600);
/// The shortest time between two rings of the bell, however much other users send.
const BELL_PAUSE: Duration = Duration::from_secs(1);
/// The time between two frames while something moves.
const FRAME: Duration = Duration::from_millis(50);

impl App {
    /// Sets the time. The caller must call this before every other change to the app.
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

    /// Returns the time until the screen changes by itself. `None` if it will not change by itself.
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

    /// Returns whether the window shakes.
    pub(crate) fn is_shaking(&self) -> bool {
        self.time.since_start < self.shake_until
    }

    /// Returns by how many columns the window is moved sideways.
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

    /// Starts to shake the window. If the window is already shaking, this does not prolong the
    /// shaking.
    pub(super) fn start_shaking(&mut self) {
        if !self.is_shaking() {
            self.shake_until = self.time.since_start + SHAKE_LASTS;
        }
    }

    pub(super) fn ring(&mut self) {
        let now = self.time.since_start;
        if self.settings.bell && self.rings_at <= now {
            self.rings_at = now + BELL_PAUSE;
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
}
