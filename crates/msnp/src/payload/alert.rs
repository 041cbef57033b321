//! `NOT`: an alert in XML (docs/protocol/ns.md section 13).

use crate::Handle;
use crate::xml::{Reader, Step, escape_xml};

/// Returns the alert that shows a text to one user. `member_id` is the number of the account. `page` opens when the
/// user clicks the alert.
#[must_use]
pub fn alert(handle: &Handle, member_id: u64, id: u32, page: &str, text: &str) -> Vec<u8> {
    let (name, page, text) = (escape_xml(handle.as_str()), escape_xml(page), escape_xml(text));
    let (high, low) = (member_id >> 32, member_id & 0xFFFF_FFFF);
    format!(
        "<NOTIFICATION ver=\"2\" id=\"{id}\" siteid=\"0\" siteurl=\"{page}\">\
         <TO pid=\"0x{high:08X}:0x{low:08X}\" name=\"{name}\"/>\
         <MSG pri=\"1\" id=\"{id}\"><SUBSCR url=\"{page}\"/><ACTION url=\"{page}\"/>\
         <BODY lang=\"1033\" icon=\"\"><TEXT>{text}</TEXT></BODY></MSG></NOTIFICATION>"
    )
    .into_bytes()
}

/// Returns the text of an alert. `None` if the alert has no text or is not XML.
#[must_use]
pub fn alert_text(xml: &str) -> Option<String> {
    let mut reader = Reader::new(xml.trim());
    let mut text = None;
    while let Ok(Some(step)) = reader.step() {
        match step {
            Step::Text(piece) if reader.at(&["NOTIFICATION", "MSG", "BODY", "TEXT"]) => {
                text.get_or_insert_with(String::new).push_str(&piece);
            }
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_text_in_an_alert_is_escaped() {
        let handle = Handle::parse("alice@example.com").unwrap();
        let alert = alert(&handle, (1 << 32) + 2, 7, "http://example.com/?a&b", "5 < 6 & \"so on\"\x1b </TEXT>");
        let alert = String::from_utf8(alert).unwrap();
        assert!(alert.contains("<TEXT>5 &lt; 6 &amp; &quot;so on&quot; &lt;/TEXT&gt;</TEXT>"), "{alert}");
        assert!(alert.contains("pid=\"0x00000001:0x00000002\" name=\"alice@example.com\""), "{alert}");
        assert!(alert.contains("http://example.com/?a&amp;b"), "{alert}");
    }

    #[test]
    fn the_text_of_an_alert_is_read_back_as_it_was_written() {
        let handle = Handle::parse("alice@example.com").unwrap();
        for text in ["Hello", "5 < 6 & \"so on\" </TEXT>", "ж🐌"] {
            let alert = String::from_utf8(alert(&handle, 1, 7, "http://example.com/", text)).unwrap();
            assert_eq!(alert_text(&alert).as_deref(), Some(text));
        }
        for xml in ["", "<NOTIFICATION/>", "<TEXT>a</TEXT>", "no XML"] {
            assert_eq!(alert_text(xml), None, "{xml}");
        }
    }
}
