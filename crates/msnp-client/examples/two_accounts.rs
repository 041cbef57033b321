//! Lets two accounts talk to each other:
//! `PASSWORD=... cargo run --example two_accounts -- HOST ONE OTHER`. Both accounts must have the
//! same password.

use anyhow::{Context, bail};
use msnp_client::{Account, Client, Event, Events, Server};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, one, other] = arguments.as_slice() else { bail!("usage: PASSWORD=... two_accounts HOST ONE OTHER") };
    let password = std::env::var("PASSWORD").context("set PASSWORD to the password of both accounts")?;
    run(Server::at(host), Account::new(one, &password)?, Account::new(other, &password)?).await
}

pub(crate) async fn run(server: Server, one: Account, other: Account) -> anyhow::Result<()> {
    // Any number of clients can run in one process. They share nothing.
    let ((first, first_events), (second, second_events)) =
        tokio::try_join!(Client::sign_in(&server, &one), Client::sign_in(&server, &other))?;
    first.send_text(&second.handle(), "1").await?;
    tokio::try_join!(count_to_ten(first, first_events), count_to_ten(second, second_events))?;
    Ok(())
}

/// Answers each number with the next one, up to 10.
async fn count_to_ten(client: Client, mut events: Events) -> anyhow::Result<()> {
    while let Some(event) = events.next().await {
        if let Some(reason) = event.signed_out() {
            bail!("{}: {reason}", client.handle());
        }
        let Event::Message(message) = event else { continue };
        let Some(number) = message.text().and_then(|text| text.parse::<u32>().ok()) else { continue };
        println!("{} says {number}", message.from);
        if number < 10 {
            message.reply(&(number + 1).to_string()).await?;
        }
        // 9 and 10 are the last numbers, and each account receives one of them.
        if number >= 9 {
            break;
        }
    }
    Ok(())
}
