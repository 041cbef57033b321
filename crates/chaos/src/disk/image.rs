//! The data that would survive a power loss, in the form in which the library `shim.c` keeps it.
//!
//! Each file and each directory has a key. The kept content of a file is in a file with the name
//! `KEY`. The kept names of a directory are in a file with the name `names-KEY`, which has one line
//! `KEY f|d NAME` for each name in the directory.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use swallowtail_base::{create_private_directory, create_private_file};

use crate::random::Random;

/// The size of the unit that a disk writes either completely or not at all, in bytes.
const SECTOR: usize = 512;

/// A file or directory that survives.
struct Survivor {
    path: PathBuf,
    key: String,
    /// The kept content of a file, or `None` for a directory.
    content: Option<Vec<u8>>,
}

/// Copies the files and the names that are in `directory` now to `kept`, as the data that would
/// survive a power loss.
pub(super) fn keep(directory: &Path, kept: &Path) -> Result<()> {
    let mut names = String::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind, key) = (entry.path(), entry.file_type()?, key(&entry.path())?);
        let letter = if kind.is_dir() {
            keep(&path, kept)?;
            'd'
        } else if kind.is_file() {
            fs::copy(&path, kept.join(&key))?;
            'f'
        } else {
            continue;
        };
        names += &format!("{key} {letter} {}\n", entry.file_name().to_string_lossy());
    }
    fs::write(kept.join(names_of(directory)?), names)?;
    Ok(())
}

/// Replaces the content of `directory` with the data that was kept. A random choice decides whether
/// any data survives that was written after `kept`: either none of it, or some random sectors of
/// it.
pub(super) fn restore(directory: &Path, kept: &Path, random: &mut Random) -> Result<()> {
    let mut later = HashMap::new();
    if random.chance(50) {
        read_all(directory, &mut later)?;
    }
    let mut survivors = Vec::new();
    find(&names_of(directory)?, directory, kept, &mut survivors)?;
    for survivor in &mut survivors {
        if let (Some(content), Some(now)) = (&mut survivor.content, later.get(&survivor.key)) {
            mix(content, now, random);
        }
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }?;
    }
    for Survivor { path, content, .. } in survivors {
        match content {
            None => create_private_directory(&path)?,
            Some(content) => {
                create_private_file(&path, directory)?;
                fs::write(&path, content)?;
            }
        }
    }
    Ok(())
}

/// Finds the kept files and directories of `directory`, and adds them to `survivors`. Each
/// directory comes before the files in it, so that the caller can create them in this order.
fn find(names: &str, directory: &Path, kept: &Path, survivors: &mut Vec<Survivor>) -> Result<()> {
    // If a new directory was not synchronised, no names were kept for it, and it is empty after a
    // power loss.
    let names = read_or_empty(&kept.join(names))?;
    for line in String::from_utf8(names)?.lines() {
        let mut words = line.splitn(3, ' ');
        let [key, kind, name] = [(); 3].map(|()| words.next());
        let (key, name) = key.zip(name).with_context(|| format!("the library kept the invalid line {line:?}"))?;
        let (path, is_file) = (directory.join(name), kind == Some("f"));
        let content = is_file.then(|| read_or_empty(&kept.join(key))).transpose()?;
        survivors.push(Survivor { path: path.clone(), key: key.to_owned(), content });
        if !is_file {
            find(&format!("names-{key}"), &path, kept, survivors)?;
        }
    }
    Ok(())
}

fn read_or_empty(path: &Path) -> Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read.with_context(|| format!("could not read {}", path.display())),
    }
}

/// Reads all files as they are now, by their keys.
fn read_all(directory: &Path, files: &mut HashMap<String, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            read_all(&entry.path(), files)?;
        } else if entry.file_type()?.is_file() {
            files.insert(key(&entry.path())?, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// Applies some of the sectors that were written after `content` was kept, and perhaps also the
/// length that the file has now.
fn mix(content: &mut Vec<u8>, now: &[u8], random: &mut Random) {
    if random.chance(50) {
        content.resize(now.len(), 0);
    }
    for (old, new) in content.chunks_mut(SECTOR).zip(now.chunks(SECTOR)) {
        let length = old.len().min(new.len());
        if old[..length] != new[..length] && random.chance(50) {
            old[..length].copy_from_slice(&new[..length]);
        }
    }
}

fn names_of(directory: &Path) -> Result<String> {
    Ok(format!("names-{}", key(directory)?))
}

/// Returns the key of a file or directory: its inode and its time of birth, in the form in which
/// the library writes the key.
fn key(path: &Path) -> Result<String> {
    let file = fs::symlink_metadata(path).with_context(|| format!("cannot read the metadata of {}", path.display()))?;
    // Some file systems do not know the time of birth of a file. For such a file, the library reads
    // zero.
    let born = file.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Ok(format!("{}-{}-{}", file.ino(), born.as_secs(), born.subsec_nanos()))
}
