//! A disk that loses data that was not synchronised, and that can be slow.
//!
//! A library in C is loaded into the server and into its commands with `LD_PRELOAD`. The library
//! keeps a copy of the data that `fsync` and `fdatasync` have made durable. For each file, the copy
//! has the content that the file had at the last `fsync` or `fdatasync` of that file. For each
//! directory, the copy has the names that the directory had at the last such call for that
//! directory. POSIX does not promise that any other data survives a power loss. On most file
//! systems, other data also survives. After [`Disk::lose_power`], the data directory contains the
//! data of the copy. A random choice decides whether any data survives that was written after the
//! copy: either none of it, or some random sectors of it.
//!
//! A C compiler must be installed to build the library. The library has no effect on a program that
//! is linked statically.

mod image;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::random::Random;
use crate::server::Server;

const SHIM: &str = include_str!("shim.c");
/// The file with the delay of the disk.
const DELAY: &str = "delay";

/// The disk with the data of a server.
#[derive(Debug)]
pub struct Disk {
    data: PathBuf,
    /// The directory in which the library keeps the data that would survive a power loss.
    kept: PathBuf,
    shim: PathBuf,
}

impl Disk {
    /// Puts the data of a stopped server on a disk that can lose data. The data that the server has
    /// now would survive a power loss.
    ///
    /// # Errors
    /// Fails if there is no C compiler.
    pub async fn under(server: &mut Server) -> Result<Self> {
        let disk = Self::create(server.directory(), &server.data()).await?;
        server.set_environment(disk.environment());
        Ok(disk)
    }

    /// Builds the library in `directory`, for the files in `data`.
    async fn create(directory: &Path, data: &Path) -> Result<Self> {
        let [source, shim, kept] = ["disk.c", "disk.so", "disk"].map(|name| directory.join(name));
        fs::write(&source, SHIM)?;
        fs::create_dir(&kept)?;
        fs::write(kept.join(DELAY), [0; 8])?;
        compile(&source, &shim).await?;
        // The library compares the path in `data` with the paths of open files. The kernel reports
        // the paths of open files without symbolic links, so `data` must not contain any either.
        let disk = Self { data: data.canonicalize()?, kept, shim };
        disk.synchronise()?;
        Ok(disk)
    }

    fn environment(&self) -> Vec<(String, PathBuf)> {
        let Self { data, kept, shim } = self;
        let variables = [("LD_PRELOAD", shim), ("CHAOS_DISK_DATA", data), ("CHAOS_DISK_KEPT", kept)];
        variables.map(|(name, value)| (name.to_owned(), value.clone())).into()
    }

    /// Makes everything durable that is in the directory now. No program may write at the same time.
    ///
    /// # Errors
    /// Fails if the files cannot be copied.
    pub fn synchronise(&self) -> Result<()> {
        image::keep(&self.data, &self.kept)
    }

    /// Removes all data that was not synchronised. The programs that wrote this data must have
    /// ended.
    ///
    /// # Errors
    /// Fails if the files cannot be written.
    pub fn lose_power(&self, random: &mut Random) -> Result<()> {
        image::restore(&self.data, &self.kept, random).context("could not restore the synchronised data")?;
        self.synchronise()
    }

    /// Makes each read and each synchronisation take a random time between `shortest` and `longest`
    /// from now on. Two durations of zero end the delays.
    ///
    /// # Errors
    /// Fails if the delay cannot be written.
    pub fn delay(&self, shortest: Duration, longest: Duration) -> Result<()> {
        let [shortest, longest] = [shortest, longest].map(|time| u32::try_from(time.as_millis()));
        let bytes = [shortest?.to_ne_bytes(), longest?.to_ne_bytes()].concat();
        // The library has mapped the file, so this write must not replace it.
        File::options().write(true).open(self.kept.join(DELAY))?.write_all_at(&bytes, 0)?;
        Ok(())
    }
}

async fn compile(source: &Path, library: &Path) -> Result<()> {
    let output = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).args([library, source]).output().await;
    let install = "install a C compiler and the headers of the C library (on Debian: apt-get install gcc libc6-dev)";
    let output = output.with_context(|| format!("cc cannot be started; {install}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cc cannot compile the library that imitates the disk; {install}: {said}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a file with `dd`. `how` contains further arguments of `dd`, such as `conv=fsync`,
    /// which synchronises the file.
    async fn write(disk: &Disk, name: &str, text: &str, how: &[&str]) {
        let from = disk.kept.with_file_name("text");
        fs::write(&from, text).unwrap();
        let arguments = [format!("if={}", from.display()), format!("of={}", disk.data.join(name).display())];
        run(disk, "dd", &[&arguments[0], &arguments[1], "status=none"], how).await;
    }

    async fn run(disk: &Disk, program: &str, arguments: &[&str], more: &[&str]) {
        let mut command = Command::new(program);
        let status = command.args(arguments).args(more).envs(disk.environment()).status().await.unwrap();
        assert!(status.success(), "{program}");
    }

    #[tokio::test]
    async fn only_synchronised_data_survives_a_power_loss() {
        for seed in 0..5 {
            let directory = tempfile::tempdir().unwrap();
            let data = directory.path().join("data");
            fs::create_dir_all(data.join("folder")).unwrap();
            fs::write(data.join("removed"), "removed").unwrap();
            let disk = Disk::create(directory.path(), &data).await.unwrap();
            write(&disk, "both", "first", &["conv=fsync"]).await;
            write(&disk, "name", "", &[]).await;
            run(&disk, "sync", &[data.to_str().unwrap()], &[]).await;
            write(&disk, "both", "second", &["conv=fdatasync"]).await;
            write(&disk, "name", "text", &[]).await;
            write(&disk, "content", "text", &["conv=fsync"]).await;
            fs::write(data.join("folder/neither"), "").unwrap();
            fs::remove_file(data.join("removed")).unwrap();
            disk.lose_power(&mut Random::new(seed)).unwrap();
            let read = |name: &str| fs::read_to_string(data.join(name)).ok();
            assert_eq!(read("both").as_deref(), Some("second"));
            assert_eq!(read("removed").as_deref(), Some("removed"));
            assert_eq!(read("content"), None);
            assert_eq!(fs::read_dir(data.join("folder")).unwrap().count(), 0);
            // The new length and the new content of the sector survive independently of each other.
            let name = read("name").unwrap();
            assert!(["", "\0\0\0\0", "text"].contains(&&*name), "{name:?}");
        }
    }

    #[tokio::test]
    async fn a_delay_of_the_disk_slows_down_the_programs_that_write_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        let disk = Disk::create(directory.path(), &data).await.unwrap();
        disk.delay(Duration::from_millis(200), Duration::from_millis(300)).unwrap();
        let begun = std::time::Instant::now();
        write(&disk, "file", "text", &["conv=fsync"]).await;
        assert!(begun.elapsed() >= Duration::from_millis(200));
    }
}
