//! The notification session: lines of the server, edits, challenges and pings.

use std::time::{Duration, Instant};

use msnp::ErrorCode;
use msnp::challenge::{self, DEFAULT_PRODUCT_ID};
use msnp::notification::{
    ClientCommand, GroupLine, OutReason, PresenceLine, Qry, ServerCommand, ServiceLine, SettingLine,
};

use super::apply::{TooLarge, answered};
use super::core::{Machine, Request, Timers};
use super::edit::{Edit, EditError, Waiting};
use super::limits::{EDIT_TIMEOUT, MAX_EDITS};
use super::link::Link;
use super::output::{EditId, Event, Output, SignedOut};
use super::phase::Phase;
use super::roster::RosterChange;

/// The time limit within which the server must answer PNG.
const PONG_TIMEOUT: Duration = Duration::from_secs(30);
/// The shortest and the longest pause between two PNGs, in seconds. They apply even if QNG gives
/// another time.
const PING_RANGE: (u32, u32) = (5, 600);

impl Machine {
    /// Carries out an edit. Its result follows as [`Output::Edited`].
    pub fn edit(&mut self, edit: Edit, now: Instant) -> EditId {
        let id = EditId(self.next_number());
        let result = self.begin_edit(id, edit, now);
        if let Some(result) = result {
            self.outputs.push_back(Output::Edited(id, result));
        }
        id
    }

    /// Sends the commands of an edit. If there is no answer to wait for, returns the result of the
    /// edit.
    fn begin_edit(&mut self, id: EditId, edit: Edit, now: Instant) -> Option<Result<(), EditError>> {
        let is_online = matches!(self.phase, Phase::Online);
        let Some(link) = self.notification.as_mut().filter(|_| is_online) else {
            // The machine keeps the wanted presence for the next sign-in, but the edit has failed.
            return Some(Err(EditError::Offline));
        };
        if self.edits.len() >= MAX_EDITS || link.is_busy() {
            return Some(Err(EditError::TooMany));
        }
        let commands = match edit.commands(&self.roster, &mut self.wanted, || link.next_trid()) {
            Ok(commands) => commands,
            Err(error) => return Some(Err(error)),
        };
        if commands.is_empty() {
            return Some(Ok(()));
        }
        self.edits.insert(id, Waiting { answers: commands.len(), error: None, until: now + EDIT_TIMEOUT });
        for command in &commands {
            let before = link.outgoing().len();
            if command.encode(self.dialect, link.outgoing()).is_err() {
                self.edits.remove(&id);
                return Some(Err(EditError::Invalid));
            }
            if let Some(trid) = trid_of(link.outgoing().get(before..).unwrap_or_default()) {
                self.requests.insert(trid, Request::Edit { id, already_done: already_done(command) });
            }
        }
        None
    }

    /// Handles bytes from the notification server.
    pub(super) fn notification_received(&mut self, bytes: &[u8], now: Instant) {
        let Some(link) = &mut self.notification else { return };
        let id = link.id;
        let (frames, end) = link.receive(bytes);
        for frame in frames {
            // An earlier frame may have ended the session, or moved it to another server. The
            // frames after it belong to the old connection and are ignored.
            if !self.is_notification(id) {
                return;
            }
            // Lines of later dialects and of unknown services are skipped, because a newer server
            // may send such lines.
            if let Ok(line) = ServerCommand::decode(self.dialect, frame.as_frame()) {
                self.line(line, now);
            }
        }
        if !self.is_notification(id) {
            return;
        }
        if let Err(malformed) = end {
            return self.sign_out(SignedOut::Invalid(malformed.to_string()), now);
        }
        if self.notification.as_ref().is_some_and(Link::is_stuck) {
            self.sign_out(SignedOut::TimedOut, now);
        }
    }

    fn line(&mut self, line: ServerCommand, now: Instant) {
        match line {
            ServerCommand::SignIn(answer) => return self.sign_in_answer(answer, now),
            ServerCommand::Syn(answer) => return self.synced(&answer, now),
            ServerCommand::Out(reason) => return self.sign_out(meaning(reason), now),
            ServerCommand::Qng(seconds) => {
                let seconds = seconds.clamp(PING_RANGE.0, PING_RANGE.1);
                self.timers.pong = None;
                self.timers.ping = Some(now + Duration::from_secs(seconds.into()));
                return;
            }
            ServerCommand::Service(service) => return self.service(service, now),
            _ => {}
        }
        let Ok(change) = self.apply(&line) else {
            return self.sign_out(SignedOut::Invalid("the contact list is too long".to_owned()), now);
        };
        if let ServerCommand::Presence(PresenceLine::Changed(chg)) = &line {
            self.announced(chg.trid, now);
        }
        if matches!(self.phase, Phase::Online)
            && let Some(change) = change
        {
            self.emit(Event::Roster(change));
        }
        match &line {
            ServerCommand::Lst(lst) => self.count(Some(lst.handle.clone()), false, now),
            ServerCommand::Group(GroupLine::Listed { .. }) => self.count(None, true, now),
            _ => {}
        }
        if let Some(trid) = answered(&line) {
            let error = if let ServerCommand::Error(_, code) = line { Some(code) } else { None };
            self.answer(trid, error, now);
        } else if let ServerCommand::Error(_, code) = line {
            self.sign_in_error(code, now);
        }
    }

    /// Applies a line to the roster. A `BPR` without a handle belongs to the LST line before it
    /// (ns.md section 6).
    fn apply(&mut self, line: &ServerCommand) -> Result<Option<RosterChange>, TooLarge> {
        if let ServerCommand::Setting(SettingLine::Contact(None, property)) = line {
            let last = self.last_listed.clone();
            return Ok(last.and_then(|handle| self.roster.property(&handle, property)));
        }
        self.roster.apply(line)
    }

    /// Handles the answer to a request.
    fn answer(&mut self, trid: u32, error: Option<ErrorCode>, now: Instant) {
        match (self.requests.remove(&trid), error) {
            (Some(Request::Edit { id, already_done }), error) => {
                self.edit_answered(id, error.filter(|error| Some(*error) != already_done));
            }
            (Some(Request::Switchboard(id)), Some(code)) if self.is_asking(id, trid) => {
                self.switchboard_refused(id, code);
            }
            (Some(Request::Switchboard(_)), _) => {}
            (None, Some(code)) => self.sign_in_error(code, now),
            (None, None) => {}
        }
    }

    fn edit_answered(&mut self, id: EditId, error: Option<ErrorCode>) {
        let Some(waiting) = self.edits.get_mut(&id) else { return };
        waiting.answers -= 1;
        waiting.error = waiting.error.or(error);
        if waiting.answers > 0 {
            return;
        }
        let error = waiting.error;
        self.edits.remove(&id);
        let result = error.map_or(Ok(()), |code| Err(EditError::Refused(code)));
        self.outputs.push_back(Output::Edited(id, result));
    }

    fn service(&mut self, line: ServiceLine, now: Instant) {
        match line {
            ServiceLine::Challenge(_, challenge) => self.answer_challenge(&challenge),
            ServiceLine::Switchboard { trid, address, cookie } => {
                if let Some(Request::Switchboard(id)) = self.requests.remove(&trid.value())
                    && self.is_asking(id, trid.value())
                {
                    self.switchboard_given(id, address, cookie, now);
                }
            }
            ServiceLine::Ring(ring) => self.rung(ring, now),
            ServiceLine::Calls(trid, _) => self.answer(trid.value(), None, now),
            ServiceLine::Message(body) => self.emit(Event::ServiceMessage(body)),
            ServiceLine::Notification(body) => self.emit(Event::Alert(body)),
            _ => {}
        }
    }

    /// Answers CHL (docs/protocol/challenge.md). The server disconnects a client that does not
    /// answer.
    fn answer_challenge(&mut self, challenge: &str) {
        let answer = challenge::answer(self.dialect.challenge_algorithm(), challenge, DEFAULT_PRODUCT_ID);
        let (Some(answer), Some(link)) = (answer, &mut self.notification) else { return };
        let trid = link.next_trid();
        let qry = Qry { trid, product_id: DEFAULT_PRODUCT_ID.to_owned(), answer: answer.into_bytes() };
        self.dialect_encode(&ClientCommand::Qry(qry));
    }

    /// Ends the edits that the server has not answered in time. Forgets requests whose results are
    /// no longer needed.
    pub(super) fn give_up_requests(&mut self, now: Instant) {
        let mut late: Vec<_> =
            self.edits.iter().filter(|(_, waiting)| waiting.until <= now).map(|(id, _)| *id).collect();
        late.sort_unstable();
        for id in late {
            self.edits.remove(&id);
            self.outputs.push_back(Output::Edited(id, Err(EditError::NoAnswer)));
        }
        let mut requests = std::mem::take(&mut self.requests);
        requests.retain(|trid, request| match request {
            Request::Edit { id, .. } => self.edits.contains_key(id),
            Request::Switchboard(id) => self.is_asking(*id, *trid),
        });
        self.requests = requests;
    }

    pub(super) fn handle_session_timeout(&mut self, now: Instant) {
        let is_due = |time: Option<Instant>| time.is_some_and(|time| time <= now);
        if is_due(self.timers.step) {
            self.timers.step = None;
            match self.phase {
                Phase::Paused => self.connect(None, 0, now),
                Phase::Idle | Phase::Online => {}
                _ => self.sign_out(SignedOut::TimedOut, now),
            }
        }
        if is_due(self.timers.pong) {
            self.sign_out(SignedOut::TimedOut, now);
        }
        if is_due(self.timers.ping) {
            self.timers.ping = None;
            self.timers.pong = Some(now + PONG_TIMEOUT);
            self.dialect_encode(&ClientCommand::Png);
        }
    }

    /// Forgets everything that applies to one session only.
    pub(super) fn lose_session(&mut self) {
        self.roster.go_offline();
        self.timers = Timers::default();
        for (trid, request) in std::mem::take(&mut self.requests) {
            if let Request::Switchboard(id) = request
                && self.is_asking(id, trid)
            {
                self.switchboard_lost(id);
            }
        }
        let mut edits: Vec<_> = std::mem::take(&mut self.edits).into_keys().collect();
        edits.sort_unstable();
        for id in edits {
            self.outputs.push_back(Output::Edited(id, Err(EditError::Lost)));
        }
    }
}

/// Returns the error code which says that the requested state already exists (ns.md section 8).
/// Such an error is not a failure, because two edits at the same time may both add an address to
/// the same list.
fn already_done(command: &ClientCommand) -> Option<ErrorCode> {
    match command {
        ClientCommand::Adc(_) => Some(ErrorCode::AlreadyThere),
        ClientCommand::Rem(_) => Some(ErrorCode::NotOnList),
        _ => None,
    }
}

/// Returns the transaction id of an encoded command.
fn trid_of(command: &[u8]) -> Option<u32> {
    let word = command.split(|byte| matches!(byte, b' ' | b'\r')).nth(1)?;
    msnp::word::number(word)
}

fn meaning(reason: Option<OutReason>) -> SignedOut {
    match reason {
        Some(OutReason::SignedInElsewhere) => SignedOut::Elsewhere,
        Some(OutReason::ShuttingDown) => SignedOut::ShuttingDown,
        Some(OutReason::Closed(minutes)) => SignedOut::ClosedFor(minutes),
        Some(OutReason::TermsOfUse) => SignedOut::TermsOfUse,
        Some(OutReason::ListsMoved) | None => SignedOut::Ended,
    }
}
