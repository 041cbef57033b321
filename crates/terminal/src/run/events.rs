//! Translates events from the client SDK into events for the app.

use std::collections::HashMap;

use msnp::message::Message;
use msnp::payload::alert_text;
use msnp_client::machine::{ConversationId, RosterChange};
use msnp_client::{Conversation, Event, FileOffer, Incoming};

use super::files::Files;
use crate::app::{AppEvent, Talk, TalkEvent, TalkId};

/// When [`Talks`] contains this many conversations and another one is added, [`Talks`] first
/// forgets all conversations that the client of the SDK has already forgotten.
const MANY: usize = 300;

/// The conversations of the client. The key is the number that the app uses.
#[derive(Default)]
pub(super) struct Talks {
    conversations: HashMap<TalkId, Conversation>,
    ids: HashMap<ConversationId, TalkId>,
    next: u64,
}

impl Talks {
    /// Returns the conversation in the form that the app uses.
    pub(super) fn talk(&mut self, conversation: &Conversation) -> Talk {
        let users = conversation.users();
        let id = match self.ids.get(&conversation.id()) {
            Some(id) => *id,
            None => self.add(conversation),
        };
        Talk { id, users }
    }

    fn add(&mut self, conversation: &Conversation) -> TalkId {
        if self.conversations.len() >= MANY {
            self.conversations.retain(|_, conversation| !conversation.users().is_empty());
            self.ids.retain(|_, id| self.conversations.contains_key(id));
        }
        let id = TalkId(self.next);
        self.next += 1;
        self.ids.insert(conversation.id(), id);
        self.conversations.insert(id, conversation.clone());
        id
    }

    pub(super) fn get(&self, id: TalkId) -> Option<&Conversation> {
        self.conversations.get(&id)
    }
}

/// Returns the event for the app. Returns `None` if the app has nothing to do. Changes of the
/// roster need no event, because the roster is copied before it is drawn.
pub(super) fn translate(event: Event, talks: &mut Talks, files: &mut Files) -> Option<AppEvent> {
    Some(match event {
        Event::SignedIn => AppEvent::SignedIn,
        Event::SignedOut { reason, retry } => AppEvent::SignedOut { reason: reason.to_string(), retry },
        Event::Roster(RosterChange::Presence { handle, before, now }) => AppEvent::Presence { handle, before, now },
        Event::Roster(RosterChange::AddedBy(handle)) => AppEvent::Request(handle),
        Event::Roster(_) => return None,
        Event::Joined { conversation, member } => {
            AppEvent::Talk(talks.talk(&conversation), TalkEvent::Joined(member.handle))
        }
        Event::Left { conversation, handle } => AppEvent::Talk(talks.talk(&conversation), TalkEvent::Left(handle)),
        Event::Quiet(conversation) => AppEvent::Talk(talks.talk(&conversation), TalkEvent::Quiet),
        Event::Message(message) => {
            let talk = talks.talk(&message.conversation);
            AppEvent::Talk(talk, of_message(message)?)
        }
        Event::FileOffered(offer) => {
            let talk = talks.talk(&offer.conversation);
            let FileOffer { from, name, size, .. } = offer.clone();
            let id = files.offered(offer)?;
            AppEvent::Talk(talk, TalkEvent::FileOffered { from, id, name, size })
        }
        Event::ShutdownWarning { minutes } => AppEvent::Shutdown(minutes),
        Event::Alert(xml) => AppEvent::Announcement(alert_text(&xml)?),
    })
}

fn of_message(message: Incoming) -> Option<TalkEvent> {
    let Incoming { from, message, .. } = message;
    Some(match message {
        Message::Text(text) => TalkEvent::Text { from, text: text.text },
        Message::Nudge => TalkEvent::Nudge(from),
        // The message also names a sender, but the app uses `from`.
        Message::Typing(_) => TalkEvent::Typing(from),
        Message::Wink(_) => TalkEvent::Other { from, what: "a wink" },
        Message::VoiceClip(_) => TalkEvent::Other { from, what: "a voice clip" },
        _ => return None,
    })
}
