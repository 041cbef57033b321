//! The types of a history.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All events of a run, in the order in which they ended. Events of different connections are ordered only by their
/// times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The events.
    pub events: Vec<Event>,
}

/// Something that one connection did or saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The number of the connection, which is unique in the history.
    pub connection: u32,
    /// The position at which the event began. All beginnings and ends of events of one connection
    /// are numbered in order.
    pub began: u32,
    /// The position at which the event ended. It equals `began` for something that the connection
    /// only saw.
    pub ended: u32,
    /// The time at which the event began, in nanoseconds.
    pub start: u64,
    /// The time at which the event ended, in nanoseconds.
    pub end: u64,
    /// The action itself.
    pub action: Action,
    /// The outcome of the action.
    pub outcome: Outcome,
}

/// The outcome of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The server confirmed the action, or the action needs no answer.
    Done,
    /// The server refused the action with this error code. A NAK counts as the code 0.
    Refused(u16),
    /// No answer arrived. The server does not answer this command if it succeeds.
    Silent,
    /// An answer was expected, but no answer arrived before the connection or the run ended. The
    /// action may have taken effect.
    Unknown,
}

/// An action of a connection, or something that it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Signed in to the notification server. Done when USR is answered with OK.
    SignIn {
        /// The address of the account.
        account: String,
        /// The dialect: 12 for MSNP12.
        dialect: u32,
    },
    /// Edited the lists, groups, settings or display name of its own account.
    Edit {
        /// The parts of the account that the edit changes, if it is carried out.
        changes: Vec<Change>,
    },
    /// Set a part of its presence, which the server forgets when the account signs out.
    Set {
        /// The part of the presence.
        attribute: Attribute,
        /// The new value. The checker finds more faults if no value is used twice for an account.
        value: String,
    },
    /// Saw the presence of a contact (NLN, ILN, FLN, UBX).
    Saw {
        /// The address of the contact.
        contact: String,
        /// The values that the client shows for the contact from now on. `None` means that the contact is offline.
        shown: Option<Shown>,
    },
    /// Was invited to a switchboard session (RNG).
    Rung {
        /// The address of the member that invited the account.
        caller: String,
    },
    /// Joined a switchboard session. Done when USR or ANS is answered with OK.
    Join {
        /// The address of the account.
        account: String,
    },
    /// Learned which switchboard session the connection is in. The id is unique in the history.
    Board {
        /// The id of the session.
        board: String,
    },
    /// Invited somebody to the switchboard session (CAL). Done when RINGING arrives.
    Call {
        /// The address of the invited account.
        callee: String,
    },
    /// Saw that somebody is in the switchboard session (IRO, JOI).
    Joined {
        /// The address of the member.
        member: String,
    },
    /// Saw that a member left the switchboard session (BYE).
    Left {
        /// The address of the member.
        member: String,
    },
    /// Sent a message to the switchboard session. Done when ACK arrives, refused when NAK arrives.
    Send {
        /// The digest of the payload. No payload is sent twice in a history.
        message: Digest,
    },
    /// Received a message in the switchboard session.
    Receive {
        /// The address in the header of the message.
        from: String,
        /// The digest of the payload.
        message: Digest,
    },
    /// Received something that a correct server never sends, such as a second answer to a command.
    Surprise {
        /// The line, and why it is wrong.
        what: String,
    },
    /// The connection ended. This is the last event of the connection.
    Ended(End),
    /// The lists that the client shows at the end of the run, according to the lines that it
    /// received.
    Holds {
        /// The values of all parts that the client knows.
        parts: Parts,
    },
    /// The whole account as the server has it before the run.
    Initial {
        /// The address of the account.
        account: String,
        /// The values of all parts.
        parts: Parts,
    },
    /// The whole account as the server has it at the end of the run.
    Final {
        /// The address of the account.
        account: String,
        /// The values of all parts.
        parts: Parts,
    },
}

/// The parts of an account and their values. A part is one setting, one group, one entry on a list,
/// or a similar piece of an account. The module [`part`] lists the parts that the checker knows.
/// The checker also compares the values of all other parts, although it does not know what these
/// values mean.
pub type Parts = BTreeMap<String, String>;

/// A change of one part of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The name of the part (see [`part`]).
    pub part: String,
    /// The new value, or `None` if the part is removed.
    pub value: Option<String>,
}

/// The names of those parts of an account that the checker knows. [`Parts`] explains what a part
/// is.
pub mod part {
    /// The display name.
    pub const NAME: &str = "name";
    /// The setting that decides whether accounts that are on neither AL nor BL may see this
    /// account: `AL` (yes) or `BL` (no). The default is `AL`.
    pub const PRIVACY: &str = "BLP";

    /// Returns the name of the part that says that `handle` is a contact on FL. The value of the
    /// part is empty.
    #[must_use]
    pub fn forward(handle: &str) -> String {
        format!("FL {handle}")
    }

    /// Returns the name of the part that says that `handle` is on AL. The value of the part is
    /// empty.
    #[must_use]
    pub fn allow(handle: &str) -> String {
        format!("AL {handle}")
    }

    /// Returns the name of the part that says that `handle` is on BL. The value of the part is
    /// empty.
    #[must_use]
    pub fn block(handle: &str) -> String {
        format!("BL {handle}")
    }

    /// Returns the name of the part that says that `handle` is on RL or PL. The value of the part
    /// is empty. Only the server changes this part.
    #[must_use]
    pub fn reverse(handle: &str) -> String {
        format!("RL {handle}")
    }

    /// Returns the name of the part that contains the nickname of `handle`. This part is added and
    /// removed together with the entry of `handle` on a list.
    #[must_use]
    pub fn nickname(handle: &str) -> String {
        format!("nickname {handle}")
    }

    /// Returns the name of the part that says that the group `name` exists. The value of the part
    /// is empty.
    #[must_use]
    pub fn group(name: &str) -> String {
        format!("group {name}")
    }

    /// Returns the name of the part that says that `handle` is in the group `name`. The value of
    /// the part is empty. This part is also removed if the group or the contact is removed.
    #[must_use]
    pub fn member(name: &str, handle: &str) -> String {
        format!("member {name} {handle}")
    }

    /// Returns whether edits of other parts, or edits of other accounts, also change `part`. In
    /// that case, it is unknown which edit changed `part` last.
    #[must_use]
    pub fn is_derived(part: &str) -> bool {
        [reverse(""), nickname(""), "member ".to_owned()].iter().any(|prefix| part.starts_with(prefix.as_str()))
    }
}

/// A part of the presence of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Attribute {
    /// The status, with the capabilities and the picture that CHG also sets.
    Status,
    /// The personal message (UUX).
    Message,
}

impl Attribute {
    /// The value of [`Attribute::Status`] begins with this word if the account is hidden.
    pub const HIDDEN: &str = "HDN";
}

/// The values that a client shows for a contact that is online.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The status, with the capabilities and the picture that NLN and ILN also contain.
    pub status: String,
    /// The display name.
    pub name: String,
    /// The personal message. `None` if the dialect has none.
    pub message: Option<String>,
}

/// A digest of the payload of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub u64);

/// The way in which a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The client ended the connection on purpose, with or without OUT.
    Left,
    /// The client was told that its account had signed in elsewhere (OUT OTH).
    Elsewhere,
    /// The server closed the connection for any other reason.
    Closed,
    /// The client or the network failed.
    Cut,
}

impl Digest {
    /// Returns the digest of a payload. The digest is FNV-1a, which never changes, so the digests
    /// in an old history stay valid.
    #[must_use]
    pub fn of(payload: &[u8]) -> Self {
        let add = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        Self(payload.iter().fold(0xCBF2_9CE4_8422_2325, add))
    }
}
