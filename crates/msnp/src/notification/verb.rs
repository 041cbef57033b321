//! The table of the verbs that clients send to a notification or dispatch server.
//!
//! Each row gives the dialects in which a verb exists, the number of words after its transaction
//! id, and the limit of its payload. [`admit`] checks these rules and the stage of the connection
//! in one place. It does so for every command, before any byte of a payload has arrived
//! (docs/protocol/framing.md sections 4, 8 and 9).

use std::ops::RangeInclusive;

use crate::verbs::verbs;
use crate::word::{self, Words};
use crate::{Dialect, ErrorCode, Malformed, Refusal, TrId};

/// The stage of a connection, from the first byte until the account is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before VER.
    Fresh,
    /// VER did not agree on a dialect, but on the version query (CVR0).
    VersionQuery,
    /// VER chose a dialect.
    Negotiated(Dialect),
    /// The server has answered USR with OK.
    SignedIn(Dialect),
}

/// The rules for a verb in some dialects.
#[derive(Clone, Debug)]
pub struct Row {
    /// The verb.
    pub verb: Verb,
    /// The dialects in which the verb has this form.
    pub dialects: RangeInclusive<Dialect>,
    /// The allowed numbers of words after the transaction id. `ANY` if the decoder of the command
    /// handles a wrong number of words itself.
    pub words: RangeInclusive<usize>,
    /// The payload after the line.
    pub payload: Payload,
}

/// The payload that can follow a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// No payload.
    None,
    /// A payload of up to this many bytes. The last word of the line is the length of the payload.
    /// If this length is greater than the maximum, the server closes the connection.
    UpTo(usize),
    /// A payload of exactly this many bytes. If the line gives another length, the server answers
    /// with this code and closes the connection.
    Exactly(usize, ErrorCode),
    /// The required number of words, and the maximum length of the payload in bytes. If the line
    /// has another number of words, the server answers with this code and closes the connection.
    WithWords(usize, usize, ErrorCode),
}

const NONE: Payload = Payload::None;
const ANY: RangeInclusive<usize> = 0..=usize::MAX;

/// The longest personal message (UUX), in bytes.
pub const MAX_PERSONAL_MESSAGE: usize = 4096;
/// The maximum payload length of SDC, PAG and PGD, in bytes. The payload of SDC is the text of an
/// invitation mail. The payload of PAG and PGD is a page, which is a text for a mobile device.
pub const MAX_PAGE: usize = 1664;

verbs! {
    /// A verb that a client can send. docs/protocol/ns.md describes each one.
    Verb {
        /// Agrees on a dialect.
        Ver = "VER",
        /// Tells the server the version of the client.
        Cvr = "CVR",
        /// The version query: asks for the recommended client versions after VER has agreed on
        /// CVR0.
        Cvq = "CVQ",
        /// Signs in.
        Usr = "USR",
        /// Signs out.
        Out = "OUT",
        /// Asks whether the server is alive.
        Png = "PNG",
        /// Asks for a switchboard.
        Xfr = "XFR",
        /// Synchronises lists and settings.
        Syn = "SYN",
        /// Fetches the shields document.
        Gcf = "GCF",
        /// Asks for the mobile subscription.
        Gsb = "GSB",
        /// Sets what the client does when the reverse list gets a new entry.
        Gtc = "GTC",
        /// Sets the rule for addresses on neither AL nor BL.
        Blp = "BLP",
        /// Sets the account's own name or a telephone number.
        Prp = "PRP",
        /// Sets a property of a contact.
        Sbp = "SBP",
        /// Sets the account's own name or the name of a contact.
        Rea = "REA",
        /// Adds an address to a list, or a contact to a group, up to MSNP9.
        Add = "ADD",
        /// Adds an address to a list, or a contact to a group, from MSNP10 on.
        Adc = "ADC",
        /// Removes an address from a list, or a contact from a group.
        Rem = "REM",
        /// Creates a group.
        Adg = "ADG",
        /// Renames a group.
        Reg = "REG",
        /// Deletes a group.
        Rmg = "RMG",
        /// Sets the status.
        Chg = "CHG",
        /// Publishes a personal message.
        Uux = "UUX",
        /// Answers a challenge.
        Qry = "QRY",
        /// Asks for a challenge.
        Chl = "CHL",
        /// Sets whether the account accepts invitations.
        Ims = "IMS",
        /// Asks for the address of a web service.
        Url = "URL",
        /// Asks whether a telephone can be reached.
        Lkp = "LKP",
        /// Mails an invitation.
        Snd = "SND",
        /// Mails an invitation with a text.
        Sdc = "SDC",
        /// Searches the directory.
        Fnd = "FND",
        /// Sends a page to the mobile device of a user, up to MSNP8.
        Pag = "PAG",
        /// Sends a page to the mobile device of a user, from MSNP9 on.
        Pgd = "PGD",
    }
}

/// The rules for all verbs. If the form of a verb changed between dialects, the verb has a row for each form. A verb
/// does not exist in a dialect for which it has no row.
pub const ROWS: &[Row] = &{
    use Dialect::{Msnp8, Msnp9, Msnp10, Msnp11, Msnp12};
    use Verb::*;

    const fn row(verb: Verb, since: Dialect, until: Dialect, words: RangeInclusive<usize>, payload: Payload) -> Row {
        Row { verb, dialects: RangeInclusive::new(since, until), words, payload }
    }

    [
        row(Ver, Msnp8, Msnp12, 1..=usize::MAX, NONE),
        row(Cvr, Msnp8, Msnp12, ANY, NONE),
        row(Cvq, Msnp8, Msnp12, ANY, NONE),
        row(Usr, Msnp8, Msnp12, 3..=3, NONE),
        row(Out, Msnp8, Msnp12, 0..=0, NONE),
        row(Png, Msnp8, Msnp12, 0..=0, NONE),
        row(Xfr, Msnp8, Msnp12, 1..=1, NONE),
        row(Syn, Msnp8, Msnp9, 1..=1, NONE),
        row(Syn, Msnp10, Msnp12, 2..=2, NONE),
        row(Gcf, Msnp11, Msnp12, 1..=1, NONE),
        row(Gsb, Msnp11, Msnp12, 0..=0, NONE),
        row(Gtc, Msnp8, Msnp12, 1..=1, NONE),
        row(Blp, Msnp8, Msnp12, 1..=1, NONE),
        row(Prp, Msnp8, Msnp12, 1..=2, NONE),
        row(Sbp, Msnp10, Msnp12, 2..=4, NONE),
        row(Rea, Msnp8, Msnp9, 1..=2, NONE),
        row(Add, Msnp8, Msnp9, 3..=4, NONE),
        row(Adc, Msnp10, Msnp12, 2..=4, NONE),
        row(Rem, Msnp8, Msnp9, 2..=3, NONE),
        row(Rem, Msnp10, Msnp12, 1..=3, NONE),
        row(Adg, Msnp8, Msnp12, 1..=2, NONE),
        row(Reg, Msnp8, Msnp12, 2..=3, NONE),
        row(Rmg, Msnp8, Msnp12, 1..=1, NONE),
        row(Chg, Msnp8, Msnp8, 1..=2, NONE),
        row(Chg, Msnp9, Msnp12, 1..=3, NONE),
        row(Uux, Msnp11, Msnp12, 1..=1, Payload::UpTo(MAX_PERSONAL_MESSAGE)),
        row(Qry, Msnp8, Msnp12, 2..=2, Payload::Exactly(32, ErrorCode::ChallengeFailed)),
        row(Chl, Msnp8, Msnp12, 0..=0, NONE),
        row(Ims, Msnp8, Msnp12, 1..=1, NONE),
        row(Url, Msnp8, Msnp12, 1..=2, NONE),
        row(Lkp, Msnp12, Msnp12, 1..=1, NONE),
        row(Snd, Msnp8, Msnp12, ANY, NONE),
        row(Sdc, Msnp8, Msnp12, ANY, Payload::WithWords(8, MAX_PAGE, ErrorCode::BadInvitation)),
        row(Fnd, Msnp8, Msnp12, ANY, NONE),
        row(Pag, Msnp8, Msnp12, 2..=2, Payload::UpTo(MAX_PAGE)),
        row(Pgd, Msnp9, Msnp12, 3..=3, Payload::UpTo(MAX_PAGE)),
    ]
};

impl Verb {
    /// Returns whether the verb has a transaction id, which OUT and PNG do not have.
    #[must_use]
    pub const fn has_trid(self) -> bool {
        !matches!(self, Self::Out | Self::Png)
    }

    /// Returns the rules for this verb in a dialect, or `None` if the dialect does not have the verb.
    #[must_use]
    pub fn row(self, dialect: Dialect) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.verb == self && row.dialects.contains(&dialect))
    }
}

/// Splits verb and transaction id from a line.
pub fn head(line: &[u8]) -> Result<(Verb, TrId, Words<'_>), Malformed> {
    let mut words = Words::new(line);
    let verb = words.next().and_then(Verb::from_word).ok_or(Malformed::UnknownVerb)?;
    if !verb.has_trid() {
        return Ok((verb, TrId::UNASKED, words));
    }
    let trid = words.next().and_then(TrId::parse).ok_or(Malformed::TrId)?;
    Ok((verb, trid, words))
}

/// Decides whether a line is allowed in this stage, and how long its payload is.
///
/// ```
/// use msnp::notification::{Stage, verb::admit};
/// use msnp::{Dialect, ErrorCode, Malformed, Refusal, TrId};
///
/// let signed_in = Stage::SignedIn(Dialect::Msnp12);
/// assert_eq!(admit(signed_in, b"UUX 9 40"), Ok(40));
/// assert_eq!(admit(signed_in, b"UUX 9 4097"), Err(Refusal::Close(Malformed::PayloadLength)));
/// assert_eq!(
///     admit(Stage::Negotiated(Dialect::Msnp12), b"UUX 9 40"),
///     Err(Refusal::Fatal(TrId::new(9), ErrorCode::NotLoggedIn)),
/// );
/// ```
///
/// # Errors
/// The errors of framing.md: section 8 for a verb that is not allowed in this stage, section 9 for
/// a wrong number of words, and section 4 for an invalid length.
pub fn admit(stage: Stage, line: &[u8]) -> Result<usize, Refusal> {
    let (verb, trid, words) = head(line)?;
    let row = row_in(stage, verb, trid)?;
    if !row.words.contains(&words.clone().count()) {
        return Err(Malformed::WordCount.into());
    }
    payload_length(row.payload, trid, words)
}

/// Returns the row of a verb, if it is allowed in this stage.
fn row_in(stage: Stage, verb: Verb, trid: TrId) -> Result<&'static Row, Refusal> {
    let refuse = Err(Refusal::Close(Malformed::WrongState));
    // VER, CVQ, OUT and PNG have the same form in all dialects.
    let in_dialect = |dialect| verb.row(dialect).ok_or(Refusal::Close(Malformed::UnknownVerb));
    match (stage, verb) {
        (_, Verb::Out | Verb::Png) | (Stage::Fresh, Verb::Ver) | (Stage::VersionQuery, Verb::Cvq) => {
            in_dialect(Dialect::Msnp8)
        }
        (Stage::Fresh | Stage::VersionQuery, _) | (_, Verb::Cvq) => refuse,
        (_, Verb::Ver) => Err(Refusal::Fatal(trid, ErrorCode::NotExpected)),
        (Stage::Negotiated(dialect), _) => match (in_dialect(dialect)?, verb) {
            (row, Verb::Cvr | Verb::Usr) => Ok(row),
            _ => Err(Refusal::Fatal(trid, ErrorCode::NotLoggedIn)),
        },
        // A second USR is accepted here. The session answers it with 207.
        (Stage::SignedIn(dialect), _) => in_dialect(dialect),
    }
}

fn payload_length(payload: Payload, trid: TrId, words: Words<'_>) -> Result<usize, Refusal> {
    let count = words.clone().count();
    let length = words.last().and_then(word::number).and_then(|length| usize::try_from(length).ok());
    let up_to = |max| length.filter(|length| *length <= max).ok_or(Refusal::Close(Malformed::PayloadLength));
    match payload {
        Payload::None => Ok(0),
        Payload::UpTo(max) => up_to(max),
        Payload::WithWords(wanted, _, code) if count != wanted => Err(Refusal::Fatal(trid, code)),
        Payload::WithWords(_, max, _) => up_to(max),
        Payload::Exactly(bytes, code) => length.filter(|length| *length == bytes).ok_or(Refusal::Fatal(trid, code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED_IN: Stage = Stage::SignedIn(Dialect::Msnp12);
    const NEGOTIATED: Stage = Stage::Negotiated(Dialect::Msnp12);

    #[test]
    fn a_verb_at_the_wrong_stage_is_answered_as_the_reference_says() {
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
    fn a_payload_length_is_accepted_only_within_the_limit_of_the_verb() {
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
    fn a_missing_or_malformed_transaction_id_closes_the_connection() {
        for line in ["CHG", "CHG NLN 1", "CHG -1 NLN", "CHG 4294967296 NLN"] {
            assert_eq!(admit(SIGNED_IN, line.as_bytes()), Err(Refusal::Close(Malformed::TrId)), "{line}");
        }
    }
}
