//! The verbs of a switchboard. For each verb, this module knows the stage in which the verb is
//! allowed, and the length of the payload.

use crate::verbs::verbs;
use crate::word::{Words, number, utf8};
use crate::{ErrorCode, Malformed, Refusal, TrId};

/// The longest message, in bytes (sb.md section 6).
pub const MAX_MESSAGE: usize = 1664;

/// The stage of a switchboard connection: before or after the client has identified itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Neither USR nor ANS was accepted yet.
    Fresh,
    /// In a session, after USR or ANS.
    Joined,
}

verbs! {
    /// A verb that a client can send. docs/protocol/sb.md describes each one.
    Verb {
        /// Opens a session.
        Usr = "USR",
        /// Joins a session.
        Ans = "ANS",
        /// Invites a user.
        Cal = "CAL",
        /// Carries a message.
        Msg = "MSG",
        /// Leaves the session.
        Out = "OUT",
    }
}

verbs! {
    /// A verb that a server can send. docs/protocol/sb.md describes each one.
    ServerVerb {
        /// The session was opened.
        Usr = "USR",
        /// A participant who was already in the session.
        Iro = "IRO",
        /// The session was joined.
        Ans = "ANS",
        /// A participant joined.
        Joi = "JOI",
        /// The callee is being called.
        Cal = "CAL",
        /// A message.
        Msg = "MSG",
        /// A message was delivered.
        Ack = "ACK",
        /// A message was not delivered.
        Nak = "NAK",
        /// A participant left.
        Bye = "BYE",
    }
}

impl Verb {
    /// Returns the number of words after the verb, and the stage in which the verb is allowed. The
    /// stage is `None` if the verb is allowed in every stage.
    const fn form(self) -> (usize, Option<Stage>) {
        match self {
            Self::Usr => (3, Some(Stage::Fresh)),
            Self::Ans => (4, Some(Stage::Fresh)),
            Self::Cal => (2, Some(Stage::Joined)),
            Self::Msg => (3, Some(Stage::Joined)),
            Self::Out => (0, None),
        }
    }
}

/// Decides whether a line is allowed in this stage, and how long its payload is.
///
/// # Errors
/// The cases of sb.md sections 3 and 8. All of them close the connection. Only a second USR or ANS
/// gets an answer, with code 911, before the connection is closed.
pub fn admit(stage: Stage, line: &[u8]) -> Result<usize, Refusal> {
    utf8(line)?;
    let mut words = Words::new(line);
    let verb = Verb::from_word(words.need()?).ok_or(Malformed::UnknownVerb)?;
    let (count, wanted) = verb.form();
    if words.clone().count() != count {
        return Err(Malformed::WordCount.into());
    }
    let Some(wanted) = wanted else { return Ok(0) };
    let trid = words.next().and_then(TrId::parse).ok_or(Malformed::TrId)?;
    match (stage, wanted) {
        (Stage::Joined, Stage::Fresh) => return Err(Refusal::Fatal(trid, ErrorCode::AuthenticationFailed)),
        (Stage::Fresh, Stage::Joined) => return Err(Malformed::WrongState.into()),
        (Stage::Fresh, Stage::Fresh) | (Stage::Joined, Stage::Joined) => {}
    }
    if verb != Verb::Msg {
        return Ok(0);
    }
    Ok(words.last().and_then(message_length).ok_or(Malformed::PayloadLength)?)
}

/// Reads the payload length of MSG: a decimal number of at most nine digits, up to [`MAX_MESSAGE`].
fn message_length(word: &[u8]) -> Option<usize> {
    let length = (word.len() <= 9).then(|| number(word)).flatten()?;
    usize::try_from(length).ok().filter(|length| *length <= MAX_MESSAGE)
}

/// Returns the length of the payload after a line from a server.
///
/// # Errors
/// [`Malformed::PayloadLength`] when the payload length of MSG is not a number, or is greater than
/// [`MAX_MESSAGE`].
pub fn server_payload_length(line: &[u8]) -> Result<usize, Malformed> {
    let mut words = Words::new(line);
    if words.next().and_then(ServerVerb::from_word) != Some(ServerVerb::Msg) {
        return Ok(0);
    }
    words.last().and_then(message_length).ok_or(Malformed::PayloadLength)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_line_is_refused_before_its_payload_is_read() {
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
}
