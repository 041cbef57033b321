//! The instructions, in plain words. The page, `steps.html` and `steps.txt` all use the same text.

use swallowtail_config::host_port::split;

use super::certificates::ROOT_NAME;
use super::made::{HOSTS, PAC, REG_FILE, ROOT_CER, UNDO, UNDO_WINDOWS_7, WINDOWS_7, XP_CER};
use super::place::{KNOWN_HTTP, KNOWN_HTTPS, KNOWN_NOTIFICATION, Place};
use super::programs;
use super::section::{Point, Section};
use crate::client_table::{Client, Kind};

/// The instructions for one client on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// All sections except `undo`, in the order of the page.
    pub(super) sections: Vec<Section>,
    /// The steps that undo everything. They have a page of their own.
    pub(super) undo: Section,
}

impl Steps {
    pub(super) fn new(client: &Client, place: &Place) -> Self {
        let undo = Section::steps("To undo everything", undo(client, place));
        Self { sections: sections(client, place), undo }
    }
}

/// Returns the sections for the user of a client, except the steps that undo everything.
fn sections(client: &Client, place: &Place) -> Vec<Section> {
    let mut sections = vec![
        Section::warning("Read this first", dangers(client, place)),
        Section::steps("Before you start", before(place)),
    ];
    sections.extend(ways(client, place));
    sections.push(Section::notes("Good to know", notes(client, place)));
    sections.retain(|section| !section.is_empty());
    sections
}

/// Returns a section for each way in which the client can connect. The best way is first. The
/// second way is included only if it works now.
fn ways(client: &Client, place: &Place) -> Vec<Section> {
    let lines = place.hosts(client).unwrap_or_default();
    let (title, by_proxy, by_hosts) = match client.kind {
        Kind::Sdk => {
            let missing = [no_http(place), ports(client, place)].concat();
            return vec![Section::way("In the program", missing, programs::sdk(place))];
        }
        Kind::Gtmess => return vec![Section::way("In a terminal", ports(client, place), programs::gtmess(place))],
        Kind::Amsn => ("In aMSN", programs::amsn_by_proxy(place), programs::by_hosts(client, place, &lines)),
        Kind::Pidgin => ("In Pidgin", programs::pidgin_by_proxy(place), programs::by_hosts(client, place, &lines)),
        Kind::Xp | Kind::Windows => ("On the PC", by_proxy(client, place), by_hosts_on_windows(client, place, &lines)),
    };
    let missing_for_hosts = [no_certificate(client, place), no_address(client, place), ports(client, place)].concat();
    if !place.offer.proxy {
        let mut missing = missing_for_hosts;
        if !missing.is_empty() {
            let text = "Or set `proxy.enabled` to true. For clients of the proxy, the server can listen on any port.";
            missing.push(Point::new(text));
        }
        return vec![Section::way("With a hosts file", missing, by_hosts)];
    }
    let missing = [no_certificate(client, place), no_http(place)].concat();
    let mut ways = vec![Section::way(title, missing, by_proxy)];
    if missing_for_hosts.is_empty() {
        ways.push(Section::steps("Or without the proxy, with a hosts file", by_hosts));
    }
    ways
}

/// The sentences that say that Microsoft's clients are untested.
const UNTESTED: &str = "No original client has been run against this server yet, and nobody has tried these steps. \
                        They are based on what is known about the clients, and on tests with other programs that use \
                        the same protocol. If a step is wrong, please tell the operator.";

/// The sentences that say how the programs that are not Microsoft's were tested.
const TESTED: &str = "aMSN, Pidgin with msn-pecan, gtmess and a program built with msnp11-sdk were run against this server \
                      on 28 November 2026. They signed in, chatted with each other, sent pictures and files both \
                      ways, blocked contacts, and signed in a second time.";

fn before(place: &Place) -> Vec<Point> {
    let open = format!(
        "Open {} in a browser on the computer where you want to chat. If the page does not open, the client cannot \
         connect either. In that case, ask the operator.",
        place.page("/")
    );
    let account = format!("Create an account at {}, or ask the operator for one.", place.page("/signup"));
    let mut points = vec![Point::new(open), Point::new(account)];
    if place.is_local() {
        points.push(Point::new(format!(
            "These instructions only work on the computer running the server, because they use its local address {}. \
             To set up another computer, open this page there, using the server's network address.",
            place.host
        )));
    }
    points
}

/// Returns the operator's tasks before the client can trust the server, if there are any.
fn no_certificate(client: &Client, place: &Place) -> Vec<Point> {
    let offer = &place.offer;
    let mut points = Vec::new();
    if client.kind == Kind::Xp {
        if offer.old.is_none() {
            let command = format!("swallowtail client-setup --client {}", client.id);
            points.push(Point::copy("Create a certificate for Windows XP with this command:", &command));
        }
        if offer.old_tls.is_none() {
            points.push(Point::new(
                "Start the TLS terminator for Windows XP (packaging/old-tls) and set `proxy.old_tls` to its address.",
            ));
        }
    }
    if client.kind == Kind::Windows && offer.root.is_none() {
        points.push(Point::new(
            "Set `tls.own_root` to true. The server needs a root certificate of its own to sign certificates for \
             Microsoft's old host names.",
        ));
    }
    points
}

/// Returns the operator's tasks if the client needs plain HTTP and the server does not offer it.
fn no_http(place: &Place) -> Vec<Point> {
    if place.http.is_some() {
        return Vec::new();
    }
    let key = place.key("http");
    vec![Point::new(format!(
        "Offer plain HTTP on the network through which you opened this page, because the client needs it (`{key}`)."
    ))]
}

/// Returns what is missing for a hosts file, which needs an IPv4 address of the server.
fn no_address(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    if place.ip().is_none() {
        let is = if place.host.contains(':') { "an IPv6 address, which these clients cannot use" } else { "a name" };
        points.push(Point::new(format!(
            "A hosts file needs an IPv4 address, and {} is {is}. Open this page at an IPv4 address of the server.",
            place.host
        )));
    } else if client.kind == Kind::Xp && place.offer.old_tls.is_some() && place.old_tls_for_hosts().is_none() {
        points.push(Point::new(
            "The TLS terminator for Windows XP must listen on port 443 of an address of its own (`proxy.old_tls`).",
        ));
    }
    points
}

/// Returns a point for each service that is not on the port to which the client always connects.
fn ports(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    let mut want = |what, key, wanted: u16, port: Option<u16>| {
        if port != Some(wanted) {
            let is = port.map_or_else(|| "it has no port now".to_owned(), |port| format!("it is on port {port} now"));
            let key = place.key(key);
            let text = format!("{what} must be on port {wanted}, to which the client connects; {is} (`{key}`).");
            points.push(Point::new(text));
        }
    };
    if client.kind != Kind::Gtmess {
        let notification = split(&place.notification).and_then(|(_, port)| port);
        want("The notification server", "notification", KNOWN_NOTIFICATION, notification.or(Some(KNOWN_NOTIFICATION)));
    }
    if client.is_official() {
        want("The HTTP server", "http", KNOWN_HTTP, place.http);
    }
    if !matches!(client.kind, Kind::Xp | Kind::Sdk) {
        want("The sign-in over TLS", "https", KNOWN_HTTPS, place.https);
    }
    points
}

fn by_proxy(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = vec![Point::new(format!(
        "Save {REG_FILE}, double-click it and answer Yes. Windows then uses this server for Microsoft's old host \
         names and for nothing else. These names are listed in {}. In {REG_FILE}, a comment above each setting says \
         what the setting does.",
        place.page(&format!("/setup/{}/{PAC}", client.id))
    ))];
    if client.kind == Kind::Windows {
        points.push(Point::new(format!(
            "On Windows 7, 8 or 8.1, do the same with {WINDOWS_7}, which switches on TLS 1.2. Windows 10 and 11 do \
             not need that file."
        )));
    }
    points.extend(certificate(client, place));
    points.push(Point::new("Sign out of Windows and in again, so that every program sees the new settings."));
    points.push(Point::new(SIGN_IN));
    points
}

const SIGN_IN: &str = "Start the client and sign in with the address and the password of your account here.";

fn by_hosts_on_windows(client: &Client, place: &Place, lines: &str) -> Vec<Point> {
    let mut points = Vec::new();
    if place.offer.proxy {
        points.push(Point::new(format!(
            "If you opened {REG_FILE} before, open {UNDO} first. Use either the proxy or the hosts file, not both."
        )));
    }
    points.push(Point::copy(
        format!(
            "Open Notepad (on Windows 7 and later with \"Run as administrator\"). In Notepad, open \
             C:\\WINDOWS\\system32\\drivers\\etc\\hosts and add the lines of {HOSTS} at the end:"
        ),
        lines,
    ));
    points.extend(certificate(client, place));
    points.push(Point::new(if client.kind == Kind::Xp {
        "In Internet Options, Advanced, Security, switch TLS 1.0 on, and switch SSL 2.0 and SSL 3.0 off.".to_owned()
    } else {
        format!("On Windows 7, 8 or 8.1, double-click {WINDOWS_7}, which switches on TLS 1.2.")
    }));
    if client.remembers_server {
        points.push(Point::new(
            "If the client ever signed in to another server, close it, start regedit and delete the value Server of \
             HKEY_CURRENT_USER\\Software\\Microsoft\\MSNMessenger.",
        ));
    }
    points
        .push(Point::new("In a command window, run `ipconfig /flushdns`, so that Windows forgets the old addresses."));
    points.push(Point::new(SIGN_IN));
    points
}

const CLOCK: &str = "Check the PC's date, including the year. If the date is wrong, Windows rejects the certificate.";

/// Returns the steps that make Windows trust the server. Skips the fingerprint on Windows XP, which has no program that
/// computes a SHA-256.
fn certificate(client: &Client, place: &Place) -> Vec<Point> {
    let install = |name| {
        Point::new(format!(
            "Save {name} and double-click it. Choose Install Certificate, and the current user if Windows asks. Then \
             choose \"Place all certificates in the following store\", Browse, \"Trusted Root Certification \
             Authorities\". When Windows shows a warning, answer Yes."
        ))
    };
    match (client.kind, &place.offer.old, &place.offer.root) {
        (Kind::Xp, Some(_), _) => vec![Point::new(CLOCK), install(XP_CER)],
        (Kind::Windows, _, Some(root)) => {
            let check = format!(
                "If you do not trust the network, ask the operator for the SHA-256 of the root certificate before you \
                 install it. In a command window, `certutil -hashfile {ROOT_CER} SHA256` has to show that value:"
            );
            vec![Point::new(CLOCK), Point::copy(check, &root.fingerprint()), install(ROOT_CER)]
        }
        _ => Vec::new(),
    }
}

fn dangers(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    if client.hosts.contains(&"login.live.com") && (client.is_official() || place.hosts(client).is_some()) {
        let who = if client.is_official() {
            "While these settings are in place, this Windows user (or, with a hosts file, everyone on this PC)"
        } else {
            "With these lines in the hosts file, everyone on this computer"
        };
        points.push(Point::new(format!(
            "Microsoft accounts still sign in at login.live.com. {who} cannot sign in to a Microsoft account, and \
             programs that try may send the password of that account to this server. Use a separate Windows user, \
             computer or virtual machine for this client."
        )));
    }
    points
}

fn notes(client: &Client, place: &Place) -> Vec<Point> {
    let offer = &place.offer;
    let mut points = Vec::new();
    match client.kind {
        Kind::Sdk => points.push(Point::new(
            "Over http:// nothing is encrypted: an attacker on the network can read the password and the chat. The \
             server accepts the password over plain HTTP only from its own computer and from private addresses, \
             unless the operator has allowed other addresses.",
        )),
        Kind::Xp => {
            points.push(Point::new(
                "The TLS of Windows XP is weak: a strong attacker on the network can read the sign-in. Use a \
                 password that you use nowhere else.",
            ));
            points.push(Point::new(
                "Windows XP needs Service Pack 3 for this certificate. The certificate is valid only for the hosts in \
                 it, and cannot sign other certificates.",
            ));
        }
        _ => {
            if let Some(root) = &offer.root {
                points.push(Point::new(format!(
                    "The key of the root certificate never leaves the server. Anyone who has the key could \
                     impersonate the following hosts and the names below them, and no other hosts: {}.",
                    root.names.join(", ")
                )));
            }
        }
    }
    if client.kind != Kind::Sdk {
        points.push(Point::new(
            "Only the sign-in is encrypted. These clients send everything else, including the chat, as clear text.",
        ));
    }
    points.push(Point::new(if client.is_official() { UNTESTED } else { TESTED }));
    points
}

fn undo(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    if client.is_official() && place.offer.proxy {
        points.push(Point::new(format!(
            "Double-click {UNDO} and answer Yes, then sign out of Windows and in again. If you had a proxy script of \
             your own before, set it again in Internet Options."
        )));
    }
    if client.kind == Kind::Windows {
        points.push(Point::new(format!("If you opened {WINDOWS_7}, double-click {UNDO_WINDOWS_7} and answer Yes.")));
    }
    let installed = match (client.kind, &place.offer.old, &place.offer.root) {
        // The name under which Windows lists the certificate that the user installed.
        (Kind::Xp, Some(old), _) => old.names.first().cloned(),
        (Kind::Windows, _, Some(_)) => Some(format!("a name that begins with \"{ROOT_NAME}\"")),
        _ => None,
    };
    if let Some(name) = installed {
        points.push(Point::new(format!(
            "Choose Start, Run, and enter certmgr.msc. Under Trusted Root Certification Authorities, Certificates, \
             delete the one for {name}."
        )));
    }
    points.extend(programs::undo(client, place));
    if place.hosts(client).is_some() {
        points.push(Point::new("If you added lines to the hosts file, delete them."));
    }
    if client.kind == Kind::Xp {
        points.push(Point::new(
            "If you changed the TLS versions by hand, change them back in Internet Options, Advanced, Security.",
        ));
    }
    points
}
