//! One conversation on a switchboard. It keeps every text until the server has confirmed it, so that none is lost unnoticed.

use std::net::SocketAddr;

use anyhow::bail;
use msnp::notification::Rng;
use msnp::switchboard::{AckFlag, ClientCommand, Cookie, ServerCommand};
use msnp::{ErrorCode, Handle, TrId};
use msnp_client::{OwnedFrame, SwitchboardClient, Tap};

use super::screen::Screen;

/// The head of a text message (docs/protocol/payloads.md section 2).
const TEXT_HEAD: &str = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Tahoma; EF=; CO=0; CS=0; PF=22\r\n\r\n";
/// The longest text that fits into a message with its head, in bytes (sb.md section 6). A longer text is sent in pieces.
const MAX_TEXT: usize = 1400;

/// The switchboard connection of a user at a terminal.
pub(super) struct Conversation {
    link: SwitchboardClient,
    /// The number of other members.
    others: usize,
    /// Texts that were not sent, because no other member is here.
    pub(super) unsent: Vec<String>,
    /// Texts that were sent, and that the server has neither confirmed nor refused.
    unconfirmed: Vec<(TrId, String)>,
}

impl Conversation {
    /// Opens a conversation and calls `callee`.
    pub(super) async fn open(me: &Handle, callee: &Handle, address: &str, cookie: Cookie) -> anyhow::Result<Self> {
        let mut link = dial(address).await?;
        let trid = link.next_trid();
        link.send(&ClientCommand::Usr { trid, handle: Some(me.clone()), cookie }).await?;
        let is_open = |line: &ServerCommand<'_>| matches!(line, ServerCommand::Opened { .. }).then_some(());
        link.wait_for("the answer to USR", is_open).await?;
        let trid = link.next_trid();
        link.send(&ClientCommand::Cal { trid, callee: callee.clone() }).await?;
        let rings = |line: &ServerCommand<'_>| matches!(line, ServerCommand::Ringing(..)).then_some(());
        match link.answer("the answer to CAL", rings).await? {
            Ok(()) => Ok(Self::new(link, 0)),
            Err(ErrorCode::NotOnline) => bail!("{callee} is offline"),
            Err(code) => bail!("could not call {callee}: the server answered {code}"),
        }
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
        link.wait_for("the answer to ANS", joined).await?;
        Ok(Self::new(link, usize::try_from(others).unwrap_or(1)))
    }

    fn new(link: SwitchboardClient, others: usize) -> Self {
        Self { link, others, unsent: Vec::new(), unconfirmed: Vec::new() }
    }

    /// Sends a text, or keeps it until another member joins.
    ///
    /// # Errors
    /// Returns the error of the connection. The text is then kept.
    pub(super) async fn say(&mut self, text: String) -> anyhow::Result<()> {
        if self.others == 0 {
            self.unsent.push(text);
            return Ok(());
        }
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(rest.floor_char_boundary(MAX_TEXT));
            let payload = format!("{TEXT_HEAD}{piece}");
            let trid = self.link.next_trid();
            // Before it is sent: if the connection is broken, the text is not lost.
            self.unconfirmed.push((trid, piece.to_owned()));
            self.link.send(&ClientCommand::Msg { trid, flag: AckFlag::Always, payload: payload.as_bytes() }).await?;
            rest = more;
        }
        Ok(())
    }

    /// Sends texts in their order.
    ///
    /// # Errors
    /// As [`Self::say`].
    pub(super) async fn say_all(&mut self, texts: Vec<String>) -> anyhow::Result<()> {
        let mut texts = texts.into_iter();
        while let Some(text) = texts.next() {
            if let Err(error) = self.say(text).await {
                self.unsent.extend(texts);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Returns whether a text is not sent yet, or not confirmed.
    pub(super) fn is_pending(&self) -> bool {
        !self.unsent.is_empty() || !self.unconfirmed.is_empty()
    }

    /// Shows the texts that did not arrive, or may not have arrived.
    pub(super) fn show_losses(&self, screen: &Screen) {
        for (_, text) in &self.unconfirmed {
            screen.note(format_args!("May not have arrived: {text}"));
        }
        for text in &self.unsent {
            screen.note(format_args!("Not sent: {text}"));
        }
    }

    /// Leaves the conversation. It does not matter if the server is already gone.
    pub(super) async fn leave(&mut self) {
        let _ = self.link.send(&ClientCommand::Out).await;
    }

    async fn on_join(&mut self) -> anyhow::Result<()> {
        self.others += 1;
        let unsent = std::mem::take(&mut self.unsent);
        self.say_all(unsent).await
    }

    /// Forgets the text of a message that the server has confirmed or refused, and returns it.
    fn settle(&mut self, trid: TrId) -> Option<String> {
        let place = self.unconfirmed.iter().position(|(of, _)| *of == trid)?;
        Some(self.unconfirmed.remove(place).1)
    }

    /// Another member has left. Returns whether one remains.
    fn on_bye(&mut self) -> bool {
        self.others = self.others.saturating_sub(1);
        if self.others == 0 {
            // The server answers on this connection, in order: an ACK of a text that arrived would have come before BYE.
            let lost = std::mem::take(&mut self.unconfirmed);
            self.unsent.splice(0..0, lost.into_iter().map(|(_, text)| text));
        }
        self.others > 0
    }
}

async fn dial(address: &str) -> anyhow::Result<SwitchboardClient> {
    let address: SocketAddr = match address.parse() {
        Ok(address) => address,
        Err(_) => match tokio::net::lookup_host(address).await.ok().and_then(|mut found| found.next()) {
            Some(address) => address,
            None => bail!("could not find the switchboard {address} that the server named"),
        },
    };
    let no_tap: Tap = std::sync::Arc::new(|_| {});
    SwitchboardClient::dial(address, no_tap).await
}

/// Waits for the next frame of a conversation, if one is open. Returns `None` at the end of the connection.
pub(super) async fn next(conversation: &mut Option<Conversation>) -> anyhow::Result<Option<OwnedFrame>> {
    match conversation {
        Some(conversation) => conversation.link.next().await,
        None => std::future::pending().await,
    }
}

/// Handles a frame. Returns whether the conversation continues.
pub(super) async fn receive(
    conversation: &mut Option<Conversation>,
    screen: &Screen,
    frame: Option<OwnedFrame>,
) -> anyhow::Result<bool> {
    let (Some(conversation), Some(frame)) = (conversation, frame) else { return Ok(false) };
    match ServerCommand::decode(frame.as_frame()) {
        Ok(ServerCommand::Join(_)) => conversation.on_join().await?,
        Ok(ServerCommand::Message { handle, payload, .. }) => screen.message(&handle, payload),
        Ok(ServerCommand::Ack(trid)) => drop(conversation.settle(trid)),
        Ok(ServerCommand::Nak(trid)) => {
            if let Some(text) = conversation.settle(trid) {
                screen.note(format_args!("Not sent: {text}"));
            }
        }
        Ok(ServerCommand::Bye { .. }) => {
            let continues = conversation.on_bye();
            if !continues {
                conversation.leave().await;
            }
            return Ok(continues);
        }
        _ => {}
    }
    Ok(true)
}
