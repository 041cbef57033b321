//! The main loop. It waits for keys, events and timers, passes them to the app, carries out the app's effects, and
//! draws the app.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt;
use jiff::ZonedDateTime;
use msnp_client::{Client, Event, Events};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::effects::{Effects, Rest};
use super::events::translate;
use super::signals::Signals;
use super::terminal::Screen;
use crate::app::{App, AppEvent, Roster, Time};

/// The shortest time between two frames, so that a burst of events is drawn in one frame.
const FRAME: Duration = Duration::from_millis(20);
/// The time for which the program still waits for the delivery of messages after the user has quit.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// The messenger while it runs.
pub(super) struct Messenger {
    app: App,
    screen: Screen,
    effects: Effects,
    events: Events,
    reports: mpsc::Receiver<AppEvent>,
    started: Instant,
    /// True if the roster may have changed since it was copied.
    is_roster_old: bool,
    drawn: Instant,
    /// The time of the next frame, if something has changed.
    due: Option<Instant>,
    /// The time at which the program ends. `None` until the user quits.
    ends: Option<Instant>,
}

/// The event that woke the loop.
enum Wake {
    Input(Option<io::Result<Input>>),
    Event(Option<Event>),
    Report(AppEvent),
    Signal,
    Draw,
    Change,
    End,
}

impl Messenger {
    pub(super) fn new(app: App, screen: Screen, client: Client, events: Events, downloads: PathBuf) -> Self {
        let (effects, reports) = Effects::new(client, downloads);
        let started = Instant::now();
        let due = Some(started);
        Self { app, screen, effects, events, reports, started, is_roster_old: true, drawn: started, due, ends: None }
    }

    /// Changes the app before the loop begins.
    pub(super) fn begin(&mut self, change: impl FnOnce(&mut App)) -> io::Result<()> {
        self.copy_roster();
        change(&mut self.app);
        self.carry_out()
    }

    /// Runs until the user quits, a signal arrives, or the terminal is gone. Then signs out.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let mut keys = EventStream::new();
        let mut signals = Signals::listen()?;
        loop {
            let wake = self.wait(&mut keys, &mut signals).await;
            self.app.tick(self.time());
            match wake {
                Wake::Input(Some(Ok(input))) => self.input(input),
                Wake::Event(Some(event)) => self.event(event),
                Wake::Report(event) => self.report(event),
                Wake::Change => {}
                Wake::Draw => {
                    self.draw()?;
                    continue;
                }
                Wake::Input(_) | Wake::Event(None) | Wake::Signal | Wake::End => break,
            }
            if self.due.is_none() {
                self.due = Some(self.drawn + FRAME);
            }
            self.carry_out()?;
        }
        self.sign_out().await;
        Ok(())
    }

    async fn wait(&mut self, keys: &mut EventStream, signals: &mut Signals) -> Wake {
        let change = self.app.next_change().map(|after| Instant::now() + after);
        tokio::select! {
            biased;
            () = signals.next() => Wake::Signal,
            () = until(self.due) => Wake::Draw,
            () = until(self.ends) => Wake::End,
            input = keys.next() => Wake::Input(input),
            Some(report) = self.reports.recv() => Wake::Report(report),
            event = self.events.next() => Wake::Event(event),
            () = until(change) => Wake::Change,
        }
    }

    fn time(&self) -> Time {
        Time { since_start: self.started.elapsed(), clock: ZonedDateTime::now().strftime("%H:%M").to_string() }
    }

    fn draw(&mut self) -> io::Result<()> {
        self.copy_roster();
        self.screen.draw(&self.app)?;
        self.drawn = Instant::now();
        self.due = None;
        Ok(())
    }

    /// Copies the roster for the app, if it may have changed. A burst of changes is copied once.
    fn copy_roster(&mut self) {
        if std::mem::take(&mut self.is_roster_old) {
            let roster = self.effects.client.roster(Roster::of);
            self.app.handle_event(AppEvent::Roster(Box::new(roster)));
        }
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Key(key) => self.app.handle_key(key),
            Input::Mouse(mouse) => self.app.handle_mouse(mouse),
            Input::Paste(text) => self.app.handle_paste(&text),
            Input::Resize(columns, rows) => self.app.resize(columns, rows),
            Input::FocusGained | Input::FocusLost => {}
        }
        // The user waits for the effect of the input, so the next frame is due immediately.
        self.due = Some(Instant::now());
    }

    fn event(&mut self, event: Event) {
        let changes_roster = matches!(event, Event::Roster(_) | Event::SignedIn | Event::SignedOut { .. });
        // When the app asks the user about a request, the app's roster must already contain the
        // request.
        let needs_roster = matches!(event, Event::Roster(msnp_client::machine::RosterChange::AddedBy(_)));
        self.is_roster_old |= changes_roster;
        if needs_roster {
            self.copy_roster();
        }
        let Effects { talks, files, .. } = &mut self.effects;
        if let Some(event) = translate(event, talks, files) {
            self.app.handle_event(event);
        }
    }

    fn report(&mut self, event: AppEvent) {
        if let AppEvent::FileEnded { id, .. } = event {
            self.effects.files.ended(id);
        }
        self.app.handle_event(event);
        if self.ends.is_some() && !self.app.is_delivering() {
            self.ends = Some(Instant::now());
        }
    }

    /// Carries out the effects of the app. If an effect causes events, also carries out the effects
    /// of these events.
    fn carry_out(&mut self) -> io::Result<()> {
        loop {
            let effects = self.app.take_effects();
            if effects.is_empty() {
                return Ok(());
            }
            for effect in effects {
                let app = &mut self.app;
                match self.effects.carry_out(effect, |event| app.handle_event(event)) {
                    Rest::Nothing => {}
                    Rest::Bell => self.screen.ring()?,
                    Rest::Redraw => self.screen.clear()?,
                    Rest::Quit => self.quit(),
                }
            }
        }
    }

    /// Ends the program when all sent messages are delivered, or after [`LAST_WAIT`]. If the user
    /// quits again before that, ends the program immediately.
    fn quit(&mut self) {
        let now = Instant::now();
        let can_wait = self.ends.is_none() && self.app.is_delivering();
        self.ends = Some(if can_wait { now + LAST_WAIT } else { now });
    }

    async fn sign_out(self) {
        drop(self.screen);
        self.events.sign_out(self.effects.client).await;
    }
}

/// Waits until a time, or forever if there is none.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
