//! The transfers of a machine: pictures and other objects, and files (docs/protocol/payloads.md section 7).

use std::sync::Arc;
use std::time::Instant;

use msnp::p2p::{FileContext, app_id};
use msnp::{Handle, MsnObjectFields};

use super::core::Machine;
use super::output::{ConversationId, Event, Output};
use crate::p2p::{self, Engine, TransferId};

impl Machine {
    /// Offers an object to members of conversations. Members receive `data` when they ask for the
    /// object. The machine declines requests for objects that are not offered.
    pub fn offer_object(&mut self, object: &MsnObjectFields, data: Arc<[u8]>) {
        self.objects.insert(object.sha1d(), data);
    }

    /// Stops offering an object.
    pub fn withdraw_object(&mut self, object: &MsnObjectFields) {
        self.objects.remove(&object.sha1d());
    }

    /// Asks a user for an object, and opens a session with the user if there is none.
    pub fn request_object(
        &mut self,
        conversation: ConversationId,
        from: &Handle,
        object: &MsnObjectFields,
        now: Instant,
    ) -> Option<TransferId> {
        let size = object.size();
        self.begin(conversation, now, |engine| engine.request_object(from, object.to_xml(), size, app_id::OBJECT, now))
    }

    /// Offers a file to a user, and opens a session with the user if there is none.
    pub fn offer_file(
        &mut self,
        conversation: ConversationId,
        to: &Handle,
        file: FileContext,
        now: Instant,
    ) -> Option<TransferId> {
        self.begin(conversation, now, |engine| engine.offer_file(to, file, now))
    }

    fn begin(
        &mut self,
        id: ConversationId,
        now: Instant,
        begin: impl FnOnce(&mut Engine) -> TransferId,
    ) -> Option<TransferId> {
        self.clock = now;
        let conversation = self.conversations.get_mut(&id)?;
        let transfer = begin(conversation.engine());
        if conversation.is_closed() {
            self.open(id, now);
        }
        Some(transfer)
    }

    /// Calls a function of the engine of a conversation, for example to accept or cancel a transfer.
    pub fn with_transfers<T>(&mut self, id: ConversationId, call: impl FnOnce(&mut Engine) -> T) -> Option<T> {
        self.conversations.get_mut(&id).map(|conversation| call(conversation.engine()))
    }

    /// Answers requests for objects, and emits the other events of all transfers.
    pub(super) fn collect_transfers(&mut self) {
        let now = self.clock;
        for conversation in self.conversations.values_mut().filter(|conversation| conversation.transfers.is_some()) {
            while let Some(event) = conversation.transfers.as_mut().and_then(Engine::poll_event) {
                match event {
                    p2p::Event::ObjectRequested { id, context, .. } => {
                        let object = MsnObjectFields::parse(&context);
                        let data = object.and_then(|object| self.objects.get(&object.sha1d()).cloned());
                        match data {
                            Some(data) => conversation.engine().serve(id, data, now),
                            None => conversation.engine().decline(id),
                        }
                    }
                    event => {
                        let conversation = conversation.id;
                        self.outputs.push_back(Output::Event(Event::Transfer { conversation, event }));
                    }
                }
            }
        }
    }
}
