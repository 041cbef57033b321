//! One notification connection: its stage, and which handler takes which command.

use std::sync::Arc;
use std::time::Duration;

use msnp::frame::Frame;
use msnp::notification::verb::{self, Stage, Verb};
use msnp::notification::{ClientCommand, OutReason, ServerCommand};
use msnp::{Dialect, ErrorCode, Handle, Refusal};
use tokio::time::Instant;

use super::challenge::Challenges;
use super::connection::{Connection, Role};
use super::handling::Outcome;
use super::user::User;
use super::{calls, challenge, contacts, groups, services, settings, sign_in, status, sync};
use crate::net::{Bucket, Handled, Session, Stop};
use crate::presence::Endpoint;
use crate::quirks::Quirks;
use crate::service::Service;

/// Silence after which a client of MSNP9 or later is gone: more than three missed pings (framing.md section 10).
const IDLE_TIMEOUT: Duration = Duration::from_secs(180);
/// Commands at once, and then a second; whoever is faster is read more slowly (framing.md section 11).
const COMMAND_RATE: (u32, u32) = (200, 50);

/// The session of one notification or dispatch connection.
pub(crate) struct NotificationSession {
    pub(super) service: Arc<Service>,
    pub(super) connection: Connection,
    pub(super) role: Role,
    pub(super) progress: Progress,
    rate: Option<Bucket>,
    rest: Option<Duration>,
}

/// How far the connection is, with what that stage knows.
pub(super) enum Progress {
    Fresh,
    VersionQuery,
    Negotiated(Negotiated),
    SignedIn(Active),
}

/// A dialect is agreed on.
pub(super) struct Negotiated {
    pub(super) dialect: Dialect,
    pub(super) quirks: Quirks,
    /// From CVR; US English without one.
    pub(super) locale: u16,
    /// From the first step of USR.
    pub(super) handle: Option<Handle>,
}

/// An account is signed in.
pub(super) struct Active {
    user: User,
    challenges: Challenges,
}

impl NotificationSession {
    /// A connection that just opened.
    pub(crate) fn new(service: Arc<Service>, role: Role, connection: Connection) -> Self {
        let rate = connection.limited.then(|| Bucket::new(COMMAND_RATE.0, COMMAND_RATE.1));
        Self { service, connection, role, progress: Progress::Fresh, rate, rest: None }
    }

    fn stage(&self) -> Stage {
        match &self.progress {
            Progress::Fresh => Stage::Fresh,
            Progress::VersionQuery => Stage::VersionQuery,
            Progress::Negotiated(negotiated) => Stage::Negotiated(negotiated.dialect),
            Progress::SignedIn(active) => Stage::SignedIn(active.user.endpoint.dialect),
        }
    }

    /// The dialect agreed on; the oldest one before that.
    fn dialect(&self) -> Dialect {
        match self.stage() {
            Stage::Fresh | Stage::VersionQuery => Dialect::Msnp8,
            Stage::Negotiated(dialect) | Stage::SignedIn(dialect) => dialect,
        }
    }

    pub(super) fn reply(&self, line: impl Into<ServerCommand>) {
        let line = line.into();
        self.connection.outbox.reply(|out| line.encode(self.dialect(), out));
    }

    fn leave(&self) {
        self.connection.outbox.close_with(|out| ServerCommand::Out(None).encode(self.dialect(), out));
    }

    /// Carries out a command that the table of verbs let through.
    fn handle_any(&mut self, command: ClientCommand) -> Result<Handled<Outcome>, Refusal> {
        match command {
            ClientCommand::Out => self.leave(),
            ClientCommand::Png => self.reply(ServerCommand::Qng(self.service.config.sign_in.ping)),
            ClientCommand::Ver(ver) => return sign_in::ver(self, &ver),
            ClientCommand::Cvr(cvr) => sign_in::cvr(self, &cvr),
            ClientCommand::Cvq(cvr) => sign_in::cvq(self, &cvr),
            ClientCommand::Usr(usr) => return sign_in::usr(self, usr),
            other => match &mut self.progress {
                Progress::SignedIn(active) => return active.handle(&self.service, other),
                // The table of verbs admits nothing else here.
                _ => return Err(msnp::Malformed::WrongState.into()),
            },
        }
        Ok(Handled::Done)
    }
}

impl Active {
    /// Commands of an account that is signed in.
    fn handle(&mut self, service: &Arc<Service>, command: ClientCommand) -> Result<Handled<Outcome>, Refusal> {
        let user = &self.user;
        match command {
            ClientCommand::Syn(syn) => return Ok(sync::syn(service, user, syn)),
            ClientCommand::Chg(chg) => {
                if status::chg(service, user, chg) {
                    self.challenges.start();
                }
            }
            ClientCommand::Uux(uux) => status::uux(user, uux),
            ClientCommand::Adc(adc) => return contacts::adc(service, user, adc),
            ClientCommand::Rem(rem) => return Ok(contacts::rem(service, user, rem)),
            ClientCommand::Rea(rea) => return Ok(settings::rea(service, user, rea)),
            ClientCommand::Adg(adg) => return Ok(groups::adg(service, user, adg)),
            ClientCommand::Reg(reg) => return Ok(groups::reg(service, user, reg)),
            ClientCommand::Rmg(rmg) => return groups::rmg(service, user, rmg),
            ClientCommand::Gtc(trid, value) => return Ok(settings::gtc(service, user, trid, value)),
            ClientCommand::Blp(trid, value) => return Ok(settings::blp(service, user, trid, value)),
            ClientCommand::Prp(prp) => return Ok(settings::prp(service, user, prp)),
            ClientCommand::Sbp(sbp) => return Ok(settings::sbp(service, user, sbp)),
            ClientCommand::Xfr(trid) => calls::xfr(service, user, trid)?,
            ClientCommand::Ims(trid, on) => calls::ims(user, trid, on),
            ClientCommand::Qry(qry) => challenge::qry(user, &mut self.challenges, &qry)?,
            ClientCommand::Chl(trid) => challenge::chl(user, &mut self.challenges, trid),
            ClientCommand::Service(request) => services::answer(&service.config, user, request)?,
            ClientCommand::Ver(_)
            | ClientCommand::Cvr(_)
            | ClientCommand::Cvq(_)
            | ClientCommand::Usr(_)
            | ClientCommand::Out
            | ClientCommand::Png => {}
        }
        Ok(Handled::Done)
    }
}

impl Session for NotificationSession {
    type Outcome = Outcome;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Refusal> {
        verb::admit(self.stage(), line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Handled<Outcome>, Refusal> {
        if let Some(rate) = &mut self.rate {
            self.rest = rate.take(1.0, Instant::now());
        }
        if let (Progress::SignedIn(_), Ok((Verb::Usr, trid, _))) = (&self.progress, verb::head(frame.line)) {
            // Whatever its words say (framing.md section 8).
            return Err(Refusal::Answer(trid, ErrorCode::AlreadyLogin));
        }
        self.handle_any(ClientCommand::decode(self.dialect(), frame)?)
    }

    fn finish(&mut self, outcome: Outcome) -> Result<(), Stop> {
        match outcome {
            Outcome::Answered => Ok(()),
            Outcome::SignedIn(cell, endpoint) => {
                tracing::info!(handle = %cell.handle, dialect = %endpoint.dialect, peer = %self.connection.peer, "signed in");
                self.connection.permit.signed_in();
                let challenges = Challenges::new(&self.service.config.sign_in);
                self.progress = Progress::SignedIn(Active { user: User { cell, endpoint }, challenges });
                Ok(())
            }
            Outcome::Refused(refusal) => {
                self.refuse(refusal);
                match refusal {
                    Refusal::Answer(..) => Ok(()),
                    Refusal::Close(malformed) => Err(malformed.into()),
                    Refusal::Fatal(..) => Err(Stop::Answered),
                }
            }
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        if let Refusal::Answer(trid, code) | Refusal::Fatal(trid, code) = refusal {
            self.reply(ServerCommand::Error(trid, code));
        }
    }

    fn rest(&mut self) -> Option<Duration> {
        self.rest.take()
    }

    fn idle_deadline(&self, opened: Instant, last: Instant) -> Option<Instant> {
        match self.stage() {
            Stage::SignedIn(_) if self.connection.polled => None,
            Stage::SignedIn(dialect) => (dialect >= Dialect::Msnp9).then(|| last + IDLE_TIMEOUT),
            _ => Some(opened + self.service.config.limits.sign_in_timeout()),
        }
    }

    fn next_tick(&self) -> Option<Instant> {
        match &self.progress {
            Progress::SignedIn(active) => active.challenges.next(),
            _ => None,
        }
    }

    fn tick(&mut self) -> Result<(), Stop> {
        let Progress::SignedIn(active) = &mut self.progress else {
            return Ok(());
        };
        if challenge::tick(&active.user, &mut active.challenges) {
            return Ok(());
        }
        self.leave();
        Err(Stop::Answered)
    }

    fn ended(&mut self) {
        if let Progress::SignedIn(Active { user, .. }) = std::mem::replace(&mut self.progress, Progress::Fresh) {
            user.cell.sign_out(user.endpoint.epoch);
            tracing::info!(handle = %user.cell.handle, peer = %self.connection.peer, "signed out");
        }
    }
}

/// Ends a notification session: the server goes down (ns.md section 4, OUT).
pub(crate) fn announce_shutdown(endpoint: &Endpoint) {
    let out = ServerCommand::Out(Some(OutReason::ShuttingDown));
    endpoint.outbox.close_with(|bytes| out.encode(endpoint.dialect, bytes));
}
