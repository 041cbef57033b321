//! The numeric errors (docs/protocol/errors.md).

use std::fmt;

/// Declares the codes in one place: name, number and meaning.
macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// A numeric error as it goes over the wire: `code TrID`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $name,)+
            /// A code that has no name here. This variant lets a client read the errors of any
            /// server. This project's server never sends such a code.
            Other(u16),
        }

        impl ErrorCode {
            /// Every code that has a name.
            pub const NAMED: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the three digits.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$name => $code,)+
                    Self::Other(code) => code,
                }
            }

            const fn from_number(code: u16) -> Self {
                match code {
                    $($code => Self::$name,)+
                    other => Self::Other(other),
                }
            }
        }
    };
}

error_codes! {
    /// A word has an invalid value.
    InvalidParameter = 201,
    /// No such account (ADD, MSNP2 to MSNP9).
    InvalidUser = 205,
    /// An address without a domain (USR).
    FqdnMissing = 206,
    /// Signed in already (USR).
    AlreadyLogin = 207,
    /// The account does not exist (ADC), the contact GUID is unknown (SBP, ADC), or the word is not
    /// an address (CAL).
    InvalidUsername = 208,
    /// The display name is not accepted.
    InvalidFriendlyName = 209,
    /// The list is full.
    ListFull = 210,
    /// The contact or user is already on that list, in that group or in that session.
    AlreadyThere = 215,
    /// The address or contact is not on that list.
    NotOnList = 216,
    /// The callee is not online, or must appear offline to this caller (CAL).
    NotOnline = 217,
    /// AL and BL exclude each other.
    AlreadyInOppositeList = 219,
    /// The account already has the maximum number of groups.
    TooManyGroups = 223,
    /// No such group.
    InvalidGroup = 224,
    /// The contact is not in that group.
    NotInGroup = 225,
    /// A group of that name exists.
    GroupExists = 228,
    /// The group name has more than 61 bytes after decoding.
    GroupNameTooLong = 229,
    /// Group 0 cannot be removed (MSNP7 to MSNP9).
    GroupZero = 230,
    /// The telephone number cannot be reached (LKP).
    PhoneUnreachable = 235,
    /// A malformed peer-to-peer message (MSG with flag D).
    BadDataMessage = 282,
    /// The client must sign in first.
    NotLoggedIn = 302,
    /// The operator does not allow this client.
    InviteRequired = 420,
    /// Internal error, or no switchboard is available.
    InternalServer = 500,
    /// The command is disabled.
    CommandDisabled = 502,
    /// An invitation by mail with the wrong words (SND, SDC).
    BadInvitation = 503,
    /// Wrong answer to a challenge.
    ChallengeFailed = 540,
    /// The server is too busy to accept a sign-in.
    ServerBusy = 600,
    /// The server is stopping and accepts no new sign-ins.
    ServerUnavailable = 601,
    /// The storage is unavailable. Nothing was changed.
    StoreUnavailable = 603,
    /// The locale of CVR is not understood.
    BadCvrParameters = 710,
    /// The client has made too many calls, or the session is full (CAL).
    UserTooActive = 713,
    /// The command is not allowed at this moment, or one of its words is not allowed.
    NotExpected = 715,
    /// CVR has the wrong number of words.
    BadCvrFormat = 731,
    /// The client sent too many requests in a short time, or the server could not deliver a page
    /// (PAG, PGD).
    RateLimit = 800,
    /// The ticket, name or cookie is invalid.
    AuthenticationFailed = 911,
    /// The command is not allowed while the user appears offline (HDN) or before the first CHG.
    NotAllowedWhenOffline = 913,
    /// The address is not confirmed.
    PassportNotVerified = 924,
}

impl ErrorCode {
    /// Reads three digits. Returns `None` for any other word.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        let code = (word.len() == 3).then(|| crate::word::number(word)).flatten()?;
        u16::try_from(code).ok().map(Self::from_number)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_code_is_read_back_unchanged() {
        for code in ErrorCode::NAMED {
            assert_eq!(ErrorCode::parse(code.to_string().as_bytes()), Some(*code));
        }
        assert_eq!(ErrorCode::parse(b"928"), Some(ErrorCode::Other(928)));
        assert_eq!(ErrorCode::parse(b"91"), None);
        assert_eq!(ErrorCode::parse(b"VER"), None);
    }
}
