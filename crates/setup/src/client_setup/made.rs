//! The files for a user, and what they are called.

/// A file for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// What it is called.
    pub name: &'static str,
    /// What it is, for a browser.
    pub content_type: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// What is in it.
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
pub(super) const PAC: &str = "proxy.pac";
pub(super) const HOSTS: &str = "hosts.txt";
