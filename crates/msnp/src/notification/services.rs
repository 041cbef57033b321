//! The small commands: challenges, invitations, and the additional services (docs/protocol/ns.md sections 11 to 13).

use crate::switchboard::Cookie;
use crate::word::{LineWriter, Words, number, utf8};
use crate::{DisplayName, ErrorCode, Handle, Malformed, Refusal, Text, TrId};

/// `QRY TrID product-id 32`: the answer to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qry {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The product id, which selects the key. Never percent-decoded.
    pub product_id: String,
    /// The answer. A correct client sends 32 hex digits, in upper or lower case.
    pub answer: Vec<u8>,
}

impl Qry {
    pub(super) fn decode(trid: TrId, mut words: Words<'_>, payload: &[u8]) -> Result<Self, Malformed> {
        Ok(Self { trid, product_id: words.need_str()?.to_owned(), answer: payload.to_vec() })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        LineWriter::new(out, "QRY").word(self.trid).word(&self.product_id).payload(&self.answer);
    }
}

/// The services that the command `URL` accepts (ns.md section 13).
const URL_SERVICES: [&str; 15] = [
    "PASSWORD",
    "INBOX",
    "COMPOSE",
    "FOLDERS",
    "MESSAGE",
    "PERSON",
    "ADDRBOOK",
    "ADVSEARCH",
    "INTSEARCH",
    "MOBILE",
    "CHGMOB",
    "PROFILE",
    "N2PACCOUNT",
    "N2PFUND",
    "CHAT",
];

/// A request to one of the additional services. This project's server provides only a few of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceRequest {
    /// `GCF TrID Shields.xml`.
    Shields(TrId),
    /// `GSB TrID`: the mobile subscription.
    Subscription(TrId),
    /// `URL TrID service [parameter]`: asks for the address of a web page.
    Url {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// One of the services that ns.md section 13 lists for `URL`.
        service: String,
        /// The parameter, for example the recipient of a mail.
        parameter: Option<String>,
    },
    /// `LKP TrID tel:+number`: asks whether a telephone can be reached.
    Telephone {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The telephone number, with `tel:+` before it.
        number: String,
    },
    /// `SND TrID to [lcid library [id]]`: mails an invitation. SDC does the same and adds a text.
    Invitation {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The words after the transaction id, without the payload length of SDC.
        words: Vec<String>,
        /// The text of the mail, which is the payload of SDC. `None` for SND.
        text: Option<Vec<u8>>,
    },
    /// `FND`: searches the directory.
    Directory {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The words after the transaction id.
        words: Vec<String>,
    },
    /// `PAG TrID handle n`: sends a page, which is a text for the mobile device of a user, in MSNP5
    /// to 8.
    OldPage {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The user who receives the page.
        to: String,
        /// The text of the page.
        text: Vec<u8>,
    },
    /// `PGD TrID handle device n`: sends a page to a mobile device of a user, from MSNP9 on.
    Page {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The user who receives the page.
        to: String,
        /// The kind of the device: 1 for a mobile phone, 2 for another device.
        device: u32,
        /// The text of the page.
        text: Vec<u8>,
    },
}

fn string(word: &[u8]) -> Result<String, Malformed> {
    utf8(word).map(str::to_owned)
}

fn strings(words: Words<'_>) -> Result<Vec<String>, Malformed> {
    words.map(string).collect()
}

const fn invalid(trid: TrId) -> Refusal {
    Refusal::Answer(trid, ErrorCode::InvalidParameter)
}

impl ServiceRequest {
    pub(super) fn decode_shields(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        if words.need()? != b"Shields.xml" {
            return Err(invalid(trid));
        }
        Ok(Self::Shields(trid))
    }

    pub(super) fn decode_url(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let service = words.need_string()?;
        if !URL_SERVICES.contains(&service.as_str()) {
            return Err(invalid(trid));
        }
        let parameter = words.next().map(string).transpose()?;
        Ok(Self::Url { trid, service, parameter })
    }

    pub(super) fn decode_telephone(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let number = Text::parse(words.need()?).filter(|word| crate::handle::is_telephone(word.value()));
        Ok(Self::Telephone { trid, number: number.ok_or_else(|| invalid(trid))?.value().to_owned() })
    }

    pub(super) fn decode_snd(trid: TrId, words: Words<'_>) -> Result<Self, Refusal> {
        let words = strings(words)?;
        if !matches!(words.len(), 1 | 3 | 4) {
            return Err(Refusal::Fatal(trid, ErrorCode::BadInvitation));
        }
        Ok(Self::Invitation { trid, words, text: None })
    }

    pub(super) fn decode_sdc(trid: TrId, words: Words<'_>, payload: &[u8]) -> Result<Self, Refusal> {
        let mut words = strings(words)?;
        // The words: to lcid library id X X name length
        if words.len() != 8 {
            return Err(Refusal::Fatal(trid, ErrorCode::BadInvitation));
        }
        words.pop();
        Ok(Self::Invitation { trid, words, text: Some(payload.to_vec()) })
    }

    pub(super) fn decode_directory(trid: TrId, words: Words<'_>) -> Result<Self, Refusal> {
        Ok(Self::Directory { trid, words: strings(words)? })
    }

    pub(super) fn decode_old_page(trid: TrId, mut words: Words<'_>, payload: &[u8]) -> Result<Self, Refusal> {
        Ok(Self::OldPage { trid, to: words.need_string()?, text: payload.to_vec() })
    }

    pub(super) fn decode_page(trid: TrId, mut words: Words<'_>, payload: &[u8]) -> Result<Self, Refusal> {
        let to = words.need_string()?;
        let device = words.need_with(number)?;
        if !matches!(device, 1 | 2) {
            return Err(invalid(trid));
        }
        Ok(Self::Page { trid, to, device, text: payload.to_vec() })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Shields(trid) => LineWriter::new(out, "GCF").word(trid).word("Shields.xml").end(),
            Self::Subscription(trid) => LineWriter::new(out, "GSB").word(trid).end(),
            Self::Url { trid, service, parameter } => {
                LineWriter::new(out, "URL").word(trid).word(service).opt(parameter.as_ref()).end();
            }
            Self::Telephone { trid, number } => LineWriter::new(out, "LKP").word(trid).word(number).end(),
            Self::Invitation { trid, words, text } => {
                let line = LineWriter::new(out, if text.is_some() { "SDC" } else { "SND" }).word(trid);
                let line = words.iter().fold(line, LineWriter::word);
                match text {
                    Some(text) => line.payload(text),
                    None => line.end(),
                }
            }
            Self::Directory { trid, words } => {
                words.iter().fold(LineWriter::new(out, "FND").word(trid), LineWriter::word).end();
            }
            Self::OldPage { trid, to, text } => LineWriter::new(out, "PAG").word(trid).word(to).payload(text),
            Self::Page { trid, to, device, text } => {
                LineWriter::new(out, "PGD").word(trid).word(to).word(device).payload(text);
            }
        }
    }
}

/// The server's lines about the small commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceLine {
    /// `CHL TrID challenge`. The transaction id is 0 if the client did not ask for a challenge.
    Challenge(TrId, String),
    /// `QRY TrID`: the answer was correct.
    ChallengeMet(TrId),
    /// `XFR TrID SB address CKI cookie`: a switchboard for a new session.
    Switchboard {
        /// The transaction id of the request.
        trid: TrId,
        /// The switchboard's `host:port`.
        address: String,
        /// The cookie, which is valid once.
        cookie: Cookie,
    },
    /// An invitation to a session.
    Ring(Rng),
    /// `IMS TrID 0 ON|OFF`.
    Calls(TrId, bool),
    /// `GCF TrID file n` and the document.
    Config {
        /// The transaction id of the request.
        trid: TrId,
        /// The name of the document, such as `Shields.xml`.
        file: String,
        /// The content of the document.
        document: Vec<u8>,
    },
    /// `SBS TrID null`: no mobile subscription.
    Subscription(TrId),
    /// `URL TrID target login-url site-id`.
    Url {
        /// The transaction id of the request.
        trid: TrId,
        /// The path of the web page that the user sees after the login.
        target: String,
        /// The URL of the login page.
        login: String,
        /// The site id, which is the last word of the answer.
        site: u32,
    },
    /// `MSG Hotmail Hotmail n` and a message from the service.
    Message(Vec<u8>),
    /// `NOT n` and an alert in XML.
    Notification(Vec<u8>),
}

impl ServiceLine {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Challenge(trid, challenge) => LineWriter::new(out, "CHL").word(trid).word(challenge).end(),
            Self::ChallengeMet(trid) => LineWriter::new(out, "QRY").word(trid).end(),
            Self::Switchboard { trid, address, cookie } => {
                LineWriter::new(out, "XFR").word(trid).word("SB").word(address).word("CKI").word(&cookie.0).end();
            }
            Self::Ring(ring) => LineWriter::new(out, "RNG")
                .word(ring.session)
                .word(&ring.address)
                .word("CKI")
                .word(&ring.cookie.0)
                .word(&ring.caller)
                .text(ring.name.as_str())
                .end(),
            Self::Calls(trid, on) => {
                LineWriter::new(out, "IMS").word(trid).word(0).word(if *on { "ON" } else { "OFF" }).end();
            }
            Self::Config { trid, file, document } => {
                LineWriter::new(out, "GCF").word(trid).word(file).payload(document);
            }
            Self::Subscription(trid) => LineWriter::new(out, "SBS").word(trid).word("null").end(),
            Self::Url { trid, target, login, site } => {
                LineWriter::new(out, "URL").word(trid).word(target).word(login).word(site).end();
            }
            Self::Message(body) => LineWriter::new(out, "MSG Hotmail Hotmail").payload(body),
            Self::Notification(body) => LineWriter::new(out, "NOT").payload(body),
        }
    }

    pub(super) fn decode_challenge(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, [challenge]) = (words.need_trid()?, words.exactly()?);
        Ok(Self::Challenge(trid, string(challenge)?))
    }

    pub(super) fn decode_challenge_met(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, []) = (words.need_trid()?, words.exactly()?);
        Ok(Self::ChallengeMet(trid))
    }

    pub(super) fn decode_switchboard(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, [_sb, address, _cki, cookie]) = (words.need_trid()?, words.exactly()?);
        Ok(Self::Switchboard { trid, address: string(address)?, cookie: Cookie(string(cookie)?) })
    }

    pub(super) fn decode_ring(words: Words<'_>) -> Result<Self, Malformed> {
        let [session, address, _cki, cookie, caller, name] = words.exactly()?;
        Ok(Self::Ring(Rng {
            session: number(session).ok_or(Malformed::Word)?,
            address: string(address)?,
            cookie: Cookie(string(cookie)?),
            caller: Handle::parse_lax(utf8(caller)?).map_err(|_| Malformed::Word)?,
            name: DisplayName::from_word(name)?,
        }))
    }

    pub(super) fn decode_calls(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, [_zero, on]) = (words.need_trid()?, words.exactly()?);
        Ok(Self::Calls(trid, on == b"ON"))
    }

    pub(super) fn decode_config(mut words: Words<'_>, payload: &[u8]) -> Result<Self, Malformed> {
        let (trid, [file, _length]) = (words.need_trid()?, words.exactly()?);
        Ok(Self::Config { trid, file: string(file)?, document: payload.to_vec() })
    }

    pub(super) fn decode_subscription(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, [_null]) = (words.need_trid()?, words.exactly()?);
        Ok(Self::Subscription(trid))
    }

    pub(super) fn decode_url(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, [target, login, site]) = (words.need_trid()?, words.exactly()?);
        let site = number(site).ok_or(Malformed::Word)?;
        Ok(Self::Url { trid, target: string(target)?, login: string(login)?, site })
    }

    pub(super) fn decode_message(words: Words<'_>, payload: &[u8]) -> Result<Self, Malformed> {
        let [_hotmail, _again, _length] = words.exactly()?;
        Ok(Self::Message(payload.to_vec()))
    }

    pub(super) fn decode_notification(words: Words<'_>, payload: &[u8]) -> Result<Self, Malformed> {
        let [_length] = words.exactly()?;
        Ok(Self::Notification(payload.to_vec()))
    }
}

/// `RNG session address CKI cookie handle name`: an invitation to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    /// The switchboard session to join.
    pub session: u32,
    /// The switchboard's `host:port`.
    pub address: String,
    /// The cookie, which is valid once.
    pub cookie: Cookie,
    /// The caller's handle.
    pub caller: Handle,
    /// The caller's display name.
    pub name: DisplayName,
}
