//! The labels of the tabs, and the choice of the labels that fit.

use crate::text::{cut, width};

/// The maximum width of the name in a label, in columns.
const MAX_NAME: usize = 18;

/// The label of one tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// The number of the tab.
    pub(crate) tab: usize,
    /// The text, with a blank on each side.
    pub(crate) text: String,
    /// The column in which the label begins.
    pub(crate) column: usize,
}

impl Label {
    /// Returns the first column after the label.
    pub(crate) fn end(&self) -> usize {
        self.column + width(&self.text)
    }
}

/// Returns the labels that fit into `columns`. The current tab is always among them. `names` are the names and unread
/// counts of all tabs.
pub(crate) fn labels(names: &[(String, usize)], current: usize, columns: usize) -> Vec<Label> {
    let text = |tab: usize, (name, unread): &(String, usize)| {
        let name = cut(name, MAX_NAME);
        let number = tab + 1;
        match unread {
            0 => format!(" {number} {name} "),
            unread => format!(" {number} {name} ({unread}) "),
        }
    };
    let texts: Vec<_> = names.iter().enumerate().map(|(tab, name)| text(tab, name)).collect();
    // Leave out labels at the start until the current label fits.
    let mut first = 0;
    let upto_current =
        |first: usize| texts.get(first..=current).unwrap_or_default().iter().map(|text| width(text) + 1).sum::<usize>();
    while first < current && upto_current(first) > columns {
        first += 1;
    }
    let mut column = 0;
    let mut shown = Vec::new();
    for (tab, text) in texts.into_iter().enumerate().skip(first) {
        let text = if tab == current { cut(&text, columns.saturating_sub(column)) } else { text };
        let label = Label { tab, text, column };
        column = label.end() + 1;
        if column > columns + 1 {
            break;
        }
        shown.push(label);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(current: usize, columns: usize) -> String {
        let names = [("Home", 0), ("Bob", 2), ("Carol", 0)].map(|(name, unread)| (name.to_owned(), unread));
        labels(&names, current, columns).into_iter().map(|label| label.text).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn the_current_tab_is_always_visible_in_the_tab_bar() {
        assert_eq!(shown(0, 40), " 1 Home | 2 Bob (2) | 3 Carol ");
        assert_eq!(shown(0, 20), " 1 Home | 2 Bob (2) ");
        assert_eq!(shown(2, 20), " 3 Carol ");
        assert_eq!(shown(2, 5), " 3 C…");
    }
}
