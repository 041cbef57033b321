//! A small MSNP12 client: for the demo, for `swallowtail chat`, and for the tests of the server.
//!
//! It says what it is told to say, hands over what the server says, and can show both to somebody ([`Tap`]).

mod link;
mod passport;

use std::net::SocketAddr;

use anyhow::{Context, bail};
use msnp::notification::{ClientCommand, CopyOf, Cvr, ServerCommand, SignInAnswer, Syn, Ticket, Usr, Ver};
use msnp::switchboard;
use msnp::{Capabilities, Dialect, ErrorCode, Handle, TrId};

pub use link::{Link, OwnedFrame, Tap, Wire};
pub use passport::fetch_ticket;

/// What client 7.5 says that it can do (docs/protocol/identity.md).
pub const CAPABILITIES: Capabilities = Capabilities(1_342_554_172);
/// What the client speaks.
const DIALECT: Dialect = Dialect::Msnp12;

/// A notification connection.
pub struct NotificationClient {
    link: Link,
    trid: u32,
}

impl NotificationClient {
    /// Dials and signs in: VER, CVR, USR.
    ///
    /// # Errors
    /// Says what the server answered instead of USR OK.
    pub async fn sign_in(address: SocketAddr, handle: &Handle, ticket: &Ticket, tap: Tap) -> anyhow::Result<Self> {
        use ClientCommand as Command;
        let mut client = Self { link: Link::notification(address, tap).await?, trid: 0 };
        let offer = ["MSNP12", "MSNP11", "CVR0"].map(str::to_owned).to_vec();
        let ver = Command::Ver(Ver { trid: client.next_trid(), offer });
        client.sign_in_step(ver, "the dialect", |line| matches!(line, SignInAnswer::Ver { .. })).await?;
        let cvr = Command::Cvr(cvr(client.next_trid(), handle));
        client.sign_in_step(cvr, "the version", |line| matches!(line, SignInAnswer::Cvr { .. })).await?;
        let who = Command::Usr(Usr::Initial { trid: client.next_trid(), handle: handle.clone() });
        client.sign_in_step(who, "the policy", |line| matches!(line, SignInAnswer::Policy { .. })).await?;
        let proof = Command::Usr(Usr::Ticket { trid: client.next_trid(), ticket: ticket.clone() });
        client.sign_in_step(proof, "USR OK", |line| matches!(line, SignInAnswer::Ok { .. })).await?;
        Ok(client)
    }

    async fn sign_in_step(
        &mut self,
        command: ClientCommand,
        what: &str,
        wanted: impl Fn(&SignInAnswer) -> bool,
    ) -> anyhow::Result<()> {
        self.send(&command).await?;
        let answer = |line: &ServerCommand| matches!(line, ServerCommand::SignIn(answer) if wanted(answer));
        self.answer(what, answer).await.map(drop)
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
        command.encode(DIALECT, &mut bytes);
        self.link.send(&bytes).await
    }

    /// The first line, of those that came and those that come, in which `pick` finds what it looks for. Others stay for later.
    ///
    /// # Errors
    /// `what` did not come in time, or the server closed.
    pub async fn wait_for<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&ServerCommand) -> Option<T>,
    ) -> anyhow::Result<T> {
        let found = self.link.wait_for(|frame| {
            let line = ServerCommand::decode(DIALECT, frame.as_frame());
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
            if let Ok(line) = ServerCommand::decode(DIALECT, frame.as_frame()) {
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

fn cvr(trid: TrId, handle: &Handle) -> Cvr {
    Cvr {
        trid,
        locale: 1033,
        system: ["winnt", "5.1", "i386"].map(str::to_owned),
        client: "MSNMSGR".to_owned(),
        version: "7.5.0324".to_owned(),
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
        Ok(Self { link: Link::switchboard(address, tap).await?, trid: 0 })
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

    /// As [`NotificationClient::wait_for`]; an error code of the server is an error.
    pub async fn wait_for<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&switchboard::ServerCommand<'_>) -> Option<T>,
    ) -> anyhow::Result<T> {
        let found = self.link.wait_for(|frame| {
            use switchboard::ServerCommand;
            match ServerCommand::decode(frame.as_frame()).ok()? {
                ServerCommand::Error(_, code) => Some(Err::<T, ErrorCode>(code)),
                line => pick(&line).map(Ok),
            }
        });
        match found.await.with_context(|| format!("waiting for {what}"))? {
            Ok(found) => Ok(found),
            Err(code) => bail!("the server answered {code} in place of {what}"),
        }
    }

    /// Waits for the end of the connection.
    pub async fn closed(&mut self) -> anyhow::Result<()> {
        self.link.closed().await
    }
}
