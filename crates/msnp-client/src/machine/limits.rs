//! The limits of a machine, each with its reason.

use std::time::Duration;

/// The maximum number of conversations that are open at the same time. The client does not answer
/// further calls.
pub const MAX_CONVERSATIONS: usize = 256;
/// The number of waiting outputs at which the driver stops reading.
pub const MAX_OUTPUTS: usize = 256;
/// The longest random time that is added to the pause after `OUT RCT`, so that the clients of a
/// server do not all sign in at the same time.
pub const CLOSED_JITTER: Duration = Duration::from_secs(60);
/// The maximum number of messages that wait while the client calls the other user.
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
/// The time limit within which a called user's client must join. The cookie of a call is valid for
/// 120 seconds (sb.md section 2), but a working client answers within seconds.
pub const RING_TIMEOUT: Duration = Duration::from_secs(60);
/// The time after which a switchboard that does not answer a message counts as lost.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The maximum number of redirects (XFR) that the client follows in one sign-in.
pub const MAX_REDIRECTS: u8 = 5;
/// The time after which a session counts as stable. If a server ends or moves sessions sooner, the
/// client pauses before the next sign-in, even though each sign-in was successful.
pub const STABLE_AFTER: Duration = Duration::from_secs(60);
/// The longest time that the client stays away after `OUT RCT`, even if the server asks for a
/// longer time.
pub const LONGEST_CLOSED: Duration = Duration::from_secs(24 * 60 * 60);
/// The time limit for each step of the sign-in. Fetching the ticket is one of these steps.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(60);
/// The time after which the client sends the first PNG, if no QNG has given another time
/// (framing.md section 10).
pub const FIRST_PING: Duration = Duration::from_secs(50);
/// The maximum number of messages of transfers that are written at the same time. The number is
/// low, so that a text never waits long behind a file.
pub const CHUNKS_AT_ONCE: usize = 4;
/// The maximum number of addresses in the roster. This crate cannot use a server that sends more
/// addresses. Without a limit, such a server could fill the memory.
pub const MAX_ENTRIES: usize = 20_000;
/// The maximum number of groups in the roster. Servers allow 30. Without a limit, a server could
/// fill the memory.
pub const MAX_GROUPS: usize = 1_000;
/// The maximum number of groups that the roster keeps for one address. Without a limit, a server
/// could fill the memory.
pub const MAX_GROUPS_OF_ENTRY: usize = 64;
