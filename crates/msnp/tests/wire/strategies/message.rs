//! The messages of users: the payloads of MSG.

use msnp::message::*;

use super::*;

/// A line of text in the form that fits into a header or a field: without white space around it.
fn value() -> impl Strategy<Value = String> {
    "([!-~é☺]{1,8}( [!-~é☺]{1,8}){0,2})?"
}

fn format() -> impl Strategy<Value = TextFormat> {
    let effects =
        any::<[bool; 4]>().prop_map(|[bold, italic, strike, underline]| Effects { bold, italic, strike, underline });
    let color = any::<[u8; 3]>().prop_map(|[red, green, blue]| Color { red, green, blue });
    (r"[\PC]{0,31}", effects, color, any::<u8>(), any::<u8>(), any::<bool>()).prop_map(
        |(font, effects, color, charset, pitch_family, right_to_left)| TextFormat {
            font,
            effects,
            color,
            charset,
            pitch_family,
            right_to_left,
        },
    )
}

/// A text in which all line ends are LF.
fn text() -> impl Strategy<Value = TextMessage> {
    (r"([\PC\n\t]){0,60}", option::of(format())).prop_map(|(text, format)| TextMessage { text, format })
}

fn object_fields() -> impl Strategy<Value = MsnObjectFields> {
    (handle(), any::<u32>(), "[ -~é☺]{0,20}", "[ -~é☺]{0,8}", any::<Vec<u8>>()).prop_map(
        |(creator, kind, location, name, data)| {
            MsnObjectFields::of(&creator, ObjectKind::from_number(kind), &location, &name, &data).unwrap()
        },
    )
}

fn emoticons() -> impl Strategy<Value = Emoticons> {
    let emoticon = (r"[\PC]{1,7}", object_fields()).prop_map(|(shortcut, object)| CustomEmoticon { shortcut, object });
    (any::<bool>(), vec(emoticon, 1..=MAX_EMOTICONS))
        .prop_map(|(animated, emoticons)| Emoticons { animated, emoticons })
}

fn invitation() -> impl Strategy<Value = Invitation> {
    let fields = vec(("[A-Z][A-Za-z-]{0,12}", value()), 0..9);
    (select(&["INVITE", "ACCEPT", "CANCEL"]), any::<u32>(), fields).prop_map(|(command, cookie, others)| {
        let cookie = cookie.to_string();
        let others = others.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Invitation::new(others.chain([("Invitation-Command", command), ("Invitation-Cookie", &cookie)])).unwrap()
    })
}

/// A message of a type that the crate does not know, or without a type.
fn other() -> impl Strategy<Value = OtherMessage> {
    let typed = ("x-[a-z]{1,9}", any::<Vec<u8>>()).prop_map(|(kind, body)| {
        [format!("MIME-Version: 1.0\r\nContent-Type: application/{kind}\r\n\r\n").into_bytes(), body].concat()
    });
    prop_oneof![typed, vec(any::<u8>(), 0..40)].prop_map(OtherMessage::new)
}

/// Returns every message.
pub(crate) fn message() -> impl Strategy<Value = Message> {
    use Message as M;
    let caps = (value(), any::<Option<bool>>()).prop_map(|(name, logging)| ClientCaps { name, logging });
    let piece = (lax_handle(), any::<Vec<u8>>()).prop_map(|(destination, data)| PeerToPeer { destination, data });
    forms!(M {
        M::Text(_) => text().prop_map(M::Text),
        M::Typing(_) => option::of(lax_handle()).prop_map(M::Typing),
        M::Recording(_) => option::of(lax_handle()).prop_map(M::Recording),
        M::Nudge => Just(M::Nudge),
        M::Wink(_) => object_fields().prop_map(M::Wink),
        M::VoiceClip(_) => object_fields().prop_map(M::VoiceClip),
        M::Emoticons(_) => emoticons().prop_map(M::Emoticons),
        M::ClientCaps(_) => caps.prop_map(M::ClientCaps),
        M::PeerToPeer(_) => piece.prop_map(M::PeerToPeer),
        M::Invitation(_) => invitation().prop_map(M::Invitation),
        M::ShutdownWarning { .. } => any::<u32>().prop_map(|minutes| M::ShutdownWarning { minutes }),
        M::Other(_) => other().prop_map(M::Other),
    })
}
