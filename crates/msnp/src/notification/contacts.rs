//! ADC and REM: who is on which list and in which group (docs/protocol/ns.md section 8).

use super::settings::check_name_length;
use crate::word::{LineWriter, Words, utf8};
use crate::{DisplayName, ErrorCode, Guid, Handle, List, Malformed, Refusal, Text, TrId};

/// `ADC TrID list ...`: adds to a list or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adc {
    /// Ties the answer to it.
    pub trid: TrId,
    /// What goes where.
    pub addition: Addition,
}

/// What ADC adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addition {
    /// `FL N=handle [F=nick] [group]`.
    Contact {
        /// Who.
        handle: Handle,
        /// The nickname, as it came; without one the handle stands in.
        nickname: Option<(DisplayName, Text)>,
        /// A group to put the new contact in.
        group: Option<Guid>,
    },
    /// `FL C=guid group`.
    ToGroup {
        /// The contact.
        contact: Guid,
        /// The group.
        group: Guid,
    },
    /// `AL|BL|RL N=handle`.
    ToList {
        /// AL, BL or RL.
        list: List,
        /// Who.
        handle: Handle,
    },
}

impl Adc {
    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let list = words.need_with(List::parse)?;
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
                Addition::ToList { list, handle }
            }
        };
        words.end()?;
        Ok(Self { trid, addition })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "ADC").word(self.trid);
        match &self.addition {
            Addition::Contact { handle, nickname, group } => {
                let line = line.word("FL").word(format_args!("N={handle}"));
                let line = match nickname {
                    Some((_, text)) => line.raw(&[b"F=", text.raw()].concat()),
                    None => line,
                };
                line.opt(*group).end();
            }
            Addition::ToGroup { contact, group } => line.word("FL").word(format_args!("C={contact}")).word(group).end(),
            Addition::ToList { list, handle } => line.word(list).word(format_args!("N={handle}")).end(),
        }
    }
}

fn decode_handle(trid: TrId, word: &[u8]) -> Result<Handle, Refusal> {
    let address = word.strip_prefix(b"N=").ok_or(Malformed::Word)?;
    let invalid = Refusal::Answer(trid, ErrorCode::InvalidParameter);
    let address = std::str::from_utf8(address).map_err(|_| invalid)?;
    Handle::parse_contact(address).map_err(|_| invalid)
}

fn decode_contact(trid: TrId, who: &[u8], words: &mut Words<'_>) -> Result<Addition, Refusal> {
    let handle = decode_handle(trid, who)?;
    let mut next = words.next();
    let mut nickname = None;
    if let Some(name) = next.and_then(|word| word.strip_prefix(b"F=")) {
        check_name_length(name)?;
        let text = Text::parse(name).ok_or(Refusal::Answer(trid, ErrorCode::InvalidParameter))?;
        nickname = DisplayName::from_text(&text)?.map(|name| (name, text));
        next = words.next();
    }
    let group = next.map(|word| decode_group(trid, word)).transpose()?;
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

/// `REM TrID list ...`: removes from a list or a group. The answer is the same line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rem {
    /// Ties the answer to it.
    pub trid: TrId,
    /// What goes.
    pub removal: Removal,
}

/// What REM removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// `FL guid`: a contact.
    Contact(Guid),
    /// `FL guid group`: a contact out of a group.
    FromGroup {
        /// The contact.
        contact: Guid,
        /// The group.
        group: Guid,
    },
    /// `AL|BL|PL handle`.
    FromList {
        /// AL, BL or PL.
        list: List,
        /// Who.
        handle: Handle,
    },
}

impl Rem {
    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let not_on_list = Refusal::Answer(trid, ErrorCode::NotOnList);
        let list = words.need_with(List::parse)?;
        let removal = match list {
            List::Reverse => return Err(Malformed::Word.into()),
            List::Forward => {
                // aMSN was seen to send no GUID at all (ns.md section 8, REM).
                let contact = words.next().and_then(Guid::parse).ok_or(not_on_list)?;
                match words.next() {
                    None => Removal::Contact(contact),
                    Some(group) => Removal::FromGroup { contact, group: decode_group(trid, group)? },
                }
            }
            List::Allow | List::Block | List::Pending => {
                let address = utf8(words.need()?).map_err(|_| not_on_list)?;
                let handle = Handle::parse_contact(address).map_err(|_| not_on_list)?;
                Removal::FromList { list, handle }
            }
        };
        words.end()?;
        Ok(Self { trid, removal })
    }

    /// The line that asks, and the line that answers.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "REM").word(self.trid);
        match &self.removal {
            Removal::Contact(contact) => line.word("FL").word(contact).end(),
            Removal::FromGroup { contact, group } => line.word("FL").word(contact).word(group).end(),
            Removal::FromList { list, handle } => line.word(list).word(handle).end(),
        }
    }
}

/// The server's half: what ADC and REM are answered with, and what the others hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactLine {
    /// `ADC TrID FL N=handle F=nick C=guid [group]`.
    Added {
        /// That of the request.
        trid: TrId,
        /// The new contact.
        handle: Handle,
        /// The nickname as it came; the handle if none did.
        nickname: Text,
        /// The new GUID.
        contact: Guid,
        /// The group, if one was named.
        group: Option<Guid>,
    },
    /// The answer to the other forms of ADC: the request itself, with the handle as it is registered.
    Addition(Adc),
    /// The answer to REM: the request itself.
    Removal(Rem),
    /// `ADC 0 RL N=handle F=name`: somebody put the reader on FL.
    ReverseAdded {
        /// Who did.
        handle: Handle,
        /// Their display name.
        name: DisplayName,
    },
    /// `REM 0 RL handle`: somebody took the reader off FL.
    ReverseRemoved(Handle),
}

impl ContactLine {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Added { trid, handle, nickname, contact, group } => LineWriter::new(out, "ADC")
                .word(trid)
                .word("FL")
                .word(format_args!("N={handle}"))
                .raw(&[b"F=", nickname.raw()].concat())
                .word(format_args!("C={contact}"))
                .opt(*group)
                .end(),
            Self::Addition(adc) => adc.encode(out),
            Self::Removal(rem) => rem.encode(out),
            Self::ReverseAdded { handle, name } => LineWriter::new(out, "ADC 0 RL")
                .word(format_args!("N={handle}"))
                .prefixed_text("F=", name.as_str())
                .end(),
            Self::ReverseRemoved(handle) => LineWriter::new(out, "REM 0 RL").word(handle).end(),
        }
    }

    pub(super) fn decode(verb: &[u8], trid: TrId, words: Words<'_>) -> Result<Self, Refusal> {
        let list: Vec<&[u8]> = words.clone().collect();
        let handle = |word: &[u8]| Handle::parse_contact(utf8(word)?).map_err(|_| Malformed::Word);
        match (verb, list.as_slice()) {
            (b"ADC", [b"FL", who, nick, contact, group @ ..]) if group.len() <= 1 => {
                let contact = contact.strip_prefix(b"C=").and_then(Guid::parse).ok_or(Malformed::Word)?;
                let nickname = nick.strip_prefix(b"F=").and_then(Text::parse).ok_or(Malformed::Word)?;
                let group = group.first().map(|word| Guid::parse(word).ok_or(Malformed::Word)).transpose()?;
                let handle = handle(who.strip_prefix(b"N=").ok_or(Malformed::Word)?)?;
                Ok(Self::Added { trid, handle, nickname, contact, group })
            }
            (b"ADC", [b"RL", who, name]) if trid == TrId::UNASKED => {
                let name = name.strip_prefix(b"F=").and_then(Text::parse).ok_or(Malformed::Word)?;
                Ok(Self::ReverseAdded {
                    handle: handle(who.strip_prefix(b"N=").ok_or(Malformed::Word)?)?,
                    name: DisplayName::from_text(&name)?.ok_or(Malformed::Word)?,
                })
            }
            (b"ADC", _) => Adc::decode(trid, words).map(Self::Addition),
            (_, [b"RL", who]) => Ok(Self::ReverseRemoved(handle(who)?)),
            _ => Rem::decode(trid, words).map(Self::Removal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adc(line: &str) -> Result<Adc, Refusal> {
        Adc::decode(TrId::new(9), Words::new(line.as_bytes()))
    }

    fn rem(line: &str) -> Result<Rem, Refusal> {
        Rem::decode(TrId::new(9), Words::new(line.as_bytes()))
    }

    fn answer<T>(code: ErrorCode) -> Result<T, Refusal> {
        Err(Refusal::Answer(TrId::new(9), code))
    }

    #[test]
    fn what_adc_cannot_mean_is_refused_or_closes() {
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
    fn a_nickname_is_kept_as_it_came() {
        let Addition::Contact { nickname: Some((name, text)), .. } = adc("FL N=A@b.de F=%41%20b").unwrap().addition
        else {
            panic!("a contact with a nickname");
        };
        assert_eq!((name.as_str(), text.raw()), ("A b", b"%41%20b".as_slice()));
    }

    #[test]
    fn rem_without_a_good_guid_says_not_on_the_list() {
        for line in ["FL", "FL bob@example.com", "AL junk", "PL a@b"] {
            assert_eq!(rem(line), answer(ErrorCode::NotOnList), "{line}");
        }
        assert!(matches!(rem("RL bob@example.com"), Err(Refusal::Close(_))));
    }
}
