//! Colours and styles. Without colours (`NO_COLOR`), the styles differ only in weight, such as
//! bold.

use ratatui::style::{Color, Modifier, Style};

use crate::app::{Colors, Look, Tone};

/// The styles of the parts of the screen. They use the 16 colours that every terminal has. The user
/// of the terminal can change these colours.
pub(super) struct Theme {
    has_color: bool,
    has_all_colors: bool,
}

impl Theme {
    pub(super) fn new(colors: Colors) -> Self {
        Self { has_color: colors != Colors::None, has_all_colors: colors == Colors::True }
    }

    /// Returns the colour for a pixel. If the terminal has only 256 colours, this is the nearest of
    /// the 216 colours of the colour cube.
    pub(super) fn pixel(&self, [red, green, blue]: [u8; 3]) -> Color {
        if self.has_all_colors {
            return Color::Rgb(red, green, blue);
        }
        // In the colour cube of the palette of 256 colours, red, green and blue each have six
        // steps: 0, 95, 135, 175, 215 and 255.
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

    /// The style of the row at the upper edge of the screen, which shows the account.
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

    /// The style of the selected row, to which keys apply.
    pub(super) fn selected(&self, has_focus: bool) -> Style {
        let style = Style::new().add_modifier(Modifier::REVERSED);
        if has_focus { style } else { Style::new().add_modifier(Modifier::UNDERLINED) }
    }

    pub(super) fn heading(&self) -> Style {
        self.color(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The style of something that needs the user's attention.
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
