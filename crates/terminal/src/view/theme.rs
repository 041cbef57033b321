//! Colours and styles. Without colours (`NO_COLOR`), the styles differ by weight only.

use ratatui::style::{Color, Modifier, Style};

use crate::app::{Colors, Look, Tone};

/// The styles of the parts of the screen. Uses the 16 colours that every terminal has, and that its user can choose.
pub(super) struct Theme {
    has_color: bool,
    has_all_colors: bool,
}

impl Theme {
    pub(super) fn new(colors: Colors) -> Self {
        Self { has_color: colors != Colors::None, has_all_colors: colors == Colors::True }
    }

    /// Returns the colour of a pixel: the same, or the nearest one of the 216 colours that every terminal with 256 has.
    pub(super) fn pixel(&self, [red, green, blue]: [u8; 3]) -> Color {
        if self.has_all_colors {
            return Color::Rgb(red, green, blue);
        }
        // The six steps of the cube are 0, 95, 135, 175, 215 and 255.
        let step = |part: u8| if part < 48 { 0 } else { (part.saturating_sub(35) / 40).max(1) };
        Color::Indexed(16 + 36 * step(red) + 6 * step(green) + step(blue))
    }

    fn color(&self, color: Color) -> Style {
        if self.has_color { Style::new().fg(color) } else { Style::new() }
    }

    pub(super) const fn plain(&self) -> Style {
        Style::new()
    }

    pub(super) fn dim(&self) -> Style {
        if self.has_color { Style::new().fg(Color::DarkGray) } else { Style::new().add_modifier(Modifier::DIM) }
    }

    pub(super) fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The style of the account's row at the upper edge.
    pub(super) fn title(&self) -> Style {
        if self.has_color {
            Style::new().fg(Color::White).bg(Color::Blue)
        } else {
            Style::new().add_modifier(Modifier::REVERSED)
        }
    }

    /// The style of a frame.
    pub(super) fn frame(&self, has_focus: bool) -> Style {
        if has_focus { self.color(Color::Cyan) } else { self.dim() }
    }

    /// The style of the row that keys go to.
    pub(super) fn selected(&self, has_focus: bool) -> Style {
        let style = Style::new().add_modifier(Modifier::REVERSED);
        if has_focus { style } else { Style::new().add_modifier(Modifier::UNDERLINED) }
    }

    pub(super) fn heading(&self) -> Style {
        self.color(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The style of something that waits for the user.
    pub(super) fn unread(&self) -> Style {
        self.color(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    pub(super) fn problem(&self) -> Style {
        self.color(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn look(&self, look: Look) -> Style {
        match look {
            Look::Here => self.color(Color::Green),
            Look::Busy => self.color(Color::Red),
            Look::Away => self.color(Color::Yellow),
            Look::Offline => self.dim(),
        }
    }

    pub(super) fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => self.plain(),
            Tone::Dim => self.dim(),
            Tone::Me => self.color(Color::Blue).add_modifier(Modifier::BOLD),
            Tone::Other => self.color(Color::Magenta).add_modifier(Modifier::BOLD),
            Tone::Note => self.color(Color::Cyan),
            Tone::Problem => self.color(Color::Red),
            Tone::Match => Style::new().add_modifier(Modifier::REVERSED),
        }
    }
}
