//! The first lines and the content types of MSNSLP messages.

use std::fmt;

/// The first line of an MSNSLP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartLine {
    /// A request, such as `INVITE MSNMSGR:handle MSNSLP/1.0`. The handle is the handle of the
    /// receiver.
    Request(Method),
    /// An answer, such as `MSNSLP/1.0 200 OK`.
    Answer(Status),
}

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Offers a session, or a direct connection for it.
    Invite,
    /// Ends a session.
    Bye,
    /// During a file transfer, some clients send their own IP addresses in this request. The client
    /// aMSN acknowledges the request and does nothing else.
    Ack,
}

impl Method {
    /// Reads a method.
    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Invite, Self::Bye, Self::Ack].into_iter().find(|method| method.as_str() == word)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Invite => "INVITE",
            Self::Bye => "BYE",
            Self::Ack => "ACK",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The code of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// The invitation is accepted.
    pub const OK: Self = Self(200);
    /// The invitation is for another account, or for something that does not exist.
    pub const NOT_FOUND: Self = Self(404);
    /// The invitation is not understood or not supported.
    pub const INTERNAL_ERROR: Self = Self(500);
    /// The user declined the invitation.
    pub const DECLINE: Self = Self(603);

    const fn phrase(self) -> &'static str {
        match self {
            Self::OK => "OK",
            Self::NOT_FOUND => "Not Found",
            Self::INTERNAL_ERROR => "Internal Error",
            Self::DECLINE => "Decline",
            _ => "Unknown",
        }
    }

    /// Reads the text after `MSNSLP/1.0 `, which is three digits and a phrase. Ignores the phrase.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let code = text.split(' ').next().filter(|code| code.len() == 3)?;
        let all_digits = code.bytes().all(|byte| byte.is_ascii_digit());
        all_digits.then(|| code.parse().ok().map(Self)).flatten()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {}", self.0, self.phrase())
    }
}

/// The content type of the body of an MSNSLP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// `application/x-msnmsgr-sessionreqbody`: a request for a session, or the answer to it.
    SessionRequest,
    /// `application/x-msnmsgr-sessionclosebody`: the end of a session.
    SessionClose,
    /// `application/x-msnmsgr-transreqbody`: asks for a direct connection.
    TransferRequest,
    /// `application/x-msnmsgr-transrespbody`: the address for a direct connection, or the refusal
    /// of a direct connection.
    TransferResponse,
    /// Any other type. Empty if the message has no content type.
    Other(String),
}

impl ContentType {
    /// Reads a type. Its case does not matter.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let known = [Self::SessionRequest, Self::SessionClose, Self::TransferRequest, Self::TransferResponse];
        let found = known.into_iter().find(|it| it.as_str().eq_ignore_ascii_case(text));
        found.unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// Returns the type as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::SessionRequest => "application/x-msnmsgr-sessionreqbody",
            Self::SessionClose => "application/x-msnmsgr-sessionclosebody",
            Self::TransferRequest => "application/x-msnmsgr-transreqbody",
            Self::TransferResponse => "application/x-msnmsgr-transrespbody",
            Self::Other(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_each_answer_status_matches_the_reference() {
        let table = [(Status::OK, "200 OK"), (Status::DECLINE, "603 Decline"), (Status(500), "500 Internal Error")];
        for (status, expected) in table {
            assert_eq!(status.to_string(), expected);
            assert_eq!(Status::parse(expected), Some(status));
        }
        for text in ["", "20 OK", "2000", "+20 OK", "OK"] {
            assert_eq!(Status::parse(text), None, "{text}");
        }
    }

    #[test]
    fn content_types_are_read_in_upper_and_lower_case() {
        assert_eq!(ContentType::parse("Application/X-MSNMSGR-transreqbody"), ContentType::TransferRequest);
        assert_eq!(ContentType::parse("null"), ContentType::Other("null".to_owned()));
    }
}
