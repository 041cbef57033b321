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

/// Signs in, and runs the messenger until the user quits. The messenger uses the terminal that
/// standard input and standard output are connected to.
///
/// Prepares the terminal only after the sign-in, so that an error in the sign-in is printed as an
/// ordinary line.
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

/// Returns the capabilities that this client announces. They contain the version of an official
/// client, so that other clients send files and pictures. They contain no flags, so other clients
/// do not send winks, for example.
fn capabilities() -> Capabilities {
    Capabilities::default().with_version(Some(ClientVersion::V7_5))
}

/// Adds a user as a contact. If the user has sent a request, also accepts the request, so that both
/// users see each other.
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
