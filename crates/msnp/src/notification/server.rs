//! What a server sends.

use super::contacts::ContactLine;
use super::groups::GroupLine;
use super::presence::PresenceLine;
use super::services::ServiceLine;
use super::settings::{Prp, Rea, Sbp, SettingLine};
use super::sign_in::SignInAnswer;
use super::sync::{Lst, SynAnswer};
use crate::frame::Frame;
use crate::reference::skip_version;
use crate::word::{self, LineWriter, Words};
use crate::{Dialect, ErrorCode, Malformed, Reader, Refusal, TrId};

/// A line from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerCommand {
    /// VER, CVR, CVQ, USR and `XFR NS`.
    SignIn(SignInAnswer),
    /// `OUT [reason]`: the server ends the session.
    Out(Option<OutReason>),
    /// `QNG n`: the seconds after which the client should ping again.
    Qng(u32),
    /// SYN.
    Syn(SynAnswer),
    /// LST.
    Lst(Lst),
    /// GTC, BLP, PRP in the burst, BPR.
    Setting(SettingLine),
    /// The answer to PRP.
    Prp(Prp),
    /// The answer to SBP.
    Sbp(Sbp),
    /// The answer to REA.
    Rea(Rea),
    /// ADC, ADD and REM.
    Contact(ContactLine),
    /// ADG, REG, RMG, LSG.
    Group(GroupLine),
    /// CHG, ILN, NLN, FLN, UUX, UBX.
    Presence(PresenceLine),
    /// CHL, QRY, `XFR SB`, RNG, IMS, GCF, SBS, URL, MSG, NOT.
    Service(ServiceLine),
    /// `code TrID`.
    Error(TrId, ErrorCode),
}

/// Why a server ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutReason {
    /// `OTH`: the account signed in elsewhere.
    SignedInElsewhere,
    /// `SSD`: the server goes down.
    ShuttingDown,
    /// `MIG`: the lists have moved to GUIDs; to be followed by signing in again.
    ListsMoved,
    /// `TOU`: terms of use are not accepted.
    TermsOfUse,
    /// `RCT`: closed for so many minutes.
    Closed(u32),
}

impl OutReason {
    fn decode(word: &[u8], minutes: Option<&[u8]>) -> Option<Self> {
        match (word, minutes) {
            (b"OTH", None) => Some(Self::SignedInElsewhere),
            (b"SSD", None) => Some(Self::ShuttingDown),
            (b"MIG", None) => Some(Self::ListsMoved),
            (b"TOU", None) => Some(Self::TermsOfUse),
            (b"RCT", Some(minutes)) => word::number(minutes).map(Self::Closed),
            _ => None,
        }
    }

    const fn words(self) -> (&'static str, Option<u32>) {
        match self {
            Self::SignedInElsewhere => ("OTH", None),
            Self::ShuttingDown => ("SSD", None),
            Self::ListsMoved => ("MIG", None),
            Self::TermsOfUse => ("TOU", None),
            Self::Closed(minutes) => ("RCT", Some(minutes)),
        }
    }
}

/// The length of the payload after a line of a server.
///
/// # Errors
/// [`Malformed::PayloadLength`] when the last word is no number, or over `most`.
pub fn server_payload_length(line: &[u8], most: usize) -> Result<usize, Malformed> {
    let mut words = Words::new(line);
    let has_payload = matches!(words.next(), Some(b"MSG" | b"NOT" | b"IPG" | b"UBX" | b"GCF"));
    if !has_payload {
        return Ok(0);
    }
    let length = words.last().and_then(word::number).and_then(|length| usize::try_from(length).ok());
    length.filter(|length| *length <= most).ok_or(Malformed::PayloadLength)
}

impl ServerCommand {
    /// Appends the line as `reader` expects it. For lines that tell no change of the reader's lists a dialect is enough.
    pub fn encode(&self, reader: impl Into<Reader>, out: &mut Vec<u8>) {
        let reader = reader.into();
        let dialect = reader.dialect;
        match self {
            Self::SignIn(answer) => answer.encode(reader, out),
            Self::Out(reason) => {
                let (word, minutes) = reason.map(OutReason::words).unzip();
                LineWriter::new(out, "OUT").opt(word).opt(minutes.flatten()).end();
            }
            Self::Qng(seconds) => {
                LineWriter::new(out, "QNG").opt((dialect >= Dialect::Msnp9).then_some(seconds)).end();
            }
            Self::Syn(syn) => syn.encode(out),
            Self::Lst(lst) => lst.encode(reader, out),
            Self::Setting(line) => line.encode(reader, out),
            Self::Prp(prp) => prp.encode(reader.version(), out),
            Self::Sbp(sbp) => sbp.encode(out),
            Self::Rea(rea) => rea.encode(reader.version(), out),
            Self::Contact(line) => line.encode(reader, out),
            Self::Group(line) => line.encode(reader, out),
            Self::Presence(line) => line.encode(dialect, out),
            Self::Service(line) => line.encode(out),
            Self::Error(trid, code) => LineWriter::new(out, code).word(trid).end(),
        }
    }

    /// Reads a line of a server that speaks `dialect`. The list version of the lines that tell one is not kept.
    ///
    /// # Errors
    /// What makes the line impossible; a client closes then.
    pub fn decode(dialect: Dialect, frame: Frame<'_>) -> Result<Self, Malformed> {
        Self::decode_line(dialect, frame).map_err(|refusal| match refusal {
            Refusal::Close(malformed) => malformed,
            Refusal::Answer(..) | Refusal::Fatal(..) => Malformed::Word,
        })
    }

    fn decode_line(dialect: Dialect, frame: Frame<'_>) -> Result<Self, Refusal> {
        let mut words = Words::new(frame.line);
        let verb = words.need()?;
        let rest = words.clone();
        let mut trid = || words.need_with(TrId::parse);
        if let Some(code) = ErrorCode::parse(verb) {
            return Ok(Self::Error(trid()?, code));
        }
        Ok(match verb {
            b"VER" | b"CVR" | b"CVQ" | b"USR" => Self::SignIn(SignInAnswer::decode(dialect, verb, trid()?, words)?),
            b"XFR" if rest.clone().nth(1) == Some(b"NS") => {
                let trid = trid()?;
                words.need()?;
                Self::SignIn(SignInAnswer::decode(dialect, verb, trid, words)?)
            }
            b"OUT" => Self::Out(match words.next() {
                None => None,
                Some(reason) => Some(OutReason::decode(reason, words.next()).ok_or(Malformed::Word)?),
            }),
            b"QNG" if dialect < Dialect::Msnp9 => Self::Qng(0),
            b"QNG" => Self::Qng(words.next().map_or(Some(0), word::number).ok_or(Malformed::Word)?),
            b"SYN" => Self::Syn(SynAnswer::decode(dialect, trid()?, words)?),
            b"LST" => Self::Lst(Lst::decode(dialect, words)?),
            b"PRP" if rest.clone().next().and_then(TrId::parse).is_some() => {
                let trid = trid()?;
                skip_version(dialect, &mut words)?;
                Self::Prp(Prp::decode(dialect, trid, words)?)
            }
            b"GTC" | b"BLP" | b"PRP" | b"BPR" => Self::Setting(SettingLine::decode(dialect, verb, rest)?),
            b"SBP" => Self::Sbp(Sbp::decode(trid()?, words)?),
            b"REA" if dialect < Dialect::Msnp10 => {
                let trid = trid()?;
                skip_version(dialect, &mut words)?;
                Self::Rea(Rea::decode(trid, words)?)
            }
            b"ADD" if dialect < Dialect::Msnp10 => Self::Contact(ContactLine::decode(dialect, verb, trid()?, words)?),
            b"ADC" if dialect >= Dialect::Msnp10 => Self::Contact(ContactLine::decode(dialect, verb, trid()?, words)?),
            b"REM" => Self::Contact(ContactLine::decode(dialect, verb, trid()?, words)?),
            b"ADG" | b"REG" | b"RMG" | b"LSG" => Self::Group(GroupLine::decode(dialect, verb, rest)?),
            b"CHG" | b"ILN" | b"NLN" | b"FLN" | b"UUX" | b"UBX" => {
                Self::Presence(PresenceLine::decode(dialect, verb, rest, frame.payload)?)
            }
            b"CHL" | b"QRY" | b"XFR" | b"RNG" | b"IMS" | b"GCF" | b"SBS" | b"URL" | b"MSG" | b"NOT" => {
                Self::Service(ServiceLine::decode(verb, rest, frame.payload)?)
            }
            _ => return Err(Malformed::UnknownVerb.into()),
        })
    }
}

impl From<SignInAnswer> for ServerCommand {
    fn from(line: SignInAnswer) -> Self {
        Self::SignIn(line)
    }
}

impl From<SettingLine> for ServerCommand {
    fn from(line: SettingLine) -> Self {
        Self::Setting(line)
    }
}

impl From<ContactLine> for ServerCommand {
    fn from(line: ContactLine) -> Self {
        Self::Contact(line)
    }
}

impl From<GroupLine> for ServerCommand {
    fn from(line: GroupLine) -> Self {
        Self::Group(line)
    }
}

impl From<PresenceLine> for ServerCommand {
    fn from(line: PresenceLine) -> Self {
        Self::Presence(line)
    }
}

impl From<ServiceLine> for ServerCommand {
    fn from(line: ServiceLine) -> Self {
        Self::Service(line)
    }
}
