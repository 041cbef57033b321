//! Plays parts in parallel.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::options::Options;
use crate::report::PlayReport;
use crate::script::Script;
use crate::target::Target;

/// Plays the parts that the options select, in all scripts. The reports are in the order of the
/// scripts.
pub async fn play(target: Arc<dyn Target>, scripts: Vec<Script>, options: &Options) -> Vec<PlayReport> {
    let jobs = if options.rename { options.jobs.max(1) } else { 1 };
    let permits = Arc::new(Semaphore::new(jobs));
    let mut tasks = JoinSet::new();
    let mut order = 0;
    for script in scripts.into_iter().map(Arc::new) {
        for index in 0..script.parts.len() {
            if options.part.as_ref().is_some_and(|wanted| *wanted != script.parts[index].title) {
                continue;
            }
            let (target, script, options) = (Arc::clone(&target), Arc::clone(&script), options.clone());
            let (permits, place) = (Arc::clone(&permits), order);
            order += 1;
            tasks.spawn(async move {
                let _permit = permits.acquire_owned().await;
                (place, play_part(target.as_ref(), &script, index, &options).await)
            });
        }
    }
    let mut reports = tasks.join_all().await;
    reports.sort_by_key(|(place, _)| *place);
    reports.into_iter().map(|(_, report)| report).collect()
}

/// Plays one part. `index` is its position in [`Script::titles`].
///
/// # Panics
///
/// Panics if the script has no such part.
pub async fn play_part(target: &dyn Target, script: &Script, index: usize, options: &Options) -> PlayReport {
    let part = &script.parts[index];
    if let Some(reason) = script.unplayable() {
        return PlayReport::not_played(script.file(), &part.title, reason.to_owned());
    }
    match target.open(&part.needs()).await {
        Ok(server) => crate::play::part(script.file(), part, server, options).await,
        Err(reason) => PlayReport::not_played(script.file(), &part.title, reason.to_string()),
    }
}
