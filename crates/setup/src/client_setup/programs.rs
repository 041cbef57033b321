//! The steps for programs that are not Microsoft's. They reach the server with their own settings or with a hosts file.

use swallowtail_config::host_port::split;

use super::made::{HOSTS, ROOT_PEM};
use super::place::{KNOWN_NOTIFICATION, Place};
use super::section::Point;
use crate::client_table::{Client, Kind};

/// The only file from which gtmess reads a root certificate.
const GTMESS_ROOT: &str = "~/.gtmess/root.pem";

/// The last step for most programs: their first start.
const START: &str = "Start the program and sign in with the address and password of your account on this server.";

/// Returns the steps to use the server as the HTTP proxy of aMSN.
pub(super) fn amsn_by_proxy(place: &Place) -> Vec<Point> {
    let mut points = vec![
        Point::new("In aMSN, choose Account, Preferences, and the tab Connection."),
        Point::new(format!(
            "Choose \"I am behind a proxy server (HTTP or SOCKS5)\", the type HTTP, the server {} and the port {}. \
             Leave user and password empty.",
            place.host,
            place.http_port()
        )),
    ];
    points.extend(trust(place));
    points.push(Point::new("Sign in with the address and the password of your account on this server."));
    points
}

/// Returns the steps to use the server as the HTTP proxy of a Pidgin account.
pub(super) fn pidgin_by_proxy(place: &Place) -> Vec<Point> {
    let mut points = vec![
        Point::new(
            "Build msn-pecan with `make GIO=`. If you build it with plain `make`, it ignores the proxy of the account.",
        ),
        Point::new(
            "In Pidgin, choose Accounts, Manage Accounts, Add. The protocol is WLM, as msn-pecan calls it. Username \
             and password are those of your account on this server.",
        ),
        Point::new(format!(
            "On the tab Proxy, choose the type HTTP, the host {} and the port {}.",
            place.host,
            place.http_port()
        )),
    ];
    points.extend(trust(place));
    points
}

/// Returns the steps to connect with a hosts file.
pub(super) fn by_hosts(client: &Client, place: &Place, lines: &str) -> Vec<Point> {
    let mut points = vec![Point::copy(
        format!(
            "Add the lines of {HOSTS} at the end of /etc/hosts (on Windows: \
             C:\\Windows\\System32\\drivers\\etc\\hosts):"
        ),
        lines,
    )];
    points.extend(trust(place));
    match client.kind {
        Kind::Amsn => points.push(Point::new(
            "In aMSN, choose Account, Preferences, Connection: \"I have a direct connection to the internet\".",
        )),
        Kind::Pidgin => points.push(Point::new(
            "In Pidgin, choose Accounts, Manage Accounts, Add, and the protocol WLM, as msn-pecan calls it. Set no \
             proxy.",
        )),
        _ => {}
    }
    points.push(Point::new(START));
    points
}

/// Returns the step to make the system trust the root, or `None` if the server has no root.
fn trust(place: &Place) -> Option<Point> {
    place.offer.root.as_ref()?;
    Some(Point::copy(
        format!(
            "If the program asks whether to trust the server's certificate, compare the issuer of the certificate \
             with {ROOT_PEM}, and accept the certificate if they match. If the program refuses the certificate \
             without asking, make the system trust {ROOT_PEM}. On Debian, as root:"
        ),
        &format!("cp {ROOT_PEM} /usr/local/share/ca-certificates/swallowtail-root.crt\nupdate-ca-certificates"),
    ))
}

/// Returns the steps for gtmess, which takes the addresses of its servers as command-line options.
pub(super) fn gtmess(place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    if place.offer.root.is_some() {
        points.push(Point::copy(
            format!("Save {ROOT_PEM} as `{GTMESS_ROOT}`. gtmess reads no other file with certificates:"),
            &format!("mkdir -p ~/.gtmess\ncp {ROOT_PEM} {GTMESS_ROOT}"),
        ));
    }
    let server = match split(&place.notification) {
        Some((host, Some(KNOWN_NOTIFICATION))) => host,
        _ => &place.notification,
    };
    points.push(Point::copy(
        "Start gtmess with this server in both options; no hosts file is needed:",
        &format!("gtmess -O server={server} -O passp_server={}/login2.srf", place.host),
    ));
    points.push(Point::new(
        "Connect (Alt-C) with the address and the password of your account on this server. If gtmess says that the \
         common name of the certificate does not match and asks whether to continue, answer yes. gtmess compares only \
         the first name in the certificate.",
    ));
    points
}

/// Returns the steps for programs that use msnp11-sdk. In these programs, the addresses of the
/// servers are settings.
pub(super) fn sdk(place: &Place) -> Vec<Point> {
    let host = split(&place.notification).map_or(place.notification.as_str(), |(host, _)| host);
    vec![
        Point::copy("Set the server, without a port (in meowsn: Personal Settings, General):", host),
        Point::copy("Set the nexus URL:", &place.page("/rdr/pprdr-url.asp")),
        Point::copy(
            "If the program has a setting for the configuration server, set it as well:",
            &place.page("/Config/MsgrConfig.asmx"),
        ),
        Point::new(
            "Sign in with the address and the password of your account on this server. Use only letters and digits in \
             the password, because the library sends a comma or a percent sign in a form that the server cannot read.",
        ),
    ]
}

/// Returns the steps to undo the setup of a program, except for the hosts file.
pub(super) fn undo(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    match client.kind {
        Kind::Sdk => points.push(Point::new("Restore the settings that the program had before.")),
        Kind::Gtmess => points.push(Point::new(format!("Delete {GTMESS_ROOT}, and start gtmess without the options."))),
        Kind::Amsn => {
            points.push(Point::new("In aMSN, restore the previous settings on the tab Connection of Preferences."));
        }
        Kind::Pidgin => {
            points.push(Point::new("Remove the account, or choose \"Use Global Proxy Settings\" on its tab Proxy."));
        }
        Kind::Xp | Kind::Windows => {}
    }
    if matches!(client.kind, Kind::Amsn | Kind::Pidgin) && place.offer.root.is_some() {
        points.push(Point::copy(
            "If you made the system trust the root, undo that. On Debian, as root:",
            "rm /usr/local/share/ca-certificates/swallowtail-root.crt\nupdate-ca-certificates --fresh",
        ));
    }
    points
}
