//! SYN and LST: the copy of the lists that a client keeps (docs/protocol/ns.md section 6).

use crate::word::{LineWriter, Words, utf8};
use crate::{Dialect, DisplayName, Guid, Handle, List, ListBits, Malformed, NetworkIds, Text, TrId};

/// `SYN TrID list settings`: the stamps of the copy that the client has, any two words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syn {
    /// Ties the answer to it.
    pub trid: TrId,
    /// The stamp of the lists.
    pub list: String,
    /// The stamp of the settings.
    pub settings: String,
}

impl Syn {
    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Malformed> {
        let syn = Self { trid, list: words.need_str()?.to_owned(), settings: words.need_str()?.to_owned() };
        words.end()?;
        Ok(syn)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        LineWriter::new(out, "SYN").word(self.trid).word(&self.list).word(&self.settings).end();
    }
}

/// `SYN TrID list settings [contacts groups]`: the server's stamps and, if the client's copy is old, how many LST and LSG
/// lines follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SynAnswer {
    /// That of the request.
    pub trid: TrId,
    /// The stamp of the lists.
    pub list: String,
    /// The stamp of the settings.
    pub settings: String,
    /// The numbers of LST and LSG lines; `None` when the copy is current.
    pub counts: Option<(u32, u32)>,
}

impl SynAnswer {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "SYN").word(self.trid).word(&self.list).word(&self.settings);
        match self.counts {
            Some((contacts, groups)) => line.word(contacts).word(groups).end(),
            None => line.end(),
        }
    }

    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Malformed> {
        let (list, settings) = (words.need_str()?.to_owned(), words.need_str()?.to_owned());
        let counts = match words.next() {
            None => None,
            Some(contacts) => {
                let contacts = crate::word::number(contacts).ok_or(Malformed::Word)?;
                Some((contacts, words.need_with(crate::word::number)?))
            }
        };
        words.end()?;
        Ok(Self { trid, list, settings, counts })
    }
}

/// `LST N=handle F=nick [C=guid] bits [network] [group,group...]`: one address and the lists it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lst {
    /// Who.
    pub handle: Handle,
    /// The nickname.
    pub nickname: DisplayName,
    /// The lists.
    pub lists: ListBits,
    /// The GUID, for a contact on FL.
    pub contact: Option<Guid>,
    /// The network, from MSNP12 on.
    pub network: Option<NetworkIds>,
    /// The groups, for a contact on FL.
    pub groups: Vec<Guid>,
}

impl Lst {
    pub(super) fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "LST")
            .word(format_args!("N={}", self.handle))
            .prefixed_text("F=", self.nickname.as_str())
            .opt(self.contact.map(|guid| format!("C={guid}")))
            .word(self.lists)
            .opt(self.network.filter(|_| dialect >= Dialect::Msnp12));
        let groups: Vec<_> = self.groups.iter().map(Guid::to_string).collect();
        line.opt((!groups.is_empty()).then(|| groups.join(","))).end();
    }

    pub(super) fn decode(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        let handle = words.need()?.strip_prefix(b"N=").ok_or(Malformed::Word)?;
        let handle = Handle::parse_contact(utf8(handle)?).map_err(|_| Malformed::Word)?;
        let nickname = words.need()?.strip_prefix(b"F=").and_then(Text::parse).ok_or(Malformed::Word)?;
        let nickname = DisplayName::from_text(&nickname)?.ok_or(Malformed::Word)?;
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
        let groups = words.next().map_or(Ok(Vec::new()), parse_groups)?;
        words.end()?;
        // A GUID and groups belong to contacts on FL, and to nobody else.
        if contact.is_some() != lists.has(List::Forward) || (contact.is_none() && !groups.is_empty()) {
            return Err(Malformed::Word);
        }
        Ok(Self { handle, nickname, lists, contact, network, groups })
    }
}

fn parse_groups(word: &[u8]) -> Result<Vec<Guid>, Malformed> {
    word.split(|byte| *byte == b',').map(|guid| Guid::parse(guid).ok_or(Malformed::Word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(lst: &Lst, dialect: Dialect) -> String {
        let mut out = Vec::new();
        lst.encode(dialect, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// The seed's line: with the network id after the list bits.
    #[test]
    fn a_contact_is_listed_as_the_seed_shows_it() {
        let guid = |text: &str| Guid::parse(text.as_bytes()).unwrap();
        let mut lst = Lst {
            handle: Handle::parse("anotheruser@hotmail.com").unwrap(),
            nickname: DisplayName::new("another user").unwrap(),
            lists: List::Forward | List::Allow | List::Reverse,
            contact: Some(guid("c1f9a363-4ee9-4a33-a434-b056a4c55b98")),
            network: Some(NetworkIds::MESSENGER),
            groups: vec![guid("d6deeacd-7849-4de4-93c5-d130915d0042")],
        };
        let head = "LST N=anotheruser@hotmail.com F=another%20user C=c1f9a363-4ee9-4a33-a434-b056a4c55b98 11";
        assert_eq!(line(&lst, Dialect::Msnp12), format!("{head} 1 d6deeacd-7849-4de4-93c5-d130915d0042\r\n"));
        assert_eq!(line(&lst, Dialect::Msnp11), format!("{head} d6deeacd-7849-4de4-93c5-d130915d0042\r\n"));
        lst.groups.clear();
        assert_eq!(line(&lst, Dialect::Msnp12), format!("{head} 1\r\n"), "no blank at the end");
    }
}
