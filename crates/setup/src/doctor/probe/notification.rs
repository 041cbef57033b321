//! A notification connection of the doctor.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use msnp::frame::LineRules;
use msnp::notification::{ClientCommand, Cvr, ServerCommand, SignInAnswer, Usr, Ver, server_payload_length};
use msnp::{Dialect, Handle, TrId};

use super::link::Link;
use crate::client_table::ClientInfo;

/// The longest payload that is accepted from a server, in bytes.
const MAX_PAYLOAD: usize = 64 * 1024;

/// A notification connection.
pub(in crate::doctor) struct NotificationProbe {
    link: Link,
    trid: u32,
    /// The dialect that the two sides agreed on in VER. Before VER, the newest dialect.
    dialect: Dialect,
}

/// The answer to a client that has named its account, but has not sent a ticket yet.
pub(in crate::doctor) enum Greeting {
    /// The server expects a ticket.
    Policy,
    /// The server redirects the client to a notification server, `host:port`.
    Redirected(String),
}

impl NotificationProbe {
    /// Connects to the notification server.
    pub(in crate::doctor) async fn dial(address: SocketAddr) -> anyhow::Result<Self> {
        let length = |line: &[u8]| server_payload_length(line, MAX_PAYLOAD);
        let link = Link::dial(address, LineRules::NOTIFICATION, length).await?;
        Ok(Self { link, trid: 0, dialect: Dialect::Msnp12 })
    }

    /// Carries out the first steps of signing in, until the server asks for a ticket: VER, CVR, USR
    /// I.
    ///
    /// # Errors
    /// Returns the server's answer if it is not the expected one.
    pub(in crate::doctor) async fn greet(&mut self, info: ClientInfo, handle: &Handle) -> anyhow::Result<Greeting> {
        use ClientCommand as Command;
        let offer = info.offer.iter().map(ToString::to_string).collect();
        let ver = Command::Ver(Ver { trid: self.next_trid(), offer });
        let agreed = self.step(ver, "the dialect", |line| matches!(line, SignInAnswer::Ver { .. })).await?;
        if let SignInAnswer::Ver { words, .. } = agreed {
            let dialect = words.iter().find_map(|word| Dialect::from_name(word));
            self.dialect = dialect
                .with_context(|| format!("the server supports none of the dialects {}", info.offer.join(", ")))?;
        }
        let cvr = Command::Cvr(cvr(self.next_trid(), info.version, handle));
        self.step(cvr, "the version", |line| matches!(line, SignInAnswer::Cvr { .. })).await?;
        let initial = Command::Usr(Usr::Initial { trid: self.next_trid(), handle: handle.clone() });
        let is_greeting =
            |line: &SignInAnswer| matches!(line, SignInAnswer::Policy { .. } | SignInAnswer::Transfer { .. });
        match self.step(initial, "the policy", is_greeting).await? {
            SignInAnswer::Transfer { notification, .. } => Ok(Greeting::Redirected(notification)),
            _ => Ok(Greeting::Policy),
        }
    }

    /// Returns the dialect that the two sides agreed on in VER.
    pub(in crate::doctor) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the next transaction id.
    pub(in crate::doctor) fn next_trid(&mut self) -> TrId {
        self.trid += 1;
        TrId::new(self.trid)
    }

    /// Sends a command.
    pub(in crate::doctor) async fn send(&mut self, command: &ClientCommand) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        command.encode(self.dialect, &mut bytes)?;
        self.link.send(&bytes).await
    }

    /// Waits for the first line from which `pick` returns something. Drops the lines before it.
    ///
    /// # Errors
    /// Returns an error that contains `what` if the line does not arrive in time, or the server closes the connection.
    pub(in crate::doctor) async fn wait_for<T>(
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

    /// Sends a command of the sign-in, and waits for its answer.
    async fn step(
        &mut self,
        command: ClientCommand,
        what: &str,
        wanted: impl Fn(&SignInAnswer) -> bool,
    ) -> anyhow::Result<SignInAnswer> {
        self.send(&command).await?;
        let answer = self.wait_for(what, |line| match line {
            ServerCommand::SignIn(answer) if wanted(answer) => Some(Ok(answer.clone())),
            ServerCommand::Error(_, code) => Some(Err(*code)),
            _ => None,
        });
        match answer.await? {
            Ok(answer) => Ok(answer),
            Err(code) => bail!("the server answered {code} instead of {what}"),
        }
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
