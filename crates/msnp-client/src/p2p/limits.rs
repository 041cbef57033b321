//! The limits of peer-to-peer transfers.

use std::time::Duration;

/// The largest display picture, in bytes (payloads.md section 7.3). Official clients send images of 96x96 pixels.
pub const MAX_PICTURE: u64 = 100 * 1024;
/// The largest object that is not a display picture, in bytes. Such an object is an emoticon, a
/// wink, a voice clip or a background (payloads.md section 7.3).
pub const MAX_OBJECT: u64 = 1024 * 1024;
/// The longest description of a requested object, in bytes. The example in payloads.md section 7.3
/// has 172 bytes.
pub const MAX_CONTEXT: usize = 4096;

/// The maximum number of open transfers that were started by one member. A text with many custom
/// emoticons opens one transfer for each emoticon.
pub const MAX_INVITATIONS: usize = 16;
/// The maximum number of unfinished MSNSLP messages of one member that the engine stores. Each of
/// these messages has up to [`msnp::p2p::slp::MAX_MESSAGE`] bytes. Clients send one message after
/// the other. At the limit, a new message replaces the oldest message.
pub const MAX_UNFINISHED: usize = 8;
/// The maximum number of queued messages to one member. While the queue is full, the engine ignores
/// the messages of this member, because each message could add an answer to the queue.
pub const MAX_QUEUED: usize = 128;
/// The maximum number of members whose messages the engine reads. By default, this project's server
/// allows 50 members in a switchboard session.
pub const MAX_PEERS: usize = 64;
/// The maximum number of events in the queue. While the queue is full, the engine ignores messages,
/// because the caller does not read the events. One message causes at most three events.
pub const MAX_EVENTS: usize = 256;

/// The maximum number of bytes of a file that the engine requests from the caller at one time. This
/// is enough for 27 chunks.
pub const MAX_SUPPLY: usize = 32 * 1024;
/// If fewer than this number of bytes of a file are buffered, the engine requests more.
pub(super) const LOW_SUPPLY: usize = MAX_SUPPLY / 2;

/// The time limit for each step that the other client takes by itself.
pub const STEP_TIME: Duration = Duration::from_secs(60);
/// The time limit for a person to accept or decline a file.
pub const ANSWER_TIME: Duration = Duration::from_secs(10 * 60);
/// The time that the sender has to end the session after a file is complete. After this time, the
/// receiver ends the session. If aMSN is the sender, it ends the session itself. If the receiver
/// ends the session first, aMSN shows the file as cancelled.
pub const CLOSE_TIME: Duration = Duration::from_secs(10);
