//! The keys that change an input line.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::input::Input;

/// Applies a key to an input line. Returns whether the text of the line may have changed.
pub(super) fn edit_input(input: &mut Input, key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match key.code {
        KeyCode::Left if control => input.word_left(),
        KeyCode::Right if control => input.word_right(),
        KeyCode::Char('b') if alt => input.word_left(),
        KeyCode::Char('f') if alt => input.word_right(),
        KeyCode::Left => input.left(),
        KeyCode::Right => input.right(),
        KeyCode::Home => input.home(),
        KeyCode::End => input.end(),
        KeyCode::Char('a') if control => input.home(),
        KeyCode::Char('e') if control => input.end(),
        _ => return change_input(input, key, control, alt),
    }
    false
}

fn change_input(input: &mut Input, key: KeyEvent, control: bool, alt: bool) -> bool {
    match key.code {
        KeyCode::Backspace if control || alt => input.delete_word(),
        KeyCode::Backspace => input.backspace(),
        KeyCode::Delete => input.delete(),
        KeyCode::Char('d') if control => input.delete(),
        KeyCode::Char('h') if control => input.backspace(),
        KeyCode::Char('w') if control => input.delete_word(),
        KeyCode::Char('u') if control => input.delete_to_start(),
        KeyCode::Char('k') if control => input.delete_to_end(),
        // AltGr arrives as Ctrl and Alt together.
        KeyCode::Char(letter) if control == alt => input.insert(letter.encode_utf8(&mut [0; 4])),
        _ => return false,
    }
    true
}
