//! One run: which cases to measure, with which sizes, and where the figures go.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use swallowtail_chaos::server::{Server, Setup, program, raise_file_limit};
use tempfile::TempDir;

use crate::case::{CASES, Case};
use crate::data::Data;
use crate::options::Options;
use crate::report::Report;
use crate::series::Series;

/// How long one figure is measured.
const TIME: Duration = Duration::from_secs(2);
/// How long one figure is measured with `--smoke`.
const SMOKE_TIME: Duration = Duration::from_millis(200);

/// What all cases share.
pub(crate) struct Bench {
    program: PathBuf,
    rounds: u32,
    is_smoke: bool,
    case: &'static str,
    report: Report,
}

/// A running server with its directory.
pub(crate) struct Running {
    /// The server.
    pub(crate) server: Server,
    _directory: TempDir,
}

impl Bench {
    /// Returns the numbers of the rounds.
    pub(crate) fn rounds(&self) -> std::ops::Range<u32> {
        0..self.rounds
    }

    /// Returns `full`, or `smoke` if this is only a smoke test.
    pub(crate) const fn size(&self, full: usize, smoke: usize) -> usize {
        if self.is_smoke { smoke } else { full }
    }

    /// Returns the sizes of a case, with `most` in place of larger ones.
    pub(crate) fn sizes(sizes: &[usize], most: usize) -> Vec<usize> {
        let mut chosen: Vec<_> = sizes.iter().map(|size| (*size).min(most)).collect();
        chosen.dedup();
        chosen
    }

    /// Returns how long one figure is measured.
    pub(crate) const fn time(&self) -> Duration {
        if self.is_smoke { SMOKE_TIME } else { TIME }
    }

    /// Adds a measurement to the report and prints it.
    pub(crate) fn add(&mut self, series: Series) {
        self.report.add(self.case, series);
    }

    /// Starts a server on the data that `prepare` creates. Clients connect from loopback, which is exempt from the limits
    /// on addresses.
    ///
    /// # Errors
    /// Fails if the data cannot be created or the server does not start.
    pub(crate) async fn serve<T>(&self, prepare: impl AsyncFnOnce(&Path) -> Result<T>) -> Result<(Running, T)> {
        let directory = tempfile::Builder::new().prefix("swallowtail-bench-").tempdir()?;
        let setup = Setup { log: "warn".to_owned(), ..Setup::default() };
        let mut server = Server::stopped(&self.program, directory.path(), setup)?;
        let prepared = prepare(&server.data()).await.context("could not create the data of the server")?;
        server.restart().await?;
        Ok((Running { server, _directory: directory }, prepared))
    }

    /// Starts a server with accounts that have no contacts.
    ///
    /// # Errors
    /// Fails if the data cannot be created or the server does not start.
    pub(crate) async fn serve_accounts(&self, count: usize) -> Result<(Running, Data)> {
        self.serve(async |path| Data::create(path, count, 0).await).await
    }
}

/// Measures the cases of the options. Returns whether nothing failed.
///
/// # Errors
/// Fails if a case does not exist, the server's program is missing, or a case cannot be measured.
pub(crate) async fn run(options: &Options) -> Result<bool> {
    if options.list {
        for Case { name, about, .. } in CASES {
            println!("{name:<10} {about}");
        }
        return Ok(true);
    }
    let cases = chosen(&options.cases)?;
    raise_file_limit()?;
    let mut bench = Bench {
        program: program(options.program.as_deref())?,
        rounds: if options.smoke { 1 } else { options.rounds },
        is_smoke: options.smoke,
        case: "",
        report: Report::begin()?,
    };
    for case in cases {
        bench.case = case.name;
        (case.run)(&mut bench).await.with_context(|| format!("could not measure {}", case.name))?;
    }
    bench.report.end(options.json.as_deref())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Case>> {
    if names.is_empty() {
        return Ok(CASES.iter().collect());
    }
    let find = |name: &String| match CASES.iter().find(|case| case.name == name) {
        Some(case) => Ok(case),
        None => bail!("there is no case {name:?}; --list shows the names"),
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_chosen_by_name_and_an_unknown_name_is_an_error() {
        assert_eq!(chosen(&[]).unwrap().len(), CASES.len());
        assert_eq!(chosen(&["syn".to_owned()]).unwrap()[0].name, "syn");
        assert!(chosen(&["nothing".to_owned()]).is_err());
    }
}
