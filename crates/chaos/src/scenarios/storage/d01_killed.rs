//! A server that is killed at random moments. All changes that it had acknowledged must still exist
//! after each restart.

use super::changes::{self, Rounds};
use crate::rule::Rule;
use crate::scenario::Scenario;

/// The number of times that the server is killed during edits, and during changes of the accounts
/// themselves.
const KILLS: Rounds = Rounds { edits: 20, accounts: 5, latest: 400 };

pub(super) const SCENARIO: Scenario =
    Scenario::runs("D01", "The server is killed again and again while people edit their lists and sign up", |bed| {
        Box::pin(changes::survive(bed, KILLS, None))
    })
    .accounts(changes::EDITORS)
    .setup(changes::setup)
    .except(&[(Rule::Process, "the server is killed"), (Rule::Bystanders, "the server is killed")])
    .smoke();
