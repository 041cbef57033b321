//! `NOT`: an alert in XML (docs/protocol/ns.md section 13).

use crate::Handle;
use crate::xml::escape_xml;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_operator_is_escaped() {
        let handle = Handle::parse("alice@example.com").unwrap();
        let alert = alert(&handle, (1 << 32) + 2, 7, "http://example.com/?a&b", "5 < 6 & \"so on\"\x1b </TEXT>");
        let alert = String::from_utf8(alert).unwrap();
        assert!(alert.contains("<TEXT>5 &lt; 6 &amp; &quot;so on&quot; &lt;/TEXT&gt;</TEXT>"), "{alert}");
        assert!(alert.contains("pid=\"0x00000001:0x00000002\" name=\"alice@example.com\""), "{alert}");
        assert!(alert.contains("http://example.com/?a&amp;b"), "{alert}");
    }
}
