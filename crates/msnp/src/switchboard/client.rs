//! The commands that clients send to a switchboard.

use super::cookie::Cookie;
use super::data::is_broken_data;
use super::verb::Verb;
use crate::frame::Frame;
use crate::word::{LineWriter, Words, address, number, utf8};
use crate::{ErrorCode, Handle, Malformed, Refusal, TrId};

/// The answer that the sender of a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckFlag {
    /// `U`: no answer.
    Never,
    /// `N`: NAK if the message was not delivered.
    OnFailure,
    /// `A`: ACK or NAK.
    Always,
    /// `D`: like `A`, for peer-to-peer data.
    Data,
    /// `S`: ACK if the message was delivered.
    OnSuccess,
}

impl AckFlag {
    const ALL: [Self; 5] = [Self::Never, Self::OnFailure, Self::Always, Self::Data, Self::OnSuccess];

    /// Returns the word that stands for the flag in MSG.
    #[must_use]
    pub const fn word(self) -> &'static str {
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

    /// Returns whether the server sends an ACK to the sender if the message was delivered.
    #[must_use]
    pub const fn wants_ack(self) -> bool {
        matches!(self, Self::Always | Self::Data | Self::OnSuccess)
    }

    /// Returns whether the server sends a NAK to the sender if the message was not delivered.
    #[must_use]
    pub const fn wants_nak(self) -> bool {
        matches!(self, Self::OnFailure | Self::Always | Self::Data)
    }
}

/// A command from a client. The payload of MSG is borrowed, because a switchboard relays the
/// payload unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCommand<'a> {
    /// `USR TrID handle cookie`: opens a session.
    Usr {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The account that opens the session. `None` if the word is not an address.
        handle: Option<Handle>,
        /// The cookie from `XFR SB`.
        cookie: Cookie,
    },
    /// `ANS TrID handle cookie session`: joins a session.
    Ans {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The account that joins. `None` if the word is not an address.
        handle: Option<Handle>,
        /// The cookie from RNG.
        cookie: Cookie,
        /// The session id from RNG. `None` if the word is not a session id.
        session: Option<u32>,
    },
    /// `CAL TrID handle`: invites a user to the session.
    Cal {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The callee.
        callee: Handle,
    },
    /// `MSG TrID flag n` and n bytes.
    Msg {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The answer that the sender asks for.
        flag: AckFlag,
        /// Any bytes, up to [`MAX_MESSAGE`](super::MAX_MESSAGE).
        payload: &'a [u8],
    },
    /// `OUT`: leaves the session.
    Out,
}

impl<'a> ClientCommand<'a> {
    /// Reads a frame that [`admit`](super::admit) has accepted.
    ///
    /// # Errors
    /// Error 208 if the callee is not an address, and error 282 for malformed peer-to-peer data.
    /// All other errors close the connection.
    pub fn decode(frame: Frame<'a>) -> Result<Self, Refusal> {
        let mut words = Words::new(frame.line);
        let verb = Verb::from_word(words.need()?).ok_or(Malformed::UnknownVerb)?;
        let mut trid = || words.next().and_then(TrId::parse).ok_or(Malformed::TrId);
        match verb {
            Verb::Usr => {
                let (trid, [handle, cookie]) = (trid()?, words.exactly()?);
                let cookie = Cookie(utf8(cookie)?.to_owned());
                Ok(Self::Usr { trid, handle: Handle::parse_lax(&address(handle)?).ok(), cookie })
            }
            Verb::Ans => {
                let (trid, [handle, cookie, session]) = (trid()?, words.exactly()?);
                let cookie = Cookie(utf8(cookie)?.to_owned());
                Ok(Self::Ans {
                    trid,
                    handle: Handle::parse_lax(&address(handle)?).ok(),
                    cookie,
                    session: number(session),
                })
            }
            Verb::Cal => {
                let (trid, [callee]) = (trid()?, words.exactly()?);
                let callee = Handle::parse_lax(&address(callee)?);
                Ok(Self::Cal { trid, callee: callee.map_err(|_| Refusal::Answer(trid, ErrorCode::InvalidUsername))? })
            }
            Verb::Msg => {
                let (trid, [flag, _length]) = (trid()?, words.exactly()?);
                let flag = AckFlag::parse(flag).ok_or(Malformed::Word)?;
                if flag == AckFlag::Data && is_broken_data(frame.payload) {
                    return Err(Refusal::Answer(trid, ErrorCode::BadDataMessage));
                }
                Ok(Self::Msg { trid, flag, payload: frame.payload })
            }
            Verb::Out => Ok(Self::Out),
        }
    }

    /// Appends the command in the form in which a client sends it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_to_peer_message_that_is_too_short_gets_error_282_but_other_data_is_not_checked() {
        let message = |payload: &[u8]| ClientCommand::decode(Frame { line: b"MSG 9 D 1", payload }).map(|_| ());
        let head = b"MIME-Version: 1.0\r\ncontent-type: Application/X-MSNMSGRP2P\r\n";
        let bad = Err(Refusal::Answer(TrId::new(9), ErrorCode::BadDataMessage));
        assert_eq!(message(&[head.as_slice(), b"\r\nshort"].concat()), bad);
        assert_eq!(message(head), bad, "no blank line");
        assert_eq!(message(&[head.as_slice(), b"\r\n", &[0; 52]].concat()), Ok(()));
        assert_eq!(message(b"anything\0at all"), Ok(()));
    }
}
