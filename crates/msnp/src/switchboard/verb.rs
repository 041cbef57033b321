//! When a command may come, and how long its payload is.

use crate::verbs::verbs;
use crate::word::{Words, number, utf8};
use crate::{ErrorCode, Malformed, Refusal, TrId};

/// The longest message, in bytes (sb.md section 6).
pub const MAX_MESSAGE: usize = 1664;

/// Whether a switchboard connection has said who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Neither USR nor ANS was accepted yet.
    Fresh,
    /// In a session.
    Joined,
}

verbs! {
    /// A verb that a client may send. What it does is in docs/protocol/sb.md.
    Verb {
        /// Opens a session.
        Usr = "USR",
        /// Joins a session.
        Ans = "ANS",
        /// Rings somebody.
        Cal = "CAL",
        /// Carries a message.
        Msg = "MSG",
        /// Leaves.
        Out = "OUT",
    }
}

verbs! {
    /// A verb that a server may send. What it says is in docs/protocol/sb.md.
    ServerVerb {
        /// The session is open.
        Usr = "USR",
        /// Somebody who is in the session already.
        Iro = "IRO",
        /// The session is joined.
        Ans = "ANS",
        /// Somebody joined.
        Joi = "JOI",
        /// The callee is rung.
        Cal = "CAL",
        /// A message.
        Msg = "MSG",
        /// A message was delivered.
        Ack = "ACK",
        /// A message was not delivered.
        Nak = "NAK",
        /// Somebody left.
        Bye = "BYE",
    }
}

impl Verb {
    /// How many words follow, and in which stage it may come if not in both.
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

/// Decides whether a line may come in this stage, and how long its payload is.
///
/// # Errors
/// Sections 3 and 8 of sb.md: all close, but a second USR or ANS, which is 911 and fatal.
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

/// A plain decimal number of at most nine digits, within the limit.
fn message_length(word: &[u8]) -> Option<usize> {
    let length = (word.len() <= 9).then(|| number(word)).flatten()?;
    usize::try_from(length).ok().filter(|length| *length <= MAX_MESSAGE)
}

/// The length of the payload after a line of a server.
///
/// # Errors
/// [`Malformed::PayloadLength`] when the length of MSG is not a number within the limit.
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
}
