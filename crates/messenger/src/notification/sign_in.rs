//! VER, CVR, CVQ, USR (docs/protocol/ns.md sections 3 to 5).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use msnp::notification::{Agreement, Cvr, ServerCommand, ServiceLine, SignInAnswer, Ticket, Usr, Ver};
use msnp::passport::DEFAULT_POLICY;
use msnp::payload::Profile;
use msnp::{Dialect, ErrorCode, Handle, Malformed, Refusal, TrId};

use super::session::{Negotiated, NotificationSession, Outcome, Progress, Role, wait};
use crate::net::{Handled, Peer};
use crate::presence::{Client, Endpoint};
use crate::quirks::quirks_of;
use crate::rates::Act;
use crate::service::Service;
use swallowtail_base::clock;
use swallowtail_base::random;
use swallowtail_store::accounts::member_id;
use swallowtail_store::database::{Account, AccountId};
use swallowtail_store::roster::Roster;

/// How long an address that keeps showing bad tickets waits for each further 911.
const DENIAL_DELAY: Duration = Duration::from_secs(1);
/// US English, for clients that do not say.
const DEFAULT_LOCALE: u16 = 1033;

/// VER: the highest dialect that both sides have.
pub(super) fn ver(session: &mut NotificationSession, ver: &Ver) -> Result<Handled<Outcome>, Refusal> {
    let answer = |words: Vec<String>| SignInAnswer::Ver { trid: ver.trid, words };
    match ver.agree(&Dialect::ALL) {
        Agreement::Dialect(dialect) => {
            let quirks = quirks_of(ver, &session.service.config.quirks);
            session.progress =
                Progress::Negotiated(Negotiated { dialect, quirks, locale: DEFAULT_LOCALE, handle: None });
            let mut words = vec![dialect.to_string()];
            if quirks.echo_cvr0 && ver.offers("CVR0") {
                words.push("CVR0".to_owned());
            }
            session.reply(answer(words));
        }
        Agreement::Cvr0 => {
            session.progress = Progress::VersionQuery;
            session.reply(answer(vec!["CVR0".to_owned()]));
        }
        Agreement::Nothing => {
            tracing::info!(offer = ver.offer.join(" "), peer = %session.connection.caller.peer, "no dialect in common");
            let line = ServerCommand::from(answer(vec!["0".to_owned()]));
            session.connection.outbox.close_with(|out| line.encode(Dialect::Msnp8, out));
        }
    }
    Ok(Handled::Done)
}

/// CVR: the version that the client has is the one to have.
pub(super) fn cvr(session: &mut NotificationSession, cvr: &Cvr) {
    if let Progress::Negotiated(negotiated) = &mut session.progress {
        negotiated.locale = cvr.locale;
    }
    tracing::debug!(client = cvr.client, version = cvr.version, peer = %session.connection.caller.peer, "client");
    session.reply(cvr_answer(session, cvr, false));
}

/// CVQ: the same, then the server closes.
pub(super) fn cvq(session: &NotificationSession, cvr: &Cvr) {
    let line = ServerCommand::from(cvr_answer(session, cvr, true));
    session.connection.outbox.close_with(|out| line.encode(Dialect::Msnp8, out));
}

fn cvr_answer(session: &NotificationSession, cvr: &Cvr, query: bool) -> SignInAnswer {
    let page = &session.service.config.sign_in.page;
    SignInAnswer::Cvr {
        trid: cvr.trid,
        query,
        versions: std::array::from_fn(|_| cvr.version.clone()),
        urls: std::array::from_fn(|_| page.clone()),
    }
}

/// USR: who, then the proof.
pub(super) fn usr(session: &mut NotificationSession, usr: Usr) -> Result<Handled<Outcome>, Refusal> {
    let draining = session.service.draining.load(Ordering::Acquire);
    // The table of verbs, and the session for those who are signed in, admit USR at no other time.
    let Progress::Negotiated(negotiated) = &mut session.progress else {
        return Err(Malformed::WrongState.into());
    };
    match usr {
        Usr::Initial { trid, .. } | Usr::Ticket { trid, .. } if draining => {
            Err(Refusal::Fatal(trid, ErrorCode::ServerUnavailable))
        }
        Usr::Initial { trid, handle } => {
            negotiated.handle = Some(handle);
            let answer = match &session.role {
                Role::Notification => SignInAnswer::Policy { trid, policy: DEFAULT_POLICY.to_owned() },
                Role::Dispatch { notification, dispatch } => {
                    SignInAnswer::Transfer { trid, notification: notification.clone(), dispatch: dispatch.clone() }
                }
            };
            session.reply(answer);
            Ok(Handled::Done)
        }
        Usr::Ticket { trid, ticket } => {
            let denied = Refusal::Fatal(trid, ErrorCode::AuthenticationFailed);
            if session.role != Role::Notification {
                return Err(Malformed::WrongState.into());
            }
            let newcomer = Newcomer {
                trid,
                handle: negotiated.handle.clone().ok_or(denied)?,
                locale: negotiated.locale,
                peer: session.connection.caller.peer,
                client: Client {
                    dialect: negotiated.dialect,
                    outbox: session.connection.outbox.clone(),
                    notification: session.connection.caller.notification_address(),
                    switchboard: session.connection.caller.switchboard_address(),
                    quirks: negotiated.quirks,
                    limited: session.connection.limited,
                },
            };
            Ok(wait(sign_in(session.service.clone(), newcomer, ticket)))
        }
    }
}

/// What is known of somebody who shows a ticket.
struct Newcomer {
    trid: TrId,
    handle: Handle,
    locale: u16,
    peer: Peer,
    client: Client,
}

async fn sign_in(service: Arc<Service>, newcomer: Newcomer, ticket: Ticket) -> Outcome {
    let fatal = |code| Outcome::Refused(Refusal::Fatal(newcomer.trid, code));
    let deny = || deny(&service, &newcomer);
    // Before anything else: who has no good ticket costs nobody anything.
    let Some(claims) = service.tickets.verify(&ticket) else {
        return deny().await;
    };
    let turn = service.directory.turn(&newcomer.handle).await;
    let loaded = async {
        let account = service.store.account(&newcomer.handle).await?;
        let is_good =
            |account: &Account| claims.account == account.id && claims.password_version == account.password_version;
        match account.filter(is_good) {
            Some(account) => turn.cell().await.map(|cell| cell.filter(|cell| cell.id == account.id)),
            None => Ok(None),
        }
    };
    let cell = match loaded.await {
        Ok(Some(cell)) => cell,
        Ok(None) => {
            drop(turn);
            return deny().await;
        }
        Err(error) => {
            tracing::error!(%error, "the store could not be read at a sign-in");
            return fatal(ErrorCode::ServerBusy);
        }
    };
    // The stop may have begun since USR came; whom it told to go it does not tell again.
    if service.draining.load(Ordering::Acquire) {
        return fatal(ErrorCode::ServerUnavailable);
    }
    let epoch = service.directory.next_epoch();
    let endpoint = Arc::new(Endpoint::new(epoch, newcomer.client.clone()));
    cell.sign_in(&endpoint, |roster| {
        welcome(&service, &newcomer, &endpoint, cell.id, roster);
    });
    Outcome::SignedIn(cell, endpoint)
}

/// 911. An address that keeps trying waits for it; nothing is counted against the account, and a good ticket always works.
async fn deny(service: &Service, newcomer: &Newcomer) -> Outcome {
    tracing::info!(handle = %newcomer.handle, peer = %newcomer.peer, "sign-in refused");
    if newcomer.client.limited && !service.rates.admit(newcomer.peer.ip(), Act::FailSignIn) {
        tokio::time::sleep(DENIAL_DELAY).await;
    }
    Outcome::Refused(Refusal::Fatal(newcomer.trid, ErrorCode::AuthenticationFailed))
}

/// USR OK and what follows at once (ns.md section 5).
fn welcome(service: &Service, newcomer: &Newcomer, endpoint: &Endpoint, id: AccountId, roster: &Roster) {
    let (trid, handle) = (newcomer.trid, roster.owner.clone());
    endpoint.reply(&SignInAnswer::Ok { trid, handle, name: Some(roster.name.clone()), verified: true }.into());
    if endpoint.dialect >= Dialect::Msnp11 {
        endpoint.reply(&ServiceLine::Subscription(TrId::UNASKED).into());
    }
    let profile = Profile {
        login_time: clock::unix_seconds(),
        email_enabled: false,
        member_id: member_id(id),
        locale: newcomer.locale,
        handle: &roster.owner,
        country: &service.config.sign_in.country,
        // It crosses the network in clear, so it is not the ticket and opens nothing (security.md section 1).
        web_token: &random::token(),
        client: newcomer.peer.to_socket_addr(),
    };
    endpoint.reply(&ServiceLine::Message(profile.encode(endpoint.dialect)).into());
}
