//! The names of the statuses, the words with which users choose them, and their appearance on the
//! screen.

use msnp::Status;

/// The appearance of a status in the contact list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Online.
    Here,
    /// Busy, or on the phone.
    Busy,
    /// Away, out to lunch, idle, or back soon.
    Away,
    /// Offline, or set to appear offline.
    Offline,
}

impl Look {
    /// Returns the symbol of the status. The symbols have different shapes, so they can be told
    /// apart without colours.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Here => "●",
            Self::Busy => "⊝",
            Self::Away => "◐",
            Self::Offline => "○",
        }
    }
}

/// Returns the appearance of a status. `None` means offline.
pub(crate) const fn look(status: Option<Status>) -> Look {
    match status {
        Some(Status::Online) => Look::Here,
        Some(Status::Busy | Status::OnThePhone) => Look::Busy,
        Some(Status::Idle | Status::BeRightBack | Status::Away | Status::OutToLunch) => Look::Away,
        Some(Status::Hidden) | None => Look::Offline,
    }
}

/// Returns the name of a status. `None` means offline.
pub(crate) const fn status_name(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Online) => "online",
        Some(Status::Busy) => "busy",
        Some(Status::Idle) => "idle",
        Some(Status::BeRightBack) => "be right back",
        Some(Status::Away) => "away",
        Some(Status::OnThePhone) => "on the phone",
        Some(Status::OutToLunch) => "out to lunch",
        Some(Status::Hidden) => "appear offline",
        None => "offline",
    }
}

/// The words of `/status`.
pub(super) const WORDS: [(&str, Status); 8] = [
    ("online", Status::Online),
    ("busy", Status::Busy),
    ("away", Status::Away),
    ("brb", Status::BeRightBack),
    ("phone", Status::OnThePhone),
    ("lunch", Status::OutToLunch),
    ("idle", Status::Idle),
    ("hidden", Status::Hidden),
];

/// Returns the status that the user means with this word.
pub(super) fn status_of(word: &str) -> Option<Status> {
    let named = WORDS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    let spelled = || Status::ALL.into_iter().find(|status| status_name(Some(*status)).eq_ignore_ascii_case(word));
    named.map(|(_, status)| status).or_else(spelled)
}
