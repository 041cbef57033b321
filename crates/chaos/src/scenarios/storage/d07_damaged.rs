//! Databases that are damaged. The server must refuse to start, print the reason, and leave the
//! remaining files unchanged.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::measured::Measured;
use crate::random::Random;
use crate::rule::Rule;
use crate::scenario::Scenario;

const DATABASE: &str = "swallowtail.db";
/// The size of a page of the database, in bytes.
const PAGE: u64 = 4096;
/// The number of pages that are overwritten, each in a copy of its own.
const PAGES: usize = 5;
/// The number of accounts, which is enough for some hundred pages.
const ACCOUNTS: usize = 1000;

pub(super) const SCENARIO: Scenario =
    Scenario::runs("D07", "The database is damaged, truncated or missing when the server starts", |bed| {
        Box::pin(run(bed))
    })
    .accounts(ACCOUNTS)
    .except(&[(Rule::Process, "the server is stopped"), (Rule::Bystanders, "the server is stopped")])
    .smoke();

/// The damage to the database.
#[derive(Debug)]
enum Damage {
    /// A page is overwritten with random bytes.
    Page(u64),
    /// The file contains only its first half.
    Half,
    /// The file is empty.
    Empty,
    /// The file is replaced with one that is not a database.
    Foreign,
    /// The file is gone.
    Gone,
}

async fn run(bed: &mut Bed) -> Result<Measured> {
    let status = bed.server.stop().await?;
    ensure!(status.success(), "the server ended with {status}");
    let path = bed.server.data().join(DATABASE);
    let intact = fs::read(&path).context("the database cannot be read")?;
    let pages = intact.len() as u64 / PAGE;
    let random_pages =
        (0..bed.size.of(PAGES)).map(|_| Damage::Page(1 + bed.random.below(pages - 1))).collect::<Vec<_>>();
    let damages = [Damage::Page(0), Damage::Half, Damage::Empty, Damage::Foreign, Damage::Gone];
    let mut cases = 0;
    for damage in damages.into_iter().chain(random_pages) {
        refuse(bed, &path, &intact, &damage).await.with_context(|| format!("{damage:?} of {pages} pages"))?;
        cases += 1;
    }
    restore(&path, &intact)?;
    bed.server.restart().await.context("the restored database")?;
    Ok(Measured::new().count("kinds of damage refused", cases).count("pages", usize::try_from(pages)?))
}

/// Damages the database, and checks that the server refuses to start.
async fn refuse(bed: &mut Bed, path: &Path, intact: &[u8], damage: &Damage) -> Result<()> {
    restore(path, intact)?;
    break_it(path, intact, damage, &mut bed.random)?;
    let before = fs::read(path).ok();
    let output = bed.server.refuse_to_start().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success(), "the server ended without an error");
    ensure!(!said.contains("panicked"), "the server panicked: {said}");
    let sentence = said.lines().last().unwrap_or_default();
    ensure!(sentence.contains(DATABASE) && sentence.contains("backup"), "the server printed only {sentence:?}");
    ensure!(fs::read(path).ok() == before, "the server changed the database");
    Ok(())
}

/// Writes the intact database, and removes its journals.
fn restore(path: &Path, intact: &[u8]) -> Result<()> {
    for suffix in ["-wal", "-shm", "-journal"] {
        // Most of these files do not exist.
        let _ = fs::remove_file(PathBuf::from(format!("{}{suffix}", path.display())));
    }
    // An existing file keeps its mode, which the server checks.
    if !path.exists() {
        swallowtail_base::create_private_file(path, path.parent().context("the database has no directory")?)?;
    }
    fs::write(path, intact).context("the database cannot be written")
}

fn break_it(path: &Path, intact: &[u8], damage: &Damage, random: &mut Random) -> Result<()> {
    let file = fs::File::options().write(true).open(path)?;
    match damage {
        Damage::Page(page) => file.write_all_at(&random.bytes(PAGE as usize), page * PAGE)?,
        Damage::Half => file.set_len(intact.len() as u64 / 2)?,
        Damage::Empty => file.set_len(0)?,
        Damage::Foreign => fs::write(path, "This is not a database.\n")?,
        Damage::Gone => fs::remove_file(path)?,
    }
    Ok(())
}
