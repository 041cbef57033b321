//! The amount of memory that this process may use, and the number of connections that fit into it.
//!
//! If connections needed more memory than there is, the system would kill the server, and everyone
//! would be disconnected. So the server admits only the number of connections that fit into the
//! memory, and refuses further connections.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};
use swallowtail_store::accounts::hashing_memory;

/// The memory for each connection, in bytes. This is the average if every HTTP connection has a long
/// body. At most a quarter of the connections are HTTP connections, and one with a long body takes
/// 144 KiB, including the overhead of the allocator. A chat connection needs 16 KiB, and only a few
/// clients at the same time need more.
const PER_CONNECTION: u64 = 48 * 1024;
/// The memory for the program and the database, in bytes.
const RESERVED: u64 = 64 * 1024 * 1024;
/// The minimum number of connections. The server admits this number even if there is less memory.
const MIN_CONNECTIONS: u64 = 256;

/// The folders in which Linux shows the control groups of processes, and for each folder the name
/// of the file with a group's memory limit. The first folder is for version 2 of control groups,
/// the second for version 1.
const GROUPS: [(&str, &str); 2] =
    [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")];

/// Returns how many connections fit into the memory that this process may use.
pub(crate) fn connections() -> usize {
    let hashing = u64::try_from(hashing_memory()).unwrap_or(u64::MAX);
    let fit = fitting(limit().saturating_sub(hashing));
    usize::try_from(fit).unwrap_or(usize::MAX)
}

/// Returns how many connections fit into `limit` bytes of memory, which do not include the memory
/// for hashing passwords.
fn fitting(limit: u64) -> u64 {
    (limit.saturating_sub(RESERVED) / PER_CONNECTION).max(MIN_CONNECTIONS)
}

/// Returns the smallest of all limits on the memory of this process, in bytes. There are limits of
/// the machine, of the control groups of the process, and of the process itself.
fn limit() -> u64 {
    let read = |path: &Path| fs::read_to_string(path).ok();
    let machine = read(Path::new("/proc/meminfo")).and_then(|text| machine(&text));
    let groups = read(Path::new("/proc/self/cgroup")).and_then(|text| groups(&text, read));
    let own = [Resource::Data, Resource::As].map(|resource| getrlimit(resource).current);
    own.into_iter().chain([machine, groups]).flatten().min().unwrap_or(u64::MAX)
}

/// Reads the size of the memory from `/proc/meminfo`.
fn machine(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib.saturating_mul(1024))
}

/// Returns the smallest memory limit of the control groups in `text`, which is the content of
/// `/proc/self/cgroup`, and of their parent groups.
fn groups(text: &str, read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let (read, paths) = (&read, text.lines().filter_map(|line| line.splitn(3, ':').nth(2)));
    let limits = paths.flat_map(|path| {
        let inner = Path::new(path.trim_start_matches('/'));
        // In a container, the path may be the group's path on the host, which does not exist here.
        // The root folder is then the group of the container.
        inner.ancestors().flat_map(move |group| {
            GROUPS.map(|(root, file)| read(&[Path::new(root), group, Path::new(file)].iter().collect::<PathBuf>()))
        })
    });
    // A group without a limit has the word `max`, or a very large number.
    limits.flatten().filter_map(|limit| limit.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_with_little_memory_allows_fewer_connections_but_at_least_the_minimum() {
        assert_eq!(fitting(256 << 20), 4096);
        assert_eq!(fitting(1 << 30), 20_480);
        assert_eq!([fitting(0), fitting(RESERVED)], [MIN_CONNECTIONS; 2]);
    }

    #[test]
    fn the_memory_size_of_this_machine_can_be_read() {
        assert!((1 << 20..u64::MAX).contains(&limit()));
        assert_eq!(machine("MemTotal:       24684092 kB\nMemFree: 1 kB\n"), Some(24_684_092 * 1024));
        assert_eq!(machine("MemTotal: many\n"), None);
    }

    #[test]
    fn the_smallest_memory_limit_among_a_control_group_and_its_parents_applies() {
        let read = |path: &Path| match path.to_str()? {
            "/sys/fs/cgroup/system.slice/a.service/memory.max" => Some("max\n".to_owned()),
            "/sys/fs/cgroup/system.slice/memory.max" => Some("300\n".to_owned()),
            "/sys/fs/cgroup/memory/old/memory.limit_in_bytes" => Some("200\n".to_owned()),
            "/sys/fs/cgroup/memory/memory.limit_in_bytes" => Some("9223372036854771712\n".to_owned()),
            _ => None,
        };
        assert_eq!(groups("0::/system.slice/a.service\n", read), Some(300));
        assert_eq!(groups("4:memory:/old\n0::/\n", read), Some(200));
        assert_eq!(groups("4:memory:/\n", read), Some(9_223_372_036_854_771_712));
        assert_eq!(groups("rubbish\n\n", read), None);
    }
}
