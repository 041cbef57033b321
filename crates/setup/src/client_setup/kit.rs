//! The instructions and files for one client.

use askama::Template;

use super::made::{
    CER, HOSTS, Made, PAC, REG_FILE, ROOT_CER, ROOT_PEM, STEPS, UNDO, UNDO_WINDOWS_7, WINDOWS_7, XP_CER,
};
use super::place::Place;
use super::registry;
use super::section::{Section, html, lines};
use super::steps::Steps;
use crate::client_table::{Client, Kind};
use crate::pac::script;

/// The content type of a file for regedit. Browsers save files of this type instead of showing
/// them.
const REG: &str = "application/octet-stream";

/// The instructions and the files for one client.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The files, including the instructions ([`STEPS`]).
    pub files: Vec<Made>,
    steps: Steps,
}

/// The instructions as a separate HTML file.
#[derive(Template)]
#[template(path = "setup_steps.html")]
struct StepsPage<'a> {
    client: &'a Client,
    sections: &'a str,
}

impl Kit {
    /// Creates the instructions and all files for a client. Does no I/O.
    ///
    /// # Errors
    /// Returns an error if a page cannot be rendered. Only a fault in the program can cause that.
    pub fn new(client: &Client, place: &Place) -> anyhow::Result<Self> {
        let steps = Steps::new(client, place);
        let mut kit = Self { files: files(client, place), steps };
        let all = [kit.steps.sections.as_slice(), std::slice::from_ref(&kit.steps.undo)].concat();
        let sections = &kit.html(&all, "")?;
        let page = StepsPage { client, sections }.render()?.into_bytes();
        let text = lines(&format!("Set up {}", client.name), &all).join("\r\n") + "\r\n";
        let about = "These instructions, to save or to copy to another computer";
        let page = Made { name: STEPS[0], content_type: "text/html; charset=utf-8", about, body: page };
        let (content_type, about) = ("text/plain; charset=utf-8", "The same instructions as plain text");
        let text = Made { name: STEPS[1], content_type, about, body: text.into_bytes() };
        kit.files.splice(0..0, [page, text]);
        Ok(kit)
    }

    /// Returns the instructions as HTML for a page, with links to the files in `folder`.
    ///
    /// # Errors
    /// See [`Kit::new`].
    pub fn steps(&self, folder: &str) -> anyhow::Result<String> {
        self.html(&self.steps.sections, folder)
    }

    /// Returns HTML for a page with the steps that undo everything. The links open the files in
    /// `folder`.
    ///
    /// # Errors
    /// See [`Kit::new`].
    pub fn undo(&self, folder: &str) -> anyhow::Result<String> {
        self.html(std::slice::from_ref(&self.steps.undo), folder)
    }

    fn html(&self, sections: &[Section], folder: &str) -> anyhow::Result<String> {
        let names: Vec<_> = self.files.iter().map(|file| file.name).collect();
        Ok(html(sections, &names, folder)?)
    }
}

fn files(client: &Client, place: &Place) -> Vec<Made> {
    let mut made = Vec::new();
    let mut add = |name, content_type, about, body: Vec<u8>| made.push(Made { name, content_type, about, body });
    let offer = &place.offer;
    match client.kind {
        Kind::Sdk => {}
        Kind::Xp => {
            if let Some(old) = &offer.old {
                add(XP_CER, CER, "The certificate of this server for Windows XP", old.der.clone());
            }
        }
        _ => {
            if let Some(root) = &offer.root {
                add(ROOT_CER, CER, "The root certificate of this server, for Windows", root.der.clone());
                let pem = root.pem.clone().into_bytes();
                add(ROOT_PEM, "application/x-pem-file", "The root certificate for other programs (PEM)", pem);
            }
        }
    }
    if client.is_official() && offer.proxy {
        add(REG_FILE, REG, "Registry settings for your Windows user", registry::set(client, place));
        let pac = script(&place.proxy(), client.hosts).into_bytes();
        add(PAC, "application/x-ns-proxy-autoconfig", "Proxy auto-config file", pac);
        add(UNDO, REG, "Undoes the settings of swallowtail.reg", registry::undo(client));
    }
    if client.kind == Kind::Windows {
        add(WINDOWS_7, REG, "Only for Windows 7, 8 and 8.1: switches on TLS 1.2", registry::windows_7());
        add(UNDO_WINDOWS_7, REG, "Undoes the settings of windows-7.reg", registry::undo_windows_7());
    }
    if let Some(lines) = place.hosts(client) {
        add(HOSTS, "text/plain; charset=us-ascii", "Lines for the hosts file", lines.into_bytes());
    }
    made
}
