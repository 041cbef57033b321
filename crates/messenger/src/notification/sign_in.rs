//! Signs clients in: VER, CVR, CVQ and USR (docs/protocol/ns.md sections 3 to 5).
//!
//! Each handler returns a [`Step`], which the session carries out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use msnp::notification::{Agreement, Cvr, ServiceLine, SignInAnswer, Ticket, Usr, Ver};
use msnp::passport::DEFAULT_POLICY;
use msnp::payload::Profile;
use msnp::{Dialect, ErrorCode, Handle, Malformed, Refusal, TrId};
use swallowtail_base::clock;
use swallowtail_base::random;
use swallowtail_config::Config;
use swallowtail_store::accounts::{Claims, STORE_PATIENCE, member_id};
use swallowtail_store::database::{AccountId, Expected, StoreError};
use swallowtail_store::roster::Roster;
use tokio::time::{Instant, timeout};

use super::handling::{Completed, Outcome};
use super::helper;
use super::progress::{Negotiated, Progress};
use super::role::Role;
use super::user::User;
use crate::net::{self, CommandFuture, Connection, Peer, Place};
use crate::presence::{Cell, Client, Endpoint, Turn};
use crate::quirks::quirks_of;
use crate::rates::Act;
use crate::service::Service;

/// The delay before each further 911 to an address that keeps sending invalid tickets.
const DENIAL_DELAY: Duration = Duration::from_secs(1);
/// US English, for clients that do not send a locale.
const DEFAULT_LOCALE: u16 = 1033;

/// The action of the session after a command of the sign-in.
pub(super) enum Step {
    /// The connection stays at its stage, and gets this answer.
    Stay(SignInAnswer),
    /// The connection moves to this stage, and gets this answer.
    Become(Progress, SignInAnswer),
    /// The connection gets this answer, and closes.
    Close(SignInAnswer),
    /// The command waits until the server has checked the ticket.
    Wait(CommandFuture<Outcome>),
}

/// Agrees on the highest dialect that both sides support (VER).
pub(super) fn ver(service: &Service, connection: &Connection, ver: &Ver) -> Step {
    let answer = |words: Vec<String>| SignInAnswer::Ver { trid: ver.trid, words };
    match ver.agree(&Dialect::ALL) {
        Agreement::Dialect(dialect) => {
            let quirks = quirks_of(ver, &service.config.quirks);
            let mut words = vec![dialect.to_string()];
            if quirks.echo_cvr0 && ver.offers("CVR0") {
                words.push("CVR0".to_owned());
            }
            let negotiated = Negotiated { dialect, quirks, locale: DEFAULT_LOCALE, handle: None };
            Step::Become(Progress::Negotiated(negotiated), answer(words))
        }
        Agreement::Cvr0 => Step::Become(Progress::VersionQuery, answer(vec!["CVR0".to_owned()])),
        Agreement::Nothing => {
            let peer = connection.caller.peer;
            if let Some(suppressed) = service.refusals.note(peer.ip()) {
                tracing::info!(offer = ver.offer.join(" "), %peer, suppressed, "no dialect in common");
            }
            Step::Close(answer(vec!["0".to_owned()]))
        }
    }
}

/// Recommends the version that the client already has (CVR). The server keeps the locale until the
/// client has signed in.
pub(super) fn cvr(config: &Config, connection: &Connection, progress: &Progress, cvr: &Cvr) -> Step {
    tracing::debug!(client = cvr.client, version = cvr.version, peer = %connection.caller.peer, "client version");
    let answer = cvr_answer(config, cvr, false);
    match progress {
        Progress::Negotiated(negotiated) => {
            let negotiated = Negotiated { locale: cvr.locale, ..negotiated.clone() };
            Step::Become(Progress::Negotiated(negotiated), answer)
        }
        Progress::Fresh | Progress::VersionQuery | Progress::SignedIn(_) => Step::Stay(answer),
    }
}

/// Answers a version query (CVQ) in the same way as the server answers CVR, then closes the
/// connection.
pub(super) fn cvq(config: &Config, cvr: &Cvr) -> Step {
    Step::Close(cvr_answer(config, cvr, true))
}

fn cvr_answer(config: &Config, cvr: &Cvr, query: bool) -> SignInAnswer {
    let page = &config.sign_in.page;
    SignInAnswer::Cvr {
        trid: cvr.trid,
        query,
        versions: std::array::from_fn(|_| cvr.version.clone()),
        urls: std::array::from_fn(|_| page.clone()),
    }
}

/// Handles USR. The first USR names the account, and the second contains its ticket.
pub(super) fn usr(
    service: &Arc<Service>,
    role: &Role,
    connection: &Connection,
    negotiated: &Negotiated,
    usr: Usr,
) -> Result<Step, Refusal> {
    let (Usr::Initial { trid, .. } | Usr::Ticket { trid, .. }) = usr;
    if service.draining.load(Ordering::Acquire) {
        return Err(Refusal::Fatal(trid, ErrorCode::ServerUnavailable));
    }
    match (usr, role) {
        (Usr::Initial { handle, .. }, _) => {
            let negotiated = Negotiated { handle: Some(handle), ..negotiated.clone() };
            Ok(Step::Become(Progress::Negotiated(negotiated), where_to_go(role, trid)))
        }
        // A dispatch server never asks for a ticket.
        (Usr::Ticket { .. }, Role::Dispatch { .. }) => Err(Malformed::WrongState.into()),
        (Usr::Ticket { ticket, .. }, Role::Notification) => {
            let newcomer = newcomer(connection, negotiated, trid)?;
            let work = sign_in(service.clone(), newcomer, ticket);
            Ok(Step::Wait(Box::pin(async { work.await.map(Completed::SignedIn) })))
        }
    }
}

/// Returns the answer to the first USR. A notification server sends the policy for the ticket. A dispatch server sends
/// the address of the notification server.
fn where_to_go(role: &Role, trid: TrId) -> SignInAnswer {
    match role {
        Role::Notification => SignInAnswer::Policy { trid, policy: DEFAULT_POLICY.to_owned() },
        Role::Dispatch { notification, dispatch } => {
            SignInAnswer::Transfer { trid, notification: notification.clone(), dispatch: dispatch.clone() }
        }
    }
}

/// The facts about a client that sends a ticket.
struct Newcomer {
    trid: TrId,
    handle: Handle,
    locale: u16,
    peer: Peer,
    place: Arc<Place>,
    client: Client,
}

/// Collects the facts about a client that sends a ticket.
///
/// # Errors
/// Returns 911 if the client has not named an account before.
fn newcomer(connection: &Connection, negotiated: &Negotiated, trid: TrId) -> Result<Newcomer, Refusal> {
    let denied = Refusal::Fatal(trid, ErrorCode::AuthenticationFailed);
    Ok(Newcomer {
        trid,
        handle: negotiated.handle.clone().ok_or(denied)?,
        locale: negotiated.locale,
        peer: connection.caller.peer,
        place: connection.place.clone(),
        client: Client {
            dialect: negotiated.dialect,
            outbox: connection.outbox.clone(),
            notification: connection.caller.notification_address(),
            switchboard: connection.caller.switchboard_address(),
            quirks: negotiated.quirks,
            limited: connection.limited,
        },
    })
}

/// Signs an account in, if the ticket belongs to the account and is still valid.
async fn sign_in(service: Arc<Service>, newcomer: Newcomer, ticket: Ticket) -> Result<User, Refusal> {
    let fatal = |code| Refusal::Fatal(newcomer.trid, code);
    let deny = || deny(&service, &newcomer);
    // The ticket is checked first, so that a client without a valid ticket costs as little as possible.
    let Some(claims) = service.tickets.verify(&ticket) else {
        return Err(deny().await);
    };
    let (turn, cell) = loop {
        let loaded = timeout(STORE_PATIENCE, load(&service, &newcomer.handle, &claims)).await;
        let (turn, cell) = match loaded.unwrap_or(Err(StoreError::Slow)) {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return Err(deny().await),
            Err(error) => {
                tracing::error!(%error, "could not read the store for a sign-in");
                return Err(fatal(ErrorCode::ServerBusy));
            }
        };
        // The server may have begun to stop since USR arrived. In that case, it has already sent
        // OUT to every signed-in client, and this client would never receive OUT.
        if service.draining.load(Ordering::Acquire) {
            return Err(fatal(ErrorCode::ServerUnavailable));
        }
        let Err(when) = admit(&service, &newcomer) else { break (turn, cell) };
        // The account can change while this task sleeps, so the task loads the account again
        // afterwards.
        drop((turn, cell));
        tokio::time::sleep_until(when).await;
    };
    // From here on, the table never closes this connection to admit another connection, because a
    // signed-in account needs its connection.
    if newcomer.place.advance(net::Progress::Online).is_err() {
        return Err(fatal(ErrorCode::ServerBusy));
    }
    let epoch = service.directory.next_epoch();
    let endpoint = Arc::new(Endpoint::new(epoch, newcomer.client.clone()));
    cell.sign_in(&endpoint, |roster| {
        welcome(&service, &newcomer, &endpoint, cell.id, roster);
    });
    drop(turn);
    let mut unfinished = Unfinished { user: User { cell: cell.clone(), endpoint }, is_finished: false };
    // This task can change the store, so it runs to its end even if the connection ends first.
    let watched = tokio::spawn(async move { helper::watch(&service, &cell).await });
    if let Err(error) = watched.await {
        tracing::error!(%error, "adding an account to the lists of the helper did not complete");
    }
    unfinished.is_finished = true;
    Ok(unfinished.user.clone())
}

/// An account that is signed in although its sign-in is not finished. If the connection ends before
/// the sign-in is finished, dropping this value signs the account out again.
struct Unfinished {
    user: User,
    is_finished: bool,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_finished {
            self.user.cell.sign_out(self.user.endpoint.epoch);
        }
    }
}

/// Waits for the turn of the account (see [`Turn`]). Returns the turn and the account, if the
/// ticket belongs to the account and is still valid.
async fn load(service: &Service, handle: &Handle, claims: &Claims) -> Result<Option<(Turn, Arc<Cell>)>, StoreError> {
    let turn = service.directory.turn(handle).await;
    let expected = Expected { id: claims.account, password_version: claims.password_version };
    Ok(turn.cell_of(Some(expected)).await?.map(|cell| (turn, cell)))
}

/// Counts a sign-in with a valid ticket. Sign-ins with an invalid ticket do not count here, so
/// nobody without the password can delay the sign-ins of an account.
///
/// # Errors
/// If the account has signed in too often, returns the time at which the server may call this
/// function again. The server waits and does not send an error, because a client that receives an
/// error would try even more often.
fn admit(service: &Service, newcomer: &Newcomer) -> Result<(), Instant> {
    if newcomer.client.limited { service.rates.admit_or_when(&newcomer.handle, Act::SignIn) } else { Ok(()) }
}

/// Returns 911 to a client that sent an invalid ticket. If too many invalid tickets came from the
/// address of the client, waits for `DENIAL_DELAY` first. An invalid ticket does not count against
/// the account, and it does not delay a client that sends a valid ticket.
async fn deny(service: &Service, newcomer: &Newcomer) -> Refusal {
    if let Some(suppressed) = service.refusals.note(newcomer.peer.ip()) {
        tracing::info!(handle = %newcomer.handle, peer = %newcomer.peer, suppressed, "sign-in refused");
    }
    if newcomer.client.limited && !service.rates.admit(newcomer.peer.ip(), Act::FailSignIn) {
        tokio::time::sleep(DENIAL_DELAY).await;
    }
    Refusal::Fatal(newcomer.trid, ErrorCode::AuthenticationFailed)
}

/// Answers with USR OK and the lines that follow it immediately (ns.md section 5).
fn welcome(service: &Service, newcomer: &Newcomer, endpoint: &Endpoint, id: AccountId, roster: &Roster) {
    let (trid, handle) = (newcomer.trid, roster.owner.clone());
    endpoint.reply(&SignInAnswer::Ok { trid, handle, name: Some(roster.name.clone()), verified: true }.into());
    if endpoint.client.dialect >= Dialect::Msnp11 {
        endpoint.reply(&ServiceLine::Subscription(TrId::UNASKED).into());
    }
    let profile = Profile {
        login_time: clock::unix_seconds(),
        email_enabled: false,
        member_id: member_id(id),
        locale: newcomer.locale,
        handle: &roster.owner,
        country: &service.config.sign_in.country,
        // The server sends this token in clear text. Therefore the token is not the ticket, and
        // gives no access (security.md section 1).
        web_token: &random::token(),
        client: newcomer.peer.to_socket_addr(),
    };
    endpoint.reply(&ServiceLine::Message(profile.encode(endpoint.client.dialect)).into());
}

#[cfg(test)]
mod tests;
