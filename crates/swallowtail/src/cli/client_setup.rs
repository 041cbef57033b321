//! `swallowtail client-setup`: writes the files that connect a client to the server, or lists the clients.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use swallowtail_config::host_port::split;
use swallowtail_config::{Config, is_host};
use swallowtail_setup::client_setup::{Kit, Offer, OldTls, Place, ROOT_CER, Root, names};
use swallowtail_setup::client_table::Client;
use swallowtail_store::database::Store;

use crate::cli::output::{json, say};

#[derive(Debug, Args)]
pub(super) struct ClientSetupArgs {
    /// The client to write files for. Without --client, the command lists the clients
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// List the clients as JSON: id and name, for each client
    #[arg(long, conflicts_with = "client")]
    json: bool,
    /// Name or IPv4 address at which the client reaches this server [default: from the settings, if
    /// they contain one]
    #[arg(long, value_name = "NAME-OR-IP", value_parser = parse_host)]
    host: Option<String>,
    /// Directory for the files, which is created if it does not exist [default:
    /// client-setup-CLIENT]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
}

fn parse_host(text: &str) -> Result<String, String> {
    // Old clients cannot use IPv6 (http.md section 6).
    if is_host(text) {
        Ok(text.to_owned())
    } else {
        Err("expected a name or an IPv4 address, without a port".to_owned())
    }
}

/// Writes the files for one client, or lists the clients.
pub(super) async fn run(args: &ClientSetupArgs, config: &Config) -> anyhow::Result<()> {
    let Some(id) = &args.client else {
        if args.json {
            let clients = Client::ALL.iter().map(|client| serde_json::json!({ "id": client.id, "name": client.name }));
            say(json(&clients.collect::<Vec<_>>())?);
            return Ok(());
        }
        say("Clients, for --client:\n");
        for client in Client::ALL {
            say(format_args!("  {:<12}{}", client.id, client.name));
        }
        return Ok(());
    };
    let client = Client::find(id)
        .with_context(|| format!("unknown client {id:?}; swallowtail client-setup lists the clients"))?;
    let host = args.host.clone().or_else(|| host_of(config)).context(
        "the settings do not contain an address at which clients reach this server; add --host, such as \
         --host 192.168.1.5",
    )?;
    let (certificate_names, data) = (names(config), &config.data);
    // This creates the database first. If the data directory contained only certificates, the next
    // start would report that the database is lost.
    Store::prepare(data).await?;
    let root = config.tls.own_root.then(|| Root::open(data, &certificate_names)).transpose()?;
    let old = client.needs_old_tls().then(|| OldTls::open(data, &certificate_names)).transpose()?;
    let public = |old: &OldTls| old.public.clone();
    let offer = Arc::new(Offer::new(config, root.map(|root| root.public().clone()), old.as_ref().map(public)));
    let place = Place::of_main(config, host, offer.clone());
    let to = args.to.clone().unwrap_or_else(|| PathBuf::from(format!("client-setup-{id}")));
    let files = Kit::new(client, &place)?.files;
    write(&to, files.iter().map(|file| (file.name, file.body.as_slice())), args.force)?;

    say(format_args!("Wrote the files for {} and the server {} to {}:\n", client.name, place.host, to.display()));
    for file in &files {
        say(format_args!("  {:<24}{}", file.name, file.about));
    }
    if let Some(root) = offer.root.as_ref().filter(|_| files.iter().any(|file| file.name == ROOT_CER)) {
        say(format_args!("\nSHA-256 of the root: {}", root.fingerprint()));
    }
    say("\nNext: copy the directory to the client's computer and follow steps.html.");
    if let Some(old) = old {
        say(format_args!(
            "Start the TLS terminator for Windows XP (packaging/old-tls) with --certificate {} --key {}",
            old.certificate.display(),
            old.key.display()
        ));
    }
    if let Some(local) = config.listen.http.filter(|http| http.ip().is_loopback() && !place.is_local()) {
        say(format_args!("Note that only this computer can reach {local} (listen.http)."));
    }
    Ok(())
}

/// Returns the address at which clients reach the server. This is the first address in the settings
/// that `--host` would accept.
fn host_of(config: &Config) -> Option<String> {
    let advertised = config.advertise.passport.as_deref().and_then(split).map(|(host, _)| host.to_owned());
    let listened = config.listen.http.map(|address| address.ip()).filter(|ip| !ip.is_unspecified());
    let named = advertised.into_iter().chain(config.http.names.iter().cloned());
    named.chain(listened.map(|ip| ip.to_canonical().to_string())).find(|host| is_host(host))
}

/// Writes all files. Without `force`, writes none if one of them exists.
fn write<'a>(to: &Path, files: impl Iterator<Item = (&'a str, &'a [u8])> + Clone, force: bool) -> anyhow::Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("cannot create the directory {}", to.display()))?;
    if !force {
        for (name, _) in files.clone() {
            let path = to.join(name);
            anyhow::ensure!(!path.exists(), "{} already exists; --force overwrites it", path.display());
        }
    }
    for (name, body) in files {
        let path = to.join(name);
        std::fs::write(&path, body).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
