//! The fields in the body of an MSNSLP message: `name: value` lines.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;

use super::text::{braced, clean, line, unbraced};
use crate::Guid;
use crate::word::number;

/// The maximum number of fields in the body of an MSNSLP message. Real bodies have about ten.
pub const MAX_FIELDS: usize = 64;

/// A base64 decoder that accepts a Context with or without padding, because some clients write the
/// padding and others do not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The fields in the body of an MSNSLP message, in order. The case of names does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The EUF-GUID of a session that transfers an MSNObject (payloads.md section 7.2).
    pub const OBJECT: Guid = Guid::from_bytes(0xA426_8EEC_FEC5_49E5_95C3_F126_696B_DBF6_u128.to_be_bytes());
    /// The EUF-GUID of a session that transfers a file (payloads.md section 7.2).
    pub const FILE: Guid = Guid::from_bytes(0x5D3E_02AB_6190_11D3_BBBB_00C0_4F79_5683_u128.to_be_bytes());

    /// Creates an empty list. An empty list is written as an empty line and a NUL.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Appends a field. Removes control characters, blanks around the value, and characters that a
    /// name cannot contain. Leaves out the field if its name is empty or if there are already
    /// [`MAX_FIELDS`] fields.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let name: String = name.chars().filter(|char| is_name_char(*char)).collect();
        if !name.is_empty() && self.0.len() < MAX_FIELDS {
            self.0.push((name, clean(value)));
        }
        self
    }

    /// Appends the EUF-GUID, which selects the kind of session.
    #[must_use]
    pub fn with_euf_guid(self, guid: Guid) -> Self {
        self.with("EUF-GUID", &braced(guid))
    }

    /// Appends the SessionID.
    #[must_use]
    pub fn with_session_id(self, id: u32) -> Self {
        self.with("SessionID", &id.to_string())
    }

    /// Appends the AppID.
    #[must_use]
    pub fn with_app_id(self, id: u32) -> Self {
        self.with("AppID", &id.to_string())
    }

    /// Appends the Context, in base64.
    #[must_use]
    pub fn with_context(self, context: &[u8]) -> Self {
        self.with("Context", &BASE64_STANDARD.encode(context))
    }

    /// Returns the body that refuses a direct connection (payloads.md section 7.4).
    #[must_use]
    pub fn without_direct_connection() -> Self {
        let none = braced(Guid::from_bytes([0; 16]));
        Self::new().with("Bridge", "TCPv1").with("Listening", "false").with("Nonce", &none)
    }

    /// Returns the value of the first field with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the EUF-GUID.
    #[must_use]
    pub fn euf_guid(&self) -> Option<Guid> {
        unbraced(self.get("EUF-GUID")?)
    }

    /// Returns the SessionID.
    #[must_use]
    pub fn session_id(&self) -> Option<u32> {
        number(self.get("SessionID")?.as_bytes())
    }

    /// Returns the AppID.
    #[must_use]
    pub fn app_id(&self) -> Option<u32> {
        number(self.get("AppID")?.as_bytes())
    }

    /// Returns the decoded Context. Returns `None` if it is missing or not base64.
    #[must_use]
    pub fn context(&self) -> Option<Vec<u8>> {
        LENIENT.decode(self.get("Context")?).ok()
    }

    /// Returns the names of the transports that a request for a direct connection offers, such as `TCPv1`.
    pub fn bridges(&self) -> impl Iterator<Item = &str> {
        self.get("Bridges").unwrap_or_default().split(' ').filter(|bridge| !bridge.is_empty())
    }

    /// Returns the transport that was chosen by the answer to a request for a direct connection.
    #[must_use]
    pub fn bridge(&self) -> Option<&str> {
        self.get("Bridge")
    }

    /// Returns whether the sender waits for a direct connection.
    #[must_use]
    pub fn listening(&self) -> Option<bool> {
        let value = self.get("Listening")?;
        match value {
            _ if value.eq_ignore_ascii_case("true") => Some(true),
            _ if value.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// Returns the secret of a direct connection.
    #[must_use]
    pub fn nonce(&self) -> Option<Guid> {
        unbraced(self.get("Nonce")?)
    }

    /// Returns the bytes of the body: the fields, an empty line, and a NUL.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in self.iter() {
            line(&mut out, format_args!("{name}: {value}"));
        }
        out.extend(*b"\r\n\0");
        out
    }

    /// Reads lines up to the first empty line. Returns `None` if a line has no name or contains a
    /// control character, or if there are too many fields.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = Vec::new();
        for line in text.split("\r\n").take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':')?;
            let (name, value) = (name.trim_end_matches(' '), value.trim());
            let valid = !name.is_empty() && name.chars().all(is_name_char) && !value.contains(char::is_control);
            if !valid || fields.len() == MAX_FIELDS {
                return None;
            }
            fields.push((name.to_owned(), value.to_owned()));
        }
        Some(Self(fields))
    }
}

const fn is_name_char(char: char) -> bool {
    char.is_ascii_graphic() && char != ':'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_for_a_direct_connection_is_read() {
        let text =
            "Bridges: TRUDPv1 TCPv1\r\nNetID: 0\r\nConn-Type: Direct-Connect\r\nUPnPNat: false\r\nICF: false\r\n";
        let fields = Fields::parse(text).unwrap();
        assert_eq!(fields.bridges().collect::<Vec<_>>(), ["TRUDPv1", "TCPv1"]);
        assert_eq!((fields.get("netid"), fields.get("icf"), fields.get("Nonce")), (Some("0"), Some("false"), None));
    }

    #[test]
    fn a_refusal_of_a_direct_connection_has_a_nonce_of_zeros() {
        let fields = Fields::without_direct_connection();
        assert_eq!(
            String::from_utf8(fields.encode()).unwrap(),
            "Bridge: TCPv1\r\nListening: false\r\nNonce: {00000000-0000-0000-0000-000000000000}\r\n\r\n\0"
        );
        assert_eq!((fields.bridge(), fields.listening()), (Some("TCPv1"), Some(false)));
        assert_eq!(fields.nonce(), Some(Guid::from_bytes([0; 16])));
    }

    #[test]
    fn invalid_field_values_count_as_missing() {
        let fields = Fields::new().with("SessionID", "-1").with("AppID", "4294967296").with("Context", "?");
        assert_eq!((fields.session_id(), fields.app_id(), fields.context()), (None, None, None));
        let fields = Fields::new().with("EUF-GUID", "{1}").with("Nonce", "").with("Listening", "maybe");
        assert_eq!((fields.euf_guid(), fields.nonce(), fields.listening()), (None, None, None));
    }

    #[test]
    fn the_padding_of_a_context_may_be_missing() {
        for text in ["YWI=", "YWI"] {
            assert_eq!(Fields::new().with("Context", text).context().as_deref(), Some(b"ab".as_slice()), "{text}");
        }
    }
}
