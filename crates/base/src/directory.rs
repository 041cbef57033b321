//! Directories for secrets.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Creates a directory, and those above it, for its owner alone. A directory that exists keeps its permissions, which
/// are the operator's choice.
///
/// # Errors
/// Returns what the operating system answered, for example when the path is a file.
pub fn create_private_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(directory: &Path) -> u32 {
        fs::metadata(directory).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_directory_is_private_and_an_existing_one_stays_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let new = root.path().join("a/b");
        create_private_directory(&new).unwrap();
        assert_eq!(mode(&new), 0o700);
        fs::set_permissions(&new, Permissions::from_mode(0o755)).unwrap();
        create_private_directory(&new).unwrap();
        assert_eq!(mode(&new), 0o755);
    }
}
