//! Presence: status and personal messages (docs/protocol/ns.md section 10).

use crate::payload::PersonalMessage;
use crate::word::{LineWriter, Words, utf8};
use crate::{Capabilities, Dialect, DisplayName, ErrorCode, Handle, Malformed, MsnObject, Refusal, Status, TrId};

/// `CHG TrID status [capabilities [object]]`: sets the status. The answer repeats the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chg {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The new status.
    pub status: Status,
    /// The capabilities, or 0 if the client did not send any.
    pub capabilities: Capabilities,
    /// The display picture.
    pub object: Option<MsnObject>,
    /// The words after the transaction id as received, separated by single blanks.
    echo: Vec<u8>,
}

impl Chg {
    /// Creates a CHG that sets the status to `status`.
    #[must_use]
    pub fn new(trid: TrId, status: Status, capabilities: Capabilities, object: Option<MsnObject>) -> Self {
        let mut echo = format!("{status} {capabilities}").into_bytes();
        if let Some(object) = &object {
            echo.extend_from_slice(format!(" {object}").as_bytes());
        }
        Self { trid, status, capabilities, object, echo }
    }

    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let invalid = Refusal::Answer(trid, ErrorCode::InvalidParameter);
        let echo = words.clone().collect::<Vec<_>>().join(&b' ');
        let status = words.need()?;
        if status == b"FLN" {
            return Err(invalid);
        }
        let status = Status::parse(status).ok_or(Malformed::Word)?;
        let capabilities = match words.next() {
            None => Capabilities::default(),
            Some(word) => Capabilities::parse(word).ok_or(invalid)?,
        };
        let object = match words.next() {
            None | Some(b"0") => None,
            Some(word) => Some(MsnObject::parse(word).ok_or(invalid)?),
        };
        words.end()?;
        Ok(Self { trid, status, capabilities, object, echo })
    }

    /// Writes CHG as a client sends it.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        LineWriter::new(out, "CHG").word(self.trid).raw(&self.echo).end();
    }

    /// Writes the answer, which has the same words as the request. There is one exception: in
    /// MSNP8, if the client sent no capabilities, the answer contains `0`. The MSNP8 module of
    /// Twisted rejects an answer without capabilities (ns.md section 10).
    fn encode_answer(&self, dialect: Dialect, out: &mut Vec<u8>) {
        let bare = !self.echo.contains(&b' ');
        let capabilities = (bare && dialect == Dialect::Msnp8).then_some(0);
        LineWriter::new(out, "CHG").word(self.trid).raw(&self.echo).opt(capabilities).end();
    }
}

/// `UUX TrID n`: publishes a personal message. `None` (n = 0) removes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uux {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The personal message. `None` removes it.
    pub message: Option<PersonalMessage>,
}

impl Uux {
    pub(super) fn decode(trid: TrId, payload: &[u8]) -> Result<Self, Refusal> {
        Ok(Self { trid, message: decode_message(payload)? })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        LineWriter::new(out, "UUX").word(self.trid).payload(message_bytes(self.message.as_ref()));
    }
}

fn decode_message(payload: &[u8]) -> Result<Option<PersonalMessage>, Malformed> {
    if payload.is_empty() {
        return Ok(None);
    }
    PersonalMessage::parse(payload).map(Some).ok_or(Malformed::Payload)
}

fn message_bytes(message: Option<&PersonalMessage>) -> &[u8] {
    message.map_or(&[], PersonalMessage::as_bytes)
}

/// The server's lines about presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresenceLine {
    /// The answer to CHG.
    Changed(Chg),
    /// `ILN TrID ...`: a contact that is already online.
    Initial(TrId, PresenceInfo),
    /// `NLN ...`: a contact came online or changed status, name or picture.
    Online(PresenceInfo),
    /// `FLN handle`: a contact went offline.
    Offline(Handle),
    /// `UUX TrID 0`: the answer to UUX.
    Published(TrId),
    /// `UBX handle n`: the personal message of a contact. `None` (n = 0) if the contact removed it.
    Message(Handle, Option<PersonalMessage>),
}

/// The presence of a contact, as in ILN and NLN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceInfo {
    /// The status, never [`Status::Hidden`].
    pub status: Status,
    /// The contact's handle.
    pub handle: Handle,
    /// The display name.
    pub name: DisplayName,
    /// The capabilities of the contact's client.
    pub capabilities: Capabilities,
    /// The display picture.
    pub object: Option<MsnObject>,
}

impl PresenceInfo {
    fn encode(&self, dialect: Dialect, line: LineWriter<'_>) {
        let line = line.word(self.status).word(&self.handle).text(self.name.as_str()).word(self.capabilities);
        let object = self.object.as_ref().filter(|_| dialect >= Dialect::Msnp9);
        line.opt(object).end();
    }

    fn decode(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        let mut presence = Self {
            status: words.need_with(Status::parse)?,
            handle: parse_handle(words.need()?)?,
            name: DisplayName::from_word(words.need()?)?,
            capabilities: words.next().map_or(Some(Capabilities(0)), Capabilities::parse).ok_or(Malformed::Word)?,
            object: None,
        };
        if dialect >= Dialect::Msnp9 {
            presence.object = words.next().and_then(MsnObject::parse);
        }
        words.end()?;
        Ok(presence)
    }
}

impl PresenceLine {
    pub(super) fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) {
        match self {
            Self::Changed(chg) => chg.encode_answer(dialect, out),
            Self::Initial(trid, presence) => presence.encode(dialect, LineWriter::new(out, "ILN").word(trid)),
            Self::Online(presence) => presence.encode(dialect, LineWriter::new(out, "NLN")),
            Self::Offline(handle) => LineWriter::new(out, "FLN").word(handle).end(),
            Self::Published(trid) => LineWriter::new(out, "UUX").word(trid).word(0).end(),
            Self::Message(handle, message) => {
                LineWriter::new(out, "UBX").word(handle).payload(message_bytes(message.as_ref()));
            }
        }
    }

    pub(super) fn decode_changed(mut words: Words<'_>) -> Result<Self, Refusal> {
        Ok(Self::Changed(Chg::decode(words.need_trid()?, words)?))
    }

    pub(super) fn decode_initial(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        Ok(Self::Initial(words.need_trid()?, PresenceInfo::decode(dialect, words)?))
    }

    pub(super) fn decode_online(dialect: Dialect, words: Words<'_>) -> Result<Self, Malformed> {
        Ok(Self::Online(PresenceInfo::decode(dialect, words)?))
    }

    pub(super) fn decode_offline(words: Words<'_>) -> Result<Self, Malformed> {
        let [handle] = words.exactly()?;
        Ok(Self::Offline(parse_handle(handle)?))
    }

    pub(super) fn decode_published(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, [_zero]) = (words.need_trid()?, words.exactly()?);
        Ok(Self::Published(trid))
    }

    pub(super) fn decode_message(words: Words<'_>, payload: &[u8]) -> Result<Self, Malformed> {
        let [handle, _length] = words.exactly()?;
        Ok(Self::Message(parse_handle(handle)?, decode_message(payload)?))
    }
}

fn parse_handle(word: &[u8]) -> Result<Handle, Malformed> {
    Handle::parse_lax(utf8(word)?).map_err(|_| Malformed::Word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_a_chg_without_capabilities_contains_0_only_in_msnp8() {
        let answer = |dialect, words: &str| {
            let chg = Chg::decode(TrId::new(6), Words::new(words.as_bytes())).unwrap();
            let mut out = Vec::new();
            PresenceLine::Changed(chg).encode(dialect, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(answer(Dialect::Msnp8, "NLN"), "CHG 6 NLN 0\r\n");
        assert_eq!(answer(Dialect::Msnp8, "NLN 268435488"), "CHG 6 NLN 268435488\r\n");
        assert_eq!(answer(Dialect::Msnp9, "NLN"), "CHG 6 NLN\r\n");
        assert_eq!(answer(Dialect::Msnp12, "NLN"), "CHG 6 NLN\r\n");
    }

    fn chg(line: &str) -> Result<Chg, Refusal> {
        Chg::decode(TrId::new(3), Words::new(line.as_bytes()))
    }

    #[test]
    fn the_answer_to_chg_repeats_the_words_of_the_request() {
        for line in ["NLN", "NLN 007", "BSY 1342554172 0", "HDN 0 %3Cmsnobj%2F%3E"] {
            let mut out = Vec::new();
            chg(line).unwrap().encode(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("CHG 3 {line}\r\n"));
        }
    }

    #[test]
    fn invalid_words_in_chg_are_refused_or_close_the_connection() {
        let invalid = Err(Refusal::Answer(TrId::new(3), ErrorCode::InvalidParameter));
        for line in ["FLN", "FLN 0", "NLN abc", "NLN 4294967296", "NLN 1342554172:48"] {
            assert_eq!(chg(line), invalid, "{line}");
        }
        for line in ["HOT", "nln", "NLN 0 x y"] {
            assert!(matches!(chg(line), Err(Refusal::Close(_))), "{line}");
        }
    }

    #[test]
    fn msnp8_clients_do_not_receive_the_picture_of_a_contact() {
        let presence = PresenceInfo {
            status: Status::Online,
            handle: Handle::parse("bob@example.com").unwrap(),
            name: DisplayName::new("Bob B").unwrap(),
            capabilities: Capabilities(5),
            object: MsnObject::parse(b"%3Cmsnobj%2F%3E"),
        };
        let line = |dialect| {
            let mut out = Vec::new();
            PresenceLine::Online(presence.clone()).encode(dialect, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(line(Dialect::Msnp8), "NLN NLN bob@example.com Bob%20B 5\r\n");
        assert_eq!(line(Dialect::Msnp12), "NLN NLN bob@example.com Bob%20B 5 %3Cmsnobj%2F%3E\r\n");
    }
}
