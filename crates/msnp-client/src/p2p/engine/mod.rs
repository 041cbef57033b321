//! The engine, and the functions that its caller uses.

mod receive;
mod send;
mod slp;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use msnp::p2p::slp::Status;
use msnp::p2p::{FileContext, MAX_PREVIEW, app_id};
use msnp::{Guid, Handle};

use super::event::{Event, Failure, TransferId, Transmit};
use super::limits::{ANSWER_TIME, MAX_OBJECT, MAX_PICTURE, STEP_TIME};
use super::peer::Peer;
use super::source::Source;
use super::transfer::{Content, Step, Transfer};

/// The transfers of one account with the members of one conversation. The documentation of the
/// module `p2p` describes how to use an engine.
pub struct Engine {
    me: Handle,
    random: Box<dyn FnMut() -> u32 + Send>,
    peers: BTreeMap<Handle, Peer>,
    transfers: BTreeMap<TransferId, Transfer>,
    events: VecDeque<Event>,
    last_id: u64,
    /// The member whose queue was used last.
    last_peer: Option<Handle>,
    /// The transfer whose data was sent last.
    last_sender: Option<TransferId>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("me", &self.me).field("transfers", &self.transfers.len()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Creates an engine without transfers. Session ids, message ids and GUIDs come from `random`.
    /// These numbers are not secrets, but a member that can guess them can disturb the transfers of
    /// other members.
    #[must_use]
    pub fn new(me: Handle, random: impl FnMut() -> u32 + Send + 'static) -> Self {
        Self {
            me,
            random: Box::new(random),
            peers: BTreeMap::new(),
            transfers: BTreeMap::new(),
            events: VecDeque::new(),
            last_id: 0,
            last_peer: None,
            last_sender: None,
        }
    }

    /// Asks a member for an object. `context` is the description of the object, `<msnobj .../>`,
    /// and `expected_size` is the size in that description, in bytes. All clients understand the
    /// AppID [`app_id::OBJECT`].
    ///
    /// The transfer fails with [`Failure::TooLarge`] if `expected_size` is above the limit, or if
    /// the member sends more than `expected_size`. The limit is [`MAX_PICTURE`] for
    /// [`app_id::PICTURE`], and [`MAX_OBJECT`] for any other AppID.
    pub fn request_object(
        &mut self,
        to: &Handle,
        context: &str,
        expected_size: u64,
        app_id: u32,
        now: Instant,
    ) -> TransferId {
        let most = if app_id == app_id::PICTURE { MAX_PICTURE } else { MAX_OBJECT };
        if expected_size > most {
            let id = self.new_id();
            self.events.push_back(Event::Failed { id, reason: Failure::TooLarge });
            return id;
        }
        let content = Content::ObjectIn { limit: expected_size, prepared: false, bytes: Vec::new() };
        let context = [context.as_bytes(), b"\0"].concat();
        self.invite(to, content, app_id, &context, now + STEP_TIME)
    }

    /// Offers a file to a member. The member has [`ANSWER_TIME`] to accept the file. A preview that
    /// is longer than [`MAX_PREVIEW`] is left out.
    pub fn offer_file(&mut self, to: &Handle, file: FileContext, now: Instant) -> TransferId {
        let mut file = file;
        if file.preview.len() > MAX_PREVIEW {
            file.preview.clear();
        }
        let content = Content::FileOut { source: Source::new(file.size) };
        self.invite(to, content, app_id::FILE, &file.encode(), now + ANSWER_TIME)
    }

    /// Sends the object that a member has asked for. Does nothing unless an
    /// [`Event::ObjectRequested`] of this transfer waits for an answer.
    pub fn serve(&mut self, id: TransferId, data: Arc<[u8]>, now: Instant) {
        let asked = self.asked(id, |content| matches!(content, Content::ObjectOut { .. }));
        if let Some(answer) = asked.map(|transfer| transfer.answer(&self.me, Status::OK)) {
            let identifier = self.say(&answer);
            self.update(id, |transfer| {
                transfer.content = Content::ObjectOut { data };
                transfer.step = Step::Accepted { identifier };
                transfer.deadline = Some(now + STEP_TIME);
            });
        }
    }

    /// Accepts the file that a member has offered. Does nothing unless an
    /// [`Event::FileOffered`] of this transfer waits for an answer.
    pub fn accept(&mut self, id: TransferId, now: Instant) {
        let asked = self.asked(id, |content| matches!(content, Content::FileIn { .. }));
        if let Some(answer) = asked.map(|transfer| transfer.answer(&self.me, Status::OK)) {
            self.say(&answer);
            self.update(id, |transfer| {
                transfer.step = Step::Receiving(None);
                transfer.deadline = Some(now + STEP_TIME);
            });
        }
    }

    /// Declines a file that a member has offered, or a request for an object. The transfer ends
    /// with [`Event::Declined`].
    pub fn decline(&mut self, id: TransferId) {
        if self.asked(id, |_| true).is_some() {
            self.end(id, Event::Declined { id });
        }
    }

    /// Cancels a transfer. The transfer ends with [`Failure::Cancelled`].
    pub fn cancel(&mut self, id: TransferId) {
        if self.transfers.get(&id).is_some_and(|it| !matches!(it.step, Step::Closing)) {
            self.fail(id, Failure::Cancelled);
        }
    }

    /// Adds bytes of a file that this side sends, in answer to [`Event::NeedData`]. Returns how
    /// many bytes were used. This is at most the number of requested bytes, and 0 if no bytes were
    /// requested.
    ///
    /// If `bytes` is empty, the file has ended early, and the engine cancels the transfer.
    pub fn supply(&mut self, id: TransferId, bytes: &[u8]) -> usize {
        let Some(Transfer { content: Content::FileOut { source }, .. }) = self.transfers.get_mut(&id) else {
            return 0;
        };
        if bytes.is_empty() && source.is_requested() {
            self.fail(id, Failure::Cancelled);
            return 0;
        }
        let used = source.supply(bytes);
        self.request_data(id);
        used
    }

    /// Ends all transfers with a member who left the conversation. The reason is
    /// [`Failure::PeerLeft`].
    pub fn peer_left(&mut self, handle: &Handle) {
        self.peers.remove(handle);
        self.abandon(|transfer| transfer.peer == *handle, Failure::PeerLeft);
    }

    /// Ends all transfers. The reason is [`Failure::ConnectionLost`]. After this call, the engine
    /// has nothing to send.
    pub fn connection_lost(&mut self) {
        self.peers.clear();
        self.abandon(|_| true, Failure::ConnectionLost);
    }

    /// Returns the next message to send. ACKs and MSNSLP messages come first. Then follows the data
    /// of each transfer in turn.
    ///
    /// The engine cuts the next chunk of data only when this function is called. So call this
    /// function only when the connection can accept another message.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Transmit> {
        self.next_queued().or_else(|| self.next_data(now))
    }

    /// Returns the next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Returns when [`Self::handle_timeout`] should be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.transfers.values().filter_map(|transfer| transfer.deadline).min()
    }

    /// Ends the transfers whose deadline has passed. The reason is [`Failure::TimedOut`].
    pub fn handle_timeout(&mut self, now: Instant) {
        let is_late = |transfer: &Transfer| transfer.deadline.is_some_and(|deadline| deadline <= now);
        let late: Vec<_> = self.transfers.iter().filter(|(_, it)| is_late(it)).map(|(id, _)| *id).collect();
        for id in late {
            self.fail(id, Failure::TimedOut);
        }
    }

    /// Sends an INVITE.
    fn invite(&mut self, to: &Handle, content: Content, app_id: u32, context: &[u8], deadline: Instant) -> TransferId {
        let transfer = Transfer {
            peer: to.clone(),
            call_id: self.new_guid(),
            branch: self.new_guid(),
            cseq: 0,
            session_id: self.new_session(to),
            app_id,
            content,
            step: Step::Invited,
            deadline: Some(deadline),
        };
        self.say(&transfer.invite(&self.me, context));
        let id = self.new_id();
        self.transfers.insert(id, transfer);
        id
    }

    /// Returns a transfer whose INVITE waits for the answer of this side.
    fn asked(&self, id: TransferId, is_kind: impl FnOnce(&Content) -> bool) -> Option<&Transfer> {
        self.transfers.get(&id).filter(|it| matches!(it.step, Step::Asked) && is_kind(&it.content))
    }

    fn update(&mut self, id: TransferId, change: impl FnOnce(&mut Transfer)) {
        if let Some(transfer) = self.transfers.get_mut(&id) {
            change(transfer);
        }
    }

    /// Ends a transfer, and informs the member with a 603 or a BYE. In the step
    /// [`Step::Closing`], the engine has already reported [`Event::Completed`], so it does not
    /// report `event`.
    fn end(&mut self, id: TransferId, event: Event) {
        let Some(transfer) = self.transfers.remove(&id) else {
            return;
        };
        let message = match transfer.step {
            Step::Asked => transfer.answer(&self.me, Status::DECLINE),
            _ => {
                let branch = self.new_guid();
                transfer.bye(&self.me, branch)
            }
        };
        self.say(&message);
        if !matches!(transfer.step, Step::Closing) {
            self.events.push_back(event);
        }
    }

    fn fail(&mut self, id: TransferId, reason: Failure) {
        self.end(id, Event::Failed { id, reason });
    }

    /// Ends the transfers for which `is_over` returns true, and reports `reason`. Sends no message
    /// to the members of these transfers.
    fn abandon(&mut self, is_over: impl Fn(&Transfer) -> bool, reason: Failure) {
        for (id, transfer) in self.transfers.extract_if(.., |_, transfer| is_over(transfer)) {
            if !matches!(transfer.step, Step::Closing) {
                self.events.push_back(Event::Failed { id, reason });
            }
        }
    }

    /// Requests bytes from the caller if a file needs them.
    fn request_data(&mut self, id: TransferId) {
        if let Some(Transfer { content: Content::FileOut { source }, step: Step::Sending(_), .. }) =
            self.transfers.get_mut(&id)
            && let Some((offset, at_most)) = source.request()
        {
            self.events.push_back(Event::NeedData { id, offset, at_most });
        }
    }

    fn new_id(&mut self) -> TransferId {
        self.last_id += 1;
        TransferId(self.last_id)
    }

    fn new_guid(&mut self) -> Guid {
        let mut bytes = [0; 16];
        for part in bytes.as_chunks_mut::<4>().0 {
            *part = (self.random)().to_be_bytes();
        }
        Guid::from_bytes(bytes)
    }

    /// Returns an unused session id. The id is also positive as a signed number, because some
    /// clients read it as a signed number.
    fn new_session(&mut self, peer: &Handle) -> u32 {
        let mut id = (self.random)() & 0x7fff_ffff;
        while id == 0 || self.find(|transfer| transfer.peer == *peer && transfer.session_id == id).is_some() {
            id = (id + 1) & 0x7fff_ffff;
        }
        id
    }

    fn find(&self, is_it: impl Fn(&Transfer) -> bool) -> Option<TransferId> {
        self.transfers.iter().find(|(_, transfer)| is_it(transfer)).map(|(id, _)| *id)
    }

    /// Sets the deadline of a transfer that has made progress.
    fn touch(&mut self, id: TransferId, now: Instant, time: Duration) {
        self.update(id, |transfer| transfer.deadline = Some(now + time));
    }
}
