//! The inputs that long runs have found, kept in the repository.
//!
//! `fuzz/found` has one file per target, with one input per line, in base64. Together with the
//! seeds, these inputs reach the code that a long run reached. So a short run, as in
//! `cargo xtask test`, begins where the long run ended.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::folders::{corpus, seeds};
use super::options::Options;
use crate::shell::root;

/// The maximum total length of the kept inputs of one target, in bytes. The limit keeps the
/// repository small. The shortest inputs are kept, because they reach nearly all of the code.
const KEPT: usize = 64 * 1024;

/// Adds the kept inputs of a target to its corpus.
pub(super) fn unpack(target: &str) -> Result<()> {
    let path = file(target);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        text => text.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    for (number, line) in text.lines().enumerate() {
        let input = BASE64_STANDARD.decode(line);
        let input = input.map_err(|error| anyhow!("{}:{}: {error}", path.display(), number + 1))?;
        fs::write(root().join(corpus(target)).join(format!("found-{number}")), input)?;
    }
    Ok(())
}

/// Minimises the corpus of a target, and keeps the inputs that reach more code than the seeds.
pub(super) fn keep(options: &Options, target: &str) -> Result<()> {
    let (corpus, seeds) = (corpus(target), seeds(target));
    let merged = format!("{corpus}.merged");
    let folder = root().join(&merged);
    remove(&folder)?;
    fs::create_dir_all(&folder)?;
    // With `-merge=1`, libFuzzer adds an input from the other folders to the first folder if the
    // input reaches code that no input in the first folder reaches. So the first folder must
    // already contain the seeds.
    for seed in files(&root().join(&seeds))? {
        fs::copy(root().join(&seeds).join(&seed), folder.join(&seed))?;
    }
    let before = files(&folder)?;
    let merge = options.cargo_fuzz("run").args([target, merged.as_str(), &corpus, "--", "-merge=1"]);
    merge.output().with_context(|| format!("could not minimise the corpus of {target}"))?;
    let mut inputs = Vec::new();
    for name in files(&folder)?.difference(&before) {
        inputs.push(fs::read(folder.join(name))?);
    }
    let path = file(target);
    let kept = shortest(inputs, KEPT);
    fs::create_dir_all(root().join("fuzz/found"))?;
    fs::write(&path, kept.iter().map(|input| BASE64_STANDARD.encode(input) + "\n").collect::<String>())?;
    println!("  {target}: {} inputs are kept in {}", kept.len(), path.display());
    remove(&root().join(&corpus))?;
    fs::rename(&folder, root().join(&corpus)).context("could not replace the corpus with the minimised corpus")
}

/// Returns the shortest inputs whose lengths add up to at most `total`, in a fixed order.
fn shortest(mut inputs: Vec<Vec<u8>>, total: usize) -> Vec<Vec<u8>> {
    inputs.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut sum = 0;
    let fits = |input: &Vec<u8>| {
        sum += input.len();
        sum <= total
    };
    inputs.into_iter().take_while(fits).collect()
}

/// The file with the kept inputs of a target.
fn file(target: &str) -> PathBuf {
    root().join("fuzz/found").join(format!("{target}.txt"))
}

fn files(folder: &Path) -> Result<BTreeSet<OsString>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done.with_context(|| format!("{} cannot be removed", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_inputs_are_kept_up_to_the_limit_for_their_total_size() {
        let inputs = [&b"ccc"[..], b"b", b"a", b"dddd"].map(<[u8]>::to_vec).to_vec();
        assert_eq!(shortest(inputs.clone(), 5), [&b"a"[..], b"b", b"ccc"]);
        assert_eq!(shortest(inputs, 4), [&b"a"[..], b"b"]);
    }
}
