//! The numeric errors (docs/protocol/errors.md).

use std::fmt;

/// Declares the codes once: name, number, and what the reference says of it.
macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// A numeric error as it goes over the wire: `code TrID`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $name,)+
            /// A code without a name here, so that a client can read every server. Never sent by a server of ours.
            Other(u16),
        }

        impl ErrorCode {
            /// Every code that has a name.
            pub const NAMED: &'static [Self] = &[$(Self::$name,)+];

            /// The three digits.
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
    /// A word has an impossible value.
    InvalidParameter = 201,
    /// No such account (ADD, MSNP2 to 9).
    InvalidUser = 205,
    /// An address without a domain (USR).
    FqdnMissing = 206,
    /// Signed in already (USR).
    AlreadyLogin = 207,
    /// No such account (ADC); an unknown contact GUID (SBP, ADC); not an address (CAL).
    InvalidUsername = 208,
    /// The display name is not accepted.
    InvalidFriendlyName = 209,
    /// The list is full.
    ListFull = 210,
    /// On that list, in that group or in that session already.
    AlreadyThere = 215,
    /// Not on that list.
    NotOnList = 216,
    /// Not online, or not for this caller (CAL).
    NotOnline = 217,
    /// AL and BL exclude each other.
    AlreadyInOppositeList = 219,
    /// The account has as many groups as it may.
    TooManyGroups = 223,
    /// No such group.
    InvalidGroup = 224,
    /// The contact is not in that group.
    NotInGroup = 225,
    /// A group of that name exists.
    GroupExists = 228,
    /// The group name has more than 61 bytes as written.
    GroupNameTooLong = 229,
    /// Group 0 cannot be removed (MSNP7 to 9).
    GroupZero = 230,
    /// The telephone number cannot be reached (LKP).
    PhoneUnreachable = 235,
    /// A malformed peer-to-peer message (MSG with flag D).
    BadDataMessage = 282,
    /// Sign in first.
    NotLoggedIn = 302,
    /// The operator does not let this client in.
    InviteRequired = 420,
    /// Internal error; no switchboard can be given.
    InternalServer = 500,
    /// The command is switched off.
    CommandDisabled = 502,
    /// An invitation by mail with the wrong words (SND, SDC).
    BadInvitation = 503,
    /// Wrong answer to a challenge.
    ChallengeFailed = 540,
    /// Too busy to sign anybody in.
    ServerBusy = 600,
    /// Stopping: no new sign-ins.
    ServerUnavailable = 601,
    /// The storage cannot be reached; nothing was changed.
    StoreUnavailable = 603,
    /// The locale of CVR is not understood.
    BadCvrParameters = 710,
    /// Too many calls, or the session is full (CAL).
    UserTooActive = 713,
    /// Not now, not this.
    NotExpected = 715,
    /// CVR with the wrong number of words.
    BadCvrFormat = 731,
    /// Too fast; a page was not delivered.
    RateLimit = 800,
    /// Ticket, name or cookie not accepted.
    AuthenticationFailed = 911,
    /// Not while hidden or before the first CHG.
    NotAllowedWhenOffline = 913,
    /// The address is not confirmed.
    PassportNotVerified = 924,
}

impl ErrorCode {
    /// Reads three digits; `None` for any other word.
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
    fn every_code_reads_back_as_itself() {
        for code in ErrorCode::NAMED {
            assert_eq!(ErrorCode::parse(code.to_string().as_bytes()), Some(*code));
        }
        assert_eq!(ErrorCode::parse(b"928"), Some(ErrorCode::Other(928)));
        assert_eq!(ErrorCode::parse(b"91"), None);
        assert_eq!(ErrorCode::parse(b"VER"), None);
    }
}
