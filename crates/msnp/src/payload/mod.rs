//! The payloads that a notification server reads or writes itself (docs/protocol/payloads.md).

mod alert;
mod personal_message;
mod profile;
mod shields;
mod system_message;

pub use alert::{alert, alert_text};
pub use personal_message::PersonalMessage;
pub use profile::Profile;
pub use shields::{Feature, ShieldedClients, Shields};
pub use system_message::shutdown_warning;
