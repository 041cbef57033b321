//! The command palette and its rows.

use super::input::Input;

/// The maximum number of rows of the palette.
pub(crate) const MAX_ITEMS: usize = 10;

/// The command palette.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    pub(crate) input: Input,
    pub(crate) chosen: usize,
    /// True if the palette was opened with `/`. Such a palette closes when the slash is deleted.
    pub(super) is_slash: bool,
}

/// A row of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) label: String,
    pub(crate) detail: String,
    pub(super) action: Action,
}

/// The action of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Puts this incomplete line into the palette, so that the user can complete it.
    Fill(String),
    /// Runs this line.
    Run(String),
    /// Shows a tab.
    Tab(usize),
}
