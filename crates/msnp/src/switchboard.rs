//! The switchboard connections: every command in both directions (docs/protocol/sb.md).

use std::fmt;

use crate::frame::Frame;
use crate::word::{LineWriter, Words, number, utf8};
use crate::{Capabilities, Dialect, DisplayName, ErrorCode, Handle, Malformed, Refusal, Text, TrId};

/// The longest message, in bytes (sb.md section 6).
pub const MAX_MESSAGE: usize = 1664;
/// The binary header and footer that every peer-to-peer message has (payloads.md section 7.1).
const P2P_FRAME: usize = 48 + 4;

/// Whether a switchboard connection has said who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Neither USR nor ANS was accepted yet.
    Fresh,
    /// In a session.
    Joined,
}

/// A secret word that opens a switchboard session once. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie(pub String);

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie(..)")
    }
}

/// When a sender wants to hear whether a message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckFlag {
    /// `U`: never.
    Never,
    /// `N`: NAK if it did not.
    OnFailure,
    /// `A`: ACK or NAK.
    Always,
    /// `D`: as `A`, for peer-to-peer data.
    Data,
    /// `S`: ACK if it did.
    OnSuccess,
}

impl AckFlag {
    const ALL: [Self; 5] = [Self::Never, Self::OnFailure, Self::Always, Self::Data, Self::OnSuccess];

    const fn word(self) -> &'static str {
        match self {
            Self::Never => "U",
            Self::OnFailure => "N",
            Self::Always => "A",
            Self::Data => "D",
            Self::OnSuccess => "S",
        }
    }

    fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.word().as_bytes() == word)
    }

    /// Whether the sender is told of a success.
    #[must_use]
    pub const fn wants_ack(self) -> bool {
        matches!(self, Self::Always | Self::Data | Self::OnSuccess)
    }

    /// Whether the sender is told of a failure.
    #[must_use]
    pub const fn wants_nak(self) -> bool {
        matches!(self, Self::OnFailure | Self::Always | Self::Data)
    }
}

/// A command from a client. The payload of MSG is borrowed: it is relayed without being looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCommand<'a> {
    /// `USR TrID handle cookie`: opens a session.
    Usr {
        /// Ties the answer to it.
        trid: TrId,
        /// Who opens it. `None` if the word is no address.
        handle: Option<Handle>,
        /// From `XFR SB`.
        cookie: Cookie,
    },
    /// `ANS TrID handle cookie session`: joins a session.
    Ans {
        /// Ties the answer to it.
        trid: TrId,
        /// Who joins. `None` if the word is no address.
        handle: Option<Handle>,
        /// From RNG.
        cookie: Cookie,
        /// From RNG. `None` if the word is no session id.
        session: Option<u32>,
    },
    /// `CAL TrID handle`: rings somebody.
    Cal {
        /// Ties the answer to it.
        trid: TrId,
        /// Who is rung.
        callee: Handle,
    },
    /// `MSG TrID flag n` and n bytes.
    Msg {
        /// Ties the answer to it.
        trid: TrId,
        /// Which answer is wanted.
        flag: AckFlag,
        /// Any bytes, up to [`MAX_MESSAGE`].
        payload: &'a [u8],
    },
    /// `OUT`: leaves.
    Out,
}

/// Decides whether a line may come in this stage, and how long its payload is.
///
/// # Errors
/// Sections 3 and 8 of sb.md: all close, but a second USR or ANS, which is 911 and fatal.
pub fn admit(stage: Stage, line: &[u8]) -> Result<usize, Refusal> {
    utf8(line)?;
    let mut words = Words::new(line);
    let verb = words.need()?;
    let (count, joined) = match verb {
        b"OUT" => (0, None),
        b"USR" => (3, Some(Stage::Fresh)),
        b"ANS" => (4, Some(Stage::Fresh)),
        b"CAL" => (2, Some(Stage::Joined)),
        b"MSG" => (3, Some(Stage::Joined)),
        _ => return Err(Malformed::UnknownVerb.into()),
    };
    if words.clone().count() != count {
        return Err(Malformed::WordCount.into());
    }
    let Some(wanted) = joined else { return Ok(0) };
    let trid = words.next().and_then(TrId::parse).ok_or(Malformed::TrId)?;
    match (stage, wanted) {
        (Stage::Joined, Stage::Fresh) => return Err(Refusal::Fatal(trid, ErrorCode::AuthenticationFailed)),
        (Stage::Fresh, Stage::Joined) => return Err(Malformed::WrongState.into()),
        _ => {}
    }
    if verb != b"MSG" {
        return Ok(0);
    }
    let length = words.last().and_then(message_length).ok_or(Malformed::PayloadLength)?;
    Ok(length)
}

/// A plain decimal number of at most nine digits, within the limit.
fn message_length(word: &[u8]) -> Option<usize> {
    let length = (word.len() <= 9).then(|| number(word)).flatten()?;
    usize::try_from(length).ok().filter(|length| *length <= MAX_MESSAGE)
}

impl<'a> ClientCommand<'a> {
    /// Reads a frame that [`admit`] let through.
    ///
    /// # Errors
    /// 208 for a callee that is no address, 282 for malformed peer-to-peer data; else a close.
    pub fn decode(frame: Frame<'a>) -> Result<Self, Refusal> {
        let mut words = Words::new(frame.line);
        let verb = words.need()?;
        if verb == b"OUT" {
            return Ok(Self::Out);
        }
        let trid = words.next().and_then(TrId::parse).ok_or(Malformed::TrId)?;
        match verb {
            b"MSG" => {
                let flag = words.need_with(AckFlag::parse)?;
                if flag == AckFlag::Data && is_broken_p2p(frame.payload) {
                    return Err(Refusal::Answer(trid, ErrorCode::BadDataMessage));
                }
                Ok(Self::Msg { trid, flag, payload: frame.payload })
            }
            b"CAL" => {
                let callee = Handle::parse_lax(words.need_str()?);
                Ok(Self::Cal { trid, callee: callee.map_err(|_| Refusal::Answer(trid, ErrorCode::InvalidUsername))? })
            }
            b"USR" | b"ANS" => {
                let handle = Handle::parse_lax(words.need_str()?).ok();
                let cookie = Cookie(words.need_str()?.to_owned());
                if verb == b"USR" {
                    return Ok(Self::Usr { trid, handle, cookie });
                }
                Ok(Self::Ans { trid, handle, cookie, session: number(words.need()?) })
            }
            _ => Err(Malformed::UnknownVerb.into()),
        }
    }

    /// Appends the command as a client sends it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let address = |handle: &Option<Handle>| handle.as_ref().map_or_else(|| "-".to_owned(), Handle::to_string);
        match self {
            Self::Usr { trid, handle, cookie } => {
                LineWriter::new(out, "USR").word(trid).word(address(handle)).word(&cookie.0).end();
            }
            Self::Ans { trid, handle, cookie, session } => {
                let session = session.map_or_else(|| "-".to_owned(), |id| id.to_string());
                LineWriter::new(out, "ANS").word(trid).word(address(handle)).word(&cookie.0).word(session).end();
            }
            Self::Cal { trid, callee } => LineWriter::new(out, "CAL").word(trid).word(callee).end(),
            Self::Msg { trid, flag, payload } => {
                LineWriter::new(out, "MSG").word(trid).word(flag.word()).payload(payload);
            }
            Self::Out => LineWriter::new(out, "OUT").end(),
        }
    }
}

/// Whether a payload says that it is peer-to-peer data and is too short to be (sb.md section 6).
fn is_broken_p2p(payload: &[u8]) -> bool {
    let end = memchr::memmem::find(payload, b"\r\n\r\n");
    let head = &payload[..end.unwrap_or(payload.len())];
    let is_p2p = head.split(|byte| *byte == b'\n').any(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return false;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        name.eq_ignore_ascii_case(b"Content-Type") && value.eq_ignore_ascii_case(b"application/x-msnmsgrp2p")
    });
    is_p2p && end.is_none_or(|end| payload.len() - (end + 4) < P2P_FRAME)
}

/// Somebody in a session, as IRO and JOI tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub handle: Handle,
    /// The display name at the time of joining.
    pub name: DisplayName,
    /// What the client can do; told to readers of MSNP12 on.
    pub capabilities: Option<Capabilities>,
}

impl Participant {
    fn encode(&self, dialect: Dialect, line: LineWriter<'_>) {
        let capabilities = self.capabilities.filter(|_| dialect >= Dialect::Msnp12);
        line.word(&self.handle).text(self.name.as_str()).opt(capabilities).end();
    }

    fn decode(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (handle, name) = decode_person(&mut words)?;
        let capabilities = match words.next() {
            None => None,
            Some(word) => Some(Capabilities::parse(word).ok_or(Malformed::Word)?),
        };
        words.end()?;
        Ok(Self { handle, name, capabilities })
    }
}

fn decode_person(words: &mut Words<'_>) -> Result<(Handle, DisplayName), Malformed> {
    let handle = Handle::parse_lax(words.need_str()?).map_err(|_| Malformed::Word)?;
    let name = DisplayName::from_text(&words.need_with(Text::parse)?)?.ok_or(Malformed::Word)?;
    Ok((handle, name))
}

/// A line from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerCommand<'a> {
    /// `USR TrID OK handle name`.
    Opened {
        /// That of the request.
        trid: TrId,
        /// The account as it is registered.
        handle: Handle,
        /// Its display name.
        name: DisplayName,
    },
    /// `IRO TrID i n handle name [capabilities]`: somebody who is in the session already.
    Roster {
        /// That of ANS.
        trid: TrId,
        /// The number of this line, from 1.
        index: u32,
        /// The number of lines.
        total: u32,
        /// Who.
        who: Participant,
    },
    /// `ANS TrID OK`.
    Joined(TrId),
    /// `JOI handle name [capabilities]`: somebody joined.
    Join(Participant),
    /// `CAL TrID RINGING session`.
    Ringing(TrId, u32),
    /// `MSG handle name n` and n bytes.
    Message {
        /// Who sent it.
        handle: Handle,
        /// The sender's display name.
        name: DisplayName,
        /// The bytes as they came.
        payload: &'a [u8],
    },
    /// `ACK TrID`.
    Ack(TrId),
    /// `NAK TrID`.
    Nak(TrId),
    /// `BYE handle [1]`; with `1` the whole session is closed for being idle.
    Bye(Handle, bool),
    /// `code TrID`.
    Error(TrId, ErrorCode),
}

impl<'a> ServerCommand<'a> {
    /// Appends the line as a reader of `dialect` expects it.
    pub fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) {
        match self {
            Self::Opened { trid, handle, name } => {
                LineWriter::new(out, "USR").word(trid).word("OK").word(handle).text(name.as_str()).end();
            }
            Self::Roster { trid, index, total, who } => {
                who.encode(dialect, LineWriter::new(out, "IRO").word(trid).word(index).word(total));
            }
            Self::Joined(trid) => LineWriter::new(out, "ANS").word(trid).word("OK").end(),
            Self::Join(who) => who.encode(dialect, LineWriter::new(out, "JOI")),
            Self::Ringing(trid, session) => LineWriter::new(out, "CAL").word(trid).word("RINGING").word(session).end(),
            Self::Message { handle, name, payload } => {
                LineWriter::new(out, "MSG").word(handle).text(name.as_str()).payload(payload);
            }
            Self::Ack(trid) => LineWriter::new(out, "ACK").word(trid).end(),
            Self::Nak(trid) => LineWriter::new(out, "NAK").word(trid).end(),
            Self::Bye(handle, idle) => LineWriter::new(out, "BYE").word(handle).opt(idle.then_some(1)).end(),
            Self::Error(trid, code) => LineWriter::new(out, code).word(trid).end(),
        }
    }

    /// Reads a line of a server.
    ///
    /// # Errors
    /// What makes the line impossible; a client closes then.
    pub fn decode(frame: Frame<'a>) -> Result<Self, Malformed> {
        let mut words = Words::new(frame.line);
        let verb = words.need()?;
        let mut trid = || words.need_with(TrId::parse);
        if let Some(code) = ErrorCode::parse(verb) {
            return Ok(Self::Error(trid()?, code));
        }
        let line = match verb {
            b"USR" => {
                let trid = trid()?;
                words.need()?;
                let (handle, name) = decode_person(&mut words)?;
                Self::Opened { trid, handle, name }
            }
            b"IRO" => {
                let trid = trid()?;
                let (index, total) = (words.need_with(number)?, words.need_with(number)?);
                return Ok(Self::Roster { trid, index, total, who: Participant::decode(words)? });
            }
            b"ANS" => {
                let trid = trid()?;
                words.need()?;
                Self::Joined(trid)
            }
            b"JOI" => return Ok(Self::Join(Participant::decode(words)?)),
            b"CAL" => {
                let trid = trid()?;
                words.need()?;
                Self::Ringing(trid, words.need_with(number)?)
            }
            b"MSG" => {
                let (handle, name) = decode_person(&mut words)?;
                words.need()?;
                Self::Message { handle, name, payload: frame.payload }
            }
            b"ACK" => Self::Ack(trid()?),
            b"NAK" => Self::Nak(trid()?),
            b"BYE" => {
                let handle = Handle::parse_lax(words.need_str()?).map_err(|_| Malformed::Word)?;
                Self::Bye(handle, words.next().is_some())
            }
            _ => return Err(Malformed::UnknownVerb),
        };
        words.end()?;
        Ok(line)
    }
}

/// The length of the payload after a line of a server.
///
/// # Errors
/// [`Malformed::PayloadLength`] when the length of MSG is no number within the limit.
pub fn server_payload_length(line: &[u8]) -> Result<usize, Malformed> {
    let mut words = Words::new(line);
    if words.next() != Some(b"MSG") {
        return Ok(0);
    }
    words.last().and_then(message_length).ok_or(Malformed::PayloadLength)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_closes_and_what_is_refused_is_told_before_a_payload_is_waited_for() {
        let close = |why| Err(Refusal::Close(why));
        let second = Err(Refusal::Fatal(TrId::new(20), ErrorCode::AuthenticationFailed));
        for (stage, line, expected) in [
            (Stage::Fresh, "USR 1 a@b.c 123", Ok(0)),
            (Stage::Fresh, "MSG 1 U 5", close(Malformed::WrongState)),
            (Stage::Fresh, "VER 1 MSNP12", close(Malformed::UnknownVerb)),
            (Stage::Joined, "PNG", close(Malformed::UnknownVerb)),
            (Stage::Joined, "JOI bob@example.com Bob", close(Malformed::UnknownVerb)),
            (Stage::Joined, "USR 20 a@b.c 123", second),
            (Stage::Joined, "ANS 20 a@b.c 123 7", second),
            (Stage::Joined, "CAL 2", close(Malformed::WordCount)),
            (Stage::Joined, "OUT now", close(Malformed::WordCount)),
            (Stage::Joined, "MSG 5 A 1664", Ok(1664)),
            (Stage::Joined, "MSG 5 A 1665", close(Malformed::PayloadLength)),
            (Stage::Joined, "MSG 5 A 0000000005", close(Malformed::PayloadLength)),
            (Stage::Joined, "MSG 5 A -1", close(Malformed::PayloadLength)),
        ] {
            assert_eq!(admit(stage, line.as_bytes()), expected, "{line}");
        }
        assert_eq!(admit(Stage::Joined, b"CAL 2 \xff@b.c"), close(Malformed::Word));
    }

    #[test]
    fn a_short_peer_to_peer_message_is_282_and_other_data_is_not_looked_at() {
        let message = |payload: &[u8]| ClientCommand::decode(Frame { line: b"MSG 9 D 1", payload }).map(|_| ());
        let head = b"MIME-Version: 1.0\r\ncontent-type: Application/X-MSNMSGRP2P\r\n";
        let bad = Err(Refusal::Answer(TrId::new(9), ErrorCode::BadDataMessage));
        assert_eq!(message(&[head.as_slice(), b"\r\nshort"].concat()), bad);
        assert_eq!(message(head), bad, "no blank line");
        assert_eq!(message(&[head.as_slice(), b"\r\n", &[0; 52]].concat()), Ok(()));
        assert_eq!(message(b"anything\0at all"), Ok(()));
    }

    #[test]
    fn capabilities_are_for_readers_of_msnp12() {
        let who = Participant {
            handle: Handle::parse("bob@example.com").unwrap(),
            name: DisplayName::new("Bob").unwrap(),
            capabilities: Some(Capabilities(7)),
        };
        let mut out = Vec::new();
        ServerCommand::Join(who.clone()).encode(Dialect::Msnp12, &mut out);
        ServerCommand::Join(who).encode(Dialect::Msnp11, &mut out);
        assert_eq!(out, b"JOI bob@example.com Bob 7\r\nJOI bob@example.com Bob\r\n");
    }

    #[test]
    fn a_cookie_does_not_show_in_debug_output() {
        assert!(!format!("{:?}", Cookie("secret".into())).contains("secret"));
    }
}
