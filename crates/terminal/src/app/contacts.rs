//! The contact list: its rows, the selected row, and the visible rows.

use std::collections::BTreeSet;

use msnp::{Guid, Handle};

use super::roster::{Contact, Roster};

/// A section of the contact list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    /// The users who asked to be contacts and wait for an answer.
    Requests,
    /// A group.
    Group(Guid),
    /// The contacts without a group.
    Others,
}

/// A row of the contact list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// The heading of a section.
    Heading { section: Section, name: String, online: usize, total: usize, is_folded: bool },
    /// A request of the user with this address.
    Request { handle: Handle },
    /// A contact in a section.
    Contact { section: Section, handle: Handle },
}

impl Row {
    /// Returns whether the two rows are for the same section, request or contact. The counts in a
    /// heading do not matter.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Heading { section: one, .. }, Self::Heading { section: two, .. }) => one == two,
            _ => self == other,
        }
    }
}

/// The contact list.
#[derive(Debug, Default)]
pub(crate) struct Contacts {
    rows: Vec<Row>,
    selected: usize,
    /// The first visible row.
    offset: usize,
    folded: BTreeSet<Section>,
    /// The text that the user types to find a contact.
    filter: String,
}

impl Contacts {
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn filter(&self) -> &str {
        &self.filter
    }

    pub(crate) fn selected(&self) -> Option<&Row> {
        self.rows.get(self.selected)
    }

    pub(crate) fn is_selected(&self, index: usize) -> bool {
        self.selected == index
    }

    /// Rebuilds the rows. If the selected row still exists, it stays selected.
    pub(crate) fn rebuild(&mut self, roster: &Roster) {
        let selected = self.selected().cloned();
        self.rows = if self.filter.is_empty() { self.all_rows(roster) } else { self.found_rows(roster) };
        let same = selected.and_then(|before| self.rows.iter().position(|row| row.is_same(&before)));
        self.selected = same.unwrap_or(self.selected).min(self.rows.len().saturating_sub(1));
    }

    fn all_rows(&self, roster: &Roster) -> Vec<Row> {
        let mut rows = Vec::new();
        if !roster.requests.is_empty() {
            let total = roster.requests.len();
            self.heading(&mut rows, Section::Requests, "Requests".to_owned(), 0, total);
            if !self.folded.contains(&Section::Requests) {
                rows.extend(roster.requests.iter().map(|request| Row::Request { handle: request.handle.clone() }));
            }
        }
        for (guid, name) in &roster.groups {
            let members = roster.contacts.iter().filter(|contact| contact.groups.contains(guid));
            self.section(&mut rows, Section::Group(*guid), name.clone(), members.collect());
        }
        let is_other = |contact: &&Contact| !roster.groups.iter().any(|(guid, _)| contact.groups.contains(guid));
        let others: Vec<_> = roster.contacts.iter().filter(is_other).collect();
        if !others.is_empty() {
            let name = if roster.groups.is_empty() { "Contacts" } else { "Other contacts" };
            self.section(&mut rows, Section::Others, name.to_owned(), others);
        }
        rows
    }

    fn section(&self, rows: &mut Vec<Row>, section: Section, name: String, mut members: Vec<&Contact>) {
        // The roster is sorted by name. This sort is stable, so the online contacts and then the
        // offline contacts stay sorted by name.
        members.sort_by_key(|contact| contact.status.is_none());
        let online = members.iter().filter(|contact| contact.status.is_some()).count();
        self.heading(rows, section, name, online, members.len());
        if !self.folded.contains(&section) {
            rows.extend(members.iter().map(|contact| Row::Contact { section, handle: contact.handle.clone() }));
        }
    }

    fn heading(&self, rows: &mut Vec<Row>, section: Section, name: String, online: usize, total: usize) {
        let is_folded = self.folded.contains(&section);
        rows.push(Row::Heading { section, name, online, total, is_folded });
    }

    /// Returns the contacts that the filter finds. A contact in several groups is in the result
    /// only once.
    fn found_rows(&self, roster: &Roster) -> Vec<Row> {
        let found = roster.contacts.iter().filter(|contact| matches(contact, &self.filter));
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|contact| contact.status.is_none());
        found
            .into_iter()
            .map(|contact| Row::Contact { section: Section::Others, handle: contact.handle.clone() })
            .collect()
    }

    /// Moves the selection by this many rows.
    pub(crate) fn move_by(&mut self, rows: isize) {
        self.select(self.selected.saturating_add_signed(rows));
    }

    /// Selects the row with this index. If the index is too high, selects the last row.
    pub(crate) fn select(&mut self, index: usize) {
        self.selected = index.min(self.rows.len().saturating_sub(1));
    }

    /// Scrolls so that the selected row is visible.
    pub(crate) fn scroll_to_selected(&mut self, height: usize) {
        let height = height.max(1);
        self.offset = self.offset.clamp((self.selected + 1).saturating_sub(height), self.selected);
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
    }

    /// Collapses the section of the selected row, or expands it.
    pub(crate) fn fold(&mut self, fold: Option<bool>) {
        let section = match self.selected() {
            Some(Row::Heading { section, .. } | Row::Contact { section, .. }) => *section,
            Some(Row::Request { .. }) => Section::Requests,
            None => return,
        };
        let fold = fold.unwrap_or_else(|| !self.folded.contains(&section));
        if fold {
            self.folded.insert(section);
            let is_heading = |row: &Row| matches!(row, Row::Heading { section: there, .. } if *there == section);
            self.selected = self.rows.iter().position(is_heading).unwrap_or(self.selected);
        } else {
            self.folded.remove(&section);
        }
    }

    /// Changes the filter, and selects the first contact that it finds.
    pub(crate) fn set_filter(&mut self, filter: String) {
        self.filter = filter;
        self.selected = 0;
    }
}

/// Returns whether the name or the address of a contact contains a text. Case does not matter.
pub(super) fn matches(contact: &Contact, text: &str) -> bool {
    let text = text.to_lowercase();
    contact.name.to_lowercase().contains(&text) || contact.handle.as_str().contains(&text)
}
