//! Settings of the account and of its contacts (docs/protocol/ns.md section 7).

use std::fmt;

use crate::reference::{skip_version, trid_and_version};
use crate::word::{LineWriter, Words, address};
use crate::{Dialect, DisplayName, ErrorCode, Guid, Handle, Malformed, Reader, Refusal, Text, TrId};

/// The longest telephone number, in percent-encoded bytes.
pub const MAX_PHONE: usize = 95;
/// The longest name of a property, in bytes.
const MAX_PROPERTY_WORD: usize = 3;

/// GTC: what the client does when another user adds the account to their FL. The server stores this
/// setting, but does not act on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddPrompt {
    /// `A`: the client asks its user whether to allow the other user.
    #[default]
    Ask,
    /// `N`: the client allows the other user without asking.
    Allow,
}

impl AddPrompt {
    /// Returns the word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ask => "A",
            Self::Allow => "N",
        }
    }

    /// Reads `A` or `N`. Returns `None` for any other word.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        [Self::Ask, Self::Allow].into_iter().find(|value| value.word().as_bytes() == word)
    }
}

/// BLP: the rule for addresses on neither AL nor BL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Privacy {
    /// `AL`: addresses on neither AL nor BL may see and call the account.
    #[default]
    Allow,
    /// `BL`: addresses on neither AL nor BL may not see or call the account.
    Block,
}

impl Privacy {
    /// Returns the word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "AL",
            Self::Block => "BL",
        }
    }

    /// Reads `AL` or `BL`. Returns `None` for any other word.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        [Self::Allow, Self::Block].into_iter().find(|value| value.word().as_bytes() == word)
    }
}

/// The kind of a telephone number of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phone {
    /// PHH: the telephone number at home.
    Home,
    /// PHW: the telephone number at work.
    Work,
    /// PHM: the number of the mobile phone.
    Mobile,
}

impl Phone {
    /// All kinds, in the order in which the server sends the telephone numbers after SYN.
    pub const ALL: [Self; 3] = [Self::Home, Self::Work, Self::Mobile];

    /// Returns the word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Home => "PHH",
            Self::Work => "PHW",
            Self::Mobile => "PHM",
        }
    }

    /// Reads `PHH`, `PHW` or `PHM`. Returns `None` for any other word.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|phone| phone.word().as_bytes() == word)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// `PRP TrID property [value]`: changes the account's own name or numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prp {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The change.
    pub change: PropertyChange,
}

/// A change by PRP. The words are kept as received, because the answer repeats them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyChange {
    /// MFN: the display name.
    Name(DisplayName, Text),
    /// PHH, PHW, PHM: a telephone number. `None` deletes the number.
    Phone(Phone, Option<Text>),
    /// MOB: true if other users may send pages to the mobile phone.
    Paging(bool),
}

impl Prp {
    pub(super) fn decode(dialect: Dialect, trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let property = words.need()?;
        let value = words.next();
        if property.len() > MAX_PROPERTY_WORD {
            return Err(Malformed::WordTooLong.into());
        }
        let change = match property {
            b"MFN" if dialect >= Dialect::Msnp10 => {
                let (name, text) = decode_own_name(trid, value)?;
                PropertyChange::Name(name, text)
            }
            b"MOB" => match value {
                Some(b"Y") => PropertyChange::Paging(true),
                Some(b"N") => PropertyChange::Paging(false),
                _ => return Err(Refusal::Answer(trid, ErrorCode::InvalidParameter)),
            },
            _ => {
                let phone = Phone::parse(property).ok_or(Refusal::Answer(trid, ErrorCode::NotExpected))?;
                PropertyChange::Phone(phone, decode_phone(trid, value)?)
            }
        };
        Ok(Self { trid, change })
    }

    /// Writes the request or the answer. The answer contains the list version if the reader's
    /// dialect has list versions.
    pub(super) fn encode(&self, version: Option<u32>, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "PRP").word(self.trid).opt(version);
        match &self.change {
            PropertyChange::Name(_, text) => line.word("MFN").raw(text.raw()).end(),
            PropertyChange::Phone(phone, None) => line.word(phone).end(),
            PropertyChange::Phone(phone, Some(number)) => line.word(phone).raw(number.raw()).end(),
            PropertyChange::Paging(on) => line.word("MOB").word(yes_no(*on)).end(),
        }
    }
}

/// Reads the new name in REA or PRP. If the name is missing or invalid, returns error 209.
fn decode_own_name(trid: TrId, word: Option<&[u8]>) -> Result<(DisplayName, Text), Refusal> {
    let bad_name = Refusal::Answer(trid, ErrorCode::InvalidFriendlyName);
    let word = word.ok_or(bad_name)?;
    let text = Text::parse(word).ok_or(bad_name)?;
    Ok((DisplayName::new(text.value()).ok_or(bad_name)?, text))
}

/// `REA TrID handle name` (up to MSNP9): changes the account's own name, or the nickname of a
/// contact. The answer has the list version before the handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rea {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The handle of the account itself or of a contact.
    pub handle: Handle,
    /// The new name.
    pub name: DisplayName,
    /// The new name as received.
    pub word: Text,
}

impl Rea {
    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let address = address(words.need()?).ok().and_then(|word| Handle::parse_contact(&word).ok());
        let (name, word) = decode_own_name(trid, words.next())?;
        words.end()?;
        let handle = address.ok_or(Refusal::Answer(trid, ErrorCode::NotOnList))?;
        Ok(Self { trid, handle, name, word })
    }

    /// Writes the request if `version` is `None`, and the answer otherwise.
    pub(super) fn encode(&self, version: Option<u32>, out: &mut Vec<u8>) {
        LineWriter::new(out, "REA").word(self.trid).opt(version).word(&self.handle).raw(self.word.raw()).end();
    }
}

fn decode_phone(trid: TrId, word: Option<&[u8]>) -> Result<Option<Text>, Refusal> {
    let Some(word) = word else { return Ok(None) };
    let number = Text::parse(word).ok_or(Refusal::Answer(trid, ErrorCode::InvalidParameter))?;
    if word.len() > MAX_PHONE || crate::text::encoded_len(number.value()) > MAX_PHONE {
        return Err(Malformed::WordTooLong.into());
    }
    Ok(Some(number))
}

/// Reads a nickname. Returns `None` for an empty nickname, which stands for the handle. If the
/// nickname is longer than [`MAX_DISPLAY_NAME`](crate::name::MAX_DISPLAY_NAME), returns error 209
/// (framing.md section 6).
pub(super) fn decode_nickname(trid: TrId, word: &[u8]) -> Result<Option<(DisplayName, Text)>, Refusal> {
    let text = Text::parse(word).ok_or(Refusal::Answer(trid, ErrorCode::InvalidParameter))?;
    if text.value().is_empty() {
        return Ok(None);
    }
    let name = DisplayName::new(text.value()).ok_or(Refusal::Answer(trid, ErrorCode::InvalidFriendlyName))?;
    Ok(Some((name, text)))
}

fn is_property(word: &[u8]) -> bool {
    word.len() == MAX_PROPERTY_WORD && word.iter().all(u8::is_ascii_uppercase)
}

/// Returns `Y` for true and `N` for false.
#[must_use]
pub(super) const fn yes_no(on: bool) -> &'static str {
    if on { "Y" } else { "N" }
}

/// `SBP TrID contact-guid property value [1]`: a property of a contact. MFN is the nickname. The
/// server repeats any other property in the answer, and otherwise ignores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sbp {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The contact.
    pub contact: Guid,
    /// The change.
    pub change: ContactChange,
    /// The words after the GUID as received, separated by single blanks.
    echo: Vec<u8>,
}

/// A change by SBP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactChange {
    /// MFN: the nickname. `None` resets it to the handle.
    Nickname(Option<DisplayName>),
    /// Another property. The server repeats it in the answer, and otherwise ignores it.
    Other,
}

impl Sbp {
    /// Creates a change of the nickname of `contact`.
    #[must_use]
    pub fn nickname(trid: TrId, contact: Guid, name: &DisplayName) -> Self {
        let mut echo = b"MFN ".to_vec();
        crate::text::encode_into(&mut echo, name.as_str());
        Self { trid, contact, change: ContactChange::Nickname(Some(name.clone())), echo }
    }

    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let contact = words.need()?;
        let rest: Vec<&[u8]> = words.collect();
        let change = match rest.as_slice() {
            [b"MFN"] => ContactChange::Nickname(None),
            [b"MFN", name, ..] => ContactChange::Nickname(decode_nickname(trid, name)?.map(|(name, _)| name)),
            _ => ContactChange::Other,
        };
        // The answer repeats all the words, so no word may decode to a line end (framing.md section 5).
        if rest.iter().any(|word| Text::parse(word).is_none()) {
            return Err(Refusal::Answer(trid, ErrorCode::InvalidParameter));
        }
        let contact = Guid::parse(contact).ok_or(Refusal::Answer(trid, ErrorCode::InvalidUsername))?;
        Ok(Self { trid, contact, change, echo: rest.join(&b' ') })
    }

    /// Writes the request or the answer, which has the same words.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        LineWriter::new(out, "SBP").word(self.trid).word(self.contact).raw(&self.echo).end();
    }
}

/// The server's lines about settings: the answers, and the lines of the burst, which are the lines
/// with lists and settings that the server sends after SYN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingLine {
    /// `GTC [TrID [version]] A|N`. In the burst after SYN, the line has no transaction id.
    AddPrompt(Option<TrId>, AddPrompt),
    /// `BLP [TrID [version]] AL|BL`. In the burst after SYN, the line has no transaction id.
    Privacy(Option<TrId>, Privacy),
    /// `PRP property value` in the burst after SYN: a property of the account itself.
    Own(Property),
    /// `BPR [[version] handle] property [value]`: a property of a contact. In the burst after SYN,
    /// the line has no handle, and the contact is the one in the LST line before it.
    Contact(Option<Handle>, Property),
}

/// A property and its value, as a server sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Property {
    /// MFN: the display name.
    Name(DisplayName),
    /// PHH, PHW, PHM: a telephone number. `None` if the number was deleted.
    Phone(Phone, Option<String>),
    /// MOB: true if other users may send pages to the mobile phone.
    Paging(bool),
    /// MBE: true if the account has a mobile device.
    MobileEnabled(bool),
}

impl Property {
    fn encode(&self, line: LineWriter<'_>) {
        match self {
            Self::Name(name) => line.word("MFN").text(name.as_str()).end(),
            Self::Phone(phone, None) => line.word(phone).end(),
            Self::Phone(phone, Some(number)) => line.word(phone).text(number).end(),
            Self::Paging(on) => line.word("MOB").word(yes_no(*on)).end(),
            Self::MobileEnabled(on) => line.word("MBE").word(yes_no(*on)).end(),
        }
    }

    /// Reads a property and its value, which must be the last words.
    fn decode(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (word, value) = (words.need()?, words.next());
        words.end()?;
        Ok(match (word, value) {
            (b"MFN", Some(name)) => Self::Name(DisplayName::from_word(name)?),
            (b"MOB", Some(on)) => Self::Paging(on == b"Y"),
            (b"MBE", Some(on)) => Self::MobileEnabled(on == b"Y"),
            _ => {
                let phone = Phone::parse(word).ok_or(Malformed::Word)?;
                let number = value.map(|value| Text::parse(value).ok_or(Malformed::Word)).transpose()?;
                Self::Phone(phone, number.map(|number| number.value().to_owned()))
            }
        })
    }
}

impl SettingLine {
    pub(super) fn encode(&self, reader: Reader, out: &mut Vec<u8>) {
        let choice = |line: LineWriter<'_>, trid: &Option<TrId>, value: &str| {
            let version = reader.version().filter(|_| trid.is_some());
            line.opt(*trid).opt(version).word(value).end();
        };
        match self {
            Self::AddPrompt(trid, value) => choice(LineWriter::new(out, "GTC"), trid, value.word()),
            Self::Privacy(trid, value) => choice(LineWriter::new(out, "BLP"), trid, value.word()),
            Self::Own(property) => property.encode(LineWriter::new(out, "PRP")),
            Self::Contact(handle, property) => {
                let version = reader.version().filter(|_| handle.is_some());
                property.encode(LineWriter::new(out, "BPR").opt(version).opt(handle.as_ref()));
            }
        }
    }

    pub(super) fn decode_add_prompt(dialect: Dialect, words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, value) = decode_choice(dialect, words, AddPrompt::parse)?;
        Ok(Self::AddPrompt(trid, value))
    }

    pub(super) fn decode_privacy(dialect: Dialect, words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, value) = decode_choice(dialect, words, Privacy::parse)?;
        Ok(Self::Privacy(trid, value))
    }

    pub(super) fn decode_own(words: Words<'_>) -> Result<Self, Malformed> {
        Property::decode(words).map(Self::Own)
    }

    pub(super) fn decode_contact(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        // A word of three capital letters is a property. Any other word is a handle or a version
        // (ns.md section 7, BPR).
        if is_property(words.clone().need()?) {
            return Ok(Self::Contact(None, Property::decode(words)?));
        }
        skip_version(dialect, &mut words)?;
        let handle = Handle::parse_contact(words.need_str()?).map_err(|_| Malformed::Word)?;
        Ok(Self::Contact(Some(handle), Property::decode(words)?))
    }
}

/// Reads `[TrID [version]] value`. In the burst after SYN, there is no transaction id.
fn decode_choice<T>(
    dialect: Dialect,
    mut words: Words<'_>,
    parse: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<(Option<TrId>, T), Malformed> {
    let in_burst = words.clone().count() == 1;
    let trid = if in_burst { None } else { Some(trid_and_version(dialect, &mut words)?) };
    let value = words.need_with(parse)?;
    words.end()?;
    Ok((trid, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sbp_refuses_carriage_returns_and_text_that_is_not_utf_8() {
        let guid = "c1f9a363-4ee9-4a33-a434-b056a4c55b98";
        let sbp = |rest: &str| Sbp::decode(TrId::new(1), Words::new(format!("{guid} {rest}").as_bytes())).map(|_| ());
        let invalid = Err(Refusal::Answer(TrId::new(1), ErrorCode::InvalidParameter));
        for rest in ["HSB a\rOUT", "HSB %0D%0A", "MFN Bob 1\r", "HSB %FF", "H\r 1"] {
            assert_eq!(sbp(rest), invalid, "{rest:?}");
        }
        for rest in ["HSB 1", "MFN Bob 1", "MFN", "PHM 1%20234"] {
            assert_eq!(sbp(rest), Ok(()), "{rest:?}");
        }
    }
}
