//! Quotes paths in the shell commands that the server prints for the operator to copy.

use std::path::Path;

/// Returns a path as one word of a shell command, in quotes if it needs them.
#[must_use]
pub fn shell_quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%,=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_only_if_a_shell_would_interpret_it() {
        for (path, word) in
            [("/var/lib/a-b", "/var/lib/a-b"), ("my data", "'my data'"), ("it's", "'it'\\''s'"), ("", "''")]
        {
            assert_eq!(shell_quoted(Path::new(path)), word);
        }
    }
}
