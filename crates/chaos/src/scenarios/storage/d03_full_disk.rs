//! A disk that is full, and later has space again. The data directory is a small file system in memory, which only root
//! can mount.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::geteuid;
use tokio::process::Command;
use tokio::time::sleep;

use crate::bed::Bed;
use crate::client::{Account, Person, befriend, chat};
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// The size of the disk.
const SIZE: &str = "size=24m";
/// The error for an edit that cannot be stored (errors.md).
const NOT_STORED: u16 = 603;
/// The largest number of edits that are tried while the disk is full. The journal may have room for
/// some of them.
const EDITS: usize = 200;
/// The time for which edits may still fail after there is space again.
const RECOVERY: Duration = Duration::from_secs(10);

pub(super) const SCENARIO: Scenario =
    Scenario::runs("D03", "The disk is full", |bed| Box::pin(run(bed))).accounts(EDITS + 2).except(&[
        (Rule::Process, "the server is stopped while its directory is replaced"),
        (Rule::Bystanders, "the server is stopped while its directory is replaced"),
    ]);

async fn run(bed: &mut Bed) -> Result<Measured> {
    ensure!(geteuid().is_root(), "this scenario mounts a file system, so it needs root");
    bed.server.stop().await?;
    let disk = Disk::mount(&bed.server.data()).await?;
    bed.server.restart().await?;
    let result = fill_and_free(bed, &disk).await;
    // Even after a failure, the server must not use the disk when the disk is unmounted.
    bed.server.stop().await?;
    disk.unmount().await?;
    bed.server.restart().await?;
    result
}

async fn fill_and_free(bed: &Bed, disk: &Disk) -> Result<Measured> {
    let [mut one, mut other] = [bed.person(0).await?, bed.person(1).await?];
    befriend(&mut one, &mut other).await?;
    let [mut board, mut joined] = chat(&mut one, &mut other).await?;
    disk.fill()?;
    let mut before_refusal = 0;
    while edit(&mut one, before_refusal).await?.is_none() {
        before_refusal += 1;
        ensure!(before_refusal < EDITS, "{EDITS} edits were acknowledged on a full disk");
    }
    board.exchange(&mut joined).await.context("a chat on a full disk")?;
    other.notification.done("CHG", "BSY 0").await?;
    one.notification.expect(&format!("NLN BSY {}", other.handle())).await?;
    disk.free()?;
    let begun = Instant::now();
    while let Some(code) = edit(&mut one, before_refusal).await? {
        ensure!(code == NOT_STORED, "an edit was answered with {code}");
        ensure!(begun.elapsed() < RECOVERY, "edits still fail {:.0?} after the disk has space again", begun.elapsed());
        sleep(Duration::from_millis(200)).await;
    }
    board.exchange(&mut joined).await?;
    Ok(Measured::new()
        .count("edits before the first refusal", before_refusal)
        .millis("first edit after", begun.elapsed()))
}

/// Edits a list. Returns the error code if the server refuses the edit.
async fn edit(person: &mut Person, number: usize) -> Result<Option<u16>> {
    let who = Account::numbered(number + 2).handle;
    Ok(person.notification.ask("ADC", &format!("AL N={who}")).await?.code())
}

/// A small file system in the place of the data directory.
struct Disk {
    at: PathBuf,
}

impl Disk {
    /// Mounts the disk, with a copy of the files in the directory.
    async fn mount(at: &Path) -> Result<Self> {
        let before = at.with_file_name("before");
        fs::rename(at, &before)?;
        fs::create_dir(at)?;
        command("mount", &["-t", "tmpfs", "-o", &format!("{SIZE},mode=0700"), "tmpfs"], at).await?;
        copy(&before, at)?;
        Ok(Self { at: at.into() })
    }

    fn fill(&self) -> Result<()> {
        let mut file = File::create(self.at.join("fill"))?;
        // The last bytes fit only in small pieces.
        for size in [1 << 20, 4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        Ok(())
    }

    fn free(&self) -> Result<()> {
        fs::remove_file(self.at.join("fill")).context("could not free the disk")
    }

    /// Unmounts the disk. A copy of its files stays in the directory.
    async fn unmount(self) -> Result<()> {
        let after = self.at.with_file_name("after");
        fs::create_dir(&after)?;
        copy(&self.at, &after)?;
        command("umount", &[], &self.at).await?;
        fs::remove_dir(&self.at)?;
        fs::rename(after, &self.at)?;
        fs::set_permissions(&self.at, fs::metadata(self.at.with_file_name("before"))?.permissions())?;
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        // Sockets cannot be copied. The server creates them.
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        } else if entry.file_type()?.is_dir() {
            let folder = to.join(entry.file_name());
            fs::create_dir(&folder)?;
            fs::set_permissions(&folder, entry.metadata()?.permissions())?;
            copy(&entry.path(), &folder)?;
        }
    }
    Ok(())
}

async fn command(program: &str, arguments: &[&str], at: &Path) -> Result<()> {
    let output = Command::new(program).args(arguments).arg(at).output().await;
    let output = output.with_context(|| format!("{program} cannot be started"))?;
    ensure!(output.status.success(), "{program} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
