//! Files that Windows imports into its registry, with a comment above each value.
//!
//! Each file changes settings of the Windows user who opens it, not of the whole machine. The files for newer systems
//! are UTF-16. The files for Windows XP have the older format, as ASCII.

use super::made::{PAC, REG_FILE, UNDO, UNDO_WINDOWS_7, WINDOWS_7};
use super::place::Place;
use crate::client_table::{Client, Kind};

/// The settings of WinINet, which all of Microsoft's clients use for HTTP.
const INTERNET: &str = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings";
const MESSENGER: &str = r"HKEY_CURRENT_USER\Software\Microsoft\MSNMessenger";
/// The value of SecureProtocols that switches on TLS 1.0 only. With SSL 2.0, Windows would send its
/// hello in another form (http.md section 6).
const TLS_1_0: u32 = 0x80;
/// The value of SecureProtocols that switches on TLS 1.0, 1.1 and 1.2. In Windows 10 and 11, these
/// versions are on by default, and TLS 1.3 is on if the system supports it. So these systems need
/// no file.
const TLS_1_2: u32 = 0xA80;

/// Returns the file with the settings that make a client connect to the server.
pub(super) fn set(client: &Client, place: &Place) -> Vec<u8> {
    let mut lines = vec![
        format!("; Connects {} to the server {}.", client.name, place.host),
        format!("; Applies only to the Windows user who opens this file. {UNDO} undoes it."),
        String::new(),
        format!("[{INTERNET}]"),
        "; The proxy script. Windows uses this server only for Microsoft's old host names.".to_owned(),
        format!("\"AutoConfigURL\"=\"{}\"", place.page(&format!("/setup/{}/{PAC}", client.id))),
    ];
    if client.kind == Kind::Xp {
        lines.extend([
            "; TLS 1.0 on, SSL 2.0 and 3.0 off. Otherwise the client shows error 80048821.".to_owned(),
            format!("\"SecureProtocols\"=dword:{TLS_1_0:08x}"),
        ]);
    }
    if client.remembers_server {
        lines.extend([
            String::new(),
            format!("[{MESSENGER}]"),
            "; Forgets the server of the last sign-in, so that the client looks up messenger.hotmail.com.".to_owned(),
            "\"Server\"=-".to_owned(),
        ]);
    }
    file(client.kind, lines)
}

/// Returns the file that undoes [`set`]. It deletes the values, so that Windows uses its defaults.
pub(super) fn undo(client: &Client) -> Vec<u8> {
    let mut lines = vec![
        format!("; Undoes what {REG_FILE} set for {}.", client.name),
        "; If you had a proxy script or other TLS settings before, set them again in Internet Options.".to_owned(),
        String::new(),
        format!("[{INTERNET}]"),
        "; Removes the proxy script.".to_owned(),
        "\"AutoConfigURL\"=-".to_owned(),
    ];
    if client.kind == Kind::Xp {
        lines.extend(DEFAULT_VERSIONS.map(str::to_owned));
    }
    if client.remembers_server {
        lines.extend([
            String::new(),
            format!("[{MESSENGER}]"),
            "; Forgets this server.".to_owned(),
            "\"Server\"=-".to_owned(),
        ]);
    }
    file(client.kind, lines)
}

const DEFAULT_VERSIONS: [&str; 2] =
    ["; Restores the SSL and TLS versions that Windows uses by default.", "\"SecureProtocols\"=-"];

/// Returns the settings for Windows 7, 8 and 8.1, where TLS 1.2 is off by default.
pub(super) fn windows_7() -> Vec<u8> {
    let lines = vec![
        "; Only for Windows 7, 8 and 8.1. Windows 10 and 11 do not need this file. It would switch off TLS 1.3 there."
            .to_owned(),
        format!("; Applies only to the Windows user who opens this file. {UNDO_WINDOWS_7} undoes it."),
        String::new(),
        format!("[{INTERNET}]"),
        "; TLS 1.0, 1.1 and 1.2 on, SSL 2.0 and 3.0 off.".to_owned(),
        format!("\"SecureProtocols\"=dword:{TLS_1_2:08x}"),
    ];
    file(Kind::Windows, lines)
}

/// Returns the file that undoes [`windows_7`].
pub(super) fn undo_windows_7() -> Vec<u8> {
    let mut lines = vec![format!("; Undoes what {WINDOWS_7} set."), String::new(), format!("[{INTERNET}]")];
    lines.extend(DEFAULT_VERSIONS.map(str::to_owned));
    file(Kind::Windows, lines)
}

fn file(kind: Kind, lines: Vec<String>) -> Vec<u8> {
    let head = if kind == Kind::Xp { "REGEDIT4" } else { "Windows Registry Editor Version 5.00" };
    let lines = [head.to_owned(), String::new()].into_iter().chain(lines).chain([String::new()]);
    let text: String = lines.map(|line| line + "\r\n").collect();
    match kind {
        Kind::Xp => text.into_bytes(),
        _ => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
    }
}
