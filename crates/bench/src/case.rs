//! The table of all cases.

use std::future::Future;
use std::pin::Pin;

use anyhow::Result;

use crate::bench::Bench;
use crate::cases::{beside, chats, edits, idle, import, passwords, presence, relay, storm, syn, tickets};

/// The future that measures one case.
pub(crate) type Measuring<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// A group of measurements that use the same server.
pub(crate) struct Case {
    /// The name of the case on the command line.
    pub(crate) name: &'static str,
    /// A description of what the case measures, for `--list`.
    pub(crate) about: &'static str,
    /// Measures the case.
    pub(crate) run: for<'a> fn(&'a mut Bench) -> Measuring<'a>,
}

/// All cases, in the order in which they run.
pub(crate) const CASES: &[Case] = &[
    Case { name: "relay", about: "messages through the switchboard", run: |bench| Box::pin(relay::run(bench)) },
    Case {
        name: "chats",
        about: "opening many conversations at the same time",
        run: |bench| Box::pin(chats::run(bench)),
    },
    Case { name: "presence", about: "status changes that many users see", run: |bench| Box::pin(presence::run(bench)) },
    Case { name: "syn", about: "contact lists at sign-in", run: |bench| Box::pin(syn::run(bench)) },
    Case { name: "tickets", about: "sign-ins with a ticket", run: |bench| Box::pin(tickets::run(bench)) },
    Case { name: "passwords", about: "sign-ins with a password", run: |bench| Box::pin(passwords::run(bench)) },
    Case {
        name: "storm",
        about: "many clients that reconnect at the same time",
        run: |bench| Box::pin(storm::run(bench)),
    },
    Case { name: "idle", about: "memory of sessions that do nothing", run: |bench| Box::pin(idle::run(bench)) },
    Case { name: "edits", about: "changes of settings", run: |bench| Box::pin(edits::run(bench)) },
    Case {
        name: "import",
        about: "importing accounts, and starting a server that has them",
        run: |bench| Box::pin(import::run(bench)),
    },
    Case {
        name: "beside",
        about: "chat messages while the server does other work",
        run: |bench| Box::pin(beside::run(bench)),
    },
];
