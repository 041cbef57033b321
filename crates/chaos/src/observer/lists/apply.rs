//! Applies the lines that change the lists, groups and settings of a client. Some of these lines
//! answer the client's own commands. The server sends the other lines because another user or
//! another session has changed something.

use msnp_conformance::wire::Unit;

use super::super::presence::decoded;
use super::words::Words;
use super::{Copy, Entry, GUIDS, Lists};
use crate::history::part;

impl Lists {
    /// Applies a line that the client receives. `dialect` is the dialect of the client, and `owner`
    /// is its address. If a client with complete lists should never receive the line, returns the
    /// reason.
    pub(crate) fn apply(&mut self, unit: &Unit, dialect: u32, owner: &str) -> Result<(), &'static str> {
        let words = Words::of(unit);
        // Before MSNP10, a line has the new list version first, and then the words that it has in
        // later dialects.
        let shift = usize::from(dialect < GUIDS && words.have_trid());
        let applied = match words.get(0) {
            "SYN" => return self.synchronise(&words, dialect),
            "LSG" => return self.list_group(&words, dialect),
            "LST" => return self.list_entry(&words, dialect),
            "USR" if words.get(2) == "OK" => {
                if dialect < GUIDS {
                    self.settings.insert(part::NAME.to_owned(), decoded(words.get(4)));
                }
                Ok(())
            }
            setting @ ("GTC" | "BLP") => {
                self.settings.insert(setting.to_owned(), words.last().to_owned());
                Ok(())
            }
            "PRP" => {
                self.set_property(&words, if words.have_trid() { 2 + shift } else { 1 });
                Ok(())
            }
            "ADC" => self.add(&words),
            "ADD" => self.add_by_handle(&words),
            "REM" => self.remove(&words, 3 + shift),
            "ADG" => self.add_group(words.get(2 + shift), words.get(3 + shift)),
            "REG" => self.rename_group(words.get(2 + shift), words.get(3 + shift)),
            "RMG" => self.remove_group(words.get(2 + shift)),
            "SBP" => self.set_nickname_by_guid(&words),
            "REA" => self.rename(words.get(3), words.get(4), owner),
            _ => Ok(()),
        };
        if self.copy == Copy::Complete { applied } else { Ok(()) }
    }

    /// Returns the contact that a line is about to remove from FL. Returns `None` if the line only
    /// removes the contact from a group, even if the contact is in no other group.
    pub(crate) fn removed_by(&self, unit: &Unit, dialect: u32) -> Option<String> {
        let words = Words::of(unit);
        match (dialect < GUIDS, words.len()) {
            _ if words.get(0) != "REM" || words.get(2) != "FL" => None,
            (true, 5) => Some(words.get(4).to_owned()),
            (false, 4) => self.contact(words.get(3)).cloned(),
            _ => None,
        }
    }

    fn set_property(&mut self, words: &Words, at: usize) {
        let property = match words.get(at) {
            "MFN" => part::NAME.to_owned(),
            other => other.to_owned(),
        };
        match words.get(at + 1) {
            "" => drop(self.settings.remove(&property)),
            value => drop(self.settings.insert(property, decoded(value))),
        }
    }

    /// Applies ADC.
    fn add(&mut self, words: &Words) -> Result<(), &'static str> {
        let groups = words.after(3).filter(|word| !["N=", "F=", "C="].iter().any(|prefix| word.starts_with(prefix)));
        let groups: Vec<_> = groups.cloned().collect();
        let (list, guid) = (words.get(2), words.with("C="));
        let Some(handle) = words.with("N=") else {
            let handle = guid.and_then(|guid| self.contact(guid)).cloned();
            let entry = handle.and_then(|handle| self.entries.get_mut(&handle)).ok_or("the contact is unknown")?;
            let is_new = groups.into_iter().all(|group| entry.groups.insert(group));
            return is_new.then_some(()).ok_or("the contact is already in the group");
        };
        let is_own = words.get(1) != "0";
        if is_own && list == "RL" {
            // The entry moves from PL to RL. [`Lists`] counts an entry on PL as an entry on RL, so
            // nothing changes here.
            return Ok(());
        }
        let nickname = words.with("F=").map_or_else(|| handle.to_owned(), decoded);
        let is_new = self.put(handle, list, nickname);
        if let (Some(entry), "FL") = (self.entries.get_mut(handle), list) {
            entry.guid = guid.map(str::to_owned);
            entry.groups.extend(groups);
        }
        is_new.then_some(()).ok_or("the address is already on the list")
    }

    /// Applies ADD, which has the list version before the address.
    fn add_by_handle(&mut self, words: &Words) -> Result<(), &'static str> {
        let (list, handle, group) = (words.get(2), words.get(4), words.get(6));
        let is_contact = self.entries.get(handle).is_some_and(|entry| entry.lists.contains("FL"));
        let mut is_new = true;
        if list != "FL" || !is_contact || group.is_empty() {
            is_new = self.put(handle, list, decoded(words.get(5)));
        }
        if let (Some(entry), false) = (self.entries.get_mut(handle), group.is_empty()) {
            is_new &= entry.groups.insert(group.to_owned()) || group == super::OTHER_CONTACTS;
        }
        is_new.then_some(()).ok_or("the address is already on the list")
    }

    /// Puts an address on a list. Returns whether it was not there before.
    fn put(&mut self, handle: &str, list: &str, nickname: String) -> bool {
        let list = ["FL", "AL", "BL", "RL"].into_iter().find(|known| *known == list).unwrap_or("other list");
        let entry = self.entries.entry(handle.to_owned()).or_default();
        if entry.lists.is_empty() || list == "FL" {
            entry.nickname = nickname;
        }
        entry.lists.insert(list)
    }

    /// Applies REM. `at` is the index of the word of REM that contains the address or the GUID.
    fn remove(&mut self, words: &Words, at: usize) -> Result<(), &'static str> {
        let (list, who, group) = (words.get(2), words.get(at), words.get(at + 1));
        let handle = self.contact(who).cloned().unwrap_or_else(|| who.to_owned());
        let entry = self.entries.get_mut(&handle).ok_or("the address is on no list")?;
        if list == "PL" {
            return Ok(());
        }
        if !group.is_empty() {
            return entry.groups.remove(group).then_some(()).ok_or("the contact is not in the group");
        }
        let was_there = entry.lists.remove(list);
        if list == "FL" {
            *entry = Entry { guid: None, groups: Default::default(), ..std::mem::take(entry) };
        }
        if entry.lists.is_empty() {
            self.entries.remove(&handle);
        }
        was_there.then_some(()).ok_or("the address is not on the list")
    }

    /// Applies ADG. In every dialect, the name of the group comes before its GUID or number.
    fn add_group(&mut self, name: &str, group: &str) -> Result<(), &'static str> {
        let is_taken = self.groups.values().any(|known| *known == decoded(name));
        let is_new = self.groups.insert(group.to_owned(), decoded(name)).is_none();
        (is_new && !is_taken).then_some(()).ok_or("the group already exists")
    }

    fn rename_group(&mut self, group: &str, name: &str) -> Result<(), &'static str> {
        self.groups.insert(group.to_owned(), decoded(name)).map(drop).ok_or("there is no such group")
    }

    fn remove_group(&mut self, group: &str) -> Result<(), &'static str> {
        self.entries.values_mut().for_each(|entry| entry.groups.retain(|other| other != group));
        self.groups.remove(group).map(drop).ok_or("there is no such group")
    }

    /// Applies SBP. Only the property MFN changes a nickname.
    fn set_nickname_by_guid(&mut self, words: &Words) -> Result<(), &'static str> {
        if words.get(3) != "MFN" {
            return Ok(());
        }
        let handle = self.contact(words.get(2)).cloned().ok_or("the contact is unknown")?;
        self.rename(&handle, words.get(4), "")
    }

    /// Sets the display name of the owner, or the nickname of another address.
    fn rename(&mut self, handle: &str, name: &str, owner: &str) -> Result<(), &'static str> {
        if handle == owner {
            self.settings.insert(part::NAME.to_owned(), decoded(name));
            return Ok(());
        }
        let entry = self.entries.get_mut(handle).ok_or("the contact is unknown")?;
        entry.nickname = if name.is_empty() { handle.to_owned() } else { decoded(name) };
        Ok(())
    }
}
