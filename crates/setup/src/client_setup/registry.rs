//! Files that Windows takes into its registry, each line with its meaning.
//!
//! All of them are for the user who opens them, not for the machine. Newer systems want UTF-16; the form before it,
//! which XP and everything older read, is ASCII here.

use super::made::PAC;
use super::place::Place;
use crate::client_table::{Client, Kind};

/// Settings of WinINet, by which all these clients speak HTTP.
const INTERNET: &str = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings";
const MESSENGER: &str = r"HKEY_CURRENT_USER\Software\Microsoft\MSNMessenger";
/// SSL and TLS as bits of SecureProtocols: TLS 1.0 alone, as SSL 2.0 would spoil the greeting (http.md section 6).
const TLS_1_0: u32 = 0x80;
/// TLS 1.0, 1.1 and 1.2, which is what Windows 10 has by itself.
const TLS_1_2: u32 = 0xA80;

/// The settings by which a client comes to the server.
pub(super) fn set(client: &Client, place: &Place) -> Vec<u8> {
    let (protocols, meaning) = match client.kind {
        Kind::Xp => (TLS_1_0, "TLS 1.0 on, SSL 2.0 and 3.0 off. Without it the client shows error 80048821."),
        _ => (TLS_1_2, "TLS 1.0, 1.1 and 1.2 on, SSL 2.0 and 3.0 off. Windows 7 has TLS 1.2 switched off by itself."),
    };
    let mut lines = vec![
        format!("; Brings {} to the server {}.", client.name, place.host),
        "; For the Windows user who opens this file and nobody else. undo.reg takes it back.".to_owned(),
        String::new(),
        format!("[{INTERNET}]"),
        "; Where Windows reads which hosts it asks through this server: Microsoft's old ones, and no others."
            .to_owned(),
        format!("\"AutoConfigURL\"=\"{}\"", place.page(&format!("/setup/{}/{PAC}", client.id))),
        format!("; {meaning}"),
        format!("\"SecureProtocols\"=dword:{protocols:08x}"),
    ];
    if client.remembers_server {
        lines.extend([
            String::new(),
            format!("[{MESSENGER}]"),
            "; Forgets the server of the last sign-in, so that the client looks up messenger.hotmail.com.".to_owned(),
            "\"Server\"=-".to_owned(),
        ]);
    }
    file(client, lines)
}

/// Takes them back: without a value Windows does as it would by itself.
pub(super) fn undo(client: &Client) -> Vec<u8> {
    let mut lines = vec![
        format!("; Takes back what swallowtail.reg set for {}.", client.name),
        "; If you had a proxy script or other TLS settings before, set them again in Internet Options.".to_owned(),
        String::new(),
        format!("[{INTERNET}]"),
        "; No proxy script.".to_owned(),
        "\"AutoConfigURL\"=-".to_owned(),
        "; The SSL and TLS versions that Windows has by itself.".to_owned(),
        "\"SecureProtocols\"=-".to_owned(),
    ];
    if client.remembers_server {
        lines.extend([
            String::new(),
            format!("[{MESSENGER}]"),
            "; Forgets this server.".to_owned(),
            "\"Server\"=-".to_owned(),
        ]);
    }
    file(client, lines)
}

fn file(client: &Client, lines: Vec<String>) -> Vec<u8> {
    let head = if client.kind == Kind::Xp { "REGEDIT4" } else { "Windows Registry Editor Version 5.00" };
    let text: String =
        [head.to_owned(), String::new()].into_iter().chain(lines).map(|line| line + "\r\n").collect::<String>()
            + "\r\n";
    match client.kind {
        Kind::Xp => text.into_bytes(),
        _ => std::iter::once('\u{feff}')
            .chain(text.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    }
}
