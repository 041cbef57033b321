//! `swallowtail chat`: a messenger for the terminal.

use std::io::{IsTerminal, stdin, stdout};
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use msnp::Handle;
use swallowtail_terminal::{Colors, Options};

use super::connect::ConnectArgs;
use super::parse::parse_handle;

#[derive(Debug, Args)]
pub(super) struct ChatArgs {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Your account, such as alice@example.com
    #[arg(value_parser = parse_handle)]
    me: Handle,
    /// Open a conversation with this account at once, and add it as a contact
    #[arg(value_parser = parse_handle)]
    other: Option<Handle>,
    /// Directory for received files [default: the current directory]
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    downloads: PathBuf,
    /// Ring the terminal's bell for messages and nudges
    #[arg(long)]
    bell: bool,
    /// Leave the mouse to the terminal, for example to select text
    #[arg(long)]
    no_mouse: bool,
    /// Show emoticons as they are typed, not as emoji
    #[arg(long)]
    no_emoji: bool,
}

/// Signs in, and runs the messenger until the user quits.
pub(super) async fn run(args: ChatArgs) -> anyhow::Result<()> {
    let ChatArgs { connect, me, other, downloads, bell, no_mouse, no_emoji } = args;
    if !stdin().is_terminal() || !stdout().is_terminal() {
        bail!(
            "chat needs a terminal for its input and output; in scripts, use `swallowtail send` to send a message and \
             `swallowtail listen` to receive them"
        );
    }
    if other.as_ref() == Some(&me) {
        bail!("{me} cannot chat with itself; name another account");
    }
    let server = connect.server().await?;
    let account = connect.account(&me, false)?;
    let (mouse, emoji) = (!no_mouse, !no_emoji);
    let options = Options { server, account, open: other, downloads, bell, mouse, emoji, colors: colors() };
    Ok(swallowtail_terminal::run(options).await?)
}

/// Returns the colours of the terminal, as far as the environment says.
fn colors() -> Colors {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    if !variable("NO_COLOR").is_empty() {
        // https://no-color.org: any value but an empty one.
        Colors::None
    } else if ["truecolor", "24bit"].contains(&variable("COLORTERM").as_str()) {
        Colors::True
    } else {
        Colors::Indexed
    }
}
