//! The notification connection: what is encoded is admitted, and decodes to itself.

use std::collections::BTreeSet;

use msnp::frame::{Frame, LineRules};
use msnp::notification::verb::{self, Verb};
use msnp::notification::*;
use msnp::{Dialect, Malformed, Reader, Refusal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::framing::{assert_clean_lines, frames};
use crate::strategies::{ns_client, ns_server};

/// What every line about a change of the reader's lists tells, below MSNP10.
const LIST_VERSION: u32 = 4711;
const MOST: usize = 4096;

fn encoded(dialect: Dialect, command: &ClientCommand) -> Vec<u8> {
    let mut out = Vec::new();
    command.encode(dialect, &mut out);
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

/// The line at the beginning of `bytes`.
fn first_line(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.windows(2).position(|pair| pair == b"\r\n").unwrap()]
}

/// Every stage in which a verb may come, in a conversation of `dialect`.
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
        C::Rea(_) => 31,
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
        S::Rea(_) => 41,
    }
}

#[test]
fn the_strategies_make_every_command() {
    let mut runner = TestRunner::deterministic();
    let (mut sent, mut answered) = (BTreeSet::new(), BTreeSet::new());
    for dialect in Dialect::ALL {
        let (client, server) = (ns_client(dialect), ns_server(dialect));
        for _ in 0..1500 {
            sent.insert(client_number(&client.new_tree(&mut runner).unwrap().current()));
            answered.insert(server_number(&server.new_tree(&mut runner).unwrap().current()));
        }
    }
    assert!(sent.iter().copied().eq(0..=31), "{sent:?}");
    assert!(answered.iter().copied().eq(0..=41), "{answered:?}");
}

/// A dialect, and what `of` makes in it.
fn in_any_of<S: Strategy>(
    dialects: &'static [Dialect],
    of: impl Fn(Dialect) -> S + 'static,
) -> impl Strategy<Value = (Dialect, S::Value)> {
    select(dialects).prop_flat_map(move |dialect| (Just(dialect), of(dialect)))
}

proptest! {
    #[test]
    fn a_client_command_is_admitted_in_its_stages_and_decodes_to_itself(
        (dialect, command) in in_any_of(&Dialect::ALL, ns_client),
    ) {
        let bytes = encoded(dialect, &command);
        let line = first_line(&bytes);
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
    fn a_command_that_another_dialect_lacks_closes_there(
        (dialect, command) in in_any_of(&Dialect::ALL, ns_client),
        other in select(&Dialect::ALL),
    ) {
        let bytes = encoded(dialect, &command);
        let line = first_line(&bytes);
        if verb_of(line).row(other).is_none() {
            for stage in [Stage::Negotiated(other), Stage::SignedIn(other)] {
                prop_assert_eq!(verb::admit(stage, line), Err(Refusal::Close(Malformed::UnknownVerb)), "{:?}", stage);
            }
        }
    }

    #[test]
    fn any_split_of_a_client_s_stream_gives_the_same_commands(
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
    fn any_split_of_a_server_s_stream_gives_the_same_lines(
        (dialect, lines) in in_any_of(&Dialect::ALL, |dialect| vec(ns_server(dialect), 0..8)),
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
