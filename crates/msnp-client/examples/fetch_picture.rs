//! Writes the display picture of a contact to a file:
//! `PASSWORD=... cargo run --example fetch_picture -- HOST ADDRESS CONTACT FILE`.
//!
//! The contact must be online, and must be on the contact list of the account.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use msnp_client::{Account, Client, Entry, Events, Handle, Server};
use tokio::time::timeout;

/// The time to wait for the presence of the contact after the sign-in.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, address, contact, file] = arguments.as_slice() else {
        bail!("usage: PASSWORD=... fetch_picture HOST ADDRESS CONTACT FILE");
    };
    let password = std::env::var("PASSWORD").context("set PASSWORD to the password of the account")?;
    run(Server::at(host), Account::new(address, &password)?, &Handle::parse(contact)?, Path::new(file)).await
}

pub(crate) async fn run(server: Server, account: Account, contact: &Handle, file: &Path) -> anyhow::Result<()> {
    let (client, mut events) = Client::sign_in(&server, &account).await?;
    if !client.roster(|roster| roster.get(contact).is_some_and(Entry::is_contact)) {
        bail!("{contact} is not a contact of {}", account.handle());
    }
    let is_online = timeout(PATIENCE, comes_online(&client, &mut events, contact)).await.unwrap_or(false);
    if !is_online {
        bail!("{contact} is offline");
    }
    let picture = client.fetch_picture(contact).await?;
    tokio::fs::write(file, &picture).await.with_context(|| format!("could not write {}", file.display()))?;
    println!("{} bytes in {}", picture.len(), file.display());
    Ok(())
}

/// Waits until a contact is online. Returns `false` if the account is signed out before that.
async fn comes_online(client: &Client, events: &mut Events, contact: &Handle) -> bool {
    while client.roster(|roster| roster.get(contact).and_then(Entry::status)).is_none() {
        // Any event may have changed the roster.
        let event = events.next().await;
        if event.is_none_or(|event| event.signed_out().is_some()) {
            return false;
        }
    }
    true
}
