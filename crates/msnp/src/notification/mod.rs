//! The notification and dispatch connections: every command in both directions (docs/protocol/ns.md).
//!
//! [`ClientCommand`] is what a client sends, [`ServerCommand`] what a server sends. Each family of commands has a file, which
//! holds its types, how they are read and how they are written. [`verb`] is the table that says when a command may come.

mod contacts;
mod groups;
mod presence;
mod services;
mod settings;
mod sign_in;
mod sync;
pub mod verb;

pub use contacts::{Adc, Addition, ContactLine, Rem, Removal};
pub use groups::{Adg, GroupLine, GroupWord, Reg, Rmg};
pub use presence::{Chg, Presence, PresenceLine, Uux};
pub use services::{Qry, ServiceLine, ServiceRequest};
pub use settings::{AddPrompt, MAX_PHONE, Phone, Privacy, Property, PropertyChange, Prp, Rea, Sbp, SettingLine};
pub use sign_in::{Agreement, Cvr, Rng, SignInAnswer, Ticket, Usr, Ver};
pub use sync::{CopyOf, Lst, Syn, SynAnswer};
pub use verb::Stage;

use crate::frame::Frame;
use crate::reference::skip_version;
use crate::word::{self, LineWriter, Words};
use crate::{Dialect, ErrorCode, Malformed, Reader, Refusal, TrId};
use verb::Verb;

/// A command from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCommand {
    /// VER.
    Ver(Ver),
    /// CVR.
    Cvr(Cvr),
    /// CVQ.
    Cvq(Cvr),
    /// USR.
    Usr(Usr),
    /// OUT.
    Out,
    /// PNG.
    Png,
    /// `XFR TrID SB`.
    Xfr(TrId),
    /// SYN.
    Syn(Syn),
    /// GTC.
    Gtc(TrId, AddPrompt),
    /// BLP.
    Blp(TrId, Privacy),
    /// PRP.
    Prp(Prp),
    /// SBP.
    Sbp(Sbp),
    /// REA.
    Rea(Rea),
    /// ADC, and ADD below MSNP10.
    Adc(Adc),
    /// REM.
    Rem(Rem),
    /// ADG.
    Adg(Adg),
    /// REG.
    Reg(Reg),
    /// RMG.
    Rmg(Rmg),
    /// CHG.
    Chg(Chg),
    /// UUX.
    Uux(Uux),
    /// QRY.
    Qry(Qry),
    /// CHL.
    Chl(TrId),
    /// `IMS TrID ON|OFF`.
    Ims(TrId, bool),
    /// GCF, GSB, URL, LKP, SND, SDC, FND, PAG, PGD.
    Service(ServiceRequest),
}

impl ClientCommand {
    /// Reads a frame that [`verb::admit`] let through, from a client that speaks `dialect`; before one is agreed on, any.
    ///
    /// # Errors
    /// What the reference says of words that cannot be: a code, or a close.
    pub fn decode(dialect: Dialect, frame: Frame<'_>) -> Result<Self, Refusal> {
        let (verb, trid, mut words) = verb::head(frame.line)?;
        Ok(match verb {
            Verb::Ver => Self::Ver(Ver::decode(trid, words)?),
            Verb::Cvr => Self::Cvr(Cvr::decode(trid, words)?),
            Verb::Cvq => Self::Cvq(Cvr::decode(trid, words)?),
            Verb::Usr => Self::Usr(Usr::decode(trid, words)?),
            Verb::Out => Self::Out,
            Verb::Png => Self::Png,
            Verb::Xfr if words.need()? == b"SB" => Self::Xfr(trid),
            Verb::Xfr => return Err(Refusal::Answer(trid, ErrorCode::InvalidParameter)),
            Verb::Syn => Self::Syn(Syn::decode(dialect, trid, words)?),
            Verb::Gtc => Self::Gtc(trid, words.need_with(AddPrompt::parse)?),
            Verb::Blp => Self::Blp(trid, words.need_with(Privacy::parse)?),
            Verb::Prp => Self::Prp(Prp::decode(dialect, trid, words)?),
            Verb::Sbp => Self::Sbp(Sbp::decode(trid, words)?),
            Verb::Rea => Self::Rea(Rea::decode(trid, words)?),
            Verb::Add | Verb::Adc => Self::Adc(Adc::decode(dialect, trid, words)?),
            Verb::Rem => Self::Rem(Rem::decode(dialect, trid, words)?),
            Verb::Adg => Self::Adg(Adg::decode(trid, words)?),
            Verb::Reg => Self::Reg(Reg::decode(dialect, trid, words)?),
            Verb::Rmg => Self::Rmg(Rmg::decode(dialect, trid, words)?),
            Verb::Chg => Self::Chg(Chg::decode(trid, words)?),
            Verb::Uux => Self::Uux(Uux::decode(trid, frame.payload)?),
            Verb::Qry => Self::Qry(Qry::decode(trid, words, frame.payload)?),
            Verb::Chl => Self::Chl(trid),
            Verb::Ims => Self::Ims(trid, words.need_with(parse_on_off)?),
            Verb::Gcf
            | Verb::Gsb
            | Verb::Url
            | Verb::Lkp
            | Verb::Snd
            | Verb::Sdc
            | Verb::Fnd
            | Verb::Pag
            | Verb::Pgd => Self::Service(ServiceRequest::decode(verb.word().as_bytes(), trid, words, frame.payload)?),
        })
    }

    /// Appends the command as a client of `dialect` sends it.
    pub fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) {
        match self {
            Self::Ver(ver) => ver.encode(out),
            Self::Cvr(cvr) => cvr.encode("CVR", out),
            Self::Cvq(cvr) => cvr.encode("CVQ", out),
            Self::Usr(usr) => usr.encode(out),
            Self::Out => LineWriter::new(out, "OUT").end(),
            Self::Png => LineWriter::new(out, "PNG").end(),
            Self::Xfr(trid) => LineWriter::new(out, "XFR").word(trid).word("SB").end(),
            Self::Syn(syn) => syn.encode(out),
            Self::Gtc(trid, value) => LineWriter::new(out, "GTC").word(trid).word(value.word()).end(),
            Self::Blp(trid, value) => LineWriter::new(out, "BLP").word(trid).word(value.word()).end(),
            Self::Prp(prp) => prp.encode(None, out),
            Self::Sbp(sbp) => sbp.encode(out),
            Self::Rea(rea) => rea.encode(None, out),
            Self::Adc(adc) => adc.encode(dialect, out),
            Self::Rem(rem) => rem.encode(None, out),
            Self::Adg(adg) => adg.encode(dialect, out),
            Self::Reg(reg) => reg.encode(dialect.into(), None, out),
            Self::Rmg(rmg) => rmg.encode(out),
            Self::Chg(chg) => chg.encode(out),
            Self::Uux(uux) => uux.encode(out),
            Self::Qry(qry) => qry.encode(out),
            Self::Chl(trid) => LineWriter::new(out, "CHL").word(trid).end(),
            Self::Ims(trid, on) => LineWriter::new(out, "IMS").word(trid).word(if *on { "ON" } else { "OFF" }).end(),
            Self::Service(request) => request.encode(out),
        }
    }
}

fn parse_on_off(word: &[u8]) -> Option<bool> {
    match word {
        b"ON" => Some(true),
        b"OFF" => Some(false),
        _ => None,
    }
}

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
