//! The values that each account set as its status, personal message and name.

use std::collections::{BTreeMap, HashMap};

use super::super::{Action, Attribute, Event, Shown, part};
use super::index::{Index, may_have_happened};

/// The parts of an account whose values other accounts see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Visible {
    Status,
    Message,
    Name,
}

/// A value that an account set and that the server did not refuse.
pub(super) struct Given<'a> {
    pub(super) value: &'a str,
    pub(super) event: &'a Event,
}

/// The values of one part of one account, in the order in which the account set them.
#[derive(Default)]
pub(super) struct Timeline<'a> {
    pub(super) given: Vec<Given<'a>>,
    /// The place of each value. `None` if the account set the value more than once.
    places: HashMap<&'a str, Option<usize>>,
}

/// All values of a history.
#[derive(Default)]
pub(super) struct Values<'a> {
    timelines: BTreeMap<&'a str, BTreeMap<Visible, Timeline<'a>>>,
}

impl<'a> Values<'a> {
    pub(super) fn new(index: &Index<'a>) -> Self {
        let mut values = Self::default();
        for (account, _, connection) in index.sessions() {
            for event in connection.events.iter().filter(|event| may_have_happened(event.outcome)) {
                let Some((visible, value)) = given(event) else { continue };
                let timelines = values.timelines.entry(account).or_default();
                timelines.entry(visible).or_default().given.push(Given { value, event });
            }
        }
        for timeline in values.timelines.values_mut().flat_map(BTreeMap::values_mut) {
            timeline.given.sort_by_key(|given| (given.event.start, given.event.connection, given.event.began));
            for (place, given) in timeline.given.iter().enumerate() {
                timeline.places.entry(given.value).and_modify(|place| *place = None).or_insert(Some(place));
            }
        }
        values
    }

    pub(super) fn timelines(&self) -> impl Iterator<Item = (&'a str, Visible, &Timeline<'a>)> {
        self.timelines
            .iter()
            .flat_map(|(account, timelines)| timelines.iter().map(|(visible, timeline)| (*account, *visible, timeline)))
    }

    pub(super) fn of(&self, account: &str, visible: Visible) -> Option<&Timeline<'a>> {
        self.timelines.get(account)?.get(&visible)
    }
}

impl Timeline<'_> {
    /// Returns the place of a value. Returns `None` if the account never set the value, and
    /// `Some(None)` if the account set the value more than once.
    pub(super) fn place(&self, value: &str) -> Option<Option<usize>> {
        self.places.get(value).copied()
    }
}

/// If an action sets the status, the personal message or the display name, returns which of the
/// three it sets, and the new value.
fn given(event: &Event) -> Option<(Visible, &str)> {
    match &event.action {
        Action::Set { attribute: Attribute::Status, value } => Some((Visible::Status, value)),
        Action::Set { attribute: Attribute::Message, value } => Some((Visible::Message, value)),
        Action::Edit { changes } => {
            let name = changes.iter().find(|change| change.part == part::NAME)?;
            Some((Visible::Name, name.value.as_deref()?))
        }
        _ => None,
    }
}

/// Returns each part that a client shows for a contact, with the value of the part. An empty
/// personal message counts as no message.
pub(super) fn shown(shown: &Shown) -> impl Iterator<Item = (Visible, &str)> {
    let message = shown.message.as_deref().filter(|message| !message.is_empty());
    let message = message.map(|message| (Visible::Message, message));
    [(Visible::Status, shown.status.as_str()), (Visible::Name, shown.name.as_str())].into_iter().chain(message)
}
