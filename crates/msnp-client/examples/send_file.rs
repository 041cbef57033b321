//! Sends a file and shows the progress: `PASSWORD=... cargo run --example send_file -- HOST FROM TO FILE`.

use std::path::Path;

use anyhow::{Context, bail};
use msnp_client::{Account, Client, Handle, Server};
use tokio::fs::File;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, from, to, file] = arguments.as_slice() else { bail!("usage: PASSWORD=... send_file HOST FROM TO FILE") };
    let password = std::env::var("PASSWORD").context("set PASSWORD to the password of the account")?;
    run(Server::at(host), Account::new(from, &password)?, &Handle::parse(to)?, Path::new(file)).await
}

pub(crate) async fn run(server: Server, from: Account, to: &Handle, path: &Path) -> anyhow::Result<()> {
    let file = File::open(path).await.with_context(|| format!("could not open {}", path.display()))?;
    let size = file.metadata().await?.len();
    let name = path.file_name().context("the path has no file name")?.to_string_lossy();
    let (client, _) = Client::sign_in(&server, &from).await?;
    let mut transfer = client.conversation(to).send_file(to, &name, size, file);
    println!("{to} is asked to accept {name} ({size} bytes)");
    let mut progress = transfer.watch_progress();
    let shown = async {
        while progress.changed().await.is_ok() {
            let now = *progress.borrow_and_update();
            println!("{} of {} bytes", now.done, now.total);
        }
    };
    // `shown` ends when the transfer ends.
    let (sent, ()) = tokio::join!(transfer.finish(), shown);
    sent.with_context(|| format!("{to} did not receive {name}"))?;
    println!("{to} has received {name}");
    Ok(())
}
