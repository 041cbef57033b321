//! The entries of a roster in one block of memory.

use std::slice;

use msnp::Handle;

use super::entry::Entry;
use super::pool::pooled;

/// The entries of a roster, sorted by handle.
///
/// A server has the rosters of all users who are online in memory, and most rosters never change during a session. So
/// the entries are one block without spare room: with 20 entries, a tree takes twice the memory. All rosters share one
/// copy of each handle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Vec<(Handle, Entry)>);

impl Entries {
    /// Returns the number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the entry for a handle.
    #[must_use]
    pub fn get(&self, handle: &Handle) -> Option<&Entry> {
        self.get_key_value(handle).map(|(_, entry)| entry)
    }

    /// Returns the entry for a handle, and the shared copy of the handle.
    #[must_use]
    pub fn get_key_value(&self, handle: &Handle) -> Option<(&Handle, &Entry)> {
        let (key, entry) = self.0.get(self.find(handle).ok()?)?;
        Some((key, entry))
    }

    /// Returns the entry for a handle, to be changed.
    pub fn get_mut(&mut self, handle: &Handle) -> Option<&mut Entry> {
        let place = self.find(handle).ok()?;
        self.0.get_mut(place).map(|(_, entry)| entry)
    }

    /// Returns whether there is an entry for a handle.
    #[must_use]
    pub fn contains_key(&self, handle: &Handle) -> bool {
        self.find(handle).is_ok()
    }

    /// Returns the entry for a handle, to be changed. If there is none, adds an entry that is on no list.
    pub fn entry(&mut self, handle: &Handle) -> &mut Entry {
        let place = self.find(handle).unwrap_or_else(|place| {
            self.0.reserve_exact(1);
            self.0.insert(place, (pooled(handle), Entry::default()));
            place
        });
        &mut self.0[place].1
    }

    /// Adds an entry, or replaces the entry for this handle.
    pub fn insert(&mut self, handle: &Handle, entry: Entry) {
        *self.entry(handle) = entry;
    }

    /// Removes the entry for a handle, if there is one.
    pub fn remove(&mut self, handle: &Handle) {
        if let Ok(place) = self.find(handle) {
            self.0.remove(place);
            self.0.shrink_to_fit();
        }
    }

    /// Returns all entries, sorted by handle.
    pub fn iter(&self) -> impl Iterator<Item = (&Handle, &Entry)> {
        self.0.iter().map(|(handle, entry)| (handle, entry))
    }

    /// Returns all entries without their handles.
    pub fn values(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().map(|(_, entry)| entry)
    }

    /// Returns all entries without their handles, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.0.iter_mut().map(|(_, entry)| entry)
    }

    fn find(&self, handle: &Handle) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(handle))
    }
}

impl FromIterator<(Handle, Entry)> for Entries {
    /// If several entries have the same handle, the last of them stays.
    fn from_iter<I: IntoIterator<Item = (Handle, Entry)>>(entries: I) -> Self {
        let mut sorted: Vec<_> = entries.into_iter().map(|(handle, entry)| (pooled(&handle), entry)).collect();
        // The sort is stable, so the last entry for a handle stays last.
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        sorted.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
        sorted.shrink_to_fit();
        Self(sorted)
    }
}

impl<'a> IntoIterator for &'a Entries {
    type Item = &'a (Handle, Entry);
    type IntoIter = slice::Iter<'a, (Handle, Entry)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Entries {
    type Item = (Handle, Entry);
    type IntoIter = std::vec::IntoIter<(Handle, Entry)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use msnp::{List, ListBits};
    use proptest::prelude::*;

    use super::*;

    fn handle(number: u8) -> Handle {
        Handle::parse(&format!("user{number}@example.com")).unwrap()
    }

    fn entry(list: List) -> Entry {
        Entry { lists: list.into(), ..Entry::default() }
    }

    fn lists(entries: &Entries) -> Vec<(Handle, ListBits)> {
        entries.iter().map(|(handle, entry)| (handle.clone(), entry.lists)).collect()
    }

    proptest! {
        #[test]
        fn entries_behave_like_a_sorted_map(
            steps in prop::collection::vec((0..12_u8, prop::option::of(prop::sample::select(List::ALL.to_vec()))), 0..60),
        ) {
            let (mut entries, mut map) = (Entries::default(), BTreeMap::new());
            for (number, list) in &steps {
                let handle = handle(*number);
                match list {
                    Some(list) => {
                        entries.insert(&handle, entry(*list));
                        map.insert(handle, ListBits::from(*list));
                    }
                    None => {
                        entries.remove(&handle);
                        map.remove(&handle);
                    }
                }
            }
            prop_assert_eq!(lists(&entries), map.clone().into_iter().collect::<Vec<_>>());
            for number in 0..12 {
                prop_assert_eq!(entries.get(&handle(number)).map(|entry| entry.lists), map.get(&handle(number)).copied());
            }
            let set = steps.iter().filter_map(|(number, list)| Some((handle(*number), entry((*list)?))));
            let collected: BTreeMap<_, _> = set.clone().map(|(handle, entry)| (handle, entry.lists)).collect();
            prop_assert_eq!(lists(&set.collect()), collected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_entry_with_its_handle_takes_48_bytes() {
        assert_eq!(size_of::<(Handle, Entry)>(), 48);
    }
}
