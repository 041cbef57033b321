//! How far a connection is, and what each stage knows.

use msnp::notification::Stage;
use msnp::{Dialect, Handle, Malformed, Refusal};

use super::challenge::Challenges;
use super::user::User;
use crate::quirks::Quirks;

/// How far a connection is with signing in.
pub(super) enum Progress {
    /// Before VER.
    Fresh,
    /// VER agreed on the version query alone.
    VersionQuery,
    /// VER agreed on a dialect.
    Negotiated(Negotiated),
    /// USR proved the account.
    SignedIn(Active),
}

/// A connection that has agreed on a dialect.
#[derive(Clone)]
pub(super) struct Negotiated {
    /// The dialect.
    pub(super) dialect: Dialect,
    /// The client's quirks.
    pub(super) quirks: Quirks,
    /// The locale of CVR; US English without one.
    pub(super) locale: u16,
    /// The account that the first step of USR named.
    pub(super) handle: Option<Handle>,
}

/// A connection that is signed in.
pub(super) struct Active {
    /// The account and its connection.
    pub(super) user: User,
    /// The challenges of this session.
    pub(super) challenges: Challenges,
}

impl Progress {
    /// Returns the stage, in the terms of the table of verbs.
    pub(super) fn stage(&self) -> Stage {
        match self {
            Self::Fresh => Stage::Fresh,
            Self::VersionQuery => Stage::VersionQuery,
            Self::Negotiated(negotiated) => Stage::Negotiated(negotiated.dialect),
            Self::SignedIn(active) => Stage::SignedIn(active.user.endpoint.client.dialect),
        }
    }

    /// Returns the dialect agreed on; before that, the oldest one.
    pub(super) fn dialect(&self) -> Dialect {
        match self.stage() {
            Stage::Fresh | Stage::VersionQuery => Dialect::Msnp8,
            Stage::Negotiated(dialect) | Stage::SignedIn(dialect) => dialect,
        }
    }

    /// Returns the stage between VER and the end of USR.
    ///
    /// # Errors
    /// The connection is in another stage. The table of verbs has refused the command by then, so no client sees this.
    pub(super) const fn negotiated(&self) -> Result<&Negotiated, Refusal> {
        match self {
            Self::Negotiated(negotiated) => Ok(negotiated),
            Self::Fresh | Self::VersionQuery | Self::SignedIn(_) => Err(Refusal::Close(Malformed::WrongState)),
        }
    }

    /// Returns the account that is signed in.
    ///
    /// # Errors
    /// Nobody is signed in. The table of verbs has refused the command by then, so no client sees this.
    pub(super) const fn user(&self) -> Result<&User, Refusal> {
        match self {
            Self::SignedIn(active) => Ok(&active.user),
            Self::Fresh | Self::VersionQuery | Self::Negotiated(_) => Err(Refusal::Close(Malformed::WrongState)),
        }
    }

    /// Returns the account that is signed in, and its challenges.
    ///
    /// # Errors
    /// As [`Self::user`].
    pub(super) const fn user_and_challenges(&mut self) -> Result<(&User, &mut Challenges), Refusal> {
        match self {
            Self::SignedIn(active) => Ok((&active.user, &mut active.challenges)),
            Self::Fresh | Self::VersionQuery | Self::Negotiated(_) => Err(Refusal::Close(Malformed::WrongState)),
        }
    }
}
