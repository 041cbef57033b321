//! G1: the process of the server is alive, and has not panicked.

use crate::rule::{Broken, Rule};
use crate::server::Server;

/// The maximum number of panics that are shown.
const SHOWN: usize = 3;

/// Checks that the server is alive and has not panicked. If `same` is given, the server must have
/// this process id.
pub(super) fn check(server: &mut Server, same: Option<u32>) -> Vec<Broken> {
    let mut broken = Vec::new();
    match (server.alive(), same) {
        (None, _) => broken.push(Broken::new(Rule::Process, "the server is not running")),
        (Some(now), Some(before)) if now != before => {
            broken.push(Broken::new(Rule::Process, format!("the process id was {before} and is now {now}")));
        }
        _ => {}
    }
    match server.panics() {
        Ok(panics) => broken.extend(panics.into_iter().take(SHOWN).map(|line| Broken::new(Rule::Process, line))),
        Err(error) => broken.push(Broken::new(Rule::Process, format!("{error:#}"))),
    }
    broken
}
