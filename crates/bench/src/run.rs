//! One run: chooses the cases and measures them.

use anyhow::{Context, Result, bail};
use swallowtail_chaos::server::{program, raise_file_limit};

use crate::bench::Bench;
use crate::case::{CASES, Case};
use crate::options::Options;
use crate::report::Report;

/// The number of rounds of a smoke run. The best of them counts.
const SMOKE_ROUNDS: u32 = 3;

/// Measures the cases that the options name. Returns true if nothing failed.
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
        rounds: if options.smoke { SMOKE_ROUNDS } else { options.rounds },
        is_smoke: options.smoke,
        case: "",
        report: Report::begin()?,
    };
    for case in cases {
        bench.case = case.name;
        (case.run)(&mut bench).await.with_context(|| format!("could not measure {}", case.name))?;
    }
    let is_valid = bench.report.end(options.json.as_deref(), options.plot.as_deref())?;
    // Ratios with errors mean nothing, so they are neither compared nor recorded.
    if !is_valid || !options.smoke {
        return Ok(is_valid);
    }
    bench.report.compare(options.record)
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
