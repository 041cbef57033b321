//! The pool of threads that hash passwords, and the order in which they hash them.
//!
//! A hash takes 19 MiB of memory and tens of milliseconds, so anyone could overload the server by
//! requesting many hashes (docs/protocol/security.md section 2). `pool` hashes only a few passwords
//! at the same time. All other passwords wait in `queue`. The queue has three ranks, by how likely
//! a password is to be correct. Within a rank, networks, addresses and accounts take turns
//! (`turns`), so that many passwords of one party do not delay the passwords of another party for
//! long. `origin` contains the client address that a password comes from and the account that it is
//! for. `pace` measures the speed of hashing, which limits how many passwords may wait.

mod origin;
mod pace;
mod pool;
mod queue;
mod turns;

pub use origin::Origin;
pub use pool::hashing_memory;
pub(super) use pool::{Busy, Hasher};
pub(super) use queue::Rank;
