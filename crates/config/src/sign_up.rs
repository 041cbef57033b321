//! `[sign_up]`: the access to the sign-up page, and the passwords that it accepts.

use crate::kind::{Choice, whole};
use crate::reader::Section;

/// The largest `min_password`. The sign-in boxes of some old clients accept at most this many
/// characters (docs/protocol/http.md section 1.2).
const MAX_MIN_PASSWORD: usize = 16;

/// Settings of the sign-up page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUp {
    /// Access for visitors from this machine and from private networks.
    pub near: Access,
    /// Access for visitors from all other addresses. As long as there are no invite codes, `invite`
    /// has the effect of `closed`.
    pub elsewhere: Access,
    /// The minimum number of characters in a new password, 1 to 16.
    pub min_password: usize,
}

/// The people who may create an account on the sign-up page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Open,
    /// Anyone who has a code (`swallowtail invite add`).
    Invite,
    /// Nobody; the operator creates the accounts.
    Closed,
}

impl Default for SignUp {
    fn default() -> Self {
        Self { near: Access::Open, elsewhere: Access::Invite, min_password: 8 }
    }
}

impl SignUp {
    pub(crate) fn read(from: &Section<'_>) -> Self {
        let default = Self::default();
        let access = Choice(vec![("open", Access::Open), ("invite", Access::Invite), ("closed", Access::Closed)]);
        Self {
            near: from.get("near", default.near, &access),
            elsewhere: from.get("elsewhere", default.elsewhere, &access),
            min_password: from.get("min_password", default.min_password, &whole(1..=MAX_MIN_PASSWORD)),
        }
    }
}
