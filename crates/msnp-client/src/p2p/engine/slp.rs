//! MSNSLP: invitations, answers and BYEs of members.

use std::sync::Arc;
use std::time::Instant;

use msnp::Handle;
use msnp::p2p::slp::{ContentType, Fields, Message, Method, StartLine, Status};
use msnp::p2p::{Chunk, FileContext, app_id};

use super::Engine;
use crate::p2p::event::{Event, Failure};
use crate::p2p::limits::{ANSWER_TIME, MAX_CONTEXT, MAX_INVITATIONS, STEP_TIME};
use crate::p2p::transfer::{Content, Step, Transfer};

/// The offer or request in a member's INVITE.
enum Invitation {
    Object { context: String },
    File(FileContext),
}

impl Engine {
    /// Adds a chunk of session 0 to its message. The engine acknowledges a complete message, even
    /// if the message is invalid. The engine does not acknowledge a message for another member. A
    /// client may receive such a message in a conversation of several members.
    pub(super) fn collect_slp(&mut self, from: &Handle, chunk: &Chunk<'_>, now: Instant) {
        let Some(bytes) = self.peer(from).collect(chunk) else {
            return;
        };
        let message = Message::parse(&bytes).ok();
        if message.as_ref().is_some_and(|message| message.to != self.me) {
            return;
        }
        self.acknowledge(from, &chunk.header, 0);
        if let Some(message) = message.filter(|message| message.from == *from) {
            self.handle_slp(&message, now);
        }
    }

    fn handle_slp(&mut self, message: &Message, now: Instant) {
        match (message.start, &message.content_type) {
            (StartLine::Request(Method::Invite), ContentType::SessionRequest) => self.invited(message, now),
            (StartLine::Request(Method::Invite), ContentType::TransferRequest) => self.refuse_direct(message, now),
            // The message contains the address at which the member waits for a direct connection.
            // After a direct connection was refused, the client aMSN sends this message, and
            // expects no answer.
            (StartLine::Request(Method::Invite), ContentType::TransferResponse) => self.keep_alive(message, now),
            (StartLine::Request(Method::Invite), _) => self.refuse(message, Status::INTERNAL_ERROR),
            (StartLine::Request(Method::Bye), _) => self.closed(message),
            (StartLine::Request(Method::Ack), _) => {}
            // This side never asks for a direct connection.
            (StartLine::Answer(_), ContentType::TransferRequest | ContentType::TransferResponse) => {}
            (StartLine::Answer(status), _) => self.answered(message, status, now),
        }
    }

    /// Handles an INVITE for a session. Ignores a repeated INVITE.
    fn invited(&mut self, message: &Message, now: Instant) {
        if self.find(is_call(message)).is_some() {
            return;
        }
        let session_id = message.body.session_id().unwrap_or(0);
        let invitation = match self.read_invitation(message, session_id) {
            Ok(invitation) => invitation,
            Err(status) => return self.refuse(message, status),
        };
        let id = self.new_id();
        let from = message.from.clone();
        let (content, app_id, time, event) = match invitation {
            Invitation::Object { context } => {
                let content = Content::ObjectOut { data: Arc::new([]) };
                (content, app_id::OBJECT, STEP_TIME, Event::ObjectRequested { id, from, context })
            }
            Invitation::File(FileContext { name, size, preview }) => (
                Content::FileIn { size },
                app_id::FILE,
                ANSWER_TIME,
                Event::FileOffered { id, from, name, size, preview },
            ),
        };
        let transfer = Transfer {
            peer: message.from.clone(),
            call_id: message.call_id,
            branch: message.branch,
            cseq: message.cseq,
            session_id,
            app_id: message.body.app_id().unwrap_or(app_id),
            content,
            step: Step::Asked,
            deadline: Some(now + time),
        };
        self.transfers.insert(id, transfer);
        self.events.push_back(event);
    }

    /// Returns what an INVITE asks for, or the status with which this side refuses the INVITE.
    fn read_invitation(&self, message: &Message, session_id: u32) -> Result<Invitation, Status> {
        let with_peer = self.transfers.values().filter(|it| it.peer == message.from);
        let is_used = with_peer.clone().any(|it| it.session_id == session_id);
        if session_id == 0 || is_used {
            return Err(Status::INTERNAL_ERROR);
        }
        if with_peer.filter(|it| it.is_invitation()).count() >= MAX_INVITATIONS {
            return Err(Status::DECLINE);
        }
        let context = message.body.context();
        let invitation = match message.body.euf_guid() {
            Some(Fields::OBJECT) => context.and_then(object_text).map(|context| Invitation::Object { context }),
            Some(Fields::FILE) => context.and_then(|it| FileContext::parse(&it).ok()).map(Invitation::File),
            _ => None,
        };
        invitation.ok_or(Status::INTERNAL_ERROR)
    }

    fn refuse(&mut self, message: &Message, status: Status) {
        let body = message.body.session_id().map_or_else(Fields::new, |id| Fields::new().with_session_id(id));
        self.say(&message.answer(status, ContentType::SessionRequest, body));
    }

    /// Refuses a direct connection for a known session. The data then goes over the switchboard (payloads.md section 7.4).
    fn refuse_direct(&mut self, message: &Message, now: Instant) {
        if self.find(is_call(message)).is_none() {
            return self.refuse(message, Status::INTERNAL_ERROR);
        }
        self.say(&message.answer(Status::OK, ContentType::TransferResponse, Fields::without_direct_connection()));
        self.keep_alive(message, now);
    }

    /// Extends the deadline of the transfer that `message` is about, if the member has not sent
    /// data yet. The member's client tries a direct connection before it sends data over the
    /// switchboard.
    fn keep_alive(&mut self, message: &Message, now: Instant) {
        let is_waiting = |it: &Transfer| is_call(message)(it) && matches!(it.step, Step::Receiving(None));
        if let Some(id) = self.find(is_waiting) {
            self.touch(id, now, STEP_TIME);
        }
    }

    /// Handles the answer to this side's INVITE.
    fn answered(&mut self, message: &Message, status: Status, now: Instant) {
        let Some(id) = self.find(|it| is_call(message)(it) && matches!(it.step, Step::Invited)) else {
            return;
        };
        let is_file = self.transfers.get(&id).is_some_and(|it| matches!(it.content, Content::FileOut { .. }));
        match status {
            Status::OK if is_file => {
                self.events.push_back(Event::Accepted { id });
                self.start_data(id);
            }
            Status::OK => {
                self.update(id, |transfer| transfer.step = Step::Receiving(None));
                self.touch(id, now, STEP_TIME);
            }
            refusal => {
                self.transfers.remove(&id);
                self.events.push_back(match refusal {
                    Status::DECLINE => Event::Declined { id },
                    _ => Event::Failed { id, reason: Failure::Unsupported },
                });
            }
        }
    }

    /// Handles a BYE. If the transfer is not complete yet, the BYE cancels it.
    fn closed(&mut self, message: &Message) {
        let Some(id) = self.find(is_call(message)) else {
            return;
        };
        let closed = self.transfers.remove(&id);
        if closed.is_some_and(|transfer| !matches!(transfer.step, Step::Closing)) {
            self.events.push_back(Event::Failed { id, reason: Failure::Cancelled });
        }
    }
}

/// Returns a function that tests whether a transfer is the one that a message is about.
fn is_call(message: &Message) -> impl Fn(&Transfer) -> bool {
    move |transfer| transfer.call_id == message.call_id && transfer.peer == message.from
}

/// Returns the description of an object without its final NUL.
fn object_text(context: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(context).ok()?;
    let text = text.trim_end_matches('\0');
    (text.len() <= MAX_CONTEXT && !text.is_empty()).then(|| text.to_owned())
}
