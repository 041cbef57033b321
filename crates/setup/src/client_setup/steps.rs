//! The steps, in plain words: written once, for the page, for `steps.html` and for `steps.txt`.

use askama::Template;
use swallowtail_config::host_port::split;

use super::certificates::ROOT_NAME;
use super::made::{HOSTS, PAC, REG_FILE, ROOT_CER, ROOT_PEM, UNDO, XP_CER};
use super::place::{KNOWN_HTTP, KNOWN_HTTPS, KNOWN_NOTIFICATION, Place};
use crate::client_table::{Client, Kind};

/// The widest line of `steps.txt`, which Notepad shows without a break.
const WIDTH: usize = 78;

/// A part of the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    title: &'static str,
    /// Whether its points come one after the other.
    numbered: bool,
    points: Vec<Point>,
}

/// A thing to do or to know.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Point {
    text: String,
    /// Lines to copy, if there are any.
    lines: String,
}

/// The steps for one client, as they are shown: the template writes them as HTML.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "setup_sections.html")]
pub struct Steps {
    sections: Vec<Section>,
}

impl Steps {
    pub(super) fn new(client: &Client, place: &Place) -> Self {
        Self { sections: sections(client, place) }
    }

    /// As plain text, with line ends of Windows.
    pub(super) fn text(&self, client: &Client) -> String {
        let title = format!("{}: the way in", client.name);
        let mut lines = vec![title.clone(), "=".repeat(title.len())];
        for section in &self.sections {
            lines.extend([String::new(), section.title.to_owned(), "-".repeat(section.title.len())]);
            for (number, point) in (1..).zip(&section.points) {
                let mark = if section.numbered { format!("{number}. ") } else { "* ".to_owned() };
                wrap(&mark, &point.text, &mut lines);
                lines.extend(point.lines.lines().map(|line| format!("      {line}")));
            }
        }
        lines.join("\r\n") + "\r\n"
    }
}

/// Everything that the user of a client has to be told.
fn sections(client: &Client, place: &Place) -> Vec<Section> {
    let mut sections = vec![section("Before you begin", true, before(place))];
    let missing = missing(client, place);
    if !missing.is_empty() {
        sections.push(section("What this server lacks", false, missing));
    }
    sections.push(section("What you should know first", false, warnings(client, place)));
    match client.kind {
        Kind::Sdk => sections.push(section("In the program", true, told(place))),
        Kind::Xp | Kind::Windows => {
            if place.offer.proxy {
                sections.push(section("On the PC", true, by_proxy(client, place)));
            }
            if let Some(lines) = place.hosts(client) {
                let title = if place.offer.proxy { "Or without the proxy" } else { "On the PC" };
                sections.push(section(title, true, by_hosts_on_windows(client, place, &lines)));
            }
        }
        Kind::Pidgin | Kind::Amsn | Kind::Gtmess => {
            if client.kind == Kind::Pidgin && place.offer.proxy {
                sections.push(section("In Pidgin", true, pidgin_by_proxy(place)));
            }
            if let Some(lines) = place.hosts(client) {
                let title = if client.kind == Kind::Pidgin { "Or without the proxy" } else { "On the computer" };
                sections.push(section(title, true, by_hosts(place, &lines)));
            }
        }
    }
    sections.push(section("To undo everything", true, undo(client, place)));
    sections
}

const UNTESTED: &str = "No original client was run against this server yet, and nobody has tried these steps. They follow what is known of the \
    clients, and what other programs did that speak as they do. If one is wrong, please tell the operator.";

fn section(title: &'static str, numbered: bool, points: Vec<Point>) -> Section {
    Section { title, numbered, points }
}

fn point(text: impl Into<String>) -> Point {
    Point { text: text.into(), lines: String::new() }
}

fn copy(text: impl Into<String>, lines: &str) -> Point {
    Point { text: text.into(), lines: lines.replace('\r', "").trim_end().to_owned() }
}

fn before(place: &Place) -> Vec<Point> {
    let open = format!(
        "Open {} in a browser on the computer that is to chat. If it does not open, the client will not come through either: ask the operator.",
        place.page("/")
    );
    let account = format!("Make an account at {}, or have the operator make one.", place.page("/signup"));
    let mut points = vec![point(open), point(account)];
    if place.is_local() {
        points.push(point(format!(
            "These steps are for the computer on which the server itself runs: {} leads nowhere else. For another one, take them by an address of \
             the server's that it can reach.",
            place.host
        )));
    }
    points
}

/// What the operator has to do first, for this client.
fn missing(client: &Client, place: &Place) -> Vec<Point> {
    let offer = &place.offer;
    let mut points = Vec::new();
    match client.kind {
        Kind::Sdk => {}
        Kind::Xp => {
            if offer.old.is_none() {
                let command = format!("swallowtail client-setup --client {}", client.id);
                points.push(copy("A certificate for Windows XP. The operator makes it once, with", &command));
            }
            if offer.old_tls.is_none() {
                points.push(point(
                    "The helper for the TLS of Windows XP. The operator starts it (packaging/old-tls) and names it in the key \
                     proxy.old_tls.",
                ));
            }
        }
        _ if offer.root.is_none() => {
            points.push(point(
                "A root certificate of its own (tls.own_root is false): only programs that trust its other certificates for Microsoft's \
                 old names can sign in.",
            ));
        }
        _ => {}
    }
    let proxied = offer.proxy && (client.is_official() || client.kind == Kind::Pidgin);
    if place.http.is_none() && (proxied || client.kind == Kind::Sdk) {
        let key = place.key("http");
        points.push(point(format!(
            "Plain HTTP on the network by which you opened this page: the client knows no other way to ask (the operator's key {key})."
        )));
    }
    if client.kind == Kind::Sdk {
        return points;
    }
    if !offer.proxy && client.is_official() {
        points.push(point("Being a proxy (proxy.enabled is false): only the way by a hosts file is left."));
    }
    if !proxied {
        points.extend(ports(client, place));
        if place.ip().is_none() {
            let is =
                if place.host.contains(':') { "is of IPv6, of which these clients know nothing" } else { "is a name" };
            points.push(point(format!(
                "A hosts file needs an address of IPv4, and {} {is}: open this page by such an address of the server's.",
                place.host
            )));
        }
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
            let text =
                format!("{what} has to be on port {wanted}, where the client looks; {is} (the operator's key {key}).");
            points.push(point(text));
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
    let mut points = vec![point(format!(
        "Save {REG_FILE}, open it with a double-click and answer Yes. It has Windows ask this server for Microsoft's old hosts, by \
         {}, and switches the right TLS versions on. Every line of it says what it does.",
        place.page(&format!("/setup/{}/{PAC}", client.id))
    ))];
    points.extend(certificate(client, place));
    points.push(point("Sign out of Windows and in again, so that every program sees the new settings."));
    points.push(point(SIGN_IN));
    points
}

const SIGN_IN: &str = "Start the client and sign in with the address and the password of your account here.";

fn by_hosts_on_windows(client: &Client, place: &Place, lines: &str) -> Vec<Point> {
    let mut points = ports(client, place);
    if place.offer.proxy {
        points.push(point(format!("If you opened {REG_FILE}, open {UNDO} first: one way or the other.")));
    }
    points.push(copy(
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
    points.push(point(switch));
    if client.remembers_server {
        points.push(point(
            "If the client ever signed in elsewhere, close it, start regedit and delete the value Server of \
             HKEY_CURRENT_USER\\Software\\Microsoft\\MSNMessenger.",
        ));
    }
    points.push(point("In a command window, ipconfig /flushdns has Windows forget the old addresses."));
    points.push(point(SIGN_IN));
    points
}

const CLOCK: &str = "Look at the clock of the PC, with its year: a certificate is not valid outside of its dates.";

/// Having Windows trust the server. XP has nothing that computes a SHA-256.
fn certificate(client: &Client, place: &Place) -> Vec<Point> {
    let install = |name| {
        point(format!(
            "Save {name} and open it with a double-click. Choose Install Certificate, for the current user if you are asked, then \"Place all \
             certificates in the following store\", Browse, \"Trusted Root Certification Authorities\". Windows warns you; answer Yes."
        ))
    };
    match (client.kind, &place.offer.old, &place.offer.root) {
        (Kind::Xp, Some(_), _) => vec![point(CLOCK), install(XP_CER)],
        (Kind::Windows, _, Some(root)) => {
            let check = format!(
                "If you do not trust the network, ask the operator for the SHA-256 of the root and compare before you install it: \
                 certutil -hashfile {ROOT_CER} SHA256 in a command window has to show"
            );
            vec![point(CLOCK), copy(check, &root.fingerprint()), install(ROOT_CER)]
        }
        _ => Vec::new(),
    }
}

fn pidgin_by_proxy(place: &Place) -> Vec<Point> {
    let mut points = vec![
        point(
            "Accounts, Add: the protocol is WLM, as msn-pecan calls it. Username and password are those of your account here.",
        ),
        point(format!(
            "On the page Proxy choose the type HTTP, the host {} and the port {}.",
            place.host,
            place.http_port()
        )),
    ];
    points.extend(trust(place));
    points
}

fn by_hosts(place: &Place, lines: &str) -> Vec<Point> {
    let mut points = vec![copy(
        "Put these lines at the end of /etc/hosts (on Windows: C:\\Windows\\System32\\drivers\\etc\\hosts):",
        lines,
    )];
    points.extend(trust(place));
    points.push(point("Start the program and sign in with the address and the password of your account here."));
    points
}

fn trust(place: &Place) -> Option<Point> {
    place.offer.root.as_ref()?;
    Some(copy(
        format!(
            "If the program asks whether to trust the certificate of this server, compare it with {ROOT_PEM} and say yes. If it refuses it \
             without asking, have the system trust {ROOT_PEM}; on Debian:"
        ),
        &format!("cp {ROOT_PEM} /usr/local/share/ca-certificates/swallowtail-root.crt\nupdate-ca-certificates"),
    ))
}

fn told(place: &Place) -> Vec<Point> {
    vec![
        copy("The notification server is", &place.notification),
        copy("The address of the nexus is", &place.page("/rdr/pprdr-url.asp")),
        point("Sign in with the address and the password of your account here."),
    ]
}

fn warnings(client: &Client, place: &Place) -> Vec<Point> {
    let offer = &place.offer;
    let mut points = Vec::new();
    if client.hosts.contains(&"login.live.com") && (client.is_official() || place.hosts(client).is_some()) {
        let who = if client.is_official() {
            "While these settings are in place nothing that this Windows user runs (with a hosts file: nobody on this PC)"
        } else {
            "With these lines in the hosts file nobody on this computer"
        };
        points.push(point(format!(
            "login.live.com is where Microsoft accounts sign in to this day. {who} can sign in to one, and what tries to may send its \
             password to this server. Use a Windows user, a computer or a virtual machine for it alone."
        )));
    }
    match client.kind {
        Kind::Sdk => points.push(point(
            "Over plain http the password can be read on the way. The server takes it only from loopback and private addresses.",
        )),
        Kind::Xp => {
            points.push(point(
                "The TLS of Windows XP is weak: a strong attacker on the line can read the sign-in. Take a password that you use nowhere else.",
            ));
            points.push(point(
                "Windows XP needs Service Pack 3 for this certificate. It is valid for the hosts named in it and cannot vouch for others.",
            ));
        }
        _ => {
            if let Some(root) = &offer.root {
                points.push(point(format!(
                    "Whoever has the key of the root certificate, which never leaves the server, could pretend to you to be one of these \
                     hosts or a name below one of them, and nobody else: {}.",
                    root.names.join(", ")
                )));
            }
        }
    }
    points
        .push(point("Only the sign-in is encrypted. These clients send everything else, the chat too, as clear text."));
    points.push(point(UNTESTED));
    points
}

fn undo(client: &Client, place: &Place) -> Vec<Point> {
    let mut points = Vec::new();
    if client.is_official() && place.offer.proxy {
        points.push(point(format!(
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
        points.push(point(format!(
            "Start, Run, certmgr.msc: under Trusted Root Certification Authorities, Certificates, delete the one for {name}."
        )));
    }
    match client.kind {
        Kind::Sdk => points.push(point("Put back what the program was set to before.")),
        Kind::Pidgin => {
            points.push(point("Remove the account, or choose \"Use Global Proxy Settings\" on its page Proxy."));
        }
        _ => {}
    }
    if !client.is_official() && client.kind != Kind::Sdk && place.offer.root.is_some() {
        points.push(copy(
            "If you had the system trust the root; on Debian:",
            "rm /usr/local/share/ca-certificates/swallowtail-root.crt\nupdate-ca-certificates --fresh",
        ));
    }
    if place.hosts(client).is_some() {
        points.push(point("If you put lines into the hosts file, take them out again."));
        if client.is_official() {
            points.push(point(
                "If you changed the TLS versions by hand, change them back: Internet Options, Advanced, Security.",
            ));
        }
    }
    points
}

/// Breaks a text at blanks; what follows the first line stands under its first word.
fn wrap(mark: &str, text: &str, lines: &mut Vec<String>) {
    let mut line = mark.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.len() + 1 + word.len() > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(mark.len())));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
}
