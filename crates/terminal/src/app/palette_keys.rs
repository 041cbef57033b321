//! The keys of the palette.

use crossterm::event::{KeyCode, KeyEvent};

use super::input::Input;
use super::line_keys::edit_input;
use super::palette::{Action, Palette};
use super::state::App;

impl App {
    /// Opens the palette. If `is_slash` is true, the text in the palette is a slash, so the palette
    /// lists commands.
    pub(super) fn open_palette(&mut self, is_slash: bool) {
        let input = Input::new(if is_slash { "/" } else { "" });
        self.palette = Some(Palette { input, chosen: 0, is_slash });
    }

    /// Opens the palette with the list of statuses.
    pub(super) fn choose_status(&mut self) {
        self.palette = Some(Palette { input: Input::new("/status "), chosen: 0, is_slash: true });
    }

    pub(super) fn palette_key(&mut self, key: KeyEvent) {
        let count = self.palette_items().len();
        let Some(palette) = &mut self.palette else { return };
        match key.code {
            KeyCode::Esc => self.palette = None,
            KeyCode::Enter => self.palette_enter(),
            KeyCode::Tab if count > 0 => self.palette_fill(),
            KeyCode::Up => palette.chosen = palette.chosen.checked_sub(1).unwrap_or_else(|| count.saturating_sub(1)),
            KeyCode::Down => palette.chosen = if palette.chosen + 1 < count { palette.chosen + 1 } else { 0 },
            _ => {
                if edit_input(&mut palette.input, key) {
                    palette.chosen = 0;
                    if palette.is_slash && palette.input.is_empty() {
                        self.palette = None;
                    }
                }
            }
        }
    }

    /// Carries out the action of the chosen row. If there are no rows, runs the typed line.
    pub(super) fn palette_enter(&mut self) {
        let Some(palette) = &self.palette else { return };
        let typed = palette.input.text().to_owned();
        let item = self.palette_items().into_iter().nth(palette.chosen);
        match item.map(|item| item.action) {
            Some(Action::Fill(line)) => self.fill(line),
            Some(Action::Run(line)) => self.run_from_palette(&line),
            Some(Action::Tab(tab)) => {
                self.palette = None;
                self.show_tab(tab);
            }
            None => self.run_from_palette(&typed),
        }
    }

    /// Puts the command of the chosen row into the input line of the palette, but does not run the
    /// command. If the chosen row has no command, does the same as [`Self::palette_enter`].
    fn palette_fill(&mut self) {
        let Some(palette) = &self.palette else { return };
        match self.palette_items().into_iter().nth(palette.chosen).map(|item| item.action) {
            Some(Action::Fill(line) | Action::Run(line)) => self.fill(line),
            _ => self.palette_enter(),
        }
    }

    fn fill(&mut self, line: String) {
        if let Some(palette) = &mut self.palette {
            palette.input = Input::new(line);
            palette.chosen = 0;
        }
    }

    fn run_from_palette(&mut self, line: &str) {
        if self.execute(line) {
            self.palette = None;
            self.remember(line);
        }
    }
}
