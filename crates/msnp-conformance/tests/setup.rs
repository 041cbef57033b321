//! Tests set-up over the protocol, against a small server that answers like a real server and
//! records the lines that it receives.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows this in test functions, but not in their helpers")]
#![allow(unreachable_pub, dead_code, reason = "the common module is private to this test, which uses only part of it")]

mod common;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use msnp_conformance::{BoxFuture, Endpoints, Needs, NotPlayable, Options, PlayReport, Server, Target};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use common::{assert_passed, failure, play_text, quick};

/// The state of the server.
#[derive(Default)]
struct State {
    /// Every line from every client. The handle that signed in on the connection precedes each
    /// line.
    received: Vec<String>,
    /// The notification connection of each signed-in handle.
    notification: HashMap<String, UnboundedSender<String>>,
    /// The switchboard connection of each handle.
    switchboard: HashMap<String, UnboundedSender<String>>,
    accounts: Vec<String>,
    here: String,
    guids: u32,
}

type Shared = Arc<Mutex<State>>;

/// A server with NS, SB and HTTP on one port. The first word of a line selects the service.
struct SmallServer {
    shared: Shared,
    endpoints: Endpoints,
}

struct SmallTarget(Shared);

impl Target for SmallTarget {
    fn open<'a>(&'a self, _: &'a Needs) -> BoxFuture<'a, Result<Box<dyn Server>, NotPlayable>> {
        Box::pin(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let here = listener.local_addr().unwrap().to_string();
            self.0.lock().unwrap().here.clone_from(&here);
            let shared = Arc::clone(&self.0);
            tokio::spawn(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(serve(stream, Arc::clone(&shared)));
                }
            });
            let endpoints =
                Endpoints { notification: here.clone(), switchboard: here.clone(), http: here, dispatch: None };
            Ok(Box::new(SmallServer { shared: Arc::clone(&self.0), endpoints }) as Box<dyn Server>)
        })
    }
}

impl Server for SmallServer {
    fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    fn create_account<'a>(&'a self, handle: &'a str, _: &'a str, _: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            self.shared.lock().unwrap().accounts.push(handle.to_owned());
            Ok(())
        })
    }

    fn stop(&self, _: u32) -> BoxFuture<'_, Result<(), NotPlayable>> {
        Box::pin(async { Ok(()) })
    }
}

async fn serve(stream: TcpStream, shared: Shared) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let (sender, mut lines) = unbounded_channel::<String>();
    tokio::spawn(async move {
        while let Some(line) = lines.recv().await {
            write.write_all(line.as_bytes()).await.unwrap();
        }
    });
    let mut handle = String::new();
    let mut line = String::new();
    while read.read_line(&mut line).await.unwrap_or(0) > 0 {
        let words: Vec<String> = line.trim_end().split(' ').map(str::to_owned).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if words[0] == "UUX" {
            let mut payload = vec![0; words[2].parse().unwrap()];
            read.read_exact(&mut payload).await.unwrap();
        }
        if words[0] == "OUT" {
            shared.lock().unwrap().notification.remove(&handle);
            return;
        }
        if let ["USR", _, "TWN", "I", who] = words.as_slice() {
            handle = (*who).to_owned();
        }
        let answer = answer(&words, &handle, &sender, &mut shared.lock().unwrap());
        let _ = sender.send(answer);
        line.clear();
    }
}

fn answer(words: &[&str], handle: &str, own: &UnboundedSender<String>, state: &mut State) -> String {
    state.received.push(format!("{handle} {}", words.join(" ")));
    let mut guid = || {
        state.guids += 1;
        format!("guid-{}", state.guids)
    };
    match *words {
        ["VER", n, dialect, ..] => format!("VER {n} {dialect}\r\n"),
        ["CVR", n, ..] => format!("CVR {n} 1 1 1 a b\r\n"),
        ["USR", n, "TWN", "I", _] => format!("USR {n} TWN S ct=1\r\n"),
        ["USR", n, "TWN", "S", ticket] if ticket.starts_with("t=real-") => {
            state.notification.insert(handle.to_owned(), own.clone());
            format!("USR {n} OK {handle} 1 0\r\nMSG Hotmail Hotmail 2\r\nhi")
        }
        ["USR", n, "TWN", "S", _] => format!("911 {n}\r\n"),
        ["SYN", n, "0"] => format!("SYN {n} 41 0 1\r\nGTC A\r\nBLP AL\r\nLSG 0 Other 0\r\n"),
        ["SYN", n, ..] => format!(
            "SYN {n} a b 1 1\r\nGTC A\r\nBLP AL\r\nPRP MFN Old\r\nPRP PHW 9\r\nLSG Gone gone-1\r\n\
             LST N=old@example.com F=x C=old-1 3 1 gone-1\r\n"
        ),
        ["PNG"] => "QNG 50\r\n".to_owned(),
        ["CHG", n, ..] => format!("CHG {n} {}\r\nCHL 0 77\r\nFLN late@example.com\r\n", words[2..].join(" ")),
        ["UUX", n, _] => format!("UUX {n} 0\r\n"),
        ["ADC", n, "FL", who, nick] if who.starts_with("N=") => format!("ADC {n} FL {who} {nick} C={}\r\n", guid()),
        ["ADG", n, name] => format!("ADG {n} {name} {}\r\n", guid()),
        ["XFR", n, "SB"] => format!("XFR {n} SB {} CKI ck\r\n", state.here),
        ["USR", n, who, "ck"] => {
            state.switchboard.insert(who.to_owned(), own.clone());
            format!("USR {n} OK {who} Name\r\n")
        }
        ["CAL", n, who] => {
            let ring = format!("RNG 555 {} CKI ck2 caller Name\r\n", state.here);
            state.notification[who].send(ring).unwrap();
            format!("CAL {n} RINGING 555\r\n")
        }
        ["ANS", n, who, "ck2", "555"] => {
            for other in state.switchboard.values() {
                other.send(format!("JOI {who} Name\r\n")).unwrap();
            }
            state.switchboard.insert(who.to_owned(), own.clone());
            format!("IRO {n} 1 1 x Name\r\nANS {n} OK\r\n")
        }
        ["GET", "/login2.srf", ..] => {
            "HTTP/1.1 200 OK\r\nAuthentication-Info: Passport1.4 da-status=success,from-PP='t=real-1&p='\r\n\
             Content-Length: 0\r\n\r\n"
                .to_owned()
        }
        ["ADC" | "PRP" | "BLP" | "REM" | "RMG", ..] => format!("{}\r\n", words.join(" ")),
        _ => String::new(),
    }
}

async fn play(text: &str, rename: bool) -> (PlayReport, Shared) {
    let target = SmallTarget(Shared::default());
    let options = Options { rename, ..quick() };
    let report = play_text(text, &target, &options).await;
    (report, target.0)
}

const ACCOUNTS: &str = "!account alice alice@example.com \"p, w\" \"Alice A\" PHH=1%20(5) BLP=BL\n\
                        !account bob bob@example.com pw \"Bob B\"\n";

fn received(shared: &Shared, handle: &str) -> Vec<String> {
    let received = shared.lock().unwrap().received.clone();
    let skip = ["VER", "CVR", "USR", "SYN", "PNG"];
    let own = received.iter().filter_map(|line| line.strip_prefix(handle)?.strip_prefix(' '));
    own.filter(|line| !skip.iter().any(|command| line.starts_with(command))).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_set_up_empties_accounts_and_then_gives_them_the_properties_and_lists_in_the_file() {
    let text = format!(
        "{ACCOUNTS}!group alice \"Best Friends\" {{g}}\n!on-list alice AL bob\n\
         !on-list alice FL bob \"Bob B\" in \"Best Friends\" {{c}}\n!on-list bob FL,AL alice\n\
         a @ ns\na > ADC 1 AL N={{c}}\na < ADC 1 AL N=guid-2\na > ADC 2 AL N={{g}}\na < ADC 2 AL N=guid-1\n"
    );
    let (report, shared) = play(&text, false).await;
    assert_passed(&report);
    let alice = received(&shared, "alice@example.com");
    let expected = [
        "REM 6 FL old-1",
        "REM 7 AL old@example.com",
        "RMG 8 gone-1",
        "PRP 9 MFN Alice%20A",
        "PRP 10 PHH 1%20(5)",
        "PRP 11 PHW",
        "BLP 12 BL",
        "ADG 13 Best%20Friends",
        "ADC 14 AL N=bob@example.com",
        "ADC 15 FL N=bob@example.com F=Bob%20B",
        "ADC 16 FL C=guid-2 guid-1",
    ];
    assert_eq!(alice, expected);
    let bob = received(&shared, "bob@example.com");
    assert_eq!(
        bob[4..],
        ["PRP 10 PHW", "ADC 11 FL N=alice@example.com F=alice@example.com", "ADC 12 AL N=alice@example.com"][..]
    );
}

#[tokio::test]
async fn the_set_up_creates_a_new_account_and_sends_no_commands_if_the_directive_sets_no_properties() {
    let (report, shared) = play("!account bob bob@example.com pw \"Bob B\"\n", true).await;
    assert_passed(&report);
    let state = shared.lock().unwrap();
    assert!(state.received.is_empty(), "{:?}", state.received);
    assert!(state.accounts[0].starts_with("bob-") && state.accounts[0].ends_with("@example.com"));
}

#[tokio::test]
async fn the_directive_signed_in_discards_the_burst_but_keeps_noise() {
    let text = format!(
        "{ACCOUNTS}!signed-in a alice MSNP12 CHG NLN 0\n!uux a <Data></Data>\na ..\na < CHL 0 {{c}}\na > PNG\na < QNG 50\n"
    );
    let (report, shared) = play(&text, false).await;
    assert_passed(&report);
    let alice = received(&shared, "alice@example.com");
    assert_eq!(alice[alice.len() - 2..], ["CHG 6 NLN 0", "UUX 7001 13"]);
}

#[tokio::test]
async fn list_versions_are_counted_from_the_syn_answer() {
    let text =
        format!("{ACCOUNTS}!signed-in a alice MSNP9\n!list-version a {{v0}} 2\na > BLP {{v0}} {{v2}}\na < BLP 41 43\n");
    assert_passed(&play(&text, false).await.0);
}

#[tokio::test]
async fn signing_in_under_a_second_name_ends_the_session_of_the_first_name() {
    let text =
        format!("{ACCOUNTS}!signed-in a alice MSNP12\n!signed-in a2 alice MSNP12\na ..\na2 > PNG\na2 < QNG 50\n");
    assert_passed(&play(&text, false).await.0);
}

#[tokio::test]
async fn the_set_up_creates_a_chat_in_the_same_way_as_clients_do() {
    let text = format!(
        "{ACCOUNTS}!signed-in a alice MSNP12 CHG NLN 0\n!signed-in b bob MSNP12 CHG NLN 0\n\
         !chat {{sid}} sb-a=alice sb-b=bob\nsb-a > BLP 1 {{sid}}\nsb-a < BLP 1 555\nsb-b > PNG\nsb-b < QNG 50\n"
    );
    let (report, _) = play(&text, true).await;
    assert_passed(&report);
}

#[tokio::test]
async fn a_chat_can_use_an_account_that_earlier_records_have_signed_in() {
    let text = format!(
        "{ACCOUNTS}a @ ns\na > USR 3 TWN I bob@example.com\na < USR 3 TWN S {{policy}}\na > USR 4 TWN S t=ticket&p=\n\
         a < USR 4 OK bob@example.com 1 0\na < MSG Hotmail Hotmail {{len}}\na <| hi\n\
         !chat - sb-b=bob\nsb-b > PNG\nsb-b < QNG 50\n"
    );
    assert_passed(&play(&text, true).await.0);
}

#[tokio::test]
async fn only_a_record_with_the_ticket_placeholder_is_sent_with_a_real_ticket() {
    let text = format!(
        "{ACCOUNTS}a @ ns\na > USR 3 TWN I alice@example.com\na < USR 3 TWN S {{policy}}\n\
         a > USR 4 TWN S t=ticket&p=profile\na < USR 4 OK alice@example.com 1 0\na < MSG Hotmail Hotmail {{len}}\na <| hi\n\
         a > USR 5 TWN S t=wrong&p=\na < 911 5\n"
    );
    let (report, shared) = play(&text, true).await;
    assert_passed(&report);
    let received = shared.lock().unwrap().received.join("\n");
    assert!(received.contains("USR 4 TWN S t=real-1&p=profile") && received.contains("USR 5 TWN S t=wrong&p="));
}

#[tokio::test]
async fn a_failure_in_the_set_up_names_the_line_of_the_directive() {
    let report = play("!account a a@example.com pw \"A\"\n!on-list a AL b\n", true).await.0;
    let failure = failure(&report);
    assert_eq!(failure.place, "t.txt:2");
    assert!(failure.reason.contains("no `!account b` above"), "{failure}");
}
