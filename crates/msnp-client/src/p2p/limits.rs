//! The limits of peer-to-peer transfers.

use std::time::Duration;

/// The largest display picture, in bytes (payloads.md section 7.3). Official clients send images of 96x96 pixels.
pub const MAX_PICTURE: u64 = 100 * 1024;
/// The largest other object, in bytes: an emoticon, a wink, a voice clip or a background (payloads.md section 7.3).
pub const MAX_OBJECT: u64 = 1024 * 1024;
/// The longest description of a requested object, in bytes. The one in payloads.md section 7.3 has 172.
pub const MAX_CONTEXT: usize = 4096;

/// The maximum number of open transfers that one member may have asked for. A text with many custom emoticons opens one
/// transfer for each emoticon.
pub const MAX_INVITATIONS: usize = 16;
/// The maximum number of unfinished MSNSLP messages that one member may have, each of up to
/// [`msnp::p2p::slp::MAX_MESSAGE`] bytes. Clients send one message after the other. A new message replaces the oldest
/// one.
pub const MAX_UNFINISHED: usize = 8;
/// The maximum number of queued messages to one member. While the queue is full, the messages of this member are
/// ignored, because each could add an answer.
pub const MAX_QUEUED: usize = 128;
/// The maximum number of members whose messages are read. By default, our server allows 50 in a switchboard.
pub const MAX_PEERS: usize = 64;
/// The maximum number of events in the queue. While it is full, messages are ignored, because the caller does not read
/// its events. One message causes at most three events.
pub const MAX_EVENTS: usize = 256;

/// The maximum number of bytes of a file that are requested from the caller at a time: 27 chunks.
pub const MAX_SUPPLY: usize = 32 * 1024;
/// The number of buffered bytes of a file below which more are requested.
pub(super) const LOW_SUPPLY: usize = MAX_SUPPLY / 2;

/// The time limit for each step that the other client takes by itself.
pub const STEP_TIME: Duration = Duration::from_secs(60);
/// The time limit for a person to accept or decline a file.
pub const ANSWER_TIME: Duration = Duration::from_secs(10 * 60);
/// The time for the sender to end the session after a file is complete. After that, the receiver ends it. aMSN ends the
/// session itself when it is the sender, and shows the file as cancelled if the receiver is faster.
pub const CLOSE_TIME: Duration = Duration::from_secs(10);
