//! The commands that clients send to a notification or dispatch server.

use thiserror::Error;

use super::contacts::{Adc, Rem};
use super::groups::{Adg, Reg, Rmg};
use super::presence::{Chg, Uux};
use super::services::{Qry, ServiceRequest};
use super::settings::{AddPrompt, Privacy, Prp, Rea, Sbp};
use super::sign_in::{Cvr, Usr, Ver};
use super::sync::Syn;
use super::verb::{self, Verb};
use crate::frame::Frame;
use crate::word::LineWriter;
use crate::{Dialect, ErrorCode, Refusal, TrId};

/// A command from a client.
///
/// ```
/// use msnp::frame::Frame;
/// use msnp::notification::{ClientCommand, Stage, verb};
/// use msnp::{Dialect, Refusal, Status, TrId};
///
/// let line = b"CHG 8 NLN 0";
/// assert_eq!(verb::admit(Stage::SignedIn(Dialect::Msnp12), line), Ok(0), "no payload follows");
/// let command = ClientCommand::decode(Dialect::Msnp12, Frame { line, payload: b"" })?;
/// let ClientCommand::Chg(chg) = &command else { panic!("CHG") };
/// assert_eq!((chg.trid, chg.status), (TrId::new(8), Status::Online));
///
/// let mut bytes = Vec::new();
/// command.encode(Dialect::Msnp12, &mut bytes).expect("every dialect has CHG");
/// assert_eq!(bytes, b"CHG 8 NLN 0\r\n");
/// # Ok::<(), Refusal>(())
/// ```
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
    /// ADC, and ADD before MSNP10.
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
    /// A request to one of the additional services.
    Service(ServiceRequest),
}

impl ClientCommand {
    /// Reads a frame from a client of `dialect`. [`verb::admit`] must have accepted the frame.
    /// Before VER has agreed on a dialect, any value of `dialect` works.
    ///
    /// # Errors
    /// If the words are invalid, returns the answer that the reference requires: an error code, or
    /// closing the connection.
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
            Verb::Gcf => Self::Service(ServiceRequest::decode_shields(trid, words)?),
            Verb::Gsb => Self::Service(ServiceRequest::Subscription(trid)),
            Verb::Url => Self::Service(ServiceRequest::decode_url(trid, words)?),
            Verb::Lkp => Self::Service(ServiceRequest::decode_telephone(trid, words)?),
            Verb::Snd => Self::Service(ServiceRequest::decode_snd(trid, words)?),
            Verb::Sdc => Self::Service(ServiceRequest::decode_sdc(trid, words, frame.payload)?),
            Verb::Fnd => Self::Service(ServiceRequest::decode_directory(trid, words)?),
            Verb::Pag => Self::Service(ServiceRequest::decode_old_page(trid, words, frame.payload)?),
            Verb::Pgd => Self::Service(ServiceRequest::decode_page(trid, words, frame.payload)?),
        })
    }

    /// Appends the command in the form in which a client of `dialect` sends it.
    ///
    /// # Errors
    /// [`NotInDialect`] when the dialect lacks the command. Nothing is appended.
    pub fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<(), NotInDialect> {
        let start = out.len();
        self.write(dialect, out);
        let verb = out.get(start..start + 3).and_then(Verb::from_word);
        if verb.is_none_or(|verb| verb.row(dialect).is_none()) {
            out.truncate(start);
            return Err(NotInDialect(dialect));
        }
        Ok(())
    }

    /// Appends the command in the form of `dialect`. If `dialect` lacks the command, uses the form
    /// of the nearest dialect that has the command.
    fn write(&self, dialect: Dialect, out: &mut Vec<u8>) {
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
            Self::Adc(adc) => adc.encode(dialect, None, out),
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

/// The error for a command that a dialect does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} does not have this command")]
pub struct NotInDialect(pub Dialect);

fn parse_on_off(word: &[u8]) -> Option<bool> {
    match word {
        b"ON" => Some(true),
        b"OFF" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::{Addition, Rea, Sbp};
    use crate::{DisplayName, Guid, Handle, Text};

    #[test]
    fn a_command_that_does_not_exist_in_a_dialect_is_not_written() {
        let (trid, guid) = (TrId::new(1), Guid::from_bytes([7; 16]));
        let (handle, name) = (Handle::parse("bob@example.com").unwrap(), DisplayName::new("Bob").unwrap());
        let addition = Addition::ToGroup { contact: guid, group: guid };
        let rea = Rea { trid, handle, name: name.clone(), word: Text::encode("Bob") };
        for (command, dialect) in [
            (ClientCommand::Adc(Adc { trid, addition }), Dialect::Msnp9),
            (ClientCommand::Sbp(Sbp::nickname(trid, guid, &name)), Dialect::Msnp9),
            (ClientCommand::Rea(rea), Dialect::Msnp10),
            (ClientCommand::Uux(Uux { trid, message: None }), Dialect::Msnp10),
        ] {
            let mut out = b"PNG\r\n".to_vec();
            assert_eq!(command.encode(dialect, &mut out), Err(NotInDialect(dialect)), "{command:?}");
            assert_eq!(out, b"PNG\r\n", "{command:?}");
        }
    }
}
