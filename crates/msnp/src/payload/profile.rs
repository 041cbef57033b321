//! `text/x-msmsgsprofile`, the message after USR OK (docs/protocol/payloads.md section 9).

use std::net::SocketAddr;

use crate::{Dialect, Handle};

/// The profile of an account, which the service sends to the account's own client.
#[derive(Clone)]
pub struct Profile<'a> {
    /// The time of this sign-in: Unix time in seconds.
    pub login_time: u64,
    /// True if the account has a mail box.
    pub email_enabled: bool,
    /// The account number: 64 bits. Each half must stay below 2^31, because old clients read each
    /// half as a signed number.
    pub member_id: u64,
    /// The language as a Windows locale id.
    pub locale: u16,
    /// The handle of the account.
    pub handle: &'a Handle,
    /// The country, as two letters.
    pub country: &'a str,
    /// The token MSPAuth, which the client only passes on to web pages. The server sends the token
    /// unencrypted. Therefore the token must not give access to the account or to anything except
    /// these web pages (security.md section 1).
    pub web_token: &'a str,
    /// The client's address as the server sees it. Over the HTTP gateway, the port is 0, because it
    /// is unknown.
    pub client: SocketAddr,
}

impl Profile<'_> {
    /// Returns the body of the message, with the fields that `dialect` has.
    #[must_use]
    pub fn encode(&self, dialect: Dialect) -> Vec<u8> {
        let mut body = format!(
            "MIME-Version: 1.0\r\n\
             Content-Type: text/x-msmsgsprofile; charset=UTF-8\r\n\
             LoginTime: {login_time}\r\n\
             EmailEnabled: {email}\r\n\
             MemberIdHigh: {high}\r\n\
             MemberIdLow: {low}\r\n\
             lang_preference: {locale}\r\n\
             PreferredEmail: {handle}\r\n\
             country: {country}\r\n\
             PostalCode: \r\n\
             Gender: \r\n\
             Kid: 0\r\n\
             Age: \r\n\
             BDayPre: \r\n\
             Birthday: \r\n\
             Wallet: \r\n\
             Flags: 1027\r\n\
             sid: 507\r\n\
             kv: 11\r\n\
             MSPAuth: {token}\r\n\
             ClientIP: {ip}\r\n\
             ClientPort: {port}\r\n",
            login_time = self.login_time,
            email = u8::from(self.email_enabled),
            high = self.member_id >> 32,
            low = self.member_id & 0xFFFF_FFFF,
            locale = self.locale,
            handle = self.handle,
            country = self.country,
            token = self.web_token,
            ip = self.client.ip().to_canonical(),
            // The official service stored the port in network byte order, and then printed it as a little-endian
            // number.
            port = self.client.port().swap_bytes(),
        );
        if dialect >= Dialect::Msnp10 {
            body.push_str("ABCHMigrated: 1\r\n");
        }
        body.push_str("\r\n");
        body.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of the sample profile in the seed document (msnp-wiki's page on
    /// MSNP12). That document gives the length of the sample as 465 bytes, or as 448 bytes without
    /// the field ABCHMigrated.
    #[test]
    fn the_example_profile_in_msnp_wiki_has_465_bytes() {
        let profile = Profile {
            login_time: 1_726_321_960,
            email_enabled: true,
            member_id: (1 << 32) + 2,
            locale: 1033,
            handle: &Handle::parse("example@hotmail.com").unwrap(),
            country: "US",
            web_token: "whatever+t+is+in+your+passport+login+ticket+that+you+sent+for+USR+TWN+S$",
            client: "192.168.1.111:1863".parse().unwrap(),
        };
        let body = profile.encode(Dialect::Msnp12);
        assert_eq!(body.len(), 465);
        assert!(body.ends_with(b"ClientIP: 192.168.1.111\r\nClientPort: 18183\r\nABCHMigrated: 1\r\n\r\n"));
        assert_eq!(profile.encode(Dialect::Msnp9).len(), 448);
    }
}
