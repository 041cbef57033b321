//! A QR code for a terminal.

use qrcode::{Color, EcLevel, QrCode};

/// The width of the light border that a scanner needs around a QR code, in modules. A module is one
/// of the small squares of the code.
const QUIET_ZONE: usize = 4;
/// Black on white. Both colors are from the fixed part of the palette of 256 colors, so the code is
/// readable whatever colors the user has set.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";
const RESET: &str = "\u{1b}[0m";

/// Returns lines that show a text as a QR code, with two rows of modules (the small squares of the
/// code) in each line. Returns `None` if the code does not fit into a terminal with this many
/// columns.
pub(super) fn lines(text: &str, columns: usize) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let size = code.width() + 2 * QUIET_ZONE;
    if size > columns {
        return None;
    }
    let is_dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(QUIET_ZONE).filter(|at| *at < code.width());
        inside(x).zip(inside(y)).is_some_and(|at| code[at] == Color::Dark)
    };
    let line = |y: usize| {
        let halves = (0..size).map(|x| match (is_dark(x, y), is_dark(x, y + 1)) {
            (true, true) => '\u{2588}',
            (true, false) => '\u{2580}',
            (false, true) => '\u{2584}',
            (false, false) => ' ',
        });
        format!("{BLACK_ON_WHITE}{}{RESET}\n", halves.collect::<String>())
    };
    Some((0..size).step_by(2).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_qr_code_sets_both_colors_and_resets_them() {
        let lines = lines("http://192.168.1.5:8080/setup", 80).unwrap();
        let widths: Vec<_> = lines
            .lines()
            .map(|line| line.strip_prefix(BLACK_ON_WHITE).unwrap().strip_suffix(RESET).unwrap().chars().count())
            .collect();
        assert!(widths.iter().all(|width| *width == widths[0]));
        assert_eq!(widths.len(), widths[0].div_ceil(2));
    }

    #[test]
    fn a_qr_code_that_is_wider_than_the_terminal_is_not_shown() {
        assert_eq!(lines("http://192.168.1.5:8080/setup", 30), None);
    }
}
