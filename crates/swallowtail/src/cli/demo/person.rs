//! A client in the demo, on real sockets.

use std::net::SocketAddr;

use anyhow::Context;
use msnp::notification::{Adc, Addition, Chg, ClientCommand, ContactLine, PresenceLine, ServerCommand, ServiceLine};
use msnp::switchboard::{AckFlag, ClientCommand as Switchboard, ServerCommand as SwitchboardLine};
use msnp::{DisplayName, Handle, List, Status, Text};
use msnp_client::{CAPABILITIES, NotificationClient, SwitchboardClient, fetch_ticket};
use swallowtail_site::listeners::Addresses;

use super::show::Show;

/// A client in the demo.
pub(super) struct Person {
    pub(super) handle: Handle,
    name: String,
    show: Show,
    notification: NotificationClient,
    conversation: Option<SwitchboardClient>,
}

impl Person {
    pub(super) async fn sign_in(
        addresses: &Addresses,
        name: &str,
        handle: Handle,
        password: &str,
        show: &Show,
    ) -> anyhow::Result<Self> {
        let ticket = fetch_ticket(addresses.http, &handle, password, &show.tap(name, "sign-in")).await?;
        let tap = show.tap(name, "");
        let mut notification = NotificationClient::sign_in(addresses.notification, &handle, &ticket, tap).await?;
        notification.synchronize().await?;
        Ok(Self { handle, name: name.to_owned(), show: show.clone(), notification, conversation: None })
    }

    /// Waits for a line of the notification server that matches `wanted`. `what` names the line in errors.
    pub(super) async fn expect(&mut self, what: &str, wanted: impl Fn(&ServerCommand) -> bool) -> anyhow::Result<()> {
        self.notification.answer(what, wanted).await.map(drop)
    }

    pub(super) async fn change_status(&mut self, status: Status) -> anyhow::Result<()> {
        let chg = Chg::new(self.notification.next_trid(), status, CAPABILITIES, None);
        self.notification.send(&ClientCommand::Chg(chg)).await?;
        self.expect("the new status", |line| matches!(line, ServerCommand::Presence(PresenceLine::Changed(_)))).await
    }

    pub(super) async fn add_contact(&mut self, other: &Self) -> anyhow::Result<()> {
        let name = DisplayName::new(&other.name).context("a display name")?;
        let text = Text::encode(&other.name);
        let addition = Addition::Contact { handle: other.handle.clone(), nickname: Some((name, text)), group: None };
        let adc = Adc { trid: self.notification.next_trid(), addition };
        self.notification.send(&ClientCommand::Adc(adc)).await?;
        self.expect("the new contact", |line| matches!(line, ServerCommand::Contact(ContactLine::Added { .. }))).await
    }

    pub(super) async fn add_to_list(&mut self, list: List, handle: &Handle) -> anyhow::Result<()> {
        let addition = Addition::ToList { list, handle: handle.clone(), nickname: None };
        let adc = Adc { trid: self.notification.next_trid(), addition };
        self.notification.send(&ClientCommand::Adc(adc)).await?;
        self.expect("the new entry of a list", |line| is_on_list(line, list, handle)).await
    }

    /// Opens a conversation: XFR on the notification server, USR on the switchboard.
    pub(super) async fn open_conversation(&mut self) -> anyhow::Result<()> {
        let trid = self.notification.next_trid();
        self.notification.send(&ClientCommand::Xfr(trid)).await?;
        let (address, cookie) = self
            .notification
            .wait_for("a switchboard", |line| match line {
                ServerCommand::Service(ServiceLine::Switchboard { address, cookie, .. }) => {
                    Some((address.clone(), cookie.clone()))
                }
                _ => None,
            })
            .await?;
        let mut conversation = self.dial(&address).await?;
        let trid = conversation.next_trid();
        conversation.send(&Switchboard::Usr { trid, handle: Some(self.handle.clone()), cookie }).await?;
        self.conversation = Some(conversation);
        self.expect_on_switchboard("the answer to USR", |line| matches!(line, SwitchboardLine::Opened { .. })).await
    }

    async fn dial(&self, address: &str) -> anyhow::Result<SwitchboardClient> {
        let address: SocketAddr = address.parse().with_context(|| format!("{address} is not a valid address"))?;
        SwitchboardClient::dial(address, self.show.tap(&self.name, "switchboard")).await
    }

    pub(super) async fn call(&mut self, callee: &Handle) -> anyhow::Result<()> {
        let conversation = self.conversation()?;
        let trid = conversation.next_trid();
        conversation.send(&Switchboard::Cal { trid, callee: callee.clone() }).await?;
        self.expect_on_switchboard("the answer to CAL", |line| matches!(line, SwitchboardLine::Ringing(..))).await
    }

    /// Waits for RNG and joins with ANS.
    pub(super) async fn answer_call(&mut self) -> anyhow::Result<()> {
        let ring = self
            .notification
            .wait_for("a call", |line| match line {
                ServerCommand::Service(ServiceLine::Ring(ring)) => Some(ring.clone()),
                _ => None,
            })
            .await?;
        let mut conversation = self.dial(&ring.address).await?;
        let answer = Switchboard::Ans {
            trid: conversation.next_trid(),
            handle: Some(self.handle.clone()),
            cookie: ring.cookie,
            session: Some(ring.session),
        };
        conversation.send(&answer).await?;
        self.conversation = Some(conversation);
        self.expect_on_switchboard("the members of the conversation", |line| {
            matches!(line, SwitchboardLine::Roster { .. })
        })
        .await?;
        self.expect_on_switchboard("the answer to ANS", |line| matches!(line, SwitchboardLine::Joined(_))).await
    }

    /// Sends a message and waits until the server confirms that it was delivered.
    pub(super) async fn say(&mut self, message: &str, flag: AckFlag) -> anyhow::Result<()> {
        let conversation = self.conversation()?;
        let trid = conversation.next_trid();
        conversation.send(&Switchboard::Msg { trid, flag, payload: message.as_bytes() }).await?;
        self.expect_on_switchboard("the ACK of a message", |line| *line == SwitchboardLine::Ack(trid)).await
    }

    /// Waits for a line of the switchboard that matches `wanted`. `what` names the line in errors.
    pub(super) async fn expect_on_switchboard(
        &mut self,
        what: &str,
        wanted: impl Fn(&SwitchboardLine<'_>) -> bool,
    ) -> anyhow::Result<()> {
        self.conversation()?.wait_for(what, |line| wanted(line).then_some(())).await
    }

    /// Waits for a message that contains `text`.
    pub(super) async fn expect_message(&mut self, text: &str) -> anyhow::Result<()> {
        let wanted = |line: &SwitchboardLine<'_>| match line {
            SwitchboardLine::Message { payload, .. } => String::from_utf8_lossy(payload).contains(text),
            _ => false,
        };
        self.expect_on_switchboard(&format!("the message with {text:?}"), wanted).await
    }

    pub(super) async fn hang_up(&mut self) -> anyhow::Result<()> {
        let mut conversation = self.conversation.take().context("no conversation is open")?;
        conversation.send(&Switchboard::Out).await?;
        conversation.closed().await
    }

    pub(super) async fn leave(&mut self) -> anyhow::Result<()> {
        self.notification.send(&ClientCommand::Out).await?;
        self.expect("the answer to OUT", |line| matches!(line, ServerCommand::Out(None))).await?;
        self.notification.closed().await
    }

    fn conversation(&mut self) -> anyhow::Result<&mut SwitchboardClient> {
        self.conversation.as_mut().context("no conversation is open")
    }
}

/// Returns whether a line confirms that `handle` was added to `list`.
fn is_on_list(line: &ServerCommand, list: List, handle: &Handle) -> bool {
    let ServerCommand::Contact(ContactLine::Addition(adc)) = line else {
        return false;
    };
    adc.addition == Addition::ToList { list, handle: handle.clone(), nickname: None }
}
