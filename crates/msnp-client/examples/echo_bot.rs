//! Sends every text back: `PASSWORD=... cargo run --example echo_bot -- HOST ADDRESS`.

use anyhow::{Context, bail};
use msnp_client::{Account, Bot, Server};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, address] = arguments.as_slice() else { bail!("usage: PASSWORD=... echo_bot HOST ADDRESS") };
    let password = std::env::var("PASSWORD").context("set PASSWORD to the password of the account")?;
    run(Server::at(host), Account::new(address, &password)?).await
}

pub(crate) async fn run(server: Server, account: Account) -> anyhow::Result<()> {
    let bot = Bot::sign_in(&server, &account).await?;
    println!("{} is online", account.handle());
    bot.run(async |message| {
        if let Some(text) = message.text()
            && let Err(error) = message.reply(text).await
        {
            println!("no answer to {}: {error}", message.from);
        }
    })
    .await?;
    Ok(())
}
