//! Logs which contacts come online, change their status and go offline, until Ctrl-C:
//! `PASSWORD=... cargo run --example presence_logger -- HOST ADDRESS`.

use anyhow::{Context, bail};
use msnp_client::{Account, Client, Event, Handle, RosterChange, Server, SignedOut, Status};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, address] = arguments.as_slice() else { bail!("usage: PASSWORD=... presence_logger HOST ADDRESS") };
    let password = std::env::var("PASSWORD").context("set PASSWORD to the password of the account")?;
    tokio::select! {
        ended = run(Server::at(host), Account::new(address, &password)?) => Ok(ended?),
        // Dropping the client signs out.
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

pub(crate) async fn run(server: Server, account: Account) -> Result<(), SignedOut> {
    // A hidden account sees its contacts, but appears offline to them.
    let (client, mut events) = Client::builder(&server, &account).status(Status::Hidden).sign_in().await?;
    let contacts = client.roster(|roster| roster.contacts().count());
    println!("watching {contacts} contacts");
    while let Some(event) = events.next().await {
        match event {
            Event::Roster(RosterChange::Presence { handle, before, now }) => log(&client, &handle, before, now),
            Event::SignedIn => println!("signed in again"),
            Event::SignedOut { reason, retry: Some(pause) } => {
                println!("{reason}; signing in again in {} s", pause.as_secs());
            }
            Event::SignedOut { reason, retry: None } => return Err(reason),
            _ => {}
        }
    }
    Ok(())
}

fn log(client: &Client, contact: &Handle, before: Option<Status>, now: Option<Status>) {
    let name = client.roster(|roster| roster.get(contact).map(|entry| entry.name().as_str().to_owned()));
    let name = name.unwrap_or_default();
    match (before, now) {
        // Contacts choose their names. The format `{:?}` keeps a name from sending control
        // characters to the terminal.
        (None, Some(now)) => println!("{contact} {name:?} is online: {now:?}"),
        (Some(_), None) => println!("{contact} {name:?} is offline"),
        (Some(before), Some(now)) if before != now => println!("{contact} {name:?}: {before:?} -> {now:?}"),
        // The name, the picture or the capabilities changed.
        _ => {}
    }
}
