//! `swallowtail chat`: a messenger for the terminal.

use std::io::{IsTerminal, stdin, stdout};
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use msnp::Handle;
use swallowtail_terminal::{Colors, Graphics, Options};

use super::connect::ConnectArgs;
use super::parse::parse_handle;

#[derive(Debug, Args)]
pub(super) struct ChatArgs {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Your account, such as alice@example.com
    #[arg(value_parser = parse_handle)]
    me: Handle,
    /// Open a conversation with this account immediately, and add it as a contact
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
    /// How this terminal draws pictures. By default, environment variables decide. They identify
    /// kitty, Ghostty, WezTerm, iTerm2 and foot
    #[arg(long, value_enum)]
    graphics: Option<GraphicsArg>,
}

/// The names of the ways to draw pictures, for the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum GraphicsArg {
    /// Two coloured pixels in each cell, for every terminal
    HalfBlocks,
    /// The graphics protocol of kitty
    Kitty,
    /// Sixel, for example in foot or mlterm
    Sixel,
    /// The inline images of iTerm2
    Iterm2,
}

impl From<GraphicsArg> for Graphics {
    fn from(argument: GraphicsArg) -> Self {
        match argument {
            GraphicsArg::HalfBlocks => Self::HalfBlocks,
            GraphicsArg::Kitty => Self::Kitty,
            GraphicsArg::Sixel => Self::Sixel,
            GraphicsArg::Iterm2 => Self::Iterm2,
        }
    }
}

/// Signs in, and runs the messenger until the user quits.
pub(super) async fn run(args: ChatArgs) -> anyhow::Result<()> {
    let ChatArgs { connect, me, other, downloads, bell, no_mouse, no_emoji, graphics } = args;
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
    let graphics = graphics.map_or_else(|| graphics_of(&variable), Graphics::from);
    let colors = colors(&variable);
    let options = Options { server, account, open: other, downloads, bell, mouse, emoji, colors, graphics };
    Ok(swallowtail_terminal::run(options).await?)
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Returns how the terminal can draw pictures, according to environment variables. The program does
/// not ask the terminal itself, because the terminal's answer would arrive as keys, and would
/// arrive late over ssh.
fn graphics_of(variable: &impl Fn(&str) -> String) -> Graphics {
    let (term, program) = (variable("TERM"), variable("TERM_PROGRAM"));
    // tmux and screen do not pass pictures on by default.
    if term.starts_with("tmux") || term.starts_with("screen") {
        return Graphics::HalfBlocks;
    }
    match (term.as_str(), program.as_str()) {
        ("xterm-kitty" | "xterm-ghostty", _) | (_, "ghostty") => Graphics::Kitty,
        (_, "iTerm.app" | "WezTerm") => Graphics::Iterm2,
        ("foot" | "foot-extra" | "mlterm", _) => Graphics::Sixel,
        _ => Graphics::HalfBlocks,
    }
}

/// Returns the colours of the terminal, according to environment variables.
fn colors(variable: &impl Fn(&str) -> String) -> Colors {
    if !variable("NO_COLOR").is_empty() {
        // Any value of NO_COLOR that is not empty switches colours off (https://no-color.org).
        Colors::None
    } else if ["truecolor", "24bit"].contains(&variable("COLORTERM").as_str()) {
        Colors::True
    } else {
        Colors::Indexed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_variables_decide_how_pictures_are_drawn() {
        for (term, program, expected) in [
            ("xterm-kitty", "", Graphics::Kitty),
            ("xterm-256color", "ghostty", Graphics::Kitty),
            ("xterm-256color", "WezTerm", Graphics::Iterm2),
            ("foot", "", Graphics::Sixel),
            ("xterm-256color", "", Graphics::HalfBlocks),
            ("tmux-256color", "WezTerm", Graphics::HalfBlocks),
            ("", "", Graphics::HalfBlocks),
        ] {
            let variable = |name: &str| if name == "TERM" { term.to_owned() } else { program.to_owned() };
            assert_eq!(graphics_of(&variable), expected, "{term} {program}");
        }
    }
}
