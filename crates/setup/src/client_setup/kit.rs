//! Everything that a user of one client needs: steps and files.

use askama::Template;

use super::made::{CER, HOSTS, Made, PAC, REG_FILE, ROOT_CER, ROOT_PEM, UNDO, XP_CER};
use super::place::Place;
use super::registry;
use super::steps::Steps;
use crate::client_table::{Client, Kind};
use crate::pac::script;

/// Everything that a user of one client needs.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The steps.
    pub steps: Steps,
    /// The files.
    pub files: Vec<Made>,
}

/// The steps as a file of their own.
#[derive(Template)]
#[template(path = "setup_steps.html")]
struct StepsPage<'a> {
    client: &'a Client,
    steps: &'a Steps,
}

impl Kit {
    /// Writes the steps and every file of a client. It waits for nothing.
    ///
    /// # Errors
    /// A page could not be written, which has no cause from outside.
    pub fn new(client: &Client, place: &Place) -> anyhow::Result<Self> {
        let steps = Steps::new(client, place);
        let files = files(client, place, &steps)?;
        Ok(Self { steps, files })
    }
}

fn files(client: &Client, place: &Place, steps: &Steps) -> anyhow::Result<Vec<Made>> {
    let mut made = Vec::new();
    let mut add = |name, content_type, about, body: Vec<u8>| made.push(Made { name, content_type, about, body });
    let page = StepsPage { client, steps }.render()?;
    add("steps.html", "text/html; charset=utf-8", "What to do, one step after the other", page.into_bytes());
    let text = steps.text(client);
    add("steps.txt", "text/plain; charset=utf-8", "The same as plain text", text.into_bytes());
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
                add(ROOT_PEM, "application/x-pem-file", "The same, for everything else", pem);
            }
        }
    }
    if client.is_official() && offer.proxy {
        const REG: &str = "application/octet-stream";
        add(REG_FILE, REG, "Settings of Windows for one user", registry::set(client, place));
        let pac = script(&place.proxy(), client.hosts).into_bytes();
        add(PAC, "application/x-ns-proxy-autoconfig", "Which hosts Windows asks this server for", pac);
        add(UNDO, REG, "Takes the settings back", registry::undo(client));
    }
    if let Some(lines) = place.hosts(client) {
        add(
            HOSTS,
            "text/plain; charset=us-ascii",
            "Lines for the hosts file, if you do without the proxy",
            lines.into_bytes(),
        );
    }
    Ok(made)
}
