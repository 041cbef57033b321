//! Locks that a panic elsewhere does not take with it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex, also when another thread panicked while it held it: the data behind our locks is consistent between
/// statements, and one connection's fault must not end another one.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
