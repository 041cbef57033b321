//! Starts the messenger.

use msnp::{Capabilities, ClientVersion, Handle};
use msnp_client::Client;
use msnp_client::machine::{EditError, Entry};

use super::explain::explain_edit;
use super::graphics::Graphics;
use super::messenger::Messenger;
use super::options::{ChatError, Options};
use super::terminal::Screen;
use crate::app::{App, Colors, Effect, Settings, Start};

/// Signs in, and runs the messenger in the terminal of standard input and output until the user quits.
///
/// The terminal is prepared only after the sign-in, so that an error is an ordinary line.
///
/// # Errors
/// See [`ChatError`].
pub async fn run(options: Options) -> Result<(), ChatError> {
    let Options { server, account, open, downloads, bell, mouse, emoji, colors, graphics } = options;
    let me = account.handle().clone();
    let builder = Client::builder(&server, &account).capabilities(capabilities());
    let (client, events) = builder.sign_in().await.map_err(|reason| ChatError::SignIn(me.clone(), reason))?;
    if let Some(handle) = &open {
        befriend(&client, handle).await.map_err(|error| ChatError::Contact(handle.clone(), explain_edit(error)))?;
    }
    let size = crossterm::terminal::size()?;
    let app = App::new(Start { me, size, settings: Settings { bell, emoji, colors } });
    let screen = Screen::open(mouse, if colors == Colors::None { Graphics::HalfBlocks } else { graphics })?;
    let mut messenger = Messenger::new(app, screen, client, events, downloads);
    messenger.begin(|app| {
        if let Some(handle) = open {
            app.ask(Effect::Open(handle));
        }
    })?;
    messenger.run().await?;
    Ok(())
}

/// Returns what other clients may send: files and pictures, which depend on the version, and nothing that needs a flag,
/// such as winks.
fn capabilities() -> Capabilities {
    Capabilities::default().with_version(Some(ClientVersion::V7_5))
}

/// Makes a user a contact, and accepts their request if there is one, so that both see each other.
async fn befriend(client: &Client, handle: &Handle) -> Result<(), EditError> {
    let (is_contact, is_pending) = client.roster(|roster| {
        let entry = roster.get(handle);
        (entry.is_some_and(Entry::is_contact), entry.is_some_and(Entry::is_pending))
    });
    if is_pending {
        client.accept(handle).await?;
    }
    if !is_contact {
        client.add_contact(handle).await?;
    }
    Ok(())
}
