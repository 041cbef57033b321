//! Tests the switchboard. Each encoded value is accepted, and decodes to the same value.

use msnp::frame::{Frame, LineRules};
use msnp::switchboard::*;
use msnp::{Dialect, Malformed, Refusal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::framing::{assert_clean_lines, assert_made, frames, verbs};
use crate::strategies::{sb_client, sb_server};

fn encoded(command: &ClientCommand<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    command.encode(&mut out);
    out
}

fn stages(command: &ClientCommand<'_>) -> &'static [Stage] {
    match command {
        ClientCommand::Usr { .. } | ClientCommand::Ans { .. } => &[Stage::Fresh],
        ClientCommand::Cal { .. } | ClientCommand::Msg { .. } => &[Stage::Joined],
        ClientCommand::Out => &[Stage::Fresh, Stage::Joined],
    }
}

#[test]
fn the_generated_commands_and_lines_contain_every_verb() {
    let mut runner = TestRunner::deterministic();
    let (client, server) = (sb_client(), sb_server(Dialect::Msnp12));
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    for _ in 0..500 {
        sent.push(encoded(&client.new_tree(&mut runner).unwrap().current()));
        let mut line = Vec::new();
        server.new_tree(&mut runner).unwrap().current().encode(Dialect::Msnp12, &mut line);
        received.push(line);
    }
    assert_made(Verb::ALL.iter().map(|verb| verb.word()), &verbs(sent));
    assert_made(ServerVerb::ALL.iter().map(|verb| verb.word()), &verbs(received));
}

proptest! {
    #[test]
    fn a_client_command_is_accepted_in_each_stage_that_allows_it_and_is_read_back_unchanged(command in sb_client()) {
        let bytes = encoded(&command);
        for &stage in stages(&command) {
            let frames = frames(LineRules::SWITCHBOARD, &bytes, &[], |line| admit(stage, line)).unwrap();
            let [(line, payload)] = frames.as_slice() else {
                panic!("one frame: {}", bytes.escape_ascii());
            };
            prop_assert_eq!(admit(stage, line), Ok(payload.len()));
            prop_assert_eq!(ClientCommand::decode(Frame { line, payload }), Ok(command.clone()));
        }
    }

    #[test]
    fn the_stream_of_a_client_gives_the_same_commands_wherever_the_stream_is_split(
        commands in vec(sb_client(), 0..8),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let bytes: Vec<u8> = commands.iter().flat_map(encoded).collect();
        let mut expected = commands.iter();
        let admit = |line: &[u8]| admit(stages(expected.next().unwrap())[0], line);
        let frames = frames::<Refusal>(LineRules::SWITCHBOARD, &bytes, &cuts, admit).unwrap();
        let decoded: Result<Vec<_>, _> =
            frames.iter().map(|(line, payload)| ClientCommand::decode(Frame { line, payload })).collect();
        prop_assert_eq!(decoded, Ok(commands));
    }

    #[test]
    fn the_stream_of_a_server_gives_the_same_lines_wherever_the_stream_is_split(
        (dialect, lines) in
            select(&Dialect::ALL).prop_flat_map(|dialect| (Just(dialect), vec(sb_server(dialect), 0..8))),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let mut bytes = Vec::new();
        lines.iter().for_each(|line| line.encode(dialect, &mut bytes));
        let frames = frames::<Malformed>(LineRules::SWITCHBOARD, &bytes, &cuts, server_payload_length).unwrap();
        let payloads: Vec<_> = frames.iter().map(|(_, payload)| payload.len()).collect();
        assert_clean_lines(&bytes, &payloads);
        let decoded: Result<Vec<_>, _> =
            frames.iter().map(|(line, payload)| ServerCommand::decode(Frame { line, payload })).collect();
        prop_assert_eq!(decoded, Ok(lines));
    }
}
