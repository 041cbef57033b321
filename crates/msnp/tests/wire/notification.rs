//! Tests the notification connection. Each encoded value is accepted, and decodes to the same
//! value.

use msnp::frame::{Frame, LineRules};
use msnp::notification::verb::{self, Verb};
use msnp::notification::*;
use msnp::{Dialect, Malformed, Reader, Refusal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::framing::{assert_clean_lines, assert_made, first_line, frames, verbs};
use crate::strategies::{ns_client, ns_server};

/// The list version of the client that receives the lines. In dialects before MSNP10, every line
/// about a change of the client's lists contains this version.
const LIST_VERSION: u32 = 4711;
const MAX_PAYLOAD: usize = 4096;

fn encoded(dialect: Dialect, command: &ClientCommand) -> Vec<u8> {
    let mut out = Vec::new();
    command.encode(dialect, &mut out).unwrap();
    out
}

fn encoded_line(dialect: Dialect, command: &ServerCommand) -> Vec<u8> {
    let mut out = Vec::new();
    command.encode(Reader { list_version: LIST_VERSION, ..dialect.into() }, &mut out);
    out
}

fn verb_of(line: &[u8]) -> Verb {
    verb::head(line).unwrap().0
}

/// Returns every stage in which a verb is allowed, in a conversation of `dialect`.
fn stages(dialect: Dialect, verb: Verb) -> Vec<Stage> {
    let with_dialect = [Stage::Negotiated(dialect), Stage::SignedIn(dialect)];
    match verb {
        Verb::Ver => vec![Stage::Fresh],
        Verb::Cvq => vec![Stage::VersionQuery],
        Verb::Cvr | Verb::Usr => with_dialect.to_vec(),
        Verb::Out | Verb::Png => [[Stage::Fresh, Stage::VersionQuery], with_dialect].concat(),
        _ => vec![Stage::SignedIn(dialect)],
    }
}

/// Returns whether the clients of at least one dialect read lines with this verb.
fn is_read(verb: ServerVerb) -> bool {
    let frame = Frame { line: verb.word().as_bytes(), payload: b"" };
    Dialect::ALL.iter().any(|dialect| ServerCommand::decode(*dialect, frame) != Err(Malformed::UnknownVerb))
}

#[test]
fn the_generated_commands_and_lines_contain_every_verb() {
    let mut runner = TestRunner::deterministic();
    let mut lines = Vec::new();
    for dialect in Dialect::ALL {
        let (client, server) = (ns_client(dialect), ns_server(dialect));
        let sent = (0..1500).map(|_| encoded(dialect, &client.new_tree(&mut runner).unwrap().current()));
        let wanted = Verb::ALL.iter().filter(|verb| verb.row(dialect).is_some());
        assert_made(wanted.map(|verb| verb.word()), &verbs(sent.collect::<Vec<_>>()));
        lines.extend((0..1500).map(|_| encoded_line(dialect, &server.new_tree(&mut runner).unwrap().current())));
    }
    let wanted = ServerVerb::ALL.iter().filter(|verb| is_read(**verb));
    assert_made(wanted.map(|verb| verb.word()), &verbs(lines));
}

/// Returns a dialect, and a value that `of` generates for it.
fn in_any_of<S: Strategy>(
    dialects: &'static [Dialect],
    of: impl Fn(Dialect) -> S + 'static,
) -> impl Strategy<Value = (Dialect, S::Value)> {
    select(dialects).prop_flat_map(move |dialect| (Just(dialect), of(dialect)))
}

proptest! {
    #[test]
    fn a_client_command_is_accepted_in_each_stage_that_allows_it_and_is_read_back_unchanged(
        (dialect, command) in in_any_of(&Dialect::ALL, ns_client),
    ) {
        let bytes = encoded(dialect, &command);
        let (line, _) = first_line(&bytes);
        for stage in stages(dialect, verb_of(line)) {
            let length = verb::admit(stage, line);
            prop_assert_eq!(length, Ok(bytes.len() - line.len() - 2), "{:?}", stage);
            let frames = frames(LineRules::NOTIFICATION, &bytes, &[], |line| verb::admit(stage, line)).unwrap();
            let [(line, payload)] = frames.as_slice() else {
                panic!("one frame: {}", bytes.escape_ascii());
            };
            prop_assert_eq!(ClientCommand::decode(dialect, Frame { line, payload }), Ok(command.clone()));
        }
    }

    #[test]
    fn a_command_closes_the_connection_in_a_dialect_without_that_command(
        (dialect, command) in in_any_of(&Dialect::ALL, ns_client),
        other in select(&Dialect::ALL),
    ) {
        let bytes = encoded(dialect, &command);
        let (line, _) = first_line(&bytes);
        if verb_of(line).row(other).is_none() {
            for stage in [Stage::Negotiated(other), Stage::SignedIn(other)] {
                prop_assert_eq!(verb::admit(stage, line), Err(Refusal::Close(Malformed::UnknownVerb)), "{:?}", stage);
            }
        }
    }

    #[test]
    fn the_stream_of_a_client_gives_the_same_commands_wherever_the_stream_is_split(
        (dialect, commands) in in_any_of(&Dialect::ALL, |dialect| vec(ns_client(dialect), 0..8)),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let bytes: Vec<u8> = commands.iter().flat_map(|command| encoded(dialect, command)).collect();
        let admit = |line: &[u8]| verb::admit(stages(dialect, verb_of(line))[0], line);
        let frames = frames::<Refusal>(LineRules::NOTIFICATION, &bytes, &cuts, admit).unwrap();
        let decoded: Result<Vec<_>, _> =
            frames.iter().map(|(line, payload)| ClientCommand::decode(dialect, Frame { line, payload })).collect();
        prop_assert_eq!(decoded, Ok(commands));
    }

    #[test]
    fn the_stream_of_a_server_gives_the_same_lines_wherever_the_stream_is_split(
        (dialect, lines) in in_any_of(&Dialect::ALL, |dialect| vec(ns_server(dialect), 0..8)),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let each: Vec<_> = lines.iter().map(|line| encoded_line(dialect, line)).collect();
        let length = |line: &[u8]| server_payload_length(line, MAX_PAYLOAD);
        let frames = frames::<Malformed>(LineRules::NOTIFICATION, &each.concat(), &cuts, length).unwrap();
        let payloads: Vec<_> = frames.iter().map(|(_, payload)| payload.len()).collect();
        assert_clean_lines(&each.concat(), &payloads);
        let decoded: Result<Vec<_>, _> =
            frames.iter().map(|(line, payload)| ServerCommand::decode(dialect, Frame { line, payload })).collect();
        prop_assert_eq!(decoded, Ok(lines));
    }

    #[test]
    fn lines_that_all_dialects_write_in_the_same_way_are_read_in_the_same_way(line in ns_server(Dialect::Msnp12)) {
        let bytes = encoded_line(Dialect::Msnp12, &line);
        for dialect in [Dialect::Msnp10, Dialect::Msnp11] {
            if encoded_line(dialect, &line) == bytes && !matches!(line, ServerCommand::Lst(_)) {
                let length = |line: &[u8]| server_payload_length(line, MAX_PAYLOAD);
                let frames = frames::<Malformed>(LineRules::NOTIFICATION, &bytes, &[], length).unwrap();
                let (line_bytes, payload) = &frames[0];
                let decoded = ServerCommand::decode(dialect, Frame { line: line_bytes, payload });
                prop_assert_eq!(decoded.as_ref(), Ok(&line));
            }
        }
    }
}
