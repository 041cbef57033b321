//! What every part of the server needs from the machine: the time, random numbers, locks, private directories.
//!
//! The crate owns no state. It knows nothing about connections, accounts or settings, and does not depend on any crate
//! that does.

pub mod clock;
mod directory;
mod lock;
pub mod random;
pub mod utc;

pub use directory::create_private_directory;
pub use lock::lock;
