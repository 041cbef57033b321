//! `swallowtail chat`: a client for a terminal, to try out a server.

mod conversation;
mod screen;
mod servers;
#[cfg(test)]
mod tests;
mod typed;

use std::time::Duration;

use anyhow::{Context, bail};
use msnp::challenge::{Algorithm, answer};
use msnp::notification::{
    Adc, Addition, Chg, ClientCommand, ContactLine, OutReason, PresenceLine, Qry, Rng, ServerCommand, ServiceLine,
    SignInAnswer,
};
use msnp::{DisplayName, ErrorCode, Handle, List, Status, Text};
use msnp_client::{CAPABILITIES, NotificationClient, OwnedFrame, Tap, fetch_ticket};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use conversation::Conversation;
use screen::Screen;
pub(super) use servers::{Servers, look_for};
use swallowtail_config::is_private;
use typed::{HELP, Typed};

/// The product whose key is used to answer challenges: that of client 7.5 (docs/protocol/challenge.md).
const PRODUCT: &str = "PROD0090YUAUV{2B";
/// The time between two pings, which keep the session alive (framing.md section 10).
const PING: Duration = Duration::from_secs(45);
/// The time that a pending text is kept after the end of the input.
const LAST_WAIT: Duration = Duration::from_secs(10);

/// A user at a terminal.
pub(super) struct Chat {
    me: Handle,
    other: Handle,
    screen: Screen,
    notification: NotificationClient,
    conversation: Option<Conversation>,
}

/// Signs in, adds `other` as a contact, and sends what is typed until the input ends or Ctrl-C is pressed.
pub(super) async fn run(servers: &Servers, me: Handle, password: &str, other: Handle) -> anyhow::Result<()> {
    if !is_private(servers.http.ip()) {
        bail!(
            "the address {} is not private, and this client would send the password to it unencrypted; use chat only with a \
             server on this machine or network",
            servers.http
        );
    }
    let no_tap: Tap = std::sync::Arc::new(|_| {});
    let ticket = fetch_ticket(servers.http, &me, password, &no_tap).await?;
    let mut notification = NotificationClient::sign_in(servers.notification, &me, &ticket, no_tap).await?;
    notification.synchronize().await?;
    let mut chat = Chat { me, other, screen: Screen::terminal(), notification, conversation: None };
    chat.add_other().await?;
    let chg = Chg::new(chat.notification.next_trid(), Status::Online, CAPABILITIES, None);
    chat.notification.send(&ClientCommand::Chg(chg)).await?;
    chat.screen.note(format_args!(
        "You are signed in as {}. A line appears when {} comes online or goes offline. Type a text and press Enter to send \
         it; /help shows the commands.",
        chat.me, chat.other
    ));
    tokio::select! {
        served = chat.serve(screen::typed_lines()) => served?,
        _ = tokio::signal::ctrl_c() => screen::end_line(),
    }
    chat.leave().await
}

/// Waits until `end`; forever if it is `None`.
async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

impl Chat {
    /// Adds the other user to AL, so that they can see and call this one, and to FL. It is not an error if they are on
    /// these lists already.
    async fn add_other(&mut self) -> anyhow::Result<()> {
        self.allow(self.other.clone()).await?;
        let nickname = DisplayName::from(&self.other);
        let text = Text::encode(nickname.as_str());
        let addition = Addition::Contact { handle: self.other.clone(), nickname: Some((nickname, text)), group: None };
        match self.edit(addition).await? {
            None | Some(ErrorCode::AlreadyThere) => Ok(()),
            Some(ErrorCode::InvalidUser | ErrorCode::InvalidUsername) => {
                bail!("the account {} does not exist", self.other)
            }
            Some(code) => bail!("could not add {}: the server answered {code}", self.other),
        }
    }

    async fn allow(&mut self, handle: Handle) -> anyhow::Result<()> {
        self.edit(Addition::ToList { list: List::Allow, handle, nickname: None }).await.map(drop)
    }

    /// Sends ADC. Returns the error code if the server refuses it.
    async fn edit(&mut self, addition: Addition) -> anyhow::Result<Option<ErrorCode>> {
        let trid = self.notification.next_trid();
        self.notification.send(&ClientCommand::Adc(Adc { trid, addition })).await?;
        let answer = self.notification.wait_for("the answer to ADC", |line| match line {
            ServerCommand::Error(of, code) if *of == trid => Some(Some(*code)),
            ServerCommand::Contact(ContactLine::Added { trid: of, .. }) if *of == trid => Some(None),
            ServerCommand::Contact(ContactLine::Addition(adc)) if adc.trid == trid => Some(None),
            _ => None,
        });
        answer.await
    }

    /// Runs until the session or the input ends. After the input, pending texts have a little more time.
    async fn serve(&mut self, mut typed: mpsc::Receiver<String>) -> anyhow::Result<()> {
        let mut ping = interval_at(Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut leaving = None;
        loop {
            if leaving.is_some() && !self.is_pending() {
                return Ok(());
            }
            tokio::select! {
                // Received lines come before typed ones: they may say that the other user has left.
                biased;
                () = until(leaving) => return Ok(()),
                _ = ping.tick() => self.notification.send(&ClientCommand::Png).await?,
                line = self.notification.next() => match line? {
                    Some(line) => if self.on_notification(line).await? { return Ok(()) },
                    None => bail!("the server closed the connection"),
                },
                frame = conversation::next(&mut self.conversation) => self.receive(frame).await,
                text = typed.recv(), if leaving.is_none() => match text {
                    Some(line) => if self.on_typed(&line).await { return Ok(()) },
                    None => leaving = Some(Instant::now() + LAST_WAIT),
                },
            }
        }
    }

    fn is_pending(&self) -> bool {
        self.conversation.as_ref().is_some_and(Conversation::is_pending)
    }

    /// Handles a frame of the conversation. An error there ends the conversation, but not the session.
    async fn receive(&mut self, frame: anyhow::Result<Option<OwnedFrame>>) {
        let continues = match frame {
            Ok(frame) => conversation::receive(&mut self.conversation, &self.screen, frame).await,
            Err(error) => Err(error),
        };
        if !matches!(continues, Ok(true)) {
            self.end_conversation(continues.err());
        }
    }

    /// Ends the conversation and shows the texts that are lost with it.
    fn end_conversation(&mut self, why: Option<anyhow::Error>) {
        let Some(conversation) = self.conversation.take() else { return };
        if let Some(why) = why {
            self.screen.note(format_args!("The conversation was interrupted: {why:#}"));
        }
        conversation.show_losses(&self.screen);
    }

    /// Handles a line of the notification server. Returns whether the session is over.
    async fn on_notification(&mut self, line: ServerCommand) -> anyhow::Result<bool> {
        match line {
            ServerCommand::Presence(PresenceLine::Initial(_, who) | PresenceLine::Online(who)) => {
                self.screen.note(format_args!("{} is {}.", who.handle, screen::words(who.status)));
            }
            ServerCommand::Presence(PresenceLine::Offline(handle)) => {
                self.screen.note(format_args!("{handle} is {}.", screen::words(Status::Hidden)));
                // BYE comes over the connection to the switchboard, perhaps later. A text sent before that would be lost.
                if handle == self.other {
                    self.end_conversation(None);
                }
            }
            ServerCommand::Contact(ContactLine::ReverseAdded { handle, .. }) => {
                self.screen.note(format_args!("{handle} has added you."));
            }
            ServerCommand::Service(ServiceLine::Challenge(_, challenge)) => self.meet_challenge(&challenge).await?,
            ServerCommand::Service(ServiceLine::Ring(ring)) => self.answer_call(ring).await,
            ServerCommand::Service(ServiceLine::Message(payload) | ServiceLine::Notification(payload)) => {
                self.screen.server_message(&payload);
            }
            ServerCommand::SignIn(SignInAnswer::Transfer { notification, .. }) => {
                self.screen.note(format_args!(
                    "The server asks clients to move to {notification}. This client does not move."
                ));
            }
            ServerCommand::Out(reason) => {
                self.screen.note(match reason {
                    Some(OutReason::SignedInElsewhere) => {
                        format_args!("You were signed out, because you signed in elsewhere.")
                    }
                    Some(OutReason::ShuttingDown) => format_args!("The server has stopped."),
                    _ => format_args!("The server has signed you out."),
                });
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    }

    async fn meet_challenge(&mut self, challenge: &str) -> anyhow::Result<()> {
        let answer =
            answer(Algorithm::New, challenge, PRODUCT).context("could not answer the challenge of the server")?;
        let trid = self.notification.next_trid();
        let qry = Qry { trid, product_id: PRODUCT.to_owned(), answer: answer.into_bytes() };
        self.notification.send(&ClientCommand::Qry(qry)).await
    }

    /// Answers a call of the other user, and sends the pending texts there.
    async fn answer_call(&mut self, ring: Rng) {
        if ring.caller != self.other {
            self.screen.note(format_args!(
                "{} is calling you. This chat is with {}, so the call is not answered.",
                ring.caller, self.other
            ));
            return;
        }
        match Conversation::join(&self.me, ring).await {
            Ok(mut conversation) => {
                let unsent = self.conversation.as_mut().map(|old| std::mem::take(&mut old.unsent));
                self.end_conversation(None);
                let said = conversation.say_all(unsent.unwrap_or_default()).await;
                self.conversation = Some(conversation);
                if let Err(error) = said {
                    self.end_conversation(Some(error));
                }
            }
            Err(error) => self.screen.note(format_args!("Could not answer a call: {error:#}")),
        }
    }

    /// Handles a typed line. Returns whether the user wants to leave.
    async fn on_typed(&mut self, line: &str) -> bool {
        match Typed::parse(line) {
            Typed::Blank => {}
            Typed::Text(text) => self.say(text.to_owned()).await,
            Typed::Help => HELP.iter().for_each(|line| self.screen.note(format_args!("{line}"))),
            Typed::Quit => return true,
            Typed::Unknown(command) => self.screen.note(format_args!(
                "Unknown command {command}; nothing was sent. /help shows the commands. To send a text that begins with /, type //."
            )),
        }
        false
    }

    async fn say(&mut self, text: String) {
        if self.conversation.is_none() {
            match self.call().await {
                Ok(conversation) => self.conversation = Some(conversation),
                Err(error) => return self.screen.note(format_args!("Not sent: {error:#}")),
            }
        }
        let Some(conversation) = &mut self.conversation else { return };
        if let Err(error) = conversation.say(text).await {
            self.end_conversation(Some(error));
        }
    }

    async fn call(&mut self) -> anyhow::Result<Conversation> {
        let trid = self.notification.next_trid();
        self.notification.send(&ClientCommand::Xfr(trid)).await?;
        let board = self.notification.wait_for("a switchboard", |line| match line {
            ServerCommand::Service(ServiceLine::Switchboard { trid: of, address, cookie }) if *of == trid => {
                Some(Ok((address.clone(), cookie.clone())))
            }
            ServerCommand::Error(of, code) if *of == trid => Some(Err(*code)),
            _ => None,
        });
        match board.await? {
            Ok((address, cookie)) => Conversation::open(&self.me, &self.other, &address, cookie).await,
            Err(code) => bail!("the server opens no conversation: it answered {code}"),
        }
    }

    async fn leave(&mut self) -> anyhow::Result<()> {
        if let Some(conversation) = &mut self.conversation {
            conversation.leave().await;
        }
        self.end_conversation(None);
        // The server may have closed the connection already.
        let _ = self.notification.send(&ClientCommand::Out).await;
        Ok(())
    }
}
