//! The files for a user, and their names.

/// A file for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: &'static str,
    /// Its content type.
    pub content_type: &'static str,
    /// Its purpose, in a few words.
    pub about: &'static str,
    /// Its content.
    pub body: Vec<u8>,
}

/// The instructions: as a page, and as plain text.
pub const STEPS: [&str; 2] = ["steps.html", "steps.txt"];
pub(super) const CER: &str = "application/x-x509-ca-cert";
/// The root certificate of the server, as Windows opens it.
pub const ROOT_CER: &str = "swallowtail-root.cer";
pub(super) const ROOT_PEM: &str = "swallowtail-root.pem";
pub(super) const XP_CER: &str = "swallowtail-xp.cer";
pub(super) const REG_FILE: &str = "swallowtail.reg";
pub(super) const UNDO: &str = "undo.reg";
/// Settings for Windows 7 to 8.1 alone, and how to undo them.
pub(super) const WINDOWS_7: &str = "windows-7.reg";
pub(super) const UNDO_WINDOWS_7: &str = "undo-windows-7.reg";
pub(super) const PAC: &str = "proxy.pac";
pub(super) const HOSTS: &str = "hosts.txt";
