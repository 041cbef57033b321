//! The operating-system services that every part of the server uses: the time, random numbers,
//! locks, memory and private files.
//!
//! The crate owns no state. It knows nothing about connections, accounts or settings, and does not
//! depend on a crate that knows about them.

pub mod access;
pub mod clock;
mod directory;
mod lock;
mod memory;
mod priority;
pub mod random;
mod sharded;
mod shell;
mod shrink;
#[cfg(feature = "simulation")]
pub mod simulation;
pub mod utc;

pub use directory::{create_private_directory, create_private_file, give_to_owner_of, rename_unless_exists};
pub use lock::lock;
pub use memory::return_free_memory;
pub use priority::lower_priority;
pub use sharded::Sharded;
pub use shell::shell_quoted;
pub use shrink::shrink_sparse;
