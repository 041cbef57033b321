//! A small client: for the demo, for `swallowtail chat` and `doctor`, and for the tests of the server.
//!
//! It says what it is told to say, hands over what the server says, and can show both to somebody ([`Tap`]).

pub mod http;
mod link;
mod passport;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use msnp::notification::{ClientCommand, CopyOf, Cvr, ServerCommand, SignInAnswer, Syn, Ticket, Usr, Ver};
use msnp::switchboard;
use msnp::{Capabilities, Dialect, ErrorCode, Handle, TrId};

pub use link::{Link, OwnedFrame, Tap, Wire};
pub use passport::{authorization, encode, fetch_ticket, ticket_of};

/// What client 7.5 says that it can do (docs/protocol/identity.md).
pub const CAPABILITIES: Capabilities = Capabilities(1_342_554_172);

/// What a client says about its program in VER and CVR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// The words of VER: dialects, and CVR0.
    pub offer: &'static [&'static str],
    /// The version in CVR.
    pub version: &'static str,
}

/// What the demo says: client 7.5.
const MESSENGER: ClientInfo = ClientInfo { offer: &["MSNP12", "MSNP11", "CVR0"], version: "7.5.0324" };

/// A notification connection.
pub struct NotificationClient {
    link: Link,
    trid: u32,
    /// What VER agreed on; before that the newest.
    dialect: Dialect,
}

/// What a server says to somebody who has only said who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// It waits for a ticket.
    Policy,
    /// It sends clients on to a notification server, `host:port`.
    Elsewhere(String),
}

impl NotificationClient {
    /// Dials.
    pub async fn dial(address: SocketAddr, tap: Tap) -> anyhow::Result<Self> {
        Self::dial_within(address, tap, link::PATIENCE).await
    }

    /// The same for who has less time: `patience` is for the connection, and then for each line that is waited for.
    pub async fn dial_within(address: SocketAddr, tap: Tap, patience: Duration) -> anyhow::Result<Self> {
        Ok(Self { link: Link::notification(address, tap, patience).await?, trid: 0, dialect: Dialect::Msnp12 })
    }

    /// Dials and signs in: VER, CVR, USR.
    ///
    /// # Errors
    /// Says what the server answered instead of USR OK.
    pub async fn sign_in(address: SocketAddr, handle: &Handle, ticket: &Ticket, tap: Tap) -> anyhow::Result<Self> {
        let mut client = Self::dial(address, tap).await?;
        if let Greeting::Elsewhere(address) = client.greet(MESSENGER, handle).await? {
            bail!("the server sends clients on to {address}");
        }
        let proof = ClientCommand::Usr(Usr::Ticket { trid: client.next_trid(), ticket: ticket.clone() });
        client.sign_in_step(proof, "USR OK", |line| matches!(line, SignInAnswer::Ok { .. })).await?;
        Ok(client)
    }

    /// The first steps of signing in, up to the policy: VER, CVR, USR I.
    ///
    /// # Errors
    /// Says what the server answered instead.
    pub async fn greet(&mut self, info: ClientInfo, handle: &Handle) -> anyhow::Result<Greeting> {
        use ClientCommand as Command;
        let offer = info.offer.iter().map(ToString::to_string).collect();
        let ver = Command::Ver(Ver { trid: self.next_trid(), offer });
        let agreed = self.sign_in_step(ver, "the dialect", |line| matches!(line, SignInAnswer::Ver { .. })).await?;
        if let SignInAnswer::Ver { words, .. } = agreed {
            let dialect = words.iter().find_map(|word| Dialect::from_name(word));
            self.dialect = dialect.with_context(|| format!("the server speaks none of {}", info.offer.join(", ")))?;
        }
        let cvr = Command::Cvr(cvr(self.next_trid(), info.version, handle));
        self.sign_in_step(cvr, "the version", |line| matches!(line, SignInAnswer::Cvr { .. })).await?;
        let who = Command::Usr(Usr::Initial { trid: self.next_trid(), handle: handle.clone() });
        let is_greeting =
            |line: &SignInAnswer| matches!(line, SignInAnswer::Policy { .. } | SignInAnswer::Transfer { .. });
        match self.sign_in_step(who, "the policy", is_greeting).await? {
            SignInAnswer::Transfer { notification, .. } => Ok(Greeting::Elsewhere(notification)),
            _ => Ok(Greeting::Policy),
        }
    }

    /// The dialect that VER agreed on.
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
            _ => bail!("the server answered something else in place of {what}"),
        }
    }

    /// Reads the whole list: SYN and its burst, up to the last LST.
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

    /// The next transaction id.
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

    /// The first line, of those that came and those that come, in which `pick` finds what it looks for. Others stay for
    /// later.
    ///
    /// # Errors
    /// `what` did not come in time, or the server closed.
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

    /// The first line that `wanted` wants, whole.
    ///
    /// # Errors
    /// As [`Self::wait_for`]; an error code of the server is an error too.
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
            ServerCommand::Error(_, code) => bail!("the server answered {code} in place of {what}"),
            line => Ok(line),
        }
    }

    /// The next line, however long it takes; `None` when the server closed. What cannot be read is left out.
    pub async fn next(&mut self) -> anyhow::Result<Option<ServerCommand>> {
        while let Some(frame) = self.link.next().await? {
            if let Ok(line) = ServerCommand::decode(self.dialect, frame.as_frame()) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// Waits for the end of the connection.
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
    /// Dials.
    pub async fn dial(address: SocketAddr, tap: Tap) -> anyhow::Result<Self> {
        Self::dial_within(address, tap, link::PATIENCE).await
    }

    /// As [`NotificationClient::dial_within`].
    pub async fn dial_within(address: SocketAddr, tap: Tap, patience: Duration) -> anyhow::Result<Self> {
        Ok(Self { link: Link::switchboard(address, tap, patience).await?, trid: 0 })
    }

    /// The next transaction id.
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

    /// The next frame, however long it takes; `None` when the server closed.
    pub async fn next(&mut self) -> anyhow::Result<Option<OwnedFrame>> {
        self.link.next().await
    }

    /// As [`NotificationClient::wait_for`]; an error code of the server is an answer too.
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

    /// As [`NotificationClient::wait_for`]; an error code of the server is an error.
    pub async fn wait_for<T>(
        &mut self,
        what: &str,
        pick: impl FnMut(&switchboard::ServerCommand<'_>) -> Option<T>,
    ) -> anyhow::Result<T> {
        match self.answer(what, pick).await? {
            Ok(found) => Ok(found),
            Err(code) => bail!("the server answered {code} in place of {what}"),
        }
    }

    /// Waits for the end of the connection.
    pub async fn closed(&mut self) -> anyhow::Result<()> {
        self.link.closed().await
    }
}
