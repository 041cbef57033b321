//! The answers of RST.srf (docs/protocol/http.md section 2, "Response" and "Faults").
//!
//! Clients search these documents as plain text. Therefore every element, prefix and attribute is the same as in
//! docs/protocol/transcripts/rst-soap-http.txt, and the tests compare the documents byte for byte.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use msnp::notification::Ticket;
use msnp::passport::TokenRequest;
use quick_xml::escape::escape;
use swallowtail_base::utc::Utc;
use swallowtail_store::accounts::TicketLife;

/// The address of the legacy token. Client 7.5 always asks for this token first, but does not use
/// the token.
const LEGACY_ADDRESS: &str = "http://Passport.NET/tb";

/// The random bytes that stand for the two secrets in a legacy token: the cipher value and the
/// proof.
pub(super) type LegacySecret = [u8; 48];

/// The data for a successful answer.
pub(super) struct Grant<'a> {
    /// The account's number ([`swallowtail_store::accounts::member_id`]).
    pub(super) member: u64,
    /// The ticket in every token except the legacy one.
    pub(super) ticket: &'a Ticket,
    /// The tokens that the client asked for.
    pub(super) tokens: &'a [TokenRequest],
    /// The time of issue.
    pub(super) now: Utc,
    /// Random bytes for the legacy token.
    pub(super) legacy: LegacySecret,
}

impl Grant<'_> {
    /// Returns the document.
    ///
    /// msn-pecan stalls on answers of more than 8,000 bytes (http.md section 0 item 6). MSNP12
    /// clients ask for two tokens, which need about 3,300 bytes. Seven tokens fit into 8,000 bytes.
    /// The server allows sixteen tokens, which do not fit, but msn-pecan does not ask for that
    /// many.
    pub(super) fn document(&self) -> String {
        let mut out = String::with_capacity(4096);
        let puid = format!("<psf:PUID>{:016X}</psf:PUID>", self.member);
        let versions = "<psf:configVersion>3.0.869.0</psf:configVersion><psf:uiVersion>3.0.869.0</psf:uiVersion>";
        let state = format!("{puid}{versions}{}", status("0x48803", "0x0"));
        out.push_str(DECLARATION);
        out.push_str(r#"<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header>"#);
        push_pp(&mut out, &state, self.now);
        out.push_str("</S:Header><S:Body>");
        out.push_str(COLLECTION);
        for token in self.tokens {
            if token.address == LEGACY_ADDRESS {
                self.push_legacy(&mut out, token.number);
            } else {
                self.push_compact(&mut out, token);
            }
        }
        out.push_str("</wst:RequestSecurityTokenResponseCollection></S:Body></S:Envelope>");
        out
    }

    /// Appends the kind, the address and the lifetime of a token.
    fn push_head(&self, out: &mut String, kind: &str, address: &str) {
        let expires = self.now.plus(TicketLife::Rst.seconds()).stamp();
        let _ = write!(
            out,
            "<wst:RequestSecurityTokenResponse><wst:TokenType>urn:passport:{kind}</wst:TokenType>\
             <wsp:AppliesTo xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/03/addressing\"><wsa:EndpointReference>\
             <wsa:Address>{}</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>\
             <wst:LifeTime><wsu:Created>{}</wsu:Created><wsu:Expires>{expires}</wsu:Expires></wst:LifeTime>",
            escape(address),
            self.now.stamp(),
        );
    }

    fn push_legacy(&self, out: &mut String, number: u32) {
        self.push_head(out, "legacy", LEGACY_ADDRESS);
        let (cipher, proof) = self.legacy.split_at(24);
        let _ = write!(
            out,
            "<wst:RequestedSecurityToken><EncryptedData xmlns=\"http://www.w3.org/2001/04/xmlenc#\" \
             Id=\"BinaryDAToken{number}\" Type=\"http://www.w3.org/2001/04/xmlenc#Element\">\
             <EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#tripledes-cbc\"></EncryptionMethod>\
             <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:KeyName>http://Passport.NET/STS</ds:KeyName>\
             </ds:KeyInfo><CipherData><CipherValue>{}</CipherValue></CipherData></EncryptedData>\
             </wst:RequestedSecurityToken><wst:RequestedTokenReference>\
             <wsse:KeyIdentifier ValueType=\"urn:passport\"></wsse:KeyIdentifier>\
             <wsse:Reference URI=\"#BinaryDAToken{number}\"></wsse:Reference></wst:RequestedTokenReference>\
             <wst:RequestedProofToken><wst:BinarySecret>{}</wst:BinarySecret></wst:RequestedProofToken>\
             </wst:RequestSecurityTokenResponse>",
            STANDARD.encode(cipher),
            STANDARD.encode(proof),
        );
    }

    fn push_compact(&self, out: &mut String, token: &TokenRequest) {
        self.push_head(out, "compact", &token.address);
        let number = token.number;
        let _ = write!(
            out,
            "<wst:RequestedSecurityToken><wsse:BinarySecurityToken Id=\"Compact{number}\">t={}&amp;p=\
             </wsse:BinarySecurityToken></wst:RequestedSecurityToken><wst:RequestedTokenReference>\
             <wsse:KeyIdentifier ValueType=\"urn:passport:compact\"></wsse:KeyIdentifier>\
             <wsse:Reference URI=\"#Compact{number}\"></wsse:Reference></wst:RequestedTokenReference>\
             </wst:RequestSecurityTokenResponse>",
            self.ticket.secret(),
        );
    }
}

/// Returns the answer to a wrong password or an unknown account.
pub(super) fn denied(now: Utc) -> String {
    let mut out = String::from(DECLARATION);
    out.push_str(
        "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:wsse=\"http://schemas.xmlsoap.org/ws/2003/06/secext\" \
         xmlns:psf=\"http://schemas.microsoft.com/Passport/SoapServices/SOAPFault\"><S:Header>",
    );
    // 0x80048821 is the code that users know as "wrong name or password".
    push_pp(&mut out, &status("0x80048800", "0x80048821"), now);
    out.push_str("</S:Header>");
    push_fault(&mut out, "wsse:FailedAuthentication", "Authentication Failure");
    out
}

/// Returns the answer to a request that cannot be read.
pub(super) fn invalid() -> String {
    let mut out = String::from(DECLARATION);
    out.push_str(r#"<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">"#);
    push_fault(&mut out, "S:Client", "Invalid Request");
    out
}

const DECLARATION: &str = r#"<?xml version="1.0" encoding="utf-8"?>"#;

const COLLECTION: &str = "<wst:RequestSecurityTokenResponseCollection \
    xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\" \
    xmlns:wst=\"http://schemas.xmlsoap.org/ws/2004/04/trust\" \
    xmlns:wsse=\"http://schemas.xmlsoap.org/ws/2003/06/secext\" \
    xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\" \
    xmlns:saml=\"urn:oasis:names:tc:SAML:1.0:assertion\" \
    xmlns:wsp=\"http://schemas.xmlsoap.org/ws/2002/12/policy\" \
    xmlns:psf=\"http://schemas.microsoft.com/Passport/SoapServices/SOAPFault\">";

fn status(authentication: &str, request: &str) -> String {
    format!("<psf:authstate>{authentication}</psf:authstate><psf:reqstatus>{request}</psf:reqstatus>")
}

fn push_pp(out: &mut String, state: &str, now: Utc) {
    let (stamp, dotted) = (now.stamp(), now.dotted());
    let _ = write!(
        out,
        "<psf:pp xmlns:psf=\"http://schemas.microsoft.com/Passport/SoapServices/SOAPFault\">\
         <psf:serverVersion>1</psf:serverVersion>{state}<psf:serverInfo Path=\"Live1\" \
         RollingUpgradeState=\"ExclusiveNew\" LocVersion=\"0\" ServerTime=\"{stamp}\">LOGIN1 {dotted}</psf:serverInfo>\
         <psf:cookies/><psf:response/></psf:pp>",
    );
}

/// Appends the fault directly under the envelope, without a body element. Then appends the end of
/// the document.
fn push_fault(out: &mut String, code: &str, text: &str) {
    let _ =
        write!(out, "<S:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring></S:Fault></S:Envelope>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passport::transcript;

    fn now() -> Utc {
        Utc::from_unix(1_132_636_200)
    }

    fn grant(tokens: &[TokenRequest]) -> String {
        let ticket = Ticket::parse("4gM2fTqkH9zXbB0Jr7uVwAyC1dEoPsLi").unwrap();
        let mut legacy = [0; 48];
        legacy.iter_mut().zip(0..).for_each(|(byte, value)| *byte = value);
        let (member, now) = (0x0000_0001_0000_0002, now());
        let grant = Grant { member, ticket: &ticket, tokens, now, legacy };
        grant.document()
    }

    fn token(number: u32, address: &str) -> TokenRequest {
        TokenRequest { number, address: address.to_owned() }
    }

    #[test]
    fn each_answer_matches_the_transcript_byte_for_byte() {
        let tokens = [token(0, "http://Passport.NET/tb"), token(1, "messenger.msn.com")];
        assert_eq!(grant(&tokens), transcript::body(transcript::RST, "rst <| "));
        assert_eq!(denied(now()), transcript::body(transcript::RST, "rst3 <| "));
        assert_eq!(invalid(), transcript::body(transcript::RST, "rst4 <| "));
        assert_eq!((grant(&tokens).len(), denied(now()).len(), invalid().len()), (3196, 780, 207));
    }

    #[test]
    fn an_address_cannot_break_out_of_its_element() {
        let document = grant(&[token(1, "</wsa:Address><x a='\"'>&")]);
        assert!(
            document.contains("<wsa:Address>&lt;/wsa:Address&gt;&lt;x a=&apos;&quot;&apos;&gt;&amp;</wsa:Address>")
        );
    }

    #[test]
    fn an_answer_with_seven_tokens_is_short_enough_for_msn_pecan() {
        let ticket = Ticket::parse(&"x".repeat(91)).unwrap();
        let mut tokens = vec![token(0, LEGACY_ADDRESS)];
        tokens.extend((1..7).map(|number| token(number, "messengersecure.live.com")));
        let (tokens, legacy) = (tokens.as_slice(), [0; 48]);
        let grant = Grant { member: 1, ticket: &ticket, tokens, now: now(), legacy };
        assert!(grant.document().len() < 8000, "{}", grant.document().len());
    }
}
