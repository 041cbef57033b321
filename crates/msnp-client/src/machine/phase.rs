//! The phases of the notification session, from the first connection until the account is signed
//! in.

/// The phase of the notification session.
#[derive(Debug)]
pub(super) enum Phase {
    /// Not signed in, and not trying to sign in.
    Idle,
    /// A pause before the next attempt.
    Paused,
    /// The driver opens a connection.
    Connecting { redirects: u8 },
    /// The client has sent VER, CVR or USR.
    Greeting { redirects: u8 },
    /// The driver fetches a ticket.
    FetchingTicket,
    /// The client has sent `USR TWN S`. `is_fresh` is true if the ticket was fetched for this
    /// attempt.
    Proving { is_fresh: bool },
    /// The client has sent SYN. `contacts` and `groups` are the numbers of LST and LSG lines that
    /// have not arrived yet.
    Syncing { contacts: u32, groups: u32, is_answered: bool },
    /// The client has sent the first CHG. Nobody can call the account before the server has
    /// answered this CHG.
    Announcing,
    /// Signed in.
    Online,
}
