//! Sends one text and exits: `cargo run --example send -- HOST FROM TO TEXT`. The password is in `PASSWORD`.

use msnp::{Handle, Status};
use msnp_client::{Account, Client, Server};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [host, from, to, text] = arguments.as_slice() else { anyhow::bail!("usage: send HOST FROM TO TEXT") };
    let account = Account::new(from, &std::env::var("PASSWORD")?)?;
    let builder = Client::builder(&Server::at(host), &account).status(Status::Busy).reconnect(false);
    let (client, _) = builder.sign_in().await?;
    client.send_text(&Handle::parse(to)?, text).await?;
    println!("delivered");
    Ok(())
}
