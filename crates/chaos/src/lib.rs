//! Breaks a server on purpose, and checks that it keeps its promises (ARCHITECTURE.md, "Promises").
//!
//! [`history`] records what the clients of a run did and saw. The server can be a process of its
//! own, or run inside this process. [`server`] runs the built program. [`client`] contains the
//! scripted clients. Their [`observer`] writes the history. [`proxy`] is a bad network between
//! clients and server, and [`loss`] loses packets in front of a single socket. [`disk`] can be
//! slow, and can lose everything that was not synchronised. [`tls`] sends TLS hellos that it builds
//! without a TLS library.
//!
//! [`scenarios`] contains the tests. Each one runs on a [`bed`], which is a server with accounts and clients.
//! [`runner`] prepares the bed, runs the scenario, and applies the [`rules`] that are the same for all scenarios.
//!
//! [`growth`] measures whether the server's memory grows while clients come and go for a long time.
//!
//! [`simulation`] needs no server: it runs the messenger in memory, and one seed decides everything that happens.

pub mod bed;
pub mod client;
pub mod disk;
pub mod growth;
pub mod history;
pub mod loss;
pub mod measured;
pub mod observer;
pub mod proxy;
pub mod random;
pub mod regressions;
pub mod rule;
pub mod rules;
pub mod runner;
pub mod scenario;
pub mod scenarios;
pub mod server;
pub mod simulation;
pub mod tcp;
pub mod tls;
mod truth;
