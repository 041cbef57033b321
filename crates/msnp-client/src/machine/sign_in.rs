//! Signing in: VER, CVR, USR, the ticket, and SYN (docs/protocol/ns.md sections 3, 4 and 6).

use std::time::{Duration, Instant};

use msnp::notification::{ClientCommand, CopyOf, Cvr, SignInAnswer, Syn, SynAnswer, Ticket, Usr, Ver};
use msnp::{Dialect, ErrorCode, Handle, TrId};

use super::core::Machine;
use super::limits::{CLOSED_JITTER, FIRST_PING, LONGEST_CLOSED, MAX_REDIRECTS, STEP_TIMEOUT};
use super::link::Link;
use super::output::{Event, LinkId, Output, SendError, SignedOut, Target};
use super::phase::Phase;

/// The version that CVR names: client 7.5, which spoke MSNP12.
const VERSION: &str = "7.5.0324";

impl Machine {
    /// Begins to sign in. Does nothing if the account is signed in, or is signing in.
    pub fn sign_in(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Idle | Phase::Paused) {
            self.connect(None, 0, now);
        }
    }

    /// Signs out, and ends all conversations. Each connection is closed after its last bytes were
    /// written.
    pub fn leave(&mut self, now: Instant) {
        for conversation in self.conversations.values_mut() {
            conversation.end(SendError::Offline, &mut self.outputs);
        }
        if matches!(self.phase, Phase::Online) {
            self.dialect_encode(&ClientCommand::Out);
        }
        self.sign_out(SignedOut::Requested, now);
    }

    /// Reports the ticket that [`Output::FetchTicket`] asked for, or the reason why there is no
    /// ticket.
    pub fn ticket(&mut self, ticket: Result<Ticket, SignedOut>, now: Instant) {
        if !matches!(self.phase, Phase::FetchingTicket) {
            return;
        }
        match ticket {
            Ok(ticket) => {
                self.ticket = Some(ticket);
                self.prove(true, now);
            }
            Err(reason) => self.sign_out(reason, now),
        }
    }

    /// Opens a connection to the notification server.
    pub(super) fn connect(&mut self, address: Option<String>, redirects: u8, now: Instant) {
        self.drop_notification();
        let id = LinkId(self.next_number());
        self.notification = Some(Link::notification(id));
        self.awaited = None;
        self.phase = Phase::Connecting { redirects };
        self.timers.step = Some(now + STEP_TIMEOUT);
        self.outputs.push_back(Output::Connect { link: id, target: Target::Notification(address) });
    }

    /// Closes the connection to the notification server after its last bytes were written.
    pub(super) fn drop_notification(&mut self) {
        if let Some(mut link) = self.notification.take() {
            self.outputs.push_back(Output::Disconnect { link: link.id, last: link.take() });
        }
    }

    /// Sends VER over the new connection.
    pub(super) fn notification_connected(&mut self, now: Instant) {
        let Phase::Connecting { redirects } = self.phase else { return };
        if let Some(link) = &mut self.notification {
            link.is_connected = true;
        }
        self.phase = Phase::Greeting { redirects };
        let names = self.options.dialects.iter().map(|dialect| dialect.name());
        let offer = names.chain(["CVR0"]).map(str::to_owned).collect();
        self.step(|trid| ClientCommand::Ver(Ver { trid, offer }), now);
    }

    /// Handles an answer of the sign-in.
    pub(super) fn sign_in_answer(&mut self, answer: SignInAnswer, now: Instant) {
        // A server may redirect a client although the client has not sent a request (ns.md section
        // 4, XFR NS).
        let is_unasked = matches!(answer, SignInAnswer::Transfer { trid: TrId::UNASKED, .. });
        if !matches!(self.phase, Phase::Online) && !is_unasked && self.awaited != Some(trid_of(&answer)) {
            return;
        }
        match (&self.phase, answer) {
            (Phase::Greeting { .. }, SignInAnswer::Ver { words, .. }) => {
                let Some(dialect) = words.iter().find_map(|word| Dialect::from_name(word)) else {
                    return self.sign_out(SignedOut::NoDialect, now);
                };
                if !self.options.dialects.contains(&dialect) {
                    return self.sign_out(SignedOut::NoDialect, now);
                }
                self.dialect = dialect;
                let handle = self.options.handle.clone();
                self.step(|trid| ClientCommand::Cvr(cvr(trid, &handle)), now);
            }
            (Phase::Greeting { .. }, SignInAnswer::Cvr { .. }) => {
                let handle = self.options.handle.clone();
                self.step(|trid| ClientCommand::Usr(Usr::Initial { trid, handle }), now);
            }
            (Phase::Greeting { .. }, SignInAnswer::Policy { policy, .. }) => {
                if self.ticket.is_some() {
                    return self.prove(false, now);
                }
                self.phase = Phase::FetchingTicket;
                self.timers.step = Some(now + STEP_TIMEOUT);
                self.outputs.push_back(Output::FetchTicket { policy });
            }
            (Phase::Greeting { redirects }, SignInAnswer::Transfer { notification, .. }) => {
                if *redirects >= MAX_REDIRECTS {
                    return self.sign_out(SignedOut::TooManyRedirects, now);
                }
                let redirects = redirects + 1;
                self.connect(Some(notification), redirects, now);
            }
            // A server may move its clients at any time (ns.md section 4, XFR NS).
            (Phase::Online, SignInAnswer::Transfer { notification, .. }) => {
                if self.steadiness.moved(now) {
                    return self.sign_out(SignedOut::TooManyRedirects, now);
                }
                self.lose_session();
                self.connect(Some(notification), 0, now);
            }
            (Phase::Proving { .. }, SignInAnswer::Ok { .. }) => {
                self.phase = Phase::Syncing { contacts: 0, groups: 0, is_answered: false };
                let copy = CopyOf::Stamps { list: "0".to_owned(), settings: "0".to_owned() };
                self.step(|trid| ClientCommand::Syn(Syn { trid, copy }), now);
            }
            _ => {}
        }
    }

    /// Handles an error in answer to a step of the sign-in.
    pub(super) fn sign_in_error(&mut self, code: ErrorCode, now: Instant) {
        match self.phase {
            // The ticket of an earlier sign-in has expired. The client fetches a new ticket, but
            // only once.
            Phase::Proving { is_fresh: false } if code == ErrorCode::AuthenticationFailed => {
                self.ticket = None;
                self.connect(None, 0, now);
            }
            Phase::Greeting { .. } | Phase::Proving { .. } | Phase::Syncing { .. } | Phase::Announcing => {
                self.sign_out(SignedOut::Code(code), now);
            }
            _ => {}
        }
    }

    fn prove(&mut self, is_fresh: bool, now: Instant) {
        let Some(ticket) = self.ticket.clone() else { return };
        self.phase = Phase::Proving { is_fresh };
        self.step(|trid| ClientCommand::Usr(Usr::Ticket { trid, ticket }), now);
    }

    /// Handles the answer to SYN, which says how many lines follow.
    pub(super) fn synced(&mut self, answer: &SynAnswer, now: Instant) {
        if self.awaited != Some(answer.trid) {
            return;
        }
        if let Phase::Syncing { contacts, groups, is_answered, .. } = &mut self.phase {
            self.awaited = None;
            (*contacts, *groups) = answer.counts.unwrap_or_default();
            *is_answered = true;
            self.roster.entries.clear();
            self.roster.groups.clear();
            self.roster.handles.clear();
            self.roster.me.phones.clear();
            self.check_synced(now);
        }
    }

    /// Counts a line of the burst.
    pub(super) fn count(&mut self, contact: Option<Handle>, group: bool, now: Instant) {
        if let Phase::Syncing { contacts, groups, .. } = &mut self.phase {
            *groups = groups.saturating_sub(u32::from(group));
            if contact.is_some() {
                *contacts = contacts.saturating_sub(1);
                self.last_listed = contact;
            }
            self.check_synced(now);
        }
    }

    /// Sets the status when the last line of the burst has arrived.
    fn check_synced(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Syncing { contacts: 0, groups: 0, is_answered: true, .. }) {
            return;
        }
        self.phase = Phase::Announcing;
        let wanted = self.wanted.clone();
        self.step(|trid| wanted.chg(trid), now);
        if let (Some(message), Some(link)) = (self.wanted.message.clone(), &mut self.notification) {
            let trid = link.next_trid();
            self.dialect_encode(&ClientCommand::Uux(msnp::notification::Uux { trid, message: Some(message) }));
        }
    }

    /// Handles the answer to CHG. The answer to the first CHG completes the sign-in.
    pub(super) fn announced(&mut self, trid: TrId, now: Instant) {
        if !matches!(self.phase, Phase::Announcing) || self.awaited != Some(trid) {
            return;
        }
        self.phase = Phase::Online;
        self.steadiness.began(now);
        self.timers.step = None;
        self.timers.ping = Some(now + FIRST_PING);
        self.emit(Event::SignedIn);
    }

    /// Sends a command of the sign-in, and sets its time limit.
    fn step(&mut self, command: impl FnOnce(TrId) -> ClientCommand, now: Instant) {
        let Some(link) = &mut self.notification else { return };
        let trid = link.next_trid();
        self.awaited = Some(trid);
        let command = command(trid);
        self.timers.step = Some(now + STEP_TIMEOUT);
        self.dialect_encode(&command);
    }

    /// Appends a command to the bytes for the notification server. MSNP11 and MSNP12 have every
    /// command that this crate sends.
    pub(super) fn dialect_encode(&mut self, command: &ClientCommand) {
        if let Some(link) = &mut self.notification {
            let _ = command.encode(self.dialect, link.outgoing());
        }
    }

    /// Ends the session, and reports `reason`. If another attempt to sign in can help, plans the
    /// next attempt.
    pub(super) fn sign_out(&mut self, reason: SignedOut, now: Instant) {
        if matches!(self.phase, Phase::Idle) {
            return;
        }
        // The machine has already reported the pause. Only a call by the program can end the pause.
        if matches!(self.phase, Phase::Paused) && reason != SignedOut::Requested {
            return;
        }
        // A session that ends immediately also counts as a failure. Otherwise the client would sign
        // in again every second.
        if self.steadiness.ended(now) {
            self.backoff.reset();
        }
        self.steadiness.paused();
        self.lose_session();
        self.drop_notification();
        if !reason.is_temporary() && !matches!(reason, SignedOut::Requested | SignedOut::Elsewhere) {
            self.ticket = None;
        }
        let retry = (self.options.reconnect && reason.is_temporary()).then(|| match reason {
            SignedOut::ClosedFor(minutes) => {
                let wait = Duration::from_secs(u64::from(minutes) * 60);
                wait.min(LONGEST_CLOSED) + self.backoff.jitter(CLOSED_JITTER)
            }
            _ => self.backoff.next(),
        });
        self.phase = if retry.is_some() { Phase::Paused } else { Phase::Idle };
        self.timers.step = retry.map(|retry| now + retry);
        self.emit(Event::SignedOut { reason, retry });
    }
}

fn trid_of(answer: &SignInAnswer) -> TrId {
    match answer {
        SignInAnswer::Ver { trid, .. }
        | SignInAnswer::Cvr { trid, .. }
        | SignInAnswer::Policy { trid, .. }
        | SignInAnswer::Ok { trid, .. }
        | SignInAnswer::Transfer { trid, .. } => *trid,
    }
}

fn cvr(trid: TrId, handle: &Handle) -> Cvr {
    Cvr {
        trid,
        locale: 1033,
        system: ["winnt", "5.1", "i386"].map(str::to_owned),
        client: "MSNMSGR".to_owned(),
        version: VERSION.to_owned(),
        id: "MSMSGS".to_owned(),
        handle: Some(handle.to_string()),
    }
}
