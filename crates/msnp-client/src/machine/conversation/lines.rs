//! The lines of a switchboard: members who join and leave, messages, and answers.

use std::collections::VecDeque;
use std::time::Instant;

use msnp::switchboard::{ClientCommand, Participant, ServerCommand};
use msnp::{ErrorCode, Handle, Malformed};

use super::transfers::is_piece;
use super::{Conversation, State};
use crate::machine::limits::{ANSWER_TIMEOUT, MAX_MEMBERS, RING_TIMEOUT};
use crate::machine::output::{Delivery, Event, Output, SendError};

impl Conversation {
    /// Handles bytes from the switchboard.
    ///
    /// # Errors
    /// Fails if the bytes are not valid.
    pub(in crate::machine) fn receive(
        &mut self,
        bytes: &[u8],
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> Result<(), Malformed> {
        let Some(link) = self.link_mut() else { return Ok(()) };
        let id = link.id;
        let (frames, end) = link.receive(bytes);
        for frame in frames {
            // A line may have ended the session. The lines after it must not affect the next session.
            if self.link().is_none_or(|link| link.id != id) {
                return Ok(());
            }
            // Unknown lines are skipped, because a newer server may send such lines. The
            // notification session also skips them.
            if let Ok(line) = ServerCommand::decode(frame.as_frame()) {
                self.line(line, now, outputs);
            }
        }
        end
    }

    pub(super) fn line(&mut self, line: ServerCommand<'_>, now: Instant, outputs: &mut VecDeque<Output>) {
        match line {
            // Only the first `Opened` line counts. Otherwise a switchboard could make the client
            // call the users again and again.
            ServerCommand::Opened { .. } if matches!(self.state, State::Entering(_)) => {
                self.enter(now);
                for handle in self.invited.clone() {
                    self.call(handle);
                }
            }
            ServerCommand::Roster { who, .. } | ServerCommand::Join(who) => self.join(who, now, outputs),
            ServerCommand::Joined(_) => self.enter(now),
            ServerCommand::Opened { .. } | ServerCommand::Ringing(..) => {}
            ServerCommand::Message { handle, payload, .. } if is_piece(payload) => self.piece(&handle, payload, now),
            ServerCommand::Message { handle, name, payload } => {
                self.active = now;
                let payload = payload.to_vec();
                outputs.push_back(Output::Event(Event::Message { conversation: self.id, from: handle, name, payload }));
            }
            ServerCommand::Ack(trid) => self.answered(trid.value(), Delivery::Delivered, now, outputs),
            ServerCommand::Nak(trid) => {
                self.answered(trid.value(), Delivery::Refused(SendError::NobodyThere), now, outputs);
            }
            ServerCommand::Bye(handle, _) => self.leave(&handle, now, outputs),
            ServerCommand::Error(trid, code) => self.error(trid.value(), code, now, outputs),
        }
    }

    /// Notes that USR or ANS was accepted.
    pub(super) fn enter(&mut self, now: Instant) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Entering(link) => {
                self.state = State::Inside(link);
                self.deadline = self.members.is_empty().then(|| now + RING_TIMEOUT);
                self.flush(now);
            }
            other => self.state = other,
        }
    }

    /// Calls a user, if the account is in the session. Otherwise the user is called when the session opens.
    pub(in crate::machine) fn call(&mut self, callee: Handle) {
        let State::Inside(link) = &mut self.state else { return };
        if self.members.contains_key(&callee) || self.calls.values().any(|called| *called == callee) {
            return;
        }
        let trid = link.next_trid();
        ClientCommand::Cal { trid, callee: callee.clone() }.encode(link.outgoing());
        self.calls.insert(trid.value(), callee);
    }

    pub(super) fn join(&mut self, member: Participant, now: Instant, outputs: &mut VecDeque<Output>) {
        self.calls.retain(|_, called| *called != member.handle);
        let is_known = self.members.contains_key(&member.handle) || self.invited.contains(&member.handle);
        if !is_known && self.invited.len() >= MAX_MEMBERS {
            return self.end(SendError::NoSwitchboard, outputs);
        }
        // The client calls a member again when the next session opens.
        if !self.invited.contains(&member.handle) {
            self.invited.push(member.handle.clone());
        }
        let before = self.members.insert(member.handle.clone(), member.clone());
        if before.is_none() {
            outputs.push_back(Output::Event(Event::Joined { conversation: self.id, member }));
        }
        if matches!(self.state, State::Inside(_)) {
            self.deadline = None;
        }
        self.active = now;
        self.flush(now);
    }

    pub(super) fn leave(&mut self, handle: &Handle, now: Instant, outputs: &mut VecDeque<Output>) {
        if self.members.remove(handle).is_none() {
            return;
        }
        if let Some(engine) = &mut self.transfers {
            engine.peer_left(handle);
        }
        outputs.push_back(Output::Event(Event::Left { conversation: self.id, handle: handle.clone() }));
        // If other members remain in the conversation, the client does not call back a user who has
        // left.
        if !self.members.is_empty() {
            self.invited.retain(|invited| invited != handle);
        } else if self.calls.is_empty() {
            self.end(SendError::NobodyThere, outputs);
        } else {
            self.deadline = Some(now + RING_TIMEOUT);
        }
    }

    pub(super) fn answered(&mut self, trid: u32, delivery: Delivery, now: Instant, outputs: &mut VecDeque<Output>) {
        let Some(id) = self.in_flight.remove(&trid) else { return };
        outputs.push_back(Output::Sent(id, delivery));
        self.answer_by = (!self.in_flight.is_empty()).then(|| now + ANSWER_TIMEOUT);
    }

    pub(super) fn error(&mut self, trid: u32, code: ErrorCode, now: Instant, outputs: &mut VecDeque<Output>) {
        if let Some(callee) = self.calls.remove(&trid) {
            // Error 215 means that the user is in the session, or was called a moment ago.
            if code == ErrorCode::AlreadyThere && !self.members.contains_key(&callee) {
                self.calls.insert(trid, callee);
                return;
            }
            if self.members.is_empty() && self.calls.is_empty() {
                self.end(reason(code), outputs);
            }
        } else if self.in_flight.contains_key(&trid) {
            self.answered(trid, Delivery::Refused(SendError::Refused(code)), now, outputs);
        } else if matches!(self.state, State::Entering(_)) {
            self.end(SendError::Refused(code), outputs);
        }
    }
}

/// Returns the meaning of an error in answer to CAL.
pub(super) fn reason(code: ErrorCode) -> SendError {
    match code {
        ErrorCode::NotOnline | ErrorCode::InvalidUsername => SendError::NotReachable,
        other => SendError::Refused(other),
    }
}
