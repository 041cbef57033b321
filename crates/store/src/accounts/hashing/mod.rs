//! The limited pool that hashes passwords, and the order in which it does so.
//!
//! A hash takes 19 MiB of memory and tens of milliseconds, so anyone could overload the server by requesting many
//! (docs/protocol/security.md section 2). `pool` computes only a few at the same time. The others wait in `queue`, in
//! ranks. Within a rank, networks, addresses and accounts take `turns`, so that nobody's passwords delay those of other
//! people for long. `origin` is the address and the account that a password comes from. `pace` limits how long a
//! password waits.

mod origin;
mod pace;
mod pool;
mod queue;
mod turns;

pub use origin::Origin;
pub use pool::hashing_memory;
pub(super) use pool::{Busy, Hasher};
pub(super) use queue::Rank;
