//! The stage of a connection, and the data of each stage.

use msnp::notification::Stage;
use msnp::{Dialect, Handle, Malformed, Refusal};

use super::challenge::Challenges;
use super::user::User;
use crate::quirks::Quirks;

/// The progress of a connection in signing in.
pub(super) enum Progress {
    /// Before VER.
    Fresh,
    /// VER agreed on no dialect, but the client may send a version query (CVQ).
    VersionQuery,
    /// VER agreed on a dialect.
    Negotiated(Negotiated),
    /// USR is complete: the connection is signed in to an account.
    SignedIn(Active),
}

/// A connection that has agreed on a dialect.
#[derive(Clone)]
pub(super) struct Negotiated {
    /// The dialect.
    pub(super) dialect: Dialect,
    /// The client's quirks.
    pub(super) quirks: Quirks,
    /// The locale that CVR named. The default is US English.
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
    /// Returns the stage under which the table of verbs lists the commands that are allowed now.
    pub(super) fn stage(&self) -> Stage {
        match self {
            Self::Fresh => Stage::Fresh,
            Self::VersionQuery => Stage::VersionQuery,
            Self::Negotiated(negotiated) => Stage::Negotiated(negotiated.dialect),
            Self::SignedIn(active) => Stage::SignedIn(active.user.endpoint.client.dialect),
        }
    }

    /// Returns the dialect that VER agreed on. If VER has not agreed on a dialect, returns the
    /// oldest one.
    pub(super) fn dialect(&self) -> Dialect {
        match self.stage() {
            Stage::Fresh | Stage::VersionQuery => Dialect::Msnp8,
            Stage::Negotiated(dialect) | Stage::SignedIn(dialect) => dialect,
        }
    }

    /// Returns the data of the stage between VER and the end of USR.
    ///
    /// # Errors
    /// Fails if the connection is in another stage. No client sees this error, because the table of
    /// verbs refuses commands at the wrong stage before their handlers run.
    pub(super) const fn negotiated(&self) -> Result<&Negotiated, Refusal> {
        match self {
            Self::Negotiated(negotiated) => Ok(negotiated),
            Self::Fresh | Self::VersionQuery | Self::SignedIn(_) => Err(Refusal::Close(Malformed::WrongState)),
        }
    }

    /// Returns the account that is signed in.
    ///
    /// # Errors
    /// Fails if no account is signed in. No client sees this error, because the table of verbs
    /// refuses commands at the wrong stage before their handlers run.
    pub(super) const fn user(&self) -> Result<&User, Refusal> {
        match self {
            Self::SignedIn(active) => Ok(&active.user),
            Self::Fresh | Self::VersionQuery | Self::Negotiated(_) => Err(Refusal::Close(Malformed::WrongState)),
        }
    }

    /// Returns the account that is signed in, and its challenges.
    ///
    /// # Errors
    /// Fails like [`Self::user`].
    pub(super) const fn user_and_challenges(&mut self) -> Result<(&User, &mut Challenges), Refusal> {
        match self {
            Self::SignedIn(active) => Ok((&active.user, &mut active.challenges)),
            Self::Fresh | Self::VersionQuery | Self::Negotiated(_) => Err(Refusal::Close(Malformed::WrongState)),
        }
    }
}
