//! The phases of the notification session, from the first connection to signed in.

/// The phase of the notification session.
#[derive(Debug)]
pub(super) enum Phase {
    /// Not signed in, and not trying to sign in.
    Idle,
    /// A pause before the next attempt.
    Paused,
    /// A connection is being made.
    Connecting { redirects: u8 },
    /// VER, CVR or USR was sent.
    Greeting { redirects: u8 },
    /// The driver fetches a ticket.
    FetchingTicket,
    /// `USR TWN S` was sent. True if the ticket was fetched for this attempt.
    Proving { is_fresh: bool },
    /// SYN was sent, and these lines are still to come.
    Syncing { contacts: u32, groups: u32, is_answered: bool },
    /// The first CHG was sent. Nobody can call the account before the server has answered the CHG.
    Announcing,
    /// Signed in.
    Online,
}
