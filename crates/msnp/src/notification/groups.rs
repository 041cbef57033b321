//! Groups of contacts (docs/protocol/ns.md section 9). Commands name a group by GUID from MSNP10 on, and by number in
//! older dialects.

use crate::name::MAX_GROUP_NAME;
use crate::reference::trid_and_version;
use crate::word::{LineWriter, Words};
use crate::{Dialect, ErrorCode, GroupNumber, GroupRef, Guid, Malformed, Reader, Refusal, Text, TrId};

/// `ADG TrID name [0]`: creates a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adg {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The name, as received.
    pub name: Text,
}

/// `REG TrID group name [0]`: renames a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reg {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The group.
    pub group: GroupRef,
    /// The new name, as received.
    pub name: Text,
}

/// `RMG TrID group`: deletes a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rmg {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The group.
    pub group: GroupWord,
}

/// The group that RMG names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupWord {
    /// RMG names the group by its GUID or number.
    Reference(GroupRef),
    /// RMG contains a word that is neither a GUID nor a number. Client 7.0 sometimes sends the
    /// group's name, encoded twice.
    Name(Vec<u8>),
}

impl GroupWord {
    /// Returns whether this is a [`GroupWord::Name`] whose word, decoded once or twice, equals
    /// `name`.
    #[must_use]
    pub fn is_name(&self, name: &str) -> bool {
        let Self::Name(word) = self else { return false };
        let once = crate::text::decode_bytes(word);
        once == name.as_bytes() || crate::text::decode_bytes(&once) == name.as_bytes()
    }
}

/// Skips the `0` that older clients send after the name. Accepts any word in place of the `0`.
fn end_after_old_word(mut words: Words<'_>) -> Result<(), Malformed> {
    words.next();
    words.end()
}

fn decode_name(trid: TrId, word: &[u8]) -> Result<Text, Refusal> {
    let name = Text::parse(word).ok_or(Refusal::Answer(trid, ErrorCode::InvalidParameter))?;
    if name.value().len() > MAX_GROUP_NAME {
        return Err(Refusal::Answer(trid, ErrorCode::GroupNameTooLong));
    }
    Ok(name)
}

impl Adg {
    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let name = decode_name(trid, words.need()?)?;
        end_after_old_word(words)?;
        Ok(Self { trid, name })
    }

    pub(super) fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) {
        let old_word = (dialect < Dialect::Msnp10).then_some(0);
        LineWriter::new(out, "ADG").word(self.trid).raw(self.name.raw()).opt(old_word).end();
    }
}

impl Reg {
    pub(super) fn decode(dialect: Dialect, trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let group = words.need_with(|word| parse_reference(dialect, word))?;
        let name = decode_name(trid, words.need()?)?;
        end_after_old_word(words)?;
        Ok(Self { trid, group, name })
    }

    /// Writes the request or the answer. The answer contains the list version if the reader's
    /// dialect has list versions.
    ///
    /// From MSNP10 on, answers have no list version, with one exception: one client library needs a
    /// number in place of the list version. For this library, the answer also has the word order of
    /// ADG, which is the name before the group (clients.md).
    pub(super) fn encode(&self, reader: Reader, version: Option<u32>, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "REG").word(self.trid).opt(version);
        if version.is_some() && !reader.is_old() {
            return line.raw(self.name.raw()).word(self.group).end();
        }
        line.word(self.group).raw(self.name.raw()).opt(reader.is_old().then_some(0)).end();
    }
}

/// Reads the group that a client of `dialect` names.
fn parse_reference(dialect: Dialect, word: &[u8]) -> Option<GroupRef> {
    if dialect < Dialect::Msnp10 {
        return GroupNumber::parse(word).map(GroupRef::Number);
    }
    Guid::parse(word).map(GroupRef::Guid)
}

impl Rmg {
    pub(super) fn decode(dialect: Dialect, trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let word = words.need()?;
        words.end()?;
        let group = match parse_reference(dialect, word) {
            Some(group) => GroupWord::Reference(group),
            None if dialect < Dialect::Msnp10 => return Err(Malformed::Word.into()),
            None => GroupWord::Name(word.to_vec()),
        };
        Ok(Self { trid, group })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "RMG").word(self.trid);
        match &self.group {
            GroupWord::Reference(group) => line.word(group).end(),
            GroupWord::Name(word) => line.raw(word).end(),
        }
    }
}

/// The server's lines about groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupLine {
    /// `ADG TrID name guid`, or `ADG TrID version name number 0` before MSNP10.
    Added {
        /// The transaction id of the request.
        trid: TrId,
        /// The name, as received.
        name: Text,
        /// The GUID or the number of the new group.
        group: GroupRef,
    },
    /// `REG TrID guid name`, or `REG TrID version number name 0` before MSNP10.
    Renamed(Reg),
    /// `RMG TrID guid`, or `RMG TrID version number` before MSNP10.
    Removed {
        /// The transaction id of the request.
        trid: TrId,
        /// The GUID or the number of the group, even if the request contained the group's name.
        group: GroupRef,
    },
    /// `LSG name guid`, or `LSG number name 0` before MSNP10. The server sends this line in the
    /// burst after SYN.
    Listed {
        /// The name of the group.
        name: String,
        /// The GUID or the number of the group.
        group: GroupRef,
    },
}

impl GroupLine {
    pub(super) fn encode(&self, reader: Reader, out: &mut Vec<u8>) {
        let version = reader.group_version();
        let old_word = reader.is_old().then_some(0);
        match self {
            Self::Added { trid, name, group } => {
                let line = LineWriter::new(out, "ADG").word(trid).opt(version).raw(name.raw());
                line.word(group).opt(old_word).end();
            }
            Self::Renamed(reg) => reg.encode(reader, version, out),
            Self::Removed { trid, group } => LineWriter::new(out, "RMG").word(trid).opt(version).word(group).end(),
            Self::Listed { name, group } if reader.is_old() => {
                LineWriter::new(out, "LSG").word(group).text(name).opt(old_word).end();
            }
            Self::Listed { name, group } => LineWriter::new(out, "LSG").text(name).word(group).end(),
        }
    }

    pub(super) fn decode_added(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        let trid = trid_and_version(dialect, &mut words)?;
        let name = words.need_with(Text::parse)?;
        let group = words.need_with(|word| parse_reference(dialect, word))?;
        skip_old_word(dialect, &mut words)?;
        words.end()?;
        Ok(Self::Added { trid, name, group })
    }

    pub(super) fn decode_renamed(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Refusal> {
        let trid = trid_and_version(dialect, &mut words)?;
        Reg::decode(dialect, trid, words).map(Self::Renamed)
    }

    pub(super) fn decode_removed(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        let trid = trid_and_version(dialect, &mut words)?;
        let group = words.need_with(|word| parse_reference(dialect, word))?;
        words.end()?;
        Ok(Self::Removed { trid, group })
    }

    pub(super) fn decode_listed(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        let reference = |word: &[u8]| parse_reference(dialect, word);
        let name = |words: &mut Words<'_>| words.need_with(Text::parse).map(|name| name.value().to_owned());
        let line = if dialect < Dialect::Msnp10 {
            let group = words.need_with(reference)?;
            let line = Self::Listed { name: name(&mut words)?, group };
            skip_old_word(dialect, &mut words)?;
            line
        } else {
            Self::Listed { name: name(&mut words)?, group: words.need_with(reference)? }
        };
        words.end()?;
        Ok(line)
    }
}

/// Skips the `0` that a server line about a group has at its end before MSNP10. Does nothing if
/// `dialect` is MSNP10 or later.
fn skip_old_word(dialect: Dialect, words: &mut Words<'_>) -> Result<(), Malformed> {
    if dialect < Dialect::Msnp10 {
        words.need()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoded_length_of_a_group_name_is_limited() {
        let adg = |name: &str| Adg::decode(TrId::new(1), Words::new(name.as_bytes()));
        assert!(adg(&"G".repeat(61)).is_ok());
        assert!(adg(&"%47".repeat(61)).is_ok());
        assert!(adg(&"%E6%BC%A2".repeat(20)).is_ok());
        for name in ["G".repeat(62), "%47".repeat(62), "%E6%BC%A2".repeat(21), "G".repeat(128)] {
            assert_eq!(adg(&name), Err(Refusal::Answer(TrId::new(1), ErrorCode::GroupNameTooLong)), "{name}");
        }
        assert!(adg("Family 0").is_ok());
        assert!(adg("Family 0 0").is_err());
    }

    #[test]
    fn rmg_accepts_a_group_name_that_is_encoded_twice() {
        let word = GroupWord::Name(b"New%2520Group".to_vec());
        assert!(word.is_name("New Group"));
        assert!(GroupWord::Name(b"New%20Group".to_vec()).is_name("New Group"));
        assert!(!word.is_name("Other"));
    }
}
