//! The terminal. It is prepared while the messenger runs, and restored when the messenger ends,
//! even after an error or a panic.

use std::io::{self, Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

use super::graphics::{Graphics, Pixels};
use crate::app::App;
use crate::view;

/// True while the terminal is prepared, so that it is restored exactly once.
static PREPARED: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The prepared terminal. Dropping this value restores the terminal. A panic restores the terminal
/// before it prints its message.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    pixels: Option<Pixels>,
}

impl Screen {
    /// Prepares the terminal.
    pub(super) fn open(mouse: bool, graphics: Graphics) -> io::Result<Self> {
        restore_before_panics();
        PREPARED.store(true, Ordering::SeqCst);
        let opened = Self::prepare(mouse, graphics);
        if opened.is_err() {
            restore();
        }
        opened
    }

    fn prepare(mouse: bool, graphics: Graphics) -> io::Result<Self> {
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        if mouse {
            execute!(stdout(), EnableMouseCapture)?;
        }
        Ok(Self { terminal: Terminal::new(CrosstermBackend::new(stdout()))?, pixels: Pixels::new(graphics) })
    }

    /// Draws the app.
    pub(super) fn draw(&mut self, app: &App) -> io::Result<()> {
        let Self { terminal, pixels } = self;
        let drawn = terminal.draw(|frame| {
            view::draw(app, frame);
            if let Some(pixels) = pixels {
                pixels.draw(app, frame);
            }
        });
        drawn.map(drop)
    }

    /// Forgets what is on the screen, so that all of it is drawn again.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        // `Terminal::clear` is not used, because it asks the terminal for the place of the cursor,
        // and the answer would arrive as keys.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Rings the bell.
    pub(super) fn ring(&mut self) -> io::Result<()> {
        let mut out = stdout();
        out.write_all(b"\x07")?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Restores the terminal, if it is prepared. Ignores errors, because a terminal that is gone cannot
/// be restored.
fn restore() {
    if !PREPARED.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ =
        execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, crossterm::cursor::Show);
    let _ = disable_raw_mode();
}

fn restore_before_panics() {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    });
}
