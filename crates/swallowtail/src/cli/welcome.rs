//! The text that `serve` prints at startup: the addresses of the server, and what to do next.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use console::Term;
use swallowtail_base::shell_quoted;
use swallowtail_config::MAIN;
use swallowtail_site::listeners::Addresses;

use crate::cli::lan::Reachable;
use crate::cli::qr;

/// A server that has started.
pub(super) struct Start<'a> {
    pub(super) addresses: &'a Addresses,
    /// The data directory.
    pub(super) data: &'a Path,
    /// The configuration file.
    pub(super) file: Option<&'a Path>,
    /// The number of accounts.
    pub(super) accounts: u64,
    /// The addresses of this machine in its networks. The address that the default route uses comes
    /// first.
    pub(super) reachable: &'a [Reachable],
}

/// The terminal or file to which the text is printed.
pub(super) struct Screen {
    /// The width of the terminal. `None` if the output is not a terminal that can show a QR code.
    columns: Option<usize>,
}

impl Screen {
    /// Returns the `Screen` that describes standard output.
    pub(super) fn of_stdout() -> Self {
        let terminal = Term::stdout();
        let can_show = terminal.is_term() && std::env::var_os("TERM").is_some_and(|name| name != "dumb");
        Self { columns: can_show.then(|| usize::from(terminal.size().1)) }
    }
}

/// Returns the text that `serve` prints at startup.
pub(super) fn welcome(start: &Start<'_>, screen: &Screen) -> String {
    let mut text = format!("Swallowtail {} is running.\n\n", env!("CARGO_PKG_VERSION"));
    text += &listeners(start);
    text += &reachable(start);
    text += &pages(start);
    text += &how_to_open(start);
    if start.addresses.all.values().any(|address| !address.ip().is_loopback()) {
        text += "\nOnly connections over TLS are encrypted, and original clients never chat over TLS. Use this server \
                 only in networks that you trust (SECURITY.md).\n";
    }
    if let Some(code) = screen.columns.and_then(|columns| code(start, columns)) {
        let _ = write!(text, "\nTo open the setup page on a phone or another computer, scan this code:\n\n{code}");
    }
    text += "\nCtrl-C stops the server.";
    text
}

/// Returns every listener with its address, and the data directory.
fn listeners(start: &Start<'_>) -> String {
    let mut rows = listener_rows(start.addresses);
    rows.push(("data directory".to_owned(), start.data.display().to_string()));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<width$}  {value}");
    }
    text + "\n"
}

/// Returns every listener with its name and its address.
fn listener_rows(addresses: &Addresses) -> Vec<(String, String)> {
    const WORDS: [(&str, &str); 7] = [
        ("notification", "notification server"),
        ("switchboard", "switchboard"),
        ("http", "sign-in service"),
        ("https", "sign-in over TLS"),
        ("dispatch", "dispatch server"),
        ("notification_tls", "notification, TLS"),
        ("switchboard_tls", "switchboard, TLS"),
    ];
    let mut networks: Vec<_> = addresses.all.keys().map(|(network, _)| network.as_str()).collect();
    networks.dedup();
    // The main network (the settings in `[listen]`) comes first, and its name is not printed.
    networks.sort_by_key(|name| *name != MAIN);
    let mut rows = Vec::new();
    for network in networks {
        for (key, word) in WORDS {
            let Some(address) = addresses.of(network, key) else { continue };
            let name = if network == MAIN { word.to_owned() } else { format!("{network}: {word}") };
            rows.push((name, if key.starts_with("http") { format!("{key}://{address}") } else { address.to_string() }));
        }
    }
    rows
}

/// Returns the addresses for clients, if the server listens on every address of the machine.
fn reachable(start: &Start<'_>) -> String {
    let is_everywhere = start.addresses.all.values().any(|address| address.ip().is_unspecified());
    if !is_everywhere || start.reachable.is_empty() {
        return String::new();
    }
    let mut text = String::from("Other computers reach this machine at:\n");
    for Reachable { address, interface } in start.reachable {
        let _ = writeln!(text, "  {:<15}  ({interface})", address.to_string());
    }
    text + "\n"
}

/// Returns the number of accounts, and the pages for creating one and for setting up a client.
fn pages(start: &Start<'_>) -> String {
    let mut text = match start.accounts {
        0 => "There are no accounts yet. ".to_owned(),
        1 => "There is 1 account. ".to_owned(),
        more => format!("There are {more} accounts. "),
    };
    let site = site(start);
    let _ = write!(text, "In a browser:\n  {site}/signup  to create an account\n  {site}/setup   to set up a client\n");
    if start.accounts == 0 {
        let (program, data) = (program(), data_flag(start.data));
        let _ = write!(text, "Or in a terminal:\n  {program} account add alice@example.com {data}\n");
    }
    text
}

/// Returns the address at which a browser opens the pages. If the server listens on every address,
/// returns the first address in `start.reachable`.
fn site(start: &Start<'_>) -> String {
    let mut address = start.addresses.http;
    if address.ip().is_unspecified() {
        let best = start.reachable.first().map_or(Ipv4Addr::LOCALHOST, |best| best.address);
        address.set_ip(best.into());
    }
    format!("http://{address}")
}

/// Returns a text with the command that makes the server listen on all addresses of this machine.
/// If no listener of the main network (the settings in `[listen]`) is on loopback, the text is
/// empty.
fn how_to_open(start: &Start<'_>) -> String {
    let flags = ["notification", "switchboard", "http", "dispatch"];
    let all = flags.into_iter().filter_map(|flag| Some((flag, start.addresses.main(flag)?)));
    let (local, open): (Vec<_>, Vec<_>) = all.partition(|(_, address)| address.ip().is_loopback());
    if local.is_empty() {
        return String::new();
    }
    let is_all_local = start.addresses.all.values().all(|address| address.ip().is_loopback());
    let names: Vec<_> = local.iter().map(|(name, _)| *name).collect();
    let what = if is_all_local { "the server".to_owned() } else { names.join(", ") };
    let mut text = format!("\nOnly this machine can reach {what}. To listen on all addresses of this machine:\n");
    let _ = write!(text, "  {} serve {}", program(), data_flag(start.data));
    if let Some(file) = start.file {
        let _ = write!(text, " --config {}", shell_quoted(file));
    }
    let opened = local.into_iter().map(|(name, address)| (name, everywhere(address)));
    for (name, address) in opened.chain(open) {
        let _ = write!(text, " --{name} {address}");
    }
    text + "\n"
}

/// Returns a QR code with the address of the setup page. Returns `None` if only this machine can
/// open that page, or if the code does not fit into the terminal.
fn code(start: &Start<'_>, columns: usize) -> Option<String> {
    let http = start.addresses.http.ip();
    let is_open = if http.is_unspecified() { !start.reachable.is_empty() } else { !http.is_loopback() };
    is_open.then(|| qr::lines(&format!("{}/setup", site(start)), columns)).flatten()
}

fn everywhere(address: SocketAddr) -> SocketAddr {
    let all = if address.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0; 16]) };
    SocketAddr::new(all, address.port())
}

/// Returns the command with which this program was started.
fn program() -> String {
    shell_quoted(Path::new(&std::env::args_os().next().unwrap_or_else(|| "swallowtail".into())))
}

fn data_flag(data: &Path) -> String {
    format!("--data {}", shell_quoted(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(notification: &str, others: &str) -> Addresses {
        let parse = |text: &str| text.parse().unwrap();
        let (notification, others) = (parse(notification), parse(others));
        let all = [("notification", notification), ("switchboard", others), ("http", others)];
        Addresses::new(all.into_iter().map(|(key, address)| ((MAIN.to_owned(), key), address)).collect())
    }

    fn text(addresses: &Addresses, file: Option<&str>, columns: Option<usize>) -> String {
        let reachable = [("192.168.1.5", "wlan0"), ("10.8.0.2", "tun0")].map(|(address, interface)| Reachable {
            address: address.parse().unwrap(),
            interface: interface.to_owned(),
        });
        let data = Path::new("my data");
        let file = file.map(Path::new);
        welcome(&Start { addresses, data, file, accounts: 0, reachable: &reachable }, &Screen { columns })
    }

    #[test]
    fn a_server_on_loopback_prints_the_command_that_lets_other_machines_connect() {
        let text = text(&addresses("127.0.0.1:1863", "[::1]:7"), Some("it's.toml"), Some(80));
        assert!(text.contains("Only this machine can reach the server."), "{text}");
        let flags = "--data 'my data' --config 'it'\\''s.toml' --notification 0.0.0.0:1863 --switchboard [::]:7 --http [::]:7\n";
        assert!(text.contains(flags), "{text}");
        for other in ["encrypted", "192.168.1.5", "scan"] {
            assert!(!text.contains(other), "{text}");
        }
    }

    #[test]
    fn the_text_names_a_listener_that_is_on_loopback_if_other_listeners_are_not() {
        let text = text(&addresses("127.0.0.1:1863", "192.0.2.1:7"), None, Some(80));
        assert!(text.contains("Only this machine can reach notification."), "{text}");
        assert!(text.contains("--notification 0.0.0.0:1863 --switchboard 192.0.2.1:7"), "{text}");
        assert!(text.contains("encrypted") && text.contains("scan"), "{text}");
        assert!(!text.contains("Other computers"), "{text}");
    }

    #[test]
    fn a_server_that_listens_on_all_addresses_prints_the_addresses_of_the_machine() {
        let everywhere = addresses("0.0.0.0:1863", "0.0.0.0:7");
        let on_terminal = text(&everywhere, None, Some(80));
        assert!(!on_terminal.contains("Only this machine"), "{on_terminal}");
        for line in [
            "  192.168.1.5      (wlan0)\n",
            "  10.8.0.2         (tun0)\n",
            "  http://192.168.1.5:7/setup   to set up a client\n",
        ] {
            assert!(on_terminal.contains(line), "{on_terminal}");
        }
        let code = qr::lines("http://192.168.1.5:7/setup", 80).unwrap();
        assert!(on_terminal.contains(&code));
        assert!(!text(&everywhere, None, None).contains("scan"), "a file or a pipe cannot be scanned");
    }
}
