//! The names of statuses, and the ways in which users choose them and the screen shows them.

use msnp::Status;

/// The appearance of a status in the contact list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Online.
    Here,
    /// Busy, or on the phone.
    Busy,
    /// Away for a shorter or longer time.
    Away,
    /// Offline, or appearing so.
    Offline,
}

impl Look {
    /// Returns the symbol. The symbols differ even without colours.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Here => "●",
            Self::Busy => "⊝",
            Self::Away => "◐",
            Self::Offline => "○",
        }
    }
}

/// Returns how a status looks. `None` is offline.
pub(crate) const fn look(status: Option<Status>) -> Look {
    match status {
        Some(Status::Online) => Look::Here,
        Some(Status::Busy | Status::OnThePhone) => Look::Busy,
        Some(Status::Idle | Status::BeRightBack | Status::Away | Status::OutToLunch) => Look::Away,
        Some(Status::Hidden) | None => Look::Offline,
    }
}

/// Returns the name of a status. `None` is offline.
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

/// Returns the status with this word.
pub(super) fn status_of(word: &str) -> Option<Status> {
    let named = WORDS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    let spelled = || Status::ALL.into_iter().find(|status| status_name(Some(*status)).eq_ignore_ascii_case(word));
    named.map(|(_, status)| status).or_else(spelled)
}
