//! Checks whether this process may use a data directory and the files in it. If not, the error names the owner and says
//! what to do.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::process::geteuid;
use thiserror::Error;

use crate::shell::shell_quoted;

/// Permission to write, for the group and for all other users.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// The sticky bit of directories that every user may write to, such as /tmp.
const STICKY: u32 = 0o1000;

/// The reason why a data directory, or a file in it, cannot be used.
#[derive(Debug, Error)]
pub enum AccessError {
    /// Users other than the owner can write to the directory, so they could replace the files in
    /// it.
    #[error(
        "users other than the owner of {} can write to it (mode {:04o}), so they could replace the files in it; {}",
        path.display(), mode, close(path, *mode)
    )]
    Exposed {
        /// The directory.
        path: PathBuf,
        /// The permission bits of the directory.
        mode: u32,
    },
    /// The directory belongs to another user.
    #[error(
        "{} belongs to the user {owner}, and this process runs as {user}, who may not write to it; run the command as \
         {owner} (`sudo -u {owner} ...`), or as root run `chown -R {user}: {}`",
        path.display(), shell_quoted(path)
    )]
    ForeignDirectory {
        /// The directory.
        path: PathBuf,
        /// The name of the owner of the directory.
        owner: String,
        /// The name of the user that this process runs as.
        user: String,
    },
    /// A file belongs to another user, but its directory belongs to the user that this process runs as.
    #[error(
        "{} belongs to the user {owner}, and this process runs as {user}, who may not use it; as root run \
         `chown -R {user}: {}`",
        path.display(), shell_quoted(directory)
    )]
    ForeignFile {
        /// The file.
        path: PathBuf,
        /// The name of the owner of the file.
        owner: String,
        /// The directory that contains the file.
        directory: PathBuf,
        /// The name of the user that this process runs as.
        user: String,
    },
    /// This process runs as the owner of the directory or file, but the owner's permission bits do
    /// not allow the access.
    #[error(
        "this process runs as {user}, who owns {} but has too few permissions (mode {mode:04o}); run \
         `chmod u+{needed} {}`",
        path.display(), shell_quoted(path)
    )]
    Mode {
        /// The directory or file.
        path: PathBuf,
        /// The permission bits of the directory or file.
        mode: u32,
        /// The permissions that are needed, in the notation of chmod, such as `rwx`.
        needed: &'static str,
        /// The name of the user that this process runs as.
        user: String,
    },
    /// The operating system refused for another reason, for example because the file system is read-only.
    #[error("cannot use {}: {error}", path.display())]
    System {
        /// The directory or file.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
}

/// Checks that this process may create files in a directory, and that no other user may write to it. SSH applies the
/// same rule to the directories of its keys.
///
/// # Errors
/// Returns an error whose text says what to do.
pub fn check_directory(directory: &Path) -> Result<(), AccessError> {
    let metadata = metadata(directory)?.ok_or(io::ErrorKind::NotFound).map_err(|kind| system(directory, kind))?;
    if !metadata.is_dir() {
        return Err(system(directory, io::ErrorKind::NotADirectory));
    }
    if is_denied(directory, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)? {
        let user = geteuid().as_raw();
        return Err(if metadata.uid() == user {
            own(directory, &metadata, "rwx")
        } else {
            AccessError::ForeignDirectory { path: directory.into(), owner: name(metadata.uid()), user: name(user) }
        });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & WRITABLE_BY_OTHERS != 0 {
        return Err(AccessError::Exposed { path: directory.into(), mode });
    }
    Ok(())
}

/// Checks that this process may read and write a file, if the file exists. This function does not
/// open the file. If the file is a database that this process also has open elsewhere, closing the
/// file again would release the locks on the database.
///
/// # Errors
/// Returns an error whose text says what to do.
pub fn check_file(path: &Path) -> Result<(), AccessError> {
    let Some(metadata) = metadata(path)? else { return Ok(()) };
    if !is_denied(path, Access::READ_OK | Access::WRITE_OK)? {
        return Ok(());
    }
    let user = geteuid().as_raw();
    Err(if metadata.uid() == user {
        own(path, &metadata, "rw")
    } else {
        let directory = path.parent().unwrap_or(path).to_owned();
        AccessError::ForeignFile { path: path.into(), owner: name(metadata.uid()), directory, user: name(user) }
    })
}

fn own(path: &Path, metadata: &Metadata, needed: &'static str) -> AccessError {
    AccessError::Mode { path: path.into(), mode: metadata.mode() & 0o7777, needed, user: name(metadata.uid()) }
}

fn system(path: &Path, error: impl Into<io::Error>) -> AccessError {
    AccessError::System { path: path.into(), error: error.into() }
}

fn metadata(path: &Path) -> Result<Option<Metadata>, AccessError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(system(path, error)),
    }
}

/// Returns whether the permissions of a file or directory deny this process the access.
fn is_denied(path: &Path, access: Access) -> Result<bool, AccessError> {
    match accessat(CWD, path, access, AtFlags::EACCESS) {
        Ok(()) => Ok(false),
        Err(rustix::io::Errno::ACCESS) => Ok(true),
        // Another process has removed the file since this process read its metadata. SQLite removes
        // the files beside a database when the last connection closes. A missing file is no obstacle.
        Err(rustix::io::Errno::NOENT) => Ok(false),
        Err(error) => Err(system(path, error)),
    }
}

/// Returns what the operator should do if other users can write to the data directory. For a
/// directory with the sticky bit, such as /tmp, the advice is to choose another directory, and not
/// to change the permissions.
fn close(directory: &Path, mode: u32) -> String {
    if mode & STICKY != 0 {
        "choose a directory that nothing else uses".to_owned()
    } else {
        format!("run `chmod go-w {}`", shell_quoted(directory))
    }
}

/// Returns the name of a user, or the user's number if /etc/passwd contains no name, for example
/// because the user is managed by LDAP. `chown` accepts a name or a number.
fn name(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_in(&users, uid).unwrap_or_else(|| uid.to_string())
}

fn name_in(users: &str, uid: u32) -> Option<String> {
    let user = |line: &str| {
        let mut fields = line.split(':');
        let (name, _password, number) = (fields.next()?, fields.next()?, fields.next()?);
        (number.parse() == Ok(uid)).then(|| name.to_owned())
    };
    users.lines().find_map(user)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn directory(mode: u32) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
        directory
    }

    #[test]
    fn a_file_that_vanishes_during_its_check_is_not_denied() {
        let directory = directory(0o700);
        assert!(!is_denied(&directory.path().join("gone"), Access::READ_OK).unwrap());
    }

    #[test]
    fn a_directory_is_refused_if_others_can_write_to_it_and_accepted_if_they_can_only_read_it() {
        for (mode, remedy) in [
            (0o700, None),
            (0o755, None),
            (0o770, Some("chmod go-w")),
            (0o757, Some("chmod go-w")),
            (0o1777, Some("choose a directory that nothing else uses")),
        ] {
            let directory = directory(mode);
            let refused = check_directory(directory.path()).err().map(|error| error.to_string());
            let path = directory.path().display().to_string();
            match (remedy, refused) {
                (None, None) => {}
                (Some(remedy), Some(text)) => {
                    assert!(
                        text.contains(remedy) && text.contains(&path) && text.contains(&format!("{mode:04o}")),
                        "{text}"
                    );
                }
                (_, refused) => panic!("{mode:o}: {refused:?}"),
            }
        }
    }

    #[test]
    fn the_error_for_a_file_of_another_user_names_the_owner_and_a_chown_command() {
        let (path, directory) = ("/data/my server/swallowtail.db".into(), "/data/my server".into());
        let file = AccessError::ForeignFile { path, owner: "root".into(), directory, user: "swallowtail".into() };
        assert_eq!(
            file.to_string(),
            "/data/my server/swallowtail.db belongs to the user root, and this process runs as swallowtail, who may not use \
             it; as root run `chown -R swallowtail: '/data/my server'`"
        );
    }

    /// Root may use every file, so the test expects no error when it runs as root.
    #[test]
    fn a_file_that_its_owner_may_only_read_is_refused_and_the_error_names_a_chmod_command() {
        let directory = directory(0o700);
        let path = directory.path().join("file");
        assert!(check_file(&path).is_ok(), "a file that does not exist can be created");
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        match check_file(&path) {
            Ok(()) => assert!(geteuid().is_root()),
            Err(error) => assert!(error.to_string().contains("run `chmod u+rw /"), "{error}"),
        }
    }

    #[test]
    fn a_directory_path_that_leads_to_a_file_is_refused() {
        let directory = directory(0o700);
        let path = directory.path().join("file");
        fs::write(&path, "x").unwrap();
        assert!(check_directory(&path).unwrap_err().to_string().contains("not a directory"));
    }

    #[test]
    fn a_user_without_a_name_is_shown_as_a_numeric_user_id() {
        let users =
            "root:x:0:0:root:/root:/bin/sh\nswallowtail:x:997:997::/var/lib/swallowtail:/usr/sbin/nologin\n\nbad";
        assert_eq!(name_in(users, 997).as_deref(), Some("swallowtail"));
        assert_eq!(name_in(users, 0).as_deref(), Some("root"));
        assert_eq!(name_in(users, 99), None);
        assert_eq!(name(u32::MAX - 2), (u32::MAX - 2).to_string());
    }
}
