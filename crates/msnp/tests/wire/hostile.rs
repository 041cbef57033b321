//! Tests with hostile input. The tests check that such input causes no panic, and that it adds no
//! line end to a line for another client. A server can therefore pass on any input that the crate
//! accepts.

use msnp::frame::{Frame, LineRules};
use msnp::notification::verb::{self, Verb};
use msnp::notification::{Rng, *};
use msnp::switchboard::{self as sb, Participant};
use msnp::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::framing::{assert_clean_lines, first_line};

/// Returns a word from a client that tries to break the line of another client.
fn hostile_word() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "%[01][0-9A-Fa-f]".prop_map(String::into_bytes),
        "%[2-9A-Fa-f][0-9A-Fa-f]".prop_map(String::into_bytes),
        select(&["%0D%0A", "%0d%0aOUT", "%00", "%", "%%", "\u{2028}", "\u{85}", "\r", "\u{b}"])
            .prop_map(|piece| piece.as_bytes().to_vec()),
        vec(any::<u8>(), 1..4),
        "[ -~]{1,9}".prop_map(String::into_bytes),
    ];
    vec(piece, 1..6).prop_map(|pieces| {
        let mut word = pieces.concat();
        word.retain(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\n'));
        word
    })
}

/// Words that have a meaning in at least one command, and some words that have no meaning.
fn any_word() -> impl Strategy<Value = Vec<u8>> {
    const KNOWN: &[&str] = &[
        "0",
        "1",
        "7",
        "32",
        "00000000000000000001",
        "4294967296",
        "-1",
        "TWN",
        "I",
        "S",
        "t=x&p=",
        "FL",
        "AL",
        "BL",
        "RL",
        "PL",
        "N=bob@example.com",
        "N=tel:+5",
        "F=x",
        "F=",
        "C=c1f9a363-4ee9-4a33-a434-b056a4c55b98",
        "c1f9a363-4ee9-4a33-a434-b056a4c55b98",
        "bob@example.com",
        "bob@",
        "MFN",
        "PHH",
        "MOB",
        "Y",
        "NLN",
        "4711",
        "29",
        "30",
        "HDN",
        "SB",
        "NS",
        "OK",
        "A",
        "ON",
        "Shields.xml",
        "tel:+123",
        "MSNP12",
        "CKI",
        "RINGING",
        "D",
        "0x0409",
        "OTH",
    ];
    prop_oneof![
        4 => select(KNOWN).prop_map(|word| word.as_bytes().to_vec()),
        2 => hostile_word(),
        1 => any::<u32>().prop_map(|number| number.to_string().into_bytes()),
    ]
}

/// Returns a line that begins with one of `verbs`, usually followed by words, sometimes by any bytes.
fn line_of(verbs: Vec<&'static str>) -> impl Strategy<Value = Vec<u8>> {
    let rest = prop_oneof![
        8 => vec(any_word(), 0..10).prop_map(|words| words.join(&b' ')),
        1 => vec(any::<u8>(), 0..60),
    ];
    (select(verbs), rest).prop_map(|(verb, rest)| [verb.as_bytes(), b" ", &rest].concat())
}

fn ns_client_verbs() -> Vec<&'static str> {
    Verb::ALL.iter().map(|verb| verb.word()).collect()
}

fn ns_server_verbs() -> Vec<&'static str> {
    ServerVerb::ALL.iter().map(|verb| verb.word()).chain(["201", "911", "999"]).collect()
}

fn sb_verbs() -> Vec<&'static str> {
    let client = sb::Verb::ALL.iter().map(|verb| verb.word());
    client.chain(sb::ServerVerb::ALL.iter().map(|verb| verb.word())).chain(["217"]).collect()
}

fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..80),
        "<Data>(<PSM>|</PSM>|&[a-z#0-9]{0,4};|[ -~]{0,5}){0,8}</Data>".prop_map(String::into_bytes),
        "(Content-Type: application/x-msnmsgrp2p\r\n(\r\n)?){1,2}.{0,60}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn client_lines_never_cause_a_panic_and_every_decoded_command_is_read_back_unchanged(
        line in line_of(ns_client_verbs()),
        payload in any_payload(),
        dialect in select(&Dialect::ALL),
    ) {
        for stage in [Stage::Fresh, Stage::VersionQuery, Stage::Negotiated(dialect), Stage::SignedIn(dialect)] {
            let _ = verb::admit(stage, &line);
        }
        if let Ok(command) = ClientCommand::decode(dialect, Frame { line: &line, payload: &payload }) {
            let mut out = Vec::new();
            let written = command.encode(dialect, &mut out);
            if written.is_err() {
                prop_assert!(out.is_empty());
                return Ok(());
            }
            let (line, payload) = first_line(&out);
            prop_assert_eq!(ClientCommand::decode(dialect, Frame { line, payload }), Ok(command));
        }
    }

    #[test]
    fn server_lines_never_cause_a_panic_and_every_decoded_command_is_read_back_unchanged(
        line in line_of(ns_server_verbs()),
        payload in any_payload(),
        dialect in select(&Dialect::ALL),
    ) {
        let _ = server_payload_length(&line, 1000);
        if let Ok(command) = ServerCommand::decode(dialect, Frame { line: &line, payload: &payload }) {
            let mut out = Vec::new();
            command.encode(dialect, &mut out);
            let (line, payload) = first_line(&out);
            prop_assert_eq!(ServerCommand::decode(dialect, Frame { line, payload }), Ok(command));
        }
    }

    #[test]
    fn switchboard_lines_never_cause_a_panic_and_every_decoded_command_is_read_back_unchanged(
        line in line_of(sb_verbs()),
        payload in any_payload(),
    ) {
        for stage in [sb::Stage::Fresh, sb::Stage::Joined] {
            let _ = sb::admit(stage, &line);
        }
        let _ = sb::server_payload_length(&line);
        let frame = Frame { line: &line, payload: &payload };
        if let Ok(command) = sb::ClientCommand::decode(frame) {
            let mut out = Vec::new();
            command.encode(&mut out);
            let (line, payload) = first_line(&out);
            prop_assert_eq!(sb::ClientCommand::decode(Frame { line, payload }), Ok(command.clone()));
        }
        if let Ok(command) = sb::ServerCommand::decode(frame) {
            let mut out = Vec::new();
            command.encode(Dialect::Msnp12, &mut out);
            let (line, payload) = first_line(&out);
            prop_assert_eq!(sb::ServerCommand::decode(Frame { line, payload }), Ok(command.clone()));
        }
    }

    #[test]
    fn a_name_cannot_end_or_split_a_line(word in hostile_word(), dialect in select(&Dialect::ALL)) {
        let Some(text) = Text::parse(&word) else { return Ok(()) };
        let Some(name) = DisplayName::new(text.value()) else { return Ok(()) };
        let handle = Handle::parse("bob@example.com").unwrap();
        let mut out = Vec::new();
        for line in lines_with(dialect, &handle, &name, &text) {
            line.encode(dialect, &mut out);
            assert_clean_lines(&out, &[0]);
            out.clear();
        }
        let who = Participant { handle: handle.clone(), name: name.clone(), capabilities: None };
        for line in [
            sb::ServerCommand::Opened { trid: TrId::new(1), handle: handle.clone(), name: name.clone() },
            sb::ServerCommand::Join(who.clone()),
            sb::ServerCommand::Roster { trid: TrId::new(1), index: 1, total: 1, who },
            sb::ServerCommand::Message { handle, name, payload: b"" },
        ] {
            line.encode(dialect, &mut out);
            assert_clean_lines(&out, &[0]);
            out.clear();
        }
    }

    /// The answers to CHG, PRP, SBP, REG and similar commands repeat words of the request.
    #[test]
    fn a_word_that_an_answer_repeats_from_the_request_cannot_end_the_line(
        head in select(REPEATED),
        words in vec(hostile_word(), 0..3),
        dialect in select(&Dialect::ALL),
    ) {
        let words = words.iter().flat_map(|word| [b" ", word.as_slice()].concat());
        let line: Vec<u8> = head.bytes().chain(words).collect();
        use ClientCommand as C;
        if verb::admit(Stage::SignedIn(dialect), &line).is_err() {
            return Ok(());
        }
        let answer: ServerCommand = match ClientCommand::decode(dialect, Frame { line: &line, payload: b"" }) {
            Ok(C::Chg(chg)) => PresenceLine::Changed(chg).into(),
            Ok(C::Prp(prp)) => ServerCommand::Prp(prp),
            Ok(C::Sbp(sbp)) => ServerCommand::Sbp(sbp),
            Ok(C::Rea(rea)) => ServerCommand::Rea(rea),
            Ok(C::Adc(adc)) => ContactLine::Addition(adc).into(),
            Ok(C::Rem(rem)) => ContactLine::Removal(rem).into(),
            Ok(C::Reg(reg)) => GroupLine::Renamed(reg).into(),
            Ok(C::Adg(Adg { trid, name })) => {
                GroupLine::Added { trid, name, group: group_ref(dialect) }.into()
            }
            _ => return Ok(()),
        };
        let mut out = Vec::new();
        answer.encode(dialect, &mut out);
        assert_clean_lines(&out, &[0]);
    }
}

/// Returns a reference to a group in the form that `dialect` uses: a GUID or a number.
fn group_ref(dialect: Dialect) -> GroupRef {
    if dialect >= Dialect::Msnp10 {
        return GroupRef::Guid(Guid::from_bytes([7; 16]));
    }
    GroupRef::Number(GroupNumber::OTHER_CONTACTS)
}

/// The beginnings of commands whose answers repeat words of the command.
const REPEATED: &[&str] = &[
    "CHG 1",
    "CHG 1 NLN 0",
    "PRP 1 MFN",
    "PRP 1 PHW",
    "SBP 1 c1f9a363-4ee9-4a33-a434-b056a4c55b98",
    "SBP 1 c1f9a363-4ee9-4a33-a434-b056a4c55b98 MFN",
    "SBP 1 c1f9a363-4ee9-4a33-a434-b056a4c55b98 HSB",
    "ADC 1 FL N=bob@example.com",
    "ADC 1 AL",
    "REM 1 FL",
    "REM 1 BL",
    "REG 1 c1f9a363-4ee9-4a33-a434-b056a4c55b98",
    "ADG 1",
    "ADD 1 FL bob@example.com",
    "ADD 1 AL",
    "ADD 1 BL bob@example.com",
    "REM 1 FL bob@example.com",
    "REG 1 7",
    "REA 1",
    "REA 1 bob@example.com",
];

/// Returns every line in which a notification server sends one of these texts: the name of a user,
/// a nickname, the name of a group, or a telephone number.
fn lines_with(dialect: Dialect, handle: &Handle, name: &DisplayName, text: &Text) -> Vec<ServerCommand> {
    let guid = Guid::from_bytes([7; 16]);
    let presence = PresenceInfo {
        status: Status::Online,
        handle: handle.clone(),
        name: name.clone(),
        capabilities: Capabilities(1),
        object: None,
    };
    vec![
        PresenceLine::Initial(TrId::new(3), presence.clone()).into(),
        PresenceLine::Online(presence).into(),
        SettingLine::Own(Property::Name(name.clone())).into(),
        SettingLine::Contact(Some(handle.clone()), Property::Phone(Phone::Home, Some(text.value().to_owned()))).into(),
        ServerCommand::Prp(Prp { trid: TrId::new(3), change: PropertyChange::Name(name.clone(), text.clone()) }),
        SignInAnswer::Ok { trid: TrId::new(3), handle: handle.clone(), name: Some(name.clone()), verified: true }
            .into(),
        ServerCommand::Rea(Rea { trid: TrId::new(3), handle: handle.clone(), name: name.clone(), word: text.clone() }),
        ServerCommand::Sbp(Sbp::nickname(TrId::new(3), guid, name)),
        ServerCommand::Lst(Lst {
            handle: handle.clone(),
            nickname: name.clone(),
            lists: List::Forward.into(),
            contact: Some(guid),
            network: Some(NetworkIds::MESSENGER),
            groups: vec![group_ref(dialect)],
        }),
        ContactLine::Added {
            trid: TrId::new(3),
            handle: handle.clone(),
            nickname: text.clone(),
            contact: guid,
            group: None,
        }
        .into(),
        ContactLine::ReverseAdded { handle: handle.clone(), name: name.clone() }.into(),
        GroupLine::Added { trid: TrId::new(3), name: text.clone(), group: group_ref(dialect) }.into(),
        GroupLine::Listed { name: text.value().to_owned(), group: group_ref(dialect) }.into(),
        ServiceLine::Ring(Rng {
            session: 1,
            address: "127.0.0.1:1864".to_owned(),
            cookie: sb::Cookie("cookie".to_owned()),
            caller: handle.clone(),
            name: name.clone(),
        })
        .into(),
    ]
}

/// A CHG line can have the maximum length of a line. A presence line for contacts, such as NLN,
/// repeats the object of the CHG, and adds the address and the name of the sender. The test checks
/// that the presence line does not exceed the maximum length either.
#[test]
fn the_longest_object_that_chg_accepts_fits_into_the_presence_lines_for_contacts() {
    let address = format!("{}@example.com", "a".repeat(handle::MAX_HANDLE - 12));
    let mut longest = None;
    for length in 1..LineRules::NOTIFICATION.max_line {
        let line = format!("CHG 1 NLN 4294967295 {}", "x".repeat(length));
        let frame = Frame { line: line.as_bytes(), payload: b"" };
        if let (true, Ok(ClientCommand::Chg(chg))) =
            (line.len() + 2 <= LineRules::NOTIFICATION.max_line, ClientCommand::decode(Dialect::Msnp12, frame))
        {
            longest = chg.object;
        }
    }
    let presence = PresenceInfo {
        status: Status::Online,
        handle: Handle::parse(&address).unwrap(),
        name: DisplayName::new(&"n".repeat(name::MAX_DISPLAY_NAME)).unwrap(),
        capabilities: Capabilities(u32::MAX),
        object: longest,
    };
    let mut out = Vec::new();
    ServerCommand::from(PresenceLine::Initial(TrId::new(u32::MAX), presence)).encode(Dialect::Msnp12, &mut out);
    assert!(out.len() <= LineRules::NOTIFICATION.max_line, "{} bytes", out.len());
}
