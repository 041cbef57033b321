//! The conversations of a machine: opening, answering and ending them.

use std::time::Instant;

use msnp::notification::{ClientCommand, Rng};
use msnp::switchboard::{AckFlag, Cookie, MAX_MESSAGE, Participant};
use msnp::{ErrorCode, Handle};

use super::conversation::{Conversation, Entrance, refuse};
use super::core::{Machine, Request};
use super::limits::{MAX_CONVERSATIONS, MAX_MEMBERS};
use super::link::Link;
use super::output::{ConversationId, LinkId, MessageId, Output, SendError, Target};
use super::phase::Phase;
use super::random::Random;

impl Machine {
    /// Returns the conversation with exactly this user. If there is no such conversation, creates
    /// it. Sends nothing.
    pub fn conversation_with(&mut self, handle: &Handle, now: Instant) -> ConversationId {
        let there = self.conversations.values().filter(|conversation| conversation.is_with(handle));
        // If there are several conversations with this user, prefers an open conversation to a
        // closed conversation, and a newer conversation to an older conversation.
        if let Some(conversation) = there.max_by_key(|conversation| (!conversation.is_closed(), conversation.id)) {
            return conversation.id;
        }
        self.new_conversation(vec![handle.clone()], now)
    }

    /// Creates a conversation without members. [`Machine::invite`] adds them.
    pub fn create_conversation(&mut self, now: Instant) -> ConversationId {
        self.new_conversation(Vec::new(), now)
    }

    fn new_conversation(&mut self, invited: Vec<Handle>, now: Instant) -> ConversationId {
        self.forget_old_conversations();
        let id = ConversationId(self.next_number());
        let random = Random::new(self.random.next_u64());
        self.conversations.insert(id, Conversation::new(id, self.options.handle.clone(), invited, random, now));
        id
    }

    /// Deletes old closed conversations if there are too many conversations. Until then, closed
    /// conversations are kept, so that the next message in one of them goes to the same members.
    fn forget_old_conversations(&mut self) {
        while self.conversations.len() >= MAX_CONVERSATIONS {
            let oldest =
                self.conversations.values().find(|conversation| conversation.is_closed()).map(|oldest| oldest.id);
            let Some(oldest) = oldest else { return };
            self.conversations.remove(&oldest);
        }
    }

    /// Returns the members of a conversation: the users who are in its session.
    pub fn members(&self, conversation: ConversationId) -> impl Iterator<Item = &Participant> {
        self.conversations.get(&conversation).into_iter().flat_map(|conversation| conversation.members.values())
    }

    /// Returns the users who belong to a conversation, whether or not they are in its session.
    #[must_use]
    pub fn invited(&self, conversation: ConversationId) -> &[Handle] {
        self.conversations.get(&conversation).map(|conversation| conversation.invited.as_slice()).unwrap_or_default()
    }

    /// Invites a user to a conversation. If the conversation has no session, opens one. Does
    /// nothing if the conversation has [`MAX_MEMBERS`] users already.
    pub fn invite(&mut self, conversation: ConversationId, handle: Handle, now: Instant) {
        let Some(there) = self.conversations.get_mut(&conversation) else { return };
        if !there.invited.contains(&handle) {
            if there.invited.len() >= MAX_MEMBERS {
                return;
            }
            there.invited.push(handle.clone());
        }
        there.call(handle);
        if there.is_closed() {
            self.open(conversation, now);
        }
    }

    /// Sends a message to a conversation. Its result follows as [`Output::Sent`].
    pub fn send(&mut self, conversation: ConversationId, payload: Vec<u8>, now: Instant) -> MessageId {
        let id = MessageId(self.next_number());
        self.send_with(conversation, Some(id), AckFlag::Always, payload, now);
        id
    }

    /// Sends a message without a result, such as a typing notification, to a conversation. If
    /// nobody else is in the session, drops the message.
    pub fn send_unconfirmed(&mut self, conversation: ConversationId, payload: Vec<u8>, now: Instant) {
        let has_members = self.members(conversation).next().is_some();
        if has_members {
            self.send_with(conversation, None, AckFlag::Never, payload, now);
        }
    }

    fn send_with(
        &mut self,
        conversation: ConversationId,
        id: Option<MessageId>,
        flag: AckFlag,
        payload: Vec<u8>,
        now: Instant,
    ) {
        if payload.len() > MAX_MESSAGE {
            return refuse(id, SendError::TooLong, &mut self.outputs);
        }
        let Some(there) = self.conversations.get_mut(&conversation) else {
            return refuse(id, SendError::Empty, &mut self.outputs);
        };
        if there.invited.is_empty() {
            return refuse(id, SendError::Empty, &mut self.outputs);
        }
        let must_open = there.send(id, flag, payload, now, &mut self.outputs);
        if must_open {
            self.open(conversation, now);
        }
    }

    /// Leaves the session of a conversation.
    pub fn close(&mut self, conversation: ConversationId) {
        if let Some(there) = self.conversations.get_mut(&conversation) {
            there.end(SendError::NobodyThere, &mut self.outputs);
        }
    }

    /// Asks the server for a switchboard.
    pub(super) fn open(&mut self, id: ConversationId, now: Instant) {
        let open = self.conversations.values().filter(|conversation| !conversation.is_closed()).count();
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        if !matches!(self.phase, Phase::Online) {
            return conversation.end(SendError::Offline, &mut self.outputs);
        }
        if open >= MAX_CONVERSATIONS {
            return conversation.end(SendError::TooManyConversations, &mut self.outputs);
        }
        let Some(link) = &mut self.notification else { return };
        let trid = link.next_trid();
        conversation.asked(trid.value(), now);
        self.requests.insert(trid.value(), Request::Switchboard(id));
        self.dialect_encode(&ClientCommand::Xfr(trid));
    }

    /// Returns whether a conversation still waits for the answer to this XFR. The machine ignores a
    /// late answer, because the conversation may have given up or may be in another session.
    pub(super) fn is_asking(&self, id: ConversationId, trid: u32) -> bool {
        self.conversations.get(&id).is_some_and(|conversation| conversation.has_asked(trid))
    }

    /// Handles the answer to XFR.
    pub(super) fn switchboard_given(&mut self, id: ConversationId, address: String, cookie: Cookie, now: Instant) {
        self.enter(id, address, Entrance::Open(cookie), now);
    }

    fn enter(&mut self, id: ConversationId, address: String, entrance: Entrance, now: Instant) {
        let link = LinkId(self.next_number());
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        conversation.connecting(Link::switchboard(link), entrance, now);
        self.outputs.push_back(Output::Connect { link, target: Target::Switchboard(address) });
    }

    /// Handles an error in answer to XFR.
    pub(super) fn switchboard_refused(&mut self, id: ConversationId, code: ErrorCode) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.end(SendError::Refused(code), &mut self.outputs);
        }
    }

    /// Handles the end of the notification session before XFR was answered.
    pub(super) fn switchboard_lost(&mut self, id: ConversationId) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.end(SendError::Offline, &mut self.outputs);
        }
    }

    /// Answers a call. If the same user has called before and the session of that call has ended,
    /// uses the same conversation again.
    pub(super) fn rung(&mut self, ring: Rng, now: Instant) {
        // Nobody can call the account before it is signed in.
        if !matches!(self.phase, Phase::Online) {
            return;
        }
        let Rng { session, address, cookie, caller, .. } = ring;
        let open = self.conversations.values().filter(|conversation| !conversation.is_closed()).count();
        if open >= MAX_CONVERSATIONS {
            return;
        }
        let mut before = self.conversations.values().filter(|there| there.is_closed() && there.is_with(&caller));
        let before = before.next().map(|before| before.id);
        let id = before.unwrap_or_else(|| self.new_conversation(vec![caller], now));
        self.enter(id, address, Entrance::Answer(cookie, session), now);
    }

    pub(super) fn talk_connected(&mut self, link: LinkId, now: Instant) {
        let me = self.options.handle.clone();
        if let Some(conversation) = self.talk_mut(link) {
            conversation.connected(&me, now);
        }
    }

    pub(super) fn talk_received(&mut self, link: LinkId, bytes: &[u8], now: Instant) {
        let Some(id) = self.talk_mut(link).map(|conversation| conversation.id) else { return };
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        if conversation.receive(bytes, now, &mut self.outputs).is_err() {
            conversation.end(SendError::NoSwitchboard, &mut self.outputs);
        }
        if conversation.link().is_some_and(Link::is_stuck) {
            conversation.end(SendError::NoSwitchboard, &mut self.outputs);
        }
    }

    pub(super) fn talk_disconnected(&mut self, link: LinkId) {
        let Some(id) = self.talk_mut(link).map(|conversation| conversation.id) else { return };
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.lost(SendError::NoSwitchboard, &mut self.outputs);
        }
    }

    fn talk_mut(&mut self, link: LinkId) -> Option<&mut Conversation> {
        self.conversations.values_mut().find(|conversation| conversation.link().is_some_and(|there| there.id == link))
    }
}
