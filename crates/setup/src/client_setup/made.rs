//! The files that users download, and their names.

/// A file that users download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The file name.
    pub name: &'static str,
    /// The content type.
    pub content_type: &'static str,
    /// The purpose of the file, in a few words.
    pub about: &'static str,
    /// The content.
    pub body: Vec<u8>,
}

/// The files with the instructions: an HTML page, and plain text.
pub const STEPS: [&str; 2] = ["steps.html", "steps.txt"];
pub(super) const CER: &str = "application/x-x509-ca-cert";
/// The file with the server's root certificate as DER, which Windows opens.
pub const ROOT_CER: &str = "swallowtail-root.cer";
pub(super) const ROOT_PEM: &str = "swallowtail-root.pem";
pub(super) const XP_CER: &str = "swallowtail-xp.cer";
pub(super) const REG_FILE: &str = "swallowtail.reg";
pub(super) const UNDO: &str = "undo.reg";
/// The settings for Windows 7, 8 and 8.1 only. [`UNDO_WINDOWS_7`] undoes them.
pub(super) const WINDOWS_7: &str = "windows-7.reg";
pub(super) const UNDO_WINDOWS_7: &str = "undo-windows-7.reg";
pub(super) const PAC: &str = "proxy.pac";
pub(super) const HOSTS: &str = "hosts.txt";
