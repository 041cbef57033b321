//! The actions of the stranger, a client that may send anything.

use msnp_conformance::wire::{Service, first};
use swallowtail_messenger::chat::ChatServer;

use super::super::choices::Choices;
use super::super::stranger::HANDLE;
use super::super::wire::Wire;
use super::super::world::World;

/// The commands of a switchboard connection. All others go to the notification server.
const CONVERSATION: [&[u8]; 3] = [b"CAL ", b"MSG ", b"ANS "];
/// The words that make up most lines.
const VERBS: [&str; 30] = [
    "ADC", "ADD", "ADG", "ANS", "BLP", "CAL", "CHG", "CHL", "CVR", "GCF", "GTC", "IMS", "LST", "MSG", "OUT", "PNG",
    "PRP", "QRY", "REA", "REG", "REM", "RMG", "SBP", "SND", "SYN", "URL", "USR", "UUX", "VER", "XFR",
];
const WORDS: [&str; 24] = [
    "0",
    "1",
    "7",
    "4294967295",
    "-1",
    "FL",
    "AL",
    "BL",
    "RL",
    "PL",
    "N=user0@example.com",
    "user1@example.com",
    "N=user1@example.com",
    "F=x",
    "C=c1f9a363-4ee9-4a33-a434-b056a4c55b98",
    "A",
    "D",
    "NLN",
    "HDN",
    "SB",
    "MFN",
    "PHH",
    "ON",
    "%C3%A4%00",
];

/// Makes the stranger send something.
pub(in super::super) fn act(world: &mut World) {
    let piece = world.stranger.pieces.pop_front().unwrap_or_else(|| line(&mut world.choices));
    let is_verb = piece.get(..3).is_some_and(|verb| verb.iter().all(u8::is_ascii_uppercase));
    if is_verb {
        world.stranger.is_talking = CONVERSATION.iter().any(|verb| piece.starts_with(verb));
    }
    if world.stranger.is_talking
        && let Some(wire) = &world.stranger.switchboard
    {
        return wire.send(&piece);
    }
    if world.stranger.notification.is_none() || piece.starts_with(b"VER ") {
        connect(world, !piece.starts_with(b"VER "));
    }
    if let Some(wire) = &world.stranger.notification {
        wire.send(&piece);
    }
}

/// Returns a random line, sometimes with a payload.
fn line(choices: &mut Choices) -> Vec<u8> {
    let mut line = choices.pick(VERBS).unwrap_or_default().to_owned();
    for _ in 0..choices.below(6) {
        line += " ";
        line += choices.pick(WORDS).unwrap_or_default();
    }
    let payload = if choices.chance(30) { choices.random().bytes(60) } else { Vec::new() };
    if !payload.is_empty() {
        line += &format!(" {}", payload.len());
    }
    [line.as_bytes(), b"\r\n", &payload].concat()
}

/// Opens a notification connection, and signs in.
fn connect(world: &mut World, signs_in: bool) {
    let dialect = world.choices.between(8, 12);
    let (from, ticket) = (world.host.stranger_address(), world.host.stranger_ticket());
    let wire = world.connect_from(from, ChatServer::Notification);
    if let (Some(wire), true, Some(ticket)) = (&wire, signs_in, ticket) {
        let lines = format!(
            "VER 1 MSNP{dialect} CVR0\r\nCVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS {HANDLE}\r\n\
             USR 3 TWN I {HANDLE}\r\nUSR 4 TWN S {ticket}\r\nSYN 5 0 0\r\nCHG 6 NLN 0\r\n"
        );
        wire.send(lines.as_bytes());
    }
    let older = std::mem::replace(&mut world.stranger.notification, wire);
    world.ghosts.extend(older.inspect(Wire::close));
    world.stranger.received.clear();
}

/// Lets the stranger read. If the stranger reads an answer to XFR, it opens a conversation.
pub(in super::super) fn read(world: &mut World) {
    if let Some(wire) = &world.stranger.switchboard
        && wire.receive(&mut Vec::new())
    {
        wire.close();
        world.ghosts.extend(world.stranger.switchboard.take());
    }
    let Some(wire) = &world.stranger.notification else { return };
    let has_ended = wire.receive(&mut world.stranger.received);
    if has_ended {
        wire.close();
        world.ghosts.extend(world.stranger.notification.take());
    }
    while let Some((unit, size)) = first(Service::Ns, &world.stranger.received, has_ended) {
        world.stranger.received.drain(..size);
        if unit.word(0) == "XFR" {
            talk(world, &unit.word(5));
        }
    }
}

fn talk(world: &mut World, cookie: &str) {
    let from = world.host.stranger_address();
    let wire = world.connect_from(from, ChatServer::Switchboard);
    if let Some(wire) = &wire {
        wire.send(format!("USR 1 {HANDLE} {cookie}\r\n").as_bytes());
    }
    let older = std::mem::replace(&mut world.stranger.switchboard, wire);
    world.ghosts.extend(older.inspect(Wire::close));
}
