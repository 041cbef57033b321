//! Sends one text and exits: `PASSWORD=... cargo run --example send -- HOST FROM TO TEXT`.

use anyhow::{Context, bail};
use msnp_client::{Account, Client, Handle, Server};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, from, to, text] = arguments.as_slice() else { bail!("usage: PASSWORD=... send HOST FROM TO TEXT") };
    let password = std::env::var("PASSWORD").context("set PASSWORD to the password of the account")?;
    run(Server::at(host), Account::new(from, &password)?, &Handle::parse(to)?, text).await
}

pub(crate) async fn run(server: Server, from: Account, to: &Handle, text: &str) -> anyhow::Result<()> {
    // To send one message, the program needs no second attempt to sign in, and no events.
    let (client, _) = Client::builder(&server, &from).reconnect(false).sign_in().await?;
    client.send_text(to, text).await.with_context(|| format!("the text was not delivered to {to}"))?;
    println!("delivered to {to}");
    Ok(())
}
