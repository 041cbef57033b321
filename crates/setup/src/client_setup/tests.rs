use std::sync::Arc;

use swallowtail_config::Config;

use super::*;
use crate::client_table::{Client, Kind};
use crate::hosts::SIGN_IN;

fn place(host: &str, settings: &str) -> Place {
    let config = Config::parse(settings).unwrap();
    let certificate = |name: &str| PublicCertificate {
        der: name.as_bytes().to_vec(),
        pem: format!("{name} as text"),
        names: names(&config),
    };
    let offer = Offer::new(&config, Some(certificate("root")), Some(certificate("old")));
    Place::of_main(&config, host.to_owned(), Arc::new(offer))
}

fn file(id: &str, place: &Place, name: &str) -> Option<Vec<u8>> {
    let kit = Kit::new(Client::find(id).unwrap(), place).unwrap();
    kit.files.into_iter().find(|file| file.name == name).map(|file| file.body)
}

fn text(id: &str, place: &Place, name: &str) -> String {
    String::from_utf8(file(id, place, name).unwrap()).unwrap()
}

/// Decodes a file for regedit of Windows 2000 and later.
fn utf16(bytes: &[u8]) -> String {
    let units: Vec<_> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

/// Settings in which every service is on the port that clients expect, and the terminator has its
/// own address.
const GOOD: &str = "[listen]\nnotification = \"0.0.0.0:1863\"\nhttp = \"0.0.0.0:80\"\nhttps = \"0.0.0.0:443\"\n\
    [proxy]\nold_tls = \"192.0.2.7:443\"\n";

#[test]
fn windows_xp_gets_its_registry_file_in_the_older_format() {
    let expected = "REGEDIT4\r\n\r\n\
        ; Connects MSN Messenger 6.0 to 6.2 on Windows XP to the server 192.0.2.1.\r\n\
        ; Applies only to the Windows user who opens this file. undo.reg undoes it.\r\n\r\n\
        [HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\r\n\
        ; The proxy script. Windows uses this server only for Microsoft's old host names.\r\n\
        \"AutoConfigURL\"=\"http://192.0.2.1:8080/setup/6.2-xp/proxy.pac\"\r\n\
        ; TLS 1.0 on, SSL 2.0 and 3.0 off. Otherwise the client shows error 80048821.\r\n\
        \"SecureProtocols\"=dword:00000080\r\n\r\n\
        [HKEY_CURRENT_USER\\Software\\Microsoft\\MSNMessenger]\r\n\
        ; Forgets the server of the last sign-in, so that the client looks up messenger.hotmail.com.\r\n\
        \"Server\"=-\r\n\r\n";
    assert_eq!(text("6.2-xp", &place("192.0.2.1", ""), "swallowtail.reg"), expected);
}

#[test]
fn systems_after_windows_xp_get_a_registry_file_in_utf_16_and_can_undo_each_value_of_the_file() {
    let place = place("msn.example.org", GOOD);
    let set = utf16(&file("7.5", &place, "swallowtail.reg").unwrap());
    assert!(set.starts_with("\u{feff}Windows Registry Editor Version 5.00\r\n\r\n"), "{set}");
    assert!(set.contains("\"AutoConfigURL\"=\"http://msn.example.org/setup/7.5/proxy.pac\"\r\n"), "{set}");
    assert!(!set.contains("SecureProtocols"), "Windows 10 and 11 keep TLS 1.3: {set}");
    let seven = utf16(&file("7.5", &place, "windows-7.reg").unwrap());
    assert!(seven.contains("\"SecureProtocols\"=dword:00000a80\r\n"), "{seven}");
    let undone = utf16(&file("7.5", &place, "undo-windows-7.reg").unwrap());
    assert!(undone.contains("\"SecureProtocols\"=-\r\n"), "{undone}");
    assert!(!set.contains("MSNMessenger"), "7.5 does not remember a server there: {set}");
    let values = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.starts_with(['"', '[']))
            .map(|line| line.split('=').next().unwrap().to_owned())
            .collect()
    };
    for client in Client::ALL.iter().filter(|client| client.is_official()) {
        let read = |name| {
            let bytes = file(client.id, &place, name).unwrap();
            if client.needs_old_tls() { String::from_utf8(bytes).unwrap() } else { utf16(&bytes) }
        };
        let (set, undo) = (read("swallowtail.reg"), read("undo.reg"));
        assert_eq!(values(&set), values(&undo), "{}", client.id);
        assert!(undo.lines().filter(|line| line.starts_with('"')).all(|line| line.ends_with("=-")), "{undo}");
        for text in [set, undo] {
            assert!(text.is_ascii() || text.starts_with('\u{feff}'), "{text}");
            assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        }
    }
}

#[test]
fn the_proxy_script_has_only_the_hosts_of_its_client() {
    let place = place("192.0.2.1", "");
    let script = text("7.0", &place, "proxy.pac");
    assert!(script.contains("if (host == \"nexus.passport.com\") return \"PROXY 192.0.2.1:8080\";\r\n"), "{script}");
    assert_eq!(script.matches("PROXY").count(), Client::find("7.0").unwrap().hosts.len());
    assert!(!script.contains("login.live.com"), "Microsoft accounts would not work: {script}");
}

#[test]
fn the_hosts_file_for_windows_xp_points_to_the_terminator_and_needs_an_ipv4_address() {
    let good = place("192.0.2.1", GOOD);
    let lines = text("7.5-xp", &good, "hosts.txt");
    assert!(lines.starts_with("192.0.2.1 messenger.hotmail.com\r\n"), "{lines}");
    assert!(lines.contains("\r\n192.0.2.7 loginnet.passport.com\r\n"), "{lines}");
    assert!(text("7.5", &good, "hosts.txt").contains("\r\n192.0.2.1 loginnet.passport.com\r\n"));
    assert!(text("amsn", &good, "hosts.txt").contains("192.0.2.1 www.amsn-project.net\r\n"), "aMSN hangs without it");
    assert_eq!(file("gtmess", &good, "hosts.txt"), None, "the servers of gtmess are options");
    assert_eq!(file("7.5", &place("msn.example.org", GOOD), "hosts.txt"), None);
    // If the terminator is not on port 443 of an address that clients can reach, a hosts file
    // cannot point to the terminator, and clients on XP cannot sign in with a hosts file.
    for settings in ["", "[proxy]\nold_tls = \"127.0.0.1:443\"", "[proxy]\nold_tls = \"192.0.2.7:8443\""] {
        assert_eq!(file("7.5-xp", &place("192.0.2.1", settings), "hosts.txt"), None, "{settings}");
    }
}

#[test]
fn each_system_gets_a_certificate_that_it_supports() {
    let place = place("192.0.2.1", GOOD);
    for client in Client::ALL {
        let get = |name| file(client.id, &place, name);
        let (old, root) = (get("swallowtail-xp.cer"), get("swallowtail-root.cer"));
        assert_eq!(old.is_some(), client.needs_old_tls(), "{}", client.id);
        assert_eq!(root.is_some(), !client.needs_old_tls() && client.kind != Kind::Sdk, "{}", client.id);
        assert_eq!(get("swallowtail-root.pem").is_some(), root.is_some());
    }
}

#[test]
fn the_instructions_say_how_to_undo_everything_and_what_was_tested() {
    let place = place("192.0.2.1", GOOD);
    for client in Client::ALL {
        let (plain, page) = (text(client.id, &place, "steps.txt"), text(client.id, &place, "steps.html"));
        let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        let state =
            if client.is_official() { "No original client has been run against" } else { "on 28 November 2026." };
        for sentence in ["To undo everything", state, "http://192.0.2.1/signup"] {
            assert!(words.contains(sentence) && page.contains(sentence), "{} {sentence}", client.id);
        }
        assert!(!words.contains("Not possible yet"), "{}: {words}", client.id);
        assert_eq!(
            words.contains("Microsoft accounts still sign in at login.live.com"),
            client.hosts.contains(&"login.live.com")
        );
        assert!(plain.is_ascii() && !plain.replace("\r\n", "").contains('\n'));
        // Notepad does not wrap lines. An address or a fingerprint cannot be wrapped.
        assert!(plain.lines().all(|line| line.len() <= 78 || line.starts_with("      ")), "{plain}");
    }
}

#[test]
fn instructions_for_a_loopback_host_say_that_they_work_only_on_the_server() {
    let local = |host| text("7.5", &place(host, GOOD), "steps.txt").contains("only work on the computer running");
    assert!(local("127.0.0.1") && local("localhost"));
    assert!(!local("192.0.2.1") && !local("msn.example.org"));
}

#[test]
fn the_instructions_name_each_missing_service_and_the_setting_for_it() {
    let without = Place { offer: Arc::new(Offer::new(&Config::default(), None, None)), ..place("msn.example.org", "") };
    let words = |id, place: &Place| text(id, place, "steps.txt").split_whitespace().collect::<Vec<_>>().join(" ");
    let xp = words("7.0-xp", &without);
    for lacking in ["swallowtail client-setup --client 7.0-xp", "proxy.old_tls"] {
        assert!(xp.contains(lacking), "{xp}");
    }
    assert!(words("7.5", &without).contains("tls.own_root"));
    let gtmess = words("gtmess", &without);
    for lacking in ["must be on port 443, to which the client connects; it has no port now", "listen.https"] {
        assert!(gtmess.contains(lacking), "{gtmess}");
    }
    let switched_off = place("192.0.2.1", "[proxy]\nenabled = false");
    let words = words("7.5", &switched_off);
    assert!(words.contains("proxy.enabled to true") && words.contains("it is on port 8080 now"), "{words}");
    assert_eq!(file("7.5", &switched_off, "swallowtail.reg"), None);
}

#[test]
fn certificates_contain_the_sign_in_hosts_and_the_names_in_the_settings() {
    let settings = "[listen]\nhttps = \"192.0.2.9:443\"\n[advertise]\npassport = \"Login.Example.com:8080\"\n\
        [http]\nnames = [\"msn.example.org\", \"login.example.com\", \"msn.example.org.\", \"-\"]\n";
    let names = names(&Config::parse(settings).unwrap());
    assert_eq!(names[0], "login.live.com", "the common name");
    assert_eq!(names[..SIGN_IN.len()], SIGN_IN);
    assert_eq!(names[SIGN_IN.len()..], ["msn.example.org", "login.example.com", "192.0.2.9"]);
}

#[test]
fn default_certificates_contain_exactly_the_sign_in_hosts() {
    let names = names(&Config::default());
    for name in &names {
        assert!(Client::ALL.iter().any(|client| client.hosts.contains(&name.as_str())), "{name}");
    }
    assert_eq!(names, SIGN_IN, "the hosts where clients sign in");
}

#[test]
fn the_instructions_name_the_settings_and_ports_of_the_visitors_network() {
    let mut far = Place {
        http: None,
        https: Some(8443),
        notification: "chat.example.com:1900".to_owned(),
        network: "far".to_owned(),
        ..place("192.0.2.1", GOOD)
    };
    let words = |id, place: &Place| text(id, place, "steps.txt").split_whitespace().collect::<Vec<_>>().join(" ");
    let (official, gtmess, sdk) = (words("7.5", &far), words("gtmess", &far), words("msnp11-sdk", &far));
    for (text, lacking) in [
        (&official, "Offer plain HTTP on the network through which you opened this page"),
        (&official, "(network.far.listen.http)"),
        (&gtmess, "it is on port 8443 now (network.far.listen.https)"),
        (&sdk, "it is on port 1900 now (network.far.listen.notification)"),
        (&sdk, "(network.far.listen.http)"),
    ] {
        assert!(text.contains(lacking), "{lacking}: {text}");
    }
    far.http = Some(80);
    assert!(!words("7.5", &far).contains("Not possible yet"));
    far.https = Some(443);
    let gtmess = words("gtmess", &far);
    assert!(gtmess.contains("-O server=chat.example.com:1900 -O passp_server=192.0.2.1/login2.srf"), "{gtmess}");
    assert!(gtmess.contains("~/.gtmess/root.pem"), "the only file that gtmess reads: {gtmess}");
    far.notification = "chat.example.com:1863".to_owned();
    let sdk = words("msnp11-sdk", &far);
    assert!(sdk.contains("chat.example.com") && !sdk.contains("chat.example.com:"), "the server has no port: {sdk}");
    assert!(!sdk.contains("Only the sign-in is encrypted"), "{sdk}");
}

#[test]
fn the_instructions_for_amsn_and_pidgin_explain_the_proxy_before_the_hosts_file() {
    let place = place("192.0.2.1", GOOD);
    for (id, first, second) in [
        ("amsn", "I am behind a proxy server", "www.amsn-project.net"),
        ("pidgin", "make GIO=", "192.0.2.1 login.live.com"),
    ] {
        let text = text(id, &place, "steps.txt");
        let places = [first, "Or without the proxy", second].map(|part| text.find(part));
        assert!(places.is_sorted() && places[0].is_some(), "{places:?} {text}");
    }
}

#[test]
fn an_ipv6_address_is_in_brackets_where_a_port_may_follow() {
    for (settings, port) in [(GOOD, ""), ("", ":8080")] {
        let six = place("2001:db8::1", settings);
        assert_eq!(six.page("/setup"), format!("http://[2001:db8::1]{port}/setup"));
        assert!(
            text("7.5", &six, "proxy.pac")
                .contains(&format!("PROXY [2001:db8::1]{}\"", if port.is_empty() { ":80" } else { port }))
        );
        assert_eq!(file("7.5", &six, "hosts.txt"), None);
    }
    assert!(place("::1", "").is_local());
    let without_proxy = place("2001:db8::1", "[proxy]\nenabled = false");
    assert!(text("amsn", &without_proxy, "steps.txt").contains("an IPv6 address"));
}

#[test]
fn the_instructions_say_to_delete_the_installed_certificate() {
    let good = place("192.0.2.1", GOOD);
    let old =
        good.offer.old.clone().map(|old| PublicCertificate { names: vec!["other.example.com".to_owned()], ..old });
    let renamed = Place { offer: Arc::new(Offer { old, ..(*good.offer).clone() }), ..good.clone() };
    let without = Place { offer: Arc::new(Offer { old: None, root: None, ..(*good.offer).clone() }), ..good.clone() };
    let words = |id, place: &Place| text(id, place, "steps.txt").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words("7.0-xp", &good).contains("delete the one for login.live.com."));
    assert!(words("7.0-xp", &renamed).contains("delete the one for other.example.com."));
    assert!(words("7.0", &good).contains("delete the one for a name that begins with \"Swallowtail root\"."));
    for id in ["7.0-xp", "7.0"] {
        assert!(!words(id, &without).contains("certmgr"), "{id}");
    }
}

#[test]
fn a_new_root_belongs_to_the_owner_of_the_data_directory() {
    use std::os::unix::fs::{MetadataExt, chown};
    let data = tempfile::tempdir().unwrap();
    // Only the superuser can change the owner. For other users, the owners of the directory and of the root stay the
    // same.
    let _ = chown(data.path(), Some(1), Some(1));
    Root::open(data.path(), &["login.live.com".to_owned()]).unwrap();
    let owner = |path: &str| std::fs::metadata(data.path().join(path)).unwrap().uid();
    assert_eq!((owner("root"), owner("root/key.pem")), (owner(""), owner("")));
}

#[test]
fn a_root_is_created_once_and_only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let own = |name: &str| vec!["login.live.com".to_owned(), name.to_owned()];
    // Several threads open the root at the same time, as a server and a command might.
    let made: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Root::open(data.path(), &own("a.example.com")).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().public().clone()).collect()
    });
    assert!(made.iter().all(|root| *root == made[0]));
    let again = Root::open(data.path(), &own("b.example.com")).unwrap();
    assert_eq!(*again.public(), made[0], "the root does not change when the settings change");
    let mode = |path: &str| std::fs::metadata(data.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("root"), mode("root/key.pem")), (0o700, 0o600));
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 1, "no temporary directory is left");
    assert_ne!(again.sign().unwrap().cert, again.sign().unwrap().cert, "a new key each time");

    std::fs::write(data.path().join("root/key.pem"), "no key").unwrap();
    let error = format!("{:#}", Root::open(data.path(), &own("a.example.com")).unwrap_err());
    assert!(error.contains("root/key.pem") && error.contains("delete"), "{error}");
}
