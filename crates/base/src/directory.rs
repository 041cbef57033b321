//! Creates directories and files for secrets. Only the owner can read or write these directories
//! and files.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use rustix::process::geteuid;

/// Creates a directory, and creates any missing parent directories. Only their owner can use the
/// directories that this function creates. A directory that already exists keeps its permissions,
/// which are the operator's choice.
///
/// # Errors
/// Returns the error of the operating system, for example when the path is a file.
pub fn create_private_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// Creates a file that only its owner can read and write, and opens it for writing.
///
/// If this process runs as root, the owner of `directory` becomes the owner of the file (see [`give_to_owner_of`]).
///
/// # Errors
/// Returns the error of the operating system, which is [`io::ErrorKind::AlreadyExists`] if the file
/// exists.
pub fn create_private_file(path: &Path, directory: &Path) -> io::Result<File> {
    let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    give_to_owner_of(directory, &file)?;
    Ok(file)
}

/// Changes the owner of a file or directory that root has just created. The owner of `directory`
/// becomes the new owner. This function does nothing if the process does not run as root.
///
/// Without this function, a command that an operator runs as root would leave files behind that the
/// server cannot open.
///
/// # Errors
/// Returns the error of the operating system, for example when `directory` does not exist.
pub fn give_to_owner_of(directory: &Path, file: &File) -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let owner = directory.metadata()?;
    fchown(file, Some(owner.uid()), Some(owner.gid()))
}

/// Renames a file within one file system, unless a file with the new name exists.
///
/// # Errors
/// Returns the error of the operating system, which is [`io::ErrorKind::AlreadyExists`] if a file
/// with the new name exists.
pub fn rename_unless_exists(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems, such as NFS, do not support NOREPLACE. There, a hard link gives the
        // file its new name, and also never replaces a file.
        Err(Errno::INVAL | Errno::NOSYS) => std::fs::hard_link(from, to),
        renamed => Ok(renamed?),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_directory_is_private_and_an_existing_one_keeps_its_permissions() {
        let root = tempfile::tempdir().unwrap();
        let new = root.path().join("a/b");
        create_private_directory(&new).unwrap();
        assert_eq!(mode(&new), 0o700);
        fs::set_permissions(&new, Permissions::from_mode(0o755)).unwrap();
        create_private_directory(&new).unwrap();
        assert_eq!(mode(&new), 0o755);
    }

    #[test]
    fn a_new_file_is_private_and_belongs_to_the_owner_of_its_directory() {
        let root = tempfile::tempdir().unwrap();
        // Only root can change the owner. For any other user, the directory and the new file have the same owner
        // anyway.
        let _ = chown(root.path(), Some(65_534), Some(65_534));
        let path = root.path().join("file");
        create_private_file(&path, root.path()).unwrap();
        assert_eq!(mode(&path), 0o600);
        let (file, directory) = (fs::metadata(&path).unwrap(), fs::metadata(root.path()).unwrap());
        assert_eq!((file.uid(), file.gid()), (directory.uid(), directory.gid()));
        assert_eq!(create_private_file(&path, root.path()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn renaming_never_replaces_an_existing_file() {
        let root = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| root.path().join(name));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old").unwrap();
        assert_eq!(rename_unless_exists(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&to).unwrap(), "old");
        fs::remove_file(&to).unwrap();
        rename_unless_exists(&from, &to).unwrap();
        assert!(!from.exists() && fs::read_to_string(&to).unwrap() == "new");
    }
}
