//! Carries out `!chat`, which creates a switchboard session in the same way as a client (sb.md section 1).

use anyhow::Context;

use super::peer::Peer;
use super::player::Player;
use crate::script::directive::Member;
use crate::setup::dialog::{ask, wait_for};
use crate::wire::{Connection, Service, Unit};

impl Player {
    /// Opens a session with the first member, by XFR and USR. Then adds the other members to the
    /// session in order, by CAL, RNG and ANS. Reads every answer.
    pub(super) async fn chat(&mut self, members: &[Member], sid: Option<&str>) -> anyhow::Result<()> {
        let (first, others) = members.split_first().context("a chat needs a member")?;
        self.open_chat(first).await?;
        for (index, member) in others.iter().enumerate() {
            let session = self.join_chat(first, member, &members[..=index]).await?;
            if let Some(sid) = sid {
                self.vars.set(sid, session.into_bytes());
            }
        }
        Ok(())
    }

    async fn open_chat(&mut self, member: &Member) -> anyhow::Result<()> {
        let timeout = self.options.timeout;
        let handle = self.accounts.handle(&member.who)?.to_owned();
        let notification = self.notification_of(&member.who)?;
        let trid = notification.trid();
        let answer = ask(&mut notification.connection, trid, &format!("XFR {trid} SB"), b"", timeout).await?;
        let (address, cookie) = (answer.word(3), answer.word(5));
        let peer = self.connect(member, &address).await?;
        let line = format!("USR 1 {handle} {cookie}");
        ask(&mut peer.connection, 1, &line, b"", timeout).await?;
        Ok(())
    }

    /// Calls a member into the session of `first`, and returns the session id. `present` contains
    /// the members who are already in the session.
    async fn join_chat(&mut self, first: &Member, member: &Member, present: &[Member]) -> anyhow::Result<String> {
        let timeout = self.options.timeout;
        let handle = self.accounts.handle(&member.who)?.to_owned();
        let caller = self.named(&first.name)?;
        let trid = caller.trid();
        let answer = ask(&mut caller.connection, trid, &format!("CAL {trid} {handle}"), b"", timeout).await?;
        let session = answer.word(3);

        let notification = self.notification_of(&member.who)?;
        let is_ring = |unit: &Unit| unit.word(0) == "RNG" && unit.word(1) == session;
        let ring = wait_for(&mut notification.connection, "RNG", timeout, is_ring).await?;
        let (address, cookie) = (ring.word(2), ring.word(4));

        let peer = self.connect(member, &address).await?;
        let line = format!("ANS 1 {handle} {cookie} {session}");
        peer.connection.note_sent(line.as_bytes(), b"");
        peer.connection.send(format!("{line}\r\n").as_bytes()).await;
        let is_answer = |unit: &Unit| unit.line() == b"ANS 1 OK";
        wait_for(&mut peer.connection, &line, timeout, is_answer).await?;
        for other in present {
            let peer = self.named(&other.name)?;
            let joins = |unit: &Unit| unit.word(0) == "JOI" && unit.word(1).eq_ignore_ascii_case(&handle);
            wait_for(&mut peer.connection, "JOI", timeout, joins).await?;
        }
        Ok(session)
    }

    async fn connect(&mut self, member: &Member, address: &str) -> anyhow::Result<&mut Peer> {
        self.set_switchboard(address);
        let connection = Connection::open(&member.name, Service::Sb, address, &self.log).await?;
        self.add_peer(&member.name, Peer::new(connection));
        self.named(&member.name)
    }

    /// Returns the notification connection of an account.
    fn notification_of(&mut self, who: &str) -> anyhow::Result<&mut Peer> {
        let found = self.peers.values_mut().find(|peer| peer.who.as_deref() == Some(who) && !peer.over);
        found.with_context(|| format!("`{who}` is not signed in; add `!signed-in NAME {who} MSNPn CHG ...` above"))
    }
}
