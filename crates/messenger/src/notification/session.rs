//! The session of one notification connection: its stage, and the handler for each command.

use std::sync::Arc;
use std::time::Duration;

use msnp::frame::Frame;
use msnp::notification::verb::{self, Stage, Verb};
use msnp::notification::{ClientCommand, OutReason, ServerCommand};
use msnp::{Dialect, ErrorCode, Refusal};
use tokio::time::Instant;

use super::challenge::Challenges;
use super::handling::{Completed, Outcome};
use super::progress::{Active, Progress};
use super::role::Role;
use super::sign_in::Step;
use super::{calls, challenge, contacts, groups, services, settings, sign_in, status, sync};
use crate::net::{Bucket, Connection, Handled, Pause, Session, Stop, Via};
use crate::presence::Endpoint;
use crate::service::Service;

/// The length of silence after which a client of MSNP9 or later counts as gone: more than three missed pings
/// (framing.md section 10).
const IDLE_TIMEOUT: Duration = Duration::from_secs(180);
/// The number of commands that a client may send in a burst, and per second after the burst. The
/// server reads more slowly from a client that exceeds this rate (framing.md section 11).
const COMMAND_RATE: (u32, u32) = (200, 50);

/// The session of one notification or dispatch connection.
pub(crate) struct NotificationSession {
    service: Arc<Service>,
    connection: Connection,
    role: Role,
    progress: Progress,
    rate: Option<Bucket>,
    pause: Option<Duration>,
}

impl NotificationSession {
    /// Creates the session of a connection that has just opened.
    pub(crate) fn new(service: Arc<Service>, role: Role, connection: Connection) -> Self {
        let rate = connection.limited.then(|| Bucket::new(COMMAND_RATE.0, COMMAND_RATE.1));
        Self { service, connection, role, progress: Progress::Fresh, rate, pause: None }
    }

    fn reply(&self, line: impl Into<ServerCommand>) {
        let line = line.into();
        self.connection.outbox.reply(|out| line.encode(self.progress.dialect(), out));
    }

    /// Sends a last line and closes the connection.
    fn close_with(&self, line: impl Into<ServerCommand>) {
        let line = line.into();
        self.connection.outbox.close_with(|out| line.encode(self.progress.dialect(), out));
    }

    /// Carries out a command that the table of verbs allows at this stage.
    fn handle(&mut self, command: ClientCommand) -> Result<Handled<Outcome>, Refusal> {
        let (service, connection, progress) = (&self.service, &self.connection, &mut self.progress);
        match command {
            ClientCommand::Out => {
                if connection.caller.via == Via::Gateway {
                    // The server queues no last line here, so that the gateway can close the
                    // session in its HTTP answer to OUT (http.md section 5).
                    connection.outbox.close();
                } else {
                    self.close_with(ServerCommand::Out(None));
                }
                Ok(Handled::Done)
            }
            ClientCommand::Png => {
                self.reply(ServerCommand::Qng(service.config.sign_in.ping));
                Ok(Handled::Done)
            }
            ClientCommand::Ver(ver) => Ok(self.follow(sign_in::ver(service, connection, &ver))),
            ClientCommand::Cvr(cvr) => {
                let step = sign_in::cvr(&service.config, connection, progress, &cvr);
                Ok(self.follow(step))
            }
            ClientCommand::Cvq(cvr) => Ok(self.follow(sign_in::cvq(&service.config, &cvr))),
            ClientCommand::Usr(usr) => {
                let step = sign_in::usr(service, &self.role, connection, progress.negotiated()?, usr)?;
                Ok(self.follow(step))
            }
            ClientCommand::Syn(syn) => sync::syn(service, progress.user()?, syn),
            ClientCommand::Chg(chg) => {
                let (user, challenges) = progress.user_and_challenges()?;
                status::chg(service, user, challenges, chg)
            }
            ClientCommand::Uux(uux) => status::uux(service, progress.user()?, uux),
            ClientCommand::Adc(adc) => contacts::adc(service, progress.user()?, adc),
            ClientCommand::Rem(rem) => contacts::rem(service, progress.user()?, rem),
            ClientCommand::Adg(adg) => groups::adg(service, progress.user()?, adg),
            ClientCommand::Reg(reg) => groups::reg(service, progress.user()?, reg),
            ClientCommand::Rmg(rmg) => groups::rmg(service, progress.user()?, rmg),
            ClientCommand::Gtc(trid, value) => settings::gtc(service, progress.user()?, trid, value),
            ClientCommand::Blp(trid, value) => settings::blp(service, progress.user()?, trid, value),
            ClientCommand::Prp(prp) => settings::prp(service, progress.user()?, prp),
            ClientCommand::Rea(rea) => settings::rea(service, progress.user()?, rea),
            ClientCommand::Sbp(sbp) => settings::sbp(service, progress.user()?, sbp),
            ClientCommand::Xfr(trid) => calls::xfr(service, &connection.place, progress.user()?, trid),
            ClientCommand::Ims(trid, on) => calls::ims(progress.user()?, trid, on),
            ClientCommand::Qry(qry) => {
                let (user, challenges) = progress.user_and_challenges()?;
                challenge::qry(user, challenges, &qry)
            }
            ClientCommand::Chl(trid) => {
                let (user, challenges) = progress.user_and_challenges()?;
                challenge::chl(user, challenges, trid)
            }
            ClientCommand::Service(request) => services::answer(&service.config, progress.user()?, request),
        }
    }

    /// Carries out a step of the sign-in.
    fn follow(&mut self, step: Step) -> Handled<Outcome> {
        match step {
            Step::Stay(answer) => self.reply(answer),
            Step::Become(progress, answer) => {
                self.progress = progress;
                self.connection.begun();
                self.reply(answer);
            }
            Step::Close(answer) => self.close_with(answer),
            Step::Wait(work) => return Handled::Wait(work),
        }
        Handled::Done
    }
}

impl Session for NotificationSession {
    type Outcome = Outcome;

    fn payload_length(&mut self, line: &[u8]) -> Result<usize, Refusal> {
        verb::admit(self.progress.stage(), line)
    }

    fn receive(&mut self, frame: Frame<'_>) -> Result<Handled<Outcome>, Refusal> {
        if let Some(rate) = &mut self.rate {
            self.pause = rate.charge(1.0, Instant::now());
        }
        if let (Progress::SignedIn(_), Ok((Verb::Usr, trid, _))) = (&self.progress, verb::head(frame.line)) {
            // The server answers with 207 even if the words of USR are invalid (framing.md section 8).
            return Err(Refusal::Answer(trid, ErrorCode::AlreadyLogin));
        }
        self.handle(ClientCommand::decode(self.progress.dialect(), frame)?)
    }

    fn finish(&mut self, outcome: Outcome) -> Result<(), Stop> {
        match outcome {
            Ok(Completed::Answered) => Ok(()),
            Ok(Completed::SignedIn(user)) => {
                let (handle, dialect) = (&user.cell.handle, user.endpoint.client.dialect);
                tracing::info!(%handle, %dialect, peer = %self.connection.caller.peer, "signed in");
                let challenges = Challenges::new(&self.service.config.sign_in);
                self.progress = Progress::SignedIn(Active { user, challenges });
                Ok(())
            }
            Err(refusal) => {
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

    fn take_pause(&mut self) -> Option<Pause> {
        self.pause.take().map(Pause::of)
    }

    fn idle_deadline(&self, opened: Instant, last: Instant) -> Option<Instant> {
        match self.progress.stage() {
            Stage::Fresh | Stage::VersionQuery | Stage::Negotiated(_) => {
                Some(opened + self.service.config.limits.sign_in_timeout())
            }
            // A client polls the gateway without sending bytes to this session, so no idle timer
            // applies here. The gateway has its own timeout (http.md section 5).
            Stage::SignedIn(_) if self.connection.caller.via == Via::Gateway => None,
            Stage::SignedIn(dialect) => (dialect >= Dialect::Msnp9).then(|| last + IDLE_TIMEOUT),
        }
    }

    fn next_tick(&self) -> Option<Instant> {
        match &self.progress {
            Progress::Fresh | Progress::VersionQuery | Progress::Negotiated(_) => None,
            Progress::SignedIn(active) => active.challenges.next(),
        }
    }

    fn tick(&mut self) -> Result<(), Stop> {
        let Progress::SignedIn(Active { user, challenges }) = &mut self.progress else {
            return Ok(());
        };
        if challenge::tick(user, challenges) {
            return Ok(());
        }
        self.close_with(ServerCommand::Out(None));
        Err(Stop::Answered)
    }

    fn ended(&mut self) {
        if let Progress::SignedIn(Active { user, .. }) = std::mem::replace(&mut self.progress, Progress::Fresh) {
            user.cell.sign_out(user.endpoint.epoch);
            tracing::info!(handle = %user.cell.handle, peer = %self.connection.caller.peer, "signed out");
        }
    }
}

/// Ends a notification session because the server is stopping (ns.md section 4, OUT).
pub(crate) fn announce_shutdown(endpoint: &Endpoint) {
    let out = ServerCommand::Out(Some(OutReason::ShuttingDown));
    endpoint.client.outbox.close_with(|bytes| out.encode(endpoint.client.dialect, bytes));
}
