//! Breaks a server on purpose, and checks that it keeps its promises (ARCHITECTURE.md, "Promises").
//!
//! [`history`] records what the clients of a run did and saw, whether the server is a process or part of this one.

pub mod history;
