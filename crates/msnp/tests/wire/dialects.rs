//! The commands that a dialect lacks, and the form of each event in each dialect.

use std::ops::RangeInclusive;

use msnp::Dialect::{Msnp8, Msnp9, Msnp10, Msnp11, Msnp12};
use msnp::frame::Frame;
use msnp::notification::*;
use msnp::payload::Profile;
use msnp::switchboard::{self as sb, Participant};
use msnp::*;

const GUID: &str = "c1f9a363-4ee9-4a33-a434-b056a4c55b98";
const OLD: RangeInclusive<Dialect> = Msnp8..=Msnp9;
const NEW: RangeInclusive<Dialect> = Msnp10..=Msnp12;

/// Returns what a server decodes from a line without a payload, in a session of `dialect`.
fn understood(dialect: Dialect, line: &str) -> Result<ClientCommand, Refusal> {
    verb::admit(Stage::SignedIn(dialect), line.as_bytes())?;
    ClientCommand::decode(dialect, Frame { line: line.as_bytes(), payload: b"" })
}

#[test]
fn a_command_works_in_each_dialect_that_has_the_command_and_closes_the_connection_in_all_other_dialects() {
    let table = [
        ("ADD 1 AL bob@example.com Bob", OLD),
        ("ADD 1 FL bob@example.com Bob 29", OLD),
        ("REA 1 bob@example.com Bob", OLD),
        ("REG 1 0 Others 0", OLD),
        ("SYN 1 5", OLD),
        ("SYN 1 0 0", NEW),
        ("ADC 1 AL N=bob@example.com", NEW),
        (&format!("SBP 1 {GUID} MFN Bob"), NEW),
        (&format!("REG 1 {GUID} Others"), NEW),
        ("REM 1 PL bob@example.com", NEW),
        ("CHG 1 NLN 0", Msnp8..=Msnp12),
        ("CHG 1 NLN 0 %3Cmsnobj%2F%3E", Msnp9..=Msnp12),
        ("PAG 1 bob@example.com 0", Msnp8..=Msnp12),
        ("PGD 1 bob@example.com 1 0", Msnp9..=Msnp12),
        ("UUX 1 0", Msnp11..=Msnp12),
        ("GCF 1 Shields.xml", Msnp11..=Msnp12),
        ("GSB 1", Msnp11..=Msnp12),
        ("LKP 1 tel:+31123456789", Msnp12..=Msnp12),
    ];
    for (line, dialects) in table {
        for dialect in Dialect::ALL {
            match understood(dialect, line) {
                Ok(_) => assert!(dialects.contains(&dialect), "{dialect}: {line}"),
                Err(refusal) => {
                    assert!(!dialects.contains(&dialect), "{dialect}: {line}: {refusal}");
                    assert!(matches!(refusal, Refusal::Close(_)), "{dialect}: {line}: {refusal}");
                }
            }
        }
    }
}

#[test]
fn a_client_that_sends_a_server_verb_is_disconnected_in_every_dialect() {
    let verbs = "UBX ILN NLN FLN BPR LST LSG RNG MSG NOT IPG SBS QNG INF MD5";
    for dialect in Dialect::ALL {
        for verb in verbs.split(' ') {
            let line = format!("{verb} 1 0");
            assert_eq!(understood(dialect, &line), Err(Refusal::Close(Malformed::UnknownVerb)), "{dialect}: {line}");
        }
    }
}

#[test]
fn each_dialect_refuses_invalid_words_in_the_way_that_its_rules_require() {
    let answer = |code| Err(Refusal::Answer(TrId::new(1), code));
    let close = |why| Err(Refusal::Close(why));
    let table = [
        ("SYN 1 soon", OLD, answer(ErrorCode::InvalidParameter)),
        ("SYN 1 4294967296", OLD, answer(ErrorCode::InvalidParameter)),
        ("SYN 1 0 0", OLD, close(Malformed::WordCount)),
        ("SYN 1 0", NEW, close(Malformed::WordCount)),
        ("REA 1 bob@example.com %FF", OLD, answer(ErrorCode::InvalidFriendlyName)),
        ("REA 1 bob Bob", OLD, answer(ErrorCode::NotOnList)),
        ("REA 1", OLD, close(Malformed::WordCount)),
        ("REA 1 bob@example.com Bob B", OLD, close(Malformed::WordCount)),
        ("PRP 1 MFN Bob", OLD, answer(ErrorCode::NotExpected)),
        ("ADD 1 AL bob Bob", OLD, answer(ErrorCode::InvalidParameter)),
        ("ADD 1 RL bob@example.com Bob", OLD, close(Malformed::Word)),
        ("ADD 1 FL bob@example.com Bob 30", OLD, close(Malformed::Word)),
        ("ADD 1 AL bob@example.com Bob 1", OLD, close(Malformed::WordCount)),
        ("ADD 1 AL bob@example.com", OLD, close(Malformed::WordCount)),
        (&format!("REM 1 FL {GUID}"), OLD, answer(ErrorCode::NotOnList)),
        ("REM 1 FL", OLD, close(Malformed::WordCount)),
        ("REM 1 FL", NEW, answer(ErrorCode::NotOnList)),
        ("REM 1 FL bob@example.com", NEW, answer(ErrorCode::NotOnList)),
        (&format!("REM 1 FL bob@example.com {GUID}"), OLD, close(Malformed::Word)),
        ("REM 1 PL bob@example.com", OLD, close(Malformed::Word)),
        ("RMG 1 30", OLD, close(Malformed::Word)),
        ("RMG 1 Friends", OLD, close(Malformed::Word)),
        ("REG 1 30 Friends 0", OLD, close(Malformed::Word)),
        ("REG 1 1 Friends", NEW, close(Malformed::Word)),
    ];
    for (line, dialects, expected) in table {
        for dialect in Dialect::ALL.into_iter().filter(|dialect| dialects.contains(dialect)) {
            assert_eq!(understood(dialect, line), expected, "{dialect}: {line}");
        }
    }
}

/// Encodes a line for a client of `dialect` whose list version is 7. Returns the line without its
/// line end.
fn encoded(dialect: Dialect, line: impl Into<ServerCommand>) -> String {
    let mut out = Vec::new();
    line.into().encode(Reader { list_version: 7, ..dialect.into() }, &mut out);
    String::from_utf8(out).unwrap().strip_suffix("\r\n").unwrap().to_owned()
}

fn bob() -> Handle {
    Handle::parse("bob@example.com").unwrap()
}

fn name() -> DisplayName {
    DisplayName::new("Bob B").unwrap()
}

#[test]
fn before_msnp10_each_line_about_a_change_carries_the_list_version() {
    let trid = TrId::new(1);
    let table = [
        (SettingLine::AddPrompt(Some(trid), AddPrompt::Ask).into(), "GTC 1 7 A", "GTC 1 A"),
        (SettingLine::Privacy(Some(trid), Privacy::Block).into(), "BLP 1 7 BL", "BLP 1 BL"),
        (
            ServerCommand::Prp(Prp { trid, change: PropertyChange::Phone(Phone::Home, None) }),
            "PRP 1 7 PHH",
            "PRP 1 PHH",
        ),
        (
            SettingLine::Contact(Some(bob()), Property::Paging(true)).into(),
            "BPR 7 bob@example.com MOB Y",
            "BPR bob@example.com MOB Y",
        ),
        (
            ContactLine::ReverseAdded { handle: bob(), name: name() }.into(),
            "ADD 0 RL 7 bob@example.com Bob%20B",
            "ADC 0 RL N=bob@example.com F=Bob%20B",
        ),
        (ContactLine::ReverseRemoved(bob()).into(), "REM 0 RL 7 bob@example.com", "REM 0 RL bob@example.com"),
        // The lines of the burst after SYN report no change of the lists, so they carry no list
        // version.
        (SettingLine::AddPrompt(None, AddPrompt::Ask).into(), "GTC A", "GTC A"),
        (SettingLine::Privacy(None, Privacy::Block).into(), "BLP BL", "BLP BL"),
        (SettingLine::Contact(None, Property::Paging(true)).into(), "BPR MOB Y", "BPR MOB Y"),
    ];
    for (command, old, new) in table {
        for dialect in Dialect::ALL {
            let line = encoded(dialect, command.clone());
            assert_eq!(line, if OLD.contains(&dialect) { old } else { new }, "{dialect}");
            let frame = Frame { line: line.as_bytes(), payload: b"" };
            assert_eq!(ServerCommand::decode(dialect, frame).as_ref(), Ok(&command), "{dialect}: {line}");
        }
    }
}

/// A line in the form of one dialect is invalid in another.
#[test]
fn a_client_refuses_the_lines_of_another_dialect() {
    let table = [
        ("GTC 1 A", NEW),
        ("GTC 1 7 A", OLD),
        ("PRP 1 PHH 5", NEW),
        ("PRP 1 7 PHH 5", OLD),
        ("BPR bob@example.com PHH 5", NEW),
        ("BPR 123 bob@example.com PHH 5", OLD),
        ("ADD 1 AL 7 bob@example.com Bob", OLD),
        ("ADC 1 AL N=bob@example.com", NEW),
        ("REM 1 AL 7 bob@example.com", OLD),
        ("REM 1 AL bob@example.com", NEW),
        ("REA 1 7 bob@example.com Bob", OLD),
        ("ADG 1 7 Work 1 0", OLD),
        ("REG 1 7 1 Work 0", OLD),
        ("RMG 1 7 1", OLD),
        (&format!("RMG 1 {GUID}"), NEW),
        ("LSG 1 Work 0", OLD),
        ("LST bob@example.com Bob 11 1,2", OLD),
        ("LST bob@example.com Bob 8", OLD),
        ("LST N=bob@example.com F=Bob 16", Msnp10..=Msnp11),
        ("LST N=bob@example.com F=Bob 16 1", Msnp12..=Msnp12),
        ("SYN 1 7 3 2", OLD),
        ("USR 1 OK bob@example.com Bob 1 0", OLD),
        ("USR 1 OK bob@example.com 1 0", NEW),
        ("NLN NLN bob@example.com Bob 0 %3Cmsnobj%2F%3E", Msnp9..=Msnp12),
    ];
    for (line, dialects) in table {
        for dialect in Dialect::ALL {
            let read = ServerCommand::decode(dialect, Frame { line: line.as_bytes(), payload: b"" });
            assert_eq!(read.is_ok(), dialects.contains(&dialect), "{dialect}: {line}: {read:?}");
        }
    }
}

#[test]
fn the_line_for_a_contact_has_the_form_of_the_receivers_dialect() {
    let contact = Guid::parse(GUID.as_bytes()).unwrap();
    let lst = |group, lists| Lst {
        handle: bob(),
        nickname: name(),
        lists,
        contact: Some(contact),
        network: Some(NetworkIds::MESSENGER),
        groups: vec![group],
    };
    let on_forward = ListBits::from(List::Forward);
    let old = lst(GroupRef::Number(GroupNumber::OTHER_CONTACTS), on_forward);
    let new = lst(GroupRef::Guid(contact), on_forward);
    for (dialect, lst, line) in [
        (Msnp8, &old, "LST bob@example.com Bob%20B 1 0".to_owned()),
        (Msnp9, &old, "LST bob@example.com Bob%20B 1 0".to_owned()),
        (Msnp10, &new, format!("LST N=bob@example.com F=Bob%20B C={GUID} 1 {GUID}")),
        (Msnp11, &new, format!("LST N=bob@example.com F=Bob%20B C={GUID} 1 {GUID}")),
        (Msnp12, &new, format!("LST N=bob@example.com F=Bob%20B C={GUID} 1 1 {GUID}")),
    ] {
        assert_eq!(encoded(dialect, ServerCommand::Lst(lst.clone())), line, "{dialect}");
    }

    let undecided = Lst { contact: None, groups: Vec::new(), ..lst(GroupRef::Guid(contact), List::Pending.into()) };
    for (dialect, line) in [
        (Msnp8, "LST bob@example.com Bob%20B 8"),
        (Msnp9, "LST bob@example.com Bob%20B 8"),
        (Msnp10, "LST N=bob@example.com F=Bob%20B 16"),
        (Msnp11, "LST N=bob@example.com F=Bob%20B 16"),
        (Msnp12, "LST N=bob@example.com F=Bob%20B 16 1"),
    ] {
        assert_eq!(encoded(dialect, ServerCommand::Lst(undecided.clone())), line, "{dialect}");
    }
}

#[test]
fn each_line_contains_only_the_words_of_the_receivers_dialect() {
    let who = Participant { handle: bob(), name: name(), capabilities: Some(Capabilities(5)) };
    let profile = Profile {
        login_time: 1,
        email_enabled: false,
        member_id: 2,
        locale: 1033,
        handle: &bob(),
        country: "US",
        web_token: "x",
        client: "192.0.2.1:1863".parse().unwrap(),
    };
    let presence = PresenceInfo {
        status: Status::Busy,
        handle: bob(),
        name: name(),
        capabilities: Capabilities(5),
        object: MsnObject::parse(b"%3Cmsnobj%2F%3E"),
    };
    let signed_in = SignInAnswer::Ok { trid: TrId::new(4), handle: bob(), name: Some(name()), verified: true };
    let in_chat = |dialect, line: sb::ServerCommand<'_>| {
        let mut out = Vec::new();
        line.encode(dialect, &mut out);
        String::from_utf8(out).unwrap().trim_end().to_owned()
    };
    for dialect in Dialect::ALL {
        let since = |first: Dialect, word: &'static str| if dialect >= first { word } else { "" };
        let until = |last: Dialect, word: &'static str| if dialect <= last { word } else { "" };

        assert_eq!(encoded(dialect, ServerCommand::Qng(50)), format!("QNG{}", since(Msnp9, " 50")));
        assert_eq!(
            encoded(dialect, signed_in.clone()),
            format!("USR 4 OK bob@example.com{} 1 0", until(Msnp9, " Bob%20B"))
        );
        assert_eq!(
            encoded(dialect, PresenceLine::Online(presence.clone())),
            format!("NLN BSY bob@example.com Bob%20B 5{}", since(Msnp9, " %3Cmsnobj%2F%3E"))
        );

        let capabilities = since(Msnp12, " 5");
        let joined = in_chat(dialect, sb::ServerCommand::Join(who.clone()));
        assert_eq!(joined, format!("JOI bob@example.com Bob%20B{capabilities}"));
        let roster = sb::ServerCommand::Roster { trid: TrId::new(2), index: 1, total: 1, who: who.clone() };
        assert_eq!(in_chat(dialect, roster), format!("IRO 2 1 1 bob@example.com Bob%20B{capabilities}"));

        let body = String::from_utf8(profile.encode(dialect)).unwrap();
        assert_eq!(body.contains("ABCHMigrated: 1\r\n"), dialect >= Msnp10, "{dialect}");
    }
}

#[test]
fn a_telephone_number_can_be_added_as_a_contact_only_from_msnp11_on() {
    let invalid = Err(Refusal::Answer(TrId::new(1), ErrorCode::InvalidParameter));
    for line in ["ADD 1 FL tel:+31123 Mum", "ADD 1 AL tel:+31123 Mum"] {
        assert_eq!(understood(Msnp9, line), invalid, "{line}");
    }
    for line in ["ADC 1 FL N=tel:+31123 F=Mum", "ADC 1 AL N=tel:+31123"] {
        assert_eq!(understood(Msnp10, line), invalid, "{line}");
        assert!(understood(Msnp11, line).is_ok(), "{line}");
    }
}

/// REA without a name gets the same error as PRP MFN without a name. In an earlier version, the
/// table of verbs required two words for REA, so such a line closed the connection.
#[test]
fn rea_without_a_name_gets_error_209() {
    for (dialect, line) in [(Msnp9, "REA 1 bob@example.com"), (Msnp8, "REA 1 bob@example.com "), (Msnp12, "PRP 1 MFN")]
    {
        let expected = Err(Refusal::Answer(TrId::new(1), ErrorCode::InvalidFriendlyName));
        assert_eq!(understood(dialect, line), expected, "{dialect}: {line}");
    }
}

/// In an earlier version, an invalid name made the decoder read the line as a line of MSNP10.
#[test]
fn usr_ok_with_an_invalid_name_is_malformed() {
    for name in ["%FF", "%0D%0A", "%00"] {
        let line = format!("USR 4 OK bob@example.com {name} 1 0");
        let read = ServerCommand::decode(Msnp9, Frame { line: line.as_bytes(), payload: b"" });
        assert_eq!(read, Err(Malformed::Word), "{name}");
    }
}
