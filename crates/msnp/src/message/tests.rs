use super::*;
use crate::ObjectKind;
use crate::switchboard::MAX_MESSAGE;

fn parse(payload: &str) -> Message {
    Message::parse(payload.as_bytes())
}

#[test]
fn messages_that_are_unknown_or_malformed_or_partial_are_kept_unchanged() {
    for payload in [
        "",
        "\r\n\r\n",
        "no headers at all",
        "Content-Type: image/gif\r\n\r\nbase64:R0lGODlh",
        "Content-Type: text/x-msmsgsprofile; charset=UTF-8\r\nMSPAuth: x\r\n\r\n",
        "Content-Type: text/x-msmsgscontrol\r\n\r\n\r\n",
        "Content-Type: text/x-msnmsgr-datacast\r\n\r\nID: 4\r\nData: waves\r\n\r\n",
        "Content-Type: text/x-msnmsgr-datacast\r\n\r\nID: 2\r\nData: <msnobj/>\r\n\r\n",
        "Content-Type: text/x-msnmsgr-datacast\r\n\r\nID: 3\r\n\r\n",
        "Content-Type: text/x-mms-emoticon\r\n\r\n(a)\tb\t",
        "Content-Type: text/x-clientcaps\r\n\r\nHello: you\r\n\r\n",
        "Content-Type: application/x-msnmsgrp2p\r\n\r\n",
        "Content-Type: application/x-msnmsgrp2p\r\nP2P-Dest: bob\r\n\r\n",
        "Content-Type: text/x-msmsgsinvite\r\n\r\nInvitation-Command: INVITE\r\n\r\n",
        "Content-Type: application/x-msmsgssystemmessage\r\n\r\nType: 2\r\nArg1: 5\r\n",
        "Content-Type: application/x-msmsgssystemmessage\r\n\r\nType: 1\r\nArg1: soon\r\n",
        "Content-Type: text/plain; charset=UTF-8\r\nMessage-ID: {1}\r\nChunks: 2\r\n\r\nhalf a text",
        "Message-ID: {1}\r\nChunk: 1\r\n\r\nthe other half",
    ] {
        let message = parse(payload);
        assert_eq!(message, Message::Other(OtherMessage::new(payload.into())), "{payload}");
        assert_eq!(message.encode(), payload.as_bytes());
    }
}

#[test]
fn the_parser_does_not_parse_an_oversize_payload_but_keeps_it() {
    let payload = format!("Content-Type: text/plain\r\n\r\n{}", "x".repeat(MAX_PAYLOAD));
    assert!(matches!(parse(&payload), Message::Other(other) if other.content_type().is_empty()));
}

#[test]
fn types_and_headers_are_read_in_upper_and_lower_case_and_with_lf_line_ends() {
    let object = "<msnobj Size=\"1\" Type=\"8\" SHA1D=\"6zdVQEW8Rph/v1Olo1R3o1T7PuU=\"/>";
    let encoded = MsnObjectFields::parse(object).unwrap();
    assert_eq!(parse("content-type: TEXT/X-MSMSGSCONTROL\ntypinguser: bob\n"), Message::Typing(None));
    assert_eq!(parse("Content-Type:text/x-msnmsgr-datacast; a=b\n\nid:1"), Message::Nudge);
    let wink = format!("CONTENT-TYPE: text/x-msnmsgr-datacast\n\nDATA: {}\nID: 2\n", encoded.to_word());
    assert_eq!(parse(&wink), Message::Wink(encoded));
    let caps = ClientCaps { name: "a b".to_owned(), logging: Some(true) };
    let payload = "Content-Type: text/x-clientcaps\r\n\r\nchat-logging: S\r\nCLIENT-NAME: a\x1b \rb ";
    assert_eq!(parse(payload), Message::ClientCaps(caps));
    let warning = Message::ShutdownWarning { minutes: 2 };
    assert_eq!(parse("Content-Type: text/x-msmsgssystemmessage; charset=UTF-8\r\n\r\nType: 1\r\nArg1: 2"), warning);
}

#[test]
fn the_value_of_a_message_field_cannot_add_a_line_or_a_field() {
    let name = "x\r\nChat-Logging: N\r\n\r\n".to_owned();
    let caps = Message::ClientCaps(ClientCaps { name, logging: Some(true) });
    let read = ClientCaps { name: "xChat-Logging: N".to_owned(), logging: Some(true) };
    assert_eq!(Message::parse(&caps.encode()), Message::ClientCaps(read));
    let object = MsnObjectFields::of(&Handle::parse("a@b.c").unwrap(), ObjectKind::Emoticon, "", "", b"");
    let emoticon = CustomEmoticon { shortcut: "a\tb\r\n".to_owned(), object: object.unwrap() };
    let written = Message::Emoticons(Emoticons { animated: true, emoticons: vec![emoticon] }).encode();
    let Message::Emoticons(read) = Message::parse(&written) else { panic!("{}", written.escape_ascii()) };
    assert_eq!((read.animated, read.emoticons[0].shortcut.as_str()), (true, "ab"));
    let fields = [("a: b\r\n", "c\r\nd"), ("Invitation-Command", "CANCEL"), ("Invitation-Cookie", "1\n\n2")];
    let invitation = Invitation::new(fields).unwrap();
    assert_eq!((invitation.field("a b"), invitation.cookie()), (Some("cd"), "12"));
    assert_eq!(Message::parse(&Message::Invitation(invitation.clone()).encode()), Message::Invitation(invitation));
}

#[test]
fn a_typical_number_of_emoticons_fits_into_a_message() {
    let handle = Handle::parse("somebody.with.a.long.name@messenger.example.com").unwrap();
    let object = MsnObjectFields::of(&handle, ObjectKind::Emoticon, "TFR2C.tmp", "snail", &[0; 20_000]);
    let emoticon = CustomEmoticon { shortcut: "(snail)".to_owned(), object: object.unwrap() };
    let emoticons = vec![emoticon; USUAL_EMOTICONS];
    assert!(Message::Emoticons(Emoticons { animated: false, emoticons }).encode().len() <= MAX_MESSAGE);
}

#[test]
fn each_kind_of_message_has_the_ack_flag_given_in_the_reference() {
    let table = [
        (Message::Text(TextMessage::default()), AckFlag::OnFailure),
        (Message::Typing(None), AckFlag::Never),
        (Message::Nudge, AckFlag::Always),
        (Message::ClientCaps(ClientCaps::default()), AckFlag::Never),
        (Message::Emoticons(Emoticons { animated: false, emoticons: Vec::new() }), AckFlag::OnFailure),
        (
            Message::PeerToPeer(PeerToPeer { destination: Handle::parse("a@b.c").unwrap(), data: Vec::new() }),
            AckFlag::Data,
        ),
    ];
    for (message, flag) in table {
        assert_eq!(message.default_flag(), flag, "{message:?}");
    }
}
