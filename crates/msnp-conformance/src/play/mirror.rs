//! Plays every transcript of the reference against a test server that sends exactly what the file
//! says.
//!
//! The server carries out the same steps from the other side. It does so in one task, so that it
//! sends nothing early. Set-up is not played here, because `tests/setup.rs` tests it. Plain
//! connections replace signed-in connections and chats.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::player::Player;
use crate::options::{Options, Pace};
use crate::rename::Renaming;
use crate::report::{Outcome, PlayReport};
use crate::script::directive::Directive;
use crate::script::{Action, Message, Part, Script, Step, transcripts};
use crate::target::{BoxFuture, Endpoints, NotPlayable, Server};
use crate::template::{Piece, Template};
use crate::vars::Vars;
use crate::wire::Service;

/// The text before the session id in gateway answers.
const SESSION: &str = "X-MSN-Messenger: SessionID=";

/// A fault that the server makes on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// The server record with this index has an extra space at the end of its line.
    ExtraSpace(usize),
    /// The server record with this index is left out.
    Missing(usize),
    /// This is not a fault. The server sends the second half of each gateway body later, in the
    /// answer to a poll.
    Late,
}

impl Fault {
    fn is_allowed(self) -> bool {
        matches!(self, Self::None | Self::Late)
    }
}

#[tokio::test]
async fn every_transcript_passes_at_every_pace_against_a_server_that_follows_it() {
    let mut tasks = JoinSet::new();
    for (file, part) in parts() {
        tasks.spawn(async move {
            let mut streams = Vec::new();
            let variants = [
                (Pace::Whole, Fault::None),
                (Pace::OneByte, Fault::None),
                (Pace::OneSegment, Fault::None),
                (Pace::Whole, Fault::Late),
            ];
            for (pace, fault) in variants {
                let (report, _) = play(&file, &part, pace, fault).await;
                streams.push(report.masked);
                match report.outcome {
                    Outcome::Passed => {}
                    Outcome::NotPlayed(reason) => panic!("{file} {}: {reason}", part.title),
                    Outcome::Failed(failure) => panic!("{} {failure}", part.title),
                }
            }
            assert!(streams.iter().all(|stream| *stream == streams[0]), "{file} {}", part.title);
        });
    }
    tasks.join_all().await;
}

#[tokio::test]
async fn every_transcript_fails_if_the_server_leaves_out_a_record_or_adds_a_space() {
    let mut tasks = JoinSet::new();
    for (file, part) in parts().into_iter().filter(|(file, _)| !file.ends_with("http.txt")) {
        tasks.spawn(async move {
            let (_, records) = play(&file, &part, Pace::Whole, Fault::None).await;
            for index in [0, records / 2, records.saturating_sub(1)].into_iter().filter(|index| *index < records) {
                for fault in [Fault::ExtraSpace(index), Fault::Missing(index)] {
                    let (report, _) = play(&file, &part, Pace::Whole, fault).await;
                    let optional = fault == Fault::Missing(index) && is_out(&part, index);
                    let failed = report.failed();
                    assert!(optional || failed, "{file} {} record {index}: {report}", part.title);
                }
            }
        });
    }
    tasks.join_all().await;
}

/// Returns whether a server record is `OUT`, which is optional before the close.
fn is_out(part: &Part, index: usize) -> bool {
    let (steps, _) = without_set_up(part);
    let records = steps.iter().filter_map(|step| match &step.action {
        Action::Expect { message, .. } => Some(message),
        _ => None,
    });
    records.into_iter().nth(index).is_some_and(|message| message.line().as_literal() == Some(b"OUT"))
}

/// Returns all parts of the reference that can be played.
fn parts() -> Vec<(String, Part)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol/transcripts");
    let files = transcripts(&folder).unwrap();
    let scripts = files.iter().map(|path| Script::read(path).unwrap()).filter(|script| script.unplayable().is_none());
    scripts.flat_map(|script| script.parts.into_iter().map(move |part| (script.file.clone(), part))).collect()
}

/// Plays a part. Returns the report and the number of server records.
async fn play(file: &str, part: &Part, pace: Pace, fault: Fault) -> (PlayReport, usize) {
    let (steps, vars) = without_set_up(part);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap().to_string();
    let (there, dispatch) = (here.clone(), Some(here.clone()));
    let endpoints = Endpoints { notification: there.clone(), switchboard: there.clone(), http: there, dispatch };
    let quick = Duration::from_millis(20);
    let timeout = if fault.is_allowed() { Duration::from_secs(5) } else { Duration::from_millis(100) };
    let options = Options { pace, timeout, quiet: quick, ..Options::default() };
    let mut player = Player::new(file, Box::new(Mirror(endpoints)), &options, Renaming::default());
    player.vars = vars.clone();
    for step in &steps {
        if let Action::Directive(Directive::Account(account)) = &step.action {
            player.accounts.set_ticket(&account.handle, "t=x&p=");
        }
    }
    let records = steps.iter().filter(|step| matches!(step.action, Action::Expect { .. })).count();
    let server = tokio::spawn(serve(listener, here, steps.clone(), vars, fault));
    let short: Vec<Step> = steps.into_iter().map(|step| shorter(step, fault)).collect();
    let outcome = player.play(&short).await;
    server.abort();
    (player.finish(&part.title, outcome), records)
}

struct Mirror(Endpoints);

impl Server for Mirror {
    fn endpoints(&self) -> &Endpoints {
        &self.0
    }

    fn create_account<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn stop(&self, _: u32) -> BoxFuture<'_, Result<(), NotPlayable>> {
        Box::pin(async { Ok(()) })
    }
}

/// Shortens the wait of `!within` if the server leaves out a record.
fn shorter(step: Step, fault: Fault) -> Step {
    match step.action {
        Action::Directive(Directive::Within(_)) if !fault.is_allowed() => {
            Step { action: Action::Directive(Directive::Within(Duration::from_millis(100))), ..step }
        }
        _ => step,
    }
}

/// Returns the steps with plain connections instead of set-up, and the values that set-up would have produced.
///
/// `!maybe` is left out, because this server sends every record.
fn without_set_up(part: &Part) -> (Vec<Step>, Vars) {
    let mut vars = Vars::default();
    let mut steps = Vec::new();
    for step in &part.steps {
        let line = step.line;
        let mut add = |action| steps.push(Step { line, action });
        let Action::Directive(directive) = &step.action else {
            add(step.action.clone());
            continue;
        };
        match directive {
            Directive::Account(account) => {
                let mut plain = account.clone();
                plain.phones.clear();
                "AL".clone_into(&mut plain.blp);
                add(Action::Directive(Directive::Account(plain)));
            }
            Directive::Group { var: Some(var), .. } => vars.set(var, format!("v-{var}").into_bytes()),
            Directive::OnList(entry) => {
                if let Some(var) = &entry.var {
                    vars.set(var, format!("v-{var}").into_bytes());
                }
            }
            Directive::ListVersion { prefix, count, .. } => {
                (0..=*count)
                    .for_each(|step| vars.set(&format!("{prefix}{step}"), (40 + step).to_string().into_bytes()));
            }
            Directive::SignedIn { name, chg, .. } => {
                add(Action::Open { name: name.clone(), service: Service::Ns });
                if chg.is_some() {
                    let message = Message { lines: vec![Template::parse("CHG 6 NLN").unwrap()], payload: Vec::new() };
                    add(Action::Send { name: name.clone(), message: message.clone() });
                    add(Action::Expect { name: name.clone(), message });
                }
            }
            Directive::Chat { members, sid } => {
                for member in members {
                    add(Action::Open { name: member.name.clone(), service: Service::Sb });
                }
                if let Some(sid) = sid.as_ref().filter(|_| members.len() > 1) {
                    vars.set(sid, b"555".to_vec());
                }
            }
            Directive::Maybe | Directive::Uux { .. } | Directive::Group { .. } | Directive::NoAccount { .. } => {}
            _ => add(step.action.clone()),
        }
    }
    (steps, vars)
}

/// Carries out the steps from the side of the server.
async fn serve(listener: TcpListener, here: String, steps: Vec<Step>, mut vars: Vars, fault: Fault) {
    let mut peers: HashMap<String, (Service, BufReader<TcpStream>)> = HashMap::new();
    let mut records = 0;
    for step in &steps {
        match &step.action {
            Action::Open { name, service } => {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                peers.insert(name.clone(), (*service, BufReader::new(stream)));
            }
            Action::Send { name, message } => {
                let (service, stream) = peers.get_mut(name).unwrap();
                let (line, payload) = render(message, *service, &mut vars, &here);
                receive(*service, stream, &line, &payload).await;
            }
            Action::Expect { name, message } => {
                let (service, stream) = peers.get_mut(name).unwrap();
                let (mut line, payload) = render(message, *service, &mut vars, &here);
                if fault == Fault::ExtraSpace(records) {
                    line.insert(line.len() - 2, b' ');
                }
                let has_session = message.lines.iter().any(|line| line.masked().starts_with(SESSION.as_bytes()));
                if fault == Fault::Late && has_session && !payload.is_empty() {
                    send_late(stream, &String::from_utf8(line).unwrap(), &payload).await;
                } else if fault != Fault::Missing(records) {
                    stream.get_mut().write_all(&[line, payload].concat()).await.unwrap();
                }
                records += 1;
            }
            Action::Leave { name } | Action::ExpectClose { name } => drop(peers.remove(name)),
            Action::ExpectNothing { .. } => tokio::time::sleep(Duration::from_millis(150)).await,
            Action::Directive(_) => {}
        }
    }
    std::future::pending::<()>().await;
}

/// Sends the first half of a body. Sends the second half when the client polls with the correct
/// session id.
async fn send_late(stream: &mut BufReader<TcpStream>, head: &str, body: &[u8]) {
    let (first, rest) = body.split_at(body.len() / 2);
    let answer = |head: &str, part: &[u8]| {
        let [whole, length] = [body, part].map(|part| format!("Content-Length: {}\r\n", part.len()));
        [head.replace(&whole, &length).as_bytes(), part].concat()
    };
    stream.get_mut().write_all(&answer(&head.replace("; Session=close", ""), first)).await.unwrap();
    let id = head.split(SESSION).nth(1).unwrap().split(';').next().unwrap();
    let poll = format!("POST /gateway/gateway.dll?Action=poll&SessionID={id} HTTP/1.1\r\n");
    let host = "Host: gateway.messenger.hotmail.com\r\n";
    receive(Service::Http, stream, format!("{poll}{host}Content-Length: 0\r\n\r\n").as_bytes(), b"").await;
    stream.get_mut().write_all(&answer(head, rest)).await.unwrap();
}

/// Reads what the client must send, and fails the test if it differs. The client must use the
/// ticket `t=x`.
async fn receive(service: Service, stream: &mut BufReader<TcpStream>, line: &[u8], payload: &[u8]) {
    let mut received = Vec::new();
    stream.read_until(b'\n', &mut received).await.unwrap();
    while service == Service::Http && !received.ends_with(b"\r\n\r\n") {
        stream.read_until(b'\n', &mut received).await.unwrap();
    }
    let (line, payload, length) = (with_ticket(line), with_ticket(payload), payload.len());
    let [before, after] = [length, payload.len()].map(|length| format!("Content-Length: {length}\r\n"));
    assert_eq!(String::from_utf8_lossy(&received), String::from_utf8_lossy(&line).replace(&before, &after));
    let mut received = vec![0; payload.len()];
    stream.read_exact(&mut received).await.unwrap();
    assert_eq!(received, payload);
}

/// Returns the text with `t=x` in place of the placeholder for a ticket. `t=x` is the ticket of
/// every account in these tests.
fn with_ticket(bytes: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.replace("TWN S t=ticket", "TWN S t=x").into_bytes(),
        Err(_) => bytes.to_vec(),
    }
}

/// Returns the bytes of a message. Variables without a value get an invented value.
fn render(message: &Message, service: Service, vars: &mut Vars, here: &str) -> (Vec<u8>, Vec<u8>) {
    for piece in message.lines.iter().chain(&message.payload).flat_map(Template::pieces) {
        if let Piece::Var(name) = piece
            && vars.get(name).is_none()
        {
            let value = match name.as_str() {
                "sb" => here.to_owned(),
                "sb-host" => here.rsplit_once(':').unwrap().0.to_owned(),
                "next-ping" => "50".to_owned(),
                "challenge" => "15570131571988941333".to_owned(),
                other => format!("v-{other}"),
            };
            vars.set(name, value.into_bytes());
        }
    }
    let payload = message.render_payload(vars).unwrap();
    let mut head = message.render_head(vars, payload.len()).unwrap();
    head.extend(b"\r\n");
    if service == Service::Http {
        head.extend(b"\r\n");
    }
    (head, payload)
}
