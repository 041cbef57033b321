//! One conversation: what is said before somebody is there waits until they are.

use std::net::SocketAddr;

use anyhow::bail;
use msnp::notification::Rng;
use msnp::switchboard::{AckFlag, ClientCommand, Cookie, ServerCommand};
use msnp::{ErrorCode, Handle};
use msnp_client::{OwnedFrame, SwitchboardClient, Tap};

use super::screen::Screen;

/// What stands before a text (docs/protocol/payloads.md section 2).
const TEXT_HEAD: &str = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Tahoma; EF=; CO=0; CS=0; PF=22\r\n\r\n";
/// The longest text that fits into a message with its head (sb.md section 6); a longer one goes in pieces.
const LONGEST_TEXT: usize = 1400;

/// A switchboard connection of somebody at a terminal.
pub(super) struct Conversation {
    link: SwitchboardClient,
    /// How many others are there.
    others: usize,
    /// What nobody is there for yet.
    pub(super) waiting: Vec<String>,
}

impl Conversation {
    /// Opens one and calls somebody.
    pub(super) async fn open(me: &Handle, callee: &Handle, address: &str, cookie: Cookie) -> anyhow::Result<Self> {
        let mut link = dial(address).await?;
        let trid = link.next_trid();
        link.send(&ClientCommand::Usr { trid, handle: Some(me.clone()), cookie }).await?;
        let is_open = |line: &ServerCommand<'_>| matches!(line, ServerCommand::Opened { .. }).then_some(());
        link.wait_for("that the conversation is open", is_open).await?;
        let trid = link.next_trid();
        link.send(&ClientCommand::Cal { trid, callee: callee.clone() }).await?;
        let rings = |line: &ServerCommand<'_>| matches!(line, ServerCommand::Ringing(..)).then_some(());
        match link.answer("that it rings", rings).await? {
            Ok(()) => {}
            Err(ErrorCode::NotOnline) => bail!("{callee} is off line"),
            Err(code) => bail!("{callee} cannot be called: the server says {code}"),
        }
        Ok(Self { link, others: 0, waiting: Vec::new() })
    }

    /// Answers a call.
    pub(super) async fn join(me: &Handle, ring: Rng) -> anyhow::Result<Self> {
        let mut link = dial(&ring.address).await?;
        let trid = link.next_trid();
        let (handle, session) = (Some(me.clone()), Some(ring.session));
        link.send(&ClientCommand::Ans { trid, handle, cookie: ring.cookie, session }).await?;
        let mut others = 0;
        let joined = |line: &ServerCommand<'_>| match line {
            ServerCommand::Roster { total, .. } => {
                others = *total;
                None
            }
            ServerCommand::Joined(_) => Some(()),
            _ => None,
        };
        link.wait_for("that the conversation is joined", joined).await?;
        Ok(Self { link, others: usize::try_from(others).unwrap_or(1), waiting: Vec::new() })
    }

    /// Says something, now or when somebody has joined.
    pub(super) async fn say(&mut self, text: String) -> anyhow::Result<()> {
        if self.others == 0 {
            self.waiting.push(text);
            return Ok(());
        }
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(rest.floor_char_boundary(LONGEST_TEXT));
            let payload = format!("{TEXT_HEAD}{piece}");
            let trid = self.link.next_trid();
            self.link.send(&ClientCommand::Msg { trid, flag: AckFlag::OnFailure, payload: payload.as_bytes() }).await?;
            rest = more;
        }
        Ok(())
    }

    /// Says all of these, in their order.
    pub(super) async fn say_all(&mut self, texts: Vec<String>) -> anyhow::Result<()> {
        for text in texts {
            self.say(text).await?;
        }
        Ok(())
    }

    async fn joined(&mut self) -> anyhow::Result<()> {
        self.others += 1;
        let waiting = std::mem::take(&mut self.waiting);
        self.say_all(waiting).await
    }

    /// Goes away; that the server may be gone already is no matter.
    pub(super) async fn leave(&mut self) {
        let _ = self.link.send(&ClientCommand::Out).await;
    }
}

async fn dial(address: &str) -> anyhow::Result<SwitchboardClient> {
    let address: SocketAddr = match address.parse() {
        Ok(address) => address,
        Err(_) => match tokio::net::lookup_host(address).await.ok().and_then(|mut found| found.next()) {
            Some(address) => address,
            None => bail!("the server told {address}, which is no address that can be found"),
        },
    };
    let nobody: Tap = std::sync::Arc::new(|_| {});
    SwitchboardClient::dial(address, nobody).await
}

/// What comes next in a conversation, if there is one; `None` when it is over.
pub(super) async fn next(conversation: &mut Option<Conversation>) -> anyhow::Result<Option<OwnedFrame>> {
    match conversation {
        Some(conversation) => conversation.link.next().await,
        None => std::future::pending().await,
    }
}

/// Shows what came. `false` when the conversation is over.
pub(super) async fn hear(
    conversation: &mut Option<Conversation>,
    screen: &Screen,
    frame: Option<OwnedFrame>,
) -> anyhow::Result<bool> {
    let (Some(conversation), Some(frame)) = (conversation, frame) else { return Ok(false) };
    match ServerCommand::decode(frame.as_frame()) {
        Ok(ServerCommand::Join(_)) => conversation.joined().await?,
        Ok(ServerCommand::Message { handle, payload, .. }) => screen.message(&handle, payload),
        Ok(ServerCommand::Nak(_)) => screen.note(format_args!("The last message did not arrive.")),
        Ok(ServerCommand::Bye { .. }) => {
            conversation.others = conversation.others.saturating_sub(1);
            if conversation.others == 0 {
                conversation.leave().await;
                return Ok(false);
            }
        }
        _ => {}
    }
    Ok(true)
}
