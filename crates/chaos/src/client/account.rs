//! Accounts of scripted clients.

/// The password of every account of a scripted client. It must not appear in a log.
pub const PASSWORD: &str = "chaos-password-7";

/// An account of a scripted client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// The address to sign in with.
    pub handle: String,
}

impl Account {
    /// Returns the account with this number.
    #[must_use]
    pub fn numbered(number: usize) -> Self {
        Self::named(&format!("user{number}"))
    }

    /// Returns the account with this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { handle: format!("{name}@example.com") }
    }
}
