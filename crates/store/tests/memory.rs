//! Tests that the memory in which passwords are hashed goes back to the system. This test has its own process, because
//! other tests hash passwords too.

#![cfg(target_os = "linux")]

use swallowtail_store::accounts::password::Workspace;

/// The memory for one hash, in KiB.
const ONE_HASH: usize = 19 * 1024;

/// Returns the resident memory of this process that is not part of a file, in KiB.
fn anonymous_kib() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn dropping_a_workspace_frees_all_of_its_memory() {
    let before = anonymous_kib().unwrap();
    // The allocator treats a second allocation of the same size differently from the first.
    for round in 0..3 {
        let mut workspace = Workspace::new();
        workspace.hash("secret").unwrap();
        let full = anonymous_kib().unwrap();
        assert!(full >= before + ONE_HASH, "round {round}: {before} KiB before, {full} KiB with a workspace");
        drop(workspace);
        let after = anonymous_kib().unwrap();
        assert!(after < before + ONE_HASH / 4, "round {round}: {before} KiB before, {after} KiB after");
    }
}
