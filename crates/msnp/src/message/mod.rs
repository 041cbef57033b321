//! The messages that clients exchange on a switchboard: the payloads of MSG (docs/protocol/payloads.md sections 1 to 6,
//! 8 and 11).
//!
//! A server passes these messages on unchanged. It reads two headers, but only in messages with the
//! flag `D` (sb.md section 6). This module is for clients. [`Message::parse`] turns a payload into
//! a typed message, and [`Message::encode`] does the reverse. [`Mime`] gives access to the headers
//! and the body of any payload.
//!
//! Nothing in a payload proves who sent it. Only the MSG line names the real sender.

mod client_caps;
mod control;
mod datacast;
mod emoticons;
mod format;
mod headers;
mod invitation;
mod mime;
mod other;
mod peer_to_peer;
mod system;
mod text;

use crate::switchboard::AckFlag;
use crate::{Handle, MsnObjectFields, payload};

pub use client_caps::ClientCaps;
use control::Activity;
use datacast::Datacast;
pub use emoticons::{CustomEmoticon, Emoticons, MAX_EMOTICONS, USUAL_EMOTICONS};
pub use format::{Color, Effects, MAX_FONT, TextFormat};
pub use headers::Headers;
pub use invitation::{Invitation, InvitationCommand};
pub use mime::{MAX_PAYLOAD, Mime};
pub use other::OtherMessage;
pub use peer_to_peer::PeerToPeer;
pub use text::{TextMessage, split_text};

/// A message in a conversation.
///
/// `Debug` shows neither texts nor data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text.
    Text(TextMessage),
    /// The sender is typing. The sender's client repeats this message every 5 seconds. Show the
    /// sender as typing until a text arrives, or for at most 10 seconds.
    ///
    /// The message contains a handle, but any client can write any address there. Trust the sender in the MSG line
    /// instead. The handle is `None` if the message contains something that is not an address. To send this message,
    /// fill in the handle of your own account.
    Typing(Option<Handle>),
    /// The sender is recording a voice clip. The handle is only a claim, as in [`Message::Typing`].
    Recording(Option<Handle>),
    /// A nudge, which shakes the window.
    Nudge,
    /// A wink. The reader fetches it by peer-to-peer transfer and plays it.
    Wink(MsnObjectFields),
    /// A voice clip. The reader fetches it by peer-to-peer transfer and plays it.
    VoiceClip(MsnObjectFields),
    /// The custom emoticons in the next text of the sender.
    Emoticons(Emoticons),
    /// The program that the sender uses.
    ClientCaps(ClientCaps),
    /// A piece of a transfer.
    PeerToPeer(PeerToPeer),
    /// A step of an old-style invitation.
    Invitation(Invitation),
    /// The service will stop. Only a notification server sends this message. Ignore such a message
    /// on a switchboard, where only users send messages.
    ShutdownWarning {
        /// The number of minutes until the service stops.
        minutes: u32,
    },
    /// Any other message: a message of an unknown type, a malformed message, one packet of a longer
    /// message, or a message that is longer than [`MAX_PAYLOAD`].
    Other(OtherMessage),
}

impl Message {
    /// Reads a payload. Never fails. A message that is malformed or of an unknown type becomes [`Message::Other`].
    #[must_use]
    pub fn parse(payload: &[u8]) -> Self {
        let known = Mime::parse(payload).filter(|mime| !mime.is_partial()).and_then(|mime| Self::of_mime(&mime));
        known.unwrap_or_else(|| Self::Other(OtherMessage::new(payload.to_vec())))
    }

    fn of_mime(mime: &Mime<'_>) -> Option<Self> {
        // The most frequent types come first, because transfers send hundreds of messages.
        if mime.is(peer_to_peer::TYPE) {
            return PeerToPeer::read(mime).map(Self::PeerToPeer);
        }
        if mime.is(text::TYPE) {
            return Some(Self::Text(TextMessage::read(mime)));
        }
        if mime.is(control::TYPE) {
            return Activity::read(mime).map(|(activity, handle)| match activity {
                Activity::Typing => Self::Typing(handle),
                Activity::Recording => Self::Recording(handle),
            });
        }
        if mime.is(datacast::TYPE) {
            return Datacast::read(mime.fields()).map(|datacast| match datacast {
                Datacast::Nudge => Self::Nudge,
                Datacast::Wink(object) => Self::Wink(object),
                Datacast::VoiceClip(object) => Self::VoiceClip(object),
            });
        }
        if mime.is(client_caps::TYPE) {
            return ClientCaps::read(mime.fields()).map(Self::ClientCaps);
        }
        if mime.is(invitation::TYPE) {
            return Invitation::read(mime.fields()).map(Self::Invitation);
        }
        let shutdown = || system::read_shutdown(mime).map(|minutes| Self::ShutdownWarning { minutes });
        Emoticons::read(mime).map(Self::Emoticons).or_else(shutdown)
    }

    /// Returns the payload.
    ///
    /// This function does not limit the length. Servers refuse a payload that is longer than
    /// [`MAX_MESSAGE`](crate::switchboard::MAX_MESSAGE). [`split_text`] splits a text into messages
    /// that fit.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    /// Appends the payload to `out`. See [`Message::encode`].
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => text.write(out),
            Self::Typing(handle) => Activity::Typing.write(handle.as_ref(), out),
            Self::Recording(handle) => Activity::Recording.write(handle.as_ref(), out),
            Self::Nudge => datacast::write_nudge(out),
            Self::Wink(object) => datacast::write_wink(object, out),
            Self::VoiceClip(object) => datacast::write_voice_clip(object, out),
            Self::Emoticons(emoticons) => emoticons.write(out),
            Self::ClientCaps(caps) => caps.write(out),
            Self::PeerToPeer(piece) => piece.write(out),
            Self::Invitation(invitation) => invitation.write(out),
            Self::ShutdownWarning { minutes } => out.extend(payload::shutdown_warning(*minutes)),
            Self::Other(other) => out.extend_from_slice(other.payload()),
        }
    }

    /// Returns the acknowledgement flag with which clients usually send such a message (payloads.md
    /// section 1).
    ///
    /// For a text, this is [`AckFlag::OnFailure`], which is enough to show that the text was not
    /// delivered. Clients 7.x send texts with [`AckFlag::Always`].
    #[must_use]
    pub const fn default_flag(&self) -> AckFlag {
        match self {
            Self::Text(_) | Self::Emoticons(_) | Self::Other(_) => AckFlag::OnFailure,
            Self::Typing(_) | Self::Recording(_) | Self::ClientCaps(_) | Self::ShutdownWarning { .. } => AckFlag::Never,
            Self::Nudge | Self::Wink(_) | Self::VoiceClip(_) | Self::Invitation(_) => AckFlag::Always,
            Self::PeerToPeer(_) => AckFlag::Data,
        }
    }
}

#[cfg(test)]
mod tests;
