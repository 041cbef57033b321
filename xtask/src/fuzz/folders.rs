//! The folders of the inputs for fuzzing, relative to the root of the repository.

/// The folder with everything that fuzzing found on this machine. Its path begins at the root of the repository.
pub(super) fn corpus(target: &str) -> String {
    format!("fuzz/corpus/{target}")
}

/// The folder of the seeds. Its path begins at the root of the repository.
pub(super) fn seeds(target: &str) -> String {
    format!("fuzz/seeds/{target}")
}
