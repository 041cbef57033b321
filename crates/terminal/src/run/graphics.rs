//! Display pictures with all their pixels, in terminals that can draw them: the protocols of kitty, iTerm2 and sixel.
//!
//! `view` has already drawn each picture with half blocks. Other terminals keep those half blocks.

use image::DynamicImage;
use ratatui::Frame;
use ratatui::layout::Size;
use ratatui_image::picker::{Picker, ProtocolType};
use ratatui_image::protocol::Protocol;
use ratatui_image::{FontSize, Image, Resize};

use crate::app::App;
use crate::picture::Picture;
use crate::view;

/// The way to draw pixels in a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graphics {
    /// Half blocks, which every terminal with colours can draw.
    HalfBlocks,
    /// The graphics protocol of kitty.
    Kitty,
    /// The sixel protocol.
    Sixel,
    /// The inline images of iTerm2.
    Iterm2,
}

/// Draws pictures with one of the graphics protocols.
pub(super) struct Pixels {
    picker: Picker,
    /// The picture that was drawn last, its size in cells, and its encoding for the terminal.
    drawn: Option<(Picture, Size, Protocol)>,
}

impl Pixels {
    /// Prepares to draw pictures with a graphics protocol. Returns `None` if `graphics` is
    /// [`Graphics::HalfBlocks`], or if the terminal does not report the size of its cells.
    pub(super) fn new(graphics: Graphics) -> Option<Self> {
        let kind = match graphics {
            Graphics::HalfBlocks => return None,
            Graphics::Kitty => ProtocolType::Kitty,
            Graphics::Sixel => ProtocolType::Sixel,
            Graphics::Iterm2 => ProtocolType::Iterm2,
        };
        let size = crossterm::terminal::window_size().ok()?;
        let (width, height) = (size.width.checked_div(size.columns)?, size.height.checked_div(size.rows)?);
        if width == 0 || height == 0 {
            return None;
        }
        #[expect(
            deprecated,
            reason = "the other constructor asks the terminal, and the terminal's answer would arrive as keys"
        )]
        let mut picker = Picker::from_fontsize(FontSize { width, height });
        picker.set_protocol_type(kind);
        Some(Self { picker, drawn: None })
    }

    /// Draws the visible picture with pixels, in the place of its half blocks.
    pub(super) fn draw(&mut self, app: &App, frame: &mut Frame<'_>) {
        let Some((area, picture)) = view::picture_on_screen(app, frame.area()) else { return };
        let size = area.as_size();
        let is_drawn = self.drawn.as_ref().is_some_and(|(drawn, its_size, _)| drawn == picture && *its_size == size);
        if !is_drawn {
            let image = DynamicImage::ImageRgba8(picture.image.clone());
            // A picture that the library cannot encode stays in half blocks.
            let Ok(protocol) = self.picker.new_protocol(image, size, Resize::Scale(None)) else { return };
            self.drawn = Some((picture.clone(), size, protocol));
        }
        if let Some((_, _, protocol)) = &self.drawn {
            frame.render_widget(Image::new(protocol), area);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    /// Draws a picture in cells of 8 by 16 pixels, and returns the beginning of what is written to the terminal.
    fn written(kind: ProtocolType) -> String {
        #[expect(deprecated, reason = "as in Pixels::new")]
        let mut picker = Picker::from_fontsize(FontSize { width: 8, height: 16 });
        picker.set_protocol_type(kind);
        let image = DynamicImage::ImageRgba8(RgbaImage::from_pixel(96, 96, Rgba([200, 100, 50, 255])));
        let protocol = picker.new_protocol(image, Size::new(24, 12), Resize::Scale(None)).unwrap();
        let mut terminal = Terminal::new(TestBackend::new(24, 12)).unwrap();
        terminal.draw(|frame| frame.render_widget(Image::new(&protocol), frame.area())).unwrap();
        terminal.backend().buffer().content.iter().map(|cell| cell.symbol().to_owned()).collect()
    }

    #[test]
    fn each_graphics_protocol_writes_its_own_escape_sequence() {
        for (kind, start) in [
            (ProtocolType::Kitty, "\u{1b}_G"),
            (ProtocolType::Sixel, "\u{1b}P"),
            (ProtocolType::Iterm2, "\u{1b}]1337;File="),
        ] {
            assert!(written(kind).contains(start), "{kind:?}");
        }
    }
}
