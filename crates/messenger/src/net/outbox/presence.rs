//! The presence lines in an outgoing queue.
//!
//! Presence is state: a client needs only the newest lines about each contact. So a newer line
//! takes the place of an older line that is still in the queue. However often a contact changes its
//! presence, the queue of a slow reader contains at most six lines about the contact. Two kinds of
//! other lines limit where a newer line may go:
//!
//! - An answer that changes FL. Lines about the contact that were queued before the answer stay
//!   where they are, and newer lines come after the answer. From then on the older lines count as a
//!   part of the answer. So the limit on a client's own answers also limits a client that changes
//!   FL but does not read.
//! - A call (RNG) by the contact. The client must see the contact online when the call arrives, so the lines from
//!   before the first call stay where they are. Newer lines come after the last call.

use std::collections::HashMap;
use std::sync::Arc;

use msnp::Handle;

/// Encoded lines about one contact, at most one of each kind. All watchers with the same dialect share the bytes.
#[derive(Clone, Debug, Default)]
pub struct PresenceLines {
    /// True if the client certainly shows the contact as offline before these lines.
    pub arrives: bool,
    /// FLN, which comes before the lines in `status` and `message`. FLN replaces all older lines
    /// about the contact. FLN stays in the queue even if the contact comes back online before FLN
    /// is written, because FLN also removes the contact's personal message.
    pub left: Option<Arc<[u8]>>,
    /// NLN or ILN, which replaces an older NLN or ILN.
    pub status: Option<Arc<[u8]>>,
    /// UBX, which replaces an older UBX. UBX comes after NLN, because clients ignore UBX for a
    /// contact that is offline.
    pub message: Option<Arc<[u8]>>,
}

/// The queued presence lines that the owner (the task of the connection) has not taken yet. Most
/// queues have no such lines, and `None` takes little memory.
#[derive(Debug, Default)]
pub(super) struct PendingPresence(Option<Box<Pending>>);

#[derive(Debug, Default)]
struct Pending {
    /// The slots, in the order of the queue.
    slots: Vec<Slot>,
    /// The slots of each contact that has queued lines which newer lines can replace.
    contacts: HashMap<Handle, Slots>,
    /// The number of bytes in all slots.
    len: usize,
    /// The number of bytes in the slots that `contacts` refers to.
    replaceable: usize,
}

/// Presence lines at one place of the queue.
#[derive(Debug)]
struct Slot {
    /// The number of queued bytes before this slot that are not presence lines.
    at: usize,
    /// True if the client certainly shows the contact as offline before these lines. In that case the client needs no
    /// FLN.
    was_offline: bool,
    lines: PresenceLines,
}

/// The indices of the slots of one contact.
#[derive(Debug)]
struct Slots {
    /// The slot before the contact's first call, if another slot comes after that call.
    before_calls: Option<usize>,
    /// The last slot, which contains the newest lines.
    last: usize,
    /// True if the contact has called after the last slot.
    called: bool,
}

impl PresenceLines {
    fn all(&self) -> impl Iterator<Item = &Arc<[u8]>> {
        [&self.left, &self.status, &self.message].into_iter().flatten()
    }

    fn len(&self) -> usize {
        self.all().map(|line| line.len()).sum()
    }
}

impl Slot {
    /// Replaces the lines that `newer` makes out of date.
    fn update(&mut self, newer: &PresenceLines) {
        if newer.left.is_some() {
            self.lines = if self.was_offline { PresenceLines::default() } else { newer.clone() };
        }
        if newer.status.is_some() {
            self.lines.status.clone_from(&newer.status);
        }
        if newer.message.is_some() {
            self.lines.message.clone_from(&newer.message);
        }
    }
}

impl PendingPresence {
    /// Queues lines about a contact. `at` is the number of queued bytes that are not presence
    /// lines.
    pub(super) fn put(&mut self, contact: &Handle, lines: &PresenceLines, at: usize) {
        self.0.get_or_insert_default().put(contact, lines, at);
    }

    /// Notes that a call by a contact is about to be queued.
    pub(super) fn note_call(&mut self, caller: &Handle) {
        let slots = self.0.as_mut().and_then(|pending| pending.contacts.get_mut(caller));
        if let Some(slots) = slots {
            slots.called = true;
        }
    }

    /// Notes that the next answer in the queue puts a contact on FL, or removes the contact from
    /// FL.
    pub(super) fn note_list_change(&mut self, contact: &Handle) {
        if let Some(pending) = &mut self.0 {
            pending.close_slots(contact);
        }
    }

    /// Notes that an answer with the whole lists is about to be queued.
    pub(super) fn note_lists(&mut self) {
        if let Some(pending) = &mut self.0 {
            pending.contacts.clear();
            pending.replaceable = 0;
        }
    }

    /// Returns the number of bytes in the queued presence lines.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |pending| pending.len)
    }

    /// Returns the number of bytes in those queued presence lines that newer lines can replace.
    pub(super) fn replaceable(&self) -> usize {
        self.0.as_ref().map_or(0, |pending| pending.replaceable)
    }

    /// Returns all lines of the queue. `others` are the lines that are not presence lines, and the
    /// presence lines are inserted at their places.
    pub(super) fn merge(self, others: Vec<u8>) -> Vec<u8> {
        match self.0 {
            Some(pending) => pending.merge(&others),
            None => others,
        }
    }
}

impl Pending {
    fn put(&mut self, contact: &Handle, lines: &PresenceLines, at: usize) {
        let index = self.slot_for(contact, at, lines.arrives);
        let slot = &mut self.slots[index];
        let before = slot.lines.len();
        slot.update(lines);
        let after = slot.lines.len();
        self.len = self.len - before + after;
        self.replaceable = self.replaceable - before + after;
    }

    /// Returns the index of the slot for new lines about a contact. If the contact has no slot, or
    /// if a call by the contact is queued after the contact's last slot, creates a slot at the end
    /// of the queue.
    fn slot_for(&mut self, contact: &Handle, at: usize, was_offline: bool) -> usize {
        let next = self.slots.len();
        let mut new = Slot { at, was_offline, lines: PresenceLines::default() };
        match self.contacts.get_mut(contact) {
            Some(slots) if !slots.called => return slots.last,
            Some(slots) => {
                if slots.before_calls.is_none() {
                    slots.before_calls = Some(slots.last);
                } else {
                    // The lines of the last slot can move behind the latest call. The client still
                    // sees the contact online at each call, because of the slot before the first
                    // call.
                    let moved = &mut self.slots[slots.last];
                    new.was_offline = moved.was_offline;
                    new.lines = std::mem::take(&mut moved.lines);
                }
                (slots.last, slots.called) = (next, false);
            }
            None => {
                let slots = Slots { before_calls: None, last: next, called: false };
                self.contacts.insert(contact.clone(), slots);
            }
        }
        self.slots.push(new);
        next
    }

    /// Leaves the queued lines of a contact where they are. From now on, newer lines about the
    /// contact do not replace these lines, but get a new slot.
    fn close_slots(&mut self, contact: &Handle) {
        if let Some(Slots { before_calls, last, .. }) = self.contacts.remove(contact) {
            let kept = before_calls.into_iter().chain([last]).map(|index| self.slots[index].lines.len());
            self.replaceable -= kept.sum::<usize>();
        }
    }

    fn merge(&self, others: &[u8]) -> Vec<u8> {
        let mut all = Vec::with_capacity(others.len() + self.len);
        let mut done = 0;
        for slot in &self.slots {
            // Slots are in the order of the queue, and the queue has not become shorter since they
            // were created.
            all.extend_from_slice(&others[done..slot.at]);
            done = slot.at;
            slot.lines.all().for_each(|line| all.extend_from_slice(line));
        }
        all.extend_from_slice(&others[done..]);
        all
    }
}

#[cfg(test)]
mod tests;
