//! The transfers of a client, as the driver knows them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::{Notify, oneshot, watch};

use super::progress::{Progress, TransferError};
use crate::machine::ConversationId;
use crate::p2p::{Event, TransferId};

/// The maximum number of received bytes, in all transfers together, that may wait to be written to
/// files. While more bytes wait, the client does not read from the server.
const MAX_WAITING: usize = 256 * 1024;

/// Identifies a transfer among the transfers of all conversations of a client.
pub(super) type Key = (ConversationId, TransferId);

/// The transfers that have not ended.
#[derive(Default)]
pub(super) struct Transfers {
    slots: HashMap<Key, Slot>,
    /// The number of bytes in the queues of all transfers.
    waiting: usize,
}

struct Slot {
    progress: watch::Sender<Progress>,
    result: Option<oneshot::Sender<Result<(), TransferError>>>,
    content: Content,
    /// Wakes the task that reads or writes the file.
    wake: Arc<Notify>,
    /// True after the last event. The received bytes may still have to be written.
    has_ended: bool,
}

enum Content {
    /// An object that this side receives. `None` before the whole object has been received.
    Object(Option<Vec<u8>>),
    /// A file that this side receives: the received bytes that were not written yet.
    Received(VecDeque<Vec<u8>>),
    /// A file that this side sends: the number of bytes that the engine accepts now. 0 if the
    /// engine does not wait for bytes.
    Sent(usize),
}

/// The work of a task that reads or writes a file.
pub(super) enum Step {
    /// Read up to this many bytes of the file, and supply them to the engine.
    Read(usize),
    /// Write these bytes to the file.
    Write(Vec<u8>),
    /// There is nothing to do at the moment.
    Wait,
    /// The transfer has ended.
    End,
}

/// The channels on which the program follows a transfer.
pub(super) struct Watched {
    pub(super) progress: watch::Receiver<Progress>,
    pub(super) result: oneshot::Receiver<Result<(), TransferError>>,
    pub(super) wake: Arc<Notify>,
}

impl Transfers {
    pub(super) fn add_object(&mut self, key: Key, size: u64) -> Watched {
        self.add(key, size, Content::Object(None))
    }

    pub(super) fn add_received(&mut self, key: Key, size: u64) -> Watched {
        self.add(key, size, Content::Received(VecDeque::new()))
    }

    pub(super) fn add_sent(&mut self, key: Key, size: u64) -> Watched {
        self.add(key, size, Content::Sent(0))
    }

    fn add(&mut self, key: Key, total: u64, content: Content) -> Watched {
        let (progress, watched) = watch::channel(Progress { done: 0, total });
        let (result, done) = oneshot::channel();
        let wake = Arc::new(Notify::new());
        let slot = Slot { progress, result: Some(result), content, wake: wake.clone(), has_ended: false };
        self.slots.insert(key, slot);
        Watched { progress: watched, result: done, wake }
    }

    /// Returns whether no transfer is in progress.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Returns whether so many bytes wait that the client must stop reading.
    pub(super) fn is_full(&self) -> bool {
        self.waiting >= MAX_WAITING
    }

    /// Applies an event. Returns the event if the program must receive it.
    pub(super) fn apply(&mut self, conversation: ConversationId, event: Event) -> Option<Event> {
        match event {
            Event::FileOffered { .. } => return Some(event),
            Event::ObjectRequested { .. } | Event::Accepted { .. } => {}
            Event::Data { id, bytes, .. } => {
                if let Some(Slot { content: Content::Received(queue), wake, .. }) =
                    self.slots.get_mut(&(conversation, id))
                {
                    self.waiting += bytes.len();
                    queue.push_back(bytes);
                    wake.notify_one();
                }
            }
            Event::ObjectReceived { id, bytes } => {
                if let Some(Slot { content: Content::Object(object), .. }) = self.slots.get_mut(&(conversation, id)) {
                    *object = Some(bytes);
                }
            }
            Event::NeedData { id, at_most, .. } => {
                if let Some(Slot { content: Content::Sent(needed), wake, .. }) = self.slots.get_mut(&(conversation, id))
                {
                    *needed = at_most;
                    wake.notify_one();
                }
            }
            Event::Progress { id, done, total } => {
                if let Some(slot) = self.slots.get(&(conversation, id)) {
                    slot.progress.send_replace(Progress { done, total });
                }
            }
            Event::Completed { id } => self.end((conversation, id), Ok(())),
            Event::Declined { id } => self.end((conversation, id), Err(TransferError::Declined)),
            Event::Failed { id, reason } => self.end((conversation, id), Err(TransferError::Failed(reason))),
        }
        None
    }

    /// Ends a transfer. A received file has succeeded only after its last byte was written.
    pub(super) fn end(&mut self, key: Key, result: Result<(), TransferError>) {
        let Some(slot) = self.slots.get_mut(&key) else { return };
        slot.has_ended = true;
        let is_unwritten = matches!(slot.content, Content::Received(_)) && result.is_ok();
        slot.wake.notify_one();
        if is_unwritten {
            return;
        }
        // It is possible that the program no longer waits for the result.
        let is_awaited = slot.result.take().is_some_and(|sender| sender.send(result).is_ok());
        // If the program waits for an object, the object stays here until the program takes it.
        if !(is_awaited && matches!(slot.content, Content::Object(Some(_)))) {
            self.forget(key);
        }
    }

    /// Returns the object of a transfer that has succeeded.
    pub(super) fn take_object(&mut self, key: Key) -> Option<Vec<u8>> {
        match self.slots.remove(&key)?.content {
            Content::Object(object) => object,
            _ => None,
        }
    }

    /// Returns the next step of the task that reads or writes the file of a transfer.
    pub(super) fn step(&mut self, key: Key) -> Step {
        let Some(slot) = self.slots.get_mut(&key) else { return Step::End };
        match &mut slot.content {
            Content::Received(queue) => match queue.pop_front() {
                Some(bytes) => {
                    self.waiting -= bytes.len();
                    Step::Write(bytes)
                }
                None if slot.has_ended => Step::End,
                None => Step::Wait,
            },
            Content::Sent(0) if slot.has_ended => Step::End,
            Content::Sent(0) => Step::Wait,
            Content::Sent(needed) => Step::Read(std::mem::take(needed)),
            Content::Object(_) => Step::End,
        }
    }

    /// Sends the result of a received file to the program, and forgets the transfer. The caller has
    /// written all bytes of the file, or could not write them.
    pub(super) fn written(&mut self, key: Key, result: Result<(), TransferError>) {
        if let Some(sender) = self.slots.get_mut(&key).and_then(|slot| slot.result.take()) {
            let _ = sender.send(result);
        }
        self.forget(key);
    }

    fn forget(&mut self, key: Key) {
        if let Some(Slot { content: Content::Received(queue), .. }) = self.slots.remove(&key) {
            self.waiting -= queue.iter().map(Vec::len).sum::<usize>();
        }
    }
}
