//! The limits of a machine, each with its reason.

use std::time::Duration;

/// The maximum number of conversations that are open at the same time. Further calls are not answered.
pub const MAX_CONVERSATIONS: usize = 256;
/// The number of outputs after which the driver stops reading.
pub const MAX_OUTPUTS: usize = 256;
/// The longest random time that is added after `OUT RCT`, so that the clients of a server do not all return together.
pub const CLOSED_JITTER: Duration = Duration::from_secs(60);
/// The maximum number of messages that wait while the other side is being called.
pub const MAX_QUEUE: usize = 64;
/// The maximum number of messages of a conversation that wait for the answer of the server.
pub const MAX_IN_FLIGHT: usize = 1_024;
/// The maximum number of members of a conversation. Servers allow 50 (sb.md section 8). Without a limit, a switchboard
/// could fill the memory with invented users.
pub const MAX_MEMBERS: usize = 128;
/// The maximum number of edits that wait for the answer of the server.
pub const MAX_EDITS: usize = 1_024;
/// The time limit for the server to answer an edit.
pub const EDIT_TIMEOUT: Duration = Duration::from_secs(60);
/// The time limit for each step of entering a switchboard session: the server's answer to XFR, the connection, and USR
/// or ANS.
pub const ENTER_TIMEOUT: Duration = Duration::from_secs(30);
/// The time limit for a called client to join. The cookie of a call is valid for 120 seconds (sb.md section 2), but a
/// client that is alive answers within seconds.
pub const RING_TIMEOUT: Duration = Duration::from_secs(60);
/// The time after which a switchboard that does not answer a message counts as lost.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The maximum number of redirects (XFR) that are followed in one sign-in.
pub const MAX_REDIRECTS: u8 = 5;
/// The time after which a session counts as stable. A server that ends or moves sessions sooner is not asked again
/// immediately, even though each sign-in was successful.
pub const STABLE_AFTER: Duration = Duration::from_secs(60);
/// The longest time for which a server can keep clients away (`OUT RCT`), whatever it says.
pub const LONGEST_CLOSED: Duration = Duration::from_secs(24 * 60 * 60);
/// The time limit for each step of the sign-in, including the ticket.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(60);
/// The time after which the first PNG is sent, if no QNG has named another one (framing.md section 10).
pub const FIRST_PING: Duration = Duration::from_secs(50);
/// The maximum number of messages of transfers that are written at the same time. It is low, so that a text never waits
/// long behind a file.
pub const CHUNKS_AT_ONCE: usize = 4;
/// The highest number of addresses that are kept. This crate cannot use a server that sends more addresses. Without a
/// limit, such a server could fill the memory.
pub const MAX_ENTRIES: usize = 20_000;
/// The highest number of groups that are kept, for the same reason. Servers allow 30.
pub const MAX_GROUPS: usize = 1_000;
/// The highest number of groups that are kept for one address, for the same reason.
pub const MAX_GROUPS_OF_ENTRY: usize = 64;
