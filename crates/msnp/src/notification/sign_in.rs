//! The commands for signing in (docs/protocol/ns.md section 4).

use std::fmt;

use crate::handle::BadHandle;
use crate::word::{LineWriter, Words, address, utf8};
use crate::{Dialect, DisplayName, ErrorCode, Handle, Malformed, Reader, Refusal, TrId};

/// `VER TrID dialect ...`: the dialects that a client offers, as the client wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ver {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The words of the offer, at least one.
    pub offer: Vec<String>,
}

/// The server's choice from an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The highest dialect that both sides support.
    Dialect(Dialect),
    /// CVR0: no dialect fits, but the client also offered the version query.
    Cvr0,
    /// No offered word fits.
    Nothing,
}

impl Ver {
    pub(super) fn decode(trid: TrId, words: Words<'_>) -> Result<Self, Refusal> {
        let offer = words.map(|word| utf8(word).map(str::to_owned)).collect::<Result<_, _>>()?;
        Ok(Self { trid, offer })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, "VER").word(self.trid);
        self.offer.iter().fold(line, LineWriter::word).end();
    }

    /// Returns the highest offered dialect that is in `supported`. The order of the dialects does
    /// not matter. If no dialect fits, returns [`Agreement::Cvr0`] if the client offered CVR0.
    #[must_use]
    pub fn agree(&self, supported: &[Dialect]) -> Agreement {
        let dialects = self.offer.iter().filter_map(|word| Dialect::from_name(word));
        let best = dialects.filter(|dialect| supported.contains(dialect)).max();
        match best {
            Some(dialect) => Agreement::Dialect(dialect),
            None if self.offers("CVR0") => Agreement::Cvr0,
            None => Agreement::Nothing,
        }
    }

    /// Returns whether `word` is one of the offered words.
    #[must_use]
    pub fn offers(&self, word: &str) -> bool {
        self.offer.iter().any(|offered| offered.eq_ignore_ascii_case(word))
    }

    /// Returns whether the offer consists of exactly the words in `words`, in the same order.
    #[must_use]
    pub fn offers_exactly(&self, words: &[&str]) -> bool {
        self.offer.len() == words.len()
            && self.offer.iter().zip(words).all(|(have, want)| have.eq_ignore_ascii_case(want))
    }
}

/// `CVR TrID lcid os osver arch client version id [handle]`: describes the client. CVQ has the same words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cvr {
    /// The transaction id, which the answer repeats.
    pub trid: TrId,
    /// The language of the client as a Windows locale id. 0x0409 is US English.
    pub locale: u16,
    /// The operating system, its version, and the processor.
    pub system: [String; 3],
    /// The name of the program. The official client writes `MSNMSGR`.
    pub client: String,
    /// The version of the program, such as `7.5.0324`.
    pub version: String,
    /// The id of the client, which is `MSMSGS` in upper or lower case.
    pub id: String,
    /// The handle that will sign in. Small old clients leave out this word.
    pub handle: Option<String>,
}

impl Cvr {
    /// The lowest number of words after the transaction id. It does not count the handle, because a
    /// client can leave out the handle.
    const MIN_WORDS: usize = 7;

    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        if words.clone().count() < Self::MIN_WORDS {
            return Err(Refusal::Fatal(trid, ErrorCode::BadCvrFormat));
        }
        let locale = parse_locale(words.need()?).ok_or(Refusal::Answer(trid, ErrorCode::BadCvrParameters))?;
        let mut next = || words.need_str().map(str::to_owned);
        let system = [next()?, next()?, next()?];
        let (client, version, id) = (next()?, next()?, next()?);
        Ok(Self { trid, locale, system, client, version, id, handle: next().ok() })
    }

    pub(super) fn encode(&self, verb: &str, out: &mut Vec<u8>) {
        let line = LineWriter::new(out, verb).word(self.trid).word(format_args!("0x{:04x}", self.locale));
        let line = self.system.iter().fold(line, LineWriter::word);
        line.word(&self.client).word(&self.version).word(&self.id).opt(self.handle.as_ref()).end();
    }
}

/// Reads `0x` and four hex digits.
fn parse_locale(word: &[u8]) -> Option<u16> {
    let digits = utf8(word).ok()?.strip_prefix("0x")?;
    let plain = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

/// `USR TrID TWN I handle` and `USR TrID TWN S ticket`: the two steps of signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usr {
    /// Step 1: the account that wants to sign in.
    Initial {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The account.
        handle: Handle,
    },
    /// Step 2: the ticket.
    Ticket {
        /// The transaction id, which the answer repeats.
        trid: TrId,
        /// The ticket that the login service issued for this account.
        ticket: Ticket,
    },
}

impl Usr {
    pub(super) fn decode(trid: TrId, mut words: Words<'_>) -> Result<Self, Refusal> {
        let denied = Refusal::Fatal(trid, ErrorCode::AuthenticationFailed);
        if words.need()? != b"TWN" {
            return Err(Malformed::Word.into());
        }
        let step = words.need()?;
        let word = words.need()?;
        match step {
            b"I" => match Handle::parse_lax(&address(word).map_err(|_| denied)?) {
                Ok(handle) => Ok(Self::Initial { trid, handle }),
                Err(BadHandle::NoDomain) => Err(Refusal::Fatal(trid, ErrorCode::FqdnMissing)),
                Err(_) => Err(denied),
            },
            b"S" => Ok(Self::Ticket { trid, ticket: utf8(word).ok().and_then(Ticket::parse).ok_or(denied)? }),
            _ => Err(Malformed::Word.into()),
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Initial { trid, handle } => LineWriter::new(out, "USR").word(trid).word("TWN I").word(handle).end(),
            Self::Ticket { trid, ticket } => {
                LineWriter::new(out, "USR")
                    .word(trid)
                    .word("TWN S")
                    .word(format_args!("t={}&p=", ticket.secret()))
                    .end();
            }
        }
    }
}

/// A Passport ticket. Anyone who has it can sign in. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket(String);

impl Ticket {
    /// The longest ticket, in bytes (http.md section 1.3).
    pub const MAX: usize = 512;

    /// Reads a ticket in any of its forms: `t=X&p=...`, `t=X`, or only `X`. Also accepts `t=t=X`, from clients that add
    /// `t=` to a ticket that already has it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let value = word.strip_prefix("t=").map_or(word, |rest| rest.split('&').next().unwrap_or_default());
        let value = value.strip_prefix("t=").unwrap_or(value);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"*!._-".contains(&byte);
        let good = !value.is_empty() && value.len() <= Self::MAX && value.bytes().all(allowed);
        good.then(|| Self(value.to_owned()))
    }

    /// Returns the secret itself.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

/// The server's lines for signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInAnswer {
    /// `VER TrID word ...`. If no offered word fits, the only word is `0`.
    Ver {
        /// The transaction id of the request.
        trid: TrId,
        /// The words of the answer.
        words: Vec<String>,
    },
    /// `CVR TrID recommended recommended minimum download-url info-url`. CVQ has the same words.
    Cvr {
        /// The transaction id of the request.
        trid: TrId,
        /// True if this is the answer to CVQ. False if it is the answer to CVR.
        query: bool,
        /// The recommended version, the recommended version again, and the oldest version that is
        /// allowed.
        versions: [String; 3],
        /// The address of the page that offers the client for download, and the address of a page
        /// about the client.
        urls: [String; 2],
    },
    /// `USR TrID TWN S policy`: the answer to step 1.
    Policy {
        /// The transaction id of the request.
        trid: TrId,
        /// The policy string: one word, which the client passes on to the login service.
        policy: String,
    },
    /// `USR TrID OK handle verified 0`, or `USR TrID OK handle name verified 0` before MSNP10. The
    /// second form contains the name, because before MSNP10 the server does not send the name in
    /// PRP MFN.
    Ok {
        /// The transaction id of the request.
        trid: TrId,
        /// The handle of the account, as registered.
        handle: Handle,
        /// The display name, before MSNP10.
        name: Option<DisplayName>,
        /// True if the address is confirmed.
        verified: bool,
    },
    /// `XFR TrID NS address 0 dispatch-address`.
    Transfer {
        /// The transaction id of the request, or 0 if there was no request.
        trid: TrId,
        /// The address of the notification server that the client must connect to.
        notification: String,
        /// The address of the server that sends this line.
        dispatch: String,
    },
}

impl SignInAnswer {
    pub(super) fn decode_ver(mut words: Words<'_>) -> Result<Self, Malformed> {
        let trid = words.need_trid()?;
        let answer = words.map(|word| utf8(word).map(str::to_owned)).collect::<Result<_, _>>()?;
        Ok(Self::Ver { trid, words: answer })
    }

    pub(super) fn decode_cvr(query: bool, mut words: Words<'_>) -> Result<Self, Malformed> {
        let trid = words.need_trid()?;
        let versions = [words.need_string()?, words.need_string()?, words.need_string()?];
        let urls = [words.need_string()?, words.need_string()?];
        words.end()?;
        Ok(Self::Cvr { trid, query, versions, urls })
    }

    pub(super) fn decode_usr(dialect: Dialect, mut words: Words<'_>) -> Result<Self, Malformed> {
        let trid = words.need_trid()?;
        match words.need()? {
            b"TWN" => {
                let [_s, policy] = words.exactly()?;
                Ok(Self::Policy { trid, policy: utf8(policy)?.to_owned() })
            }
            b"OK" => Self::decode_ok(dialect, trid, words),
            _ => Err(Malformed::Word),
        }
    }

    fn decode_ok(dialect: Dialect, trid: TrId, mut words: Words<'_>) -> Result<Self, Malformed> {
        let handle = Handle::parse_lax(words.need_str()?).map_err(|_| Malformed::Word)?;
        let has_name = dialect < Dialect::Msnp10;
        let name = has_name.then(|| DisplayName::from_word(words.need()?)).transpose()?;
        let [verified, _zero] = words.exactly()?;
        Ok(Self::Ok { trid, handle, name, verified: verified != b"0" })
    }

    pub(super) fn decode_transfer(mut words: Words<'_>) -> Result<Self, Malformed> {
        let (trid, [_ns, notification, _zero, dispatch]) = (words.need_trid()?, words.exactly()?);
        Ok(Self::Transfer { trid, notification: utf8(notification)?.to_owned(), dispatch: utf8(dispatch)?.to_owned() })
    }

    pub(super) fn encode(&self, reader: Reader, out: &mut Vec<u8>) {
        match self {
            Self::Ver { trid, words } => {
                let line = LineWriter::new(out, "VER").word(trid);
                words.iter().fold(line, LineWriter::word).end();
            }
            Self::Cvr { trid, query, versions, urls } => {
                let line = LineWriter::new(out, if *query { "CVQ" } else { "CVR" }).word(trid);
                versions.iter().chain(urls).fold(line, LineWriter::word).end();
            }
            Self::Policy { trid, policy } => LineWriter::new(out, "USR").word(trid).word("TWN S").word(policy).end(),
            Self::Ok { trid, handle, name, verified } => {
                let line = LineWriter::new(out, "USR").word(trid).word("OK").word(handle);
                let line = match name {
                    Some(name) if reader.is_old() => line.text(name.as_str()),
                    _ => line,
                };
                line.word(u8::from(*verified)).word(0).end();
            }
            Self::Transfer { trid, notification, dispatch } => {
                LineWriter::new(out, "XFR").word(trid).word("NS").word(notification).word(0).word(dispatch).end();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ver(offer: &str) -> Ver {
        Ver { trid: TrId::new(1), offer: offer.split(' ').map(str::to_owned).collect() }
    }

    #[test]
    fn the_highest_common_dialect_is_chosen_whatever_the_order_of_the_offer() {
        let both = [Dialect::Msnp11, Dialect::Msnp12];
        let table = [
            ("MSNP13 CVR0 MSNP9 msnp12", Agreement::Dialect(Dialect::Msnp12)),
            ("MSNP11 MSNP10", Agreement::Dialect(Dialect::Msnp11)),
            ("MSNP2 CVR0", Agreement::Cvr0),
            ("MSNP1 FOO", Agreement::Nothing),
        ];
        for (offer, expected) in table {
            assert_eq!(ver(offer).agree(&both), expected, "{offer}");
        }
    }

    #[test]
    fn every_form_of_a_ticket_is_read_and_invalid_tickets_are_refused() {
        for word in ["t=abc.DEF&p=profile", "t=abc.DEF&p=", "t=abc.DEF", "t=t=abc.DEF&p=", "abc.DEF"] {
            assert_eq!(Ticket::parse(word).unwrap().secret(), "abc.DEF", "{word}");
        }
        for word in ["", "t=", "t=&p=x", "a,b", "a'b", "a$b"] {
            assert_eq!(Ticket::parse(word), None, "{word}");
        }
        assert!(Ticket::parse(&"x".repeat(513)).is_none());
    }

    #[test]
    fn debug_output_does_not_show_the_ticket() {
        assert!(!format!("{:?}", Ticket::parse("t=secret&p=").unwrap()).contains("secret"));
    }
}
