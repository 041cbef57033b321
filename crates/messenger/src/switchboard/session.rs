//! The session of a switchboard connection, from its cookie to OUT.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use msnp::frame::Frame;
use msnp::switchboard::{AckFlag, ClientCommand, ServerCommand, Stage, admit};
use msnp::{Dialect, ErrorCode, Handle, Refusal, TrId};
use tokio::time::Instant;

use super::board::{MemberId, Newcomer};
use super::boards::MessageRates;
use super::pace::Allowance;
use super::{Board, CallLimit, Claims, Right, Switchboard};
use crate::net::{Bucket, Connection, Handled, Pause, Session, Stop};
use crate::rates::Act;

/// The minimum number of bytes that are charged for a message of peer-to-peer data. The server
/// limits the bytes of such messages, and not their number. The minimum is needed because small
/// messages cause work for their readers too (sb.md section 11).
const MIN_DATA_CHARGE: usize = 1024;

/// The session of one switchboard connection.
pub struct SwitchboardSession {
    switchboard: Arc<Switchboard>,
    connection: Connection,
    membership: Option<Membership>,
    /// The rate limits of this connection. `None` if rate limits do not apply to the connection.
    throttle: Option<Throttle>,
    pause: Option<Pause>,
    allowance: Allowance,
}

/// The place of a connection in a session, after the connection has signed in.
struct Membership {
    board: Arc<Board>,
    id: MemberId,
    claims: Claims,
    /// The time of the next check whether the session is idle.
    idle_check: Option<Instant>,
}

/// Limits the rates of messages and calls of one connection.
struct Throttle {
    messages: Bucket,
    bytes: Bucket,
    calls: CallLimit,
}

impl Throttle {
    fn new(rates: MessageRates) -> Self {
        Self {
            messages: Bucket::new(rates.at_once, rates.per_second),
            bytes: Bucket::new(rates.bytes_per_second, rates.bytes_per_second),
            calls: CallLimit::default(),
        }
    }

    /// Charges a message. Returns how long to pause after it.
    fn charge(&mut self, flag: AckFlag, length: usize, now: Instant) -> Option<Duration> {
        let data = flag == AckFlag::Data;
        let length = if data { length.max(MIN_DATA_CHARGE) } else { length };
        let by_count = if data { None } else { self.messages.charge(1.0, now) };
        // A message has at most 1664 bytes, so a float represents its length exactly.
        let by_bytes = self.bytes.charge(f64::from(u32::try_from(length).unwrap_or(u32::MAX)), now);
        by_count.max(by_bytes)
    }
}

impl SwitchboardSession {
    /// Creates the session of a new connection.
    #[must_use]
    pub fn new(switchboard: Arc<Switchboard>, connection: Connection) -> Self {
        let throttle = connection.limited.then(|| Throttle::new(switchboard.message_rates));
        Self { switchboard, connection, membership: None, throttle, pause: None, allowance: Allowance::new() }
    }

    /// Returns the number of the session that the connection is in.
    #[cfg(test)]
    pub(super) fn board_id(&self) -> Option<u32> {
        Some(self.membership.as_ref()?.board.id)
    }

    fn reply(&self, line: &ServerCommand<'_>) {
        // Only IRO and JOI depend on the dialect, and `Board` writes these two lines.
        self.connection.outbox.reply(|out| line.encode(Dialect::Msnp12, out));
    }

    fn redeem(
        &self,
        trid: TrId,
        cookie: &msnp::switchboard::Cookie,
        handle: Option<&Handle>,
        right: impl FnOnce(Right) -> bool,
    ) -> Result<Claims, Refusal> {
        let claims = self.switchboard.cookies.redeem(cookie, handle).filter(|claims| right(claims.right));
        claims.ok_or(Refusal::Fatal(trid, ErrorCode::AuthenticationFailed))
    }

    fn newcomer(&self, claims: &Claims) -> Newcomer {
        Newcomer { who: claims.who.clone(), dialect: claims.dialect, outbox: self.connection.outbox.clone() }
    }

    fn enter(&mut self, board: Arc<Board>, id: MemberId, claims: Claims) {
        tracing::debug!(board = board.id, handle = %claims.who.handle, "joined a switchboard session");
        self.connection.in_session();
        self.switchboard.count_in(&claims.who.handle, &self.connection.outbox);
        let idle_check = self.switchboard.idle.map(|idle| Instant::now() + idle);
        self.membership = Some(Membership { board, id, claims, idle_check });
    }

    fn open(&mut self, trid: TrId, claims: Claims) {
        let board = self.switchboard.create();
        let id = board.open(trid, self.newcomer(&claims));
        self.enter(board, id, claims);
    }

    fn join(&mut self, trid: TrId, session: u32, claims: Claims) -> Result<(), Refusal> {
        let gone = Refusal::Fatal(trid, ErrorCode::AuthenticationFailed);
        let board = self.switchboard.board(session).ok_or(gone)?;
        let id = board.join(trid, self.newcomer(&claims)).ok_or(gone)?;
        self.enter(board, id, claims);
        Ok(())
    }

    fn call(&mut self, trid: TrId, callee: &Handle) -> Result<(), Refusal> {
        let now = Instant::now();
        let Some(member) = &self.membership else { return Ok(()) };
        let caller = &member.claims.who.handle;
        let too_often = self.throttle.as_mut().is_some_and(|throttle| {
            throttle.calls.refuses(now)
                || !self.switchboard.rates.admit(caller, Act::Call)
                || !self.switchboard.rates.admit(caller, Act::Ring(callee.clone()))
        });
        if too_often {
            return Err(Refusal::Answer(trid, ErrorCode::UserTooActive));
        }
        let rung = self.switchboard.ring(&member.board, &member.claims.who, callee);
        let line = match rung {
            Ok(()) => ServerCommand::Ringing(trid, member.board.id),
            Err(code) => ServerCommand::Error(trid, code),
        };
        self.reply(&line);
        self.note_call(rung.is_ok(), now);
        Ok(())
    }

    fn note_call(&mut self, succeeded: bool, now: Instant) {
        if let Some(throttle) = &mut self.throttle {
            throttle.calls.note(succeeded, now);
        }
    }

    fn message(&mut self, trid: TrId, flag: AckFlag, payload: &[u8]) {
        let Some(member) = &self.membership else { return };
        let now = Instant::now();
        let is_data = flag == AckFlag::Data;
        let allowance = if is_data { self.allowance.next() } else { 0 };
        let delivery = member.board.message(member.id, flag, payload, allowance, now);
        if is_data && delivery.pause.is_some() {
            self.allowance.note_pause();
        }
        if delivery.queued && flag.wants_ack() {
            self.reply(&ServerCommand::Ack(trid));
        } else if !delivery.queued && flag.wants_nak() {
            self.reply(&ServerCommand::Nak(trid));
        }
        let charge = self.charge(flag, payload.len(), now);
        self.pause = match delivery.pause {
            Some(pause) => Some(pause.and(charge)),
            None => charge.map(Pause::of),
        };
    }

    fn charge(&mut self, flag: AckFlag, length: usize, now: Instant) -> Option<Duration> {
        self.throttle.as_mut()?.charge(flag, length, now)
    }
}

impl Session for SwitchboardSession {
    /// No command waits for the store.
    type Outcome = Infallible;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Refusal> {
        let stage = if self.membership.is_some() { Stage::Joined } else { Stage::Fresh };
        admit(stage, line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Handled<Infallible>, Refusal> {
        let command = ClientCommand::decode(frame).inspect_err(|refusal| match refusal {
            // A call to an invalid address counts as a failed call. Peer-to-peer data that the
            // server refuses to relay still counts towards the connection's limit on bytes.
            Refusal::Answer(_, ErrorCode::InvalidUsername) => self.note_call(false, Instant::now()),
            Refusal::Answer(_, ErrorCode::BadDataMessage) => {
                self.pause = self.charge(AckFlag::Data, frame.payload.len(), Instant::now()).map(Pause::of);
            }
            _ => {}
        })?;
        match command {
            ClientCommand::Usr { trid, handle, cookie } => {
                let claims = self.redeem(trid, &cookie, handle.as_ref(), |right| right == Right::Open)?;
                self.open(trid, claims);
            }
            ClientCommand::Ans { trid, handle, cookie, session } => {
                let fits = |right| session.is_some_and(|session| right == Right::Join(session));
                let claims = self.redeem(trid, &cookie, handle.as_ref(), fits)?;
                self.join(trid, session.unwrap_or_default(), claims)?;
            }
            ClientCommand::Cal { trid, callee } => self.call(trid, &callee)?,
            ClientCommand::Msg { trid, flag, payload } => self.message(trid, flag, payload),
            ClientCommand::Out => self.connection.outbox.close(),
        }
        Ok(Handled::Done)
    }

    fn refuse(&mut self, refusal: Refusal) {
        if let Refusal::Answer(trid, code) | Refusal::Fatal(trid, code) = refusal {
            self.reply(&ServerCommand::Error(trid, code));
        }
    }

    fn take_pause(&mut self) -> Option<Pause> {
        self.pause.take()
    }

    fn idle_deadline(&self, opened: Instant, _last: Instant) -> Option<Instant> {
        // After a connection has joined a session, the connection stays open until the session has
        // been idle for too long.
        self.membership.is_none().then(|| opened + self.switchboard.sign_in_timeout)
    }

    fn next_tick(&self) -> Option<Instant> {
        self.membership.as_ref()?.idle_check
    }

    /// Closes the session if it is idle. Each member checks this, so that no session needs a timer of its own.
    fn tick(&mut self) -> Result<(), Stop> {
        let (Some(member), Some(idle)) = (&mut self.membership, self.switchboard.idle) else { return Ok(()) };
        member.idle_check = member.board.close_if_idle(idle);
        if member.idle_check.is_none() {
            self.switchboard.forget(&member.board);
        }
        Ok(())
    }

    fn ended(&mut self) {
        let Some(member) = self.membership.take() else { return };
        self.switchboard.count_out(&member.claims.who.handle, &self.connection.outbox);
        if member.board.leave(member.id) {
            self.switchboard.forget(&member.board);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle {
        Throttle::new(MessageRates { at_once: 2, per_second: 10, bytes_per_second: 4096 })
    }

    #[tokio::test(start_paused = true)]
    async fn messages_are_limited_both_in_number_and_in_bytes() {
        let mut throttle = throttle();
        assert_eq!(throttle.charge(AckFlag::Always, 0, Instant::now()), None);
        assert_eq!(throttle.charge(AckFlag::Never, 0, Instant::now()), None);
        assert_eq!(throttle.charge(AckFlag::OnFailure, 0, Instant::now()), Some(Duration::from_millis(100)));
        assert_eq!(throttle.charge(AckFlag::OnFailure, 8192, Instant::now()), Some(Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn data_messages_are_limited_in_bytes_but_not_in_number_and_each_message_counts_as_one_kib_or_more() {
        let mut throttle = throttle();
        for _ in 0..2 {
            assert_eq!(throttle.charge(AckFlag::Data, 52, Instant::now()), None);
        }
        assert_eq!(throttle.charge(AckFlag::Data, 1300, Instant::now()), None);
        assert_eq!(throttle.charge(AckFlag::Data, 1260, Instant::now()), Some(Duration::from_millis(125)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(
            throttle.charge(AckFlag::Always, 0, Instant::now()),
            None,
            "data does not count towards the number of messages"
        );
        assert_eq!(throttle.charge(AckFlag::Always, 0, Instant::now()), None);
    }
}
