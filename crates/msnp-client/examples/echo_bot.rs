//! Answers each text with the same text: `cargo run --example echo_bot -- HOST ADDRESS`. The password is in `PASSWORD`.

use msnp_client::{Account, Bot, Server};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [host, address] =
        std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| anyhow::anyhow!("HOST ADDRESS"))?;
    let account = Account::new(&address, &std::env::var("PASSWORD")?)?;
    let bot = Bot::sign_in(&Server::at(&host), &account).await?;
    bot.run(async |message| {
        if let Some(text) = message.text() {
            let _ = message.reply(text).await;
        }
    })
    .await?;
    Ok(())
}
