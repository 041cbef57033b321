//! Accepts every file of up to 10 MB that a contact offers, and writes it to a folder:
//! `PASSWORD=... cargo run --example receive_files -- HOST ADDRESS FOLDER`.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use msnp_client::{Account, Bot, Event, FileOffer, Server};
use tokio::fs::File;

/// The size of the largest file that is accepted, in bytes.
const MAX_SIZE: u64 = 10_000_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, address, folder] = arguments.as_slice() else {
        bail!("usage: PASSWORD=... receive_files HOST ADDRESS FOLDER");
    };
    let password = std::env::var("PASSWORD").context("set PASSWORD to the password of the account")?;
    run(Server::at(host), Account::new(address, &password)?, Path::new(folder)).await
}

pub(crate) async fn run(server: Server, account: Account, folder: &Path) -> anyhow::Result<()> {
    let mut bot = Bot::sign_in(&server, &account).await?;
    println!("send files to {}", account.handle());
    while let Some(event) = bot.next().await {
        match event {
            Event::FileOffered(offer) if offer.size > MAX_SIZE => {
                println!("declined {} ({} bytes) from {}", offer.name, offer.size, offer.from);
                offer.decline();
            }
            // There is one task for each file, so that several files can arrive at the same time.
            Event::FileOffered(offer) => drop(tokio::spawn(receive(offer, folder.to_owned()))),
            event => {
                if let Some(reason) = event.signed_out() {
                    bail!("{reason}");
                }
            }
        }
    }
    Ok(())
}

async fn receive(offer: FileOffer, folder: PathBuf) {
    let (from, name) = (offer.from.clone(), offer.name.clone());
    match save(offer, &folder.join(&name)).await {
        Ok(()) => println!("received {name} from {from}"),
        Err(error) => println!("did not receive {name} from {from}: {error:#}"),
    }
}

async fn save(offer: FileOffer, path: &Path) -> anyhow::Result<()> {
    // An existing file is never overwritten.
    let file = match File::create_new(path).await {
        Ok(file) => file,
        Err(error) => {
            offer.decline();
            return Err(error).with_context(|| format!("could not create {}", path.display()));
        }
    };
    offer.accept(file).finish().await?;
    Ok(())
}
