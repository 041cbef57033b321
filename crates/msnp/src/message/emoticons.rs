//! `text/x-mms-emoticon`: the custom emoticons in the next text (docs/protocol/payloads.md section 5).

use super::headers::{push_plain, write_start};
use super::mime::Mime;
use crate::MsnObjectFields;

const STILL: &str = "text/x-mms-emoticon";
const ANIMATED: &str = "text/x-mms-animemoticon";

/// The maximum number of emoticons that this crate reads from one message or writes to one message.
/// The crate ignores further emoticons.
pub const MAX_EMOTICONS: usize = 10;

/// The maximum number of emoticons that clients 7.x send in one message. Send further emoticons in
/// further messages.
pub const USUAL_EMOTICONS: usize = 5;

/// The emoticons in the next text of the same sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emoticons {
    /// True if the emoticons move.
    pub animated: bool,
    /// The emoticons: at least one, and at most [`MAX_EMOTICONS`].
    pub emoticons: Vec<CustomEmoticon>,
}

/// A shortcut, and the picture that the reader shows in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomEmoticon {
    /// The text that the picture replaces. The reader does not replace this text inside a URL. The
    /// text must not be empty. When this crate writes the message, it leaves out control
    /// characters.
    pub shortcut: String,
    /// The picture. The reader fetches it by peer-to-peer transfer.
    pub object: MsnObjectFields,
}

impl Emoticons {
    /// Reads a message with still or animated emoticons. Skips an emoticon with an empty shortcut
    /// or a malformed object. Returns `None` if the message has another type or contains no valid
    /// emoticon.
    pub(super) fn read(mime: &Mime<'_>) -> Option<Self> {
        let animated = mime.is(ANIMATED);
        if !animated && !mime.is(STILL) {
            return None;
        }
        let mut fields = std::str::from_utf8(mime.body()).ok()?.split('\t');
        let mut emoticons = Vec::new();
        while let (Some(shortcut), Some(object)) = (fields.next(), fields.next()) {
            if emoticons.len() == MAX_EMOTICONS {
                break;
            }
            emoticons.extend(CustomEmoticon::read(shortcut, object));
        }
        (!emoticons.is_empty()).then_some(Self { animated, emoticons })
    }

    /// Appends the payload.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_start(out, if self.animated { ANIMATED } else { STILL });
        out.extend_from_slice(b"\r\n");
        for CustomEmoticon { shortcut, object } in self.emoticons.iter().take(MAX_EMOTICONS) {
            push_plain(out, shortcut);
            out.push(b'\t');
            out.extend_from_slice(object.to_xml().as_bytes());
            out.push(b'\t');
        }
    }
}

impl CustomEmoticon {
    fn read(shortcut: &str, object: &str) -> Option<Self> {
        let shortcut: String = shortcut.chars().filter(|char| !char.is_control()).collect();
        let object = MsnObjectFields::parse(object)?;
        (!shortcut.is_empty()).then_some(Self { shortcut, object })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(location: usize) -> MsnObjectFields {
        let xml = format!(r#"<msnobj Size="1" Type="2" Location="{location}" SHA1D="6zdVQEW8Rph/v1Olo1R3o1T7PuU="/>"#);
        MsnObjectFields::parse(&xml).unwrap()
    }

    fn read(body: &str) -> Option<Vec<(String, String)>> {
        let payload = format!("Content-Type: text/x-mms-emoticon\r\n\r\n{body}");
        let emoticons = Emoticons::read(&Mime::parse(payload.as_bytes()).unwrap())?.emoticons;
        Some(emoticons.into_iter().map(|emoticon| (emoticon.shortcut, emoticon.object.location().to_owned())).collect())
    }

    #[test]
    fn an_emoticon_list_may_lack_the_last_tab_and_may_contain_encoded_objects() {
        let pair = |shortcut: &str, location: &str| (shortcut.to_owned(), location.to_owned());
        let (one, two) = (object(1), object(2));
        for body in [
            format!("(a)\t{one}\tb c\t{two}\t", one = one.to_xml(), two = two.to_xml()),
            format!("(a)\t{one}\tb c\t{two}", one = one.to_xml(), two = two.to_xml()),
            format!("(a)\t{one}\tb c\t{two}\r\n", one = one.to_word(), two = two.to_word()),
            format!("(a)\t{one}\t\r\nb c\t{two}\t\r\n", one = one.to_xml(), two = two.to_word()),
        ] {
            assert_eq!(read(&body), Some(vec![pair("(a)", "1"), pair("b c", "2")]), "{body}");
        }
    }

    #[test]
    fn malformed_pairs_are_skipped() {
        let xml = object(1).to_xml().to_owned();
        for (body, expected) in [
            (String::new(), None),
            ("(a)\t<msnobj/>\t".to_owned(), None),
            (format!("\t{xml}\t"), None),
            (format!("(a)\tx\tb\t{xml}\tc"), Some("b")),
        ] {
            let shortcuts =
                read(&body).map(|pairs| pairs.into_iter().map(|(shortcut, _)| shortcut).collect::<String>());
            assert_eq!(shortcuts.as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn ten_emoticons_are_accepted_and_further_ones_are_ignored() {
        let body: String = (0..14).map(|n| format!("s{n}\t{}\t", object(n).to_xml())).collect();
        let pairs = read(&body).unwrap();
        assert_eq!((pairs.len(), pairs[9].0.as_str()), (10, "s9"));
    }
}
