//! Safe names for received files.

/// The longest name that [`safe_file_name`] returns, in bytes. Most file systems allow 255 bytes.
/// The difference is room for a number or an extension that a program may append.
pub const MAX_FILE_NAME: usize = 200;

/// The length of the longest extension that is kept when a name is shortened, in bytes. The length
/// includes the dot.
const MAX_EXTENSION: usize = 16;

/// The name of a file whose own name has no usable character.
const NAMELESS: &str = "file";

/// Names that Windows treats as devices, whatever their extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// Returns a name under which a file from a stranger may be saved.
///
/// The result is the last part of the path in `name`, is not empty, and has at most
/// [`MAX_FILE_NAME`] bytes. It does not start with a dot, does not end with a dot or a blank, and
/// is not the name of a Windows device.
///
/// The function replaces some characters by `_`: control characters, characters that Windows does
/// not allow, and characters that change the direction of text. A change of direction can hide an
/// extension.
#[must_use]
pub fn safe_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().map(|char| if is_safe(char) { char } else { '_' }).collect();
    let trimmed = trim(&clean);
    let mut safe = if is_device(trimmed) { format!("_{trimmed}") } else { trimmed.to_owned() };
    if safe.len() > MAX_FILE_NAME {
        safe = trim(&shorten(&safe)).to_owned();
    }
    if safe.is_empty() { NAMELESS.to_owned() } else { safe }
}

fn trim(name: &str) -> &str {
    name.trim_start_matches(|char: char| char == '.' || char.is_whitespace())
        .trim_end_matches(|char: char| char == '.' || char.is_whitespace())
}

fn is_safe(char: char) -> bool {
    let forbidden = matches!(char, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let direction = matches!(char, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !(char.is_control() || forbidden || direction)
}

/// Returns whether the name without its extension is the name of a device, such as `nul` or `com1`.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let mut chars = stem.chars();
    let known = |stem: &str, devices: &[&str]| devices.contains(&stem);
    known(&stem, &DEVICES[..4])
        || (chars.next_back().is_some_and(|last| last.is_ascii_digit() || matches!(last, '¹' | '²' | '³'))
            && known(chars.as_str(), &DEVICES[4..]))
}

/// Shortens the part of the name before the extension.
fn shorten(name: &str) -> String {
    let dot = name.rfind('.').filter(|dot| name.len() - dot <= MAX_EXTENSION);
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let stem = &stem[..stem.floor_char_boundary(MAX_FILE_NAME - extension.len())];
    format!("{}{extension}", stem.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_name_cannot_point_outside_its_folder_or_hide_its_extension() {
        let table = [
            ("holiday.jpg", "holiday.jpg"),
            ("été 2005.png", "été 2005.png"),
            ("/etc/passwd", "passwd"),
            ("..\\..\\autoexec.bat", "autoexec.bat"),
            ("C:evil.exe", "C_evil.exe"),
            ("photo\u{202e}gpj.exe", "photo_gpj.exe"),
            ("a\r\nb\0c", "a__b_c"),
            ("..", "file"),
            ("", "file"),
            ("dir/", "file"),
            (".bashrc", "bashrc"),
            ("name. . ", "name"),
            ("nul.txt", "_nul.txt"),
            ("COM1", "_COM1"),
            ("common.txt", "common.txt"),
            ("con ", "_con"),
        ];
        for (name, expected) in table {
            assert_eq!(safe_file_name(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = safe_file_name(&format!("{}.jpeg", "é".repeat(150)));
        assert_eq!((name.len(), name.ends_with("é.jpeg")), (199, true));
        assert_eq!(safe_file_name(&"x".repeat(300)).len(), MAX_FILE_NAME);
        assert_eq!(safe_file_name(&format!("{}.{}", "x".repeat(199), "y".repeat(99))), "x".repeat(199));
        assert_eq!(safe_file_name(&format!("a.{}", "x".repeat(300))).len(), MAX_FILE_NAME);
    }

    proptest! {
        #[test]
        fn any_name_is_turned_into_a_safe_one(name in "\\PC{0,80}|.{0,300}|[.a/ ]{0,250}") {
            let safe = safe_file_name(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= MAX_FILE_NAME);
            prop_assert!(safe.chars().all(is_safe));
            prop_assert!(!safe.starts_with('.') && !safe.ends_with(['.', ' ']));
            prop_assert_eq!(safe_file_name(&safe), safe);
        }
    }
}
