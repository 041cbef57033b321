//! The notification connection: what is encoded is admitted, and decodes to itself.

use std::collections::BTreeSet;

use msnp::frame::{Frame, LineRules};
use msnp::notification::verb::{self, Verb};
use msnp::notification::*;
use msnp::{Dialect, Malformed, Refusal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::framing::{assert_clean_lines, frames};
use crate::strategies::{ns_client, ns_server};

/// The dialects in which the crate reads everything that it writes.
pub(crate) const MODERN: [Dialect; 3] = [Dialect::Msnp10, Dialect::Msnp11, Dialect::Msnp12];
const MOST: usize = 4096;

fn encoded(command: &ClientCommand) -> Vec<u8> {
    let mut out = Vec::new();
    command.encode(&mut out);
    out
}

fn encoded_line(dialect: Dialect, command: &ServerCommand) -> Vec<u8> {
    let mut out = Vec::new();
    command.encode(dialect, &mut out);
    out
}

/// Every stage in which the verb of a line may come, among the dialects that the crate speaks.
fn stages(line: &[u8]) -> Vec<Stage> {
    let (verb, ..) = verb::head(line).unwrap();
    let negotiated = MODERN.map(Stage::Negotiated);
    let signed_in = MODERN.map(Stage::SignedIn);
    match verb {
        Verb::Ver => vec![Stage::Fresh],
        Verb::Cvq => vec![Stage::VersionQuery],
        Verb::Cvr | Verb::Usr => [negotiated, signed_in].concat(),
        Verb::Out | Verb::Png => {
            let early = [Stage::Fresh, Stage::VersionQuery];
            [early.as_slice(), &negotiated, &signed_in].concat()
        }
        _ => MODERN.into_iter().filter(|dialect| *dialect >= verb.row().since).map(Stage::SignedIn).collect(),
    }
}

/// Which command this is, down to the commands of a family. A new one does not compile until it has a number here, and
/// fails [`the_strategies_make_every_command`] until a strategy makes it.
fn client_number(command: &ClientCommand) -> usize {
    use ClientCommand as C;
    match command {
        C::Ver(_) => 0,
        C::Cvr(_) => 1,
        C::Cvq(_) => 2,
        C::Usr(Usr::Initial { .. }) => 3,
        C::Usr(Usr::Ticket { .. }) => 4,
        C::Out => 5,
        C::Png => 6,
        C::Xfr(_) => 7,
        C::Syn(_) => 8,
        C::Gtc(..) => 9,
        C::Blp(..) => 10,
        C::Prp(_) => 11,
        C::Sbp(_) => 12,
        C::Adc(_) => 13,
        C::Rem(_) => 14,
        C::Adg(_) => 15,
        C::Reg(_) => 16,
        C::Rmg(_) => 17,
        C::Chg(_) => 18,
        C::Uux(_) => 19,
        C::Qry(_) => 20,
        C::Chl(_) => 21,
        C::Ims(..) => 22,
        C::Service(ServiceRequest::Shields(_)) => 23,
        C::Service(ServiceRequest::Subscription(_)) => 24,
        C::Service(ServiceRequest::Url { .. }) => 25,
        C::Service(ServiceRequest::Telephone { .. }) => 26,
        C::Service(ServiceRequest::Invitation { .. }) => 27,
        C::Service(ServiceRequest::Directory { .. }) => 28,
        C::Service(ServiceRequest::OldPage { .. }) => 29,
        C::Service(ServiceRequest::Page { .. }) => 30,
    }
}

/// As [`client_number`].
fn server_number(command: &ServerCommand) -> usize {
    use ServerCommand as S;
    match command {
        S::SignIn(SignInAnswer::Ver { .. }) => 0,
        S::SignIn(SignInAnswer::Cvr { .. }) => 1,
        S::SignIn(SignInAnswer::Policy { .. }) => 2,
        S::SignIn(SignInAnswer::Ok { .. }) => 3,
        S::SignIn(SignInAnswer::Transfer { .. }) => 4,
        S::Out(_) => 5,
        S::Qng(_) => 6,
        S::Syn(_) => 7,
        S::Lst(_) => 8,
        S::Setting(SettingLine::AddPrompt(..)) => 9,
        S::Setting(SettingLine::Privacy(..)) => 10,
        S::Setting(SettingLine::Own(_)) => 11,
        S::Setting(SettingLine::Contact(..)) => 12,
        S::Prp(_) => 13,
        S::Sbp(_) => 14,
        S::Contact(ContactLine::Added { .. }) => 15,
        S::Contact(ContactLine::Addition(_)) => 16,
        S::Contact(ContactLine::Removal(_)) => 17,
        S::Contact(ContactLine::ReverseAdded { .. }) => 18,
        S::Contact(ContactLine::ReverseRemoved(_)) => 19,
        S::Group(GroupLine::Added { .. }) => 20,
        S::Group(GroupLine::Renamed(_)) => 21,
        S::Group(GroupLine::Removed { .. }) => 22,
        S::Group(GroupLine::Listed { .. }) => 23,
        S::Presence(PresenceLine::Changed(_)) => 24,
        S::Presence(PresenceLine::Initial(..)) => 25,
        S::Presence(PresenceLine::Online(_)) => 26,
        S::Presence(PresenceLine::Offline(_)) => 27,
        S::Presence(PresenceLine::Published(_)) => 28,
        S::Presence(PresenceLine::Message(..)) => 29,
        S::Service(ServiceLine::Challenge(..)) => 30,
        S::Service(ServiceLine::ChallengeMet(_)) => 31,
        S::Service(ServiceLine::Switchboard { .. }) => 32,
        S::Service(ServiceLine::Ring(_)) => 33,
        S::Service(ServiceLine::Calls(..)) => 34,
        S::Service(ServiceLine::Config { .. }) => 35,
        S::Service(ServiceLine::Subscription(_)) => 36,
        S::Service(ServiceLine::Url { .. }) => 37,
        S::Service(ServiceLine::Message(_)) => 38,
        S::Service(ServiceLine::Notification(_)) => 39,
        S::Error(..) => 40,
    }
}

#[test]
fn the_strategies_make_every_command() {
    let mut runner = TestRunner::deterministic();
    let (client, server) = (ns_client(), ns_server(Dialect::Msnp12));
    let (mut sent, mut answered) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..4000 {
        sent.insert(client_number(&client.new_tree(&mut runner).unwrap().current()));
        answered.insert(server_number(&server.new_tree(&mut runner).unwrap().current()));
    }
    assert!(sent.iter().copied().eq(0..=30), "{sent:?}");
    assert!(answered.iter().copied().eq(0..=40), "{answered:?}");
}

proptest! {
    #[test]
    fn a_client_command_is_admitted_in_its_stages_and_decodes_to_itself(command in ns_client()) {
        let bytes = encoded(&command);
        let line_end = bytes.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let stages = stages(&bytes[..line_end]);
        prop_assert!(!stages.is_empty());
        for stage in stages {
            let length = verb::admit(stage, &bytes[..line_end]);
            prop_assert_eq!(length, Ok(bytes.len() - line_end - 2), "{:?}", stage);
            let frames = frames(LineRules::NOTIFICATION, &bytes, &[], |line| verb::admit(stage, line)).unwrap();
            let [(line, payload)] = frames.as_slice() else {
                panic!("one frame: {}", bytes.escape_ascii());
            };
            prop_assert_eq!(ClientCommand::decode(Frame { line, payload }), Ok(command.clone()));
        }
    }

    #[test]
    fn any_split_of_a_client_s_stream_gives_the_same_commands(
        commands in vec(ns_client(), 0..8),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let bytes: Vec<u8> = commands.iter().flat_map(encoded).collect();
        let admit = |line: &[u8]| verb::admit(stages(line)[0], line);
        let frames = frames::<Refusal>(LineRules::NOTIFICATION, &bytes, &cuts, admit).unwrap();
        let decoded: Result<Vec<_>, _> =
            frames.iter().map(|(line, payload)| ClientCommand::decode(Frame { line, payload })).collect();
        prop_assert_eq!(decoded, Ok(commands));
    }

    #[test]
    fn any_split_of_a_server_s_stream_gives_the_same_lines(
        (dialect, lines) in select(&MODERN).prop_flat_map(|dialect| (Just(dialect), vec(ns_server(dialect), 0..8))),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let each: Vec<_> = lines.iter().map(|line| encoded_line(dialect, line)).collect();
        let length = |line: &[u8]| server_payload_length(line, MOST);
        let frames = frames::<Malformed>(LineRules::NOTIFICATION, &each.concat(), &cuts, length).unwrap();
        let payloads: Vec<_> = frames.iter().map(|(_, payload)| payload.len()).collect();
        assert_clean_lines(&each.concat(), &payloads);
        let decoded: Result<Vec<_>, _> =
            frames.iter().map(|(line, payload)| ServerCommand::decode(dialect, Frame { line, payload })).collect();
        prop_assert_eq!(decoded, Ok(lines));
    }

    #[test]
    fn lines_that_all_dialects_write_alike_are_read_alike(line in ns_server(Dialect::Msnp12)) {
        let bytes = encoded_line(Dialect::Msnp12, &line);
        for dialect in [Dialect::Msnp10, Dialect::Msnp11] {
            if encoded_line(dialect, &line) == bytes && !matches!(line, ServerCommand::Lst(_)) {
                let length = |line: &[u8]| server_payload_length(line, MOST);
                let frames = frames::<Malformed>(LineRules::NOTIFICATION, &bytes, &[], length).unwrap();
                let (line_bytes, payload) = &frames[0];
                let decoded = ServerCommand::decode(dialect, Frame { line: line_bytes, payload });
                prop_assert_eq!(decoded.as_ref(), Ok(&line));
            }
        }
    }
}
