//! The sockets on which a process listens, from `/proc`.

use std::collections::HashSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};

/// The state of a socket that listens.
const LISTENS: &str = "0A";

/// Returns the addresses of all TCP sockets on which a process listens.
pub(super) fn of(process: u32) -> Result<Vec<SocketAddr>> {
    let directory = Path::new("/proc").join(process.to_string());
    let files = fs::read_dir(directory.join("fd")).context("could not list the open files")?;
    // The process may have closed a file since the directory was listed. Such a file is left out.
    let targets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    let sockets: HashSet<_> = targets.filter_map(|target| Some(inode(target.to_str()?)?.to_owned())).collect();
    let mut found = Vec::new();
    for table in ["net/tcp", "net/tcp6"] {
        let path = directory.join(table);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            // If the machine has no IPv6, the table of IPv6 sockets does not exist.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("could not read {}", path.display())),
        };
        found.extend(
            text.lines().skip(1).filter_map(row).filter(|(_, inode)| sockets.contains(*inode)).map(|row| row.0),
        );
    }
    Ok(found)
}

/// Returns the number in `socket:[number]`.
fn inode(target: &str) -> Option<&str> {
    target.strip_prefix("socket:[")?.strip_suffix(']')
}

/// Returns the address and the inode in a row of the table, if the socket listens.
fn row(line: &str) -> Option<(SocketAddr, &str)> {
    let mut words = line.split_whitespace();
    let (local, state, inode) = (words.nth(1)?, words.nth(1)?, words.nth(5)?);
    let (address, port) = local.split_once(':')?;
    // Each group of 32 bits is in the byte order of the machine.
    let groups = address.as_bytes().chunks(8).map(|group| {
        let group = u32::from_str_radix(std::str::from_utf8(group).ok()?, 16).ok()?;
        Some(group.to_ne_bytes())
    });
    let bytes = groups.collect::<Option<Vec<_>>>()?.concat();
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => IpAddr::V4(Ipv4Addr::from(bytes)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    (state == LISTENS).then_some((SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?), inode))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_listener_of_this_process_is_found_until_it_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert!(of(std::process::id()).unwrap().contains(&address));
        drop(listener);
        assert!(!of(std::process::id()).unwrap().contains(&address));
    }
}
