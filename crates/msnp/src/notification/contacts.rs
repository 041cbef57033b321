//! Changes of the lists: addresses are added to or removed from a list or a group (docs/protocol/ns.md section 8).
//!
//! Up to MSNP9, clients send ADD instead of ADC. ADD names contacts by handle and groups by number.
//! In these dialects, every line about a change carries the new list version. The service treats
//! ADC and ADD as one command.

use super::settings::decode_nickname;
use crate::reference::skip_version;
use crate::word::{LineWriter, Words, address, utf8};
use crate::{
    ContactRef, Dialect, DisplayName, ErrorCode, GroupNumber, GroupRef, Guid, Handle, List, Malformed, Reader, Refusal,
    Text, TrId,
};

/// `ADC TrID list ...`, or `ADD TrID list handle nick [group]` before MSNP10: adds an address to a
/// list, or a contact to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adc {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The addition.
    pub addition: Addition,
}

/// An addition by ADC or ADD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addition {
    /// `FL N=handle [F=nick] [group]`, or `FL handle nick [group]` before MSNP10. The form before MSNP10 can also add
    /// an existing contact to another group.
    Contact {
        /// The address.
        handle: Handle,
        /// The nickname as received. If it is `None`, the handle serves as the nickname.
        nickname: Option<(DisplayName, Text)>,
        /// The group for the contact, if any.
        group: Option<GroupRef>,
    },
    /// `FL C=guid group`, from MSNP10 on.
    ToGroup {
        /// The contact.
        contact: Guid,
        /// The group.
        group: Guid,
    },
    /// `AL|BL|RL N=handle`, or `AL|BL handle nick` before MSNP10.
    ToList {
        /// AL, BL or RL.
        list: List,
        /// The address.
        handle: Handle,
        /// The nickname for a new entry, before MSNP10.
        nickname: Option<(DisplayName, Text)>,
    },
}

impl Adc {
    pub(super) fn decode(dialect: Dialect, trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let list = words.need_with(List::parse)?;
        let adc = Self::decode_on(dialect, trid, list, words)?;
        match &adc.addition {
            // Telephone numbers can be on lists from MSNP11 on.
            Addition::Contact { handle, .. } | Addition::ToList { handle, .. }
                if handle.is_telephone() && dialect < Dialect::Msnp11 =>
            {
                Err(Refusal::Answer(trid, ErrorCode::InvalidParameter))
            }
            _ => Ok(adc),
        }
    }

    /// Reads the words after the list.
    fn decode_on(dialect: Dialect, trid: TrId, list: List, words: Words<'_>) -> Result<Self, Refusal> {
        if dialect < Dialect::Msnp10 {
            Self::decode_add(trid, list, words)
        } else {
            Self::decode_adc(trid, list, words)
        }
    }

    fn decode_add(trid: TrId, list: List, mut words: Words<'_>) -> Result<Self, Refusal> {
        let handle = decode_address(trid, words.need()?)?;
        let nickname = Some(decode_nickname(trid, words.need()?)?.ok_or(Malformed::Word)?);
        let addition = match list {
            List::Forward => {
                let group = words.next().map(|word| GroupNumber::parse(word).ok_or(Malformed::Word)).transpose()?;
                Addition::Contact { handle, nickname, group: group.map(GroupRef::Number) }
            }
            List::Allow | List::Block => Addition::ToList { list, handle, nickname },
            List::Reverse | List::Pending => return Err(Malformed::Word.into()),
        };
        words.end()?;
        Ok(Self { trid, addition })
    }

    fn decode_adc(trid: TrId, list: List, mut words: Words<'_>) -> Result<Self, Refusal> {
        let who = words.need()?;
        let addition = match list {
            List::Pending => return Err(Malformed::Word.into()),
            List::Forward if who.starts_with(b"C=") => decode_to_group(trid, &who[2..], &mut words)?,
            List::Forward => decode_contact(trid, who, &mut words)?,
            List::Allow | List::Block | List::Reverse => {
                let handle = decode_handle(trid, who)?;
                if words.next().is_some_and(|word| !word.starts_with(b"F=")) {
                    return Err(Malformed::Word.into());
                }
                Addition::ToList { list, handle, nickname: None }
            }
        };
        words.end()?;
        Ok(Self { trid, addition })
    }

    /// Writes the request or the answer. The answer contains the list version if the reader's
    /// dialect has list versions.
    pub(super) fn encode(&self, dialect: Dialect, version: Option<u32>, out: &mut Vec<u8>) {
        // ADD cannot name a contact by GUID. To add a contact to a group, ADD uses the form for `Addition::Contact`.
        let is_add = dialect < Dialect::Msnp10 && !matches!(self.addition, Addition::ToGroup { .. });
        let line = LineWriter::new(out, if is_add { "ADD" } else { "ADC" }).word(self.trid);
        match &self.addition {
            Addition::Contact { handle, nickname, group } if is_add => {
                add_words(line.word("FL"), version, handle, nickname.as_ref()).opt(*group).end();
            }
            Addition::Contact { handle, nickname, group } => {
                let line = line.word("FL").word(format_args!("N={handle}"));
                let line = match nickname {
                    Some((_, text)) => line.raw(&[b"F=", text.raw()].concat()),
                    None => line,
                };
                line.opt(*group).end();
            }
            Addition::ToGroup { contact, group } => line.word("FL").word(format_args!("C={contact}")).word(group).end(),
            Addition::ToList { list, handle, nickname } if is_add => {
                add_words(line.word(list), version, handle, nickname.as_ref()).end();
            }
            Addition::ToList { list, handle, .. } => line.word(list).word(format_args!("N={handle}")).end(),
        }
    }
}

/// Writes the `[version] handle nick` of ADD.
fn add_words<'o>(
    line: LineWriter<'o>,
    version: Option<u32>,
    handle: &Handle,
    nickname: Option<&(DisplayName, Text)>,
) -> LineWriter<'o> {
    let line = line.opt(version).word(handle);
    match nickname {
        Some((_, text)) => line.raw(text.raw()),
        None => line.word(handle),
    }
}

fn decode_handle(trid: TrId, word: &[u8]) -> Result<Handle, Refusal> {
    decode_address(trid, word.strip_prefix(b"N=").ok_or(Malformed::Word)?)
}

fn decode_address(trid: TrId, word: &[u8]) -> Result<Handle, Refusal> {
    let invalid = Refusal::Answer(trid, ErrorCode::InvalidParameter);
    let address = address(word).map_err(|_| invalid)?;
    Handle::parse_contact(&address).map_err(|_| invalid)
}

fn decode_contact(trid: TrId, who: &[u8], words: &mut Words<'_>) -> Result<Addition, Refusal> {
    let handle = decode_handle(trid, who)?;
    let mut next = words.next();
    let mut nickname = None;
    if let Some(name) = next.and_then(|word| word.strip_prefix(b"F=")) {
        nickname = decode_nickname(trid, name)?;
        next = words.next();
    }
    let group = next.map(|word| decode_group(trid, word)).transpose()?.map(GroupRef::Guid);
    Ok(Addition::Contact { handle, nickname, group })
}

fn decode_to_group(trid: TrId, contact: &[u8], words: &mut Words<'_>) -> Result<Addition, Refusal> {
    let group = words.need()?;
    let contact = Guid::parse(contact).ok_or(Refusal::Answer(trid, ErrorCode::InvalidUsername))?;
    Ok(Addition::ToGroup { contact, group: decode_group(trid, group)? })
}

fn decode_group(trid: TrId, word: &[u8]) -> Result<Guid, Refusal> {
    Guid::parse(word).ok_or(Refusal::Answer(trid, ErrorCode::InvalidGroup))
}

/// `REM TrID list ...`: removes an address from a list, or a contact from a group. The answer
/// repeats the line and, before MSNP10, also contains the list version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rem {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The removal.
    pub removal: Removal,
}

/// A removal by REM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// `FL contact`: removes a contact from FL.
    Contact(ContactRef),
    /// `FL contact group`: removes a contact from a group.
    FromGroup {
        /// The contact.
        contact: ContactRef,
        /// The group.
        group: GroupRef,
    },
    /// `AL|BL|PL handle`: removes an address from a list.
    FromList {
        /// AL, BL or PL.
        list: List,
        /// The address.
        handle: Handle,
    },
}

impl Rem {
    pub(super) fn decode(dialect: Dialect, trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let list = words.need_with(List::parse)?;
        Self::decode_on(dialect, trid, list, words)
    }

    /// Reads the words after the list.
    fn decode_on(dialect: Dialect, trid: TrId, list: List, mut words: Words<'_>) -> Result<Self, Refusal> {
        let not_on_list = Refusal::Answer(trid, ErrorCode::NotOnList);
        let removal = match list {
            List::Reverse => return Err(Malformed::Word.into()),
            List::Forward => {
                // The client aMSN sometimes sends no GUID at all (ns.md section 8, REM).
                let contact = words.next().and_then(|word| decode_contact_ref(dialect, word)).ok_or(not_on_list)?;
                match words.next() {
                    None => Removal::Contact(contact),
                    Some(group) => Removal::FromGroup { contact, group: decode_group_ref(dialect, trid, group)? },
                }
            }
            List::Pending if dialect < Dialect::Msnp10 => return Err(Malformed::Word.into()),
            List::Allow | List::Block | List::Pending => {
                let address = address(words.need()?).map_err(|_| not_on_list)?;
                let handle = Handle::parse_contact(&address).map_err(|_| not_on_list)?;
                Removal::FromList { list, handle }
            }
        };
        words.end()?;
        Ok(Self { trid, removal })
    }

    /// Writes the request or the answer. The answer contains the list version if the reader's
    /// dialect has list versions.
    pub(super) fn encode(&self, version: Option<u32>, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "REM").word(self.trid);
        match &self.removal {
            Removal::Contact(contact) => line.word("FL").opt(version).word(contact).end(),
            Removal::FromGroup { contact, group } => line.word("FL").opt(version).word(contact).word(group).end(),
            Removal::FromList { list, handle } => line.word(list).opt(version).word(handle).end(),
        }
    }
}

fn decode_contact_ref(dialect: Dialect, word: &[u8]) -> Option<ContactRef> {
    if dialect >= Dialect::Msnp10 {
        return Guid::parse(word).map(ContactRef::Guid);
    }
    let address = address(word).ok()?;
    Handle::parse_contact(&address).ok().map(ContactRef::Handle)
}

fn decode_group_ref(dialect: Dialect, trid: TrId, word: &[u8]) -> Result<GroupRef, Refusal> {
    if dialect >= Dialect::Msnp10 {
        return decode_group(trid, word).map(GroupRef::Guid);
    }
    Ok(GroupNumber::parse(word).map(GroupRef::Number).ok_or(Malformed::Word)?)
}

/// The server's lines about the lists: the answers to ADC and REM, and the lines that tell a user
/// which other user has added this user to FL or removed this user from FL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactLine {
    /// `ADC TrID FL N=handle F=nick C=guid [group]`, or `ADD TrID FL version handle nick [group]`
    /// before MSNP10.
    Added {
        /// The transaction id of the request.
        trid: TrId,
        /// The new contact.
        handle: Handle,
        /// The nickname as received, or the handle if the request had no nickname.
        nickname: Text,
        /// The GUID of the new contact.
        contact: Guid,
        /// The group that the request named, if any.
        group: Option<GroupRef>,
    },
    /// The answer to every ADC and ADD except those that [`ContactLine::Added`] answers. The answer
    /// repeats the request with the handle as registered. Before MSNP10, it also contains the list
    /// version. A client also decodes the answer to `ADD FL` as this variant, because that answer
    /// contains no GUID.
    Addition(Adc),
    /// The answer to REM. It repeats the request. Before MSNP10, it also contains the list version.
    Removal(Rem),
    /// `ADC 0 RL N=handle F=name`, or `ADD 0 RL version handle name` before MSNP10: a user added
    /// the reader to their FL.
    ReverseAdded {
        /// The user's handle.
        handle: Handle,
        /// The user's display name.
        name: DisplayName,
    },
    /// `REM 0 RL [version] handle`: a user removed the reader from their FL.
    ReverseRemoved(Handle),
}

impl ContactLine {
    pub(super) fn encode(&self, reader: Reader, out: &mut Vec<u8>) {
        match self {
            Self::Added { trid, handle, nickname, group, .. } if reader.is_old() => LineWriter::new(out, "ADD")
                .word(trid)
                .word("FL")
                .word(reader.list_version)
                .word(handle)
                .raw(nickname.raw())
                .opt(*group)
                .end(),
            Self::Added { trid, handle, nickname, contact, group } => LineWriter::new(out, "ADC")
                .word(trid)
                .word("FL")
                .word(format_args!("N={handle}"))
                .raw(&[b"F=", nickname.raw()].concat())
                .word(format_args!("C={contact}"))
                .opt(*group)
                .end(),
            Self::Addition(adc) => adc.encode(reader.dialect, reader.version(), out),
            Self::Removal(rem) => rem.encode(reader.version(), out),
            Self::ReverseAdded { handle, name } if reader.is_old() => {
                LineWriter::new(out, "ADD 0 RL").word(reader.list_version).word(handle).text(name.as_str()).end();
            }
            Self::ReverseAdded { handle, name } => LineWriter::new(out, "ADC 0 RL")
                .word(format_args!("N={handle}"))
                .prefixed_text("F=", name.as_str())
                .end(),
            Self::ReverseRemoved(handle) => LineWriter::new(out, "REM 0 RL").opt(reader.version()).word(handle).end(),
        }
    }

    pub(super) fn decode_adc(mut words: Words<'_>) -> Result<Self, Refusal> {
        let (trid, list) = (words.need_trid()?, words.need_with(List::parse)?);
        let rest: Vec<&[u8]> = words.clone().collect();
        match (list, rest.as_slice()) {
            (List::Forward, [who, nick, contact, group @ ..]) if group.len() <= 1 => {
                let contact = contact.strip_prefix(b"C=").and_then(Guid::parse).ok_or(Malformed::Word)?;
                let nickname = nick.strip_prefix(b"F=").and_then(Text::parse).ok_or(Malformed::Word)?;
                let group = group
                    .first()
                    .map(|word| Guid::parse(word).map(GroupRef::Guid).ok_or(Malformed::Word))
                    .transpose()?;
                let handle = parse_handle(who.strip_prefix(b"N=").ok_or(Malformed::Word)?)?;
                Ok(Self::Added { trid, handle, nickname, contact, group })
            }
            (List::Reverse, [who, name]) if trid == TrId::UNASKED => {
                let handle = parse_handle(who.strip_prefix(b"N=").ok_or(Malformed::Word)?)?;
                let name = DisplayName::from_word(name.strip_prefix(b"F=").ok_or(Malformed::Word)?)?;
                Ok(Self::ReverseAdded { handle, name })
            }
            _ => Adc::decode_adc(trid, list, words).map(Self::Addition),
        }
    }

    pub(super) fn decode_add(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Refusal> {
        let (trid, list) = (words.need_trid()?, words.need_with(List::parse)?);
        skip_version(dialect, &mut words)?;
        if list == List::Reverse && trid == TrId::UNASKED {
            let [who, name] = words.exactly()?;
            return Ok(Self::ReverseAdded { handle: parse_handle(who)?, name: DisplayName::from_word(name)? });
        }
        Adc::decode_add(trid, list, words).map(Self::Addition)
    }

    pub(super) fn decode_rem(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Refusal> {
        let (trid, list) = (words.need_trid()?, words.need_with(List::parse)?);
        skip_version(dialect, &mut words)?;
        if list == List::Reverse {
            let [who] = words.exactly()?;
            return Ok(Self::ReverseRemoved(parse_handle(who)?));
        }
        Rem::decode_on(dialect, trid, list, words).map(Self::Removal)
    }
}

fn parse_handle(word: &[u8]) -> Result<Handle, Malformed> {
    Handle::parse_contact(utf8(word)?).map_err(|_| Malformed::Word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adc(line: &str) -> Result<Adc, Refusal> {
        Adc::decode(Dialect::Msnp12, TrId::new(9), Words::new(line.as_bytes()))
    }

    fn rem(line: &str) -> Result<Rem, Refusal> {
        Rem::decode(Dialect::Msnp12, TrId::new(9), Words::new(line.as_bytes()))
    }

    fn answer<T>(code: ErrorCode) -> Result<T, Refusal> {
        Err(Refusal::Answer(TrId::new(9), code))
    }

    #[test]
    fn an_invalid_adc_is_refused_or_closes_the_connection() {
        let guid = "c1f9a363-4ee9-4a33-a434-b056a4c55b98";
        assert_eq!(adc("FL N=a@b F=x"), answer(ErrorCode::InvalidParameter));
        assert_eq!(adc("FL N=a@b.de F=%FF"), answer(ErrorCode::InvalidParameter));
        assert_eq!(adc("FL C=junk x"), answer(ErrorCode::InvalidUsername));
        assert_eq!(adc(&format!("FL C={guid} x")), answer(ErrorCode::InvalidGroup));
        for line in ["PL N=a@b.de", "XL N=a@b.de", "FL a@b.de", "AL a@b.de", "AL N=a@b.de G=x", &format!("FL C={guid}")]
        {
            assert!(matches!(adc(line), Err(Refusal::Close(_))), "{line}");
        }
    }

    #[test]
    fn a_nickname_keeps_the_encoding_in_which_it_was_received() {
        let Addition::Contact { nickname: Some((name, text)), .. } = adc("FL N=A@b.de F=%41%20b").unwrap().addition
        else {
            panic!("a contact with a nickname");
        };
        assert_eq!((name.as_str(), text.raw()), ("A b", b"%41%20b".as_slice()));
    }

    #[test]
    fn an_invalid_guid_in_rem_gets_the_error_code_of_a_contact_that_is_not_on_the_list() {
        for line in ["FL", "FL bob@example.com", "AL junk", "PL a@b"] {
            assert_eq!(rem(line), answer(ErrorCode::NotOnList), "{line}");
        }
        assert!(matches!(rem("RL bob@example.com"), Err(Refusal::Close(_))));
    }
}
