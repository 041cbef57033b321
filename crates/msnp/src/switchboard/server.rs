//! The lines that a switchboard sends.

use super::verb::ServerVerb;
use crate::frame::Frame;
use crate::word::{LineWriter, Words, number};
use crate::{Capabilities, Dialect, DisplayName, ErrorCode, Handle, Malformed, TrId};

/// A participant of a session, as described by IRO and JOI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The participant's handle.
    pub handle: Handle,
    /// The display name at the time of joining.
    pub name: DisplayName,
    /// The capabilities of the client. Servers send them from MSNP12 on.
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
    let name = DisplayName::from_word(words.need()?)?;
    Ok((handle, name))
}

/// A line from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerCommand<'a> {
    /// `USR TrID OK handle name`.
    Opened {
        /// The transaction id of the request.
        trid: TrId,
        /// The handle of the account, as registered.
        handle: Handle,
        /// The account's display name.
        name: DisplayName,
    },
    /// `IRO TrID i n handle name [capabilities]`: a participant who was in the session before the client joined.
    Roster {
        /// The transaction id of ANS.
        trid: TrId,
        /// The position of this line among the IRO lines for the client, from 1.
        index: u32,
        /// How many IRO lines the client receives.
        total: u32,
        /// The participant who was already in the session.
        who: Participant,
    },
    /// `ANS TrID OK`.
    Joined(TrId),
    /// `JOI handle name [capabilities]`: a participant joined.
    Join(Participant),
    /// `CAL TrID RINGING session`.
    Ringing(TrId, u32),
    /// `MSG handle name n` and n bytes.
    Message {
        /// The sender's handle.
        handle: Handle,
        /// The sender's display name.
        name: DisplayName,
        /// The bytes as received.
        payload: &'a [u8],
    },
    /// `ACK TrID`.
    Ack(TrId),
    /// `NAK TrID`.
    Nak(TrId),
    /// `BYE handle [1]`: a participant left. With `1`, the whole session was closed because it was idle.
    Bye(Handle, bool),
    /// `code TrID`.
    Error(TrId, ErrorCode),
}

impl<'a> ServerCommand<'a> {
    /// Appends the line in the form that a client of `dialect` expects.
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

    /// Reads a line from a server.
    ///
    /// # Errors
    /// The reason why the line is invalid. A client then closes the connection.
    pub fn decode(frame: Frame<'a>) -> Result<Self, Malformed> {
        let mut words = Words::new(frame.line);
        let word = words.need()?;
        if let Some(code) = ErrorCode::parse(word) {
            return Ok(Self::Error(words.need_trid()?, code));
        }
        let line = match ServerVerb::from_word(word).ok_or(Malformed::UnknownVerb)? {
            ServerVerb::Usr => {
                let (trid, _ok) = (words.need_trid()?, words.need()?);
                let (handle, name) = decode_person(&mut words)?;
                Self::Opened { trid, handle, name }
            }
            ServerVerb::Iro => {
                let trid = words.need_trid()?;
                let (index, total) = (words.need_with(number)?, words.need_with(number)?);
                return Ok(Self::Roster { trid, index, total, who: Participant::decode(words)? });
            }
            ServerVerb::Ans => {
                let (trid, _ok) = (words.need_trid()?, words.need()?);
                Self::Joined(trid)
            }
            ServerVerb::Joi => return Ok(Self::Join(Participant::decode(words)?)),
            ServerVerb::Cal => {
                let (trid, _ringing) = (words.need_trid()?, words.need()?);
                Self::Ringing(trid, words.need_with(number)?)
            }
            ServerVerb::Msg => {
                let (handle, name) = decode_person(&mut words)?;
                words.need()?;
                Self::Message { handle, name, payload: frame.payload }
            }
            ServerVerb::Ack => Self::Ack(words.need_trid()?),
            ServerVerb::Nak => Self::Nak(words.need_trid()?),
            ServerVerb::Bye => {
                let handle = Handle::parse_lax(words.need_str()?).map_err(|_| Malformed::Word)?;
                Self::Bye(handle, words.next().is_some())
            }
        };
        words.end()?;
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_msnp12_clients_receive_capabilities() {
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
}
