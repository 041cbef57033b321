//! ADG, REG, RMG, LSG: groups of contacts, in the form of MSNP10 on (docs/protocol/ns.md section 9).

use crate::name::{MAX_GROUP_NAME, MAX_GROUP_NAME_WORD};
use crate::word::{LineWriter, Words};
use crate::{ErrorCode, Guid, Malformed, Refusal, Text, TrId};

/// `ADG TrID name`: makes a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adg {
    /// Ties the answer to it.
    pub trid: TrId,
    /// The name, as it came.
    pub name: Text,
}

/// `REG TrID guid name`: renames a group. The answer is the same line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reg {
    /// Ties the answer to it.
    pub trid: TrId,
    /// The group.
    pub group: Guid,
    /// The new name, as it came.
    pub name: Text,
}

/// `RMG TrID group`: removes a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rmg {
    /// Ties the answer to it.
    pub trid: TrId,
    /// The group.
    pub group: GroupWord,
}

/// How RMG names a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupWord {
    /// By its GUID.
    Guid(Guid),
    /// By a word that is none: client 7.0 sometimes sends the name, encoded twice.
    Name(Vec<u8>),
}

impl GroupWord {
    /// Whether the word is the name of a group, once or twice decoded.
    #[must_use]
    pub fn is_name(&self, name: &str) -> bool {
        let Self::Name(word) = self else { return false };
        let once = crate::text::decode_bytes(word);
        once == name.as_bytes() || crate::text::decode_bytes(&once) == name.as_bytes()
    }
}

/// Older clients send a `0` after the name; any word there is let pass.
fn end_after_old_word(mut words: Words<'_>) -> Result<(), Malformed> {
    words.next();
    words.end()
}

fn decode_name(trid: TrId, word: &[u8]) -> Result<Text, Refusal> {
    if word.len() > MAX_GROUP_NAME_WORD {
        return Err(Malformed::WordTooLong.into());
    }
    let name = Text::parse(word).ok_or(Refusal::Answer(trid, ErrorCode::InvalidParameter))?;
    if word.len() > MAX_GROUP_NAME || crate::text::encoded_len(name.value()) > MAX_GROUP_NAME {
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

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        LineWriter::new(out, "ADG").word(self.trid).raw(self.name.raw()).end();
    }
}

impl Reg {
    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let group = words.need_with(Guid::parse)?;
        let name = decode_name(trid, words.need()?)?;
        end_after_old_word(words)?;
        Ok(Self { trid, group, name })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        LineWriter::new(out, "REG").word(self.trid).word(self.group).raw(self.name.raw()).end();
    }
}

impl Rmg {
    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let word = words.need()?;
        words.end()?;
        let group = Guid::parse(word).map_or_else(|| GroupWord::Name(word.to_vec()), GroupWord::Guid);
        Ok(Self { trid, group })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "RMG").word(self.trid);
        match &self.group {
            GroupWord::Guid(guid) => line.word(guid).end(),
            GroupWord::Name(word) => line.raw(word).end(),
        }
    }
}

/// The server's half of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupLine {
    /// `ADG TrID name guid`.
    Added {
        /// That of the request.
        trid: TrId,
        /// The name, as it came.
        name: Text,
        /// The new GUID.
        group: Guid,
    },
    /// `REG TrID guid name`.
    Renamed(Reg),
    /// `RMG TrID guid`.
    Removed {
        /// That of the request.
        trid: TrId,
        /// The GUID, also when the request had the name.
        group: Guid,
    },
    /// `LSG name guid` in the SYN burst.
    Listed {
        /// The name.
        name: String,
        /// Its GUID.
        group: Guid,
    },
}

impl GroupLine {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Added { trid, name, group } => {
                LineWriter::new(out, "ADG").word(trid).raw(name.raw()).word(group).end();
            }
            Self::Renamed(reg) => reg.encode(out),
            Self::Removed { trid, group } => LineWriter::new(out, "RMG").word(trid).word(group).end(),
            Self::Listed { name, group } => LineWriter::new(out, "LSG").text(name).word(group).end(),
        }
    }

    pub(super) fn decode(verb: &[u8], mut words: Words<'_>) -> Result<Self, Refusal> {
        if verb == b"LSG" {
            let name = words.need_with(Text::parse)?.value().to_owned();
            let group = words.need_with(Guid::parse)?;
            words.end()?;
            return Ok(Self::Listed { name, group });
        }
        let trid = words.need_with(TrId::parse)?;
        let line = match verb {
            b"ADG" => Self::Added { trid, name: words.need_with(Text::parse)?, group: words.need_with(Guid::parse)? },
            b"REG" => return Reg::decode(trid, words).map(Self::Renamed),
            _ => Self::Removed { trid, group: words.need_with(Guid::parse)? },
        };
        words.end()?;
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_measured_as_it_was_written() {
        let adg = |name: &str| Adg::decode(TrId::new(1), Words::new(name.as_bytes()));
        assert!(adg(&"G".repeat(61)).is_ok());
        assert_eq!(adg(&"G".repeat(62)), Err(Refusal::Answer(TrId::new(1), ErrorCode::GroupNameTooLong)));
        assert_eq!(adg(&"%20".repeat(21)), Err(Refusal::Answer(TrId::new(1), ErrorCode::GroupNameTooLong)));
        assert_eq!(adg(&"G".repeat(128)), Err(Refusal::Close(Malformed::WordTooLong)));
        assert!(adg("Family 0").is_ok());
        assert!(adg("Family 0 0").is_err());
    }

    #[test]
    fn rmg_may_name_a_group_encoded_twice() {
        let word = GroupWord::Name(b"New%2520Group".to_vec());
        assert!(word.is_name("New Group"));
        assert!(GroupWord::Name(b"New%20Group".to_vec()).is_name("New Group"));
        assert!(!word.is_name("Other"));
    }
}
