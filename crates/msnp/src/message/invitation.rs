//! `text/x-msmsgsinvite`: invitations to file transfers, audio and remote assistance, as clients before 6.0 send them
//! (docs/protocol/payloads.md section 8).

use std::fmt;

use super::headers::{Headers, plain, write_header, write_start};

pub(super) const TYPE: &str = "text/x-msmsgsinvite";

/// The maximum number of fields that an invitation keeps. Real invitations have about ten.
const MAX_FIELDS: usize = 64;

const COMMAND: &str = "Invitation-Command";
const COOKIE: &str = "Invitation-Cookie";

/// The kind of a message about an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationCommand {
    /// `INVITE`: the sender of the message makes an offer.
    Invite,
    /// `ACCEPT`: the sender of the message accepts the partner's offer. If the offer is a file, the
    /// message contains the sender's IP address.
    Accept,
    /// `CANCEL`: the sender of the message refuses an offer or, later, cancels an offer.
    Cancel,
}

impl InvitationCommand {
    const ALL: [Self; 3] = [Self::Invite, Self::Accept, Self::Cancel];

    const fn word(self) -> &'static str {
        match self {
            Self::Invite => "INVITE",
            Self::Accept => "ACCEPT",
            Self::Cancel => "CANCEL",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.word().eq_ignore_ascii_case(word))
    }
}

/// A message about an old-style invitation: its fields, in order. The fields always include a
/// command and a cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    command: InvitationCommand,
    cookie: String,
    fields: Vec<(String, String)>,
}

impl Invitation {
    /// Creates a message from its fields, in the order in which they are written.
    ///
    /// Removes all control characters, all colons in names, and the white space around names and
    /// values. Leaves out fields without a name. Keeps at most 64 fields.
    ///
    /// Returns `None` if `Invitation-Command` is missing or invalid, or if `Invitation-Cookie` is
    /// missing or empty.
    #[must_use]
    pub fn new<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let fields = fields.into_iter().map(|(name, value)| (plain(&name.replace(':', "")), plain(value)));
        let fields: Vec<_> = fields.filter(|(name, _)| !name.is_empty()).take(MAX_FIELDS).collect();
        let command = find(&fields, COMMAND).and_then(InvitationCommand::parse)?;
        let cookie = find(&fields, COOKIE).filter(|cookie| !cookie.is_empty())?.to_owned();
        Some(Self { command, cookie, fields })
    }

    /// Reads the fields of the body. Returns `None` in the same cases as [`Invitation::new`].
    pub(super) fn read(fields: Headers<'_>) -> Option<Self> {
        Self::new(fields.iter())
    }

    /// Returns the kind of the message.
    #[must_use]
    pub const fn command(&self) -> InvitationCommand {
        self.command
    }

    /// Returns the number that all messages about one offer contain. The client that makes the
    /// offer chooses the number.
    #[must_use]
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Returns the value of the first field with this name. The case of the name does not matter.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        find(&self.fields, name)
    }

    /// Returns the answer that refuses or cancels the offer. `code` is one of `REJECT`, `TIMEOUT`,
    /// `FAIL`, `OUTBANDCANCEL` and `REJECT_NOT_INSTALLED`. `REJECT_NOT_INSTALLED` answers an offer
    /// of a kind that the client does not know.
    #[must_use]
    pub fn cancel(&self, code: &str) -> Self {
        let field = |name: &str, value: &str| (name.to_owned(), plain(value));
        let command = InvitationCommand::Cancel;
        let fields = vec![field(COMMAND, command.word()), field(COOKIE, &self.cookie), field("Cancel-Code", code)];
        Self { command, cookie: self.cookie.clone(), fields }
    }

    /// Appends the payload.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_start(out, "text/x-msmsgsinvite; charset=UTF-8");
        out.extend_from_slice(b"\r\n");
        for (name, value) in &self.fields {
            write_header(out, name, value);
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl fmt::Debug for Invitation {
    /// Shows no value except the command, because the values include addresses and a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("Invitation").field("command", &self.command).field("fields", &names).finish()
    }
}

fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_of_an_invitation_contains_the_cookie_of_the_invitation() {
        let fields = [("Application-Name", "Whiteboard"), (COMMAND, "invite"), (COOKIE, "33267")];
        let invitation = Invitation::new(fields).unwrap();
        assert_eq!((invitation.command(), invitation.cookie()), (InvitationCommand::Invite, "33267"));
        assert_eq!(invitation.field("application-name"), Some("Whiteboard"));
        let mut payload = Vec::new();
        invitation.cancel("REJECT_NOT_INSTALLED").write(&mut payload);
        let expected = "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsinvite; charset=UTF-8\r\n\r\n\
                        Invitation-Command: CANCEL\r\nInvitation-Cookie: 33267\r\n\
                        Cancel-Code: REJECT_NOT_INSTALLED\r\n\r\n";
        assert_eq!(payload.escape_ascii().to_string(), expected.as_bytes().escape_ascii().to_string());
    }

    #[test]
    fn an_invitation_must_have_a_command_and_a_cookie() {
        for fields in [
            vec![],
            vec![(COMMAND, "INVITE")],
            vec![(COOKIE, "1")],
            vec![(COMMAND, "INVITE"), (COOKIE, " ")],
            vec![(COMMAND, "ASK"), (COOKIE, "1")],
        ] {
            assert_eq!(Invitation::new(fields.clone()), None, "{fields:?}");
        }
    }

    #[test]
    fn debug_output_does_not_show_addresses_or_cookies() {
        let fields = [(COMMAND, "ACCEPT"), (COOKIE, "33267"), ("AuthCookie", "secret"), ("IP-Address", "192.0.2.77")];
        let shown = format!("{:?}", Invitation::new(fields));
        assert!(shown.contains("AuthCookie"), "{shown}");
        assert!(["33267", "secret", "192"].iter().all(|value| !shown.contains(value)), "{shown}");
    }
}
