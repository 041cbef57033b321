//! The events that `swallowtail listen` prints, as JSON or in words.

use std::fmt;

use msnp::Handle;
use msnp::message::Message;
use msnp::payload::{PersonalMessage, alert_text};
use msnp_client::machine::{Entry, RosterChange};
use msnp_client::{Client, Conversation, Event, Incoming};
use serde::Serialize;

/// An event with its time.
#[derive(Serialize)]
pub(super) struct Stamped {
    pub(super) time: String,
    #[serde(flatten)]
    pub(super) record: Record,
}

/// An event. Users are identified by their addresses. `status` is the word on the wire, such as `NLN`, or null for
/// offline. Conversations have numbers, which are only valid until the program ends.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Record {
    SignedIn,
    SignedOut { reason: String, retry_seconds: Option<u64> },
    Presence { contact: String, name: String, status: Option<&'static str> },
    PersonalMessage { contact: String, text: String },
    AddedBy { user: String, is_pending: bool },
    Joined { conversation: u64, user: String, name: String },
    Left { conversation: u64, user: String },
    Quiet { conversation: u64 },
    Message { conversation: u64, from: String, name: String, text: String },
    Nudge { conversation: u64, from: String, name: String },
    Typing { conversation: u64, from: String },
    FileOffered { conversation: u64, from: String, file: String, size: u64 },
    Announcement { text: String },
    Shutdown { minutes: u32 },
}

impl Record {
    /// Returns the record of an event. Returns `None` if the event is of no use to a reader.
    pub(super) fn of(event: Event, client: &Client) -> Option<Self> {
        Some(match event {
            Event::SignedIn => Self::SignedIn,
            Event::SignedOut { reason, retry } => {
                Self::SignedOut { reason: reason.to_string(), retry_seconds: retry.map(|retry| retry.as_secs()) }
            }
            Event::Roster(change) => return Self::of_roster(change, client),
            Event::Joined { conversation, member } => Self::Joined {
                conversation: number(&conversation),
                user: member.handle.to_string(),
                name: member.name.as_str().to_owned(),
            },
            Event::Left { conversation, handle } => {
                Self::Left { conversation: number(&conversation), user: handle.to_string() }
            }
            Event::Quiet(conversation) => Self::Quiet { conversation: number(&conversation) },
            Event::Message(message) => return Self::of_message(message),
            Event::FileOffered(offer) => Self::FileOffered {
                conversation: number(&offer.conversation),
                from: offer.from.to_string(),
                file: offer.name,
                size: offer.size,
            },
            Event::ShutdownWarning { minutes } => Self::Shutdown { minutes },
            Event::Alert(xml) => Self::Announcement { text: alert_text(&xml)? },
        })
    }

    fn of_roster(change: RosterChange, client: &Client) -> Option<Self> {
        let of = |handle: &Handle, read: fn(&Entry) -> String| {
            client.roster(|roster| roster.get(handle).map(read)).unwrap_or_default()
        };
        Some(match change {
            RosterChange::Presence { handle, now, .. } => Self::Presence {
                name: of(&handle, |entry| entry.name().as_str().to_owned()),
                contact: handle.to_string(),
                status: now.map(msnp::Status::code),
            },
            RosterChange::PersonalMessage(handle) => Self::PersonalMessage {
                text: of(&handle, |entry| {
                    entry.personal_message.as_ref().map(PersonalMessage::text).unwrap_or_default()
                }),
                contact: handle.to_string(),
            },
            RosterChange::AddedBy(handle) => Self::AddedBy {
                is_pending: client.roster(|roster| roster.get(&handle).is_some_and(Entry::is_pending)),
                user: handle.to_string(),
            },
            _ => return None,
        })
    }

    fn of_message(message: Incoming) -> Option<Self> {
        let conversation = number(&message.conversation);
        let (from, name) = (message.from.to_string(), message.name.as_str().to_owned());
        Some(match message.message {
            Message::Text(text) => Self::Message { conversation, from, name, text: text.text },
            Message::Nudge => Self::Nudge { conversation, from, name },
            Message::Typing(_) => Self::Typing { conversation, from },
            _ => return None,
        })
    }
}

fn number(conversation: &Conversation) -> u64 {
    conversation.id().to_string().parse().unwrap_or_default()
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedIn => f.write_str("signed in"),
            Self::SignedOut { reason, retry_seconds: None } => write!(f, "signed out: {reason}"),
            Self::SignedOut { reason, retry_seconds: Some(seconds) } => {
                write!(f, "signed out: {reason}; next attempt in {seconds} s")
            }
            Self::Presence { contact, name, status } => {
                write!(f, "{contact} ({name}) is {}", status.unwrap_or("offline"))
            }
            Self::PersonalMessage { contact, text } => write!(f, "{contact} has the personal message {text:?}"),
            Self::AddedBy { user, is_pending: true } => write!(f, "{user} added this account and waits for an answer"),
            Self::AddedBy { user, is_pending: false } => write!(f, "{user} added this account"),
            Self::Joined { conversation, user, .. } => write!(f, "{user} joined conversation {conversation}"),
            Self::Left { conversation, user } => write!(f, "{user} left conversation {conversation}"),
            Self::Quiet { conversation } => write!(f, "conversation {conversation} is quiet"),
            Self::Message { from, text, .. } => write!(f, "{from}: {text}"),
            Self::Nudge { from, .. } => write!(f, "{from} sent a nudge"),
            Self::Typing { from, .. } => write!(f, "{from} is typing"),
            Self::FileOffered { from, file, size, .. } => write!(f, "{from} offers {file} ({size} bytes)"),
            Self::Announcement { text } => write!(f, "announcement: {text}"),
            Self::Shutdown { minutes } => write!(f, "the server will stop in {minutes} min"),
        }
    }
}
