//! The steps, in plain words: written once, for the page, for `steps.html` and for `steps.txt`.

use swallowtail_config::host_port::split;

use super::certificates::ROOT_NAME;
use super::made::{HOSTS, PAC, REG_FILE, ROOT_CER, ROOT_PEM, UNDO, XP_CER};
use super::place::{KNOWN_HTTP, KNOWN_HTTPS, KNOWN_NOTIFICATION, Place};
use super::section::{Point, Section};
use crate::client_table::{Client, Kind};

/// The instructions for one client on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// What to know and to do, in the order of the page.
    pub(super) sections: Vec<Section>,
    /// How to undo all of it, which is a page of its own.
    pub(super) undo: Section,
}

impl Steps {
    pub(super) fn new(client: &Client, place: &Place) -> Self {
        let undo = Section::steps("To undo everything", undo(client, place));
        Self { sections: sections(client, place), undo }
    }
}

/// Everything that the user of a client needs to know, except how to undo it.
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

/// The ways by which the client can connect, the best one first. A second way is shown only if it works.
fn ways(client: &Client, place: &Place) -> Vec<Section> {
    let proxied = place.offer.proxy && (client.is_official() || client.kind == Kind::Pidgin);
    let lines = place.hosts(client).unwrap_or_default();
    let by_hosts_file = match client.kind {
        Kind::Sdk => return vec![Section::way("In the program", no_http(place), told(place))],
        Kind::Xp | Kind::Windows => by_hosts_on_windows(client, place, &lines),
        Kind::Pidgin | Kind::Amsn | Kind::Gtmess => by_hosts(place, &lines),
    };
    let missing_for_hosts = [no_certificate(client, place), no_address(client, place), ports(client, place)].concat();
    if !proxied {
        let mut missing = missing_for_hosts;
        if client.is_official() && !missing.is_empty() {
            missing.push(Point::new("Or set `proxy.enabled` to true: by proxy, the client needs no particular ports."));
        }
        let title = if client.is_official() { "On the PC" } else { "On the computer" };
        return vec![Section::way(title, missing, by_hosts_file)];
    }
    let missing = [no_certificate(client, place), no_http(place)].concat();
    let mut ways = vec![if client.is_official() {
        Section::way("On the PC", missing, by_proxy(client, place))
    } else {
        Section::way("In Pidgin", missing, pidgin_by_proxy(place))
    }];
    if missing_for_hosts.is_empty() {
        ways.push(Section::steps("Or without the proxy", by_hosts_file));
    }
    ways
}

const UNTESTED: &str = "No original client was run against this server yet, and nobody has tried these steps. They follow what is known of the \
    clients, and what other programs did that speak as they do. If one is wrong, please tell the operator.";

fn before(place: &Place) -> Vec<Point> {
    let open = format!(
        "Open {} in a browser on the computer that is to chat. If it does not open, the client will not come through either: ask the operator.",
        place.page("/")
    );
    let account = format!("Make an account at {}, or have the operator make one.", place.page("/signup"));
    let mut points = vec![Point::new(open), Point::new(account)];
    if place.is_local() {
        points.push(Point::new(format!(
            "These steps are for the computer on which the server itself runs: {} leads nowhere else. For another one, take them by an address of \
             the server's that it can reach.",
            place.host
        )));
    }
    points
}

/// What the operator has to do before the client can trust the server, if anything.
fn no_certificate(client: &Client, place: &Place) -> Vec<Point> {
    let offer = &place.offer;
    let mut points = Vec::new();
    if client.kind == Kind::Xp {
        if offer.old.is_none() {
            let command = format!("swallowtail client-setup --client {}", client.id);
            points.push(Point::copy("Create a certificate for Windows XP, once, with", &command));
        }
        if offer.old_tls.is_none() {
            points.push(Point::new(
                "Start the helper for the TLS of Windows XP (packaging/old-tls) and set `proxy.old_tls` to its address.",
            ));
        }
    }
    if client.kind == Kind::Windows && offer.root.is_none() {
        points.push(Point::new(
            "Set `tls.own_root` to true: without a root certificate of its own, the server cannot sign for Microsoft's \
             old host names.",
        ));
    }
    points
}

/// What the operator has to do where the client can only use plain HTTP and the server does not offer it.
fn no_http(place: &Place) -> Vec<Point> {
    if place.http.is_some() {
        return Vec::new();
    }
    let key = place.key("http");
    vec![Point::new(format!(
        "Offer plain HTTP on the network by which you opened this page: the client needs it (`{key}`)."
    ))]
}

/// What is missing for a hosts file, which can hold nothing but an IPv4 address.
fn no_address(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    if place.ip().is_none() {
        let is = if place.host.contains(':') { "an IPv6 address, which these clients cannot use" } else { "a name" };
        points.push(Point::new(format!(
            "A hosts file needs an IPv4 address, and {} is {is}. Open this page by an IPv4 address of the server.",
            place.host
        )));
    } else if client.kind == Kind::Xp && place.offer.old_tls.is_some() && place.old_tls_for_hosts().is_none() {
        points.push(Point::new(
            "The helper for Windows XP has to listen on port 443 of an address of its own (`proxy.old_tls`).",
        ));
    }
    points
}

/// What has to be on the ports where a client looks that has only names, and is not.
fn ports(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    let mut want = |what, key, wanted: u16, port: Option<u16>| {
        if port != Some(wanted) {
            let is = port.map_or_else(|| "there is none now".to_owned(), |port| format!("it is port {port} now"));
            let key = place.key(key);
            let text = format!("{what} has to be on port {wanted}, where the client looks; {is} (`{key}`).");
            points.push(Point::new(text));
        }
    };
    let notification = split(&place.notification).and_then(|(_, port)| port);
    want("The notification server", "notification", KNOWN_NOTIFICATION, notification.or(Some(KNOWN_NOTIFICATION)));
    if client.is_official() {
        want("What the client fetches over HTTP", "http", KNOWN_HTTP, place.http);
    }
    if client.kind != Kind::Xp {
        want("The sign-in over TLS", "https", KNOWN_HTTPS, place.https);
    }
    points
}

fn by_proxy(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = vec![Point::new(format!(
        "Save {REG_FILE}, open it with a double-click and answer Yes. It has Windows ask this server for Microsoft's old hosts, by \
         {}, and switches the right TLS versions on. Every line of it says what it does.",
        place.page(&format!("/setup/{}/{PAC}", client.id))
    ))];
    points.extend(certificate(client, place));
    points.push(Point::new("Sign out of Windows and in again, so that every program sees the new settings."));
    points.push(Point::new(SIGN_IN));
    points
}

const SIGN_IN: &str = "Start the client and sign in with the address and the password of your account here.";

fn by_hosts_on_windows(client: &Client, place: &Place, lines: &str) -> Vec<Point> {
    let mut points = Vec::new();
    if place.offer.proxy {
        points.push(Point::new(format!("If you opened {REG_FILE}, open {UNDO} first: one way or the other.")));
    }
    points.push(Point::copy(
        format!(
            "Open Notepad (on Windows 7 and later with \"Run as administrator\"), open \
             C:\\WINDOWS\\system32\\drivers\\etc\\hosts with it, and put the lines of {HOSTS} at its end:"
        ),
        lines,
    ));
    points.extend(certificate(client, place));
    let switch = if client.kind == Kind::Xp {
        "Internet Options, Advanced, Security: switch TLS 1.0 on, and SSL 2.0 and SSL 3.0 off."
    } else {
        "Internet Options, Advanced, Security: switch TLS 1.2 on."
    };
    points.push(Point::new(switch));
    if client.remembers_server {
        points.push(Point::new(
            "If the client ever signed in elsewhere, close it, start regedit and delete the value Server of \
             HKEY_CURRENT_USER\\Software\\Microsoft\\MSNMessenger.",
        ));
    }
    points.push(Point::new("In a command window, ipconfig /flushdns has Windows forget the old addresses."));
    points.push(Point::new(SIGN_IN));
    points
}

const CLOCK: &str = "Look at the clock of the PC, with its year: a certificate is not valid outside of its dates.";

/// Having Windows trust the server. XP has nothing that computes a SHA-256.
fn certificate(client: &Client, place: &Place) -> Vec<Point> {
    let install = |name| {
        Point::new(format!(
            "Save {name} and open it with a double-click. Choose Install Certificate, for the current user if you are asked, then \"Place all \
             certificates in the following store\", Browse, \"Trusted Root Certification Authorities\". Windows warns you; answer Yes."
        ))
    };
    match (client.kind, &place.offer.old, &place.offer.root) {
        (Kind::Xp, Some(_), _) => vec![Point::new(CLOCK), install(XP_CER)],
        (Kind::Windows, _, Some(root)) => {
            let check = format!(
                "If you do not trust the network, ask the operator for the SHA-256 of the root and compare before you install it: \
                 certutil -hashfile {ROOT_CER} SHA256 in a command window has to show"
            );
            vec![Point::new(CLOCK), Point::copy(check, &root.fingerprint()), install(ROOT_CER)]
        }
        _ => Vec::new(),
    }
}

fn pidgin_by_proxy(place: &Place) -> Vec<Point> {
    let mut points = vec![
        Point::new(
            "Accounts, Add: the protocol is WLM, as msn-pecan calls it. Username and password are those of your account here.",
        ),
        Point::new(format!(
            "On the page Proxy choose the type HTTP, the host {} and the port {}.",
            place.host,
            place.http_port()
        )),
    ];
    points.extend(trust(place));
    points
}

fn by_hosts(place: &Place, lines: &str) -> Vec<Point> {
    let mut points = vec![Point::copy(
        "Put these lines at the end of /etc/hosts (on Windows: C:\\Windows\\System32\\drivers\\etc\\hosts):",
        lines,
    )];
    points.extend(trust(place));
    points.push(Point::new("Start the program and sign in with the address and the password of your account here."));
    points
}

fn trust(place: &Place) -> Option<Point> {
    place.offer.root.as_ref()?;
    Some(Point::copy(
        format!(
            "If the program asks whether to trust the certificate of this server, compare it with {ROOT_PEM} and say yes. If it refuses it \
             without asking, have the system trust {ROOT_PEM}; on Debian:"
        ),
        &format!("cp {ROOT_PEM} /usr/local/share/ca-certificates/swallowtail-root.crt\nupdate-ca-certificates"),
    ))
}

fn told(place: &Place) -> Vec<Point> {
    vec![
        Point::copy("The notification server is", &place.notification),
        Point::copy("The address of the nexus is", &place.page("/rdr/pprdr-url.asp")),
        Point::new("Sign in with the address and the password of your account here."),
    ]
}

fn dangers(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    if client.hosts.contains(&"login.live.com") && (client.is_official() || place.hosts(client).is_some()) {
        let who = if client.is_official() {
            "While these settings are in place nothing that this Windows user runs (with a hosts file: nobody on this PC)"
        } else {
            "With these lines in the hosts file nobody on this computer"
        };
        points.push(Point::new(format!(
            "login.live.com is where Microsoft accounts sign in to this day. {who} can sign in to one, and what tries to may send its \
             password to this server. Use a Windows user, a computer or a virtual machine for it alone."
        )));
    }
    points
}

fn notes(client: &Client, place: &Place) -> Vec<Point> {
    let offer = &place.offer;
    let mut points = Vec::new();
    match client.kind {
        Kind::Sdk => points.push(Point::new(
            "Over plain http the password can be read on the way. The server takes it only from loopback and private addresses.",
        )),
        Kind::Xp => {
            points.push(Point::new(
                "The TLS of Windows XP is weak: a strong attacker on the line can read the sign-in. Take a password that you use nowhere else.",
            ));
            points.push(Point::new(
                "Windows XP needs Service Pack 3 for this certificate. It is valid for the hosts named in it and cannot vouch for others.",
            ));
        }
        _ => {
            if let Some(root) = &offer.root {
                points.push(Point::new(format!(
                    "Whoever has the key of the root certificate, which never leaves the server, could pretend to you to be one of these \
                     hosts or a name below one of them, and nobody else: {}.",
                    root.names.join(", ")
                )));
            }
        }
    }
    points.push(Point::new(
        "Only the sign-in is encrypted. These clients send everything else, the chat too, as clear text.",
    ));
    points.push(Point::new(UNTESTED));
    points
}

fn undo(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    if client.is_official() && place.offer.proxy {
        points.push(Point::new(format!(
            "Open {UNDO} with a double-click and answer Yes, then sign out of Windows and in again. If you had a proxy script of your own \
             before, set it again in Internet Options."
        )));
    }
    let installed = match (client.kind, &place.offer.old, &place.offer.root) {
        // What it is called.
        (Kind::Xp, Some(old), _) => old.names.first().cloned(),
        (Kind::Windows, _, Some(_)) => Some(format!("a name that begins with \"{ROOT_NAME}\"")),
        _ => None,
    };
    if let Some(name) = installed {
        points.push(Point::new(format!(
            "Start, Run, certmgr.msc: under Trusted Root Certification Authorities, Certificates, delete the one for {name}."
        )));
    }
    match client.kind {
        Kind::Sdk => points.push(Point::new("Put back what the program was set to before.")),
        Kind::Pidgin => {
            points.push(Point::new("Remove the account, or choose \"Use Global Proxy Settings\" on its page Proxy."));
        }
        _ => {}
    }
    if !client.is_official() && client.kind != Kind::Sdk && place.offer.root.is_some() {
        points.push(Point::copy(
            "If you had the system trust the root; on Debian:",
            "rm /usr/local/share/ca-certificates/swallowtail-root.crt\nupdate-ca-certificates --fresh",
        ));
    }
    if place.hosts(client).is_some() {
        points.push(Point::new("If you put lines into the hosts file, take them out again."));
        if client.is_official() {
            points.push(Point::new(
                "If you changed the TLS versions by hand, change them back: Internet Options, Advanced, Security.",
            ));
        }
    }
    points
}
