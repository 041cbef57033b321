//! The lines that a notification or dispatch server sends.

use super::contacts::ContactLine;
use super::groups::GroupLine;
use super::presence::PresenceLine;
use super::services::ServiceLine;
use super::settings::{Prp, Rea, Sbp, SettingLine};
use super::sign_in::SignInAnswer;
use super::sync::{Lst, SynAnswer};
use crate::frame::Frame;
use crate::reference::trid_and_version;
use crate::verbs::verbs;
use crate::word::{self, LineWriter, Words};
use crate::{Dialect, ErrorCode, Malformed, Reader, Refusal, TrId};

verbs! {
    /// A verb that a server can send. docs/protocol/ns.md describes each one.
    ServerVerb {
        /// Agrees on a dialect.
        Ver = "VER",
        /// Tells the client which client versions are recommended.
        Cvr = "CVR",
        /// Answers the version query.
        Cvq = "CVQ",
        /// A step of signing in.
        Usr = "USR",
        /// Sends the client to another notification server, or to a switchboard.
        Xfr = "XFR",
        /// Ends the session.
        Out = "OUT",
        /// Answers a ping.
        Qng = "QNG",
        /// Begins the burst: the lines with lists and settings that the server sends after SYN.
        Syn = "SYN",
        /// An address and the lists that it is on, in the burst.
        Lst = "LST",
        /// A group, in the burst.
        Lsg = "LSG",
        /// Tells the client the account's setting for new entries on the reverse list.
        Gtc = "GTC",
        /// Tells the client the account's setting for addresses on neither AL nor BL.
        Blp = "BLP",
        /// A property of the account itself.
        Prp = "PRP",
        /// A property of a contact.
        Bpr = "BPR",
        /// Answers a change of a property of a contact.
        Sbp = "SBP",
        /// Answers a change of a name, up to MSNP9.
        Rea = "REA",
        /// An addition to a list or group, from MSNP10 on.
        Adc = "ADC",
        /// An addition to a list or group, up to MSNP9.
        Add = "ADD",
        /// A removal from a list or group.
        Rem = "REM",
        /// A new group.
        Adg = "ADG",
        /// A group was renamed.
        Reg = "REG",
        /// A group was deleted.
        Rmg = "RMG",
        /// Repeats the account's own new status.
        Chg = "CHG",
        /// The status of a contact who is already online when the account sets its first status.
        Iln = "ILN",
        /// The new status of a contact.
        Nln = "NLN",
        /// A contact went offline.
        Fln = "FLN",
        /// Confirms that the server has published the account's personal message.
        Uux = "UUX",
        /// The personal message of a contact.
        Ubx = "UBX",
        /// A challenge.
        Chl = "CHL",
        /// The answer to a challenge was correct.
        Qry = "QRY",
        /// An invitation to a switchboard.
        Rng = "RNG",
        /// Answers a change of the setting for invitations.
        Ims = "IMS",
        /// The document that the client asked for with GCF.
        Gcf = "GCF",
        /// The mobile subscription.
        Sbs = "SBS",
        /// The address of a web service.
        Url = "URL",
        /// A message from the service.
        Msg = "MSG",
        /// An alert.
        Not = "NOT",
        /// A page: a text message from a telephone. This crate does not read the page, but a reader
        /// of the stream must skip its payload.
        Ipg = "IPG",
    }
}

impl ServerVerb {
    /// Returns whether a payload follows the line. If so, the last word of the line is the length of the payload.
    const fn has_payload(self) -> bool {
        matches!(self, Self::Msg | Self::Not | Self::Ipg | Self::Ubx | Self::Gcf)
    }
}

/// A line from a server.
///
/// ```
/// use msnp::frame::Frame;
/// use msnp::notification::{ContactLine, ServerCommand};
/// use msnp::{Dialect, Handle, Reader};
///
/// // One event, written for a reader of MSNP12 and for a reader of MSNP8.
/// let bob = Handle::parse("bob@example.com").expect("an address");
/// let line = ServerCommand::from(ContactLine::ReverseRemoved(bob));
/// let mut bytes = Vec::new();
/// line.encode(Dialect::Msnp12, &mut bytes);
/// line.encode(Reader { list_version: 7, ..Dialect::Msnp8.into() }, &mut bytes);
/// assert_eq!(bytes, b"REM 0 RL bob@example.com\r\nREM 0 RL 7 bob@example.com\r\n");
///
/// let frame = Frame { line: b"REM 0 RL 7 bob@example.com", payload: b"" };
/// assert_eq!(ServerCommand::decode(Dialect::Msnp8, frame), Ok(line));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerCommand {
    /// A step of signing in.
    SignIn(SignInAnswer),
    /// `OUT [reason]`: the server ends the session.
    Out(Option<OutReason>),
    /// `QNG n`: the number of seconds after which the client should ping again.
    Qng(u32),
    /// SYN.
    Syn(SynAnswer),
    /// LST.
    Lst(Lst),
    /// A setting.
    Setting(SettingLine),
    /// The answer to PRP.
    Prp(Prp),
    /// The answer to SBP.
    Sbp(Sbp),
    /// The answer to REA.
    Rea(Rea),
    /// A change of the lists.
    Contact(ContactLine),
    /// A group.
    Group(GroupLine),
    /// The presence of a contact.
    Presence(PresenceLine),
    /// A line of one of the additional services.
    Service(ServiceLine),
    /// `code TrID`.
    Error(TrId, ErrorCode),
}

/// The reason why a server ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutReason {
    /// `OTH`: the account signed in from another place.
    SignedInElsewhere,
    /// `SSD`: the server is shutting down.
    ShuttingDown,
    /// `MIG`: the lists now use GUIDs. The client must sign in again.
    ListsMoved,
    /// `TOU`: the terms of use were not accepted.
    TermsOfUse,
    /// `RCT`: the service is closed for this many minutes.
    Closed(u32),
}

impl OutReason {
    fn decode(mut words: Words<'_>) -> Result<Option<Self>, Malformed> {
        let Some(word) = words.next() else { return Ok(None) };
        let reason = match (word, words.next()) {
            (b"OTH", None) => Some(Self::SignedInElsewhere),
            (b"SSD", None) => Some(Self::ShuttingDown),
            (b"MIG", None) => Some(Self::ListsMoved),
            (b"TOU", None) => Some(Self::TermsOfUse),
            (b"RCT", Some(minutes)) => word::number(minutes).map(Self::Closed),
            _ => None,
        };
        reason.map(Some).ok_or(Malformed::Word)
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

/// Returns the length of the payload after a line from a server.
///
/// # Errors
/// [`Malformed::PayloadLength`] when the last word is not a number or is greater than `max`.
pub fn server_payload_length(line: &[u8], max: usize) -> Result<usize, Malformed> {
    let mut words = Words::new(line);
    let verb = words.next().and_then(ServerVerb::from_word);
    if !verb.is_some_and(ServerVerb::has_payload) {
        return Ok(0);
    }
    let length = words.last().and_then(word::number).and_then(|length| usize::try_from(length).ok());
    length.filter(|length| *length <= max).ok_or(Malformed::PayloadLength)
}

impl ServerCommand {
    /// Appends the line in the form that `reader` expects. For a line that does not report a change
    /// of the reader's lists, `reader` can be the [`Dialect`] of the client.
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

    /// Reads a line from a server that speaks `dialect`. Ignores the list version.
    ///
    /// # Errors
    /// The reason why the line is invalid. A client then closes the connection.
    pub fn decode(dialect: Dialect, frame: Frame<'_>) -> Result<Self, Malformed> {
        Self::decode_line(dialect, frame).map_err(|refusal| match refusal {
            Refusal::Close(malformed) => malformed,
            Refusal::Answer(..) | Refusal::Fatal(..) => Malformed::Word,
        })
    }

    fn decode_line(dialect: Dialect, frame: Frame<'_>) -> Result<Self, Refusal> {
        use ServerVerb as V;
        let mut words = Words::new(frame.line);
        let word = words.need()?;
        if let Some(code) = ErrorCode::parse(word) {
            return Ok(Self::Error(words.need_trid()?, code));
        }
        let unknown = Err(Malformed::UnknownVerb.into());
        let is_old = dialect < Dialect::Msnp10;
        Ok(match V::from_word(word).ok_or(Malformed::UnknownVerb)? {
            V::Ver => Self::SignIn(SignInAnswer::decode_ver(words)?),
            V::Cvr => Self::SignIn(SignInAnswer::decode_cvr(false, words)?),
            V::Cvq => Self::SignIn(SignInAnswer::decode_cvr(true, words)?),
            V::Usr => Self::SignIn(SignInAnswer::decode_usr(dialect, words)?),
            V::Xfr => Self::decode_xfr(words)?,
            V::Out => Self::Out(OutReason::decode(words)?),
            V::Qng => Self::decode_qng(dialect, words)?,
            V::Syn => Self::Syn(SynAnswer::decode(dialect, words.need_trid()?, words)?),
            V::Lst => Self::Lst(Lst::decode(dialect, words)?),
            V::Lsg => Self::Group(GroupLine::decode_listed(dialect, words)?),
            V::Gtc => Self::Setting(SettingLine::decode_add_prompt(dialect, words)?),
            V::Blp => Self::Setting(SettingLine::decode_privacy(dialect, words)?),
            V::Prp => Self::decode_prp(dialect, words)?,
            V::Bpr => Self::Setting(SettingLine::decode_contact(dialect, words)?),
            V::Sbp => Self::Sbp(Sbp::decode(words.need_trid()?, words)?),
            V::Rea if !is_old => return unknown,
            V::Rea => Self::Rea(Rea::decode(trid_and_version(dialect, &mut words)?, words)?),
            V::Adc if is_old => return unknown,
            V::Adc => Self::Contact(ContactLine::decode_adc(words)?),
            V::Add if !is_old => return unknown,
            V::Add => Self::Contact(ContactLine::decode_add(dialect, words)?),
            V::Rem => Self::Contact(ContactLine::decode_rem(dialect, words)?),
            V::Adg => Self::Group(GroupLine::decode_added(dialect, words)?),
            V::Reg => Self::Group(GroupLine::decode_renamed(dialect, words)?),
            V::Rmg => Self::Group(GroupLine::decode_removed(dialect, words)?),
            V::Chg => Self::Presence(PresenceLine::decode_changed(words)?),
            V::Iln => Self::Presence(PresenceLine::decode_initial(dialect, words)?),
            V::Nln => Self::Presence(PresenceLine::decode_online(dialect, words)?),
            V::Fln => Self::Presence(PresenceLine::decode_offline(words)?),
            V::Uux => Self::Presence(PresenceLine::decode_published(words)?),
            V::Ubx => Self::Presence(PresenceLine::decode_message(words, frame.payload)?),
            V::Chl => Self::Service(ServiceLine::decode_challenge(words)?),
            V::Qry => Self::Service(ServiceLine::decode_challenge_met(words)?),
            V::Rng => Self::Service(ServiceLine::decode_ring(words)?),
            V::Ims => Self::Service(ServiceLine::decode_calls(words)?),
            V::Gcf => Self::Service(ServiceLine::decode_config(words, frame.payload)?),
            V::Sbs => Self::Service(ServiceLine::decode_subscription(words)?),
            V::Url => Self::Service(ServiceLine::decode_url(words)?),
            V::Msg => Self::Service(ServiceLine::decode_message(words, frame.payload)?),
            V::Not => Self::Service(ServiceLine::decode_notification(words, frame.payload)?),
            V::Ipg => return unknown,
        })
    }

    fn decode_xfr(words: Words<'_>) -> Result<Self, Malformed> {
        if words.clone().nth(1) == Some(b"NS") {
            return SignInAnswer::decode_transfer(words).map(Self::SignIn);
        }
        ServiceLine::decode_switchboard(words).map(Self::Service)
    }

    fn decode_qng(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        if dialect < Dialect::Msnp9 {
            return Ok(Self::Qng(0));
        }
        words.next().map_or(Some(0), word::number).map(Self::Qng).ok_or(Malformed::Word)
    }

    /// Reads PRP. If the line has a transaction id, it is an answer. Otherwise it is a line of the
    /// burst after SYN.
    fn decode_prp(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Refusal> {
        if words.clone().need_trid().is_err() {
            return Ok(Self::Setting(SettingLine::decode_own(words)?));
        }
        Ok(Self::Prp(Prp::decode(dialect, trid_and_version(dialect, &mut words)?, words)?))
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
