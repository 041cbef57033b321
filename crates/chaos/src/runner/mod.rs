//! Runs scenarios, applies the rules, and prints the report.

mod one;
mod options;
mod report;

use std::sync::Arc;

use anyhow::{Result, bail};
use tokio::task::JoinSet;

use crate::bed::Size;
use crate::regressions::Regressions;
use crate::scenario::{Scenario, State};
use crate::scenarios;
use one::{Job, Tools};
pub use options::Options;
use report::Report;

/// Runs the scenarios that the options name. Returns whether all of them passed.
///
/// # Errors
/// Fails if there is no such scenario, if the server's program is missing, or if a file cannot be written.
pub async fn run(options: &Options) -> Result<bool> {
    let chosen = choose(&options.chosen)?;
    if options.is_list() {
        chosen.iter().for_each(|scenario| println!("{}", report::row(scenario)));
        return Ok(true);
    }
    let tools = Tools::find(options)?;
    let mut regressions = Regressions::read()?;
    let mut report = Report::begin(options);
    let tools = Arc::new(tools);
    let mut waiting = jobs(&chosen, &regressions, options).into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < options.jobs()
            && let Some(job) = waiting.next()
        {
            let tools = tools.clone();
            running.spawn(async move { tools.run(&job).await });
        }
        let Some(outcome) = running.join_next().await.transpose()? else { break };
        if outcome.has_failed() {
            let Job { scenario, seed, size } = outcome.job;
            regressions.add(scenario.id, seed, size.percent().into())?;
        }
        report.add(outcome);
    }
    let not_yet = chosen.iter().filter(|scenario| matches!(scenario.state, State::NotYet(_)));
    report.end(not_yet.copied())
}

/// Returns the scenarios that `words` choose, in the order of the table.
fn choose(words: &[String]) -> Result<Vec<Scenario>> {
    let all: Vec<Scenario> = scenarios::all().collect();
    for word in words.iter().filter(|word| !options::SETS.contains(&word.as_str())) {
        if !all.iter().any(|scenario| is_named(scenario, word)) {
            bail!("there is no scenario {word:?}; `cargo xtask chaos list` shows all of them");
        }
    }
    let is_chosen = |scenario: &Scenario| {
        words.iter().any(|word| match word.as_str() {
            "all" | "list" => true,
            "smoke" => scenario.is_smoke,
            word => is_named(scenario, word),
        })
    };
    Ok(all.into_iter().filter(is_chosen).collect())
}

/// Returns whether a word is the id of a scenario or the letter of its family.
fn is_named(scenario: &Scenario, word: &str) -> bool {
    scenario.id.eq_ignore_ascii_case(word) || scenario.id[..1].eq_ignore_ascii_case(word)
}

/// Returns the jobs to run. A job is a scenario with a seed and a size. The jobs that have failed
/// before come first, and then each scenario with the seed of this run.
fn jobs(chosen: &[Scenario], regressions: &Regressions, options: &Options) -> Vec<Job> {
    let runs = |scenario: &&Scenario| matches!(scenario.state, State::Runs(_));
    let runs: Vec<_> = chosen.iter().filter(runs).copied().collect();
    let failed = runs.iter().flat_map(|scenario| failed(regressions, scenario));
    let new = runs.iter().map(|scenario| Job { scenario: *scenario, seed: options.seed(), size: options.size() });
    let mut jobs: Vec<Job> = Vec::new();
    for job in failed.chain(new) {
        if !jobs.contains(&job) {
            jobs.push(job);
        }
    }
    jobs
}

/// Returns a job for each seed with which a scenario has failed.
fn failed(regressions: &Regressions, scenario: &Scenario) -> impl Iterator<Item = Job> {
    regressions.of(scenario.id).map(|(seed, percent)| {
        let percent = u32::try_from(percent).unwrap_or(u32::MAX);
        Job { scenario: *scenario, seed, size: Size::new(percent, None) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(words: &[&str]) -> Vec<&'static str> {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        choose(&words).unwrap().iter().map(|scenario| scenario.id).collect()
    }

    #[test]
    fn scenarios_that_are_chosen_by_id_or_by_family_or_by_set_stay_in_the_order_of_the_table() {
        assert_eq!(ids(&["s01", "F01"]), ["F01", "S01"]);
        assert_eq!(ids(&["c"]).len(), 8);
        assert_eq!(ids(&["all"]).len(), 80);
        assert!(ids(&["smoke"]).contains(&"F01"));
        assert!(choose(&["F99".to_owned()]).is_err());
    }
}
