//! The payloads that a notification server itself reads or writes (docs/protocol/payloads.md).

mod alert;
mod personal_message;
mod profile;
mod system_message;

pub use alert::alert;
pub use personal_message::PersonalMessage;
pub use profile::Profile;
pub use system_message::shutdown_warning;

/// The shields document that blocks nothing: 145 bytes, as in the seed (http.md section 4).
pub const DEFAULT_SHIELDS: &str = concat!(
    r#"<?xml version="1.0" encoding="utf-8" ?><config><shield>"#,
    r#"<cli maj="7" min="0" minbld="0" maxbld="9999" deny=" " /></shield><block></block></config>"#,
);

#[cfg(test)]
mod tests {
    #[test]
    fn the_default_shields_have_the_length_of_the_seed() {
        assert_eq!(super::DEFAULT_SHIELDS.len(), 145);
    }
}
