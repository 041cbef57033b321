//! A search in the lines of a conversation.

use super::input::Input;

/// A search in the current tab.
#[derive(Debug, Default)]
pub(crate) struct Search {
    pub(crate) input: Input,
    /// The number of matching lines below the line that is shown.
    pub(super) skip: usize,
    /// The number of lines that match.
    pub(crate) matches: usize,
}

impl Search {
    /// Returns the text to find. `None` if there is nothing to find yet.
    pub(crate) fn query(&self) -> Option<&str> {
        Some(self.input.text()).filter(|text| !text.is_empty())
    }

    /// Returns the number of the match that is shown. The newest match has the number 1. Returns
    /// zero if there is no match.
    pub(crate) fn shown(&self) -> usize {
        if self.matches == 0 { 0 } else { self.skip + 1 }
    }
}
