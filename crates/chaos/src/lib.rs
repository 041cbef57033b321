//! Breaks a server on purpose, and checks that it keeps its promises (ARCHITECTURE.md, "Promises").
//!
//! [`history`] records what the clients of a run did and saw, whether the server is a process or part of this one.
//! [`server`] runs the built program. [`client`] are its scripted clients, whose [`observer`] writes the history.

pub mod client;
pub mod history;
pub mod observer;
pub mod random;
pub mod server;
