//! The copy of the lists that a client keeps (docs/protocol/ns.md section 6).

use crate::word::{LineWriter, Words, utf8};
use crate::{
    Dialect, DisplayName, ErrorCode, GroupNumber, GroupRef, Guid, Handle, List, ListBits, Malformed, NetworkIds,
    Reader, Refusal, TrId,
};

/// The words that say how new a copy of the lists and settings is: two time stamps or the list
/// version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyOf {
    /// The time stamps of lists and settings, from MSNP10 on. The server accepts any two words from a client.
    Stamps {
        /// The time stamp of the lists.
        list: String,
        /// The time stamp of the settings.
        settings: String,
    },
    /// The list version, before MSNP10.
    Version(u32),
}

impl CopyOf {
    fn decode(dialect: Dialect, words: &mut Words<'_>) -> Result<Self, Malformed> {
        if dialect < Dialect::Msnp10 {
            return words.need_with(crate::word::number).map(Self::Version);
        }
        Ok(Self::Stamps { list: words.need_str()?.to_owned(), settings: words.need_str()?.to_owned() })
    }

    fn encode<'o>(&self, line: LineWriter<'o>) -> LineWriter<'o> {
        match self {
            Self::Stamps { list, settings } => line.word(list).word(settings),
            Self::Version(version) => line.word(version),
        }
    }
}

/// `SYN TrID list settings`, or `SYN TrID version` before MSNP10: asks for the lists and settings
/// if they are newer than the client's copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syn {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The time stamps, or the list version, of the client's copy of the lists and settings.
    pub copy: CopyOf,
}

impl Syn {
    pub(super) fn decode(dialect: Dialect, trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let copy = CopyOf::decode(dialect, &mut words).map_err(|malformed| match dialect {
            // In these dialects, the server answers an invalid word with an error code.
            Dialect::Msnp8 | Dialect::Msnp9 => Refusal::Answer(trid, ErrorCode::InvalidParameter),
            Dialect::Msnp10 | Dialect::Msnp11 | Dialect::Msnp12 => malformed.into(),
        })?;
        words.end()?;
        Ok(Self { trid, copy })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        self.copy.encode(LineWriter::new(out, "SYN").word(self.trid)).end();
    }
}

/// `SYN TrID list settings [contacts groups]`, or `SYN TrID version [contacts groups]` before
/// MSNP10: the state of the lists and settings on the server. If the client's copy is outdated, the
/// line also says how many LST lines and how many LSG lines follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SynAnswer {
    /// The transaction id of the request.
    pub trid: TrId,
    /// The time stamps, or the list version, of the lists and settings on the server.
    pub copy: CopyOf,
    /// How many LST lines and how many LSG lines follow. `None` if the client's copy is current.
    pub counts: Option<(u32, u32)>,
}

impl SynAnswer {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let line = self.copy.encode(LineWriter::new(out, "SYN").word(self.trid));
        match self.counts {
            Some((contacts, groups)) => line.word(contacts).word(groups).end(),
            None => line.end(),
        }
    }

    pub(super) fn decode(dialect: Dialect, trid: TrId, mut words: Words<'_>) -> Result<Self, Malformed> {
        let copy = CopyOf::decode(dialect, &mut words)?;
        let counts = match words.next() {
            None => None,
            Some(contacts) => {
                let contacts = crate::word::number(contacts).ok_or(Malformed::Word)?;
                Some((contacts, words.need_with(crate::word::number)?))
            }
        };
        words.end()?;
        Ok(Self { trid, copy, counts })
    }
}

/// `LST N=handle F=nick [C=guid] bits [network] [group,group...]`, or `LST handle nick bits [group,group...]` before
/// MSNP10: one address and the lists that it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lst {
    /// The address.
    pub handle: Handle,
    /// The nickname.
    pub nickname: DisplayName,
    /// The lists that the address is on.
    pub lists: ListBits,
    /// The GUID of the contact, from MSNP10 on. `None` if the address is not on FL.
    pub contact: Option<Guid>,
    /// The networks that the contact is on, from MSNP12 on.
    pub network: Option<NetworkIds>,
    /// The groups that the contact is in. Empty if the address is not on FL. Before MSNP10, each
    /// contact on FL is in at least one group.
    pub groups: Vec<GroupRef>,
}

impl Lst {
    pub(super) fn encode(&self, reader: Reader, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "LST");
        let line = if reader.is_old() {
            line.word(&self.handle).text(self.nickname.as_str()).word(pending_as_reverse(self.lists))
        } else {
            line.word(format_args!("N={}", self.handle))
                .prefixed_text("F=", self.nickname.as_str())
                .opt(self.contact.map(|guid| format!("C={guid}")))
                .word(self.lists)
                .opt(self.network.filter(|_| reader.dialect >= Dialect::Msnp12))
        };
        let groups: Vec<_> = self.groups.iter().map(GroupRef::to_string).collect();
        line.opt((!groups.is_empty()).then(|| groups.join(","))).end();
    }

    pub(super) fn decode(dialect: Dialect, words: Words<'_>) -> Result<Self, Malformed> {
        if dialect < Dialect::Msnp10 { Self::decode_old(words) } else { Self::decode_new(dialect, words) }
    }

    fn decode_old(mut words: Words<'_>) -> Result<Self, Malformed> {
        let handle = Handle::parse_contact(words.need_str()?).map_err(|_| Malformed::Word)?;
        let nickname = DisplayName::from_word(words.need()?)?;
        let lists = words.need_with(crate::word::number).map(ListBits::from_number)?.ok_or(Malformed::Word)?;
        let number = |word: &[u8]| GroupNumber::parse(word).map(GroupRef::Number);
        let groups = words.next().map_or(Ok(Vec::new()), |word| parse_groups(word, number))?;
        words.end()?;
        // Before MSNP10, only contacts on FL have groups, and each of them has at least one. There is no pending list.
        if groups.is_empty() == lists.has(List::Forward) || lists.has(List::Pending) {
            return Err(Malformed::Word);
        }
        Ok(Self { handle, nickname, lists, contact: None, network: None, groups })
    }

    fn decode_new(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        let handle = words.need()?.strip_prefix(b"N=").ok_or(Malformed::Word)?;
        let handle = Handle::parse_contact(utf8(handle)?).map_err(|_| Malformed::Word)?;
        let nickname = DisplayName::from_word(words.need()?.strip_prefix(b"F=").ok_or(Malformed::Word)?)?;
        let mut word = words.need()?;
        let mut contact = None;
        if let Some(guid) = word.strip_prefix(b"C=") {
            contact = Some(Guid::parse(guid).ok_or(Malformed::Word)?);
            word = words.need()?;
        }
        let lists = crate::word::number(word).and_then(ListBits::from_number).ok_or(Malformed::Word)?;
        let network = match dialect >= Dialect::Msnp12 {
            true => Some(NetworkIds(words.need_with(crate::word::number)?)),
            false => None,
        };
        let guid = |word: &[u8]| Guid::parse(word).map(GroupRef::Guid);
        let groups = words.next().map_or(Ok(Vec::new()), |word| parse_groups(word, guid))?;
        words.end()?;
        // Only contacts on FL have a GUID and groups.
        if contact.is_some() != lists.has(List::Forward) || (contact.is_none() && !groups.is_empty()) {
            return Err(Malformed::Word);
        }
        Ok(Self { handle, nickname, lists, contact, network, groups })
    }
}

fn parse_groups(word: &[u8], parse: impl Fn(&[u8]) -> Option<GroupRef>) -> Result<Vec<GroupRef>, Malformed> {
    word.split(|byte| *byte == b',').map(|group| parse(group).ok_or(Malformed::Word)).collect()
}

/// Returns the lists in the form of the dialects before MSNP10, which have no pending list. In
/// these dialects, a pending user is on RL, and on neither AL nor BL (ns.md section 1.2 rule 6).
fn pending_as_reverse(lists: ListBits) -> ListBits {
    if lists.has(List::Pending) { lists.without(List::Pending) | List::Reverse } else { lists }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(lst: &Lst, dialect: Dialect) -> String {
        let mut out = Vec::new();
        lst.encode(dialect.into(), &mut out);
        String::from_utf8(out).unwrap()
    }

    /// The line is the sample LST line of the seed document (msnp-wiki's page on MSNP12), with the
    /// network id added after the list bits.
    #[test]
    fn the_line_for_a_contact_matches_the_example_in_msnp_wiki() {
        let guid = |text: &str| Guid::parse(text.as_bytes()).unwrap();
        let mut lst = Lst {
            handle: Handle::parse("anotheruser@hotmail.com").unwrap(),
            nickname: DisplayName::new("another user").unwrap(),
            lists: List::Forward | List::Allow | List::Reverse,
            contact: Some(guid("c1f9a363-4ee9-4a33-a434-b056a4c55b98")),
            network: Some(NetworkIds::MESSENGER),
            groups: vec![GroupRef::Guid(guid("d6deeacd-7849-4de4-93c5-d130915d0042"))],
        };
        let head = "LST N=anotheruser@hotmail.com F=another%20user C=c1f9a363-4ee9-4a33-a434-b056a4c55b98 11";
        assert_eq!(line(&lst, Dialect::Msnp12), format!("{head} 1 d6deeacd-7849-4de4-93c5-d130915d0042\r\n"));
        assert_eq!(line(&lst, Dialect::Msnp11), format!("{head} d6deeacd-7849-4de4-93c5-d130915d0042\r\n"));
        lst.groups.clear();
        assert_eq!(line(&lst, Dialect::Msnp12), format!("{head} 1\r\n"), "no blank at the end");
    }
}
