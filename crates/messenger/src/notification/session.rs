//! One notification connection: its stage, and which handler takes which command.

use std::sync::Arc;
use std::time::Duration;

use msnp::frame::Frame;
use msnp::notification::verb::{self, Stage, Verb};
use msnp::notification::{ClientCommand, OutReason, ServerCommand};
use msnp::{Dialect, ErrorCode, Handle, Refusal, TrId};
use tokio::time::Instant;

use super::challenge::Challenges;
use super::{calls, challenge, contacts, groups, services, settings, sign_in, status, sync};
use crate::net::{Bucket, CommandFuture, Connection, Handled, Session, Stop, Via};
use crate::presence::{Cell, Endpoint};
use crate::quirks::Quirks;
use crate::rates::Act;
use crate::service::Service;

/// Silence after which a client of MSNP9 or later is gone: more than three missed pings (framing.md section 10).
const IDLE_TIMEOUT: Duration = Duration::from_secs(180);
/// Commands at once, and then a second; whoever is faster is read more slowly (framing.md section 11).
const COMMAND_RATE: (u32, u32) = (200, 50);

/// What a listener's connections are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sign in here.
    Notification,
    /// Sign in at `notification`: the answer to USR is XFR (ns.md section 4).
    Dispatch {
        /// `host:port` of the notification server.
        notification: String,
        /// `host:port` of this server.
        dispatch: String,
    },
}

/// The session of one notification or dispatch connection.
pub struct NotificationSession {
    pub(super) service: Arc<Service>,
    pub(super) connection: Connection,
    pub(super) role: Role,
    pub(super) progress: Progress,
    rate: Option<Bucket>,
    pause: Option<Duration>,
}

/// How far the connection is, with what that stage knows.
pub(super) enum Progress {
    Fresh,
    VersionQuery,
    Negotiated(Negotiated),
    SignedIn(SignedIn),
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
pub(super) struct SignedIn {
    pub(super) me: Me,
    pub(super) challenges: Challenges,
}

/// The account of a connection. Cheap to clone, for commands that wait for the store.
#[derive(Clone)]
pub(super) struct Me {
    pub(super) cell: Arc<Cell>,
    pub(super) endpoint: Arc<Endpoint>,
}

impl Me {
    /// Whether the account has signed in elsewhere meanwhile. What this connection asked for is then not done any more: the
    /// new one has read the lists, and would not hear of it.
    pub(super) fn is_replaced(&self) -> bool {
        self.cell.endpoint().is_some_and(|endpoint| endpoint.epoch != self.endpoint.epoch)
    }

    /// Whether this account does something too often, without counting it. 800 when that is so.
    pub(super) fn check_rate(&self, service: &Service, act: Act) -> Result<(), ErrorCode> {
        let is_over = self.endpoint.limited && service.rates.is_over(&self.cell.handle, act);
        if is_over { Err(ErrorCode::RateLimit) } else { Ok(()) }
    }

    /// Counts something that this account does. 800 when that is too often.
    pub(super) fn admit(&self, service: &Service, act: Act) -> Result<(), ErrorCode> {
        let admitted = !self.endpoint.limited || service.rates.admit(&self.cell.handle, act);
        if admitted { Ok(()) } else { Err(ErrorCode::RateLimit) }
    }
}

/// What a command that waited brings back.
pub enum Outcome {
    /// It is answered.
    Answered,
    /// The account is signed in.
    SignedIn(Arc<Cell>, Arc<Endpoint>),
    /// It is refused.
    Refused(Refusal),
}

impl NotificationSession {
    /// A connection that just opened.
    #[must_use]
    pub fn new(service: Arc<Service>, role: Role, connection: Connection) -> Self {
        let rate = connection.limited.then(|| Bucket::new(COMMAND_RATE.0, COMMAND_RATE.1));
        Self { service, connection, role, progress: Progress::Fresh, rate, pause: None }
    }

    fn stage(&self) -> Stage {
        match &self.progress {
            Progress::Fresh => Stage::Fresh,
            Progress::VersionQuery => Stage::VersionQuery,
            Progress::Negotiated(negotiated) => Stage::Negotiated(negotiated.dialect),
            Progress::SignedIn(signed_in) => Stage::SignedIn(signed_in.me.endpoint.dialect),
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
                Progress::SignedIn(signed_in) => return signed_in.handle(&self.service, other),
                // The table of verbs admits nothing else here.
                _ => return Err(msnp::Malformed::WrongState.into()),
            },
        }
        Ok(Handled::Done)
    }
}

impl SignedIn {
    /// Commands of an account that is signed in.
    fn handle(&mut self, service: &Arc<Service>, command: ClientCommand) -> Result<Handled<Outcome>, Refusal> {
        let me = &self.me;
        match command {
            ClientCommand::Syn(syn) => return Ok(sync::syn(service, me, syn)),
            ClientCommand::Chg(chg) => {
                if status::chg(service, me, chg) {
                    self.challenges.start();
                }
            }
            ClientCommand::Uux(uux) => status::uux(me, uux),
            ClientCommand::Adc(adc) => return contacts::adc(service, me, adc),
            ClientCommand::Rem(rem) => return Ok(contacts::rem(service, me, rem)),
            ClientCommand::Rea(rea) => return Ok(settings::rea(service, me, rea)),
            ClientCommand::Adg(adg) => return Ok(groups::adg(service, me, adg)),
            ClientCommand::Reg(reg) => return Ok(groups::reg(service, me, reg)),
            ClientCommand::Rmg(rmg) => return groups::rmg(service, me, rmg),
            ClientCommand::Gtc(trid, value) => return Ok(settings::gtc(service, me, trid, value)),
            ClientCommand::Blp(trid, value) => return Ok(settings::blp(service, me, trid, value)),
            ClientCommand::Prp(prp) => return Ok(settings::prp(service, me, prp)),
            ClientCommand::Sbp(sbp) => return Ok(settings::sbp(service, me, sbp)),
            ClientCommand::Xfr(trid) => calls::xfr(service, me, trid)?,
            ClientCommand::Ims(trid, on) => calls::ims(me, trid, on),
            ClientCommand::Qry(qry) => challenge::qry(me, &mut self.challenges, &qry)?,
            ClientCommand::Chl(trid) => challenge::chl(me, &mut self.challenges, trid),
            ClientCommand::Service(request) => services::answer(&service.config, me, request)?,
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
            self.pause = rate.charge(1.0, Instant::now());
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
                tracing::info!(handle = %cell.handle, dialect = %endpoint.dialect, peer = %self.connection.caller.peer, "signed in");
                self.connection.registration.mark_signed_in();
                let challenges = Challenges::new(&self.service.config.sign_in);
                self.progress = Progress::SignedIn(SignedIn { me: Me { cell, endpoint }, challenges });
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

    fn take_pause(&mut self) -> Option<Duration> {
        self.pause.take()
    }

    fn idle_deadline(&self, opened: Instant, last: Instant) -> Option<Instant> {
        match self.stage() {
            // The gateway ends it when it stops, and a poll brings no bytes (http.md section 5).
            Stage::SignedIn(_) if self.connection.caller.via == Via::Gateway => None,
            Stage::SignedIn(dialect) => (dialect >= Dialect::Msnp9).then(|| last + IDLE_TIMEOUT),
            _ => Some(opened + self.service.config.limits.sign_in_timeout()),
        }
    }

    fn next_tick(&self) -> Option<Instant> {
        match &self.progress {
            Progress::SignedIn(signed_in) => signed_in.challenges.next(),
            _ => None,
        }
    }

    fn tick(&mut self) -> Result<(), Stop> {
        let Progress::SignedIn(signed_in) = &mut self.progress else {
            return Ok(());
        };
        if challenge::tick(&signed_in.me, &mut signed_in.challenges) {
            return Ok(());
        }
        self.leave();
        Err(Stop::Answered)
    }

    fn ended(&mut self) {
        if let Progress::SignedIn(SignedIn { me, .. }) = std::mem::replace(&mut self.progress, Progress::Fresh) {
            me.cell.sign_out(me.endpoint.epoch);
            tracing::info!(handle = %me.cell.handle, peer = %self.connection.caller.peer, "signed out");
        }
    }
}

/// Ends a notification session: the server goes down (ns.md section 4, OUT).
pub(crate) fn announce_shutdown(endpoint: &Endpoint) {
    let out = ServerCommand::Out(Some(OutReason::ShuttingDown));
    endpoint.outbox.close_with(|bytes| out.encode(endpoint.dialect, bytes));
}

/// A command that waits for `work`.
pub(super) fn wait(work: impl Future<Output = Outcome> + Send + 'static) -> Handled<Outcome> {
    let waiting: CommandFuture<Outcome> = Box::pin(work);
    Handled::Wait(waiting)
}

/// A command that waits for `work`, which changes what is kept. It is carried out to its end even if the connection ends first:
/// what the store has written must reach the rosters in memory, in the same turn.
pub(super) fn wait_for_edit(trid: TrId, work: impl Future<Output = Outcome> + Send + 'static) -> Handled<Outcome> {
    let work = tokio::spawn(work);
    wait(async move {
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "an edit was not carried out to its end");
            refused(trid, ErrorCode::StoreUnavailable)
        })
    })
}

/// `code trid`; the connection stays.
pub(super) const fn refused(trid: TrId, code: ErrorCode) -> Outcome {
    Outcome::Refused(Refusal::Answer(trid, code))
}
