//! The table of the verbs that clients send to a notification or dispatch server.
//!
//! Each row says in which stage of a connection and from which dialect on a verb exists, how many words follow its
//! transaction id, and how long its payload may be. [`admit`] enforces the columns once, for every command, before a byte of a
//! payload is waited for (docs/protocol/framing.md sections 4, 8 and 9).

use std::ops::RangeInclusive;

use crate::word::{self, Words};
use crate::{Dialect, ErrorCode, Malformed, Refusal, TrId};

/// How far a connection is with signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing agreed on yet.
    Fresh,
    /// VER agreed on the version query alone.
    VersionQuery,
    /// VER agreed on a dialect.
    Negotiated(Dialect),
    /// USR said OK.
    SignedIn(Dialect),
}

/// Declares [`Verb`] and its rows.
macro_rules! verbs {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, since $since:ident, words $words:expr, $payload:expr;)+) => {
        /// A verb that a client may send. What it does is in docs/protocol/ns.md.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Verb {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Verb {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The row of this verb.
            #[must_use]
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row { word: $word, since: Dialect::$since, words: $words, payload: $payload },)+
                }
            }

            /// The verb that a word names, by exact case.
            #[must_use]
            pub fn from_word(word: &[u8]) -> Option<Self> {
                Self::ALL.iter().copied().find(|verb| verb.row().word.as_bytes() == word)
            }
        }
    };
}

/// What holds for a verb whatever its words say.
#[derive(Clone, Debug)]
pub struct Row {
    /// The verb as it is written.
    pub word: &'static str,
    /// The oldest dialect that has it. Every dialect up to MSNP12 kept what it had, so there is no column for an end yet.
    pub since: Dialect,
    /// How many words may follow the transaction id; any number where the decoder has an answer for a wrong one.
    pub words: RangeInclusive<usize>,
    /// What may follow the line.
    pub payload: Payload,
}

/// What may follow a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing.
    None,
    /// Up to so many bytes; the last word says how many. More closes the connection.
    UpTo(usize),
    /// Exactly so many bytes; another length is answered with this code, then the connection closes.
    Exactly(usize, ErrorCode),
    /// Up to so many bytes, if there are so many words; another number is answered with this code, then the connection closes.
    WithWords(usize, usize, ErrorCode),
}

const NONE: Payload = Payload::None;
const ANY: RangeInclusive<usize> = 0..=usize::MAX;

/// The longest personal message (UUX), in bytes.
pub const MAX_PERSONAL_MESSAGE: usize = 4096;
/// The longest invitation mail or page (SDC, PAG, PGD), in bytes.
pub const MAX_PAGE: usize = 1664;

verbs! {
    /// Agrees on a dialect.
    Ver = "VER", since Msnp8, words 1..=usize::MAX, NONE;
    /// Tells the client's version.
    Cvr = "CVR", since Msnp8, words ANY, NONE;
    /// The version query of CVR0.
    Cvq = "CVQ", since Msnp8, words ANY, NONE;
    /// Signs in.
    Usr = "USR", since Msnp8, words 3..=3, NONE;
    /// Signs out.
    Out = "OUT", since Msnp8, words 0..=0, NONE;
    /// Asks whether the server lives.
    Png = "PNG", since Msnp8, words 0..=0, NONE;
    /// Asks for a switchboard.
    Xfr = "XFR", since Msnp8, words 1..=1, NONE;
    /// Synchronises lists and settings.
    Syn = "SYN", since Msnp10, words 2..=2, NONE;
    /// Fetches the shields document.
    Gcf = "GCF", since Msnp11, words 1..=1, NONE;
    /// Asks for the mobile subscription.
    Gsb = "GSB", since Msnp11, words 0..=0, NONE;
    /// Sets whether new reverse-list entries are asked about.
    Gtc = "GTC", since Msnp8, words 1..=1, NONE;
    /// Sets who may see and call those on neither AL nor BL.
    Blp = "BLP", since Msnp8, words 1..=1, NONE;
    /// Sets the own name or a telephone number.
    Prp = "PRP", since Msnp8, words 1..=2, NONE;
    /// Sets a property of a contact.
    Sbp = "SBP", since Msnp10, words 2..=4, NONE;
    /// Adds to a list or group.
    Adc = "ADC", since Msnp10, words 2..=4, NONE;
    /// Removes from a list or group.
    Rem = "REM", since Msnp8, words 1..=3, NONE;
    /// Makes a group.
    Adg = "ADG", since Msnp8, words 1..=2, NONE;
    /// Renames a group.
    Reg = "REG", since Msnp8, words 2..=3, NONE;
    /// Removes a group.
    Rmg = "RMG", since Msnp8, words 1..=1, NONE;
    /// Sets the status.
    Chg = "CHG", since Msnp8, words 1..=3, NONE;
    /// Publishes a personal message.
    Uux = "UUX", since Msnp11, words 1..=1, Payload::UpTo(MAX_PERSONAL_MESSAGE);
    /// Answers a challenge.
    Qry = "QRY", since Msnp8, words 2..=2, Payload::Exactly(32, ErrorCode::ChallengeFailed);
    /// Asks to be challenged.
    Chl = "CHL", since Msnp8, words 0..=0, NONE;
    /// Whether calls are taken.
    Ims = "IMS", since Msnp8, words 1..=1, NONE;
    /// Asks where a web service is.
    Url = "URL", since Msnp8, words 1..=2, NONE;
    /// Looks a telephone number up.
    Lkp = "LKP", since Msnp12, words 1..=1, NONE;
    /// Mails an invitation.
    Snd = "SND", since Msnp8, words ANY, NONE;
    /// Mails an invitation with a text.
    Sdc = "SDC", since Msnp8, words ANY, Payload::WithWords(8, MAX_PAGE, ErrorCode::BadInvitation);
    /// Searches the directory.
    Fnd = "FND", since Msnp8, words ANY, NONE;
    /// Pages a telephone (MSNP5 to 8).
    Pag = "PAG", since Msnp8, words 2..=2, Payload::UpTo(MAX_PAGE);
    /// Pages a telephone (MSNP9 on).
    Pgd = "PGD", since Msnp9, words 3..=3, Payload::UpTo(MAX_PAGE);
}

impl Verb {
    /// OUT and PNG carry no transaction id.
    #[must_use]
    pub const fn has_trid(self) -> bool {
        !matches!(self, Self::Out | Self::Png)
    }
}

/// Cuts verb and transaction id off a line.
pub fn head(line: &[u8]) -> Result<(Verb, TrId, Words<'_>), Malformed> {
    let mut words = Words::new(line);
    let verb = words.next().and_then(Verb::from_word).ok_or(Malformed::UnknownVerb)?;
    if !verb.has_trid() {
        return Ok((verb, TrId::UNASKED, words));
    }
    let trid = words.next().and_then(TrId::parse).ok_or(Malformed::TrId)?;
    Ok((verb, trid, words))
}

/// Decides whether a line may come in this stage, and how long its payload is.
///
/// # Errors
/// Framing.md section 8 for a verb out of place, section 9 for a wrong number of words, section 4 for a bad length.
pub fn admit(stage: Stage, line: &[u8]) -> Result<usize, Refusal> {
    let (verb, trid, words) = head(line)?;
    check_stage(stage, verb, trid)?;
    let row = verb.row();
    if !row.words.contains(&words.clone().count()) {
        return Err(Malformed::WordCount.into());
    }
    payload_length(row.payload, trid, words)
}

fn check_stage(stage: Stage, verb: Verb, trid: TrId) -> Result<(), Refusal> {
    let refuse = Err(Refusal::Close(Malformed::WrongState));
    match (stage, verb) {
        (_, Verb::Out | Verb::Png) | (Stage::Fresh, Verb::Ver) | (Stage::VersionQuery, Verb::Cvq) => Ok(()),
        (Stage::Fresh | Stage::VersionQuery, _) | (_, Verb::Cvq) => refuse,
        (_, Verb::Ver) => Err(Refusal::Fatal(trid, ErrorCode::NotExpected)),
        (Stage::Negotiated(dialect) | Stage::SignedIn(dialect), _) if dialect < verb.row().since => {
            Err(Malformed::UnknownVerb.into())
        }
        (Stage::Negotiated(_), Verb::Cvr | Verb::Usr) => Ok(()),
        (Stage::Negotiated(_), _) => Err(Refusal::Fatal(trid, ErrorCode::NotLoggedIn)),
        // A second USR is admitted too: its answer is 207, which is the session's to give.
        (Stage::SignedIn(_), _) => Ok(()),
    }
}

fn payload_length(payload: Payload, trid: TrId, words: Words<'_>) -> Result<usize, Refusal> {
    let count = words.clone().count();
    let length = words.last().and_then(word::number).and_then(|length| usize::try_from(length).ok());
    let up_to = |most| length.filter(|length| *length <= most).ok_or(Refusal::Close(Malformed::PayloadLength));
    match payload {
        Payload::None => Ok(0),
        Payload::UpTo(most) => up_to(most),
        Payload::WithWords(wanted, _, code) if count != wanted => Err(Refusal::Fatal(trid, code)),
        Payload::WithWords(_, most, _) => up_to(most),
        Payload::Exactly(bytes, code) => length.filter(|length| *length == bytes).ok_or(Refusal::Fatal(trid, code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED_IN: Stage = Stage::SignedIn(Dialect::Msnp12);
    const NEGOTIATED: Stage = Stage::Negotiated(Dialect::Msnp12);

    #[test]
    fn a_verb_out_of_place_is_answered_as_framing_section_8_says() {
        let close = |why| Err(Refusal::Close(why));
        let fatal = |id, code| Err(Refusal::Fatal(TrId::new(id), code));
        let table = [
            (Stage::Fresh, "VER 1 MSNP12", Ok(0)),
            (Stage::Fresh, "PNG", Ok(0)),
            (Stage::Fresh, "CVR 1 x", close(Malformed::WrongState)),
            (Stage::VersionQuery, "CVQ 1 x", Ok(0)),
            (Stage::VersionQuery, "USR 1 TWN I a@b.c", close(Malformed::WrongState)),
            (NEGOTIATED, "VER 2 MSNP12", fatal(2, ErrorCode::NotExpected)),
            (NEGOTIATED, "SYN 3 0 0", fatal(3, ErrorCode::NotLoggedIn)),
            (NEGOTIATED, "SYN 3 and too many words", fatal(3, ErrorCode::NotLoggedIn)),
            (NEGOTIATED, "INF 2", close(Malformed::UnknownVerb)),
            (NEGOTIATED, "CVQ 2", close(Malformed::WrongState)),
            (SIGNED_IN, "CVR 4 again", Ok(0)),
            (SIGNED_IN, "USR 4 TWN I a@b.c", Ok(0)),
            (SIGNED_IN, "VER 4 MSNP12", fatal(4, ErrorCode::NotExpected)),
            (SIGNED_IN, "ver 4 MSNP12", close(Malformed::UnknownVerb)),
            (Stage::SignedIn(Dialect::Msnp11), "LKP 1 tel:+1", close(Malformed::UnknownVerb)),
        ];
        for (stage, line, expected) in table {
            assert_eq!(admit(stage, line.as_bytes()), expected, "{stage:?} {line}");
        }
    }

    #[test]
    fn a_length_is_believed_only_within_the_cap_of_its_verb() {
        for (line, expected) in [
            ("UUX 1 0", Ok(0)),
            ("UUX 1 4096", Ok(4096)),
            ("UUX 1 4097", Err(Refusal::Close(Malformed::PayloadLength))),
            ("UUX 1 -1", Err(Refusal::Close(Malformed::PayloadLength))),
            ("UUX 1 +5", Err(Refusal::Close(Malformed::PayloadLength))),
            ("UUX 1 99999999999999999999", Err(Refusal::Close(Malformed::PayloadLength))),
            ("PGD 1 bob@example.com 1 1665", Err(Refusal::Close(Malformed::PayloadLength))),
            ("QRY 7 PROD 31", Err(Refusal::Fatal(TrId::new(7), ErrorCode::ChallengeFailed))),
            ("QRY 7 PROD 32", Ok(32)),
            ("SDC 7 bob@example.com 0x409", Err(Refusal::Fatal(TrId::new(7), ErrorCode::BadInvitation))),
            ("SDC 7 bob@example.com 1 2 3 X X Bob 5", Ok(5)),
            ("MSG 1 U 5", Err(Refusal::Close(Malformed::UnknownVerb))),
        ] {
            assert_eq!(admit(SIGNED_IN, line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn a_missing_or_malformed_transaction_id_closes() {
        for line in ["CHG", "CHG NLN 1", "CHG -1 NLN", "CHG 4294967296 NLN"] {
            assert_eq!(admit(SIGNED_IN, line.as_bytes()), Err(Refusal::Close(Malformed::TrId)), "{line}");
        }
    }
}
