//! One switchboard session: its members, and the lines that each member receives about the others.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use msnp::switchboard::{AckFlag, Participant, ServerCommand, data_destination};
use msnp::{Dialect, Handle, TrId};
use swallowtail_base::lock;
use tokio::time::Instant;

use super::cookies::COOKIE_LIFE;
use super::pace::Readers;
use crate::net::{Outbox, Pause};
use crate::presence::AppearanceWatch;

/// A switchboard session. It ends when its last member leaves.
#[derive(Debug)]
pub struct Board {
    /// The number that identifies the session in the protocol.
    pub id: u32,
    max_members: usize,
    state: Mutex<BoardState>,
}

#[derive(Debug)]
struct BoardState {
    /// The members, in the order in which they joined.
    members: Vec<Member>,
    next_member: u64,
    /// The accounts that a member has called (rung) and that have not answered.
    rung: HashMap<Handle, Ring>,
    /// The time when a member last opened the session, joined it, rang an account, or sent a message that had a
    /// recipient. Refused commands do not count (sb.md section 7).
    last: Instant,
    /// True if all members have left, or the session was idle for too long. No client can join a closed session.
    closed: bool,
}

/// A ring that has not been answered.
#[derive(Debug)]
struct Ring {
    /// The time when the cookie of the ring expires.
    until: Instant,
    /// A watch on the callee's appearance, created when the ring was sent. `None` before the ring
    /// is sent.
    callee: Option<AppearanceWatch>,
}

impl Ring {
    /// Returns whether the callee can no longer answer, because the cookie has expired or the
    /// client that was rung is gone.
    fn is_over(&self, now: Instant) -> bool {
        self.until <= now || self.callee.as_ref().is_some_and(AppearanceWatch::has_ended)
    }
}

/// A client in a session.
#[derive(Debug)]
struct Member {
    id: MemberId,
    who: Participant,
    dialect: Dialect,
    outbox: Arc<Outbox>,
    /// `MSG handle name `: the start of every line that carries a message of this member.
    prefix: Vec<u8>,
}

/// A client that is joining a session.
#[derive(Debug)]
pub(super) struct Newcomer {
    pub(super) who: Participant,
    pub(super) dialect: Dialect,
    pub(super) outbox: Arc<Outbox>,
}

/// Identifies a member of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemberId(u64);

/// The outcome of a message.
#[derive(Debug)]
pub(super) struct Delivery {
    /// True if there were other members and the message was queued for all of them.
    pub(super) queued: bool,
    /// The pause that slows the sender down to the speed of its readers.
    pub(super) pause: Option<Pause>,
}

/// The reason why an account cannot be called into a session (sb.md section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotCallable {
    /// The account is already in the session.
    There,
    /// The account was rung and has not answered yet.
    Rung,
    /// The session is full.
    Full,
}

impl Board {
    pub(super) fn new(id: u32, max_members: usize) -> Self {
        let state = BoardState {
            members: Vec::new(),
            next_member: 0,
            rung: HashMap::new(),
            last: Instant::now(),
            closed: false,
        };
        Self { id, max_members, state: Mutex::new(state) }
    }

    /// Adds the first member and answers its USR.
    pub(super) fn open(&self, trid: TrId, newcomer: Newcomer) -> MemberId {
        let mut state = lock(&self.state);
        let answer =
            ServerCommand::Opened { trid, handle: newcomer.who.handle.clone(), name: newcomer.who.name.clone() };
        newcomer.outbox.reply(|out| answer.encode(newcomer.dialect, out));
        state.add(newcomer)
    }

    /// Adds a member and answers its ANS. The new member receives the list of the other members,
    /// and the other members receive JOI. All this is one step, so that two members that join at
    /// the same time see each other exactly once. Returns `None` if the session has ended or
    /// already contains the handle.
    pub(super) fn join(&self, trid: TrId, newcomer: Newcomer) -> Option<MemberId> {
        let mut state = lock(&self.state);
        if state.closed || state.has(&newcomer.who.handle) {
            return None;
        }
        let total = u32::try_from(state.members.len()).unwrap_or(u32::MAX);
        newcomer.outbox.reply(|out| {
            for (index, member) in (1..).zip(&state.members) {
                let line = ServerCommand::Roster { trid, index, total, who: member.who.clone() };
                line.encode(newcomer.dialect, out);
            }
            ServerCommand::Joined(trid).encode(newcomer.dialect, out);
        });
        let line = ServerCommand::Join(newcomer.who.clone());
        state.send_to_all(&line);
        state.rung.remove(&newcomer.who.handle);
        Some(state.add(newcomer))
    }

    /// Sends a message, which arrived at the time `now`, to every other member. After peer-to-peer data, the sender
    /// does not pause if fewer bytes than `allowance` are queued for the reader of the data.
    pub(super) fn message(
        &self,
        from: MemberId,
        flag: AckFlag,
        payload: &[u8],
        allowance: usize,
        now: Instant,
    ) -> Delivery {
        let mut state = lock(&self.state);
        let Some(sender) = state.members.iter().find(|member| member.id == from) else {
            return Delivery { queued: false, pause: None };
        };
        let mut length = [0; 24];
        let mut rest = length.as_mut_slice();
        // 24 bytes are enough for any length and the line end.
        let _ = write!(rest, "{}\r\n", payload.len());
        let unused = rest.len();
        let length = &length[..length.len() - unused];
        let destination = state.destination(from, flag, payload);
        let mut queued = state.members.len() > 1;
        let mut readers = Readers::new(flag, allowance);
        for member in state.members.iter().filter(|member| member.id != from) {
            let backlog = member.outbox.send(|out| {
                out.reserve(sender.prefix.len() + length.len() + payload.len());
                out.extend_from_slice(&sender.prefix);
                out.extend_from_slice(length);
                out.extend_from_slice(payload);
            });
            queued &= backlog.is_some();
            let is_for_member = destination.is_none_or(|destination| destination == member.id);
            readers.add(is_for_member, backlog.unwrap_or(0), &member.outbox);
        }
        let pause = readers.pause();
        if state.members.len() > 1 {
            state.last = state.last.max(now);
        }
        Delivery { queued, pause }
    }

    /// Records that an account is being rung, so that it is not rung twice.
    ///
    /// # Errors
    /// Returns the reason if the account cannot be called.
    pub(super) fn begin_ring(&self, callee: &Handle) -> Result<(), NotCallable> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        state.rung.retain(|_, ring| !ring.is_over(now));
        if state.members.len() + state.rung.len() >= self.max_members {
            return Err(NotCallable::Full);
        }
        if state.has(callee) {
            return Err(NotCallable::There);
        }
        if state.rung.contains_key(callee) {
            return Err(NotCallable::Rung);
        }
        state.rung.insert(callee.clone(), Ring { until: now + COOKIE_LIFE, callee: None });
        Ok(())
    }

    /// Records that the ring was sent. The ring is over when `appearance` ends, which means that
    /// the callee has appeared offline.
    pub(super) fn note_ring(&self, callee: &Handle, appearance: AppearanceWatch) {
        let mut state = lock(&self.state);
        state.last = Instant::now();
        // If the callee has already joined the session, `rung` no longer contains the ring.
        if let Some(ring) = state.rung.get_mut(callee) {
            ring.callee = Some(appearance);
        }
    }

    /// Cancels a ring that was not sent.
    pub(super) fn cancel_ring(&self, callee: &Handle) {
        lock(&self.state).rung.remove(callee);
    }

    /// Removes a member, and sends BYE to the other members. Returns whether the removed member was
    /// the last member.
    pub(super) fn leave(&self, member: MemberId) -> bool {
        let mut state = lock(&self.state);
        let Some(place) = state.members.iter().position(|known| known.id == member) else {
            return false;
        };
        let gone = state.members.remove(place);
        state.send_to_all(&ServerCommand::Bye(gone.who.handle, false));
        state.closed = state.members.is_empty();
        state.closed
    }

    /// Closes the session if nothing happened for `idle`. In that case, every member receives a BYE
    /// for each other member. Otherwise, returns when to check again.
    pub(super) fn close_if_idle(&self, idle: Duration) -> Option<Instant> {
        let mut state = lock(&self.state);
        let due = state.last + idle;
        if !state.closed && due > Instant::now() {
            return Some(due);
        }
        state.closed = true;
        let members = std::mem::take(&mut state.members);
        for member in &members {
            for other in members.iter().filter(|other| other.id != member.id) {
                let line = ServerCommand::Bye(other.who.handle.clone(), true);
                member.outbox.send(|out| line.encode(member.dialect, out));
            }
            member.outbox.close();
        }
        None
    }
}

impl BoardState {
    fn has(&self, handle: &Handle) -> bool {
        self.members.iter().any(|member| member.who.handle == *handle)
    }

    /// Returns the member that peer-to-peer data is for. Returns `None` for a message that is for all other members.
    fn destination(&self, from: MemberId, flag: AckFlag, payload: &[u8]) -> Option<MemberId> {
        // In a session of two, all messages are for the other member.
        if flag != AckFlag::Data || self.members.len() <= 2 {
            return None;
        }
        let address = data_destination(payload)?;
        let is_named = |member: &&Member| member.who.handle.as_str().as_bytes().eq_ignore_ascii_case(address);
        self.members.iter().find(is_named).map(|member| member.id).filter(|id| *id != from)
    }

    fn add(&mut self, newcomer: Newcomer) -> MemberId {
        self.last = Instant::now();
        let id = MemberId(self.next_member);
        self.next_member += 1;
        let Newcomer { who, dialect, outbox } = newcomer;
        let mut prefix = format!("MSG {} ", who.handle).into_bytes();
        msnp::text::encode_into(&mut prefix, who.name.as_str());
        prefix.push(b' ');
        self.members.push(Member { id, who, dialect, outbox, prefix });
        id
    }

    fn send_to_all(&self, line: &ServerCommand<'_>) {
        for member in &self.members {
            member.outbox.send(|out| line.encode(member.dialect, out));
        }
    }
}

#[cfg(test)]
mod tests;
