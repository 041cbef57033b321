//! A small client: for `swallowtail demo`, `chat` and `doctor`, and for the tests of the server.
//!
//! It sends the commands that its caller gives it, returns the lines of the server, and can pass copies of both to a
//! [`Tap`]. It keeps no contact list and never reconnects.

mod account;
mod bot;
mod client;
mod exchange;
pub mod http;
mod link;
mod login;
pub mod machine;
pub mod p2p;
mod passport;
mod server;
mod shown;
pub mod transport;
mod url;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use msnp::notification::{ClientCommand, CopyOf, Cvr, ServerCommand, SignInAnswer, Syn, Ticket, Usr, Ver};
use msnp::switchboard;
use msnp::{Capabilities, Dialect, ErrorCode, Handle, TrId};

pub use account::{Account, TicketFuture, TicketSource};
pub use bot::Bot;
pub use client::{
    Builder, Client, Conversation, Event, Events, FileOffer, Incoming, Progress, Receipt, Transfer, TransferError,
    Undelivered,
};
pub use link::{Link, OwnedFrame, Tap, Wire};
pub use passport::{authorization, encode, fetch_ticket, ticket_of};
pub use server::{LoginKind, Server};

/// The capabilities that client 7.5 announces (docs/protocol/identity.md).
pub const CAPABILITIES: Capabilities = Capabilities(1_342_554_172);

/// The program that a client claims to be, in VER and CVR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// The words of VER: dialects, and CVR0.
    pub offer: &'static [&'static str],
    /// The version in CVR.
    pub version: &'static str,
}

/// The program that [`NotificationClient::sign_in`] claims to be: client 7.5.
const MESSENGER: ClientInfo = ClientInfo { offer: &["MSNP12", "MSNP11", "CVR0"], version: "7.5.0324" };

/// A notification connection.
pub struct NotificationClient {
    link: Link,
    trid: u32,
    /// The dialect that VER agreed on; before VER, the newest.
    dialect: Dialect,
}

/// The answer to a client that has named its account, but not proved yet that it may use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// The server expects a ticket.
    Policy,
    /// The server redirects the client to a notification server, `host:port`.
    Redirected(String),
}

impl NotificationClient {
    /// Connects.
    pub async fn dial(address: SocketAddr, tap: Tap) -> anyhow::Result<Self> {
        Self::dial_within(address, tap, link::TIMEOUT).await
    }

    /// Connects with a time limit, which applies to the connection and then to each line that is waited for.
    pub async fn dial_within(address: SocketAddr, tap: Tap, limit: Duration) -> anyhow::Result<Self> {
        Ok(Self { link: Link::notification(address, tap, limit).await?, trid: 0, dialect: Dialect::Msnp12 })
    }

    /// Connects and signs in: VER, CVR, USR.
    ///
    /// # Errors
    /// Returns what the server answered instead of USR OK.
    pub async fn sign_in(address: SocketAddr, handle: &Handle, ticket: &Ticket, tap: Tap) -> anyhow::Result<Self> {
        let mut client = Self::dial(address, tap).await?;
        if let Greeting::Redirected(address) = client.greet(MESSENGER, handle).await? {
            bail!("the server redirects clients to {address}");
        }
        let proof = ClientCommand::Usr(Usr::Ticket { trid: client.next_trid(), ticket: ticket.clone() });
        client.sign_in_step(proof, "USR OK", |line| matches!(line, SignInAnswer::Ok { .. })).await?;
        Ok(client)
    }

    /// Carries out the first steps of signing in, up to the policy: VER, CVR, USR I.
    ///
    /// # Errors
    /// Returns what the server answered instead.
    pub async fn greet(&mut self, info: ClientInfo, handle: &Handle) -> anyhow::Result<Greeting> {
        use ClientCommand as Command;
        let offer = info.offer.iter().map(ToString::to_string).collect();
        let ver = Command::Ver(Ver { trid: self.next_trid(), offer });
        let agreed = self.sign_in_step(ver, "the dialect", |line| matches!(line, SignInAnswer::Ver { .. })).await?;
        if let SignInAnswer::Ver { words, .. } = agreed {
            let dialect = words.iter().find_map(|word| Dialect::from_name(word));
            self.dialect =
                dialect.with_context(|| format!("the server does not support any of {}", info.offer.join(", ")))?;
        }
        let cvr = Command::Cvr(cvr(self.next_trid(), info.version, handle));
        self.sign_in_step(cvr, "the version", |line| matches!(line, SignInAnswer::Cvr { .. })).await?;
        let who = Command::Usr(Usr::Initial { trid: self.next_trid(), handle: handle.clone() });
        let is_greeting =
            |line: &SignInAnswer| matches!(line, SignInAnswer::Policy { .. } | SignInAnswer::Transfer { .. });
        match self.sign_in_step(who, "the policy", is_greeting).await? {
            SignInAnswer::Transfer { notification, .. } => Ok(Greeting::Redirected(notification)),
            _ => Ok(Greeting::Policy),
        }
    }

    /// Returns the dialect that VER agreed on.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    async fn sign_in_step(
        &mut self,
        command: ClientCommand,
        what: &str,
        wanted: impl Fn(&SignInAnswer) -> bool,
    ) -> anyhow::Result<SignInAnswer> {
        self.send(&command).await?;
        let answer = |line: &ServerCommand| matches!(line, ServerCommand::SignIn(answer) if wanted(answer));
        match self.answer(what, answer).await? {
            ServerCommand::SignIn(answer) => Ok(answer),
            _ => bail!("the server sent another answer instead of {what}"),
        }
    }

    /// Sends SYN and returns the lines of the contact list that follow its answer, up to the last LST.
    pub async fn synchronize(&mut self) -> anyhow::Result<Vec<ServerCommand>> {
        let trid = self.next_trid();
        self.send(&ClientCommand::Syn(Syn {
            trid,
            copy: CopyOf::Stamps { list: "0".to_owned(), settings: "0".to_owned() },
        }))
        .await?;
        let (contacts, groups) = self
            .wait_for("the answer to SYN", |line| match line {
                ServerCommand::Syn(answer) => Some(answer.counts.unwrap_or_default()),
                _ => None,
            })
            .await?;
        let mut lines = Vec::new();
        for _ in 0..contacts + groups {
            let listed = |line: &ServerCommand| {
                use msnp::notification::GroupLine;
                matches!(line, ServerCommand::Lst(_) | ServerCommand::Group(GroupLine::Listed { .. }))
            };
            lines.push(self.answer("a line of the list", listed).await?);
        }
        Ok(lines)
    }

    /// Returns the next transaction id.
    pub fn next_trid(&mut self) -> TrId {
        self.trid += 1;
        TrId::new(self.trid)
    }

    /// Sends a command.
    pub async fn send(&mut self, command: &ClientCommand) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        command.encode(self.dialect, &mut bytes)?;
        self.link.send(&bytes).await
    }

    /// Waits for the first line from which `pick` returns something, among the lines in the queue and those still to come.
    /// The other lines stay in the queue.
    ///
    /// # Errors
    /// Returns an error that names `what` if it does not come in time, or if the server closes the connection.
    pub async fn wait_for<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&ServerCommand) -> Option<T>,
    ) -> anyhow::Result<T> {
        let dialect = self.dialect;
        let found = self.link.wait_for(|frame| {
            let line = ServerCommand::decode(dialect, frame.as_frame());
            line.ok().and_then(|line| pick(&line))
        });
        found.await.with_context(|| format!("waiting for {what}"))
    }

    /// Waits for the first line that `wanted` accepts, and returns it.
    ///
    /// # Errors
    /// As [`Self::wait_for`]. An error code of the server is also an error.
    pub async fn answer(
        &mut self,
        what: &str,
        wanted: impl Fn(&ServerCommand) -> bool,
    ) -> anyhow::Result<ServerCommand> {
        let line = self.wait_for(what, |line| {
            let refused = matches!(line, ServerCommand::Error(..));
            (refused || wanted(line)).then(|| line.clone())
        });
        match line.await? {
            ServerCommand::Error(_, code) => bail!("the server answered {code} instead of {what}"),
            line => Ok(line),
        }
    }

    /// Waits for the next line without a time limit. Returns `None` when the server has closed the connection. Lines that
    /// cannot be parsed are skipped.
    pub async fn next(&mut self) -> anyhow::Result<Option<ServerCommand>> {
        while let Some(frame) = self.link.next().await? {
            if let Ok(line) = ServerCommand::decode(self.dialect, frame.as_frame()) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// Waits until the server closes the connection.
    pub async fn closed(&mut self) -> anyhow::Result<()> {
        self.link.closed().await
    }
}

fn cvr(trid: TrId, version: &str, handle: &Handle) -> Cvr {
    Cvr {
        trid,
        locale: 1033,
        system: ["winnt", "5.1", "i386"].map(str::to_owned),
        client: "MSNMSGR".to_owned(),
        version: version.to_owned(),
        id: "MSMSGS".to_owned(),
        handle: Some(handle.to_string()),
    }
}

/// A switchboard connection.
pub struct SwitchboardClient {
    link: Link,
    trid: u32,
}

impl SwitchboardClient {
    /// Connects.
    pub async fn dial(address: SocketAddr, tap: Tap) -> anyhow::Result<Self> {
        Self::dial_within(address, tap, link::TIMEOUT).await
    }

    /// Connects with a time limit, like [`NotificationClient::dial_within`].
    pub async fn dial_within(address: SocketAddr, tap: Tap, limit: Duration) -> anyhow::Result<Self> {
        Ok(Self { link: Link::switchboard(address, tap, limit).await?, trid: 0 })
    }

    /// Returns the next transaction id.
    pub fn next_trid(&mut self) -> TrId {
        self.trid += 1;
        TrId::new(self.trid)
    }

    /// Sends a command.
    pub async fn send(&mut self, command: &switchboard::ClientCommand<'_>) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        self.link.send(&bytes).await
    }

    /// Waits for the next frame without a time limit. Returns `None` when the server has closed the connection.
    pub async fn next(&mut self) -> anyhow::Result<Option<OwnedFrame>> {
        self.link.next().await
    }

    /// Like [`NotificationClient::wait_for`]. An error code of the server is returned as the inner error.
    pub async fn answer<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&switchboard::ServerCommand<'_>) -> Option<T>,
    ) -> anyhow::Result<Result<T, ErrorCode>> {
        let found = self.link.wait_for(|frame| {
            use switchboard::ServerCommand;
            match ServerCommand::decode(frame.as_frame()).ok()? {
                ServerCommand::Error(_, code) => Some(Err(code)),
                line => pick(&line).map(Ok),
            }
        });
        found.await.with_context(|| format!("waiting for {what}"))
    }

    /// Like [`NotificationClient::wait_for`]. An error code of the server is an error.
    pub async fn wait_for<T>(
        &mut self,
        what: &str,
        pick: impl FnMut(&switchboard::ServerCommand<'_>) -> Option<T>,
    ) -> anyhow::Result<T> {
        match self.answer(what, pick).await? {
            Ok(found) => Ok(found),
            Err(code) => bail!("the server answered {code} instead of {what}"),
        }
    }

    /// Waits until the server closes the connection.
    pub async fn closed(&mut self) -> anyhow::Result<()> {
        self.link.closed().await
    }
}
