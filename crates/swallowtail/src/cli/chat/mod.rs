//! `swallowtail chat`: a client for a terminal, to try a server with.

mod conversation;
mod screen;
mod servers;
#[cfg(test)]
mod tests;

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

/// The product whose key answers challenges (docs/protocol/challenge.md): that of client 7.5.
const PRODUCT: &str = "PROD0090YUAUV{2B";
/// How often the server is told that we are here (framing.md section 10).
const PING: Duration = Duration::from_secs(45);
/// When the input has ended, how long what was typed may wait for the other one to join.
const LAST_WAIT: Duration = Duration::from_secs(10);

/// Somebody at a terminal.
pub(super) struct Chat {
    me: Handle,
    other: Handle,
    screen: Screen,
    notification: NotificationClient,
    conversation: Option<Conversation>,
}

/// Signs in, adds the other one, and passes on what is typed until the input ends or Ctrl-C comes.
pub(super) async fn run(servers: &Servers, me: Handle, password: &str, other: Handle) -> anyhow::Result<()> {
    if !is_private(servers.http.ip()) {
        bail!(
            "{} is far away, and the password would go there in clear. This client is for servers near by",
            servers.http
        );
    }
    let nobody: Tap = std::sync::Arc::new(|_| {});
    let ticket = fetch_ticket(servers.http, &me, password, &nobody).await?;
    let mut notification = NotificationClient::sign_in(servers.notification, &me, &ticket, nobody).await?;
    notification.synchronize().await?;
    let mut chat = Chat { me, other, screen: Screen, notification, conversation: None };
    chat.add_other().await?;
    let chg = Chg::new(chat.notification.next_trid(), Status::Online, CAPABILITIES, None);
    chat.notification.send(&ClientCommand::Chg(chg)).await?;
    chat.screen.note(format_args!(
        "You are signed in as {}, and will see when {} is on line. Type and press Enter; Ctrl-C leaves.",
        chat.me, chat.other
    ));
    tokio::select! {
        served = chat.serve(screen::typed_lines()) => served?,
        _ = tokio::signal::ctrl_c() => screen::end_line(),
    }
    chat.leave().await
}

/// Never, if there is no end.
async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

impl Chat {
    /// On AL, so that the other one may see and call us, and on FL. That somebody is there already is no error.
    async fn add_other(&mut self) -> anyhow::Result<()> {
        self.allow(self.other.clone()).await?;
        let nickname = DisplayName::from(&self.other);
        let text = Text::encode(nickname.as_str());
        let addition = Addition::Contact { handle: self.other.clone(), nickname: Some((nickname, text)), group: None };
        match self.edit(addition).await? {
            None | Some(ErrorCode::AlreadyThere) => Ok(()),
            Some(ErrorCode::InvalidUser | ErrorCode::InvalidUsername) => bail!("there is no account {}", self.other),
            Some(code) => bail!("{} could not be added: {code}", self.other),
        }
    }

    async fn allow(&mut self, handle: Handle) -> anyhow::Result<()> {
        self.edit(Addition::ToList { list: List::Allow, handle, nickname: None }).await.map(drop)
    }

    /// What the server says to ADC: nothing if it is done, else the code.
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

    /// Until the session is over or the input ends; what waits for the other one then has a little longer.
    async fn serve(&mut self, mut typed: mpsc::Receiver<String>) -> anyhow::Result<()> {
        let mut ping = interval_at(Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut leaving = None;
        loop {
            if leaving.is_some() && !self.is_something_waiting() {
                return Ok(());
            }
            tokio::select! {
                line = self.notification.next() => match line? {
                    Some(line) => if self.on_notification(line).await? { return Ok(()) },
                    None => bail!("the server closed the connection"),
                },
                heard = conversation::next(&mut self.conversation) => self.hear(heard).await,
                text = typed.recv(), if leaving.is_none() => match text {
                    Some(text) => self.say(text).await,
                    None => leaving = Some(Instant::now() + LAST_WAIT),
                },
                _ = ping.tick() => self.notification.send(&ClientCommand::Png).await?,
                () = until(leaving) => return Ok(()),
            }
        }
    }

    fn is_something_waiting(&self) -> bool {
        self.conversation.as_ref().is_some_and(|conversation| !conversation.waiting.is_empty())
    }

    /// What came in the conversation. Whatever goes wrong there ends it, and nothing else.
    async fn hear(&mut self, heard: anyhow::Result<Option<OwnedFrame>>) {
        let goes_on = match heard {
            Ok(frame) => conversation::hear(&mut self.conversation, &self.screen, frame).await,
            Err(error) => Err(error),
        };
        if !matches!(goes_on, Ok(true)) {
            self.end_conversation(goes_on.err());
        }
    }

    /// What was typed and nobody heard is said so.
    fn end_conversation(&mut self, why: Option<anyhow::Error>) {
        let Some(conversation) = self.conversation.take() else { return };
        if let Some(why) = why {
            self.screen.note(format_args!("The conversation broke off: {why:#}"));
        }
        for text in conversation.waiting {
            self.screen.note(format_args!("Not sent: {text}"));
        }
    }

    /// Whether the session is over.
    async fn on_notification(&mut self, line: ServerCommand) -> anyhow::Result<bool> {
        match line {
            ServerCommand::Presence(PresenceLine::Initial(_, who) | PresenceLine::Online(who)) => {
                self.screen.note(format_args!("{} is {}.", who.handle, screen::words(who.status)));
            }
            ServerCommand::Presence(PresenceLine::Offline(handle)) => {
                self.screen.note(format_args!("{handle} is {}.", screen::words(Status::Hidden)));
                // The switchboard says so too, on another connection and maybe later: a line typed before that would go
                // nowhere.
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
                self.screen.of_server(&payload);
            }
            ServerCommand::SignIn(SignInAnswer::Transfer { notification, .. }) => {
                self.screen.note(format_args!("The server sends you to {notification}. This client stays."));
            }
            ServerCommand::Out(reason) => {
                self.screen.note(match reason {
                    Some(OutReason::SignedInElsewhere) => format_args!("You have signed in elsewhere."),
                    Some(OutReason::ShuttingDown) => format_args!("The server stops."),
                    _ => format_args!("The server has signed you out."),
                });
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    }

    async fn meet_challenge(&mut self, challenge: &str) -> anyhow::Result<()> {
        let answer = answer(Algorithm::New, challenge, PRODUCT).context("the product has no key")?;
        let trid = self.notification.next_trid();
        let qry = Qry { trid, product_id: PRODUCT.to_owned(), answer: answer.into_bytes() };
        self.notification.send(&ClientCommand::Qry(qry)).await
    }

    /// Of the one whom this is with; what waited for them is said there.
    async fn answer_call(&mut self, ring: Rng) {
        if ring.caller != self.other {
            self.screen.note(format_args!(
                "{} calls you. This is a chat with {}, so nobody answers.",
                ring.caller, self.other
            ));
            return;
        }
        match Conversation::join(&self.me, ring).await {
            Ok(mut conversation) => {
                let waiting = self.conversation.take().map(|old| old.waiting).unwrap_or_default();
                let said = conversation.say_all(waiting).await;
                self.conversation = Some(conversation);
                if let Err(error) = said {
                    self.end_conversation(Some(error));
                }
            }
            Err(error) => self.screen.note(format_args!("A call could not be answered: {error:#}")),
        }
    }

    async fn say(&mut self, text: String) {
        if text.trim().is_empty() {
            return;
        }
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
            Err(code) => bail!("the server gives no conversation: {code}"),
        }
    }

    async fn leave(&mut self) -> anyhow::Result<()> {
        if let Some(mut conversation) = self.conversation.take() {
            conversation.leave().await;
        }
        // Who was signed out has nobody to tell.
        let _ = self.notification.send(&ClientCommand::Out).await;
        Ok(())
    }
}
