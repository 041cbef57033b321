//! The answer to SYN, and the lines that follow it.

use super::super::presence::decoded;
use super::words::{Words, is_number};
use super::{Copy, Entry, GUIDS, Lists};
use crate::history::part;

/// The bits of the lists in LST. PL counts as RL.
const BITS: [(u32, &str); 5] = [(1, "FL"), (2, "AL"), (4, "BL"), (8, "RL"), (16, "RL")];

impl Lists {
    /// Applies SYN. If SYN has no counts, the client's copy is current.
    pub(super) fn synchronise(&mut self, words: &Words, dialect: u32) -> Result<(), &'static str> {
        // Before the counts, there is one word (the list version) or there are two words (stamps).
        let stamps = if dialect < GUIDS { 1 } else { 2 };
        let count = |index: usize| words.get(2 + stamps + index).parse::<usize>().ok();
        let (Some(entries), Some(groups)) = (count(0), count(1)) else {
            if self.copy == Copy::Nothing {
                return Err("the answer says that the client's copy is current, but the client has no copy");
            }
            self.copy = Copy::Complete;
            return Ok(());
        };
        // The burst contains only the settings that have a value, so the client discards its
        // earlier settings. The client keeps its display name, and sets MOB to `N` until the burst
        // contains another value of MOB.
        let name = self.settings.remove(part::NAME).map(|name| (part::NAME.to_owned(), name));
        self.settings = [("MOB".to_owned(), "N".to_owned())].into_iter().chain(name).collect();
        self.entries.clear();
        self.groups.clear();
        self.copy = Copy::Burst { groups, entries };
        self.finish_burst();
        Ok(())
    }

    /// Applies LSG.
    pub(super) fn list_group(&mut self, words: &Words, dialect: u32) -> Result<(), &'static str> {
        let (name, group) = if dialect < GUIDS { (2, 1) } else { (1, 2) };
        self.groups.insert(words.get(group).to_owned(), decoded(words.get(name)));
        let Copy::Burst { groups: left @ 1.., .. } = &mut self.copy else {
            return Err("SYN announced fewer groups");
        };
        *left -= 1;
        self.finish_burst();
        Ok(())
    }

    /// Applies LST.
    pub(super) fn list_entry(&mut self, words: &Words, dialect: u32) -> Result<(), &'static str> {
        let (handle, nickname) = match dialect < GUIDS {
            true => (words.get(1), words.get(2)),
            false => (words.with("N=").unwrap_or_default(), words.with("F=").unwrap_or_default()),
        };
        let at = (2..words.len()).find(|index| *index > 2 && is_number(words.get(*index))).unwrap_or_default();
        let bits: u32 = words.get(at).parse().unwrap_or_default();
        // In MSNP12, the number of the network is between the bits of the lists and the groups.
        let groups = words.after(at + if dialect >= 12 { 2 } else { 1 }).flat_map(|word| word.split(','));
        let entry = Entry {
            lists: BITS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, list)| *list).collect(),
            nickname: decoded(nickname),
            guid: words.with("C=").map(str::to_owned),
            groups: groups.map(str::to_owned).collect(),
        };
        self.entries.insert(handle.to_owned(), entry);
        let Copy::Burst { entries: left @ 1.., .. } = &mut self.copy else {
            return Err("SYN announced fewer entries");
        };
        *left -= 1;
        self.finish_burst();
        Ok(())
    }

    fn finish_burst(&mut self) {
        if self.copy == (Copy::Burst { groups: 0, entries: 0 }) {
            self.copy = Copy::Complete;
        }
    }
}
