//! Draws the app.

mod contacts;
mod frame;
mod help;
mod input;
mod palette;
mod picture;
mod status;
mod talk;
mod theme;
mod title;

use ratatui::Frame;

use crate::app::App;
use theme::Theme;

pub(crate) use picture::on_screen as picture_on_screen;

/// Draws the whole screen.
pub(crate) fn draw(app: &App, frame: &mut Frame<'_>) {
    let theme = Theme::new(app.settings.colors);
    let areas = app.areas();
    title::draw(app, &theme, areas.title, frame);
    contacts::draw(app, &theme, areas.contacts, frame);
    talk::draw(app, &theme, frame::shaken(areas.talk, app.shake()), frame);
    input::draw(app, &theme, areas.input, frame);
    status::draw(app, &theme, areas.status, frame);
    palette::draw(app, &theme, areas, frame);
    help::draw(app, &theme, frame);
    picture::draw_shown(app, &theme, frame);
}
