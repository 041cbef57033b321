//! Counts the panics of a thread. Tokio catches the panics of a task, so nothing else would show them.

use std::cell::Cell;
use std::panic::{set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

/// Returns how many times this thread has panicked since the first call of this function.
pub(super) fn count() -> u64 {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let shown = take_hook();
        set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            shown(info);
        }));
    });
    PANICS.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_in_a_task_is_counted() {
        let before = count();
        let task = tokio::spawn(async { panic!("a panic that belongs to this test") });
        assert!(task.await.is_err());
        assert_eq!(count(), before + 1);
    }
}
