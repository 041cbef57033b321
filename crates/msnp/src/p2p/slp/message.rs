//! The type of MSNSLP messages, and the code that writes them.

use super::text::{braced, clean, line};
use super::{ContentType, Fields, StartLine, Status};
use crate::{Guid, Handle};

/// An MSNSLP message: a request or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub start: StartLine,
    /// The receiver.
    pub to: Handle,
    /// The sender.
    pub from: Handle,
    /// The GUID that identifies a request. The answer to the request repeats this GUID.
    pub branch: Guid,
    /// The number of the message: 0 in a request. An answer has the number of its request plus one.
    pub cseq: u32,
    /// The GUID that identifies a session. All requests and answers about this session have the
    /// same GUID.
    pub call_id: Guid,
    /// The type of the body.
    pub content_type: ContentType,
    /// The fields of the body.
    pub body: Fields,
}

impl Message {
    /// Returns the answer to this request: the receiver answers the sender, with the same branch and Call-ID.
    #[must_use]
    pub fn answer(&self, status: Status, content_type: ContentType, body: Fields) -> Self {
        Self {
            start: StartLine::Answer(status),
            to: self.from.clone(),
            from: self.to.clone(),
            branch: self.branch,
            cseq: self.cseq.saturating_add(1),
            call_id: self.call_id,
            content_type,
            body,
        }
    }

    /// Returns the bytes. They end with a NUL, which Content-Length counts.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let body = self.body.encode();
        let mut out = Vec::with_capacity(512 + body.len());
        match &self.start {
            StartLine::Request(method) => line(&mut out, format_args!("{method} MSNMSGR:{} MSNSLP/1.0", self.to)),
            StartLine::Answer(status) => line(&mut out, format_args!("MSNSLP/1.0 {status}")),
        }
        line(&mut out, format_args!("To: <msnmsgr:{}>", self.to));
        line(&mut out, format_args!("From: <msnmsgr:{}>", self.from));
        line(&mut out, format_args!("Via: MSNSLP/1.0/TLP ;branch={}", braced(self.branch)));
        // In the example of payloads.md section 7.2, a blank follows the number.
        line(&mut out, format_args!("CSeq: {} ", self.cseq));
        line(&mut out, format_args!("Call-ID: {}", braced(self.call_id)));
        line(&mut out, format_args!("Max-Forwards: 0"));
        line(&mut out, format_args!("Content-Type: {}", clean(self.content_type.as_str())));
        line(&mut out, format_args!("Content-Length: {}", body.len()));
        out.extend(*b"\r\n");
        out.extend(body);
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::p2p::slp::Method;

    const INVITE: &str = "INVITE MSNMSGR:alice@example.com MSNSLP/1.0\r\n\
        To: <msnmsgr:alice@example.com>\r\n\
        From: <msnmsgr:bob@example.com>\r\n\
        Via: MSNSLP/1.0/TLP ;branch={6E1B0C52-93F4-4A7D-8C21-0D5E9A3B7F46}\r\n\
        CSeq: 0 \r\n\
        Call-ID: {2C9D4E71-58A0-4F3B-B6E2-71A4C0D8E935}\r\n\
        Max-Forwards: 0\r\n\
        Content-Type: application/x-msnmsgr-sessionreqbody\r\n\
        Content-Length: 320\r\n\
        \r\n\
        EUF-GUID: {A4268EEC-FEC5-49E5-95C3-F126696BDBF6}\r\n\
        SessionID: 271828182\r\n\
        AppID: 1\r\n\
        Context: PG1zbm9iaiBDcmVhdG9yPSJhbGljZUBleGFtcGxlLmNvbSIgU2l6ZT0iMTIiIFR5cGU9IjMiIExvY2F0aW9uPSJURlIxLnRtcCIgRnJpZW5kbHk9IkFBQT0iIFNIQTFEPSJUaEZ3dEszNG1vYlF1RFRPNnR0UC9GZGVnQ009IiBTSEExQz0iQUJvR2dFZnRlcEM0WFUyNG1pMWZrNnBxUWpRPSIvPgA=\r\n\
        \r\n\
        \0";

    const OBJECT: &[u8] = b"<msnobj Creator=\"alice@example.com\" Size=\"12\" Type=\"3\" Location=\"TFR1.tmp\" Friendly=\"AAA=\" SHA1D=\"ThFwtK34mobQuDTO6ttP/FdegCM=\" SHA1C=\"ABoGgEftepC4XU24mi1fk6pqQjQ=\"/>\0";

    fn guid(text: &str) -> Guid {
        Guid::parse(text.as_bytes()).unwrap()
    }

    fn invite() -> Message {
        Message {
            start: StartLine::Request(Method::Invite),
            to: Handle::parse("alice@example.com").unwrap(),
            from: Handle::parse("bob@example.com").unwrap(),
            branch: guid("6E1B0C52-93F4-4A7D-8C21-0D5E9A3B7F46"),
            cseq: 0,
            call_id: guid("2C9D4E71-58A0-4F3B-B6E2-71A4C0D8E935"),
            content_type: ContentType::SessionRequest,
            body: Fields::new()
                .with_euf_guid(Fields::OBJECT)
                .with_session_id(271_828_182)
                .with_app_id(1)
                .with_context(OBJECT),
        }
    }

    #[test]
    fn the_written_invite_matches_the_reference_byte_for_byte() {
        let bytes = invite().encode();
        assert_eq!(String::from_utf8_lossy(&bytes), INVITE);
        assert_eq!(bytes.len(), 650);
    }

    #[test]
    fn the_invite_in_the_reference_is_read() {
        let message = Message::parse(INVITE.as_bytes()).unwrap();
        assert_eq!(message, invite());
        let body = &message.body;
        assert_eq!((body.session_id(), body.app_id()), (Some(271_828_182), Some(1)));
        assert_eq!((body.euf_guid(), body.context().as_deref()), (Some(Fields::OBJECT), Some(OBJECT)));
    }

    #[test]
    fn answers_and_byes_are_written_as_the_reference_says() {
        let answer = invite().answer(Status::OK, ContentType::SessionRequest, Fields::new().with_session_id(7));
        let text = String::from_utf8(answer.encode()).unwrap();
        assert_eq!(
            text,
            "MSNSLP/1.0 200 OK\r\nTo: <msnmsgr:bob@example.com>\r\nFrom: <msnmsgr:alice@example.com>\r\n\
             Via: MSNSLP/1.0/TLP ;branch={6E1B0C52-93F4-4A7D-8C21-0D5E9A3B7F46}\r\nCSeq: 1 \r\n\
             Call-ID: {2C9D4E71-58A0-4F3B-B6E2-71A4C0D8E935}\r\nMax-Forwards: 0\r\n\
             Content-Type: application/x-msnmsgr-sessionreqbody\r\nContent-Length: 17\r\n\r\nSessionID: 7\r\n\r\n\0"
        );
        let bye = Message {
            start: StartLine::Request(Method::Bye),
            content_type: ContentType::SessionClose,
            body: Fields::new(),
            ..invite()
        };
        let text = String::from_utf8(bye.encode()).unwrap();
        assert!(text.starts_with("BYE MSNMSGR:alice@example.com MSNSLP/1.0\r\n"));
        assert!(text.ends_with("application/x-msnmsgr-sessionclosebody\r\nContent-Length: 3\r\n\r\n\r\n\0"));
    }

    fn messages() -> impl Strategy<Value = Message> {
        let method = prop_oneof![Just(Method::Invite), Just(Method::Bye), Just(Method::Ack)];
        let start = prop_oneof![
            method.prop_map(StartLine::Request),
            (100u16..1000).prop_map(|code| StartLine::Answer(Status(code)))
        ];
        let fields = proptest::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,12}", "([!-~é]([ -~é]{0,20}[!-~])?)?"), 0..8);
        let content = prop_oneof![
            Just("application/x-msnmsgr-sessionreqbody".to_owned()),
            Just("application/x-msnmsgr-transrespbody".to_owned()),
            "[a-z]{0,8}"
        ];
        let ids = any::<([u8; 16], [u8; 16], u32)>();
        (start, "[a-z]{1,9}@[a-z]{1,5}", fields, content, ids).prop_map(|(start, from, fields, content, ids)| Message {
            start,
            from: Handle::parse_lax(&from).unwrap(),
            branch: Guid::from_bytes(ids.0),
            call_id: Guid::from_bytes(ids.1),
            cseq: ids.2,
            content_type: ContentType::parse(&content),
            body: fields.iter().fold(Fields::new(), |all, (name, value)| all.with(name, value)),
            ..invite()
        })
    }

    proptest! {
        #[test]
        fn a_written_message_is_read_back_unchanged(message in messages()) {
            prop_assert_eq!(Message::parse(&message.encode()), Ok(message));
        }

        #[test]
        fn a_message_that_was_read_can_be_written_and_read_again(
            change in any::<(usize, u8)>(),
            cut in 0usize..700,
        ) {
            let mut bytes = INVITE.as_bytes().to_vec();
            let place = change.0 % bytes.len();
            bytes[place] = change.1;
            bytes.truncate(cut);
            if let Ok(message) = Message::parse(&bytes) {
                prop_assert_eq!(Message::parse(&message.encode()), Ok(message));
            }
        }

        #[test]
        fn text_in_a_field_cannot_add_a_line(name in ".{0,20}", value in ".{0,20}", content in ".{0,20}") {
            let body = Fields::new().with(&name, &value).with("Bad\r\n", "x\r\nCall-ID: y\0");
            let message = Message { content_type: ContentType::Other(content), body, ..invite() };
            let read = Message::parse(&message.encode()).unwrap();
            prop_assert_eq!(read.body, message.body);
        }
    }
}
