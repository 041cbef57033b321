//! The mistakes of a first start. For each mistake, the server must print one sentence that names
//! the cause, and must end with an exit code for failure.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};

use crate::bed::Bed;
use crate::measured::Measured;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// Settings with a mistake, and the words that the server's error must contain.
const SETTINGS: [(&str, &[&str]); 7] = [
    ("[listen\n", &["settings.toml", "line 1"]),
    ("[limits]\ncontcts = 3\n", &["settings.toml", "contcts", "line 2"]),
    ("[limits]\ncontacts = -1\n", &["settings.toml", "contacts", "line 2"]),
    ("[listen]\nhttps = \"nowhere\"\n", &["settings.toml", "https", "line 2"]),
    ("[sign_in]\ncountry = \"usa\"\n", &["settings.toml", "country", "line 2"]),
    ("[advertise]\nswitchboard = \"chat.example.com\"\n", &["settings.toml", "switchboard", "line 2"]),
    ("[[tls.certificate]]\nchain = \"/nowhere/chain.pem\"\nkey = \"/nowhere/key.pem\"\n", &["/nowhere/"]),
];

pub(super) const SCENARIO: Scenario =
    Scenario::runs("O05", "The operator makes the usual mistakes at the first start", |bed| Box::pin(run(bed)))
        .except(&[(Rule::Process, "the server is stopped"), (Rule::Bystanders, "the server is stopped")])
        .smoke();

async fn run(bed: &mut Bed) -> Result<Measured> {
    bed.server.stop().await?;
    let mut cases = 0;
    let addresses = *bed.server.addresses();
    for address in [addresses.notification, addresses.switchboard, addresses.http] {
        let taken = TcpListener::bind(address).context("the scenario cannot listen on the port")?;
        refused(bed, &[&address.to_string()]).await.with_context(|| format!("{address} is in use"))?;
        drop(taken);
        cases += 1;
    }
    let settings = bed.server.directory().join("settings.toml");
    let before = fs::read(&settings)?;
    for (text, parts) in SETTINGS {
        fs::write(&settings, text)?;
        refused(bed, parts).await.with_context(|| format!("the settings are {text:?}"))?;
        cases += 1;
    }
    fs::remove_file(&settings)?;
    refused(bed, &["settings.toml"]).await.context("there are no settings")?;
    fs::write(&settings, before)?;
    let data = bed.server.data();
    let text = data.display().to_string();
    fs::set_permissions(&data, Permissions::from_mode(0o777))?;
    refused(bed, &[&text, "chmod"]).await.context("others may write to the data directory")?;
    fs::set_permissions(&data, Permissions::from_mode(0o700))?;
    let away = data.with_file_name("away");
    fs::rename(&data, &away)?;
    fs::write(&data, "")?;
    refused(bed, &[&text]).await.context("the data directory is a file")?;
    fs::remove_file(&data)?;
    fs::rename(&away, &data)?;
    bed.server.restart().await?;
    Ok(Measured::new().count("mistakes", cases + 3))
}

/// Checks that the server refuses to start, and that it prints the reason in one sentence.
async fn refused(bed: &mut Bed, parts: &[&str]) -> Result<()> {
    let output = bed.server.refuse_to_start().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success(), "the server ended without an error");
    ensure!(!said.contains("panicked"), "the server panicked: {said}");
    for part in parts {
        ensure!(said.contains(part), "the server did not name {part:?}, but said {said:?}");
    }
    Ok(())
}
