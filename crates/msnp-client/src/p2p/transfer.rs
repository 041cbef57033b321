//! One transfer: its invitation, its step, and its data.

use std::sync::Arc;
use std::time::Instant;

use msnp::p2p::slp::{ContentType, Fields, Message, Method, StartLine, Status};
use msnp::p2p::{Chunk, Flags, Header, MAX_DATA};
use msnp::{Guid, Handle};

use super::event::Failure;
use super::incoming::Incoming;
use super::source::Source;

/// A transfer from or to one member.
pub(super) struct Transfer {
    pub(super) peer: Handle,
    /// Identifies the transfer in MSNSLP.
    pub(super) call_id: Guid,
    /// Identifies the INVITE.
    pub(super) branch: Guid,
    /// The CSeq of the INVITE.
    pub(super) cseq: u32,
    pub(super) session_id: u32,
    pub(super) app_id: u32,
    pub(super) content: Content,
    pub(super) step: Step,
    /// The deadline at which the transfer fails, unless the step is finished.
    pub(super) deadline: Option<Instant>,
}

/// The content that is transferred.
pub(super) enum Content {
    /// An object that this side receives.
    ObjectIn { limit: u64, prepared: bool, bytes: Vec<u8> },
    /// An object that this side sends. `data` is empty before the program supplies it.
    ObjectOut { data: Arc<[u8]> },
    /// A file that this side receives.
    FileIn { size: u64 },
    /// A file that this side sends.
    FileOut { source: Source },
}

/// The step that a transfer has reached, in the order of payloads.md section 7.3.
pub(super) enum Step {
    /// The member has not answered this side's INVITE yet.
    Invited,
    /// The member's INVITE waits for an answer of the program on this side.
    Asked,
    /// The member has not acknowledged the 200 OK for an object yet. `identifier` is the identifier
    /// of that 200 OK.
    Accepted { identifier: u32 },
    /// The member has not acknowledged the data preparation with this identifier yet.
    Prepared { identifier: u32 },
    /// This side sends chunks of data.
    Sending(Outgoing),
    /// The member has not acknowledged the data with this identifier yet.
    Sent { identifier: u32 },
    /// This side waits for chunks of data.
    Receiving(Option<Incoming>),
    /// The file is complete. This side waits for the sender to end the session.
    Closing,
}

/// A message of data that is sent in chunks.
pub(super) struct Outgoing {
    pub(super) identifier: u32,
    pub(super) ack_id: u32,
    pub(super) offset: u64,
}

/// The meaning of a received chunk of data.
pub(super) enum Received {
    /// The data preparation of an object.
    Preparation,
    /// Bytes at an offset, after which more will follow.
    Part,
    /// The last bytes.
    Last,
}

impl Transfer {
    /// Returns the size of the file or object in bytes, if the size is known.
    pub(super) fn total(&self) -> u64 {
        match &self.content {
            Content::ObjectIn { limit, .. } => *limit,
            Content::ObjectOut { data } => data.len() as u64,
            Content::FileIn { size } => *size,
            Content::FileOut { source } => source.size(),
        }
    }

    /// Returns whether the next chunk of data can be sent.
    pub(super) fn has_chunk(&self) -> bool {
        match (&self.step, &self.content) {
            (Step::Sending(_), Content::FileOut { source }) => source.has(MAX_DATA),
            (Step::Sending(_), _) => true,
            _ => false,
        }
    }

    /// Cuts the next chunk of data. Returns the chunk, and the offset of the byte after it.
    pub(super) fn cut(&mut self) -> Option<(Vec<u8>, u64)> {
        let total_size = self.total();
        let Step::Sending(outgoing) = &mut self.step else {
            return None;
        };
        let Outgoing { identifier, ack_id, offset } = *outgoing;
        let (data, flags) = match &mut self.content {
            Content::ObjectOut { data } => {
                let rest = data.get(usize::try_from(offset).ok()?..)?;
                (rest.get(..MAX_DATA).unwrap_or(rest).to_vec(), Flags::OBJECT_DATA)
            }
            Content::FileOut { source } => (source.take(MAX_DATA), Flags::FILE_DATA),
            Content::ObjectIn { .. } | Content::FileIn { .. } => return None,
        };
        let session_id = self.session_id;
        let header = Header { session_id, identifier, offset, total_size, flags, ack_id, ..Header::default() };
        let bytes = Chunk { header, data: &data, footer: self.app_id }.encode();
        outgoing.offset += data.len() as u64;
        let end = outgoing.offset;
        if end >= total_size {
            self.step = Step::Sent { identifier };
        }
        Some((bytes, end))
    }

    /// Adds a chunk of the session's data.
    ///
    /// # Errors
    /// Returns why the transfer cannot continue.
    pub(super) fn receive(&mut self, chunk: &Chunk<'_>) -> Result<Received, Failure> {
        let Step::Receiving(incoming) = &mut self.step else {
            return Err(Failure::Malformed);
        };
        if let Content::ObjectIn { prepared, .. } = &mut self.content
            && !*prepared
            && is_preparation(chunk)
        {
            *prepared = true;
            return Ok(Received::Preparation);
        }
        let size = chunk.header.total_size;
        match self.content {
            Content::ObjectIn { limit, .. } if size > limit => return Err(Failure::TooLarge),
            Content::FileIn { size: announced } if size != announced => return Err(Failure::Malformed),
            _ => {}
        }
        let is_next = match incoming {
            Some(incoming) => incoming.follow(chunk),
            None => {
                *incoming = Incoming::start(chunk);
                incoming.is_some()
            }
        };
        let complete = incoming.as_ref().filter(|_| is_next).map(Incoming::is_complete);
        if let Content::ObjectIn { bytes, .. } = &mut self.content {
            bytes.extend_from_slice(chunk.data);
        }
        match complete {
            None => Err(Failure::Malformed),
            Some(false) => Ok(Received::Part),
            Some(true) => Ok(Received::Last),
        }
    }

    /// Returns how many bytes have arrived.
    pub(super) fn got(&self) -> u64 {
        match &self.step {
            Step::Receiving(Some(incoming)) => incoming.got(),
            _ => 0,
        }
    }

    /// Returns the identifier of the message whose ACK continues the transfer.
    pub(super) const fn awaited_ack(&self) -> Option<u32> {
        match self.step {
            Step::Accepted { identifier } | Step::Prepared { identifier } | Step::Sent { identifier } => {
                Some(identifier)
            }
            _ => None,
        }
    }

    /// Returns whether this side is the sender of the data with this identifier.
    pub(super) const fn sends(&self, data: u32) -> bool {
        match &self.step {
            Step::Sending(Outgoing { identifier, .. }) | Step::Sent { identifier } => *identifier == data,
            _ => false,
        }
    }

    /// Returns whether the member's INVITE started the transfer.
    pub(super) const fn is_invitation(&self) -> bool {
        matches!(self.content, Content::ObjectOut { .. } | Content::FileIn { .. })
    }

    /// Returns this side's INVITE.
    pub(super) fn invite(&self, me: &Handle, context: &[u8]) -> Message {
        let kind = if matches!(self.content, Content::FileOut { .. }) { Fields::FILE } else { Fields::OBJECT };
        let session = Fields::new().with_euf_guid(kind).with_session_id(self.session_id).with_app_id(self.app_id);
        let start = StartLine::Request(Method::Invite);
        self.message(me, start, ContentType::SessionRequest, session.with_context(context))
    }

    /// Returns this side's answer to the member's INVITE.
    pub(super) fn answer(&self, me: &Handle, status: Status) -> Message {
        let body = Fields::new().with_session_id(self.session_id);
        let message = self.message(me, StartLine::Answer(status), ContentType::SessionRequest, body);
        Message { cseq: self.cseq.saturating_add(1), ..message }
    }

    /// Returns the BYE that ends the session.
    pub(super) fn bye(&self, me: &Handle, branch: Guid) -> Message {
        let start = StartLine::Request(Method::Bye);
        Message { branch, ..self.message(me, start, ContentType::SessionClose, Fields::new()) }
    }

    fn message(&self, me: &Handle, start: StartLine, content_type: ContentType, body: Fields) -> Message {
        let (to, from) = (self.peer.clone(), me.clone());
        Message { start, to, from, branch: self.branch, cseq: 0, call_id: self.call_id, content_type, body }
    }

    /// Returns roughly how many bytes are stored.
    #[cfg(test)]
    pub(super) fn stored(&self) -> usize {
        let content = match &self.content {
            Content::ObjectIn { bytes, .. } => bytes.capacity(),
            Content::FileOut { source } => source.stored(),
            Content::ObjectOut { .. } | Content::FileIn { .. } => 0,
        };
        size_of::<Self>() + content
    }
}

/// Returns whether a chunk prepares the data of an object. Such a chunk has four zero bytes, which
/// are not data themselves. Other flags do not matter, because later clients set another flag in
/// this chunk.
fn is_preparation(chunk: &Chunk<'_>) -> bool {
    !chunk.header.flags.intersects(Flags::OBJECT_DATA) && chunk.header.total_size == 4 && chunk.data == [0; 4]
}
